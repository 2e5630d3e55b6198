"""A job engine that is quick to notice everything, for tests."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from makers.waiting import until
from offangle.jobs.client import JobClient
from offangle.jobs.config import JobsConfig, QueueConfig
from offangle.jobs.engine import JobEngine
from offangle.jobs.execution import Around
from offangle.jobs.kinds import Backoff, JobKind, JsonValue, Periodic, Step, StepContext, StepFunction
from offangle.jobs.views import JobState, JobView
from offangle.jobs.worker import JobWorker, Sweep

QUICK_BACKOFF = Backoff(first_s=0.05, longest_s=0.2)


def quick_config(database_url: str, **changes: Any) -> JobsConfig:
    """Settings with short waits everywhere."""
    quick = JobsConfig(
        database_url=database_url,
        queues=(QueueConfig("default", worker_concurrency=4), QueueConfig("narrow", worker_concurrency=1)),
        poll_every_s=0.05,
        heartbeat_every_s=0.2,
        heartbeat_limit_s=2.0,
        reap_every_s=0.2,
        cancel_poll_every_s=0.05,
        sweep_every_s=0.2,
        progress_every_s=0.0,
        stop_grace_s=5.0,
    )
    return replace(quick, **changes)


def nothing(_subject: str, _context: StepContext) -> None:
    """A step that is done at once."""


def kind_of(*functions: StepFunction, name: str = "probe", **changes: Any) -> JobKind:
    """A job kind with these steps, named one, two, three …"""
    names = ("one", "two", "three", "four")
    steps = tuple(Step(step_name, function) for step_name, function in zip(names, functions, strict=False))
    return JobKind(name, steps, **{"backoff": QUICK_BACKOFF, **changes})


@dataclass(frozen=True)
class JobBench:
    """A prepared jobs database with a client."""

    engine: JobEngine
    client: JobClient

    @contextlib.contextmanager
    def working(
        self,
        *kinds: JobKind,
        sweeps: Sequence[Sweep] = (),
        periodics: Sequence[Periodic] = (),
        around: Around = contextlib.nullcontext,
    ) -> Iterator[JobWorker]:
        """A worker in this process for the length of a `with` block."""
        worker = self.engine.worker(kinds, sweeps=sweeps, periodics=periodics, around=around)
        worker.start()
        try:
            yield worker
        finally:
            worker.stop()

    def wait_for(self, job_id: str, *states: JobState, timeout_s: float = 20.0) -> JobView:
        """Wait until the job is in one of the states."""

        def reached() -> JobView | None:
            view = self.client.find(job_id)
            return view if view is not None and view.state in states else None

        view = until(reached, timeout_s=timeout_s, what=f"{job_id} in {states}: {self.client.find(job_id)}")
        assert view is not None
        return view


@contextlib.contextmanager
def open_bench(config: JobsConfig) -> Iterator[JobBench]:
    """A JobBench for the length of a `with` block."""
    engine = JobEngine(config)
    engine.prepare()
    with engine.client() as client:
        yield JobBench(engine, client)


class Gate:
    """A step that says when it has begun and ends when it is let go or told to stop."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self.told_to_stop = threading.Event()

    def __call__(self, _subject: str, context: StepContext) -> None:
        self.begun.set()
        try:
            while not self.let_go.wait(0.01):
                context.check_cancelled()
        finally:
            if context.is_cancelled:
                self.told_to_stop.set()

    def wait(self) -> None:
        """Wait until the step has begun."""
        assert self.begun.wait(20)


class Failing:
    """A step that fails the first times it is called."""

    def __init__(self, error: BaseException, times: int = 10**9) -> None:
        self.error = error
        self.times = times
        self.attempts: list[int] = []

    def __call__(self, subject: str, context: StepContext) -> JsonValue:
        self.attempts.append(context.attempt)
        if len(self.attempts) <= self.times:
            raise self.error
        return subject
