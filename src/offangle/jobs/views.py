"""What can be seen of jobs and workers from any process: rows in, plain values out; nothing here changes anything."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import sqlalchemy as sa

from offangle.core.errors import BadInputError
from offangle.jobs.database import FINAL_PHASES, clock, jobs, now_ms, workers

JobState: TypeAlias = Literal["queued", "running", "retrying", "done", "dead", "cancelled"]
JOB_STATES: tuple[JobState, ...] = get_args(JobState)

MAX_PAGE = 500


@dataclass(frozen=True, slots=True)
class JobView:
    """One job as people and pages see it. Times are milliseconds since 1970.

    Attributes:
        stage: What is being done, or was being done last; `fraction` (0 to 1) of it is done.
        reason: Why the job is dead or what it waits for while retrying; empty otherwise. `hint` says what to do.
        permanent: Whether the error said that trying the same thing again cannot help.
        attempts: Failed tries of the current step; crashes: workers that died in it.
        retry_at_ms: When a retrying job is tried again.
        executor: The worker that runs it.
    """

    job_id: str
    kind: str
    subject: str
    version: str
    queue: str
    priority: int
    state: JobState
    stage: str
    fraction: float
    message: str
    reason: str
    hint: str
    error_class: str
    failed_step: str
    traceback: str
    permanent: bool
    attempts: int
    crashes: int
    enqueued_at_ms: int
    started_at_ms: int | None
    finished_at_ms: int | None
    retry_at_ms: int | None
    executor: str | None

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens unless somebody retries it."""
        return self.state in FINAL_PHASES


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs, newest first; `cursor` asks for the next page and is None on the last."""

    jobs: tuple[JobView, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class JobEvent:
    """A job changed; `job` is how it stands now. Several changes between two looks are one event."""

    seq: int
    job: JobView


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A worker that has not said goodbye; `alive` is whether it was heard of lately."""

    executor_id: str
    application_version: str
    host: str
    pid: int
    started_at_ms: int
    seen_at_ms: int
    alive: bool


def to_view(row: sa.Row[Any]) -> JobView:
    """One row of the jobs as a JobView."""
    state: JobState = row.phase
    explained = state in ("dead", "retrying")
    running = state in ("running", "retrying")
    return JobView(
        job_id=row.job_id,
        kind=row.kind,
        subject=row.subject,
        version=row.version,
        queue=row.queue,
        priority=row.priority,
        state=state,
        stage=row.stage,
        fraction=row.fraction,
        message=row.message,
        reason=_reason(row) if explained else "",
        hint=row.hint if explained else "",
        error_class=row.error_class if explained else "",
        failed_step=row.failed_step if explained else "",
        traceback=row.traceback if explained else "",
        permanent=explained and row.permanent,
        attempts=row.attempts,
        crashes=row.crashes,
        enqueued_at_ms=row.enqueued_at_ms,
        started_at_ms=row.started_at_ms,
        finished_at_ms=row.finished_at_ms if state in FINAL_PHASES else None,
        retry_at_ms=row.retry_at_ms if state == "retrying" else None,
        executor=row.executor if running else None,
    )


def _reason(row: sa.Row[Any]) -> str:
    # A job whose engine failed outside its steps (its database vanished, say) has no reason of its own.
    return row.reason or "The workflow engine gave this job up; the worker's log has the details."


def read_job(connection: sa.Connection, job_id: str) -> JobView | None:
    """One job, or None."""
    row = connection.execute(sa.select(jobs).where(jobs.c.job_id == job_id)).one_or_none()
    return None if row is None else to_view(row)


def read_page(
    connection: sa.Connection,
    *,
    states: Sequence[JobState],
    kind: str | None,
    limit: int,
    cursor: str | None,
) -> JobPage:
    """Up to `limit` jobs, newest first, after `cursor`.

    Raises:
        BadInputError: The cursor is not one of ours, a state is unknown, or the limit is not 1 to MAX_PAGE.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise BadInputError(f"job list: limit {limit} must be 1 to {MAX_PAGE}")
    query = sa.select(jobs).order_by(jobs.c.enqueued_at_ms.desc(), jobs.c.job_id.desc()).limit(limit + 1)
    if states:
        query = query.where(jobs.c.phase.in_(_known(states)))
    if kind is not None:
        query = query.where(jobs.c.kind == kind)
    if cursor is not None:
        query = query.where(sa.tuple_(jobs.c.enqueued_at_ms, jobs.c.job_id) < sa.tuple_(*_read_cursor(cursor)))
    rows = connection.execute(query).all()
    views = tuple(to_view(row) for row in rows[:limit])
    return JobPage(views, _write_cursor(views[-1]) if len(rows) > limit else None)


def _known(states: Sequence[JobState]) -> Sequence[JobState]:
    unknown = [state for state in states if state not in JOB_STATES]
    if unknown:
        raise BadInputError(f"job list: unknown state {unknown[0]!r}", hint=f"One of {', '.join(JOB_STATES)}.")
    return states


def _write_cursor(view: JobView) -> str:
    return base64.urlsafe_b64encode(f"{view.enqueued_at_ms}/{view.job_id}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[sa.BindParameter[int], sa.BindParameter[str]]:
    try:
        time, job_id = base64.urlsafe_b64decode(cursor.encode()).decode().split("/", 1)
        return sa.literal(int(time), sa.BigInteger), sa.literal(job_id)
    except (binascii.Error, ValueError) as error:
        raise BadInputError(f"job list: cursor {cursor[:40]!r} is not one this list gave out") from error


def read_changes(connection: sa.Connection, since: int, limit: int) -> tuple[list[JobEvent], int]:
    """Jobs that changed after number `since`, in the order of their last change, and the number to ask with next."""
    query = sa.select(jobs).where(jobs.c.seq > since).order_by(jobs.c.seq).limit(limit)
    events = [JobEvent(row.seq, to_view(row)) for row in connection.execute(query)]
    return events, events[-1].seq if events else since


def read_latest_seq(connection: sa.Connection) -> int:
    """The number of the latest change."""
    return int(connection.execute(sa.select(clock.c.seq)).scalar_one())


def read_workers(connection: sa.Connection, limit_s: float) -> list[WorkerView]:
    """All workers that have not said goodbye, longest-living first."""
    alive = workers.c.seen_at_ms >= now_ms(connection) - int(limit_s * 1000)
    rows = connection.execute(sa.select(workers, alive.label("alive")).order_by(workers.c.started_at_ms))
    return [WorkerView(**{**row._mapping, "alive": bool(row.alive)}) for row in rows]  # noqa: SLF001 -- SQLAlchemy's public name for it


def read_totals(connection: sa.Connection) -> tuple[int, int, int, float]:
    """Queued, running and dead jobs, and for how many seconds the oldest queued one has waited."""
    query = sa.select(jobs.c.phase, sa.func.count(), sa.func.min(jobs.c.enqueued_at_ms), now_ms(connection))
    rows = connection.execute(query.group_by(jobs.c.phase)).all()
    found = {state: (int(count), (now - oldest) / 1000) for state, count, oldest, now in rows}
    count = {state: found.get(state, (0, 0.0))[0] for state in JOB_STATES}
    oldest_s = found.get("queued", (0, 0.0))[1]
    return count["queued"], count["running"] + count["retrying"], count["dead"], oldest_s
