"""An installation whose services lie in a folder, with its people."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from makers.api_world import World, make_people, open_services, prepare_jobs
from makers.house import install
from offangle.flows.services import Services


@pytest.fixture(scope="session")
def prepared_services_jobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("services-jobs") / "prepared.sqlite"
    prepare_jobs(path)
    return path


@pytest.fixture
def installed(tmp_path: Path, prepared_services_jobs: Path) -> Iterator[Services]:
    opened = open_services(tmp_path, prepared_services_jobs)
    install(opened)
    with opened.jobs:
        yield opened


@pytest.fixture
def world(installed: Services, db: None) -> World:
    del installed, db  # asked for, so that both stand before anybody moves in
    return make_people()
