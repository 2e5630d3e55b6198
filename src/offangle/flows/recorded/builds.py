"""Builds: begun before the first object is written, pointed at when published, removed when nobody reads them.

A build is written by one run of one step and never again, so whoever has opened one may read on while the next is made.
Of two builds of a file the one that was begun later counts; an earlier one that comes late is left to the garbage.
"""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from secrets import token_hex
from typing import Final

from django.db import transaction
from django.utils import timezone

from offangle.core.errors import NotFoundError, OffangleError
from offangle.db.models import Build, Demo, Match
from offangle.flows.recorded.identity import match_id_of
from offangle.flows.recorded.version import PIPELINE_VERSION
from offangle.flows.services import Services
from offangle.jobs.client import JobClient
from offangle.storage.objects import ObjectStore
from offangle.storage.tables import BuildPlace, delete_tables, partition_of

logger = logging.getLogger(__name__)

GRACE: Final = timedelta(minutes=15)
"""How long a build is kept that counts no more. A download's link lives five minutes, and nothing reads for ten."""
NAME_BYTES: Final = 8


class DeletedError(NotFoundError):
    """The file was deleted while its job ran; what the job had written is gone again."""

    def __init__(self) -> None:
        super().__init__("the file was deleted while it was worked on")


class BuildGoneError(OffangleError):
    """Nobody waits for this build any more: its job had ended, or another try of it has begun a new one."""


def wanted(sha256: str) -> Demo:
    """The row of a file that is not being deleted.

    Raises:
        DeletedError: It is, or it is gone.
    """
    demo = Demo.objects.filter(pk=sha256).exclude(state=Demo.State.DELETING).first()
    if demo is None:
        raise DeletedError
    return demo


def place_of(build: Build) -> BuildPlace:
    """Where a build's tables lie."""
    return BuildPlace(str(match_id_of(build.demo_id)), build.partition, build.name)


def begin_build(sha256: str, job_id: str, map_name: str, tables: Collection[str]) -> Build:
    """The row of a new build; an earlier try of the same job, which died, has left one that nobody needs.

    Args:
        sha256: The file.
        job_id: Who makes it.
        map_name: The match's map.
        tables: What will be written first.

    Raises:
        DeletedError: The file is being deleted.
    """
    with transaction.atomic():
        if not Demo.objects.select_for_update().filter(pk=sha256).exclude(state=Demo.State.DELETING).exists():
            raise DeletedError
        Build.objects.filter(demo_id=sha256, job_id=job_id, published_at=None, retired_at=None).update(
            retired_at=timezone.now()
        )
        return Build.objects.create(
            demo_id=sha256,
            name=token_hex(NAME_BYTES),
            partition=partition_of(map_name),
            tables=list(tables),
            pipeline_version=PIPELINE_VERSION,
            job_id=job_id,
        )


def find_build(sha256: str, build_id: int) -> Build:
    """A build of a file, to write to it or to publish it.

    Raises:
        DeletedError: The file is being deleted.
        BuildGoneError: The build was given up.
    """
    wanted(sha256)
    build = Build.objects.filter(pk=build_id, demo=sha256, retired_at=None).first()
    if build is None:
        raise BuildGoneError("the tables that this job made were given up", hint="Retry it: they are made anew.")
    return build


@contextmanager
def writing(store: ObjectStore, build: Build) -> Iterator[None]:
    """Write objects of a build inside the block; if it was given up meanwhile they are removed again.

    Whoever removes a build says so, deletes what is there, and then its row. What is written after that is written
    under a row that this block finds marked or missing at its end.

    Raises:
        DeletedError: The file was deleted before or during the block.
        BuildGoneError: The build was given up before or during the block.
    """
    find_build(build.demo_id, build.pk)
    yield
    try:
        find_build(build.demo_id, build.pk)
    except OffangleError:
        delete_tables(store, place_of(build), build.tables)
        raise


def add_tables(build: Build, tables: Collection[str]) -> None:
    """Say which tables a build will have beside those it has, before they are written."""
    build.tables = [*build.tables, *(name for name in tables if name not in build.tables)]
    Build.objects.filter(pk=build.pk).update(tables=build.tables)  # none where it was removed, as the writer finds out


def point_at(build: Build, match: Match | None) -> bool:
    """Take a build as the one that counts; to be called in the transaction that writes its rows, on a locked file.

    Args:
        build: Whose rows are about to be written.
        match: The match as it was published before, if it was.

    Returns:
        False when it counts no longer: a later one does, or it was given up.
    """
    if match is not None and match.build_id is not None and match.build_id > build.pk:
        return False
    now = timezone.now()
    if not Build.objects.filter(pk=build.pk, retired_at=None).update(published_at=now):
        return False
    published = Build.objects.filter(demo_id=build.demo_id, retired_at=None).exclude(published_at=None)
    published.exclude(pk=build.pk).update(retired_at=now)
    return True


def retire_builds(sha256: str) -> None:
    """No build of a file counts any more, nor will one that is being made."""
    Build.objects.filter(demo_id=sha256, retired_at=None).update(retired_at=timezone.now())


def remove_builds(store: ObjectStore, builds: Collection[Build]) -> None:
    """Delete the objects of builds, then their rows.

    Raises:
        TransientError: The store does not answer.
    """
    for build in builds:
        delete_tables(store, place_of(build), build.tables)
        Build.objects.filter(pk=build.pk).delete()


def collect_builds(services: Services, *, grace: timedelta = GRACE) -> int:
    """Remove builds that have not counted for `grace`, and those as old whose job has ended without publishing.

    Returns:
        How many.
    """
    limit = timezone.now() - grace
    begun = Build.objects.filter(published_at=None, retired_at=None, begun_at__lt=limit)
    for build in begun:
        if not _is_under_way(services.jobs, build):
            begun.filter(pk=build.pk).update(retired_at=build.begun_at)
    removed = 0
    for build in Build.objects.filter(retired_at__lt=limit):
        try:
            remove_builds(services.store, [build])
            removed += 1
        except OffangleError:
            logger.warning("%s is removed later", build, exc_info=True)
    return removed


def _is_under_way(jobs: JobClient, build: Build) -> bool:
    view = jobs.find(build.job_id) if build.job_id else None
    return view is not None and not view.is_final
