"""A real ingest process on a free port, with an installation of its own, for tests and benchmarks.

python -m makers.gsi_server accounts 64      makes players with tokens in the installation of the environment
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from makers.waiting import until

TESTS = Path(__file__).resolve().parents[1]
FIRST_STEAM_ID = 76561198000000001


@dataclass(frozen=True, slots=True)
class Poster:
    """Somebody who may post."""

    steam_id: int
    token_id: int
    secret: str


@dataclass
class GsiServer:
    """One installation's ingest process: started, killed and started again on the same port."""

    folder: Path
    database_url: str = ""
    module: str = "offangle.cli.child_gsi"
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.port = self.port or free_port()

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "OFFANGLE_DATA_DIR": str(self.folder / "data"),
            "OFFANGLE_DATABASE_URL": self.database_url,
            "OFFANGLE_PORT": str(self.port),
            "PYTHONPATH": str(TESTS),
            **self.settings,
        }

    def make_posters(self, count: int) -> list[Poster]:
        """Create players with a token each."""
        command = [sys.executable, "-m", "makers.gsi_server", "accounts", str(count)]
        done = subprocess.run(command, env=self.environment, check=True, stdout=subprocess.PIPE)
        return [Poster(**poster) for poster in json.loads(done.stdout)]

    def revoke(self, poster: Poster) -> None:
        """Revoke a token, in a process of its own."""
        command = [sys.executable, "-m", "makers.gsi_server", "revoke", str(poster.token_id)]
        subprocess.run(command, env=self.environment, check=True)

    def journal(self, steam_id: int) -> list[tuple[int, int, bytes]]:
        """The observer's rows as they lie in the database: id, received_ns, body; read without Offangle's help."""
        rows = self._query(f"SELECT id, received_ns, body FROM db_gsijournal WHERE steam_id = {steam_id:d} ORDER BY id")  # noqa: S608 -- a number of ours
        return [(int(key), int(received_ns), bytes(body)) for key, received_ns, body in rows]

    def journal_ids(self, steam_id: int) -> list[int]:
        """The ids of the observer's rows."""
        rows = self._query(f"SELECT id FROM db_gsijournal WHERE steam_id = {steam_id:d} ORDER BY id")  # noqa: S608 -- see above
        return [int(key) for (key,) in rows]

    def _query(self, query: str) -> list[Any]:
        if self.database_url:
            with psycopg.connect(self.database_url) as connection:
                return connection.execute(query.encode()).fetchall()
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "offangle.sqlite3")) as database:
            return database.execute(query).fetchall()

    def launch(self) -> None:
        """Start the process; it does not answer yet."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start(self) -> None:
        """Start the process and wait until it is healthy."""
        self.launch()
        until(self.is_healthy, timeout_s=60.0, what=f"the ingest answers; {self.log()}")

    def is_healthy(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"the server ended: {self.log()}")
        try:
            return self.get("/gsi/health")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def post(self, body: bytes) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/gsi", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
            return answer.status, json.loads(said) if said else None
        finally:
            connection.close()

    def kill(self) -> None:
        """Kill -9 the server and what it started, and wait until they are gone."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> int:
        """Ask it to end and return its status."""
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            return self.process.wait(30)
        finally:
            self.kill()

    def log(self) -> str:
        path = self.folder / "server.log"
        return path.read_text(errors="replace")[-2000:] if path.exists() else ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_accounts(count: int) -> list[dict[str, Any]]:
    from django.utils import timezone  # noqa: PLC0415 -- models need an installation, which only the program has

    from offangle.bootstrap.database import prepare_database  # noqa: PLC0415 -- see above
    from offangle.config.settings import load_settings  # noqa: PLC0415 -- see above
    from offangle.db.models import SteamAccount, User  # noqa: PLC0415 -- see above
    from offangle.db.queries.gsi_tokens import create_gsi_token  # noqa: PLC0415 -- see above

    prepare_database(load_settings())
    user, _ = User.objects.get_or_create(username="poster")
    made = []
    for number in range(count):
        steam_id = FIRST_STEAM_ID + number
        SteamAccount.objects.update_or_create(steam_id=steam_id, defaults={"user": user, "claimed_at": timezone.now()})
        token, secret = create_gsi_token(user, steam_id, f"client {number}")
        made.append({"steam_id": steam_id, "token_id": token.pk, "secret": secret})
    return made


def _revoke(token_id: int) -> None:
    import offangle.bootstrap.framework  # noqa: F401, PLC0415 -- models need an installation
    from offangle.db.models import GsiToken  # noqa: PLC0415 -- see above
    from offangle.db.queries.gsi_tokens import revoke_gsi_token  # noqa: PLC0415 -- see above

    revoke_gsi_token(GsiToken.objects.get(pk=token_id).user, token_id)


if __name__ == "__main__":
    if sys.argv[1] == "accounts":
        sys.stdout.write(json.dumps(_make_accounts(int(sys.argv[2]))))
    else:
        _revoke(int(sys.argv[2]))
