"""What every tab of a match page knows about its match."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from offangle.core.scores import scores_after
from offangle.core.sides import SIDES, TEAMS, Side, Team, other_side
from offangle.db.models import Match, Round
from offangle.flows.recorded.tables import MatchTables
from offangle.storage.objects import ObjectStore

TEAM_FALLBACKS: dict[Team, str] = {"a": "Team A", "b": "Team B"}
REGULATION_HALVES = 2


@dataclass(frozen=True, slots=True)
class Half:
    """One half: which side each team played and how many rounds it won."""

    number: int
    sides: dict[str, Side]
    won: dict[str, int]

    @property
    def label(self) -> str:
        """1st half, 2nd half, then the halves of overtime."""
        if self.number <= REGULATION_HALVES:
            return ("1st half", "2nd half")[self.number - 1]
        return f"Overtime {self.number - REGULATION_HALVES}"


class MatchPage:
    """A match with its rounds and team names, read once per request."""

    def __init__(self, store: ObjectStore, match: Match) -> None:
        self._store = store
        self.match = match

    @cached_property
    def tables(self) -> MatchTables:
        """The match's stored tables."""
        return MatchTables(self._store, self.match)

    @cached_property
    def rounds(self) -> list[Round]:
        """The counted rounds in order."""
        return list(self.match.rounds.order_by("number"))

    @cached_property
    def team_names(self) -> dict[Team, str]:
        """How to call the teams."""
        return {
            "a": self.match.team_a_name or TEAM_FALLBACKS["a"],
            "b": self.match.team_b_name or TEAM_FALLBACKS["b"],
        }

    @cached_property
    def names(self) -> dict[int, str]:
        """The players' names in this match by SteamID."""
        rows = self.match.player_stats.filter(side="all").values_list("steam_account_id", "name")
        return dict(rows)

    @cached_property
    def halves(self) -> list[Half]:
        """Score by half."""
        return [self._half(number) for number in sorted({found.half for found in self.rounds})]

    def _half(self, number: int) -> Half:
        rounds = [found for found in self.rounds if found.half == number]
        side_a = next((side for found in rounds if (side := as_side(found.team_a_side))), None)
        sides: dict[str, Side] = {"a": side_a, "b": other_side(side_a)} if side_a else {}
        return Half(number, sides, {team: sum(found.winner_team == team for found in rounds) for team in TEAMS})

    def scores_after(self) -> dict[int, tuple[int, int]]:
        """The score of both teams after each round, rounds before the recording began included."""
        winners = [next((team for team in TEAMS if team == found.winner_team), None) for found in self.rounds]
        scores = scores_after(winners, {"a": self.match.score_a, "b": self.match.score_b})
        return {found.number: (score["a"], score["b"]) for found, score in zip(self.rounds, scores, strict=True)}

    @cached_property
    def first_of_half(self) -> set[int]:
        """Numbers of the rounds that open a half, but for the very first."""
        pairs = zip(self.rounds, self.rounds[1:], strict=False)
        return {later.number for earlier, later in pairs if later.half != earlier.half}


def as_side(value: str | None) -> Side | None:
    """A side as stored, typed."""
    return next((side for side in SIDES if side == value), None)


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab: its place in the address, its label, its template and what that needs."""

    slug: str
    label: str
    build: Callable[[MatchPage, HttpRequest], dict[str, Any]]

    @property
    def template(self) -> str:
        """The template of the tab's panel."""
        return f"offangle/matches/tabs/{self.slug}.html"
