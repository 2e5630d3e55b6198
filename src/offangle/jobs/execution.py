"""How one job runs on this worker: its steps in order, retried when that can help, ended when it must.

A step's function sees only `StepContext`. What DBOS keeps of a step is its outcome, either `{"result": …}` or
`{"failure": …}`: an outcome is data, so it can be read back without the class that was raised.
"""

import json
import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from typing import Any, NoReturn, TypeAlias

from dbos import DBOS
from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from offangle.core.errors import ContractError, OffangleError
from offangle.jobs.config import JobsConfig
from offangle.jobs.dbos_tables import RunKey
from offangle.jobs.kinds import JobCancelledError, JobFailure, JobKind, JsonValue, Step
from offangle.jobs.notes import Notes

logger = logging.getLogger(__name__)

Outcome: TypeAlias = dict[str, Any]
Around: TypeAlias = Callable[[], AbstractContextManager[object]]

STEPS_CHANGED = "StepsChanged"
UNFORESEEN_HINT = "This was not foreseen; the traceback says where it happened."
FAILURE_STEP = "on_failed"  # the durable step that tells the kind that its job is dead


class JobDiedError(Exception):
    """Ends a dead job's workflow, so that DBOS files it under errors."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job on this worker, and whether it must end."""

    key: RunKey
    ended: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raise JobCancelledError if the run must end."""
        if self.ended.is_set():
            raise JobCancelledError(f"{self.key.job_id} must end here")

    def sleep(self, seconds: float) -> None:
        """Wait, or raise JobCancelledError as soon as the run must end."""
        self.ended.wait(seconds)
        self.check()


class Runs:
    """The runs that are at work in this process."""

    def __init__(self) -> None:
        self._runs: dict[RunKey, Run] = {}
        self._changed = threading.Condition()
        self._stopping = False

    @contextmanager
    def enter(self, key: RunKey) -> Iterator[Run]:
        """Count a run as active for the length of a `with` block."""
        run = Run(key)
        with self._changed:
            self._runs[key] = run
            if self._stopping:
                run.ended.set()
        try:
            yield run
        finally:
            with self._changed:
                del self._runs[key]
                self._changed.notify_all()

    def keys(self) -> set[RunKey]:
        """Every active run."""
        with self._changed:
            return set(self._runs)

    def end_all_but(self, owned: set[RunKey], among: set[RunKey]) -> None:
        """End the runs of `among` that this worker no longer owns: cancelled, or taken over by another."""
        with self._changed:
            for key in among - owned:
                if key in self._runs:
                    self._runs[key].ended.set()

    def stop(self, grace_s: float) -> bool:
        """End all runs and those to come; True if all had left within `grace_s`."""
        with self._changed:
            self._stopping = True
            for run in self._runs.values():
                run.ended.set()
            return self._changed.wait_for(lambda: not self._runs, grace_s)


class JobContext:
    """The StepContext of a step that runs on a worker."""

    def __init__(
        self, run: Run, notes: Notes, *, attempt: int, results: Mapping[str, JsonValue], every_s: float
    ) -> None:
        self._run = run
        self._notes = notes
        self._every_s = every_s
        self._written_at_s = -every_s
        self._stage = ""
        self._lock = threading.Lock()
        self.attempt = attempt
        self.results = results

    @property
    def job_id(self) -> str:
        """The job this step belongs to."""
        return self._run.key.job_id

    @property
    def is_cancelled(self) -> bool:
        """Whether the step should end now."""
        return self._run.ended.is_set()

    def check_cancelled(self) -> None:
        """Raise JobCancelledError if the step should end now."""
        self._run.check()

    def progress(self, stage: str, fraction: float, message: str = "") -> None:
        """Write down how far the job is: at once for a new stage or the end of one, else now and then."""
        fraction = min(1.0, max(0.0, fraction))
        now_s = time.monotonic()
        with self._lock:
            due = stage != self._stage or fraction >= 1.0 or now_s - self._written_at_s >= self._every_s
            if not due or self.is_cancelled:
                return
            self._stage, self._written_at_s = stage, now_s
        try:
            self._notes.progressed(self._run.key, stage, fraction, message)
        except SQLAlchemyError:
            # A progress bar that stands still is no reason to lose an hour's work.
            logger.warning("progress of %s could not be written", self.job_id, exc_info=True)


class JobRunner:
    """Runs jobs of the given kinds, as the body of DBOS's workflow."""

    def __init__(
        self,
        config: JobsConfig,
        kinds: Mapping[str, JobKind],
        notes: Notes,
        around: Around = nullcontext,
    ) -> None:
        self._config = config
        self._around = around
        self._kinds = kinds
        self._notes = notes
        self.runs = Runs()

    def run(self, job_id: str, kind_name: str, subject: str) -> None:
        """Run a job from its first step that has no outcome yet.

        Raises:
            JobDiedError: The job is dead; its reason is written down.
            JobCancelledError: This run must end; the job is cancelled or goes on elsewhere.
        """
        try:
            key = self._notes.own(job_id)
            if key is None:
                raise JobCancelledError(f"{job_id} was taken away before it began")
            with self.runs.enter(key) as run:
                self._run(run, kind_name, subject)
        except SQLAlchemyError as error:
            # Nothing can be said about the job now. It stays in this worker's name until the worker finds it stranded.
            logger.exception("the jobs database failed under %s, which goes on later", job_id)
            raise JobCancelledError(f"the jobs database failed under {job_id}") from error

    def _run(self, run: Run, kind_name: str, subject: str) -> None:
        run.check()
        self._notes.started(run.key)
        kind = self._kinds.get(kind_name)
        if kind is None:
            self._die(run.key, _unknown_kind(kind_name))
        try:
            self._run_steps(run, kind, subject)
        except dbos_error.DBOSUnexpectedStepError as error:
            self._die(run.key, _steps_changed(error))

    def _run_steps(self, run: Run, kind: JobKind, subject: str) -> None:
        results: dict[str, JsonValue] = {}
        for number, step in enumerate(kind.steps, start=1):
            run.check()
            outcome = DBOS.run_step(
                {"name": step.name}, self._outcome, _Task(run, kind, number, step, subject, results)
            )
            if "failure" in outcome:
                failure = JobFailure(**outcome["failure"])
                self._tell(kind, subject, failure)
                self._die(run.key, failure, attempts=outcome["attempts"])
            results[step.name] = outcome["result"]
        self._notes.done(run.key)

    def _die(self, key: RunKey, failure: JobFailure, *, attempts: int = 0) -> NoReturn:
        self._notes.died(key, failure, attempts=attempts)
        logger.error("job %s is dead: %s: %s", key.job_id, failure.error_class, failure.message)
        raise JobDiedError(f"{failure.error_class} in step {failure.step}: {failure.message}")

    def _tell(self, kind: JobKind, subject: str, failure: JobFailure) -> None:
        if kind.on_failed is not None:
            DBOS.run_step({"name": FAILURE_STEP}, self._call_on_failed, kind, subject, failure)

    def _call_on_failed(self, kind: JobKind, subject: str, failure: JobFailure) -> None:
        if kind.on_failed is None:
            return
        try:
            with self._around():
                kind.on_failed(subject, failure)
        except Exception:
            # The job is dead either way, and its own reason matters more than this one.
            logger.exception("on_failed of job kind %s failed for %s", kind.name, subject)

    def _outcome(self, task: "_Task") -> Outcome:
        """Try a step until it succeeds, fails for good or must end."""
        attempts, crashes = self._notes.step_begun(task.run.key, task.number, task.step.name)
        if crashes >= self._config.max_crashes:
            return {"failure": asdict(_poison(task.step.name, crashes)), "attempts": attempts}
        while True:
            result, error = self._try(task, attempts + 1)
            if error is None:
                return {"result": result}
            attempts += 1
            failure = describe(error, task.step.name)
            if failure.permanent or attempts >= task.kind.max_attempts:
                return {"failure": asdict(failure), "attempts": attempts}
            delay_s = task.kind.backoff.delay_s(attempts)
            logger.warning("job %s: %s; next try in %.1f s", task.run.key.job_id, failure.message, delay_s)
            self._notes.retrying(task.run.key, failure, attempts=attempts, delay_s=delay_s)
            task.run.sleep(delay_s)
            self._notes.retried(task.run.key)

    def _try(self, task: "_Task", attempt: int) -> tuple[JsonValue, BaseException | None]:
        every_s = self._config.progress_every_s
        context = JobContext(task.run, self._notes, attempt=attempt, results=dict(task.results), every_s=every_s)
        try:
            with self._around():
                result = task.step.function(task.subject, context)
            _refuse_non_json(result, task.step.name)
        except JobCancelledError:
            if task.run.ended.is_set():
                raise
            return None, OffangleError("The step ended itself as cancelled, but nobody had cancelled it")
        except BaseException as error:  # noqa: BLE001 -- a Rust panic is no Exception, and must not strand the job either
            return None, error
        return result, None


@dataclass(frozen=True, slots=True)
class _Task:
    """A step about to run."""

    run: Run
    kind: JobKind
    number: int
    step: Step
    subject: str
    results: Mapping[str, JsonValue]


def _refuse_non_json(result: object, step: str) -> None:
    try:
        json.dumps(result)
    except (TypeError, ValueError) as error:
        raise ContractError(f"step {step} returned what JSON cannot hold: {error}", hint="Return ids only.") from error


def describe(error: BaseException, step: str) -> JobFailure:
    """An exception as the reason of a failure.

    What Offangle foresaw says itself whether trying again can help; anything else may be a passing trouble.
    """
    name, told = type(error).__name__, "".join(traceback.format_exception(error))
    if isinstance(error, OffangleError):
        return JobFailure(name, error.message, error.hint, step, told, permanent=error.permanent)
    return JobFailure(name, f"{name}: {error}", UNFORESEEN_HINT, step, told)


def _poison(step: str, crashes: int) -> JobFailure:
    return JobFailure(
        error_class="WorkerDied",
        message=f"{crashes} workers died while they ran step {step}.",
        hint="Look at the workers' logs and at the memory they may use, then retry the job.",
        step=step,
        traceback="",
    )


def _unknown_kind(kind_name: str) -> JobFailure:
    return JobFailure(
        error_class="UnknownJobKind",
        message=f"This worker does not know jobs of kind {kind_name!r}.",
        hint="Start workers of the same version as the process that asked for this job, then retry it.",
        step="",
        traceback="",
    )


def _steps_changed(error: Exception) -> JobFailure:
    return JobFailure(
        error_class=STEPS_CHANGED,
        message="The steps of this kind of job are no longer those that this job began with.",
        hint="Retry the job: it starts again from its first step.",
        step="",
        traceback=str(error),
    )
