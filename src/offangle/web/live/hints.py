"""Hints on live pages, from the player's own history: what each buy won in the situation that stands now."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import polars as pl

from offangle.analysis.patterns.intervals import wilson_interval
from offangle.analysis.patterns.registry import TRANSITIONS, pattern_table
from offangle.core.economy import PLAYER_ECO_BELOW, PLAYER_FULL_FROM, PLAYER_SEMI_ECO_BELOW
from offangle.db.models import User
from offangle.db.queries.access import visible_matches
from offangle.db.queries.patterns import pattern_frames
from offangle.db.queries.simulated import matches_of
from offangle.web.live.page import Observer
from offangle.web.shared import words

LEAST_ROUNDS: Final = 8
"""Fewer rounds say too little to act on; the same as for a pattern."""
KEPT: Final = 64
"""Histories held at once; one takes some kilobytes, and is good for one round."""
OUTCOMES: Final = {"won": "after a won round", "lost": "after a lost round"}
BOUNDS: Final = (("full", PLAYER_FULL_FROM), ("semi_buy", PLAYER_SEMI_ECO_BELOW), ("semi_eco", PLAYER_ECO_BELOW))
"""Buy classes and the equipment value from which each holds; below all of them: eco."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What one buy class won in rounds like this one."""

    steam_id: int
    side: str
    buy: str
    previous_outcome: str
    wins: int
    rounds: int
    low: float
    high: float
    is_current: bool

    @property
    def text(self) -> str:
        """The hint as a sentence."""
        share = f"{100 * self.wins / self.rounds:.0f} %"
        situation = f"as {self.side.upper()} with a {words.PLAYER_BUYS[self.buy].lower()}"
        return f"You win {share} {situation} {OUTCOMES[self.previous_outcome]} (n={self.rounds})."


def hints_for(user: User, observers: Iterable[Observer]) -> list[Hint]:
    """The hints for the user's own clients that play a round now; none for other people's."""
    own = set(user.steam_accounts.values_list("pk", flat=True))
    return [hint for each in observers if each.steam_id in own and each.is_playing for hint in _hints(user, each)]


def _hints(user: User, observer: Observer) -> list[Hint]:
    side, outcome = observer.document["own_side"], previous_outcome(observer.document)
    if side is None or outcome is None or not observer.document["has_economy"]:
        return []
    current = current_buy(observer.own)
    match_id = observer.match.pk if observer.match else None
    table = _history(user, observer.steam_id, match_id, observer.document["round"])
    return [
        Hint(observer.steam_id, side, previous_outcome=outcome, is_current=row["buy"] == current, **_figures(row))
        for row in buys_after(table, side, outcome).iter_rows(named=True)
    ]


@lru_cache(maxsize=KEPT)
def _history(user: User, steam_id: int, match_id: UUID | None, round_number: int) -> pl.DataFrame:  # noqa: ARG001 -- a new round asks anew
    """The player's transitions over every match but the one under way."""
    matches = visible_matches(user)
    if match_id is not None:
        matches = matches.exclude(pk=match_id)
    rounds, weapons = pattern_frames(matches_of(matches, steam_id), steam_id=steam_id)
    return pattern_table(TRANSITIONS.name, rounds, weapons)


def previous_outcome(document: dict[str, Any]) -> str | None:
    """How the round before the one under way ended for the player; None at the begin of a half."""
    number, rounds = document["round"], document["rounds"]
    before = next((each for each in rounds if number is not None and each["number"] == number - 1), None)
    if before is None or before["own_won"] is None or before["own_side"] != document["own_side"]:
        return None
    return "won" if before["own_won"] else "lost"


def current_buy(own: dict[str, Any] | None) -> str | None:
    """The buy class of what the player carries now."""
    value = own["equipment_value"] if own else None
    if value is None:
        return None
    return next((buy for buy, least in BOUNDS if value >= least), "eco")


def buys_after(transitions: pl.DataFrame, side: str, outcome: str) -> pl.DataFrame:
    """What each buy won on a side after an outcome, over all buys of the round before: buy, wins, decided.

    Only buys with at least `LEAST_ROUNDS` decided rounds.
    """
    like_this = transitions.filter(pl.col("side") == side, pl.col("previous_outcome") == outcome)
    summed = like_this.group_by("buy").agg(pl.col("wins", "decided").sum())
    return summed.filter(pl.col("decided") >= LEAST_ROUNDS).sort(pl.col("wins") / pl.col("decided"), descending=True)


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    low, high = wilson_interval(row["wins"], row["decided"])
    return {"buy": row["buy"], "wins": row["wins"], "rounds": row["decided"], "low": low, "high": high}
