"""An installation with an owner, a member and a stranger, and a browser's session for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from makers.api_world import World, make_people, open_services, prepare_jobs
from offangle.db.models import User
from offangle.pipeline.services import Services, install


@pytest.fixture(scope="session")
def prepared_web_jobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("web-jobs") / "prepared.sqlite"
    prepare_jobs(path)
    return path


@pytest.fixture
def installed(tmp_path: Path, prepared_web_jobs: Path) -> Iterator[Services]:
    opened = open_services(tmp_path, prepared_web_jobs)
    install(opened)
    with opened.jobs:
        yield opened


@pytest.fixture
def world(installed: Services, db: None) -> World:
    del installed, db  # asked for, so that both stand before anybody moves in
    return make_people()


def session_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner(world: World) -> Client:
    return session_of(world.owner)


@pytest.fixture
def member(world: World) -> Client:
    return session_of(world.member)


@pytest.fixture
def stranger(world: World) -> Client:
    return session_of(world.stranger)


@pytest.fixture
def anonymous(world: World) -> Client:
    del world
    return Client()
