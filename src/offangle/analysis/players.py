"""The scoreboard: every metric per player and side."""

from typing import Final

import polars as pl

from offangle.analysis.registry import RATES, TOTALS
from offangle.core.sides import SIDES
from offangle.frames.collection import MatchFrames

BOTH_SIDES: Final = "all"
SIDE_OR_ALL: Final = (BOTH_SIDES, *SIDES)


def player_stats(player_rounds: pl.DataFrame, frames: MatchFrames) -> pl.DataFrame:
    """One row per player and side, and one over both (`all`); see `PlayerStatsTable` for the columns.

    Args:
        player_rounds: As `player_round_stats` gives them.
        frames: The match, for names, teams and the source's MVPs.
    """
    whole = player_rounds.with_columns(side=pl.lit(BOTH_SIDES))
    halves = player_rounds.filter(pl.col("side").is_not_null()).with_columns(pl.col("side").cast(pl.String))
    rows = pl.concat([whole, halves]).with_columns(pl.col("side").cast(pl.Enum(SIDE_OR_ALL)))
    totals = rows.group_by("steam_id", "side").agg(total_expressions())
    return _with_identity(totals.with_columns(rate_expressions()), frames)


def total_expressions() -> list[pl.Expr]:
    """Every total, as an aggregate over `player_round_stats`."""
    return [metric.total.alias(metric.name) for metric in TOTALS if metric.total is not None]


def rate_expressions() -> list[pl.Expr]:
    """Every rate, as an expression over totals."""
    return [metric.rate.alias(metric.name) for metric in RATES if metric.rate is not None]


def _with_identity(stats: pl.DataFrame, frames: MatchFrames) -> pl.DataFrame:
    """Add name, team, is_bot and, on the rows over both sides, the source's MVPs."""
    mvps = frames["scoreboard"].select("steam_id", "mvps", side=pl.lit(BOTH_SIDES).cast(pl.Enum(SIDE_OR_ALL)))
    return (
        stats.join(frames["players"], on="steam_id", how="left")
        .join(mvps, on=["steam_id", "side"], how="left")
        .sort("side", "team", "rating_1", "steam_id", descending=[False, False, True, False], nulls_last=True)
    )
