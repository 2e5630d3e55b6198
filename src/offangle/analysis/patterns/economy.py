"""What each economic state gave, and what follows from the round before."""

from typing import Final

import polars as pl

from offangle.analysis.patterns.intervals import rate
from offangle.analysis.patterns.rounds import known_sum, per_thousand, win_figures, with_all, with_previous

STATE: Final = ("steam_id", "side", "buy")
TRANSITION: Final = ("steam_id", "side", "previous_buy", "previous_outcome", "buy")


def economic_states(rounds: pl.DataFrame, _weapons: pl.DataFrame | None = None) -> pl.DataFrame:
    """Per player, side (and `all`) and buy class: what was won and what the equipment bought.

    Rounds whose equipment is unknown have no class and are left out.

    Returns:
        steam_id, side, buy, rounds, decided, wins, win_rate with its interval, kills, kills_per_round with its
        interval, deaths, investment (mean equipment, $), and kills_per_1000.
    """
    classed = with_all(rounds.drop_nulls("buy"), "side")
    low, high = rate(pl.col("kills").sum(), pl.len())
    return (
        classed.group_by(STATE)
        .agg(
            pl.len().cast(pl.Int32).alias("rounds"),
            **win_figures(),
            kills=pl.col("kills").sum(),
            kills_per_round=pl.col("kills").sum() / pl.len(),
            kills_per_round_low=low,
            kills_per_round_high=high,
            deaths=pl.col("deaths").sum(),
            investment=pl.col("equipment_value").mean(),
            kills_per_1000=per_thousand(
                pl.col("kills").filter(pl.col("equipment_value").is_not_null()).sum(), known_sum("equipment_value")
            ),
        )
        .sort(STATE)
    )


def economic_transitions(rounds: pl.DataFrame, _weapons: pl.DataFrame | None = None) -> pl.DataFrame:
    """Per player, side (and `all`), class and outcome of the round before: which class follows, and what it wins.

    One row per player and round first, then its round before in the same half; nothing carries over half-time. Rounds
    whose class, or the class or outcome of the round before, is unknown are left out.

    Returns:
        steam_id, side, previous_buy, previous_outcome, buy, rounds, `share` (of the rounds after that class and
        outcome), decided, wins, win_rate with its interval, kills, and investment (mean equipment, $).
    """
    followed = with_previous(rounds).drop_nulls(["buy", "previous_buy", "previous_outcome"])
    counted = (
        with_all(followed, "side")
        .group_by(TRANSITION)
        .agg(
            pl.len().cast(pl.Int32).alias("rounds"),
            **win_figures(),
            kills=pl.col("kills").sum(),
            investment=pl.col("equipment_value").mean(),
        )
    )
    share = pl.col("rounds") / pl.col("rounds").sum().over(TRANSITION[:-1])
    return counted.with_columns(share=share).sort(TRANSITION)
