"""A player's patterns as the pages show them."""

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from offangle.analysis.patterns.findings import find_patterns
from offangle.analysis.patterns.registry import EFFECTIVENESS, Figure, PatternTable, pattern_table
from offangle.analysis.patterns.rounds import ALL
from offangle.analysis.patterns.weapons import rounds_used
from offangle.coaching.patterns_text import chance_text, describe_patterns, finding_text, is_good
from offangle.core.terms import PLAYER_BUYS
from offangle.db.models import User
from offangle.db.queries.access import visible_matches
from offangle.db.queries.patterns import pattern_frames
from offangle.db.queries.simulated import matches_of
from offangle.web.players.evidence import Evidence, evidence

OUTCOMES: Final = ("lost", "won")


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
    empty: tuple[str, ...]
    rounds: int


def player_frames(user: User, steam_id: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The player's rounds and weapons in the matches that `user` may see."""
    return pattern_frames(matches_of(visible_matches(user), steam_id), steam_id=steam_id)


def patterns_of(user: User, steam_id: int) -> Patterns:
    """What stands out over all rounds of a player."""
    rounds, weapons = player_frames(user, steam_id)
    findings = find_patterns(rounds, weapons, steam_id=steam_id)
    text = describe_patterns(findings, rounds, pattern_table(EFFECTIVENESS.name, rounds, weapons))
    own = [row for row in findings.iter_rows(named=True) if not row["is_commonplace"]]
    bad = [row for row in own if not is_good(row)]
    return Patterns(
        [_finding(row) for row in own if is_good(row)],
        [_finding(row, advice.text) for row, advice in zip(bad, text.to_try, strict=True)],
        text.empty,
        rounds.height,
    )


def _finding(row: dict[str, Any], advice: str = "") -> Finding:
    links = [(link["match_id"], link["round_number"]) for link in row["links"]]
    found = evidence("Rounds behind it", links)
    return Finding(finding_text(row), row["rounds"], row["q_value"], chance_text(row["q_value"]), found, advice)


def figures_of(table: PatternTable) -> dict[str, Figure]:
    """The declared figures of a table by name: their definitions are the pages' hints."""
    return {figure.name: figure for figure in table.figures}


def weapon_rows(rounds: pl.DataFrame, weapons: pl.DataFrame, map_name: str) -> list[dict[str, Any]]:
    """One row per weapon on a map (or `all`), most used first: effectiveness, and its time beside its kills."""
    effect = pattern_table(EFFECTIVENESS.name, rounds, weapons).filter(pl.col("map_name") == map_name)
    time = pattern_table("weapon_time", rounds, weapons).select(
        "map_name", "weapon", "active_s", "time_share", "kill_share", "kill_time_ratio"
    )
    joined = effect.join(time, on=["map_name", "weapon"], how="left")
    return joined.sort(["rounds_used", "kills", "weapon"], descending=[True, True, False]).to_dicts()


def weapon_links(rounds: pl.DataFrame, weapons: pl.DataFrame, map_name: str, weapon: str) -> list[tuple[str, int]]:
    """The rounds in which a weapon was in hand."""
    used = rounds_used(rounds, weapons).filter(pl.col("map_name") == map_name, pl.col("weapon") == weapon)
    order = rounds.select("match_id", "round_number", "played_order")
    return (
        used.join(order, on=["match_id", "round_number"])
        .sort("played_order", "round_number")
        .select("match_id", "round_number")
        .rows()
    )


def transition_matrix(transitions: pl.DataFrame, side: str) -> list[dict[str, Any]]:
    """One row per class and outcome of the round before, with a cell (or None) per class that followed."""
    found = {
        (row["previous_buy"], row["previous_outcome"], row["buy"]): row
        for row in transitions.filter(pl.col("side") == side).iter_rows(named=True)
    }
    keys = [(buy, outcome) for buy in PLAYER_BUYS for outcome in OUTCOMES]
    return [
        {"previous_buy": buy, "previous_outcome": outcome, "cells": cells}
        for buy, outcome in keys
        if any(cells := [found.get((buy, outcome, after)) for after in PLAYER_BUYS])
    ]


def map_names(rounds: pl.DataFrame) -> list[str]:
    """`all`, then the maps, most rounds first."""
    counted = rounds.group_by("map_name").len().sort(["len", "map_name"], descending=[True, False])
    return [ALL, *counted["map_name"].to_list()]
