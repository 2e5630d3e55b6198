"""One row per player and round: what the player did in it."""

from collections.abc import Callable
from typing import Final

import polars as pl

from offangle.analysis.clutches import clutches_per_round, last_duels_per_round
from offangle.analysis.context import Context
from offangle.analysis.damage import damage_per_round
from offangle.analysis.flashes import flashes_per_round
from offangle.analysis.kills import assists_per_round, deaths_per_round, kills_per_round
from offangle.analysis.openings import openings_per_round
from offangle.analysis.trades import trade_kills_per_round, traded_deaths_per_round, trades_per_round

KEY: Final = ["round_number", "steam_id"]

Feature = Callable[[Context], pl.DataFrame]

FEATURES: Final[tuple[Feature, ...]] = (
    lambda match: kills_per_round(match.kills),
    lambda match: deaths_per_round(match.kills),
    lambda match: assists_per_round(match.kills),
    lambda match: damage_per_round(match.damages),
    lambda match: openings_per_round(match.openings),
    lambda match: trade_kills_per_round(match.revenges),
    lambda match: traded_deaths_per_round(match.kills, match.revenges),
    lambda match: trades_per_round(match.trades),
)
"""What is counted per player and round: each gives round_number, steam_id and its columns. No row means none."""


def player_round_stats(match: Context) -> pl.DataFrame:
    """Everything counted per player and round; see `PlayerRoundStatsTable` for the columns."""
    stats = match.participants
    for feature in FEATURES:
        stats = _join_counts(stats, feature(match))
    stats = _join_flashes(stats, match)
    stats = stats.join(clutches_per_round(match.clutches), on=KEY, how="left")
    stats = stats.join(last_duels_per_round(match.last_duels), on=KEY, how="left")
    stats = stats.join(match.economy.drop("side", "class_value"), on=KEY, how="left")
    return _judge_round(stats, match)


def _join_counts(stats: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """Join a feature's columns; a player without a row in it has none, not an unknown number."""
    columns = [name for name in counts.columns if name not in KEY]
    whole = [name for name in columns if counts.schema[name].is_integer()]
    flags = [name for name in columns if counts.schema[name] == pl.Boolean]
    return stats.join(counts, on=KEY, how="left").with_columns(
        pl.col(whole).cast(pl.Int32).fill_null(0), pl.col(flags).fill_null(value=False)
    )


def _join_flashes(stats: pl.DataFrame, match: Context) -> pl.DataFrame:
    """Join what flashes did: zero where nobody was blinded, null where the source does not tell."""
    flashes = flashes_per_round(match.frames)
    joined = stats.join(flashes, on=KEY, how="left")
    columns = pl.col([name for name in flashes.columns if name not in KEY])
    return joined.with_columns(columns.fill_null(0)) if match.frames.has("blinds") else joined


def _judge_round(stats: pl.DataFrame, match: Context) -> pl.DataFrame:
    """Add `survived`, `had_kast` and `won`.

    Survival is being there at the decision and not dying in the round, also not after the decision: the scoreboard
    counts such a death. Someone who was not on a side at freeze end, or left, has not survived.
    """
    left = match.departures.select(*KEY, has_left=True)
    winners = match.rounds.select("round_number", "winner_side")
    there = pl.col("played") & ~pl.col("has_left").fill_null(value=False)
    earned = (pl.col("kills") > 0) | (pl.col("assists") > 0) | (pl.col("traded_deaths") > 0)
    return (
        stats.join(left, on=KEY, how="left")
        .join(winners, on="round_number", how="left")
        .with_columns(
            survived=there & (pl.col("deaths") == 0),
            won=pl.col("side") == pl.col("winner_side"),
        )
        .with_columns(had_kast=pl.col("played") & (pl.col("survived") | earned))
        .drop("has_left", "winner_side")
        .sort(KEY)
    )
