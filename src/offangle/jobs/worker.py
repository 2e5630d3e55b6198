"""The face of the job engine that does the work: one per process, because DBOS is one per process."""

import logging
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import TypeAlias

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from offangle.core.errors import SettingsError
from offangle.jobs import dbos_tables
from offangle.jobs.client import WORKFLOW_NAME, JobClient
from offangle.jobs.config import APPLICATION_NAME, APPLICATION_VERSION, JobsConfig
from offangle.jobs.database import DBOS_SCHEMA, open_engine, prepare
from offangle.jobs.execution import Around, JobDiedError, JobRunner
from offangle.jobs.kinds import JobCancelledError, JobKind, JobRequest, Periodic
from offangle.jobs.notes import Notes
from offangle.jobs.reaper import Heartbeat, Reaper
from offangle.jobs.schedule import Schedule

logger = logging.getLogger(__name__)

Sweep: TypeAlias = Callable[[], Iterable[JobRequest]]

SWEEP_NAME = "sweep"
THREAD_JOIN_S = 5.0
OUTCOME_PATIENCE_S = 3.0
OUTCOME_POLL_S = 0.02
# A job claimed for this worker but not running in it: longer than any hand-over between DBOS's threads takes.
STRANDED_AFTER_S = 30.0
MIN_SCHEDULE_POLL_S = 0.05
MAX_SCHEDULE_POLL_S = 5.0

_one_per_process = threading.Lock()


class JobWorker:
    """Runs jobs of the given kinds until it is stopped.

    Args:
        config: The engine's settings.
        kinds: What this worker can do; each kind's queue must be configured.
        sweeps: Called every `sweep_every_s` by one worker; what they return is enqueued. They find rows whose job was
            never asked for because a process died between its commit and its enqueue.
        periodics: Called at their own pace, each by one worker at a time.
        around: Entered around every call of a step, `on_failed`, a sweep or a periodic task; the place to give database
            connections back.
    """

    def __init__(
        self,
        config: JobsConfig,
        kinds: Iterable[JobKind],
        *,
        sweeps: Sequence[Sweep] = (),
        periodics: Sequence[Periodic] = (),
        around: Around = nullcontext,
    ) -> None:
        self._config = config
        self._around = around
        self._kinds = _by_name(config, kinds)
        self._sweeps = tuple(sweeps)
        self._periodics = _with_own_names(periodics)
        self.executor_id = f"{config.executor_name}-{uuid.uuid4().hex[:12]}"
        self._engine = open_engine(config)
        self._notes = Notes(self._engine, self.executor_id)
        self._runner = JobRunner(config, self._kinds, self._notes, around)
        self._heartbeat = Heartbeat(config, self._engine, self.executor_id)
        self._reaper = Reaper(config, self._engine, self.executor_id)
        self._schedule = Schedule(config, self._engine, self.executor_id)
        self._client: JobClient | None = None
        self._stop = threading.Event()
        self._heart_stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._stranded_since_s: dict[dbos_tables.RunKey, float] = {}
        self._heart_lock = threading.Lock()
        self._judge_from_s = 0.0

    def start(self) -> None:
        """Begin to work, in background threads.

        Raises:
            SettingsError: Another worker runs in this process.
        """
        if not _one_per_process.acquire(blocking=False):
            raise SettingsError("jobs: a worker already runs in this process", hint="Start another process.")
        try:
            prepare(self._config, self._engine)
            self._client = JobClient(self._config)
            self._heartbeat.beat()  # before DBOS: work in the name of an unknown worker would be taken away
            self._launch_dbos()
            self._start_threads()
        except BaseException:
            self._tear_down()
            raise
        logger.info("worker %s started", self.executor_id)

    def _launch_dbos(self) -> None:
        config: DBOSConfig = {
            "name": APPLICATION_NAME,
            "system_database_engine": self._engine,
            "dbos_system_schema": DBOS_SCHEMA,
            "application_version": APPLICATION_VERSION,
            "executor_id": self.executor_id,
            "serializer": DBOSPortableJSONSerializer(),
            "run_migrations": False,
            "notification_listener_polling_interval_sec": self._config.poll_every_s,
            "log_level": self._config.log_level,
        }
        _join_our_log()
        DBOS(config=config)
        runner = self._runner

        @DBOS.workflow(name=WORKFLOW_NAME, max_recovery_attempts=self._config.max_dispatches)
        def offangle_job(kind: str, subject: str) -> None:
            runner.run(str(DBOS.workflow_id), kind, subject)

        DBOS.listen_queues(sorted({kind.queue for kind in self._kinds.values()}))
        DBOS.launch()

    def _start_threads(self) -> None:
        self._spawn("heart", self._config.heartbeat_every_s, self._beat, self._heart_stop)
        self._spawn("watch", self._config.cancel_poll_every_s, self._watch, self._stop)
        self._spawn("reaper", self._config.reap_every_s, self._reap, self._stop)
        for periodic in self._all_periodics():
            self._schedule.add(periodic)
            poll_s = min(MAX_SCHEDULE_POLL_S, max(MIN_SCHEDULE_POLL_S, periodic.every_s / 10))
            self._spawn(f"periodic-{periodic.name}", poll_s, partial(self._run_if_due, periodic), self._stop)

    def _run_if_due(self, periodic: Periodic) -> None:
        with self._around():
            self._schedule.run_if_due(periodic)

    def _all_periodics(self) -> list[Periodic]:
        sweep = Periodic(SWEEP_NAME, self._config.sweep_every_s, self._sweep)
        return [*self._periodics, sweep] if self._sweeps else self._periodics

    def _spawn(self, name: str, every_s: float, function: Callable[[], object], stop: threading.Event) -> None:
        def loop() -> None:
            while not stop.wait(every_s):
                try:
                    function()
                except Exception:
                    # The database may be away for a while; a worker that gives up its heart over that is lost.
                    logger.exception("worker %s: %s failed and goes on", self.executor_id, name)

        thread = threading.Thread(target=loop, name=f"offangle-{name}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _beat(self) -> None:
        with self._heart_lock:
            if not self._heartbeat.beat():
                # This process slept (a closed laptop, a paused container), and the others here most likely did too.
                # Give everybody the time to speak before judging them.
                self._judge_from_s = time.monotonic() + self._config.heartbeat_limit_s

    def _watch(self) -> None:
        among = self._runner.runs.keys()
        if among:
            self._runner.runs.end_all_but(self._notes.owned(), among)

    def _reap(self) -> None:
        self._beat()  # so that this thread, if it is the first to wake up, knows that everybody slept
        if time.monotonic() < self._judge_from_s:
            return
        self._reaper.reap()
        self._reaper.settle()
        self._free_stranded()

    def _free_stranded(self) -> None:
        """Hand back what DBOS claimed for us but lost on the way to a thread."""
        stranded = self._notes.owned() - self._runner.runs.keys()
        now_s = time.monotonic()
        self._stranded_since_s = {key: self._stranded_since_s.get(key, now_s) for key in stranded}
        lost = [key.job_id for key, since_s in self._stranded_since_s.items() if now_s - since_s > STRANDED_AFTER_S]
        if lost:
            logger.warning("worker %s hands back %s, which it holds but does not run", self.executor_id, lost)
            self._reaper.hand_back_own(lost)

    def _sweep(self) -> None:
        if self._client is None:
            return
        for sweep in self._sweeps:
            self._client.enqueue_many(sweep())

    def run(self) -> bool:
        """Work until SIGTERM or SIGINT; to be called from the main thread.

        Returns:
            True if every step ended in time. If False, a step is still running in a thread of this process: its job
            has been handed back already, and the process should leave with `os._exit`.
        """
        asked = threading.Event()
        previous = {sig: signal.signal(sig, lambda *_: asked.set()) for sig in (signal.SIGTERM, signal.SIGINT)}
        try:
            self.start()
            asked.wait()
            return self.stop()
        finally:
            for sig, handler in previous.items():
                signal.signal(sig, handler)

    def stop(self, grace_s: float | None = None) -> bool:
        """Stop cleanly: steps that ask are told to end, the others get `grace_s`; unfinished jobs go back to the queue.

        Returns:
            Whether every step ended in time.
        """
        if self._stop.is_set():
            return True
        clean = self._runner.runs.stop(self._config.stop_grace_s if grace_s is None else grace_s)
        self._tear_down()
        logger.info("worker %s stopped%s", self.executor_id, "" if clean else ", leaving a step behind")
        return clean

    def _tear_down(self) -> None:
        self._await_outcomes()
        self._stop.set()
        DBOS.destroy(destroy_registry=True)
        self._heart_stop.set()
        for thread in self._threads:
            thread.join(THREAD_JOIN_S)
        try:
            self._reaper.hand_back_own(key.job_id for key in self._notes.owned())
            self._heartbeat.leave()
        finally:
            if self._client is not None:
                self._client.close()
            self._reaper.close()
            self._engine.dispose()
            _one_per_process.release()

    def _await_outcomes(self) -> None:
        """Let DBOS record the jobs that just ended: handed back in that moment, they would run once more."""
        deadline_s = time.monotonic() + OUTCOME_PATIENCE_S
        while self._has_unrecorded() and time.monotonic() < deadline_s:
            self._heart_stop.wait(OUTCOME_POLL_S)

    def _has_unrecorded(self) -> bool:
        with self._engine.connect() as connection:
            return dbos_tables.has_unrecorded(connection, self.executor_id)


def _join_our_log() -> None:
    """Send DBOS's messages the way of ours: a logger that has a handler already is left as it is."""
    dbos_logger = logging.getLogger("dbos")
    if not dbos_logger.handlers:
        dbos_logger.addHandler(logging.NullHandler())
    dbos_logger.addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether this is not merely DBOS telling that a job died or was ended, which has been said already."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, JobDiedError | JobCancelledError)


def _with_own_names(periodics: Sequence[Periodic]) -> list[Periodic]:
    names = [SWEEP_NAME, *(periodic.name for periodic in periodics)]
    if len(set(names)) != len(names):
        raise SettingsError(f"jobs: periodic tasks need names of their own, got {names}")
    return list(periodics)


def _by_name(config: JobsConfig, kinds: Iterable[JobKind]) -> dict[str, JobKind]:
    known = {queue.name for queue in config.queues}
    found: dict[str, JobKind] = {}
    for kind in kinds:
        if kind.queue not in known:
            raise SettingsError(f"job kind {kind.name}: queue {kind.queue!r} is not among {sorted(known)}")
        if kind.name in found:
            raise SettingsError(f"job kind {kind.name} is declared twice")
        found[kind.name] = kind
    return found
