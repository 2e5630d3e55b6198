"""Files on their way out: in pieces, under both kinds of server, and the objects that signed links lead to."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Iterator
from typing import Any, BinaryIO, Final

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from offangle.core.errors import OffangleError
from offangle.storage.links import LinkRefusedError, content_disposition
from offangle.web.shared.house import services_of

PIECE_BYTES: Final = 1024 * 1024
PARQUET: Final = "application/vnd.apache.parquet"


def streamed(request: HttpRequest, pieces: Iterator[bytes], **options: Any) -> StreamingHttpResponse:
    """An answer that is sent piece by piece.

    An asynchronous server would gather a plain iterator in memory before sending any of it, so there each piece is
    fetched in a thread.
    """
    body: Any = _later(pieces) if isinstance(request, ASGIRequest) else pieces
    return StreamingHttpResponse(body, **options)


def file_pieces(file: BinaryIO) -> Iterator[bytes]:
    """The rest of an open file, which is closed at its end."""
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece


@require_safe
def stored_object(request: HttpRequest, key: str) -> HttpResponseBase:
    """The object that a signed link of the local store leads to; whoever holds the link may read it until it ends."""
    try:
        services = services_of(request)
        link = services.links.verify(key, request.GET.dict())
        size, pieces = services.store.size(link.key), services.store.read_stream(link.key)
    except LinkRefusedError as error:
        return _refusal(error, 403)
    except OffangleError as error:
        return _refusal(error, 404)
    response = streamed(request, pieces, content_type=_content_type(link.key))
    response["Content-Length"] = str(size)
    if link.filename is not None:
        response["Content-Disposition"] = content_disposition(link.filename)
    return response


def _refusal(error: OffangleError, status: int) -> HttpResponseBase:
    text = f"{error.message}. {error.hint}".strip()
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def _content_type(key: str) -> str:
    if key.endswith(".parquet"):
        return PARQUET
    return mimetypes.guess_type(key)[0] or "application/octet-stream"


async def _later(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
