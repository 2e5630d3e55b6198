"""Wiring of the process that does the work; apart from the rest, because it alone starts it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import close_old_connections

from offangle.bootstrap.build import jobs_config
from offangle.config.settings import Settings
from offangle.flows import upkeep
from offangle.flows.kind import Kind
from offangle.flows.kinds import KINDS
from offangle.flows.services import Services
from offangle.jobs.config import JobsConfig
from offangle.jobs.engine import JobEngine
from offangle.jobs.worker import JobWorker


def build_worker(settings: Settings, services: Services) -> JobWorker:
    """A worker for every kind of job, not yet started."""
    return worker_for(services, KINDS, jobs_config(settings))


def worker_for(services: Services, kinds: Sequence[Kind], config: JobsConfig) -> JobWorker:
    """A worker for these kinds, with their sweeps and what they do now and then."""
    works = [kind.work(services) for kind in kinds]
    return JobEngine(config).worker(
        [kind.job_kind(services) for kind in kinds],
        sweeps=[sweep for work in works for sweep in work.sweeps],
        periodics=[*upkeep.periodics(services), *(periodic for work in works for periodic in work.periodics)],
        around=django_connections,
    )


@contextmanager
def django_connections() -> Iterator[None]:
    """Around each call from the job engine: no database connection of an earlier call is used, and none is left."""
    close_old_connections()
    try:
        yield
    finally:
        close_old_connections()
