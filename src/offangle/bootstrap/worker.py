"""Wiring of the process that does the work; apart from the rest, because it alone loads parsers and analysis."""

from offangle.bootstrap.build import jobs_config
from offangle.config.settings import Settings
from offangle.flows.recorded.handlers import KINDS, PERIODICS, SWEEPS, django_connections
from offangle.jobs.engine import JobEngine
from offangle.jobs.worker import JobWorker


def build_worker(settings: Settings) -> JobWorker:
    """A worker for every kind of job, not yet started; the services must be installed."""
    engine = JobEngine(jobs_config(settings))
    return engine.worker(KINDS, sweeps=SWEEPS, periodics=PERIODICS, around=django_connections)
