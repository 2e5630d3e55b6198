"""A worker to be killed: runs jobs whose every step leaves a trace, and can stand still at any point of any step.

    python -m makers.job_victim DATABASE_URL FOLDER --name first --hold two:after

With `--pace` its steps take a while, so that a kill at any moment meets them anywhere. The kind `hopeless` dies in its
second step, and its `on_failed` is an effect like a step's.

A step appends to `FOLDER/begun`, then puts its one effect into `FOLDER/effects.sqlite` under a unique key, as a step of
the real pipeline does. At the point it is to hold, it creates `FOLDER/held-NAME` and waits for `FOLDER/release`.
"""

import argparse
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from makers.job_bench import QUICK_BACKOFF, quick_config
from offangle.core.errors import TransientError
from offangle.jobs.config import JobsConfig, QueueConfig
from offangle.jobs.kinds import JobFailure, JobKind, Step, StepContext, StepFunction
from offangle.jobs.worker import JobWorker

STEP_NAMES = ("one", "two", "three")
QUEUES = (QueueConfig("default"), QueueConfig("single", worker_concurrency=1, global_concurrency=1))


def victim_config(database_url: str, *, default_timing: bool = False, patience: int = 0) -> JobsConfig:
    """The settings that the victims and those who watch them share; `patience`: deaths that a job survives."""
    if default_timing:
        return JobsConfig(database_url, queues=QUEUES)
    patient = {"max_crashes": patience, "max_dispatches": 10 * patience} if patience else {}
    return quick_config(database_url, queues=QUEUES, **patient)


@dataclass(frozen=True)
class Trace:
    """The folder where the steps leave their traces."""

    folder: Path

    def begin(self, subject: str, step: str, name: str) -> None:
        """Note that a step has begun; one short append is one write, whichever process does it."""
        with (self.folder / "begun").open("a") as log:
            log.write(f"{subject} {step} {name}\n")

    def begun(self) -> list[tuple[str, str, str]]:
        """Every (subject, step, worker) that began, in order."""
        path = self.folder / "begun"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(subject, step, name) for subject, step, name in (line.split() for line in lines)]

    def take_effect(self, subject: str, step: str) -> None:
        """The step's effect: idempotent by its key. `tries` counts how often it was attempted."""
        with sqlite3.connect(self.folder / "effects.sqlite", timeout=30) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS effects (subject, step, tries, PRIMARY KEY (subject, step))")
            connection.execute(
                "INSERT INTO effects VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET tries = tries + 1", (subject, step)
            )
        connection.close()

    def effects(self) -> dict[tuple[str, str], int]:
        """How often each (subject, step) was attempted; a key is there once or not at all."""
        connection = sqlite3.connect(self.folder / "effects.sqlite", timeout=30)
        rows = connection.execute("SELECT subject, step, tries FROM effects").fetchall()
        connection.close()
        return {(subject, step): tries for subject, step, tries in rows}


@dataclass(frozen=True)
class Victim:
    """What this process does at which point."""

    trace: Trace
    name: str
    hold: str
    suicide: str
    pace_s: float

    def kind(self, name: str, queue: str) -> JobKind:
        """A kind of three steps."""
        return JobKind(name, tuple(Step(step, self._step(step)) for step in STEP_NAMES), queue, backoff=QUICK_BACKOFF)

    def hopeless(self) -> JobKind:
        """A kind that dies in its second step, at the second try."""
        steps = (Step("one", self._step("one")), Step("two", self._fail))
        return JobKind("hopeless", steps, max_attempts=2, backoff=QUICK_BACKOFF, on_failed=self._on_failed)

    def _fail(self, _subject: str, _context: StepContext) -> str:
        self._linger()
        raise TransientError("never works")

    def _on_failed(self, subject: str, _failure: JobFailure) -> None:
        self._linger()
        self.trace.take_effect(subject, "on_failed")
        self._linger()

    def _step(self, step: str) -> StepFunction:
        def run(subject: str, context: StepContext) -> str:
            self.trace.begin(subject, step, self.name)
            if self.suicide == step:
                os.kill(os.getpid(), signal.SIGKILL)
            self._linger()
            self._hold(f"{step}:before", context)
            self.trace.take_effect(subject, step)
            self._linger()
            self._hold(f"{step}:after", context)
            return step

        return run

    def _linger(self) -> None:
        time.sleep(random.random() * self.pace_s)  # noqa: S311 -- when a kill comes is nobody's secret

    def _hold(self, point: str, context: StepContext) -> None:
        if self.hold != point:
            return
        (self.trace.folder / f"held-{self.name}").touch()
        while not (self.trace.folder / "release").exists():
            context.check_cancelled()
            time.sleep(0.01)


def main(arguments: Sequence[str]) -> int:
    """Work until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database_url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--hold", default="")
    parser.add_argument("--suicide", default="")
    parser.add_argument("--default-timing", action="store_true")
    parser.add_argument("--pace", type=float, default=0.0, help="a step takes up to twice these seconds")
    parser.add_argument("--patience", type=int, default=0, help="deaths that a job survives; 0: as usual")
    parser.add_argument("--wait", action="store_true", help="begin only when FOLDER/begin-NAME is there")
    options = parser.parse_args(arguments)
    victim = Victim(Trace(options.folder), options.name, options.hold, options.suicide, options.pace)
    config = victim_config(options.database_url, default_timing=options.default_timing, patience=options.patience)
    kinds = [victim.kind("victim", "default"), victim.kind("alone", "single"), victim.hopeless()]
    worker = JobWorker(config, kinds)
    if options.wait:
        _wait_for(options.folder / f"begin-{options.name}")
    return 0 if worker.run() else 1


def _wait_for(signal_file: Path) -> None:
    while not signal_file.exists():
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
