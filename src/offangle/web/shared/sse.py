"""Server-sent events: one loop for every stream of ours.

A stream waits without a database connection. One task per process asks for the newest number of each source, and wakes
the streams when it has grown; each then looks in a thread that gives its connection back at once.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse

from offangle.db.models import User

logger = logging.getLogger(__name__)

ALIVE_EVERY_S: Final = 15.0
"""Proxies close a connection that says nothing for long; and so long a stream outlives its session at most."""
LONGEST_S: Final = 600.0
"""Then the browser comes again."""
OUTAGE_EVERY_S: Final = 5.0
"""How often a database is asked that did not answer."""
MOST_CURSOR_DIGITS: Final = 18
"""What 64 bits hold."""


@dataclass(frozen=True, slots=True)
class Event:
    """One message: what it is called, and what it says as JSON."""

    name: str
    data: Any


Found = tuple[list[Event], int]
"""What happened, and the number to ask with next."""


@dataclass(slots=True)
class _Heart:
    """The task of one event loop that asks, and those who wait for it."""

    newest: int = -1
    waiting: int = 0
    beat: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None


class Pulse:
    """The newest number of a source of events, asked by one task of this process for all who wait.

    Args:
        ask: The newest number; called in a thread.
        every_s: How long it sleeps in between.
    """

    def __init__(self, ask: Callable[[], int], every_s: float) -> None:
        self._ask = ask
        self._every_s = every_s
        self._hearts: WeakKeyDictionary[asyncio.AbstractEventLoop, _Heart] = WeakKeyDictionary()

    async def after(self, cursor: int, patience_s: float) -> bool:
        """Wait until something has happened after `cursor`, `patience_s` at most; whether it has."""
        heart = self._hearts.setdefault(asyncio.get_running_loop(), _Heart())
        heart.waiting += 1
        if heart.task is None:
            heart.task = asyncio.create_task(self._beat(heart))
        try:
            async with asyncio.timeout(patience_s):
                while heart.newest <= cursor:
                    await heart.beat.wait()
        except TimeoutError:
            return False
        finally:
            heart.waiting -= 1
        return True

    async def _beat(self, heart: _Heart) -> None:
        while heart.waiting:
            pause_s = self._every_s
            try:
                newest = await in_thread(self._ask)
            except Exception as error:  # noqa: BLE001 -- whatever keeps the database from answering ends some time
                logger.warning("event streams wait: %s", error)
                newest, pause_s = heart.newest, OUTAGE_EVERY_S
            if newest != heart.newest:
                woken, heart.beat, heart.newest = heart.beat, asyncio.Event(), newest
                woken.set()
            await asyncio.sleep(pause_s)
        heart.task = None


@dataclass(frozen=True, slots=True)
class Stream:
    """What one browser is told.

    Attributes:
        pulse: Says when to look.
        viewer: Who is told, asked again before each look; None ends the stream.
        look: What happened after a number; with None what there is to begin with.
        reconnect_ms: When a browser comes again whose connection was lost.
    """

    pulse: Pulse
    viewer: Callable[[], User | None]
    look: Callable[[User, int | None], Found]
    reconnect_ms: int

    async def messages(self, since: int | None) -> AsyncIterator[str]:
        """Everything from `since` on in the wire form, and from time to time a sign of life."""
        yield f"retry: {self.reconnect_ms}\n\n"
        await sync_to_async(connections.close_all)()  # what letting the person in has opened in this request's thread
        started = said = time.monotonic()
        found = await self._ask(since)
        while found is not None and time.monotonic() - started < LONGEST_S:
            events, cursor = found
            for event in events:
                yield message(event, cursor)
            if events:
                said = time.monotonic()
            elif time.monotonic() - said >= ALIVE_EVERY_S:
                yield ": still here\n\n"
                said = time.monotonic()
            if cursor is not None:
                await self.pulse.after(cursor, ALIVE_EVERY_S)
            found = await self._ask(cursor)

    async def _ask(self, cursor: int | None) -> tuple[list[Event], int | None] | None:
        """Look; where that fails, as while a database is away, nothing is told and the next look is a while later.

        A stream that ended would be worse: browsers give up one that answers their return with an error.
        """
        try:
            found: Found | None = await in_thread(self._look, cursor)
        except Exception:  # whatever keeps the database from answering ends some time, and the stream does in any case
            logger.warning("an event stream looks again later", exc_info=True)
            await asyncio.sleep(OUTAGE_EVERY_S)
            return [], cursor
        return found

    def _look(self, cursor: int | None) -> Found | None:
        user = self.viewer()
        return None if user is None else self.look(user, cursor)


def stream_response(request: HttpRequest, stream: Stream) -> StreamingHttpResponse:
    """The answer; a browser that comes back says in `Last-Event-ID` where it was, a fresh page in `since`."""
    last = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    is_known = last.isascii() and last.isdigit() and len(last) <= MOST_CURSOR_DIGITS
    return StreamingHttpResponse(
        stream.messages(int(last) if is_known else None),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def signed_in_viewer(request: HttpRequest) -> Callable[[], User | None]:
    """Whose session this is, as long as it lasts: until they sign out, are barred or change their password."""
    store, key = type(request.session), request.session.session_key

    def viewer() -> User | None:
        asked = HttpRequest()
        asked.session = store(key)
        user = get_user(asked)
        return user if isinstance(user, User) else None

    return viewer


def message(event: Event, cursor: int | None) -> str:
    """One event in the wire form."""
    return f"id: {cursor}\nevent: {event.name}\ndata: {json.dumps(event.data)}\n\n"


async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function that asks databases, in a thread that keeps no connection."""
    return await sync_to_async(_connected, thread_sensitive=False)(function, arguments)


def _connected(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        return function(*arguments)
    finally:
        connections.close_all()
