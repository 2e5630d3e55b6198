"""The rows of a match, made from its tables: every value fits its column before the database sees it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import polars as pl

from offangle.analysis.registry import PLAYER_METRICS, PROMOTED
from offangle.core.sides import TEAMS
from offangle.db.models import Match, PlayerMatchStat, PlayerRoundState, Round
from offangle.db.models.players import ARMOR_MAX, HEALTH_MAX, MONEY_MAX

ROUND_COLUMNS: Final = (
    "kind", "half", "start_tick", "freeze_end_tick", "end_tick", "team_a_side", "winner_side", "winner_team", "reason",
    "duration_s", "t_buy", "ct_buy",
)  # fmt: skip
STATE_COLUMNS: Final = (
    "side", "health", "armor", "has_helmet", "has_defuse_kit", "money", "equipment_value", "buy", "kills", "deaths",
    "assists", "headshot_kills", "damage", "survived", "played", "opening_kill", "opening_death",
)  # fmt: skip
BOUNDS: Final = {"health": HEALTH_MAX, "armor": ARMOR_MAX, "money": MONEY_MAX}

MAX_NAME: Final = 128
LISTED_AT_MOST: Final = 20


@dataclass(slots=True)
class Bounds:
    """Values outside the game's bounds: stored as not known, and said so in a check of their own."""

    outside: list[str] = field(default_factory=list)

    def held(self, row: Mapping[str, Any], name: str) -> Any:
        """The value of `name` in `row` if the database takes it, else None."""
        value = row[name]
        if value is None or 0 <= value <= BOUNDS[name]:
            return value
        self.outside.append(f"round {row['round_number']}: {row['steam_id']} has {name} {value}")
        return None

    def check(self) -> dict[str, Any]:
        """The entry for the match's checks."""
        more = len(self.outside) - LISTED_AT_MOST
        return {
            "name": "state_bounds",
            "label": "Health, armor and money within the game's bounds",
            "ok": not self.outside,
            "expected": ", ".join(f"{name} 0 to {top}" for name, top in BOUNDS.items()),
            "found": f"{len(self.outside)} outside, stored as not known",
            "detail": "; ".join(self.outside[:LISTED_AT_MOST]) + (f"; and {more} more" if more > 0 else ""),
        }


def text(value: str | None, longest: int) -> str:
    """A word from a recording as a column takes it: PostgreSQL knows no NUL, and columns end somewhere."""
    return (value or "").replace("\0", "")[:longest]


def number(value: Any) -> Any:
    """A figure as SQL and JSON take it: NaN and infinities are not known."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


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
        **_score(match, rounds),
    }


def _score(match: Mapping[str, Any], rounds: pl.DataFrame) -> dict[str, int]:
    """The score as the source states it; as counted where it states none."""
    counted = {team: rounds.filter(pl.col("winner_team") == team).height for team in TEAMS}
    stated = {team: match[f"score_{team}"] for team in TEAMS}
    return {f"score_{team}": counted[team] if stated[team] is None else stated[team] for team in TEAMS}


def check_entries(checks: pl.DataFrame) -> list[dict[str, Any]]:
    """Table `checks` as JSON."""
    return [
        {name: value.replace("\0", "") if isinstance(value, str) else value for name, value in row.items()}
        for row in checks.iter_rows(named=True)
    ]


def round_rows(match: Match, rounds: pl.DataFrame) -> list[Round]:
    """One row per counted round, from table `round_stats`."""
    return [
        Round(match=match, number=row["round_number"], **{name: number(row[name]) for name in ROUND_COLUMNS})
        for row in rounds.iter_rows(named=True)
    ]


def stat_rows(match: Match, stats: pl.DataFrame) -> list[PlayerMatchStat]:
    """One row per player and side, from table `player_stats`."""
    return [_stat_row(match, row) for row in stats.iter_rows(named=True)]


def _stat_row(match: Match, row: Mapping[str, Any]) -> PlayerMatchStat:
    metrics = {metric.name: number(row[metric.name]) for metric in PLAYER_METRICS}
    return PlayerMatchStat(
        match=match,
        steam_account_id=row["steam_id"],
        side=row["side"],
        team=row["team"],
        name=text(row["name"], MAX_NAME),
        metrics=metrics,
        **{metric.name: metrics[metric.name] for metric in PROMOTED},
    )


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


def state_rows(
    match: Match, rounds: Mapping[int, Round], states: pl.DataFrame, bounds: Bounds
) -> list[PlayerRoundState]:
    """One row per row of `state_table`."""
    return [
        PlayerRoundState(
            match=match,
            round=rounds[row["round_number"]],
            steam_account_id=row["steam_id"],
            **{name: bounds.held(row, name) if name in BOUNDS else row[name] for name in STATE_COLUMNS},
        )
        for row in states.iter_rows(named=True)
    ]


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
