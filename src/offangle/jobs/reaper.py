"""Who lives, and what happens to the work of those who do not.

A worker says every few seconds that it lives. Work that is running in the name of a worker that has been silent too
long, or that nobody has heard of, goes back to its queue, where a living worker finds it. All of it happens in one
transaction under the jobs database's write lock, so any number of workers may look at the same time. A silent worker
that wakes up after all finds its token gone and cannot record anything.
"""

import logging
import os
import socket
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from offangle.jobs.client import WORKFLOW_NAME
from offangle.jobs.config import JobsConfig
from offangle.jobs.database import insert_or_ignore, jobs, next_seq, now_ms, workers, workflows
from offangle.jobs.views import JOINED

logger = logging.getLogger(__name__)

# Two crashes past the limit: the limit itself is enforced where the job runs, so that its kind is told; these two
# more are for a job that kills even the worker that only wants to bury it.
LAST_RESORT_CRASHES = 2


@dataclass(frozen=True, slots=True)
class Reaped:
    """What one look did: jobs handed back, and jobs declared dead because they keep killing workers."""

    handed_back: tuple[str, ...] = ()
    buried: tuple[str, ...] = ()


class Heartbeat:
    """This worker's row among the workers."""

    def __init__(self, config: JobsConfig, engine: sa.Engine, executor_id: str) -> None:
        self._config = config
        self._engine = engine
        self._executor_id = executor_id
        self._has_beaten = False

    def beat(self) -> bool:
        """Say that this worker lives; False if it has been silent so long that others may think it dead."""
        mine = workers.c.executor_id == self._executor_id
        with self._engine.begin() as connection:
            now = now_ms(connection)
            # By the database's clock: this process's own may stand still while the machine sleeps.
            silent_ms = connection.execute(sa.select(now - workers.c.seen_at_ms).where(mine)).scalar_one_or_none()
            if silent_ms is None:
                connection.execute(insert_or_ignore(connection, workers, self._row(now)))
            else:
                connection.execute(sa.update(workers).where(mine).values(seen_at_ms=now))
        first, self._has_beaten = not self._has_beaten, True
        return first or (silent_ms is not None and silent_ms < self._config.heartbeat_limit_s * 1000)

    def _row(self, now: sa.ColumnElement[int]) -> dict[str, Any]:
        return {
            "executor_id": self._executor_id,
            "application_version": self._config.application_version,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "started_at_ms": now,
            "seen_at_ms": now,
        }

    def has_unrecorded(self) -> bool:
        """Whether a job of this worker has said its last word and DBOS has not yet written down how it ended."""
        mine = (*_RUNNING, workflows.c.executor_id == self._executor_id, jobs.c.phase.in_(("done", "dead")))
        query = sa.select(sa.exists().select_from(JOINED).where(*mine))
        with self._engine.connect() as connection:
            return bool(connection.execute(query).scalar_one())

    def leave(self) -> tuple[str, ...]:
        """Say goodbye: hand back what still runs in this worker's name. Returns those jobs."""
        with self._engine.begin() as connection:
            seq = next_seq(connection)
            job_ids = _running(connection, workflows.c.executor_id == self._executor_id)
            _hand_back(connection, job_ids, seq)
            connection.execute(sa.delete(workers).where(workers.c.executor_id == self._executor_id))
        return tuple(job_ids)


class Reaper:
    """Takes work from the dead."""

    def __init__(self, config: JobsConfig, engine: sa.Engine, executor_id: str) -> None:
        self._config = config
        self._engine = engine
        self._executor_id = executor_id

    def reap(self) -> Reaped:
        """Hand back the jobs of silent workers, bury those that kill every worker, and adopt what nobody serves."""
        with self._engine.connect() as connection:
            if not self._anything_to_do(connection):
                return Reaped()
        with self._engine.begin() as connection:
            seq = next_seq(connection)
            orphans = _running(connection, self._dead(connection))
            deadly = self._deadly(connection, orphans)
            _count_crash(connection, orphans)
            _bury(connection, deadly, seq)
            handed_back = [job_id for job_id in orphans if job_id not in deadly]
            _hand_back(connection, handed_back, seq)
            self._forget_the_silent(connection)
            adopted = self._adopt(connection)
        if adopted:
            logger.warning("took over %d queued jobs of a version that no worker runs any more", adopted)
        if orphans:
            logger.warning("handed back %s and buried %s of workers that died", handed_back, deadly)
        return Reaped(tuple(handed_back), tuple(deadly))

    def _living(self, connection: sa.Connection) -> sa.Select[Any]:
        limit_ms = int(self._config.heartbeat_limit_s * 1000)
        return sa.select(workers.c.executor_id).where(workers.c.seen_at_ms >= now_ms(connection) - limit_ms)

    def _anything_to_do(self, connection: sa.Connection) -> bool:
        """A look without the write lock, for the usual case that all is well."""
        orphan = sa.exists().where(*_RUNNING, self._dead(connection))
        silent = sa.exists().where(~workers.c.executor_id.in_(self._living(connection)))
        unserved = sa.exists().where(*self._unserved(connection))
        return bool(connection.execute(sa.select(orphan | silent | unserved)).scalar_one())

    def _dead(self, connection: sa.Connection) -> sa.ColumnElement[bool]:
        """Whether a workflow's worker is not among the living; a workflow without a worker has nobody either.

        Whoever looks is alive, however late its own heartbeat: a busy disk must not make a worker bury itself.
        """
        worker = sa.func.coalesce(workflows.c.executor_id, "")
        return (worker != self._executor_id) & worker.not_in(self._living(connection))

    def _deadly(self, connection: sa.Connection, job_ids: list[str]) -> list[str]:
        worst = self._config.max_crashes + LAST_RESORT_CRASHES
        query = sa.select(jobs.c.job_id).where(jobs.c.job_id.in_(job_ids), jobs.c.crashes + 1 >= worst)
        return list(connection.execute(query).scalars())

    def _forget_the_silent(self, connection: sa.Connection) -> None:
        connection.execute(sa.delete(workers).where(~workers.c.executor_id.in_(self._living(connection))))

    def _adopt(self, connection: sa.Connection) -> int:
        """Take over queued jobs of a version that no living worker runs. Returns how many."""
        statement = sa.update(workflows).where(*self._unserved(connection))
        version = self._config.application_version
        return connection.execute(statement.values(application_version=version)).rowcount

    def _unserved(self, connection: sa.Connection) -> tuple[sa.ColumnElement[bool], ...]:
        served = self._living(connection).with_only_columns(workers.c.application_version)
        return (
            workflows.c.name == WORKFLOW_NAME,
            workflows.c.status.in_(("ENQUEUED", "DELAYED")),
            workflows.c.application_version != self._config.application_version,
            ~workflows.c.application_version.in_(served),
        )

    def hand_back_stranded(self, job_ids: list[str]) -> None:
        """Hand back jobs that run in this worker's name but not in its process."""
        with self._engine.begin() as connection:
            seq = next_seq(connection)
            mine = _running(connection, workflows.c.executor_id == self._executor_id)
            _hand_back(connection, [job_id for job_id in mine if job_id in job_ids], seq)


_RUNNING = (workflows.c.name == WORKFLOW_NAME, workflows.c.status == "PENDING")


def _running(connection: sa.Connection, whose: sa.ColumnElement[bool]) -> list[str]:
    return list(connection.execute(sa.select(workflows.c.workflow_uuid).where(*_RUNNING, whose)).scalars())


def _hand_back(connection: sa.Connection, job_ids: list[str], seq: int) -> None:
    """Back to the queue they came from. The cleared owner token keeps the old run from recording anything."""
    values = {"status": "ENQUEUED", "owner_xid": None, "started_at_epoch_ms": None, "updated_at": now_ms(connection)}
    mine = (workflows.c.workflow_uuid.in_(job_ids), workflows.c.status == "PENDING")
    connection.execute(sa.update(workflows).where(*mine).values(**values))
    connection.execute(sa.update(jobs).where(jobs.c.job_id.in_(job_ids)).values(seq=seq, phase="queued"))


def _count_crash(connection: sa.Connection, job_ids: list[str]) -> None:
    connection.execute(sa.update(jobs).where(jobs.c.job_id.in_(job_ids)).values(crashes=jobs.c.crashes + 1))


def _bury(connection: sa.Connection, job_ids: list[str], seq: int) -> None:
    now = now_ms(connection)
    connection.execute(
        sa.update(workflows)
        .where(workflows.c.workflow_uuid.in_(job_ids), workflows.c.status == "PENDING")
        .values(
            status="MAX_RECOVERY_ATTEMPTS_EXCEEDED", owner_xid=None, queue_name=None, updated_at=now, completed_at=now
        )
    )
    connection.execute(
        sa.update(jobs)
        .where(jobs.c.job_id.in_(job_ids))
        .values(
            seq=seq,
            phase="dead",
            finished_at_ms=now,
            error_class="WorkerDied",
            reason="Every worker that took this job died.",
            hint="Look at the workers' logs and at the memory they may use, then retry the job.",
        )
    )
