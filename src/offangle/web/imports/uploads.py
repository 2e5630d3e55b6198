"""Match files dropped on a page, sent as they are."""

from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from offangle.core.errors import BadInputError, OffangleError
from offangle.db.models import ImportRecord, Match, User
from offangle.flows.recorded.acquire import ImportOutcome
from offangle.flows.syncing.visit import Visit
from offangle.sources.upload import UploadSource
from offangle.web.shared.house import services_of
from offangle.web.shared.problems import sentence, status_of
from offangle.web.shared.signed_in import signed_in
from offangle.web.shared.streaming import body_batches

MAX_NAME_CHARS: Final = 255


@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """Take one file, raw in the body, its name in the query. Answers with what became of each match file in it."""
    user = signed_in(request)
    name = request.GET.get("name", "").strip()[:MAX_NAME_CHARS] or "upload"
    try:
        files = [told(record) for record in _taken(user, name, request).records]
    except OffangleError as error:
        return JsonResponse({"error": sentence(error.message), "hint": error.hint}, status=status_of(error))
    is_taken = any(not file["error"] for file in files)
    return JsonResponse({"files": files}, status=HTTPStatus.ACCEPTED if is_taken else HTTPStatus.UNPROCESSABLE_ENTITY)


def _taken(user: User, name: str, request: HttpRequest) -> ImportOutcome:
    announced = request.headers.get("Content-Length", "")
    if announced == "0":
        raise BadInputError("the file is empty", hint="Folders cannot be sent; send the files inside.")
    source = UploadSource(name, body_batches(request), size_bytes=int(announced) if announced.isdigit() else None)
    with Visit(services_of(request), user, source) as visit:
        return visit.take(visit.offers[0])


def told(record: ImportRecord) -> dict[str, Any]:
    """What the page needs to know of one file: its job to follow, or the match that is there already, or why not."""
    match, job_id = None, ""
    if record.demo is not None:
        record.demo.refresh_from_db(fields=["job_id"])
        job_id = record.demo.job_id
        match = Match.objects.filter(demo=record.demo).first()
    return {
        "name": record.original_name,
        "job_id": job_id,
        "match_url": reverse("match", args=[match.pk]) if match else "",
        "duplicate": record.is_duplicate,
        "error": sentence(record.error) if record.error else "",
        "hint": record.error_hint,
    }
