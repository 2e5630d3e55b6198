"""Tell the people who brought a file what became of it, once each."""

from offangle.db.models import Demo, ImportRecord, Match, Notification, Observation
from offangle.flows.recorded import states
from offangle.flows.recorded.identity import match_id_of
from offangle.jobs.kinds import JobFailure, JsonValue, StepContext

MAX_TEXT = 500


def notify(sha256: str, _context: StepContext) -> JsonValue:
    """Say to each owner that the match is ready; one that was deleted again needs no news."""
    match = Match.objects.filter(pk=match_id_of(sha256)).first()
    if match is None:
        return {"told": 0}
    owners = Observation.objects.filter(match=match).values_list("user_id", flat=True).distinct()
    news = [
        Notification(
            user_id=user_id,
            kind=Notification.Kind.MATCH_PUBLISHED,
            subject=str(match.pk),
            text=f"{match} is ready"[:MAX_TEXT],
        )
        for user_id in owners
    ]
    Notification.objects.bulk_create(news, ignore_conflicts=True)
    return {"told": len(news)}


def fail(sha256: str, failure: JobFailure) -> None:
    """Keep why a file could not be taken through the pipeline, and tell who brought it.

    The file stays for a newer parser. A match that an older version published stays as it was.
    """
    if states.failed(sha256, states.Failure(failure.message, failure.hint, failure.permanent)):
        _tell_importers(Demo.objects.get(pk=sha256))


def _tell_importers(demo: Demo) -> None:
    records: dict[int, ImportRecord] = {record.user_id: record for record in demo.imports.order_by("received_at")}
    news = [
        Notification(
            user_id=user_id,
            kind=Notification.Kind.IMPORT_FAILED,
            subject=str(record.pk),
            text=f"{record.original_name}: {demo.failure}"[:MAX_TEXT],
        )
        for user_id, record in records.items()
    ]
    Notification.objects.bulk_create(news, ignore_conflicts=True)
