"""What the wiring tells the job engine: where its database is, which queues there are, how patient it is."""

from dataclasses import dataclass, field

from offangle.core.errors import SettingsError

DEFAULT_QUEUE = "default"
APPLICATION_NAME = "offangle"
# Pinned: DBOS derives it from the code otherwise, and every change of the code would orphan what is queued. Workers of
# two versions of Offangle may work side by side; see docs/explain/jobs.md for what a change of steps needs.
APPLICATION_VERSION = "1"

# The hand-over budget is 30 s. A beat every 2 s, three missed beats of slack, a look every 2 s and a poll every
# second give about 13 s in the usual case.
HEARTBEAT_EVERY_S = 2.0
HEARTBEAT_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class QueueConfig:
    """One queue and how much of it may run at once.

    Attributes:
        name: The queue's name, as job kinds write it.
        worker_concurrency: Jobs of this queue that one worker runs at once.
        global_concurrency: Jobs of this queue that all workers together run at once; None for no such limit.
    """

    name: str
    worker_concurrency: int = 1
    global_concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class JobsConfig:
    """Everything the job engine needs to know, read once by the wiring.

    Attributes:
        database_url: `sqlite:///path` or `postgresql://user@host/database`.
        executor_name: How this worker is called in lists; every process adds its own unique ending.
        queues: All queues. A kind may only name one of these.
        poll_every_s: How often a worker looks for queued jobs.
        heartbeat_every_s: How often a worker says that it lives.
        heartbeat_limit_s: Silence after which its jobs are given to others.
        reap_every_s: How often a living worker looks for silent ones.
        cancel_poll_every_s: How soon a running job notices that it was cancelled or taken over.
        sweep_every_s: How often the sweeps look for rows without a job.
        progress_every_s: Progress of one stage is written at most this often.
        max_crashes: Workers that may die in the same step of a job before that job is declared dead.
        max_dispatches: Times that a job may be taken from its queue; one that kills even the workers that want to
            declare it dead ends here. Clean hand-overs count too, so it has to be well above `max_crashes`.
        stop_grace_s: How long a stopping worker waits for steps that do not ask whether they should stop.
        log_level: The workflow engine's own log level.
    """

    database_url: str
    executor_name: str = "worker"
    queues: tuple[QueueConfig, ...] = field(default_factory=lambda: (QueueConfig(DEFAULT_QUEUE),))
    poll_every_s: float = 1.0
    heartbeat_every_s: float = HEARTBEAT_EVERY_S
    heartbeat_limit_s: float = HEARTBEAT_LIMIT_S
    reap_every_s: float = 2.0
    cancel_poll_every_s: float = 0.5
    sweep_every_s: float = 60.0
    progress_every_s: float = 0.25
    max_crashes: int = 3
    max_dispatches: int = 20
    stop_grace_s: float = 10.0
    log_level: str = "WARNING"

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            SettingsError: A value is out of range, a queue is named twice, or the database is of an unknown kind.
        """
        _refuse_unknown_database(self.database_url)
        names = [queue.name for queue in self.queues]
        if len(set(names)) != len(names) or not names:
            raise SettingsError(f"jobs: queue names must be present and unique, got {names}")
        if self.heartbeat_limit_s < 2 * self.heartbeat_every_s:
            raise SettingsError(
                f"jobs: heartbeat_limit_s={self.heartbeat_limit_s} must be at least twice"
                f" heartbeat_every_s={self.heartbeat_every_s}",
                hint="Otherwise one late heartbeat makes a healthy worker look dead.",
            )
        for queue in self.queues:
            _refuse_bad_limits(queue)
        if self.max_crashes < 1:
            raise SettingsError(f"jobs: max_crashes={self.max_crashes} must be at least 1")

    @property
    def is_sqlite(self) -> bool:
        """Whether the jobs live in an SQLite file."""
        return self.database_url.startswith("sqlite")


def _refuse_bad_limits(queue: QueueConfig) -> None:
    if queue.worker_concurrency < 1:
        raise SettingsError(f"jobs: queue {queue.name}: worker_concurrency must be at least 1")
    if queue.global_concurrency is not None and queue.global_concurrency < queue.worker_concurrency:
        raise SettingsError(
            f"jobs: queue {queue.name}: global_concurrency={queue.global_concurrency} must not be below"
            f" worker_concurrency={queue.worker_concurrency}"
        )


def _refuse_unknown_database(url: str) -> None:
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://", "postgres://")):
        scheme = url.split(":", 1)[0]
        raise SettingsError(
            f"jobs: the database URL starts with {scheme!r}", hint="Use sqlite:///path or postgresql://user@host/name."
        )
