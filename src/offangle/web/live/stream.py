"""Server-sent events of live matches: that something happened, so that the page fetches what it shows."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse

from offangle.db.queries.live_events import LiveNews, newest_event_id

LOOK_EVERY_S: Final = 0.1
ALIVE_EVERY_S: Final = 15.0
"""Proxies close a connection that says nothing for long."""
LONGEST_S: Final = 600.0
"""Then the browser comes again, so that a stream never outlives a session or a revoked link by more."""
RECONNECT_MS: Final = 1000
MOST_CURSOR_DIGITS: Final = 18
"""What 64 bits hold."""

Look = Callable[[int], tuple[list[LiveNews], int]]
"""What happened after an id, and the next id to ask with."""


class Newest:
    """The newest event's id, asked of the database once for all streams of this process."""

    def __init__(self, keep_s: float = LOOK_EVERY_S) -> None:
        self._keep_s = keep_s
        self._lock = threading.Lock()
        self._asked_s = float("-inf")
        self._id = 0

    def id(self) -> int:
        """As it was at most `keep_s` ago."""
        with self._lock:
            if time.monotonic() - self._asked_s >= self._keep_s:
                self._id = newest_event_id()
                self._asked_s = time.monotonic()
            return self._id


_newest: Final = Newest()


def stream_response(request: HttpRequest, look: Look) -> StreamingHttpResponse:
    """The stream; a browser that comes back says in `Last-Event-ID` where it was, a fresh page in `since`."""
    last = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    is_known = last.isascii() and last.isdigit() and len(last) <= MOST_CURSOR_DIGITS
    return StreamingHttpResponse(
        _stream(look, int(last) if is_known else None),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(look: Look, since: int | None) -> AsyncIterator[str]:
    """Every change from `since` on, without it from now on; and from time to time a sign of life."""
    yield f"retry: {RECONNECT_MS}\n\n"
    started = said = time.monotonic()
    cursor = await sync_to_async(_ask_newest)() if since is None else since
    while time.monotonic() - started < LONGEST_S:
        news, cursor = await sync_to_async(_look)(look, cursor)
        if news:
            yield message(news, cursor)
            said = time.monotonic()
        elif time.monotonic() - said > ALIVE_EVERY_S:
            yield ": still here\n\n"
            said = time.monotonic()
        await asyncio.sleep(LOOK_EVERY_S)


def _ask_newest() -> int:
    try:
        return newest_event_id()
    finally:
        connection.close()


def _look(look: Look, cursor: int) -> tuple[list[LiveNews], int]:
    try:
        return look(cursor) if _newest.id() > cursor else ([], cursor)
    finally:
        connection.close()  # this thread lives as long as the stream; it must not hold a connection that long


def message(news: list[LiveNews], cursor: int) -> str:
    """One event in the wire form for all that a look found: pages fetch their state once for it."""
    kinds = sorted({each.kind for each in news})
    matches = sorted({str(each.match_id) for each in news if each.match_id})
    return f"id: {cursor}\nevent: live\ndata: {json.dumps({'kinds': kinds, 'matches': matches})}\n\n"
