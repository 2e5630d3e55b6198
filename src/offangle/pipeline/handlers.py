"""The kinds of job and what happens in each of their steps: adding one is a file with its use case and a line here."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from django.db import close_old_connections

from offangle.db.models import Demo
from offangle.jobs.kinds import JobFailure, JobKind, JsonValue, Periodic, Step, StepContext
from offangle.jobs.worker import Sweep
from offangle.pipeline import analyse, check, notify, parse, publish, store
from offangle.pipeline.delete import sweep_deletions
from offangle.pipeline.garbage import collect_garbage
from offangle.pipeline.queueing import DEMO_KIND, DEMO_QUEUE, OPEN_STATES, sweep_demos

DELETIONS_EVERY_S = 60.0
GARBAGE_EVERY_S = 6 * 3600.0

Result = TypeVar("Result")
StepFunction = Callable[[str, StepContext], JsonValue]


def _step(name: str, stage: str, function: StepFunction) -> Step:
    """A step that shows its stage at once and keeps no database connection from an earlier one."""

    @wraps(function)
    def run(subject: str, context: StepContext) -> JsonValue:
        close_old_connections()
        try:
            context.progress(stage, 0.0)
            Demo.objects.filter(pk=subject, state__in=(*OPEN_STATES, Demo.State.FAILED)).update(
                state=Demo.State.PROCESSING, failure="", failure_hint="", failure_is_permanent=False
            )
            return function(subject, context)
        finally:
            close_old_connections()

    return Step(name, run)


def _with_connections(function: Callable[[], Result]) -> Callable[[], Result]:
    """The same function, with database connections of its own that end with it."""

    @wraps(function)
    def run() -> Result:
        close_old_connections()
        try:
            return function()
        finally:
            close_old_connections()

    return run


def _tidy() -> None:
    collect_garbage()


def _fail(subject: str, failure: JobFailure) -> None:
    close_old_connections()
    try:
        notify.fail(subject, failure)
    finally:
        close_old_connections()


DEMO_STEPS = (
    _step("parse", parse.RECEIVED, parse.parse),
    _step("check", check.STAGE, check.check),
    _step("store", store.STAGE, store.store),
    _step("analyse", analyse.STAGE, analyse.analyse),
    _step("publish", publish.STAGE, publish.publish),
    _step("notify", publish.STAGE, notify.notify),
)

KINDS: tuple[JobKind, ...] = (JobKind(DEMO_KIND, DEMO_STEPS, queue=DEMO_QUEUE, on_failed=_fail),)
"""What a worker can do."""

SWEEPS: tuple[Sweep, ...] = (_with_connections(sweep_demos),)
"""Each finds rows whose job was never asked for."""

PERIODICS: tuple[Periodic, ...] = (
    Periodic("deletions", DELETIONS_EVERY_S, _with_connections(sweep_deletions)),
    Periodic("garbage", GARBAGE_EVERY_S, _with_connections(_tidy)),
)
"""What has to happen now and then."""
