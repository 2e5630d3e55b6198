"""A private PostgreSQL for tests: started in a temporary folder on a free port, gone when the tests are.

As a program it starts one, tells its address in OFFANGLE_TEST_POSTGRES_URL, and runs a command, so that several test
processes can share it:

    python -m makers.postgres --run pytest -n 2
"""

import argparse
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

URL_VARIABLE = "OFFANGLE_TEST_POSTGRES_URL"  # an address with the right to create databases
REQUIRE_VARIABLE = "OFFANGLE_REQUIRE_POSTGRES"  # "1": a missing PostgreSQL fails the tests instead of skipping them
REMEDY = "Install PostgreSQL 13 or newer (Debian, Ubuntu: `apt-get install postgresql`; it need not be started)."
START_S = 60.0
STOP_S = 20.0

# Test data dies with the cluster: nothing needs to reach the disk.
FAST_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
DURABLE_SETTINGS = ("max_connections=200",)


class PostgresMissingError(Exception):
    """There is no PostgreSQL on this machine, or it does not start."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server on which databases can be created."""

    url: str

    def create_database(self, template: str = "template1") -> str:
        """Create a database, an empty one or a copy of another, and return its address."""
        name = f"offangle_{uuid.uuid4().hex[:16]}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return _with_database(self.url, name)

    def drop_database(self, url: str) -> None:
        """Drop a database, whoever is still connected to it."""
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(str(name))))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


def _with_database(url: str, name: str) -> str:
    before, _, after = url.partition("?")
    host = before.rsplit("/", 1)[0]
    return f"{host}/{name}" + (f"?{after}" if after else "")


def find_binaries() -> Path:
    """The folder with `initdb` and `postgres`.

    Raises:
        PostgresMissingError: There is none.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    for folder in [*debian, *_on_path()]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise PostgresMissingError(f"No PostgreSQL programs were found. {REMEDY}")


def _on_path() -> list[Path]:
    config = shutil.which("pg_config")
    if config is None:
        return []
    return [Path(subprocess.run([config, "--bindir"], check=True, capture_output=True, text=True).stdout.strip())]


@contextlib.contextmanager
def run_server(settings: Sequence[str] = FAST_SETTINGS) -> Iterator[PostgresServer]:
    """Start a server for the length of a `with` block.

    Args:
        settings: The server's, each `name=value`; benchmarks of durable writes give `DURABLE_SETTINGS`.

    Raises:
        PostgresMissingError: There is no PostgreSQL here, or it does not start; the message holds its log.
    """
    binaries = find_binaries()
    folder = Path(tempfile.mkdtemp(prefix="offangle-pg-"))
    user = _unprivileged_user(folder)
    try:
        _initialise(binaries, folder, user)
        with _serve(binaries, folder, user, settings) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged_user(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: then it runs as its own user, who gets the folder."""
    if os.geteuid() != 0:
        return None
    user = "postgres"
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise PostgresMissingError(f"PostgreSQL cannot run as root and there is no user {user!r}. {REMEDY}") from None
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return user


def _initialise(binaries: Path, folder: Path, user: str | None) -> None:
    command: list[str | Path] = [
        binaries / "initdb",
        "-D",
        folder / "data",
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, user=user, group=user, cwd=folder)
    if done.returncode != 0:
        raise PostgresMissingError(f"initdb failed: {done.stderr.strip()}")


@contextlib.contextmanager
def _serve(binaries: Path, folder: Path, user: str | None, settings: Sequence[str]) -> Iterator[PostgresServer]:
    port = _free_port()
    command: list[str | Path] = [binaries / "postgres", "-D", folder / "data", "-p", str(port), "-h", "127.0.0.1"]
    command += ["-k", folder]
    for setting in settings:
        command += ["-c", setting]
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, user=user, group=user, cwd=folder)
    try:
        server = PostgresServer(f"postgresql://postgres@127.0.0.1:{port}/postgres")
        _wait_until_up(server, process, log)
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # "fast": ends connections and does not wait for clients
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(server: PostgresServer, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s and process.poll() is None:
        try:
            psycopg.connect(server.url).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise PostgresMissingError(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server; skips, saying why, where there is none and none is demanded."""
    shared_url = os.environ.get(URL_VARIABLE)
    if shared_url:
        yield PostgresServer(shared_url)
        return
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(run_server())
        except PostgresMissingError as error:
            if os.environ.get(REQUIRE_VARIABLE) == "1":
                pytest.fail(str(error))
            pytest.skip(str(error))
        yield server


@pytest.fixture
def fresh_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty database of this test's own."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


def main(arguments: Sequence[str]) -> int:
    """Start a server, run a command with its address in the environment, and return the command's exit code."""
    parser = argparse.ArgumentParser(prog="python -m makers.postgres", description=__doc__.splitlines()[0])
    parser.add_argument("--run", nargs=argparse.REMAINDER, required=True, metavar="COMMAND")
    command: list[str] = parser.parse_args(arguments).run
    if not command:
        parser.error("--run needs a command")
    if os.environ.get(URL_VARIABLE):
        return subprocess.run(command, check=False).returncode
    try:
        with run_server() as server:
            return subprocess.run(command, check=False, env={**os.environ, URL_VARIABLE: server.url}).returncode
    except PostgresMissingError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
