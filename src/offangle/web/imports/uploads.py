"""Match files dropped on a page, sent as they are."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from offangle.core.errors import BadInputError, LimitExceededError, OffangleError
from offangle.db.models import ImportRecord, Match, User
from offangle.flows.recorded.acquire import ImportSession, begin_import
from offangle.web.shared.problems import sentence, status_of
from offangle.web.shared.signed_in import signed_in_later
from offangle.web.shared.streaming import body_pieces

BATCH_BYTES: Final = 1024 * 1024
"""Handed to the disk in one go, so that a large file is not a hundred thousand visits to a thread."""
MAX_NAME_CHARS: Final = 255


@require_POST
async def upload(request: HttpRequest) -> JsonResponse:
    """Take one file, raw in the body, its name in the query. Answers with what became of each match file in it."""
    user = await signed_in_later(request)
    name = request.GET.get("name", "").strip()[:MAX_NAME_CHARS] or "upload"
    try:
        refuse_by_size(request)
        return await _receive(user, name, request)
    except OffangleError as error:
        return JsonResponse({"error": sentence(error.message), "hint": error.hint}, status=status_of(error))


def refuse_by_size(request: HttpRequest) -> None:
    """Refuse at once what says itself that it is too large.

    Raises:
        LimitExceededError: It is.
        BadInputError: There is no file.
    """
    announced = request.headers.get("Content-Length", "")
    if announced == "0":
        raise BadInputError("the file is empty", hint="Folders cannot be sent; send the files inside.")
    if announced.isdigit() and int(announced) > settings.UPLOAD_LIMIT_BYTES:
        raise LimitExceededError(
            f"the file has {int(announced):,} bytes, more than the {settings.UPLOAD_LIMIT_BYTES:,} accepted",
            hint="Compress it (.zst, .gz) or raise OFFANGLE_MAX_UPLOAD_MB.",
        )


async def _receive(user: User, name: str, request: HttpRequest) -> JsonResponse:
    session = await sync_to_async(begin_import)(user, name, ImportRecord.Source.UPLOAD)
    try:
        async for batch in batches(body_pieces(request)):
            await sync_to_async(session.write)(batch)
        files = await sync_to_async(_finish)(session)
    finally:
        await sync_to_async(session.abort)()  # harmless once finished
    is_taken = any(not file["error"] for file in files)
    return JsonResponse({"files": files}, status=HTTPStatus.ACCEPTED if is_taken else HTTPStatus.UNPROCESSABLE_ENTITY)


async def batches(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in pieces of at least `BATCH_BYTES`, but for the last."""
    held = bytearray()
    async for piece in pieces:
        held += piece
        if len(held) >= BATCH_BYTES:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _finish(session: ImportSession) -> list[dict[str, Any]]:
    return [told(record) for record in session.finish().records]


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
