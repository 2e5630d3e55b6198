"""What the use cases work with: built once by the wiring and handed down, never looked up.

Each function takes what it needs of it. Kinds of job are bound to it where a worker or a desk is built, pages find it
at their request.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from offangle.jobs.client import JobClient
from offangle.storage.intake import Intake
from offangle.storage.links import LinkSigner
from offangle.storage.objects import ObjectStore
from offangle.storage.work import WorkArea


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read at most, and for how long."""

    upload_bytes: int
    demo_bytes: int
    parse_wall_s: float
    parse_memory_bytes: int


@dataclass(frozen=True, slots=True)
class Keep:
    """How long things are kept that nothing needs any more.

    Attributes:
        attempts: How often something was tried, such as a password.
        jobs: Ended jobs, from their end.
        posts: Posts of game clients, from their arrival.
    """

    attempts: timedelta = timedelta(days=1)
    jobs: timedelta = timedelta(days=30)
    posts: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Sample:
    """Which match the sample is.

    Attributes:
        seed: Of everything that is drawn at random: the same seed is the same file.
        rounds: It ends after so many at the latest; 24 is all but overtime, which would take too long.
        module: The program that writes it; see `sample_worker`.
    """

    seed: int = 1
    rounds: int = 24
    module: str = "offangle.flows.samples.sample_worker"


@dataclass(frozen=True, slots=True)
class Services:
    """The adapters of this process.

    Attributes:
        store: Demos, tables and replay artifacts.
        intake: The way in for match files.
        work: Scratch folders.
        links: Checks the links of the local store, for the route that serves them.
        jobs: Asks for jobs and watches them.
        limits: What is read at most.
        base_url: Address of the pages, without a trailing slash.
        sample: Which match is simulated for those who have none.
        keep: How long things are kept that nothing needs any more.
    """

    store: ObjectStore
    intake: Intake
    work: WorkArea
    links: LinkSigner
    jobs: JobClient
    limits: Limits
    base_url: str
    sample: Sample = field(default_factory=Sample)
    keep: Keep = field(default_factory=Keep)

    @property
    def work_dir(self) -> Path:
        """The folder of `work`."""
        return self.work.root
