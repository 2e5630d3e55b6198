"""Databases that are made once and copied: making one takes seconds, a copy a fraction of one.

As a program it brings the database of the environment up to date:

    OFFANGLE_DATABASE_URL=… OFFANGLE_DATA_DIR=… python -m makers.prepared
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

import psycopg
from psycopg import sql

from makers.postgres import PostgresServer

REPOSITORY = Path(__file__).resolve().parents[2]
MIGRATIONS = REPOSITORY / "src" / "offangle" / "db" / "migrations"
TEMPLATE_LOCK = 8730_0002
"""Any fixed number that nobody else takes as an advisory lock."""


@cache
def postgres_template(server: PostgresServer) -> str:
    """The name of a migrated database without a row, made by whoever of the test processes asks first."""
    name = f"offangle_template_{_fingerprint()}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])  # ends with the connection
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found is None:
            url = server.create_database()
            _prepare(url)
            made = str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])
            # Renamed when it is whole, so that nobody copies half of one.
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(made), sql.Identifier(name))
            )
    return name


def _fingerprint() -> str:
    """Another migration or another job engine is another template."""
    parts = [path.read_bytes() for path in sorted(MIGRATIONS.glob("*.py"))]
    parts += [path.read_bytes() for path in sorted(REPOSITORY.glob("src/offangle/jobs/*.py"))]
    return hashlib.sha256(b"\0".join([*parts, version("dbos").encode()])).hexdigest()[:16]


def _prepare(url: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("OFFANGLE_")},
            "OFFANGLE_DATABASE_URL": url,
            "OFFANGLE_DATA_DIR": folder,
            "PYTHONPATH": str(REPOSITORY / "tests"),
        }
        subprocess.run([sys.executable, "-m", "makers.prepared"], env=environment, check=True)


def main() -> None:
    """Migrate the database of the environment and make the job engine's tables; no rows."""
    from django.core.management import call_command  # noqa: PLC0415 -- the program alone has such an installation

    import offangle.bootstrap.framework  # noqa: F401, PLC0415 -- see above
    from offangle.bootstrap.build import jobs_config  # noqa: PLC0415 -- see above
    from offangle.config.settings import load_settings  # noqa: PLC0415 -- see above
    from offangle.jobs.engine import JobEngine  # noqa: PLC0415 -- see above

    call_command("migrate", verbosity=0, interactive=False)
    JobEngine(jobs_config(load_settings())).prepare()


if __name__ == "__main__":
    main()
