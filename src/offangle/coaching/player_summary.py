"""Everything that the pages of one player say over many matches, worked out once: plain values that JSON takes."""

import json
from typing import Any, Final

import polars as pl

from offangle.analysis.patterns.findings import find_patterns
from offangle.analysis.patterns.registry import EFFECTIVENESS, PATTERN_TABLES, pattern_table
from offangle.analysis.patterns.rounds import with_previous
from offangle.analysis.patterns.tables import UNKNOWN_WEAPON
from offangle.coaching.patterns_text import chance_text, describe_patterns, finding_text, is_good

SUMMARY_VERSION: Final = 1
"""Raise it when the same rounds would give other figures or words."""

LINK: Final = ["match_id", "round_number"]
ROUND_FACTS: Final = ("map_name", "side", "buy", "previous_buy", "previous_outcome")
"""What is kept of each round, so that the rounds behind any figure can be told."""


def player_summary(rounds: pl.DataFrame, weapons: pl.DataFrame, steam_id: int) -> dict[str, Any]:
    """A player's patterns with the rounds behind them.

    Args:
        rounds: The player's `pattern_rounds`.
        weapons: The player's `pattern_weapons`.
        steam_id: The player.

    Returns:
        rounds (how many), tables (rows of each pattern table by its name), strengths and weaknesses (text, rounds,
        q_value, chance, advice and links), empty (why a part says nothing), and what `played_rounds` gives.
    """
    tables = {table.name: pattern_table(table.name, rounds, weapons) for table in PATTERN_TABLES}
    findings = find_patterns(rounds, weapons, steam_id=steam_id)
    text = describe_patterns(findings, rounds, tables[EFFECTIVENESS.name])
    own = [row for row in findings.iter_rows(named=True) if not row["is_commonplace"]]
    bad = [row for row in own if not is_good(row)]
    return {
        "rounds": rounds.height,
        "tables": {name: _rows(table) for name, table in tables.items()},
        "strengths": [_finding(row) for row in own if is_good(row)],
        "weaknesses": [_finding(row, advice.text) for row, advice in zip(bad, text.to_try, strict=True)],
        "empty": list(text.empty),
        **played_rounds(rounds, weapons),
    }


def played_rounds(rounds: pl.DataFrame, weapons: pl.DataFrame) -> dict[str, Any]:
    """The rounds themselves, small enough to keep.

    Returns:
        matches (their ids, in the order of play), facts (per round in that order: place of its match, number, and
        `ROUND_FACTS`) and weapons (by name, the places among the facts of the rounds in which it was in hand).
    """
    played = with_previous(rounds).sort("played_order", "round_number")
    matches = played["match_id"].unique(maintain_order=True).to_list()
    places = pl.DataFrame({"match_id": matches}, schema={"match_id": pl.String}).with_row_index("place")
    told = played.join(places, on="match_id", maintain_order="left").with_row_index("fact")
    in_hand = weapons.filter(pl.col("was_active") & (pl.col("weapon") != UNKNOWN_WEAPON))
    used = in_hand.join(told.select("match_id", "round_number", "fact"), on=LINK)
    by_weapon = (
        used.sort("fact").group_by("weapon", maintain_order=True).agg(pl.col("fact").unique(maintain_order=True))
    )
    return {
        "matches": matches,
        "facts": [list(row) for row in told.select("place", "round_number", *ROUND_FACTS).rows()],
        "weapons": dict(by_weapon.rows()),
    }


def _rows(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON has them: no enums, and nothing that is not a number."""
    found: list[dict[str, Any]] = json.loads(table.write_json())
    return found


def _finding(row: dict[str, Any], advice: str = "") -> dict[str, Any]:
    return {
        "text": finding_text(row),
        "rounds": row["rounds"],
        "q_value": row["q_value"],
        "chance": chance_text(row["q_value"]),
        "advice": advice,
        "links": [[link["match_id"], link["round_number"]] for link in row["links"]],
    }
