"""What just happened in live matches: written by whoever follows them, read by open pages.

Readers keep the last id they saw. Rows become visible in the order of their ids, because writers hold one lock from
before their first id is drawn until they are committed (`lock_live_rows`).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from offangle.db.models import LiveEvent, LiveSnapshot, Observation, User

KEPT_FOR: Final = timedelta(minutes=15)
"""Longer than any page is away before it loads anew."""
MOST_AT_ONCE: Final = 500
LIVE_LOCK: Final = 8730_0003
"""Any fixed number that nobody else takes as an advisory lock."""
SNAPSHOT: Final = "snapshot"
"""The kind of event that says only that an observer's snapshot is newer."""


class LiveNews(NamedTuple):
    """An event as pages get it."""

    id: int
    kind: str
    steam_id: int
    match_id: UUID | None
    sequence: int
    body: dict[str, Any]


class NewEvent(NamedTuple):
    """An event to append."""

    steam_id: int
    match_id: UUID | None
    kind: str
    sequence: int
    body: dict[str, Any]


def lock_live_rows() -> None:
    """Be the only one who writes live rows until this transaction ends; SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LIVE_LOCK])


def append(events: Iterable[NewEvent], at: datetime) -> None:
    """Append events, inside a transaction that holds the lock."""
    LiveEvent.objects.bulk_create(
        LiveEvent(
            steam_account_id=event.steam_id,
            match_id=event.match_id,
            kind=event.kind,
            sequence=event.sequence,
            created_at=at,
            body=event.body,
        )
        for event in events
    )


def newest_event_id() -> int:
    """Where a page begins that has just loaded everything."""
    return LiveEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0


def since(cursor: int, user: User, match_id: UUID | None = None) -> tuple[list[LiveNews], int]:
    """What happened after `cursor` that `user` may see, oldest first, and the next cursor.

    Args:
        cursor: The last id seen; `newest_event_id()` to begin with.
        user: Sees the matches they observed and what their own clients tell.
        match_id: Only of this match.
    """
    newest = newest_event_id()
    if newest <= cursor:
        return [], cursor
    events = LiveEvent.objects.filter(pk__gt=cursor, pk__lte=newest).filter(_visible(user))
    if match_id is not None:
        events = events.filter(match_id=match_id)
    rows = events.order_by("pk").values_list("pk", "kind", "steam_account_id", "match_id", "sequence", "body")
    news = [LiveNews(*row) for row in rows[:MOST_AT_ONCE]]
    return news, news[-1].id if len(news) == MOST_AT_ONCE else newest


def snapshots(user: User, match_id: UUID | None = None) -> list[LiveSnapshot]:
    """How things stand now for the observers that `user` may see, latest first."""
    found = LiveSnapshot.objects.filter(_visible(user)).select_related("steam_account", "match")
    if match_id is not None:
        found = found.filter(match_id=match_id)
    return list(found.order_by("-received_ns"))


def prune_events(kept_for: timedelta = KEPT_FOR) -> int:
    """Forget old events; returns how many."""
    return LiveEvent.objects.filter(created_at__lt=timezone.now() - kept_for).delete()[0]


def _visible(user: User) -> Q:
    if user.is_superuser:
        return Q()
    return Q(steam_account__user=user) | Q(Exists(Observation.objects.filter(match=OuterRef("match"), user=user)))
