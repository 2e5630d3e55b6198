"""Uploads straight from the socket.

Django's handler writes a whole request body to a temporary file before a view runs. For the uploads of match files
that would mean hundreds of megabytes written twice and no way to refuse early, so for their addresses the body is
handed to the view as it arrives.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any, Final

from asgiref.sync import async_to_sync
from django.http import HttpRequest

from offangle.core.errors import BadInputError

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]  # ASGI; servers and frameworks type its three arguments differently

STREAMED_PATHS: Final = frozenset({"/upload/", "/api/v1/imports"})
FORM_PATHS: Final = frozenset({"/api/v1/imports"})
"""Those that take a form as well."""
FORM_TYPE: Final = b"multipart/form-data"
SCOPE_KEY: Final = "offangle.body"
BATCH_BYTES: Final = 1024 * 1024
"""Fetched in one go where each visit to the loop costs a change of thread."""


class BodyStream:
    """The body of one request, read once, piece by piece."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._told_empty = False
        self._more = True
        self._finished = asyncio.Event()

    async def piece(self) -> bytes:
        """The next piece; none at the end.

        Raises:
            BadInputError: The sender went away before the end.
        """
        piece = b""
        while self._more and not piece:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._finished.set()
                raise BadInputError("the upload was broken off", hint="Send the file again.")
            self._more = message.get("more_body", False)
            piece = message.get("body", b"")
        if not piece:
            self._finished.set()
        return piece

    async def receive(self) -> Message:
        """What Django hears instead: an empty body, and later, once the view has read all, what really comes."""
        if not self._told_empty:
            self._told_empty = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._finished.wait()
        message = await self._receive()
        while message["type"] == "http.request":
            message = await self._receive()  # the view refused the upload before its end
        return message


class StreamingHandler:
    """Django, with the bodies of uploads left to their views."""

    def __init__(self, django: App) -> None:
        self._django = django

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if is_streamed(scope):
            body = BodyStream(receive)
            await self._django({**scope, SCOPE_KEY: body}, body.receive, send)
        else:
            await self._django(scope, receive, send)


def is_streamed(scope: Scope) -> bool:
    """Whether this is an upload whose body is the file itself; forms are left to Django, which can read them."""
    if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in STREAMED_PATHS:
        return False
    headers: dict[bytes, bytes] = dict(scope["headers"])
    return scope["path"] not in FORM_PATHS or not headers.get(b"content-type", b"").lower().startswith(FORM_TYPE)


def body_batches(request: HttpRequest) -> Iterator[bytes]:
    """The body of `request` for a view that is not asynchronous, in pieces of at least `BATCH_BYTES` but for the last.

    Raises:
        BadInputError: The sender went away before the end.
    """
    stream: BodyStream | None = getattr(request, "scope", {}).get(SCOPE_KEY)
    if stream is None:
        while piece := request.read(BATCH_BYTES):
            yield piece
        return

    async def batch() -> bytes:
        held = bytearray()
        while len(held) < BATCH_BYTES and (piece := await stream.piece()):
            held += piece
        return bytes(held)

    fetch = async_to_sync(batch)  # on the server's own loop, where the socket is
    while held := fetch():
        yield held
