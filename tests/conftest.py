"""Fixtures that every test folder may use."""

import sys
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.conf import settings

from makers import environment
from makers.postgres import PostgresServer, fresh_postgres_url, postgres_server
from makers.prepared import postgres_template

__all__ = ["fresh_postgres_url", "postgres_server"]

ASKS_THE_DATABASE = frozenset({"db", "transactional_db", "gsi_server"})
"""Fixtures by which a test asks the database that `--database` names."""
REPOSITORY = Path(__file__).resolve().parents[1]


# Here and not in a hook: conftest files of folders below import models before any hook of this one is called.
environment.prepare(environment.asked_for(sys.argv))
django.setup()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=environment.DATABASES, help="Where the installation under test keeps its rows"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL run what asks the database; the rest runs on SQLite and would do the same a second time."""
    if environment.asked_for([]) != "postgres":
        return
    left = [item for item in items if not _asks_the_database(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if _asks_the_database(item)]


def _asks_the_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    # pytest-django gives those marked `django_db` their fixture only when they run.
    marked = any(item.get_closest_marker(name) is not None for name in ("database", "django_db"))
    return marked or bool(fixtures & ASKS_THE_DATABASE)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """Name the test database so that the processes which tests start can find it; a PostgreSQL one is a copy."""
    database = settings.DATABASES["default"]
    known = {**database.get("TEST", {}), "NAME": environment.test_database_name()}
    if environment.asked_for([]) == "postgres":
        known["TEMPLATE"] = postgres_template(request.getfixturevalue("postgres_server"))
    database["TEST"] = known


@pytest.fixture
def prepared_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a migrated database without a row, of this test's own."""
    url = postgres_server.create_database(postgres_template(postgres_server))
    yield url
    postgres_server.drop_database(url)


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
    """The address of a jobs database without a job: once SQLite, once PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/jobs.sqlite"
    return str(request.getfixturevalue("prepared_postgres_url"))
