"""Who lives, and what happens to the work of those who do not.

A worker says every few seconds that it lives. Work in the hands of a worker that has been silent too long, or that
nobody has heard of, goes back to its queue by DBOS's own recovery, which does so once however many ask for it. A silent
worker that wakes up after all finds its token gone and cannot record anything.
"""

import logging
import os
import socket
import time
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from offangle.jobs import dbos_tables
from offangle.jobs.config import APPLICATION_VERSION, JobsConfig
from offangle.jobs.database import FINAL_PHASES, insert_or_ignore, jobs, next_seq, now_ms, open_client, workers

logger = logging.getLogger(__name__)

GIVEN_UP: dict[str, Any] = {
    "error_class": "WorkerDied",
    "reason": "Every worker that took this job died.",
    "hint": "Look at the workers' logs and at the memory they may use, then retry the job.",
}


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
            "application_version": APPLICATION_VERSION,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "started_at_ms": now,
            "seen_at_ms": now,
        }

    def leave(self) -> None:
        """Say goodbye."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(workers).where(workers.c.executor_id == self._executor_id))


class Reaper:
    """Takes work from the dead, gives back one's own, and settles what a death left half-said."""

    def __init__(self, config: JobsConfig, engine: sa.Engine, executor_id: str) -> None:
        self._config = config
        self._engine = engine
        self._executor_id = executor_id
        self._dbos = open_client(engine)
        self._seen_at_s: dict[tuple[str, str, str], float] = {}  # disagreements

    def reap(self) -> list[str]:
        """Hand back the jobs of silent workers and forget those workers. Returns the jobs."""
        with self._engine.connect() as connection:
            orphans = dbos_tables.held_by_others(connection, self._living(connection))
            silent = connection.execute(sa.select(sa.exists().where(*self._silent(connection)))).scalar_one()
        handed_back = [job_id for job_id, worker in orphans if self._hand_back(job_id, worker, died=True)]
        if handed_back:
            logger.warning("handed back %s of workers that died", handed_back)
        if silent:
            with self._engine.begin() as connection:
                connection.execute(sa.delete(workers).where(*self._silent(connection)))
        return handed_back

    def hand_back_own(self, job_ids: Iterable[str]) -> list[str]:
        """Hand back jobs that are in this worker's hands and that nothing here runs. Returns those that were."""
        return [job_id for job_id in job_ids if self._hand_back(job_id, self._executor_id, died=False)]

    def settle(self) -> list[str]:
        """Where we and DBOS disagree whether a job has ended, let DBOS have the last word. Returns those jobs.

        Not before a living process, in the midst of telling both, must have come to its end.
        """
        with self._engine.connect() as connection:
            found = dbos_tables.disagreements(connection)
        now_s = time.monotonic()
        self._seen_at_s = {doubt: self._seen_at_s.get(doubt, now_s) for doubt in found}
        settled = [doubt for doubt, at_s in self._seen_at_s.items() if now_s - at_s >= self._config.heartbeat_limit_s]
        for job_id, phase, status in settled:
            self._settle(job_id, phase, status)
        return [job_id for job_id, _, _ in settled]

    def close(self) -> None:
        """Give DBOS's client back; the engine is the caller's."""
        self._dbos.destroy()

    def _living(self, connection: sa.Connection) -> sa.Select[tuple[str]]:
        """The workers heard of lately, and whoever looks: a busy disk must not make a worker bury itself."""
        limit_ms = int(self._config.heartbeat_limit_s * 1000)
        heard = workers.c.seen_at_ms >= now_ms(connection) - limit_ms
        known = sa.select(workers.c.executor_id).where(heard)
        return sa.select(known.union(sa.select(sa.literal(self._executor_id))).subquery().c.executor_id)

    def _silent(self, connection: sa.Connection) -> tuple[sa.ColumnElement[bool], ...]:
        return (workers.c.executor_id.not_in(self._living(connection)),)

    def _hand_back(self, job_id: str, worker: str, *, died: bool) -> bool:
        # Ours first: until DBOS's word nobody else can take the job, so nothing a new run says is overwritten. The name
        # of the dead stays: by it the next run knows that one died.
        changes = {"phase": "queued"} if died else {"phase": "queued", "executor": None}
        with self._engine.begin() as connection:
            seq = next_seq(connection)
            held = (jobs.c.job_id == job_id, jobs.c.executor == worker)
            connection.execute(sa.update(jobs).where(*held).values(seq=seq, **changes))
        return dbos_tables.hand_back(self._dbos, job_id, worker)

    def _settle(self, job_id: str, phase: str, status: str) -> None:
        settled = dbos_tables.PHASES[status]
        why = GIVEN_UP if status == dbos_tables.GIVEN_UP else {}
        with self._engine.begin() as connection:
            seq = next_seq(connection)
            ended = now_ms(connection) if settled in FINAL_PHASES else None
            same = (jobs.c.job_id == job_id, jobs.c.phase == phase)
            values = {"phase": settled, "seq": seq, "executor": None, "finished_at_ms": ended, **why}
            connection.execute(sa.update(jobs).where(*same).values(values))
