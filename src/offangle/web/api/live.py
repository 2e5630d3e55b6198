"""`/live`, `/gsi-tokens`, `/weapons`, and what live play adds to `/matches`: observers, merge, split, corrections."""

from typing import Annotated, Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from ninja.responses import Status

from offangle.db.models import GsiToken, LiveTrack, Match, PlayerRoundState, User, Weapon
from offangle.db.queries import gsi_tokens, live_events
from offangle.db.queries.access import may_delete, visible_match
from offangle.db.queries.match_edits import edit_match
from offangle.flows.following.merge import merge, split
from offangle.flows.following.rows import time_of
from offangle.flows.recorded.delete import NotAllowedError
from offangle.web.api import matches
from offangle.web.api.auth import user_of
from offangle.web.api.live_schemas import (
    GsiTokenRow,
    GsiTokenSecret,
    LiveEvents,
    LiveObserverState,
    MatchChanges,
    NewGsiToken,
    Observer,
    OtherMatch,
    OtherObserver,
    PlayerRound,
    WeaponRow,
)
from offangle.web.api.schemas import MatchSummary

live_router = Router(tags=["live"])
match_router = matches.router
"""One address answers all its methods, so they belong to one router."""
token_router = Router(tags=["live"])
weapon_router = Router(tags=["weapons"])

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
    kept, other = _own_match(user, match_id), _own_match(user, wanted.other_match_id)
    merge(kept.pk, other.pk, user)
    return HttpResponse(status=204)


@match_router.post("/{match_id}/split", response={204: None}, summary="Split off", operation_id="split_match")
def split_match(request: HttpRequest, match_id: UUID, wanted: OtherObserver) -> HttpResponse:
    """Take an observer out of a live match, back to the match it had before; the two stay apart."""
    user = user_of(request)
    split(_own_match(user, match_id).pk, int(wanted.steam_id), user)
    return HttpResponse(status=204)


@match_router.patch("/{match_id}", response=MatchSummary, summary="Correct a match", operation_id="change_match")
def change_match(request: HttpRequest, match_id: UUID, changes: MatchChanges) -> Match:
    """Correct the names of the teams and of the server, and when it was played; only those who brought it may.

    Corrections stay when the match is analysed again.
    """
    match = _own_match(user_of(request), match_id)
    return edit_match(match, changes.model_dump(exclude_unset=True))


@match_router.get(
    "/{match_id}/player-rounds",
    response=list[PlayerRound],
    summary="Players by round",
    operation_id="list_player_rounds",
)
def list_player_rounds(
    request: HttpRequest,
    match_id: UUID,
    round_number: Annotated[int | None, Query(ge=1, le=32_767, description="Of one round")] = None,
) -> list[dict[str, Any]]:
    """What each player had at freeze end and did in each round, with the weapons used; of live matches observers."""
    states = _states(visible_match(user_of(request), match_id))
    return [
        _player_round(state)
        for state in (states if round_number is None else states.filter(round__number=round_number))
    ]


@token_router.get("", response=list[GsiTokenRow], summary="Tokens of game clients", operation_id="list_gsi_tokens")
def list_gsi_tokens(request: HttpRequest) -> list[dict[str, Any]]:
    """Your tokens, newest first, revoked ones too."""
    return [_token(row) for row in gsi_tokens.gsi_tokens_of(user_of(request))]


@token_router.post("", response={201: GsiTokenSecret}, summary="Make a token", operation_id="create_gsi_token")
def create_gsi_token(request: HttpRequest, wanted: NewGsiToken) -> Any:
    """Make a token for posts of one of your Steam accounts; the secret is shown this once."""
    token, secret = gsi_tokens.create_gsi_token(user_of(request), int(wanted.steam_id), wanted.name)
    return Status(201, {**_token(token), "secret": secret})


@token_router.post("/{token_id}/rotate", response=GsiTokenSecret, summary="New secret", operation_id="rotate_gsi_token")
def rotate_gsi_token(request: HttpRequest, token_id: int) -> dict[str, Any]:
    """Give a token a new secret; the old one is refused within a second."""
    token, secret = gsi_tokens.rotate_gsi_token(user_of(request), _in_range(token_id))
    return {**_token(token), "secret": secret}


@token_router.delete("/{token_id}", response={204: None}, summary="Revoke a token", operation_id="revoke_gsi_token")
def revoke_gsi_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """End a token; it is refused within a second."""
    gsi_tokens.revoke_gsi_token(user_of(request), _in_range(token_id))
    return HttpResponse(status=204)


@weapon_router.get("", response=list[WeaponRow], summary="Weapons", operation_id="list_weapons")
def list_weapons(request: HttpRequest) -> QuerySet[Weapon]:
    """Every weapon of the current list, and those that matches brought."""
    user_of(request)
    return Weapon.objects.order_by("weapon_class", "name")


def _own_match(user: User, match_id: UUID) -> Match:
    """A match that `user` may change."""
    match = visible_match(user, match_id)
    if not may_delete(user, match):
        raise NotAllowedError("only those who brought a match may change it", hint="Ask its owner.")
    return match


def _states(match: Match) -> QuerySet[PlayerRoundState]:
    rows = PlayerRoundState.objects.filter(match=match).select_related("round").prefetch_related("weapons")
    return rows.order_by("round__number", "side", "steam_account_id", "received_order")


def _player_round(state: PlayerRoundState) -> dict[str, Any]:
    fields = {
        name: getattr(state, name)
        for name in PlayerRound.model_fields
        if name not in {"round_number", "steam_id", "weapons"}
    }
    weapons = [
        {
            "weapon": use.weapon_id,
            "shots": use.shots,
            "kills": use.kills,
            "headshot_kills": use.headshot_kills,
            "damage": use.damage,
        }
        for use in sorted(state.weapons.all(), key=lambda use: use.weapon_id)
    ]
    return {**fields, "round_number": state.round.number, "steam_id": state.steam_account_id, "weapons": weapons}


def _token(token: GsiToken) -> dict[str, Any]:
    fields = {name: getattr(token, name) for name in GsiTokenRow.model_fields if name != "steam_id"}
    return {**fields, "steam_id": token.steam_account_id}


def _in_range(token_id: int) -> int:
    """A number that no column holds is nobody's token."""
    return token_id if abs(token_id) <= MAX_ID else 0
