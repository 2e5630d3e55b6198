"""What a running job writes down about itself: every change takes a number, so that watchers see it."""

from typing import Any

import sqlalchemy as sa

from offangle.jobs import dbos_tables
from offangle.jobs.database import jobs, next_seq, now_ms
from offangle.jobs.dbos_tables import RunKey
from offangle.jobs.kinds import JobFailure

MAX_MESSAGE_CHARS = 2_000
MAX_TRACEBACK_CHARS = 20_000

CLEARED_REASON: dict[str, Any] = {
    "error_class": "", "reason": "", "hint": "", "failed_step": "", "traceback": "", "permanent": False,
    "retry_at_ms": None,
}  # fmt: skip


def change(connection: sa.Connection, job_id: str, **values: Any) -> None:
    """Change a job's row and number the change."""
    seq = next_seq(connection)
    connection.execute(sa.update(jobs).where(jobs.c.job_id == job_id).values(seq=seq, **values))


def _change_own(connection: sa.Connection, run: RunKey, **values: Any) -> None:
    """Change the row of a job that this run still owns; a run that was taken over has nothing more to say."""
    seq = next_seq(connection)
    mine = (jobs.c.job_id == run.job_id, dbos_tables.is_owned(run))
    connection.execute(sa.update(jobs).where(*mine).values(seq=seq, **values))


class Notes:
    """Writes the rows of the jobs that run on this worker."""

    def __init__(self, engine: sa.Engine, executor_id: str) -> None:
        self._engine = engine
        self._executor_id = executor_id

    def own(self, job_id: str) -> RunKey | None:
        """The run that owns this job on this worker; None if it runs elsewhere or not at all."""
        with self._engine.connect() as connection:
            return next(iter(dbos_tables.owned(connection, self._executor_id, job_id)), None)

    def owned(self) -> set[RunKey]:
        """Every run that this worker owns."""
        with self._engine.connect() as connection:
            return dbos_tables.owned(connection, self._executor_id)

    def started(self, run: RunKey) -> None:
        """The job begins or goes on. Whoever had it before and never said how that ended has died over it."""
        crashed = sa.case((jobs.c.executor.is_not(None), 1), else_=0)
        with self._engine.begin() as connection:
            _change_own(
                connection,
                run,
                phase="running",
                executor=self._executor_id,
                crashes=jobs.c.crashes + crashed,
                started_at_ms=sa.func.coalesce(jobs.c.started_at_ms, now_ms(connection)),
                finished_at_ms=None,
                **CLEARED_REASON,
            )

    def step_begun(self, run: RunKey, number: int, stage: str) -> tuple[int, int]:
        """A step begins. Returns the failed attempts and the crashes that this same step has already seen."""
        same_step = jobs.c.step_number == number
        with self._engine.begin() as connection:
            _change_own(
                connection,
                run,
                step_number=number,
                stage=stage,
                fraction=0.0,
                message="",
                attempts=sa.case((same_step, jobs.c.attempts), else_=0),
                crashes=sa.case((same_step, jobs.c.crashes), else_=0),
            )
            query = sa.select(jobs.c.attempts, jobs.c.crashes).where(jobs.c.job_id == run.job_id)
            row = connection.execute(query).one()
        return row.attempts, row.crashes

    def progressed(self, run: RunKey, stage: str, fraction: float, message: str) -> None:
        """The job got further."""
        with self._engine.begin() as connection:
            _change_own(connection, run, stage=stage, fraction=fraction, message=message[:MAX_MESSAGE_CHARS])

    def retrying(self, run: RunKey, failure: JobFailure, *, attempts: int, delay_s: float) -> None:
        """A try failed; the next one begins in `delay_s` seconds."""
        with self._engine.begin() as connection:
            retry_at = now_ms(connection) + int(delay_s * 1000)
            values = _reason(failure)
            _change_own(connection, run, phase="retrying", attempts=attempts, **{**values, "retry_at_ms": retry_at})

    def retried(self, run: RunKey) -> None:
        """The next try begins."""
        with self._engine.begin() as connection:
            _change_own(connection, run, phase="running", **CLEARED_REASON)

    def died(self, run: RunKey, failure: JobFailure, *, attempts: int) -> None:
        """The job is dead; the reason stays until somebody retries it."""
        with self._engine.begin() as connection:
            ended = {"executor": None, "attempts": attempts, "finished_at_ms": now_ms(connection)}
            _change_own(connection, run, phase="dead", **ended, **_reason(failure))

    def done(self, run: RunKey) -> None:
        """All steps are through."""
        with self._engine.begin() as connection:
            ended = {"executor": None, "fraction": 1.0, "finished_at_ms": now_ms(connection)}
            _change_own(connection, run, phase="done", **ended, **CLEARED_REASON)


def _reason(failure: JobFailure) -> dict[str, Any]:
    return {
        "error_class": failure.error_class,
        "reason": failure.message[:MAX_MESSAGE_CHARS],
        "hint": failure.hint[:MAX_MESSAGE_CHARS],
        "failed_step": failure.step,
        "traceback": failure.traceback[-MAX_TRACEBACK_CHARS:],
        "permanent": failure.permanent,
        "retry_at_ms": None,
    }
