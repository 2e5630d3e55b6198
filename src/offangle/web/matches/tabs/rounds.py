"""Rounds: the timeline, one line per round, and one round in detail."""

from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest

from offangle.core.errors import NotFoundError
from offangle.core.sides import TEAMS, Side, other_side
from offangle.db.models import PlayerRoundState, PlayerWeapon, Round
from offangle.web.matches.tabs.page import MatchPage, Tab, as_side
from offangle.web.shared import tables, words

FEED_BOMB_EVENTS: Final = ("planted", "defused", "exploded", "defuse_begin", "defuse_abort")

ROUND_COLUMNS: Final = (
    "round_number",
    "opening_attacker_steam_id",
    "opening_victim_steam_id",
    "opening_side",
    "clutch_steam_id",
    "clutch_opponents",
    "clutch_won",
    "plant_site",
    "t_equipment",
    "ct_equipment",
)


@dataclass(frozen=True, slots=True)
class RoundLine:
    """A round as the timeline and the table show it; `extra` is its row of the derived table, if stored."""

    row: Round
    score: tuple[int, int]
    winner_name: str
    opens_half: bool
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def icon(self) -> str:
        """The icon of its reason."""
        return words.reason_icon(self.row.reason)

    @property
    def buys(self) -> list[tuple[Side, str | None]]:
        """Side and buy class of team A, then team B."""
        side_a = as_side(self.row.team_a_side)
        sides: tuple[Side, ...] = (side_a, other_side(side_a)) if side_a else ()
        return [(side, self.row.t_buy if side == "t" else self.row.ct_buy) for side in sides]

    @property
    def spoken(self) -> str:
        """The round in a sentence, for those who do not see the timeline."""
        winner = f"{self.winner_name} won as {self.row.winner_side.upper()}" if self.row.winner_side else "no winner"
        reason = words.REASONS[self.row.reason].lower()
        return f"Round {self.row.number}: {winner}, {reason}, score {self.score[0]} to {self.score[1]}"


def build(page: MatchPage, request: HttpRequest) -> dict[str, Any]:
    """The timeline and, where the address names a round, its detail.

    Raises:
        NotFoundError: The match has no such round.
    """
    extras = {row["round_number"]: row for row in tables.derived_rows(page.tables, "round_stats", ROUND_COLUMNS) or ()}
    lines = round_lines(page, extras)
    number = request.resolver_match.kwargs.get("number") if request.resolver_match else None
    return {
        "lines": lines,
        "teams": [(team, page.team_names[team]) for team in TEAMS],
        "names": page.names,
        "has_extras": bool(extras),
        "has_buys": any(line.row.t_buy or line.row.ct_buy for line in lines),
        "is_live_data": page.match.live_state is not None,
        "detail": None if number is None else detail(page, lines, int(number)),
    }


def round_lines(page: MatchPage, extras: dict[int, dict[str, Any]] | None = None) -> list[RoundLine]:
    """The match's rounds as timelines show them, with their rows of the derived table by number."""
    scores = page.scores_after()
    return [
        RoundLine(
            row=found,
            score=scores[found.number],
            winner_name=next((page.team_names[team] for team in TEAMS if team == found.winner_team), ""),
            opens_half=found.number in page.first_of_half,
            extra=(extras or {}).get(found.number, {}),
        )
        for found in page.rounds
    ]


def detail(page: MatchPage, lines: list[RoundLine], number: int) -> dict[str, Any]:
    """One round: what happened in it, and what everybody had and did.

    Raises:
        NotFoundError: The match has no such round.
    """
    place = next((place for place, line in enumerate(lines) if line.row.number == number), None)
    if place is None:
        raise NotFoundError(f"this match has no round {number}", hint=f"It has {len(lines)} rounds.")
    line = lines[place]
    states = latest_states(page.match.player_round_states.filter(round=line.row))
    return {
        "line": line,
        "before": lines[place - 1].row.number if place else None,
        "after": lines[place + 1].row.number if place + 1 < len(lines) else None,
        "feed": feed(page, line.row),
        "sides": [_side(page, line.row, side, states) for side in ("t", "ct")],
        "own_kills": own_kills(page, states) if page.match.live_state is not None else [],
    }


def latest_states(states: QuerySet[PlayerRoundState]) -> list[PlayerRoundState]:
    """One state per player and round: the only one of a recording, the latest received of live data."""
    found = {(state.round_id, state.steam_account_id): state for state in states.order_by("received_order")}
    return list(found.values())


def own_kills(page: MatchPage, states: list[PlayerRoundState]) -> list[tuple[str, str, int]]:
    """Name, weapon and kills of each observer's weapons that killed in a round of live data."""
    used = PlayerWeapon.objects.filter(state__in=states, kills__gt=0).order_by("-kills", "weapon")
    rows = used.values_list("state__steam_account_id", "weapon_id", "kills")
    return [(page.names.get(who, str(who)), words.weapon_title(weapon), kills) for who, weapon, kills in rows]


def _side(page: MatchPage, row: Round, side: Side, states: list[PlayerRoundState]) -> dict[str, Any]:
    mine = sorted((state for state in states if state.side == side), key=lambda s: (-s.kills, -s.damage))
    team = next((t for t in TEAMS if (row.team_a_side == side) == (t == "a")), None) if row.team_a_side else None
    players = [(page.names.get(state.steam_account_id, str(state.steam_account_id)), state) for state in mine]
    return {
        "side": side,
        "team": page.team_names[team] if team else "",
        "buy": row.t_buy if side == "t" else row.ct_buy,
        "equipment": sum(state.equipment_value or 0 for state in mine) if page.match.live_state is None else None,
        "won": row.winner_side == side,
        "players": players,
    }


def feed(page: MatchPage, row: Round) -> list[dict[str, Any]] | None:
    """Kills and bomb events in order of time; None where the match has no stored kills."""
    kills = tables.round_rows(page.tables, "kills", row.number)
    if kills is None:
        return None
    bombs = tables.round_rows(page.tables, "bomb_events", row.number) or []
    events = [_kill(page, found) for found in kills]
    events += [_bomb(page, found) for found in bombs if found["event"] in FEED_BOMB_EVENTS]
    events.sort(key=lambda event: event["tick"])
    zero = row.freeze_end_tick if row.freeze_end_tick is not None else row.start_tick
    for event in events:
        event["at_s"] = max(0.0, (event["tick"] - zero) / page.match.tick_rate)
        event["is_late"] = row.end_tick is not None and event["tick"] > row.end_tick
    return events


def _person(page: MatchPage, steam_id: int | None, side: str | None) -> dict[str, Any] | None:
    if steam_id is None:
        return None
    return {"steam_id": steam_id, "name": page.names.get(steam_id, str(steam_id)), "side": side}


def _kill(page: MatchPage, row: dict[str, Any]) -> dict[str, Any]:
    attacker = _person(page, row["attacker_steam_id"], row["attacker_side"])
    is_suicide = row["attacker_steam_id"] == row["victim_steam_id"]
    return {
        "kind": "kill",
        "tick": row["tick"],
        "attacker": None if is_suicide else attacker,
        "victim": _person(page, row["victim_steam_id"], row["victim_side"]),
        "assister": _person(page, row["assister_steam_id"], row["assister_side"]),
        "weapon": words.weapon_title(row["weapon"]),
        "is_team_kill": not is_suicide and attacker is not None and row["attacker_side"] == row["victim_side"],
        "signs": list(_signs(row)),
    }


def _signs(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Icon and label of what was special about a kill."""
    signs = (
        (row["is_headshot"], "headshot", "headshot"),
        ((row["penetrated_objects"] or 0) > 0, "wall", "through a wall"),
        (row["is_through_smoke"], "smoke", "through smoke"),
        (row["is_no_scope"], "noscope", "without scope"),
        (row["is_attacker_blind"], "flash", "while blind"),
    )
    return [(icon, label) for is_so, icon, label in signs if is_so]


def _bomb(page: MatchPage, row: dict[str, Any]) -> dict[str, Any]:
    side = "t" if row["event"] == "planted" else "ct"
    return {
        "kind": "bomb",
        "tick": row["tick"],
        "actor": None if row["event"] == "exploded" else _person(page, row["steam_id"], side),
        "text": words.BOMB_EVENTS[row["event"]],
        "site": (row["site"] or "").upper() if row["event"] == "planted" else "",
    }


TAB: Final = Tab("rounds", "Rounds", build)
