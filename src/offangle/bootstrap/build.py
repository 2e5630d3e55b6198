"""The wiring: settings in, real adapters out. Nothing else builds any."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db import connections

import offangle.bootstrap.framework  # noqa: F401 -- sets Django up, which everything below rests on
from offangle.bootstrap.database import prepare_database
from offangle.config.settings import Settings, load_settings, signing_secret
from offangle.core.errors import SettingsError
from offangle.flows.kind import Kind
from offangle.flows.kinds import KINDS
from offangle.flows.services import Keep, Limits, Sample, Services
from offangle.jobs.config import JobsConfig, QueueConfig
from offangle.jobs.engine import JobEngine
from offangle.storage.intake import Intake
from offangle.storage.limits import Limits as IntakeLimits
from offangle.storage.links import LinkSigner
from offangle.storage.objects import ObjectStore, S3Settings, local_store, s3_store
from offangle.storage.work import WorkArea

MIB: Final = 1024**2
WORK_FOLDER: Final = "work"
QUEUE_POLL_S: Final = 0.3
"""How soon a worker sees a new job: somebody looks at a progress bar, and one indexed query costs little."""


def start(settings: Settings | None = None) -> Services:
    """Bring the data up to date, and build the services: what every process does first.

    Raises:
        SettingsError: A setting makes no sense.
    """
    settings = settings or load_settings()
    prepare_data(settings)
    return build_services(settings)


def prepare_data(settings: Settings) -> None:
    """Create what is missing and migrate what is old; quick when there is nothing to do, safe from many processes."""
    prepare_database(settings)
    JobEngine(jobs_config(settings)).prepare()


def build_services(settings: Settings, kinds: Sequence[Kind] = KINDS) -> Services:
    """The adapters of one process.

    Raises:
        SettingsError: A setting makes no sense.
    """
    links = LinkSigner(_link_key(settings))
    store = _store(settings, links)
    work = WorkArea(settings.data_dir / WORK_FOLDER)
    upload, demo = settings.max_upload_mb * MIB, settings.max_demo_mb * MIB
    return Services(
        store=store,
        intake=Intake(store, work, IntakeLimits(packed_bytes=upload, unpacked_bytes=demo)),
        work=work,
        links=links,
        jobs=JobEngine(jobs_config(settings, kinds)).client(),
        limits=Limits(
            upload_bytes=upload,
            demo_bytes=demo,
            parse_wall_s=float(settings.parse_timeout_s),
            parse_memory_bytes=settings.parse_memory_mb * MIB,
        ),
        base_url=settings.base_url,
        sample=Sample(rounds=settings.sample_rounds),
        keep=Keep(
            attempts=timedelta(days=settings.keep_attempts_days),
            jobs=timedelta(days=settings.keep_jobs_days),
            posts=timedelta(days=settings.keep_posts_days),
        ),
    )


def jobs_config(settings: Settings, kinds: Sequence[Kind] = KINDS) -> JobsConfig:
    """How the job engine runs.

    Raises:
        SettingsError: The workflow store's address is of an unknown kind.
    """
    queues = {kind.queue.name: _queue(kind, settings) for kind in kinds}
    return JobsConfig(database_url=settings.jobs_url, queues=tuple(queues.values()), poll_every_s=QUEUE_POLL_S)


def _queue(kind: Kind, settings: Settings) -> QueueConfig:
    per_worker = settings.worker_concurrency if kind.queue.per_worker is None else kind.queue.per_worker
    return QueueConfig(kind.queue.name, worker_concurrency=per_worker, global_concurrency=kind.queue.in_all)


def close_connections() -> None:
    """Give this thread's database connections back."""
    connections.close_all()


def _store(settings: Settings, links: LinkSigner) -> ObjectStore:
    if not settings.s3_bucket:
        return local_store(settings.objects_dir, links)
    secret = settings.s3_secret_key.get_secret_value()
    if not (settings.s3_access_key.get_secret_value() and secret):
        raise SettingsError(
            "OFFANGLE_S3_BUCKET is set, but OFFANGLE_S3_ACCESS_KEY or OFFANGLE_S3_SECRET_KEY is not",
            hint="Set both, or unset OFFANGLE_S3_BUCKET to keep files in the data folder.",
        )
    return s3_store(
        S3Settings(
            bucket=settings.s3_bucket,
            access_key=settings.s3_access_key.get_secret_value(),
            secret_key=secret,
            endpoint=settings.s3_endpoint,
            public_endpoint=settings.s3_public_endpoint,
            region=settings.s3_region,
        )
    )


def _link_key(settings: Settings) -> bytes:
    """Links have a key of their own, so that nothing signed as a session can pass as a link."""
    return hashlib.sha256(b"links:" + signing_secret(settings).encode()).digest()
