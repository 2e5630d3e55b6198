"""Uploads straight from the socket.

Django's handler writes a whole request body to a temporary file before a view runs. For the uploads of match files
that would mean hundreds of megabytes written twice and no way to refuse early, so for their addresses the body is
handed to the view as it arrives.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, Final

from django.http import HttpRequest

from offangle.core.errors import BadInputError

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]  # ASGI; servers and frameworks type its three arguments differently

STREAMED_PATHS: Final = frozenset({"/upload/"})
SCOPE_KEY: Final = "offangle.body"
PIECE_BYTES: Final = 256 * 1024


class BodyStream:
    """The body of one request, read once, piece by piece."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._told_empty = False
        self._finished = asyncio.Event()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The pieces in order.

        Raises:
            BadInputError: The sender went away before the end.
        """
        try:
            more = True
            while more:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    raise BadInputError("the upload was broken off", hint="Send the file again.")
                more = message.get("more_body", False)
                if piece := message.get("body", b""):
                    yield piece
        finally:
            self._finished.set()

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
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in STREAMED_PATHS:
            body = BodyStream(receive)
            await self._django({**scope, SCOPE_KEY: body}, body.receive, send)
        else:
            await self._django(scope, receive, send)


async def body_pieces(request: HttpRequest) -> AsyncIterator[bytes]:
    """The body of `request`: from the socket, or, behind another server, from what Django has read."""
    stream: BodyStream | None = getattr(request, "scope", {}).get(SCOPE_KEY)
    if stream is not None:
        async for piece in stream.pieces():
            yield piece
        return
    while piece := request.read(PIECE_BYTES):
        yield piece
