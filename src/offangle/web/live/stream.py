"""The streams of live matches: that something happened, so that the page fetches what it shows."""

from collections.abc import Callable
from typing import Final

from offangle.db.models import User
from offangle.db.queries.live_events import LiveNews, newest_event_id
from offangle.web.shared.sse import Event, Found, Pulse, Stream

LOOK_EVERY_S: Final = 0.1
RECONNECT_MS: Final = 1000

_pulse: Final = Pulse(newest_event_id, LOOK_EVERY_S)


def live_stream(
    viewer: Callable[[], User | None], news_after: Callable[[int, User], tuple[list[LiveNews], int]]
) -> Stream:
    """Every change from where the page was, and without that from now on.

    Args:
        viewer: Who is told; None ends the stream.
        news_after: What happened after an id for this person, and the id to ask with next.
    """

    def look(user: User, cursor: int | None) -> Found:
        if cursor is None:
            return [], newest_event_id()
        news, following = news_after(cursor, user)
        return [event_of(news)] if news else [], following

    return Stream(_pulse, viewer, look, RECONNECT_MS)


def event_of(news: list[LiveNews]) -> Event:
    """One event for all that a look found: pages fetch their state once for it."""
    kinds = sorted({each.kind for each in news})
    matches = sorted({str(each.match_id) for each in news if each.match_id})
    return Event("live", {"kinds": kinds, "matches": matches})
