"""Periodic tasks: each by one worker at a time, whichever asks first when it is due."""

import logging
import traceback

import sqlalchemy as sa

from offangle.jobs.config import JobsConfig
from offangle.jobs.database import insert_or_ignore, now_ms, periodics, workers
from offangle.jobs.kinds import Periodic

logger = logging.getLogger(__name__)

MAX_ERROR_CHARS = 4_000


class Schedule:
    """This worker's part in running the periodic tasks."""

    def __init__(self, config: JobsConfig, engine: sa.Engine, executor_id: str) -> None:
        self._config = config
        self._engine = engine
        self._executor_id = executor_id

    def add(self, periodic: Periodic) -> None:
        """Make the task known; a new one is due at once, a known one keeps its time."""
        with self._engine.begin() as connection:
            row = {"name": periodic.name, "due_at_ms": now_ms(connection)}
            connection.execute(insert_or_ignore(connection, periodics, row))

    def run_if_due(self, periodic: Periodic) -> bool:
        """Run the task if it is due and nobody living is at it. Returns whether it ran."""
        if not self._claim(periodic.name):
            return False
        error = ""
        try:
            periodic.function()
        except Exception:
            logger.exception("periodic task %s failed", periodic.name)
            error = traceback.format_exc()[-MAX_ERROR_CHARS:]
        finally:
            self._finish(periodic, error)
        return True

    def _claim(self, name: str) -> bool:
        with self._engine.begin() as connection:
            now = now_ms(connection)
            limit_ms = int(self._config.heartbeat_limit_s * 1000)
            living = sa.select(workers.c.executor_id).where(workers.c.seen_at_ms >= now - limit_ms)
            free = periodics.c.holder.is_(None) | ~periodics.c.holder.in_(living)
            claim = sa.update(periodics).where(periodics.c.name == name, periodics.c.due_at_ms <= now, free)
            return connection.execute(claim.values(holder=self._executor_id, last_run_at_ms=now)).rowcount == 1

    def _finish(self, periodic: Periodic, error: str) -> None:
        with self._engine.begin() as connection:
            mine = (periodics.c.name == periodic.name, periodics.c.holder == self._executor_id)
            due = now_ms(connection) + int(periodic.every_s * 1000)
            connection.execute(sa.update(periodics).where(*mine).values(holder=None, due_at_ms=due, last_error=error))
