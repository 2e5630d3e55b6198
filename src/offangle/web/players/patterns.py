"""A player's patterns as the pages show them, from what was worked out of all their matches."""

from dataclasses import dataclass
from typing import Any, Final

from offangle.analysis.patterns.registry import EFFECTIVENESS, STATES, TIME, TRANSITIONS, Figure, PatternTable
from offangle.analysis.patterns.rounds import ALL
from offangle.coaching.player_summary import ROUND_FACTS
from offangle.core.errors import BadInputError
from offangle.core.terms import PLAYER_BUYS
from offangle.web.players.evidence import Evidence, evidence

OUTCOMES: Final = ("lost", "won")
TIME_FIGURES: Final = ("active_s", "time_share", "kill_share", "kill_time_ratio")

Row = dict[str, Any]
Links = list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Finding:
    """A pattern in words, with what it rests on; `advice` says what to try."""

    text: str
    rounds: int
    q_value: float
    chance: str
    evidence: Evidence
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Patterns:
    """The section of the player page."""

    strengths: list[Finding]
    weaknesses: list[Finding]
    empty: list[str]
    rounds: int


class PlayerPatterns:
    """What a summary's document says.

    Args:
        document: As `player_summary` gives it.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def findings(self) -> Patterns:
        """What stands out over all rounds of a player."""
        document = self._document
        return Patterns(
            [_finding(row) for row in document["strengths"]],
            [_finding(row) for row in document["weaknesses"]],
            document["empty"],
            document["rounds"],
        )

    def map_names(self) -> list[str]:
        """`all`, then the maps, most rounds first."""
        counted: dict[str, int] = {}
        for fact in self._facts():
            counted[fact["map_name"]] = counted.get(fact["map_name"], 0) + 1
        return [ALL, *sorted(counted, key=lambda name: (-counted[name], name))]

    def weapon_rows(self, map_name: str) -> list[Row]:
        """One row per weapon on a map (or `all`), most used first: effectiveness, and its time beside its kills."""
        time = {row["weapon"]: row for row in self._rows(TIME, map_name=map_name)}
        rows = [
            row | {name: time.get(row["weapon"], {}).get(name) for name in TIME_FIGURES}
            for row in self._rows(EFFECTIVENESS, map_name=map_name)
        ]
        return sorted(rows, key=lambda row: (-row["rounds_used"], -row["kills"], row["weapon"]))

    def weapon_links(self, map_name: str, weapon: str) -> Links:
        """The rounds in which a weapon was in hand."""
        facts = self._facts()
        used = (facts[place] for place in self._document["weapons"].get(weapon, ()))
        return [_link(fact) for fact in used if map_name in (ALL, fact["map_name"])]

    def states(self, side: str) -> list[Row]:
        """One row per buy class, cheapest first."""
        order = {buy: place for place, buy in enumerate(PLAYER_BUYS)}
        return sorted(self._rows(STATES, side=side), key=lambda row: order[row["buy"]])

    def transition_matrix(self, side: str) -> list[Row]:
        """One row per class and outcome of the round before, with a cell (or None) per class that followed."""
        found = {
            (row["previous_buy"], row["previous_outcome"], row["buy"]): row
            for row in self._rows(TRANSITIONS, side=side)
        }
        keys = [(buy, outcome) for buy in PLAYER_BUYS for outcome in OUTCOMES]
        return [
            {"previous_buy": buy, "previous_outcome": outcome, "cells": cells}
            for buy, outcome in keys
            if any(cells := [found.get((buy, outcome, after)) for after in PLAYER_BUYS])
        ]

    def transitions(self) -> list[Row]:
        """Every row of the table of transitions."""
        return self._rows(TRANSITIONS)

    def matching(self, wanted: dict[str, str]) -> Links:
        """The rounds in which each fact has its wanted value; `all` asks nothing.

        Raises:
            BadInputError: A value that no round has.
        """
        facts = self._facts()
        for name, value in wanted.items():
            if value == ALL:
                continue
            known = {fact[name] for fact in facts} - {None}
            if value not in known:
                raise BadInputError(f"no round with {name} {value[:40]!r}", hint=f"One of: {', '.join(sorted(known))}.")
            facts = [fact for fact in facts if fact[name] == value]
        return [_link(fact) for fact in facts]

    def _rows(self, table: PatternTable, **wanted: str) -> list[Row]:
        rows = self._document["tables"][table.name]
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    def _facts(self) -> list[Row]:
        """The player's rounds in the order of play."""
        matches = self._document["matches"]
        names = ("match_id", "round_number", *ROUND_FACTS)
        return [dict(zip(names, (matches[place], *others), strict=True)) for place, *others in self._document["facts"]]


def _link(fact: Row) -> tuple[str, int]:
    return fact["match_id"], fact["round_number"]


def _finding(row: Row) -> Finding:
    found = evidence("Rounds behind it", [(match_id, number) for match_id, number in row["links"]])
    return Finding(row["text"], row["rounds"], row["q_value"], row["chance"], found, row["advice"])


def figures_of(table: PatternTable) -> dict[str, Figure]:
    """The declared figures of a table by name: their definitions are the pages' hints."""
    return {figure.name: figure for figure in table.figures}
