"""The door of this room: the wiring builds one JobEngine and takes its two faces from it."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from offangle.jobs.client import JobClient
from offangle.jobs.config import JobsConfig
from offangle.jobs.database import open_engine, prepare
from offangle.jobs.execution import Around
from offangle.jobs.kinds import JobKind, Periodic
from offangle.jobs.worker import JobWorker, Sweep


@dataclass(frozen=True, slots=True)
class JobEngine:
    """Durable jobs: `client()` asks for them and watches, `worker()` does them."""

    config: JobsConfig

    def prepare(self) -> None:
        """Create or migrate the jobs database and write the queues' limits; cheap when nothing is to be done."""
        engine = open_engine(self.config)
        try:
            prepare(self.config, engine)
        finally:
            engine.dispose()

    def client(self) -> JobClient:
        """A client; the database must have been prepared."""
        return JobClient(self.config)

    def worker(
        self,
        kinds: Iterable[JobKind],
        *,
        sweeps: Sequence[Sweep] = (),
        periodics: Sequence[Periodic] = (),
        around: Around = nullcontext,
    ) -> JobWorker:
        """A worker, not yet started; see JobWorker for the arguments."""
        return JobWorker(self.config, kinds, sweeps=sweeps, periodics=periodics, around=around)
