"""What the tests' installation is: a data folder of its own, and the database that `--database` names.

Read by `tests/conftest.py` before Django loads, so that no test touches the data of the person who runs it.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from makers.postgres import URL_VARIABLE, run_server

DATABASES = ("sqlite", "postgres")
OPTION = "--database"
ASKED_VARIABLE = "OFFANGLE_TEST_DATABASE"  # tells the processes of pytest-xdist, which get no command line
DATA_VARIABLE = "OFFANGLE_DATA_DIR"
DATABASE_VARIABLE = "OFFANGLE_DATABASE_URL"


def asked_for(arguments: Sequence[str]) -> str:
    """The database that the command line names, `--database postgres` or `--database=postgres`."""
    for position, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == OPTION:
            os.environ[ASKED_VARIABLE] = value or "".join(arguments[position + 1 : position + 2])
    return os.environ.get(ASKED_VARIABLE, DATABASES[0])


def prepare(database: str) -> None:
    """Set the environment that Offangle's settings are read from; once per process of a test run."""
    for name in [name for name in os.environ if name.startswith("OFFANGLE_") and not name.startswith("OFFANGLE_TEST_")]:
        if name not in {"OFFANGLE_REQUIRE_POSTGRES", "OFFANGLE_DEMOWRITER"}:
            del os.environ[name]
    folder = Path(tempfile.mkdtemp(prefix="offangle-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[DATA_VARIABLE] = str(folder)
    os.environ["OFFANGLE_OPEN_BROWSER"] = "false"
    os.environ["DJANGO_SETTINGS_MODULE"] = "offangle.config.django"
    if database == "postgres":
        os.environ[DATABASE_VARIABLE] = _postgres_url()


def _postgres_url() -> str:
    """The server that was named, or one that ends with this process; its children are told of it."""
    if not os.environ.get(URL_VARIABLE):
        server = run_server()
        os.environ[URL_VARIABLE] = server.__enter__().url
        atexit.register(server.__exit__, None, None, None)
    return os.environ[URL_VARIABLE]


def test_database_name() -> str:
    """The test database: on SQLite the data folder's own, so that worker processes find it; else one per process."""
    folder = Path(os.environ[DATA_VARIABLE])
    if os.environ.get(DATABASE_VARIABLE):
        return f"test_{folder.name.replace('-', '_').lower()}"
    return str((folder / "offangle.sqlite3").resolve())
