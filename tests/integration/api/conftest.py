"""An installation with people and a client that speaks with a token."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from makers.api_world import World, make_people, open_services, prepare_jobs
from offangle.db.models import User
from offangle.db.queries.tokens import create_token
from offangle.pipeline.services import Services, install


class Caller:
    """Speaks to the API as one person, by token."""

    def __init__(self, user: User) -> None:
        self.token, self.secret = create_token(user, "tests")
        self._client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {self.secret}"})

    def get(self, path: str, **query: Any) -> Any:
        return self._client.get(f"/api/v1{path}", query)

    def post(self, path: str, data: Any = b"", content_type: str = "application/octet-stream") -> Any:
        return self._client.post(f"/api/v1{path}", data, content_type=content_type)

    def send_form(self, path: str, data: dict[str, Any]) -> Any:
        return self._client.post(f"/api/v1{path}", data)

    def put(self, path: str) -> Any:
        return self._client.put(f"/api/v1{path}")

    def post_json(self, path: str, body: Any) -> Any:
        return self._client.post(f"/api/v1{path}", body, content_type="application/json")

    def patch_json(self, path: str, body: Any) -> Any:
        return self._client.patch(f"/api/v1{path}", body, content_type="application/json")

    def delete(self, path: str) -> Any:
        return self._client.delete(f"/api/v1{path}")


@pytest.fixture(scope="session")
def prepared_jobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("jobs") / "prepared.sqlite"
    prepare_jobs(path)
    return path


@pytest.fixture
def installed(tmp_path: Path, prepared_jobs: Path) -> Iterator[Services]:
    opened = open_services(tmp_path, prepared_jobs)
    install(opened)
    with opened.jobs:
        yield opened


@pytest.fixture
def world(installed: Services, db: None) -> World:
    del installed, db  # asked for, so that both stand before anybody moves in
    return make_people()


@pytest.fixture
def owner(world: World) -> Caller:
    return Caller(world.owner)


@pytest.fixture
def member(world: World) -> Caller:
    return Caller(world.member)


@pytest.fixture
def stranger(world: World) -> Caller:
    return Caller(world.stranger)


@pytest.fixture
def caller() -> type[Caller]:
    """For tests that speak as several people by turns."""
    return Caller
