"""A player over many matches."""

import polars as pl

from offangle.analysis.players import rate_expressions
from offangle.analysis.registry import TOTALS


def player_averages(player_stats: pl.DataFrame) -> pl.DataFrame:
    """Add up totals over matches and take every rate of the sums, so that each round weighs the same.

    Args:
        player_stats: Rows of `player_stats` of any number of matches, oldest first.

    Returns:
        One row per steam_id and side: name (the latest), `matches`, and every metric of the registry.
    """
    sums = [
        pl.when(pl.col(metric.name).is_not_null().any()).then(pl.col(metric.name).sum()).alias(metric.name)
        for metric in TOTALS
    ]
    totals = player_stats.group_by("steam_id", "side").agg(pl.col("name").last(), *sums, matches=pl.len())
    return totals.with_columns(rate_expressions()).sort("steam_id", "side")
