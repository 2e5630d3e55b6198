"""`/matches`: the list, and one match with its rounds, players, figures and checks; and `/weapons`."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from offangle.core.errors import NotAllowedError
from offangle.db.models import Analysis, Match, PlayerMatchStat, PlayerRoundState, User, Weapon
from offangle.db.queries.access import may_delete, visible_match
from offangle.db.queries.match_edits import edit_match
from offangle.db.queries.match_list import MatchFilter, Result, after, listed_matches
from offangle.flows.recorded.delete import delete_match
from offangle.flows.recorded.tables import MatchTables
from offangle.web.matches.schemas import (
    CheckRow,
    MatchChanges,
    MatchChecks,
    MatchDetail,
    MatchPlayer,
    MatchSummary,
    Parser,
    PlayerRound,
    PlayerStats,
    RoundRow,
    WeaponRow,
)
from offangle.web.shared.api.auth import user_of
from offangle.web.shared.api.paging import DEFAULT_LIMIT, Cursor, Limit, Page, read_cursor, write_cursor
from offangle.web.shared.api.values import STEAM_ID_PATTERN, Day
from offangle.web.shared.house import services_of
from offangle.web.shared.one_state import of_one_state

router = Router(tags=["matches"])
router.add_decorator(of_one_state)


weapon_router = Router(tags=["weapons"])
ROUTERS: Final = (("/matches", router), ("/weapons", weapon_router))


MAP_PATTERN: Final = r"^[A-Za-z0-9_.\-]{1,64}$"

PlayerSide = Literal["all", "t", "ct"]


class MatchQuery(Schema):
    """Filters of the list; each that is absent asks nothing."""

    map: str | None = Field(default=None, pattern=MAP_PATTERN, description="A map's name", examples=["de_mirage"])
    player: str | None = Field(default=None, pattern=STEAM_ID_PATTERN, description="SteamID64 of somebody who played")
    from_date: Day | None = Field(default=None, alias="from", description="Played on this day (UTC) or later")
    to_date: Day | None = Field(default=None, alias="to", description="Played on this day (UTC) or earlier")
    result: Result | None = Field(
        default=None, description="How it ended for `player`, or without one for your own Steam accounts"
    )

    def wanted(self) -> MatchFilter:
        """The same as the database's query takes it."""
        return MatchFilter(
            map_name=self.map,
            steam_id=None if self.player is None else int(self.player),
            from_time=_start_of(self.from_date),
            to_time=_end_of(self.to_date),
            result=self.result,
        )

    def scope(self) -> str:
        """Names this list, so that its cursors fit no other."""
        return f"matches:{self.model_dump_json()}"


@router.get("", response=Page[MatchSummary], summary="List matches", operation_id="list_matches")
def list_matches(
    request: HttpRequest, wanted: Query[MatchQuery], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> dict[str, Any]:
    """Matches that you may see, newest first."""
    matches = listed_matches(user_of(request), wanted.wanted())
    if cursor is not None:
        matches = _after_cursor(matches, wanted.scope(), cursor)
    rows: list[Any] = list(matches[: limit + 1])
    page = rows[:limit]
    more = (
        write_cursor(wanted.scope(), [page[-1].sort_time.isoformat(), str(page[-1].pk)]) if len(rows) > limit else None
    )
    return {"items": page, "next_cursor": more}


@router.get("/{match_id}", response=MatchDetail, summary="One match", operation_id="get_match")
def get_match(request: HttpRequest, match_id: UUID) -> dict[str, Any]:
    """A match with what it was made from."""
    user = user_of(request)
    match = visible_match(user, match_id)
    analysis = analysis_of(match)
    fields = {name: getattr(match, name) for name in MatchSummary.model_fields}
    return {
        **fields,
        "parsers": analysis.parsers if analysis else [],
        "tables": MatchTables(services_of(request).store, match).names,
        "file_sha256": match.demo_id,
        "may_delete": may_delete(user, match),
    }


@router.delete("/{match_id}", response={204: None}, summary="Delete a match", operation_id="delete_match")
def remove_match(request: HttpRequest, match_id: UUID) -> HttpResponse:
    """Delete the match with its rows, tables and file; only those who brought it may.

    Where others brought it too, it stays theirs and only leaves your list.
    """
    delete_match(services_of(request), user_of(request), match_id)
    return HttpResponse(status=204)


@router.patch("/{match_id}", response=MatchSummary, summary="Correct a match", operation_id="change_match")
def change_match(request: HttpRequest, match_id: UUID, changes: MatchChanges) -> Match:
    """Correct the names of the teams and of the server, and when it was played; only those who brought it may.

    Corrections stay when the match is analysed again.
    """
    match = own_match(user_of(request), match_id)
    return edit_match(match, changes.model_dump(exclude_unset=True))


@router.get("/{match_id}/rounds", response=list[RoundRow], summary="Rounds", operation_id="list_rounds")
def list_rounds(request: HttpRequest, match_id: UUID) -> QuerySet[Any]:
    """The counted rounds in order."""
    return visible_match(user_of(request), match_id).rounds.order_by("number")


@router.get("/{match_id}/players", response=list[MatchPlayer], summary="Players", operation_id="list_players")
def list_players(request: HttpRequest, match_id: UUID) -> list[dict[str, Any]]:
    """Who took part, by team and name."""
    rows = stats_rows(visible_match(user_of(request), match_id), "all").order_by("team", "name", "steam_account")
    return [
        {"steam_id": row.steam_account_id, "name": row.name, "team": row.team, "is_bot": row.steam_account_id <= 0}
        for row in rows
    ]


@router.get("/{match_id}/stats", response=list[PlayerStats], summary="Scoreboard", operation_id="list_stats")
def list_stats(
    request: HttpRequest,
    match_id: UUID,
    side: Annotated[PlayerSide, Query(description="Over both sides, or one")] = "all",
) -> list[dict[str, Any]]:
    """Every player's figures, best rating first."""
    return [stats_row(row) for row in stats_rows(visible_match(user_of(request), match_id), side)]


@router.get("/{match_id}/checks", response=MatchChecks, summary="Checks", operation_id="get_checks")
def get_checks(request: HttpRequest, match_id: UUID) -> MatchChecks:
    """What was computed twice and whether it agreed, with the versions of the parsers."""
    match = visible_match(user_of(request), match_id)
    analysis = analysis_of(match)
    if analysis is None:
        return MatchChecks(pipeline_version=match.pipeline_version, parsers=[], checks=[])
    return MatchChecks(
        pipeline_version=analysis.pipeline_version,
        parsers=[Parser(**parser) for parser in analysis.parsers],
        checks=[_check(found) for found in analysis.checks],
    )


@router.get(
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


@weapon_router.get("", response=list[WeaponRow], summary="Weapons", operation_id="list_weapons")
def list_weapons(request: HttpRequest) -> QuerySet[Weapon]:
    """Every weapon of the current list, and those that matches brought."""
    user_of(request)
    return Weapon.objects.order_by("weapon_class", "name")


def stats_rows(match: Match, side: PlayerSide) -> QuerySet[PlayerMatchStat]:
    """The match's figures of one side, best rating first."""
    rows = match.player_stats.filter(side=side)
    return rows.order_by(F("rating_1").desc(nulls_last=True), "steam_account")


def stats_row(row: PlayerMatchStat) -> dict[str, Any]:
    """A row of figures as the API gives it."""
    fields = {name: getattr(row, name) for name in PlayerStats.model_fields if name != "steam_id"}
    return {**fields, "steam_id": row.steam_account_id}


def own_match(user: User, match_id: UUID) -> Match:
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


def analysis_of(match: Match) -> Analysis | None:
    """What was computed for the match, if anything was."""
    return Analysis.objects.filter(match=match).first()


def _check(found: dict[str, Any]) -> CheckRow:
    names = CheckRow.model_fields.keys() - {"ok", "explained"}
    words = {name: "" if found.get(name) is None else str(found[name]) for name in names}
    return CheckRow(ok=found["ok"], explained=bool(found.get("explained")), **words)


def _after_cursor(matches: QuerySet[Match], scope: str, cursor: str) -> QuerySet[Match]:
    sort_time, match_id = read_cursor(scope, cursor)
    return after(matches, datetime.fromisoformat(sort_time), UUID(match_id))


def _start_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), tzinfo=UTC)


def _end_of(day: date | None) -> datetime | None:
    """Nothing was played after the calendar's last day, so there it asks nothing."""
    return None if day is None or day == date.max else _start_of(day + timedelta(days=1))
