"""Tell the people who brought a file what became of it, once each."""

from offangle.db.models import Demo, ImportRecord, Match, Notification, Observation
from offangle.flows.recorded.identity import match_id_of
from offangle.flows.recorded.version import PIPELINE_VERSION
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
    demo = Demo.objects.filter(pk=sha256).exclude(state=Demo.State.DELETING).first()
    if demo is None:
        return
    if not Match.objects.filter(demo=demo).exists():
        demo.state = Demo.State.FAILED
    demo.pipeline_version = PIPELINE_VERSION
    demo.failure, demo.failure_hint = failure.message.replace("\0", ""), failure.hint.replace("\0", "")
    demo.failure_is_permanent = failure.permanent
    demo.save(update_fields=["state", "pipeline_version", "failure", "failure_hint", "failure_is_permanent"])
    _tell_importers(demo)


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
