"""Maps and sides, and where deaths fall."""

from typing import Final

import polars as pl

from offangle.analysis.patterns.intervals import rate, wilson
from offangle.analysis.patterns.rounds import ALL, win_figures, with_all

PLACE: Final = ("steam_id", "map_name", "side")
RISK: Final = ("steam_id", "situation", "value")


def map_and_side(rounds: pl.DataFrame, _weapons: pl.DataFrame | None = None) -> pl.DataFrame:
    """Per player, map (and `all`) and side (and `all`): rounds won, kills, deaths and damage.

    Returns:
        steam_id, map_name, side, matches, rounds, decided, wins, win_rate with its interval, kills, deaths, kd_ratio,
        kills_per_round with its interval, and adr (over the rounds whose damage is known).
    """
    kills, deaths, played = pl.col("kills").sum(), pl.col("deaths").sum(), pl.len()
    low, high = rate(kills, played)
    return (
        with_all(rounds, "map_name", "side")
        .group_by(PLACE)
        .agg(
            pl.col("match_id").n_unique().cast(pl.Int32).alias("matches"),
            played.cast(pl.Int32).alias("rounds"),
            **win_figures(),
            kills=kills,
            deaths=deaths,
            kd_ratio=pl.when(deaths > 0).then(kills / deaths),
            kills_per_round=kills / played,
            kills_per_round_low=low,
            kills_per_round_high=high,
            adr=pl.col("damage").mean(),
        )
        .sort(PLACE)
    )


def death_risk(rounds: pl.DataFrame, _weapons: pl.DataFrame | None = None) -> pl.DataFrame:
    """How often the player dies, by situation: over all, side, buy class, map, own kill, and opening duel.

    `own_kill` sets rounds with a kill of one's own beside those without; a dead player seldom kills, so the death came
    after the kill. `opening` says how the first duel of the round ended for the player: `death` is the round's first
    death and shows which share of all deaths those are. Rounds whose survival is unknown are left out.

    Returns:
        steam_id, situation, value, rounds, deaths (rounds in which the player died), death_rate with its interval,
        and `share_of_deaths`.
    """
    judged = rounds.filter(pl.col("survived").is_not_null() | (pl.col("deaths") > 0))
    table = pl.concat(_in_situation(judged, name, value) for name, value in RISK_SITUATIONS.items())
    died, played = pl.col("died").sum().cast(pl.Int32), pl.len()
    low, high = wilson(died, played)
    counted = table.group_by(RISK).agg(
        rounds=played.cast(pl.Int32), deaths=died, death_rate=died / played, death_rate_low=low, death_rate_high=high
    )
    total = pl.col("deaths").sum().over("steam_id", "situation")
    return counted.with_columns(share_of_deaths=pl.when(total > 0).then(pl.col("deaths") / total)).sort(RISK)


RISK_SITUATIONS: Final[dict[str, pl.Expr]] = {
    "all": pl.lit(ALL),
    "side": pl.col("side").cast(pl.String),
    "buy": pl.col("buy").cast(pl.String),
    "map": pl.col("map_name"),
    "own_kill": pl.when(pl.col("kills") > 0).then(pl.lit("yes")).otherwise(pl.lit("no")),
    "opening": pl.when("opening_kill")
    .then(pl.lit("kill"))
    .when("opening_death")
    .then(pl.lit("death"))
    .when(pl.col("opening_kill").is_not_null())
    .then(pl.lit("none")),
}
"""What deaths are counted by: a name, and the value of a round."""


def _in_situation(rounds: pl.DataFrame, name: str, value: pl.Expr) -> pl.DataFrame:
    """steam_id, situation, value, died; rounds whose value is unknown are left out."""
    return rounds.select("steam_id", situation=pl.lit(name), value=value, died=pl.col("deaths") > 0).drop_nulls("value")
