"""The shape of a kind of job: what the engine runs, and what people see of it and may do to it.

Every flow that has jobs says all of this in one object, in its `kind.py`; pages, API, event stream and worker ask the
object and know no kind by name.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, TypeAlias

from offangle.core.errors import SettingsError
from offangle.db.models import User
from offangle.flows.services import Services
from offangle.jobs.kinds import PRIORITY_NORMAL, Backoff, JobFailure, JobKind, JobRequest, Periodic, Step
from offangle.jobs.views import JobState, JobView

ENDED: Final[frozenset[JobState]] = frozenset({"done", "dead", "cancelled"})

Sweep: TypeAlias = Callable[[], Iterable[JobRequest]]


@dataclass(frozen=True, slots=True)
class Queue:
    """Where jobs of a kind wait, and how many of them run at once.

    Attributes:
        name: Kinds that name the same queue wait behind each other.
        per_worker: Jobs that one worker runs at once; None for as many as the settings say (`worker_concurrency`).
        in_all: Jobs that all workers together run at once; None for no such limit.
    """

    name: str
    per_worker: int | None = 1
    in_all: int | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a job as people see it.

    Attributes:
        name: As the steps tell it by `context.progress`.
        label: In words.
        weight: Its share of the time that the whole job takes, 0 to 1.
        steps: Steps of this stage; a step is called by its own name until it tells its stage.
    """

    name: str
    label: str
    weight: float
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of ours: the name of its address, and the id in it."""

    name: str
    argument: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing that jobs work on, as one person sees it.

    Attributes:
        id: The job's whole argument.
        title: What people call it.
        added_at: When somebody asked for it; lists are sorted by it.
        state: How it stands by its own account, which holds where no job is under way; None: as its job.
        job_id: The job that works on it or did last; empty where there is none or it has nothing more to say.
        reason: Why it failed; `hint` says what to do, `note` what else there is to know.
        size_bytes: How large it is; None where that says nothing.
        opens: The page of what came of it.
        is_simulated: Whether it is one of ours rather than of real play.
        may_change: Whether this person may retry, cancel and delete.
        helps_to_retry: False where the same would come of it again.
    """

    id: str
    title: str
    added_at: datetime
    state: JobState | None = None
    job_id: str = ""
    reason: str = ""
    hint: str = ""
    note: str = ""
    size_bytes: int | None = None
    opens: Page | None = None
    is_simulated: bool = False
    may_change: bool = True
    helps_to_retry: bool = True


class Listing(Protocol):
    """What is listed for one person."""

    def count(self) -> int:
        """How many there are."""

    def newest(self, limit: int) -> list[Subject]:
        """The newest of them."""


class Few:
    """A list so short that it is read as a whole."""

    def __init__(self, subjects: list[Subject]) -> None:
        self._subjects = subjects

    def count(self) -> int:
        """How many there are."""
        return len(self._subjects)

    def newest(self, limit: int) -> list[Subject]:
        """The newest of them."""
        return self._subjects[:limit]


class Subjects(Protocol):
    """The things that the jobs of one kind work on: who sees which."""

    def listed(self, user: User) -> Listing:
        """Those that the list of jobs shows to this person, newest first."""

    def find(self, user: User, ids: Collection[str]) -> dict[str, Subject]:
        """Those of `ids` that this person may see, by id; also what is not listed any more."""

    def makers(self, user: User, ids: Collection[str]) -> dict[str, str]:
        """The jobs of this kind that brought forth subjects of others, by those subjects' ids."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is done in jobs of a kind, bound to the services of a process.

    Attributes:
        steps: Run in this order, each at least once, none again once it has finished.
        cancel: Stops the job of a subject; None: the engine does.
        retry: Runs the dead or cancelled job of a subject again; None: the engine does.
        delete: Forgets a subject for a person; None: it cannot be deleted.
        on_failed: Called once with the subject and the reason when a job dies; must be idempotent.
        sweeps: Each finds subjects whose job was never asked for.
        periodics: What has to happen now and then besides.
    """

    steps: tuple[Step, ...]
    cancel: Callable[[str], JobView] | None = None
    retry: Callable[[str], JobView] | None = None
    delete: Callable[[User, str], object] | None = None
    on_failed: Callable[[str, JobFailure], None] | None = None
    sweeps: tuple[Sweep, ...] = ()
    periodics: tuple[Periodic, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job.

    Attributes:
        name: The first part of every job id of this kind.
        title: What such a job does, in a word or two.
        queue: Where its jobs wait.
        stages: In order; their weights add up to 1.
        work: Binds what is done to the services of a process.
        subjects: What its jobs work on; None: there is nothing but the jobs, which the instance's owner sees.
        max_attempts: Tries of one step before a transient or unexpected error kills the job.
        backoff: How long to wait between tries.
        waiting: What is done when a job waits for a worker: "Received".
        opening: What a link to what came of it says.
        made: What is done when another job goes on with what this one made: "Simulated"; empty: none does.
        lead: Share of the whole way that lies behind then.
        can_be_deleted: Whether people may forget a subject that came to nothing.
    """

    name: str
    title: str
    queue: Queue
    stages: tuple[Stage, ...]
    work: Callable[[Services], Work]
    subjects: Subjects | None = None
    max_attempts: int = 5
    backoff: Backoff = field(default_factory=Backoff)
    waiting: str = "Asked for"
    opening: str = "Open"
    made: str = ""
    lead: float = 0.0
    can_be_deleted: bool = False

    def job_kind(self, services: Services) -> JobKind:
        """What the engine runs.

        Raises:
            SettingsError: A step belongs to no stage.
        """
        work = self.work(services)
        known = {name for stage in self.stages for name in (stage.name, *stage.steps)}
        missing = [step.name for step in work.steps if step.name not in known]
        if missing:
            raise SettingsError(f"kind {self.name}: no stage names the steps {', '.join(missing)}")
        return JobKind(
            self.name,
            work.steps,
            queue=self.queue.name,
            max_attempts=self.max_attempts,
            backoff=self.backoff,
            on_failed=work.on_failed,
        )

    def request(self, subject: str, *, version: str, priority: int = PRIORITY_NORMAL) -> JobRequest:
        """A request for a job of this kind."""
        return JobRequest(self.name, subject, version, queue=self.queue.name, priority=priority)

    def stage_label(self, stage: str) -> str:
        """A stage in words; one that an older version told is shown as it was called."""
        found = self._stage(stage)
        return found.label if found else stage.capitalize()

    def share(self, stage: str, fraction: float) -> float:
        """How much of the whole job is done when `fraction` of a stage is, 0 to 1."""
        found = self._stage(stage)
        if found is None:
            return 0.0
        before = sum(each.weight for each in self.stages[: self.stages.index(found)])
        return min(1.0, before + found.weight * min(1.0, max(0.0, fraction)))

    def _stage(self, name: str) -> Stage | None:
        return next((stage for stage in self.stages if name == stage.name or name in stage.steps), None)


@dataclass(frozen=True, slots=True)
class SeenJob:
    """A thing that is worked on and the job that does it, as one person sees them.

    Attributes:
        kind: Of the job.
        subject: The thing.
        job: The job, if there is one.
        follows: Id of the job that made the thing; empty where somebody brought it.
        maker: The kind of that job.
    """

    kind: Kind
    subject: Subject
    job: JobView | None
    follows: str = ""
    maker: Kind | None = None

    @property
    def key(self) -> str:
        """What tells the thing from others of its kind; where there is nothing but the job, the rest of its id."""
        if self.kind.subjects is None and self.job is not None:
            return self.job.job_id.removeprefix(f"{self.kind.name}:")
        return self.subject.id

    @property
    def state(self) -> JobState:
        """How it stands: by the job while that goes on or where it came to nothing, else by the thing's own account."""
        if self.job is None:
            return self.subject.state or "queued"
        return self.subject.state or "done" if self.job.state == "done" else self.job.state

    @property
    def is_settled(self) -> bool:
        """False while the job is done and what follows from it is not: another job is at it then."""
        return self.job is None or self.job.state != "done" or self.state in ENDED

    @property
    def reason(self) -> str:
        """Why it failed or waits."""
        return self._explained().reason if self.state in ("dead", "retrying") else ""

    @property
    def hint(self) -> str:
        """What to do about it."""
        return self._explained().hint if self.state in ("dead", "retrying") else ""

    @property
    def note(self) -> str:
        """What else there is to know of a failure."""
        return self.subject.note if self.state == "dead" else ""

    def _explained(self) -> JobView | Subject:
        return self.job if self.job is not None and self.job.reason else self.subject

    @property
    def stage(self) -> str:
        """What is being done, in words."""
        return self.kind.stage_label(self.job.stage) if self.job is not None and self.job.stage else ""

    @property
    def percent(self) -> float:
        """How much of the stage is done."""
        return 100 * self.job.fraction if self.job is not None else 0.0

    @property
    def timed_share(self) -> float:
        """How much is done of what this job's time goes into, 0 to 1: its own part, and what comes after it."""
        if self.job is None or self.state == "queued":
            return 0.0
        done = self.kind.share(self.job.stage, self.job.fraction)
        return self.kind.lead * done if self.kind.made else done

    @property
    def share(self) -> float:
        """How much of the whole way is done, 0 to 1: with the job that made the thing."""
        if self.maker is None:
            return self.timed_share
        return self.maker.lead + (1 - self.maker.lead) * self.timed_share

    @property
    def waiting(self) -> str:
        """What is done while it waits for a worker."""
        return self.maker.made if self.maker is not None else self.kind.waiting

    @property
    def may_retry(self) -> bool:
        """Whether Retry makes sense, and is this person's to press."""
        return self._came_to_nothing and (self.state == "cancelled" or self.subject.helps_to_retry)

    @property
    def may_cancel(self) -> bool:
        """Whether there is something to stop, and it is this person's to stop."""
        return self.subject.may_change and self.job is not None and not self.job.is_final

    @property
    def may_delete(self) -> bool:
        """Whether it came to nothing, and can be forgotten."""
        return self._came_to_nothing and self.kind.can_be_deleted

    @property
    def _came_to_nothing(self) -> bool:
        return self.subject.may_change and self.state in ("dead", "cancelled")
