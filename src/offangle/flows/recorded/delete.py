"""Delete a match: its rows, tables, artifacts and the file itself, or only one owner's link while others remain.

The file's row is marked first, which stops its job's writes, and removed last, so that a deletion that dies half-way
is finished by the sweep. The object goes while the row is locked: an upload of the same bytes waits and then sees.
"""

import logging
from uuid import UUID

from django.db import transaction

from offangle.core.errors import NotAllowedError, NotFoundError, OffangleError, TransientError
from offangle.db.models import Demo, ImportRecord, Match, Notification, Observation, User
from offangle.db.queries.access import may_delete, visible_match
from offangle.db.queries.summaries import forget_summaries
from offangle.flows.recorded import states
from offangle.flows.recorded.builds import remove_builds, retire_builds
from offangle.flows.services import Services
from offangle.jobs.client import JobClient

logger = logging.getLogger(__name__)


def delete_match(services: Services, user: User, match_id: UUID | str) -> bool:
    """Delete a match for `user`.

    Returns:
        True when all of it is gone; False when other owners remain and only this user's link was removed.

    Raises:
        NotFoundError: There is none, or it is not theirs to see.
        NotAllowedError: They played in it but did not bring it.
    """
    match = visible_match(user, match_id)
    if not may_delete(user, match):
        raise NotAllowedError("only those who brought a match may delete it", hint="Ask its owner.")
    if _leave(user, match.demo_id, match):
        return False
    if match.demo_id is None:
        _delete_rows(match)
        return True
    _begin(match.demo_id)
    return _finish_now_or_later(services, match.demo_id)


def delete_demo(services: Services, user: User, sha256: str) -> bool:
    """Delete a match file and all that came of it, published or not; see `delete_match` for what is returned.

    Raises:
        NotFoundError: There is none, or this user did not bring it.
    """
    demo = Demo.objects.filter(pk=sha256).exclude(state=Demo.State.DELETING).first()
    if demo is None or not (user.is_superuser or demo.imports.filter(user=user).exists()):
        raise NotFoundError("no such file", hint="It may have been deleted, or belongs to somebody else.")
    if _leave(user, sha256, Match.objects.filter(demo=demo).first()):
        return False
    _begin(sha256)
    return _finish_now_or_later(services, sha256)


def _leave(user: User, sha256: str | None, match: Match | None) -> bool:
    """Remove the user's own link if others have one too. Returns whether that was all there is to do."""
    with transaction.atomic():
        if sha256 is not None:
            Demo.objects.select_for_update().filter(pk=sha256).first()
        imports = ImportRecord.objects.filter(demo_id=sha256) if sha256 else ImportRecord.objects.none()
        links = Observation.objects.filter(match=match) if match else Observation.objects.none()
        is_owner = imports.filter(user=user).exists() or links.filter(user=user).exists()
        others = imports.exclude(user=user).exists() or links.exclude(user=user).exists()
        if not (is_owner and others):
            return False
        imports.filter(user=user).delete()
        links.filter(user=user).delete()
        return True


def _delete_rows(match: Match) -> None:
    Notification.objects.filter(subject=str(match.pk)).delete()
    forget_summaries(match)
    match.delete()


def _begin(sha256: str) -> None:
    """Take the match out of everybody's sight, in one transaction, and mark its file."""
    with transaction.atomic():
        states.deleting(sha256)
        for match in Match.objects.filter(demo_id=sha256):
            _delete_rows(match)
        retire_builds(sha256)


def _finish_now_or_later(services: Services, sha256: str) -> bool:
    """Finish if nothing is in the way; nobody sees the match any more, so the sweep may as well do it."""
    try:
        return finish_deletion(services, sha256)
    except TransientError:
        logger.info("the deletion of %s goes on later", sha256, exc_info=True)
        return True


def finish_deletion(services: Services, sha256: str) -> bool:
    """Delete what remains of a file that is marked; harmless when repeated.

    Returns:
        False when the file was brought again meanwhile and therefore stays.

    Raises:
        TransientError: The store does not answer, or the job is just ending; the sweep goes on later.
    """
    if not Demo.objects.filter(pk=sha256, state=Demo.State.DELETING).exists():
        return not Demo.objects.filter(pk=sha256).exists()
    _end_job(services.jobs, sha256)
    with transaction.atomic():
        demo = Demo.objects.select_for_update().filter(pk=sha256).first()
        if demo is None:
            return True
        if demo.state != Demo.State.DELETING:
            return False
        remove_builds(services.store, list(demo.builds.all()))
        services.store.delete(demo.object_key)
        Notification.objects.filter(subject__in=[str(pk) for pk in demo.imports.values_list("pk", flat=True)]).delete()
        demo.delete()
    return True


def _end_job(jobs: JobClient, sha256: str) -> None:
    """Cancel the file's job and forget it, so that the same bytes can be brought again."""
    demo = Demo.objects.filter(pk=sha256).first()
    if demo is None or not demo.job_id:
        return
    try:
        if not jobs.cancel(demo.job_id).is_final:
            return
        jobs.forget(demo.job_id)
    except NotFoundError:
        return  # never asked for, or forgotten by an earlier try


def sweep_deletions(services: Services) -> None:
    """Finish deletions whose process died."""
    for sha256 in Demo.objects.filter(state=Demo.State.DELETING).values_list("pk", flat=True):
        try:
            finish_deletion(services, sha256)
        except OffangleError:
            logger.warning("the deletion of %s goes on later", sha256, exc_info=True)
