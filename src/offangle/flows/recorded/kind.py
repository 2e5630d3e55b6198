"""The kind of job that takes a match file through: its steps, and what people see of it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet

from offangle.db.models import Demo, ImportRecord, Match, User
from offangle.flows.kind import Kind, Listing, Page, Queue, Stage, Subject, Work
from offangle.flows.recorded import analyse, build, notify, publish, states
from offangle.flows.recorded.builds import collect_builds
from offangle.flows.recorded.delete import delete_demo, sweep_deletions
from offangle.flows.recorded.garbage import collect_garbage
from offangle.flows.recorded.queueing import (
    DEMO_KIND,
    DEMO_QUEUE,
    cancel_demo,
    enqueue_demo,
    is_outdated,
    retry_demo,
    sweep_demos,
)
from offangle.flows.recorded.version import PIPELINE_VERSION
from offangle.flows.services import Services
from offangle.jobs.client import JobClient
from offangle.jobs.kinds import JsonValue, Periodic, Step, StepContext
from offangle.jobs.views import JobState

DELETIONS_EVERY_S: Final = 60.0
BUILDS_EVERY_S: Final = 60.0
GARBAGE_EVERY_S: Final = 6 * 3600.0
FOR_GOOD: Final = "Trying again will not help until a newer parser reads it; the file is kept for that."
STATES: Final[dict[str, JobState]] = {Demo.State.PUBLISHED: "done", Demo.State.FAILED: "dead"}
"""What a file's own state is for its job; all others wait."""

StepFunction = Callable[[str, StepContext], JsonValue]


def _step(jobs: JobClient, name: str, stage: str, function: StepFunction) -> Step:
    """A step that shows its stage at once, and that says on the file's row that somebody works on it.

    A job that another version began does nothing more but ask for one of this version: it could not go on with what its
    earlier steps left.
    """

    def run(subject: str, context: StepContext) -> JsonValue:
        context.progress(stage, 0.0)
        if is_outdated(subject, context.job_id):
            return {"handed_over_to": enqueue_demo(jobs, subject)}
        states.began(subject)
        return function(subject, context)

    return Step(name, run)


@dataclass(frozen=True, slots=True)
class _Listed:
    """The files that are listed for one person."""

    demos: QuerySet[Demo]

    def count(self) -> int:
        """How many there are."""
        return self.demos.count()

    def newest(self, limit: int) -> list[Subject]:
        """The newest of them."""
        rows = self.demos.select_related("match").order_by("-stored_at", "pk")[:limit]
        return [_subject(demo, _match_of(demo)) for demo in rows]


class DemoSubjects:
    """Match files, to be seen by those who brought them; all of them by the instance's owner."""

    def listed(self, user: User) -> Listing:
        """All of them: a file stays in the list until it is deleted."""
        return _Listed(visible_demos(user))

    def find(self, user: User, ids: Collection[str]) -> dict[str, Subject]:
        """Those of `ids`, which are hashes, that this person may see."""
        rows = visible_demos(user).filter(pk__in=ids).select_related("match")
        return {demo.pk: _subject(demo, _match_of(demo)) for demo in rows}

    def makers(self, user: User, ids: Collection[str]) -> dict[str, str]:  # noqa: ARG002 -- the protocol's
        """None: a match is made of a file, and no job goes on with it."""
        return {}


def visible_demos(user: User) -> QuerySet[Demo]:
    """The files that `user` brought; all files for the instance's owner."""
    demos = Demo.objects.exclude(state=Demo.State.DELETING)
    if user.is_superuser:
        return demos
    return demos.filter(Exists(ImportRecord.objects.filter(demo=OuterRef("pk"), user=user)))


def _match_of(demo: Demo) -> Match | None:
    match: Match | None = getattr(demo, "match", None)
    return match


def _subject(demo: Demo, match: Match | None) -> Subject:
    is_published = demo.state == Demo.State.PUBLISHED
    return Subject(
        id=demo.pk,
        title=demo.original_name,
        added_at=demo.stored_at,
        state=STATES.get(demo.state, "queued"),
        job_id="" if is_published else demo.job_id,
        reason=demo.failure,
        hint=demo.failure_hint,
        note=FOR_GOOD if demo.failure_is_permanent else "",
        size_bytes=demo.size_bytes,
        opens=Page("match", str(match.pk)) if match else None,
        helps_to_retry=not demo.failure_is_permanent or demo.pipeline_version != PIPELINE_VERSION,
    )


def _work(services: Services) -> Work:
    jobs, store = services.jobs, services.store
    step = partial(_step, jobs)
    return Work(
        steps=(
            step(build.NAME, build.RECEIVED, partial(build.build, services)),
            step("analyse", analyse.STAGE, partial(analyse.analyse, services)),
            step("publish", publish.STAGE, partial(publish.publish, store)),
            step("notify", publish.STAGE, notify.notify),
        ),
        cancel=partial(cancel_demo, jobs),
        retry=partial(retry_demo, jobs),
        delete=partial(delete_demo, services),
        on_failed=notify.fail,
        sweeps=(partial(sweep_demos, jobs),),
        periodics=(
            Periodic("builds", BUILDS_EVERY_S, partial(collect_builds, services)),
            Periodic("deletions", DELETIONS_EVERY_S, partial(sweep_deletions, services)),
            Periodic("garbage", GARBAGE_EVERY_S, partial(collect_garbage, services)),
        ),
    )


RECORDED: Final = Kind(
    name=DEMO_KIND,
    title="Match file",
    queue=Queue(DEMO_QUEUE, per_worker=None),
    # Weights as measured on a large demo.
    stages=(
        Stage(build.RECEIVED, "Received", 0.01, steps=(build.NAME,)),
        Stage(build.STAGE, "Decoding", 0.77),
        Stage(build.STORE_STAGE, "Storing", 0.04),
        Stage(analyse.STAGE, "Analysing", 0.14, steps=("analyse",)),
        Stage(publish.STAGE, "Publishing", 0.04, steps=("publish", "notify")),
    ),
    work=_work,
    subjects=DemoSubjects(),
    can_be_deleted=True,
    waiting="Received",
    opening="Open match",
)
