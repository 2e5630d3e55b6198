"""An installation with an owner, a member and a stranger, and a browser's session for each."""

import pytest
from django.test import Client

from makers.api_world import World
from offangle.db.models import User


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
