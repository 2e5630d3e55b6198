"""The database, made and brought up to date."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

import offangle.bootstrap.framework  # noqa: F401 -- sets Django up, which everything below rests on
from offangle.config.settings import Settings
from offangle.db.queries.weapons import seed_weapons

SETUP_LOCK_FILE: Final = "setup.lock"
SETUP_LOCK_S: Final = 120.0
"""Seconds that a process waits for another one's migrations."""
POSTGRES_SETUP_LOCK: Final = 8730_0001
"""Any fixed number that nobody else takes as an advisory lock."""


def prepare_database(settings: Settings) -> None:
    """Migrate if anything is pending; safe from many processes, and one look when nothing is."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if pending_migrations():
        with _alone(settings):
            call_command("migrate", verbosity=0, interactive=False)
            seed_weapons()


def pending_migrations() -> list[str]:
    """Migrations that the database lacks."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Keep other processes from migrating at the same time; the lock ends with its process, however that dies."""
    if settings.database_url:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [POSTGRES_SETUP_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [POSTGRES_SETUP_LOCK])
        return
    with closing(sqlite3.connect(settings.data_dir / SETUP_LOCK_FILE, timeout=SETUP_LOCK_S)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
