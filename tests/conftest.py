"""Fixtures that every test folder may use."""

import sys
from pathlib import Path

import django
import pytest
from django.conf import settings

from makers import environment
from makers.postgres import fresh_postgres_url, postgres_server

__all__ = ["fresh_postgres_url", "postgres_server"]

REPOSITORY = Path(__file__).resolve().parents[1]


# Here and not in a hook: conftest files of folders below import models before any hook of this one is called.
environment.prepare(environment.asked_for(sys.argv))
django.setup()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=environment.DATABASES, help="Where the installation under test keeps its rows"
    )


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Name the test database so that the processes which tests start can find it."""
    database = settings.DATABASES["default"]
    database["TEST"] = {**database.get("TEST", {}), "NAME": environment.test_database_name()}


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real matches that lies beside the repository; never part of it."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(
            f"real matches are not here: {folder.relative_to(REPOSITORY.parent)} beside the repository is absent"
        )
    return folder


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def jobs_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty jobs database: once SQLite, once PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/jobs.sqlite"
    return str(request.getfixturevalue("fresh_postgres_url"))
