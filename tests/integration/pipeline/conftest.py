"""An installation per test, with its owner."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from makers.installation import Installation, open_installation
from offangle.db.models import User
from offangle.flows.people.sign_in import create_owner


@pytest.fixture
def installation(transactional_db: None, tmp_path: Path) -> Iterator[Installation]:
    del transactional_db  # worker processes see only what is committed
    with open_installation(tmp_path) as opened:
        yield opened


@pytest.fixture
def owner(installation: Installation) -> User:
    del installation  # its database holds the owner
    return create_owner()


@pytest.fixture
def friend(installation: Installation) -> User:
    del installation
    return User.objects.create_user("friend")
