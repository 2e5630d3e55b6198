"""`/live`, and what live play adds to `/matches`: observers, merge and split."""

from typing import Annotated, Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from offangle.db.models import LiveTrack
from offangle.db.queries import live_events
from offangle.db.queries.access import visible_match
from offangle.flows.following.merge import merge, split
from offangle.flows.following.rows import time_of
from offangle.web.live.schemas import LiveEvents, LiveObserverState, Observer, OtherMatch, OtherObserver
from offangle.web.matches.api import own_match
from offangle.web.shared.api.auth import user_of

live_router = Router(tags=["live"])


match_router = Router(tags=["matches"])
ROUTERS: Final = (("/live", live_router), ("/matches", match_router))

MAX_ID: Final = 2**63 - 1


@live_router.get("", response=list[LiveObserverState], summary="Live now", operation_id="list_live")
def list_live(request: HttpRequest, match_id: UUID | None = None) -> list[dict[str, Any]]:
    """How things stand for your own clients and for the observers of your matches, latest first."""
    found = live_events.snapshots(user_of(request), match_id)
    return [
        {
            "steam_id": row.steam_account_id,
            "match_id": row.match_id,
            "received_at": time_of(row.received_ns),
            "sequence": row.sequence,
            "state": row.document,
        }
        for row in found
    ]


@live_router.get("/events", response=LiveEvents, summary="Live events", operation_id="list_live_events")
def list_live_events(
    request: HttpRequest,
    since: Annotated[int | None, Query(ge=0, le=MAX_ID, description="`cursor` of the answer before")] = None,
    match_id: UUID | None = None,
) -> dict[str, Any]:
    """What happened since the answer before; without `since` only where to begin. Kept for a quarter of an hour."""
    user = user_of(request)
    if since is None:
        return {"events": [], "cursor": live_events.newest_event_id()}
    news, cursor = live_events.since(since, user, match_id)
    return {"events": [each._asdict() for each in news], "cursor": cursor}


@match_router.get("/{match_id}/observers", response=list[Observer], summary="Observers", operation_id="list_observers")
def list_observers(request: HttpRequest, match_id: UUID) -> list[dict[str, Any]]:
    """The clients that observed a match live, the first first."""
    match = visible_match(user_of(request), match_id)
    rows = LiveTrack.objects.filter(match=match).select_related("steam_account").order_by("begin_ns", "pk")
    return [
        {
            "steam_id": row.steam_account_id,
            "name": row.steam_account.last_name,
            "state": row.state,
            "begin_at": time_of(row.begin_ns),
            "end_at": time_of(row.end_ns),
            "is_joined": row.home_match_id != match.pk,
            "is_pinned": row.is_pinned,
        }
        for row in rows
    ]


@match_router.post("/{match_id}/merge", response={204: None}, summary="Merge matches", operation_id="merge_matches")
def merge_matches(request: HttpRequest, match_id: UUID, wanted: OtherMatch) -> HttpResponse:
    """Say that another live match is this one: its observers come here. Both must be yours; a split takes it back."""
    user = user_of(request)
    kept, other = own_match(user, match_id), own_match(user, wanted.other_match_id)
    merge(kept.pk, other.pk, user)
    return HttpResponse(status=204)


@match_router.post("/{match_id}/split", response={204: None}, summary="Split off", operation_id="split_match")
def split_match(request: HttpRequest, match_id: UUID, wanted: OtherObserver) -> HttpResponse:
    """Take an observer out of a live match, back to the match it had before; the two stay apart."""
    user = user_of(request)
    split(own_match(user, match_id).pk, int(wanted.steam_id), user)
    return HttpResponse(status=204)
