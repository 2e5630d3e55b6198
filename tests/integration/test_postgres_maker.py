"""The private PostgreSQL of the tests: shared by its address, demanded or skipped by a switch."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from makers.postgres import URL_VARIABLE, PostgresMissingError, PostgresServer, find_binaries

TESTS = Path(__file__).resolve().parents[1]


def run_with_server(*command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    settings = {key: value for key, value in os.environ.items() if key != URL_VARIABLE}
    program = [sys.executable, "-m", "makers.postgres", "--run", *command]
    return subprocess.run(
        program, check=False, capture_output=True, text=True, env={**settings, "PYTHONPATH": str(TESTS), **environment}
    )


@pytest.mark.postgres
@pytest.mark.usefixtures("postgres_server")
def test_a_command_gets_a_server_of_its_own_and_keeps_its_exit_code() -> None:
    program = f"import os, psycopg, sys; psycopg.connect(os.environ['{URL_VARIABLE}']).close(); sys.exit(7)"
    done = run_with_server(sys.executable, "-c", program)
    assert done.returncode == 7, done.stderr


def test_a_server_that_runs_already_is_used() -> None:
    program = f"import os; print(os.environ['{URL_VARIABLE}'])"
    done = run_with_server(sys.executable, "-c", program, **{URL_VARIABLE: "postgresql://somewhere/else"})
    assert done.stdout.strip() == "postgresql://somewhere/else"


@pytest.mark.postgres
def test_every_database_is_fresh_and_goes_away(postgres_server: PostgresServer) -> None:
    url = postgres_server.create_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE mine (id int)")
    other = postgres_server.create_database()
    assert other != url
    postgres_server.drop_database(url)
    postgres_server.drop_database(other)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_a_missing_server_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(Path, "exists", lambda _self: False)
    with pytest.raises(PostgresMissingError, match="apt-get install postgresql"):
        find_binaries()
