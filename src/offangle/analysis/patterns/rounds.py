"""What every question asks of the rounds: totals beside parts, and the round before."""

from typing import Final

import polars as pl

from offangle.analysis.patterns.intervals import wilson
from offangle.analysis.patterns.tables import OUTCOMES
from offangle.core.terms import PLAYER_BUYS

ALL: Final = "all"
"""Stands for every value of a column: both sides, all maps."""


def with_all(rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """`rows` once as they are, and again for each of `columns` with its value replaced by `all`.

    A row whose value is unknown counts under `all` only.
    """
    for column in columns:
        named = rows.with_columns(pl.col(column).cast(pl.String))
        rows = pl.concat([named.filter(pl.col(column).is_not_null()), named.with_columns(pl.lit(ALL).alias(column))])
    return rows


def with_previous(rounds: pl.DataFrame) -> pl.DataFrame:
    """Add `previous_buy` and `previous_outcome` (won, lost) of the player's round before, inside the same half.

    Null in a half's first round, after a round that the player missed, and where the round before is unknown.
    """
    key = ["match_id", "steam_id", "half", "round_number"]
    outcome = pl.when("won").then(pl.lit("won")).when(~pl.col("won")).then(pl.lit("lost"))
    before = rounds.select(
        "match_id",
        "steam_id",
        "half",
        pl.col("round_number") + 1,
        previous_buy=pl.col("buy").cast(pl.Enum(PLAYER_BUYS)),
        previous_outcome=outcome.cast(pl.Enum(OUTCOMES)),
    )
    return rounds.join(before, on=key, how="left", maintain_order="left")


def win_figures() -> dict[str, pl.Expr]:
    """`decided`, `wins`, `win_rate` and its Wilson interval; rounds without a known winner are left out."""
    decided, wins = pl.col("won").count(), pl.col("won").sum()
    low, high = wilson(wins, decided)
    return {
        "decided": decided,
        "wins": wins,
        "win_rate": pl.when(decided > 0).then(wins / decided),
        "win_rate_low": low,
        "win_rate_high": high,
    }


def known_sum(column: str) -> pl.Expr:
    """Sum over the rounds that know it; null where none does."""
    return pl.when(pl.col(column).count() > 0).then(pl.col(column).sum())


def per_thousand(events: pl.Expr, dollars: pl.Expr) -> pl.Expr:
    """Events per 1000 dollars; null where nothing was spent."""
    return pl.when(dollars > 0).then(events * 1000 / dollars)
