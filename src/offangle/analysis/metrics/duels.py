"""Opening duels and trades."""

from typing import Final

import polars as pl

from offangle.analysis.metrics.metric import Metric, percent, rounds_where, summed

METRICS: Final = (
    Metric(
        name="opening_kills",
        label="OK",
        promoted=True,
        definition="Rounds whose first kill was the player's.",
        group="opening",
        total=rounds_where(pl.col("opening_kill")),
    ),
    Metric(
        name="opening_deaths",
        label="OD",
        promoted=True,
        definition="Rounds whose first kill was of the player.",
        group="opening",
        higher_is_better=False,
        total=rounds_where(pl.col("opening_death")),
    ),
    Metric(
        name="opening_attempts",
        label="Openings",
        definition="Opening duels taken: opening kills and opening deaths together.",
        group="opening",
        higher_is_better=None,
        total=rounds_where(pl.col("opening_kill") | pl.col("opening_death")),
    ),
    Metric(
        name="trade_kills",
        label="TK",
        promoted=True,
        definition="Kills of an enemy who had killed a team-mate at most 5.0 s before.",
        group="trades",
        total=summed("trade_kills"),
    ),
    Metric(
        name="traded_deaths",
        label="TD",
        promoted=True,
        definition="Own deaths whose killer died to a team-mate within 5.0 s.",
        group="trades",
        higher_is_better=None,
        total=summed("traded_deaths"),
    ),
    Metric(
        name="trade_opportunities",
        label="Trade opp.",
        definition="Team-mates killed by a living enemy while the player was alive, at any distance.",
        group="trades",
        higher_is_better=None,
        total=summed("trade_opportunities"),
    ),
    Metric(
        name="trade_attempts",
        label="Trade att.",
        definition="Of the opportunities, those in which the player hurt the killer within 5.0 s.",
        group="trades",
        total=summed("trade_attempts"),
    ),
    Metric(
        name="trade_successes",
        label="Trade succ.",
        definition="Of the opportunities, those in which the player killed the killer within 5.0 s.",
        group="trades",
        total=summed("trade_successes"),
    ),
    Metric(
        name="opening_success",
        label="Opening %",
        unit="%",
        definition="Share of the opening duels taken that the player won.",
        denominator="opening attempts",
        decimals=0,
        group="opening",
        rate=percent("opening_kills", "opening_attempts"),
    ),
    Metric(
        name="trade_success",
        label="Trade %",
        unit="%",
        definition="Share of the trade opportunities that the player turned into a kill.",
        denominator="trade opportunities",
        decimals=0,
        group="trades",
        rate=percent("trade_successes", "trade_opportunities"),
    ),
)
