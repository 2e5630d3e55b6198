"""Whether this installation can work: what `offangle doctor` asks, each answer with a remedy."""

import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from django.db import DatabaseError, connection

from offangle.bootstrap.build import build_services, jobs_config
from offangle.bootstrap.database import pending_migrations
from offangle.config.settings import Settings
from offangle.core.errors import OffangleError
from offangle.flows.recorded.version import PIPELINE_VERSION
from offangle.jobs.engine import JobEngine

OLDEST_PYTHON: Final = (3, 11)
LIBRARIES: Final = ("django", "dbos", "obstore", "polars", "awpy", "demoparser2", "granian")
FREE_BYTES_WANTED: Final = 5 * 1024**3
"""A large demo unpacks to 1 GiB, passes through the scratch folder, and leaves its tables."""
_GIB: Final = 1024**3


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One answer.

    Attributes:
        name: What was asked.
        ok: Whether it is well.
        found: What there is.
        remedy: What to do when it is not; empty when it is.
    """

    name: str
    ok: bool
    found: str
    remedy: str = ""


def run_checks(settings: Settings) -> list[CheckResult]:
    """Ask everything; one failing does not keep the others from being asked. Changes nothing but a test object."""
    return [_asked(name, check, settings) for name, check in CHECKS.items()]


def _asked(name: str, check: "Check", settings: Settings) -> CheckResult:
    try:
        return check(name, settings)
    except OffangleError as error:
        return CheckResult(name, ok=False, found=error.message, remedy=error.hint or "See the message.")
    except (DatabaseError, OSError) as error:
        return CheckResult(name, ok=False, found=f"{type(error).__name__}: {error}".strip(), remedy=_REMEDIES[name])


def _python(name: str, _settings: Settings) -> CheckResult:
    wanted = ".".join(map(str, OLDEST_PYTHON))
    ok = sys.version_info >= OLDEST_PYTHON
    return CheckResult(name, ok, platform.python_version(), "" if ok else f"Install Python {wanted} or newer.")


def _versions(name: str, _settings: Settings) -> CheckResult:
    found, missing = [f"pipeline {PIPELINE_VERSION}"], []
    for library in ("offangle", *LIBRARIES):
        try:
            found.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            missing.append(library)
    remedy = f"Run `make setup`: {', '.join(missing)} missing." if missing else ""
    return CheckResult(name, not missing, ", ".join(found), remedy)


def _database(name: str, settings: Settings) -> CheckResult:
    pending = pending_migrations()
    kind = "PostgreSQL" if settings.database_url else f"SQLite in {settings.sqlite_path}"
    if pending:
        return CheckResult(name, ok=False, found=f"{kind}, {len(pending)} migrations pending", remedy=_REMEDIES[name])
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return CheckResult(name, ok=True, found=f"{kind}, up to date")


def _store(name: str, settings: Settings) -> CheckResult:
    services = build_services(settings)
    try:
        services.store.healthcheck()
        return CheckResult(name, ok=True, found=f"writable: {services.store.where}")
    finally:
        services.jobs.close()


def _worker(name: str, settings: Settings) -> CheckResult:
    with JobEngine(jobs_config(settings)).client() as jobs:
        health = jobs.healthcheck()
    found = f"{health.workers_alive} alive, {health.queued} jobs queued, {health.running} running, {health.dead} dead"
    return CheckResult(name, health.ok, health.problem or found, "" if health.ok else _REMEDIES[name])


def _disk(name: str, settings: Settings) -> CheckResult:
    folder = settings.data_dir if settings.data_dir.exists() else settings.data_dir.resolve().parent
    free = shutil.disk_usage(folder).free
    ok = free >= FREE_BYTES_WANTED
    return CheckResult(name, ok, f"{free / _GIB:.1f} GiB free in {folder}", "" if ok else _REMEDIES[name])


Check = Callable[[str, Settings], CheckResult]

CHECKS: Final[dict[str, Check]] = {
    "python": _python,
    "versions": _versions,
    "database": _database,
    "store": _store,
    "worker": _worker,
    "disk": _disk,
}
"""Every check by name: adding one is a function, a line here and a remedy."""

_REMEDIES: Final = {
    "python": "Install a newer Python.",
    "versions": "Run `make setup`.",
    "database": "Start Offangle once with `offangle up`, or check OFFANGLE_DATABASE_URL and that its server runs.",
    "store": "Check the data folder's permissions, or the OFFANGLE_S3_… settings and that the server runs.",
    "worker": "Start one with `offangle up` or `offangle worker`.",
    "disk": "Make room, or move the data folder with OFFANGLE_DATA_DIR.",
}
