"""What the rows of a match hold, made from its tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl

from offangle.analysis.registry import PLAYER_METRICS
from offangle.core.scores import Score, final_score
from offangle.core.sides import TEAMS
from offangle.flows.rows import MAX_NAME, ROUND_COLUMNS, STATE_COLUMNS, number, text


def match_values(match: Mapping[str, Any], rounds: pl.DataFrame) -> dict[str, Any]:
    """Columns of the match, from its one row of table `match` and its counted rounds of table `round_stats`."""
    return {
        "source": match["source"],
        "map_name": text(match["map_name"], 64),
        "game_mode": text(match["game_mode"], 32),
        "server_name": text(match["server_name"], 200),
        "played_at": match["played_at"],
        "duration_s": number(match["duration_s"]),
        "tick_rate": match["tick_rate"],
        "team_a_name": text(match["team_a_name"], 100),
        "team_b_name": text(match["team_b_name"], 100),
        "rounds_played": rounds.height,
        "is_simulated": match["is_simulated"],
        **{f"score_{team}": won for team, won in _score(match, rounds).items()},
    }


def _score(match: Mapping[str, Any], rounds: pl.DataFrame) -> Score:
    return final_score({team: match[f"score_{team}"] for team in TEAMS}, rounds["winner_team"].to_list())


def check_entries(checks: pl.DataFrame) -> list[dict[str, Any]]:
    """Table `checks` as JSON."""
    return [
        {name: value.replace("\0", "") if isinstance(value, str) else value for name, value in row.items()}
        for row in checks.iter_rows(named=True)
    ]


def round_rows(rounds: pl.DataFrame) -> list[dict[str, Any]]:
    """One row per counted round, from table `round_stats`."""
    return [
        {"number": row["round_number"], **{name: row[name] for name in ROUND_COLUMNS}}
        for row in rounds.iter_rows(named=True)
    ]


def stat_rows(stats: pl.DataFrame) -> list[dict[str, Any]]:
    """One row per player and side, from table `player_stats`."""
    return [
        {
            **{name: row[name] for name in ("steam_id", "side", "team", "name")},
            "metrics": {metric.name: row[metric.name] for metric in PLAYER_METRICS},
        }
        for row in stats.iter_rows(named=True)
    ]


def state_table(player_rounds: pl.DataFrame, economy: pl.DataFrame, vitals: pl.DataFrame) -> pl.DataFrame:
    """One row per counted round and player with a side: what `PlayerRoundState` holds.

    Args:
        player_rounds: Table `player_round_stats`.
        economy: Table `economy`.
        vitals: round_number, steam_id, health, armor at freeze end.
    """
    kit = economy.select("round_number", "steam_id", "has_helmet", "has_defuse_kit")
    return (
        player_rounds.filter(pl.col("side").is_not_null())
        .join(kit, on=["round_number", "steam_id"], how="left")
        .join(vitals, on=["round_number", "steam_id"], how="left")
        .with_columns(money="money_left")
        .select("round_number", "steam_id", *STATE_COLUMNS)
        .sort("round_number", "steam_id")
    )


def vitals_at_freeze_end(ticks: pl.DataFrame, rounds: pl.DataFrame) -> pl.DataFrame:
    """Health and armor of each player at the last sample up to freeze end: round_number, steam_id, health, armor.

    Args:
        ticks: At least tick, round_number, steam_id, health and armor.
        rounds: round_number and freeze_end_tick.
    """
    return (
        ticks.lazy()
        .join(rounds.lazy().select("round_number", "freeze_end_tick"), on="round_number")
        .filter(pl.col("tick") <= pl.col("freeze_end_tick"))
        .sort("tick")
        .group_by("round_number", "steam_id")
        .agg(pl.col("health").last(), pl.col("armor").last())
        .collect()
    )


def account_names(players: pl.DataFrame, others: Iterable[int]) -> dict[int, str]:
    """Every Steam id that the rows name, with the player's name; sorted, so that all publishers lock in one order."""
    names = dict.fromkeys(others, "")
    names |= {row["steam_id"]: text(row["name"], MAX_NAME) for row in players.iter_rows(named=True)}
    return dict(sorted(names.items()))


@dataclass(frozen=True, slots=True)
class RowTables:
    """What the rows of a match are made from.

    Attributes:
        match_id: The match.
        match: The row of table `match`.
        players: Table `players`.
        parsers: Table `parsers`.
        economy: Table `economy`, empty where the source has none.
        vitals: As `vitals_at_freeze_end` gives them.
        weapons: As `weapon_table` gives it.
        derived: Tables `player_stats`, `round_stats`, `player_round_stats` and `checks`.
        seen_at: Now, for a match that is published the first time.
    """

    match_id: UUID
    match: Mapping[str, Any]
    players: pl.DataFrame
    parsers: pl.DataFrame
    economy: pl.DataFrame
    vitals: pl.DataFrame
    weapons: pl.DataFrame
    derived: Mapping[str, pl.DataFrame]
    seen_at: datetime
