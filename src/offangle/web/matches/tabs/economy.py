"""Economy: equipment of both teams per round, what each player bought, and what the classes won."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest

from offangle.core.sides import TEAMS, Team, other_side
from offangle.core.terms import TEAM_BUYS
from offangle.db.models import PlayerRoundState, Round
from offangle.web.matches.tabs.page import MatchPage, Tab, as_side
from offangle.web.matches.tabs.rounds import latest_states
from offangle.web.shared import words

SLOT_PX: Final = 46
"""Width of a round in the chart, in units of its view box."""
BAR_PX: Final = 26
HALF_HEIGHT_PX: Final = 110
AXIS_PX: Final = 46
LABEL_PX: Final = 18
GRID_STEP: Final = 10_000
"""Game dollars between two lines of the grid."""
LEAST_TOP: Final = 20_000


@dataclass(frozen=True, slots=True)
class Bar:
    """A team's equipment in a round."""

    team: Team
    side: str
    y: float
    height: float
    value: int
    won: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """A round's place in the chart."""

    number: int
    x: float
    opens_half: bool
    bars: list[Bar]
    spoken: str

    @property
    def center(self) -> float:
        """Middle of the slot."""
        return self.x + SLOT_PX / 2


def build(page: MatchPage, request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 -- every tab is called alike
    """The chart, the table of players and rounds, and the classes' win rates."""
    rows = latest_states(
        PlayerRoundState.objects.filter(match=page.match).only(
            "round_id", "steam_account_id", "side", "equipment_value", "money", "buy", "received_order"
        )
    )
    is_whole = page.match.live_state is None  # a client tells its own player's equipment, not its team's
    return {
        "chart": chart(page, rows) if is_whole and any(row.equipment_value is not None for row in rows) else None,
        "is_live_data": not is_whole,
        "teams": [(team, page.team_names[team]) for team in TEAMS],
        "rounds": page.rounds,
        "opening": page.first_of_half,
        "buyers": buyers(page, rows),
        "classes": [(team, page.team_names[team], win_rates(page.rounds, team)) for team in TEAMS],
    }


def equipment(rows: list[PlayerRoundState]) -> dict[tuple[int, str], int]:
    """The side's equipment in each round, in dollars."""
    sums: dict[tuple[int, str], int] = defaultdict(int)
    for row in rows:
        sums[row.round_id, row.side] += row.equipment_value or 0
    return sums


def team_side(row: Round, team: Team) -> str | None:
    """The side that `team` played in a round."""
    side_a = as_side(row.team_a_side)
    if side_a is None:
        return None
    return side_a if team == "a" else other_side(side_a)


def chart(page: MatchPage, rows: list[PlayerRoundState]) -> dict[str, Any]:
    """Bars of both teams, team A upwards and team B downwards, by round."""
    sums = equipment(rows)
    top = max(LEAST_TOP, -(-max(sums.values()) // GRID_STEP) * GRID_STEP)
    slots = [_slot(page, row, AXIS_PX + place * SLOT_PX, sums, top) for place, row in enumerate(page.rounds)]
    steps = range(0, top + 1, GRID_STEP)
    return {
        "slots": slots,
        "width": AXIS_PX + len(slots) * SLOT_PX + 4,
        "height": 2 * HALF_HEIGHT_PX + 2 * LABEL_PX,
        "middle": HALF_HEIGHT_PX + LABEL_PX,
        "left": AXIS_PX,
        "slot_width": SLOT_PX,
        "bar_width": BAR_PX,
        "bar_offset": (SLOT_PX - BAR_PX) / 2,
        "grid": [_grid_line(value, sign, top) for value in steps for sign in ((1, -1) if value else (1,))],
    }


def _grid_line(value: int, sign: int, top: int) -> dict[str, Any]:
    y = HALF_HEIGHT_PX + LABEL_PX - sign * value / top * HALF_HEIGHT_PX
    return {"y": round(y, 1), "text_y": round(y + 4, 1), "label": f"{value // 1000}k", "is_axis": value == 0}


def _slot(page: MatchPage, row: Round, x: float, sums: dict[tuple[int, str], int], top: int) -> Slot:
    bars = [bar for team in TEAMS if (bar := _bar(row, team, sums, top)) is not None]
    spoken = f"Round {row.number}: " + ", ".join(
        f"{page.team_names[bar.team]} ({bar.side.upper()}) ${bar.value:,}{', won' if bar.won else ''}" for bar in bars
    )
    return Slot(row.number, x, row.number in page.first_of_half, bars, spoken)


def _bar(row: Round, team: Team, sums: dict[tuple[int, str], int], top: int) -> Bar | None:
    side = team_side(row, team)
    if side is None:
        return None
    value = sums.get((row.pk, side), 0)
    height = round(value / top * HALF_HEIGHT_PX, 1)
    middle = HALF_HEIGHT_PX + LABEL_PX
    return Bar(team, side, middle - height if team == "a" else middle, height, value, row.winner_team == team)


def buyers(page: MatchPage, rows: list[PlayerRoundState]) -> list[dict[str, Any]]:
    """Per team, its players with their equipment and buy class in every round; None where they were not there."""
    by_player: dict[int, dict[int, PlayerRoundState]] = defaultdict(dict)
    for row in rows:
        by_player[row.steam_account_id][row.round_id] = row
    members = page.match.player_stats.filter(side="all").order_by("-rating_2_est", "name", "steam_account")
    listed = [(found.team, found.steam_account_id, found.name) for found in members]
    return [
        {
            "team": page.team_names[team],
            "players": [
                {"steam_id": who, "name": name, "cells": [(r, by_player[who].get(r.pk)) for r in page.rounds]}
                for member_of, who, name in listed
                if member_of == team
            ],
        }
        for team in TEAMS
    ]


def win_rates(rounds: list[Round], team: Team) -> list[dict[str, Any]]:
    """Rounds played and won by the team's buy class; rounds whose winner is unknown leave the denominator."""
    result = []
    for buy in TEAM_BUYS:
        played = [row for row in rounds if _buy(row, team) == buy and row.winner_team is not None]
        if played:
            won = [row for row in played if row.winner_team == team]
            share = 100 * len(won) / len(played)
            result.append({"label": words.TEAM_BUYS[buy], "played": played, "won": won, "percent": share})
    return result


def _buy(row: Round, team: Team) -> str | None:
    return {"t": row.t_buy, "ct": row.ct_buy, None: None}[team_side(row, team)]


TAB: Final = Tab("economy", "Economy", build)
