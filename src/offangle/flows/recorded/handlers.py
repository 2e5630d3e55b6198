"""The kinds of job and what happens in each of their steps: adding one is a file with its use case and a line here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

from django.db import close_old_connections

from offangle.db.models import Demo
from offangle.flows.recorded import analyse, check, notify, parse, publish, store
from offangle.flows.recorded.delete import sweep_deletions
from offangle.flows.recorded.garbage import collect_garbage
from offangle.flows.recorded.queueing import DEMO_KIND, DEMO_QUEUE, OPEN_STATES, sweep_demos
from offangle.flows.samples import sample
from offangle.jobs.kinds import JobKind, JsonValue, Periodic, Step, StepContext
from offangle.jobs.worker import Sweep

DELETIONS_EVERY_S = 60.0
GARBAGE_EVERY_S = 6 * 3600.0

StepFunction = Callable[[str, StepContext], JsonValue]


@contextmanager
def django_connections() -> Iterator[None]:
    """Around each call from the job engine: no database connection of an earlier call is used, and none is left."""
    close_old_connections()
    try:
        yield
    finally:
        close_old_connections()


def _step(name: str, stage: str, function: StepFunction) -> Step:
    """A step that shows its stage at once, and that says on the file's row that somebody works on it."""

    @wraps(function)
    def run(subject: str, context: StepContext) -> JsonValue:
        context.progress(stage, 0.0)
        Demo.objects.filter(pk=subject, state__in=(*OPEN_STATES, Demo.State.FAILED)).update(
            state=Demo.State.PROCESSING, failure="", failure_hint="", failure_is_permanent=False
        )
        return function(subject, context)

    return Step(name, run)


DEMO_STEPS = (
    _step("parse", parse.RECEIVED, parse.parse),
    _step("check", check.STAGE, check.check),
    _step("store", store.STAGE, store.store),
    _step("analyse", analyse.STAGE, analyse.analyse),
    _step("publish", publish.STAGE, publish.publish),
    _step("notify", publish.STAGE, notify.notify),
)

SAMPLE_STEPS = (Step("simulate", sample.simulate), Step("accept", sample.accept))

KINDS: tuple[JobKind, ...] = (
    JobKind(DEMO_KIND, DEMO_STEPS, queue=DEMO_QUEUE, on_failed=notify.fail),
    JobKind(sample.SAMPLE_KIND, SAMPLE_STEPS, queue=sample.SAMPLE_QUEUE, on_failed=sample.fail),
)
"""What a worker can do."""

SWEEPS: tuple[Sweep, ...] = (sweep_demos, sample.sweep_samples)
"""Each finds rows whose job was never asked for."""

PERIODICS: tuple[Periodic, ...] = (
    Periodic("deletions", DELETIONS_EVERY_S, sweep_deletions),
    Periodic("garbage", GARBAGE_EVERY_S, collect_garbage),
)
"""What has to happen now and then."""
