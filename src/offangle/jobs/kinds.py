"""The words of the job engine: a kind of job, its steps, a request to run one, and what a step is handed.

A job's whole argument is its subject, an id. Everything else a step needs it looks up by that id.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from offangle.core.errors import BadInputError, SettingsError
from offangle.jobs.config import DEFAULT_QUEUE

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

PRIORITY_INTERACTIVE = 10  # somebody is looking at a progress bar
PRIORITY_NORMAL = 100
PRIORITY_BACKGROUND = 1000  # re-analysis of everything, after all else

MAX_ID_PART_CHARS = 200
_ID_PART = re.compile(r"[A-Za-z0-9._@+-]+")


class JobCancelledError(BaseException):
    """This run of a job must end now: it was cancelled, taken over by another worker, or the worker is stopping.

    Derives from BaseException so that a step's `except Exception` does not swallow it; clean up in `finally`.
    """


class StepContext(Protocol):
    """What a step is handed beside the subject's id."""

    @property
    def job_id(self) -> str:
        """The job this step belongs to."""

    @property
    def attempt(self) -> int:
        """Which try of this step this is, from 1."""

    @property
    def results(self) -> Mapping[str, JsonValue]:
        """What the steps before this one returned, by step name."""

    @property
    def is_cancelled(self) -> bool:
        """Whether the step should end now; costs nothing to ask."""

    def check_cancelled(self) -> None:
        """Raise JobCancelledError if the step should end now."""

    def progress(self, stage: str, fraction: float, message: str = "") -> None:
        """Tell how far the job is.

        Args:
            stage: What is being done, in a word or two.
            fraction: How much of it is done, 0 to 1.
            message: A sentence for people.
        """


StepFunction: TypeAlias = Callable[[str, StepContext], JsonValue]


@dataclass(frozen=True, slots=True)
class Step:
    """One durable step: what it returned is kept, and a finished step is not run again.

    Attributes:
        name: Unique within its kind.
        function: Called with the subject's id. May run more than once when a worker dies, so it must be idempotent.
    """

    name: str
    function: StepFunction


@dataclass(frozen=True, slots=True)
class JobFailure:
    """Why a job is dead.

    Attributes:
        error_class: Name of the error's class, for people; nothing is decided by it.
        message: What happened.
        hint: What to do; may be empty.
        step: The step that failed; empty where none had begun.
        traceback: Where in the code.
        permanent: Whether trying the same thing again cannot help, as the error itself said.
    """

    error_class: str
    message: str
    hint: str
    step: str
    traceback: str
    permanent: bool = False


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before a step is tried again: doubling from `first_s` up to `longest_s`."""

    first_s: float = 2.0
    factor: float = 2.0
    longest_s: float = 300.0

    def delay_s(self, failed_attempts: int) -> float:
        """Seconds to wait after this many failed attempts (1 or more)."""
        # The exponent is bounded so that a large count cannot overflow a float.
        return float(min(self.longest_s, self.first_s * self.factor ** min(failed_attempts - 1, 64)))


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A job that somebody wants done; the same kind, subject and version is the same job.

    Raises:
        BadInputError: A part of the id is empty, too long or has characters outside `A-Za-z0-9._@+-`.
    """

    kind: str
    subject: str
    version: str
    queue: str = DEFAULT_QUEUE
    priority: int = PRIORITY_NORMAL

    def __post_init__(self) -> None:
        for name, part in (("kind", self.kind), ("subject", self.subject), ("version", self.version)):
            if len(part) > MAX_ID_PART_CHARS or not _ID_PART.fullmatch(part):
                raise BadInputError(
                    f"job {name} {part[:MAX_ID_PART_CHARS]!r} must have 1 to {MAX_ID_PART_CHARS} of A-Za-z0-9._@+-"
                )
        if self.priority < 1:
            raise BadInputError(f"job priority {self.priority} must be 1 or more; smaller runs first")

    @property
    def job_id(self) -> str:
        """`<kind>:<subject>:<version>`."""
        return f"{self.kind}:{self.subject}:{self.version}"


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: its steps in order, where it queues and how patient it is.

    Attributes:
        name: The first part of every job id of this kind.
        steps: Run in this order, each at least once, none again once it has finished.
        queue: One of the configured queues.
        max_attempts: Tries of one step before a transient or unexpected error kills the job.
        backoff: How long to wait between tries.
        on_failed: Called once with the subject and the reason when a job dies; must be idempotent.
    """

    name: str
    steps: tuple[Step, ...]
    queue: str = DEFAULT_QUEUE
    max_attempts: int = 5
    backoff: Backoff = Backoff()
    on_failed: Callable[[str, JobFailure], None] | None = None

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        if not names or len(set(names)) != len(names):
            raise SettingsError(f"job kind {self.name}: steps must be present and have unique names, got {names}")
        if self.max_attempts < 1:
            raise SettingsError(f"job kind {self.name}: max_attempts must be at least 1, got {self.max_attempts}")

    def request(self, subject: str, *, version: str, priority: int = PRIORITY_NORMAL) -> JobRequest:
        """A request for a job of this kind."""
        return JobRequest(self.name, subject, version, queue=self.queue, priority=priority)


@dataclass(frozen=True, slots=True)
class Periodic:
    """Something to do every `every_s` seconds, by one worker at a time.

    Attributes:
        name: Unique; the schedule survives restarts under this name.
        every_s: Seconds from the end of one run to the start of the next.
        function: What to do. An exception is logged and kept; the next run happens all the same.
    """

    name: str
    every_s: float
    function: Callable[[], object]
