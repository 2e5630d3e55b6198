"""The installation under test: real store, real jobs, real worker processes on the database of the tests."""

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

from makers.house import install, services
from makers.job_bench import quick_config
from makers.synthetic import make_match, write_interchange_zip
from makers.waiting import until
from offangle.bootstrap.build import build_services, jobs_config
from offangle.bootstrap.worker import worker_for
from offangle.config.settings import Settings
from offangle.core.errors import NotFoundError
from offangle.db.models import Demo, ImportRecord, Match, User
from offangle.flows.kind import Kind
from offangle.flows.kinds import KINDS
from offangle.flows.recorded.acquire import import_path
from offangle.flows.recorded.identity import match_id_of
from offangle.flows.services import Services
from offangle.jobs.config import JobsConfig
from offangle.jobs.engine import JobEngine
from offangle.jobs.worker import JobWorker

TESTS = Path(__file__).resolve().parents[1]
SWEEP_EVERY_S = 0.3
ENDED = (Demo.State.PUBLISHED, Demo.State.FAILED)


@dataclass
class Installation:
    """One installation; its worker processes end with it."""

    folder: Path
    settings: Settings
    services: Services
    environment: dict[str, str]
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    worker: JobWorker | None = None

    def work(self, kinds: Sequence[Kind] = KINDS) -> None:
        """Start a worker in this process, which is much quicker than one of its own; it ends with the installation.

        One that works already is stopped first: another works with the services that are installed now.
        """
        if self.worker is not None:
            self.worker.stop()
        self.worker = worker_for(services(), kinds, quick_jobs(self.settings, kinds))
        self.worker.start()

    def rest(self) -> None:
        """End the worker in this process."""
        if self.worker is not None:
            self.worker.stop()
        self.worker = None

    def start_worker(self, *options: str) -> "subprocess.Popen[bytes]":
        """Start a worker process; see `makers.pipeline_victim` for the options."""
        name = f"worker-{len(self.processes)}"
        command = [sys.executable, "-m", "makers.pipeline_victim", str(self.folder), name, *options]
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def wait_until_held(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait until a worker stands still where it was told to."""
        name = f"worker-{self.processes.index(process)}"
        until(
            lambda: (self.folder / f"held-{name}").exists() or process.poll() is not None,
            timeout_s=60.0,
            what=f"{name} holds",
        )
        assert process.poll() is None, self.logs()

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End a worker as a power cut does."""
        process.send_signal(signal.SIGKILL)
        process.wait()

    def bring(self, user: User, path: Path) -> Demo:
        """Import a file that is not refused, and return its row."""
        (record,) = import_path(self.services, user, path, ImportRecord.Source.CLI).accepted
        assert record.demo is not None
        return record.demo

    def wait_for(self, sha256: str, *states: str, timeout_s: float = 60.0) -> Demo:
        """Wait until a file's row is in one of `states`, by default an end."""

        def reached() -> Demo | None:
            demo = Demo.objects.get(pk=sha256)
            return demo if demo.state in (states or ENDED) else None

        try:
            demo = until(reached, timeout_s=timeout_s, what=f"{sha256[:8]} in {states or ENDED}")
        except AssertionError as error:
            raise AssertionError(f"{error}; {Demo.objects.get(pk=sha256).state}\n{self.logs()}") from error
        assert demo is not None
        return demo

    def wait_for_job(self, job_id: str, *states: str) -> None:
        """Wait until a job is in one of `states`."""
        until(lambda: self.services.jobs.job(job_id).state in states, timeout_s=60.0, what=f"{job_id} in {states}")

    def wait_for_stage(self, job_id: str, stage: str) -> None:
        """Wait until a job is at a stage."""
        until(lambda: self.services.jobs.job(job_id).stage == stage, timeout_s=60.0, what=f"{job_id} at {stage}")

    def objects_of(self, sha256: str) -> list[str]:
        """Keys of all stored objects that belong to a file or its match."""
        match_id = str(match_id_of(sha256))
        return [info.key for info in self.services.store.list() if sha256 in info.key or match_id in info.key]

    def logs(self) -> str:
        """What the workers wrote."""
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(self.folder.glob("worker-*.log")))

    def end(self) -> None:
        """End what still runs."""
        self.rest()
        for process in self.processes:
            process.kill()
            process.wait()


@contextlib.contextmanager
def open_installation(folder: Path, kinds: Sequence[Kind] = KINDS) -> Iterator[Installation]:
    """An empty installation in `folder`, on the database of the tests; its services are installed in this process."""
    changes = {"OFFANGLE_DATA_DIR": str(folder), "OFFANGLE_JOBS_DATABASE_URL": jobs_url(folder)}
    settings = Settings(data_dir=folder, jobs_database_url=changes["OFFANGLE_JOBS_DATABASE_URL"])
    if connection.vendor == "sqlite":
        shutil.copy(prepared_jobs(), folder / "jobs.sqlite3")  # much quicker than making one
    if connection.vendor != "sqlite" or kinds is not KINDS:
        JobEngine(jobs_config(settings, kinds)).prepare()
    built = build_services(settings, kinds)
    install(built, kinds)
    if connection.vendor == "sqlite":  # a worker looks for the rows in its data folder
        settings.sqlite_path.symlink_to(str(connection.settings_dict["NAME"]))
    else:
        changes["OFFANGLE_DATABASE_URL"] = _database_url()
    environment = {**os.environ, **changes, "PYTHONPATH": str(TESTS)}
    installation = Installation(folder, settings, built, environment)
    try:
        yield installation
    finally:
        installation.end()
        built.jobs.close()


@cache
def prepared_jobs() -> Path:
    """An SQLite jobs database without a job, made once."""
    folder = Path(tempfile.mkdtemp(prefix="offangle-jobs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    JobEngine(jobs_config(Settings(data_dir=folder))).prepare()
    return folder / "jobs.sqlite3"


def quick_jobs(settings: Settings, kinds: Sequence[Kind] = KINDS) -> JobsConfig:
    """The installation's job engine, quick to notice everything."""
    return quick_config(settings.jobs_url, queues=jobs_config(settings, kinds).queues, sweep_every_s=SWEEP_EVERY_S)


def jobs_url(folder: Path) -> str:
    """Where jobs are kept: beside the rows, as an installation does."""
    return f"sqlite:///{folder / 'jobs.sqlite3'}" if connection.vendor == "sqlite" else _database_url()


def _database_url() -> str:
    parts = urlsplit(os.environ["OFFANGLE_DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


def write_match(path: Path, seed: int = 1) -> Path:
    """A small match archive; another seed is another match."""
    return write_interchange_zip(path, make_match(seed=seed))


def match_of(sha256: str) -> Match:
    """The published match of a file."""
    try:
        return Match.objects.get(pk=match_id_of(sha256))
    except Match.DoesNotExist as error:
        raise NotFoundError(f"no match of {sha256[:8]}") from error
