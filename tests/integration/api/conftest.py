"""An installation with people and a client that speaks with a token."""

from typing import Any

import pytest
from django.test import Client

from makers.api_world import World
from offangle.db.models import User
from offangle.db.queries.tokens import create_token


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
