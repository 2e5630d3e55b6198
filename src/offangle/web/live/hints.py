"""Hints on live pages, from the player's own history: what each buy won in the situation that stands now."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from offangle.analysis.patterns.intervals import wilson_interval
from offangle.core.economy import player_buy_class
from offangle.db.models import User
from offangle.flows.summaries.summary import ask_summary
from offangle.jobs.client import JobClient
from offangle.web.live.page import Observer
from offangle.web.players.patterns import PlayerPatterns, Row
from offangle.web.shared import words

LEAST_ROUNDS: Final = 8
"""Fewer rounds say too little to act on; the same as for a pattern."""
OUTCOMES: Final = {"won": "after a won round", "lost": "after a lost round"}


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


def hints_for(jobs: JobClient, user: User, observers: Iterable[Observer]) -> list[Hint]:
    """The hints for the user's own clients that play a round now; none for other people's."""
    own = set(user.steam_accounts.values_list("pk", flat=True))
    return [hint for each in observers if each.steam_id in own and each.is_playing for hint in _hints(jobs, user, each)]


def _hints(jobs: JobClient, user: User, observer: Observer) -> list[Hint]:
    side, outcome = observer.document["own_side"], previous_outcome(observer.document)
    if side is None or outcome is None or not observer.document["has_economy"]:
        return []
    current = current_buy(observer.own)
    match_id = observer.match.pk if observer.match else None
    history = ask_summary(jobs, user, observer.steam_id, without=match_id).document
    if history is None:
        return []  # being worked out: the next round may have it
    return [
        Hint(observer.steam_id, side, previous_outcome=outcome, is_current=row["buy"] == current, **_figures(row))
        for row in buys_after(PlayerPatterns(history).transitions(), side, outcome)
    ]


def previous_outcome(document: dict[str, Any]) -> str | None:
    """How the round before the one under way ended for the player; None at the begin of a half."""
    number, rounds = document["round"], document["rounds"]
    before = next((each for each in rounds if number is not None and each["number"] == number - 1), None)
    if before is None or before["own_won"] is None or before["own_side"] != document["own_side"]:
        return None
    return "won" if before["own_won"] else "lost"


def current_buy(own: dict[str, Any] | None) -> str | None:
    """The buy class of what the player carries now."""
    return player_buy_class(own["equipment_value"] if own else None)


def buys_after(transitions: Iterable[Row], side: str, outcome: str) -> list[Row]:
    """What each buy won on a side after an outcome, over all buys of the round before: buy, wins, decided.

    Only buys with at least `LEAST_ROUNDS` decided rounds.
    """
    summed: dict[str, Counter[str]] = defaultdict(Counter)
    for row in transitions:
        if row["side"] == side and row["previous_outcome"] == outcome:
            summed[row["buy"]].update(wins=row["wins"], decided=row["decided"])
    enough = [{"buy": buy, **figures} for buy, figures in summed.items() if figures["decided"] >= LEAST_ROUNDS]
    return sorted(enough, key=lambda row: row["wins"] / row["decided"], reverse=True)


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    low, high = wilson_interval(row["wins"], row["decided"])
    return {"buy": row["buy"], "wins": row["wins"], "rounds": row["decided"], "low": low, "high": high}
