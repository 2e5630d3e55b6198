"""The face of the job engine for processes that ask for work and watch it, and never do any."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from dbos import DBOSClient, EnqueueOptions, WorkflowHandle
from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from offangle.core.errors import BadInputError, NotFoundError, TransientError
from offangle.jobs import views
from offangle.jobs.config import APPLICATION_VERSION, JobsConfig
from offangle.jobs.database import FINAL_PHASES, insert_or_ignore, jobs, next_seq, now_ms, open_client, open_engine
from offangle.jobs.execution import STEPS_CHANGED
from offangle.jobs.kinds import JobRequest
from offangle.jobs.notes import change

WORKFLOW_NAME = "offangle_job"  # one DBOS workflow runs every kind, so that an unknown kind gets a clear reason
UNDER_WAY = ("PENDING", "ENQUEUED", "DELAYED")  # DBOS's words for what has not ended
RETRY_PATIENCE_S = 5.0  # a job that has just died needs a moment until DBOS has filed it
RETRY_POLL_S = 0.05
PRUNE_BATCH = 500


@dataclass(frozen=True, slots=True)
class Enqueued:
    """The job that does the work; `created` is False if it was there already."""

    job_id: str
    created: bool


@dataclass(frozen=True, slots=True)
class JobsHealth:
    """Whether jobs get done. `problem` says why not and is empty when `ok`."""

    ok: bool
    problem: str
    workers_alive: int
    queued: int
    running: int
    dead: int
    oldest_queued_s: float


class JobClient:
    """Ask for jobs, watch, cancel and retry them. Thread-safe; executes nothing."""

    def __init__(self, config: JobsConfig) -> None:
        self._config = config
        self._engine = open_engine(config)
        self._dbos: DBOSClient = open_client(self._engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._dbos.destroy()
        self._engine.dispose()

    def enqueue(self, request: JobRequest) -> Enqueued:
        """Ask for a job. Asking again for the same kind, subject and version changes nothing.

        Raises:
            BadInputError: The request's queue is not configured.
        """
        return self.enqueue_many([request])[0]

    def enqueue_many(self, requests: Iterable[JobRequest]) -> list[Enqueued]:
        """Ask for several jobs in one transaction."""
        wanted = list(requests)
        self._refuse_unknown_queues(wanted)
        with self._engine.begin() as connection:
            seq = next_seq(connection) if wanted else 0
            return [Enqueued(request.job_id, self._insert(connection, request, seq)) for request in wanted]

    def _refuse_unknown_queues(self, requests: list[JobRequest]) -> None:
        known = {queue.name for queue in self._config.queues}
        for request in requests:
            if request.queue not in known:
                raise BadInputError(
                    f"job {request.job_id}: queue {request.queue!r} is not configured", hint=f"One of {sorted(known)}."
                )

    def _insert(self, connection: sa.Connection, request: JobRequest, seq: int) -> bool:
        row = {
            "job_id": request.job_id,
            "seq": seq,
            "kind": request.kind,
            "subject": request.subject,
            "version": request.version,
            "queue": request.queue,
            "priority": request.priority,
            "phase": "queued",
            "enqueued_at_ms": now_ms(connection),
        }
        created = insert_or_ignore(connection, jobs, row).returning(jobs.c.job_id)
        if connection.execute(created).scalar_one_or_none() is None:
            return False
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW_NAME,
            "queue_name": request.queue,
            "workflow_id": request.job_id,
            "app_version": APPLICATION_VERSION,
            "priority": request.priority,
        }
        self._dbos.enqueue_in_transaction(connection, options, request.kind, request.subject)
        return True

    def cancel(self, job_id: str) -> views.JobView:
        """Stop a job: a queued one never starts, a running one ends at its next look. A finished one stays as it is.

        Raises:
            NotFoundError: There is no such job.
        """
        if self.job(job_id).is_final:
            return self.job(job_id)
        self._dbos.cancel_workflow(job_id)
        with self._engine.begin() as connection:
            change(connection, job_id, phase="cancelled", executor=None, finished_at_ms=now_ms(connection))
        return self.job(job_id)

    def retry(self, job_id: str) -> views.JobView:
        """Run a dead or cancelled job again from the step that failed; finished steps are not repeated.

        Raises:
            NotFoundError: There is no such job.
            BadInputError: The job is not dead or cancelled.
            TransientError: The job is just ending; try again in a moment.
        """
        view = self.job(job_id)
        if view.state not in ("dead", "cancelled"):
            raise BadInputError(f"job {job_id} is {view.state}; only a dead or cancelled job can be retried")
        self._wait_for_end(job_id)
        start_step = 1 if view.error_class == STEPS_CHANGED else self._first_open_step(job_id)
        with self._engine.begin() as connection:
            # The reason stays until the next run begins: were this process to die here, it would still be needed.
            change(connection, job_id, phase="queued", executor=None, attempts=0, crashes=0, finished_at_ms=None)
        self._rewind(job_id, start_step, view.queue)
        return self.job(job_id)

    def _rewind(self, job_id: str, start_step: int, queue: str) -> None:
        try:
            self._dbos.rewind_workflow(job_id, start_step=start_step, queue_name=queue)
        except dbos_error.DBOSException as error:
            # Two people pressed Retry at once: the job is on its way, which is what both wanted.
            if self.job(job_id).is_final:
                raise TransientError(f"job {job_id} could not be retried: {error}", hint="Try again.") from error

    def _wait_for_end(self, job_id: str) -> None:
        """Return once DBOS has filed the job as ended."""
        deadline_s = time.monotonic() + RETRY_PATIENCE_S
        workflow: WorkflowHandle[None] = self._dbos.retrieve_workflow(job_id)
        while (status := workflow.get_status().status) in UNDER_WAY:
            if time.monotonic() > deadline_s:
                raise TransientError(f"job {job_id} is still {status}", hint="Try again in a moment.")
            time.sleep(RETRY_POLL_S)

    def _first_open_step(self, job_id: str) -> int:
        """Steps are numbered from 1; the first one whose outcome is missing or a failure is where to go on."""
        steps = self._dbos.list_workflow_steps(job_id)
        outcomes: dict[int, Any] = {step["function_id"]: step for step in steps}
        number = 1
        while number in outcomes and _succeeded(outcomes[number]):
            number += 1
        return number

    def forget(self, job_id: str) -> None:
        """Remove a finished job and its history, so that the same id can be asked for again.

        Raises:
            NotFoundError: There is no such job.
            BadInputError: The job has not ended; cancel it first.
        """
        view = self.job(job_id)
        if not view.is_final:
            raise BadInputError(f"job {job_id} is {view.state} and cannot be forgotten", hint="Cancel it first.")
        self._wait_for_end(job_id)
        self._forget([job_id])

    def prune(self, older_than_s: float) -> int:
        """Forget jobs that ended longer ago than this, dead ones too. Returns how many.

        May be stopped anywhere and asked for again: DBOS's part goes first, and only ours makes a job known.
        """
        pruned = 0
        while ended := self._ended_before(older_than_s):
            self._forget(ended)
            pruned += len(ended)
        return pruned

    def _ended_before(self, older_than_s: float) -> list[str]:
        with self._engine.connect() as connection:
            latest = now_ms(connection) - int(older_than_s * 1000)
            old = (jobs.c.phase.in_(FINAL_PHASES), jobs.c.finished_at_ms < latest)
            return list(connection.execute(sa.select(jobs.c.job_id).where(*old).limit(PRUNE_BATCH)).scalars())

    def _forget(self, job_ids: list[str]) -> None:
        self._dbos.delete_workflows(job_ids)
        with self._engine.begin() as connection:
            next_seq(connection)
            connection.execute(sa.delete(jobs).where(jobs.c.job_id.in_(job_ids)))

    def find(self, job_id: str) -> views.JobView | None:
        """A job, or None."""
        with self._engine.connect() as connection:
            return views.read_job(connection, job_id)

    def job(self, job_id: str) -> views.JobView:
        """A job: its state, how far it is, and why it died if it did.

        Raises:
            NotFoundError: There is no such job.
        """
        view = self.find(job_id)
        if view is None:
            raise NotFoundError(f"There is no job {job_id}")
        return view

    def list_jobs(
        self,
        *,
        state: views.JobState | Iterable[views.JobState] | None = None,
        kind: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> views.JobPage:
        """A page of jobs, newest first.

        Raises:
            BadInputError: Unknown state, foreign cursor, or a limit outside 1 to 500.
        """
        states = [state] if isinstance(state, str) else list(state or ())
        with self._engine.connect() as connection:
            return views.read_page(connection, states=states, kind=kind, limit=limit, cursor=cursor)

    def watch(self, since: int | None = None, *, limit: int = views.MAX_PAGE) -> tuple[list[views.JobEvent], int]:
        """Jobs that changed after cursor `since`, and the cursor to ask with next. None starts now, with no events."""
        with self._engine.connect() as connection:
            if since is None:
                return [], views.read_latest_seq(connection)
            return views.read_changes(connection, since, limit)

    def workers(self) -> list[views.WorkerView]:
        """All workers that have not said goodbye."""
        with self._engine.connect() as connection:
            return views.read_workers(connection, self._config.heartbeat_limit_s)

    def healthcheck(self) -> JobsHealth:
        """Whether the database answers and somebody works. Raises nothing: a health check has to answer."""
        try:
            with self._engine.connect() as connection:
                alive = sum(w.alive for w in views.read_workers(connection, self._config.heartbeat_limit_s))
                queued, running, dead, oldest_s = views.read_totals(connection)
        except SQLAlchemyError as error:
            return JobsHealth(False, f"The jobs database does not answer: {error}", 0, 0, 0, 0, 0.0)
        problem = "" if alive else "No worker is running; start one with `offangle worker`."
        return JobsHealth(not problem, problem, alive, queued, running, dead, oldest_s)


def _succeeded(step: Any) -> bool:
    output = step["output"]
    return step["error"] is None and isinstance(output, dict) and "result" in output
