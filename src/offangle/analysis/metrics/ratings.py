"""Ratings: fits of a player's figures to one number around 1."""

from typing import Final

import polars as pl

from offangle.analysis.metrics.metric import Metric, per_round, percent, ratio

RATING_1_MEAN_KPR: Final = 0.679
RATING_1_MEAN_SURVIVAL: Final = 0.317
RATING_1_MEAN_MULTI: Final = 1.277
RATING_1_SURVIVAL_WEIGHT: Final = 0.7
RATING_1_SCALE: Final = 2.7
"""The published Rating 1.0: three parts relative to the average player's, the second weighted, over their sum."""

RATING_1_MULTI_WEIGHTS: Final = (1, 4, 9, 16, 25)
"""A round with k kills weighs k squared."""

IMPACT_KPR: Final = 2.13
IMPACT_APR: Final = 0.42
IMPACT_OFFSET: Final = -0.41

RATING_2_KAST: Final = 0.00738764
RATING_2_KPR: Final = 0.35912389
RATING_2_DPR: Final = -0.5329508
RATING_2_IMPACT: Final = 0.2372603
RATING_2_ADR: Final = 0.0032397
RATING_2_OFFSET: Final = 0.15872723
"""A public fit of the unpublished Rating 2.0 (R² 0.995 on career aggregates); always shown as an estimate."""


def rating_1() -> pl.Expr:
    """Rating 1.0 from kills, survived rounds and multi-kills per round."""
    multi = pl.sum_horizontal(
        pl.col(f"multi_{size}k") * weight for size, weight in enumerate(RATING_1_MULTI_WEIGHTS, start=1)
    )
    kills = per_round("kills") / RATING_1_MEAN_KPR
    survival = per_round("survived_rounds") / RATING_1_MEAN_SURVIVAL
    return (
        kills + RATING_1_SURVIVAL_WEIGHT * survival + ratio(multi, "rounds_played") / RATING_1_MEAN_MULTI
    ) / RATING_1_SCALE


def impact() -> pl.Expr:
    """Impact from kills and assists per round."""
    return IMPACT_KPR * per_round("kills") + IMPACT_APR * per_round("assists") + IMPACT_OFFSET


def rating_2_estimate() -> pl.Expr:
    """Rating 2.0, estimated."""
    return (
        RATING_2_KAST * percent("kast_rounds", "rounds_played")
        + RATING_2_KPR * per_round("kills")
        + RATING_2_DPR * per_round("deaths")
        + RATING_2_IMPACT * impact()
        + RATING_2_ADR * per_round("damage")
        + RATING_2_OFFSET
    )


METRICS: Final = (
    Metric(
        name="impact",
        label="Impact",
        definition="2.13 x kills per round + 0.42 x assists per round - 0.41.",
        denominator="rounds played",
        decimals=2,
        group="ratings",
        rate=impact(),
    ),
    Metric(
        name="rating_1",
        label="Rating 1.0",
        promoted=True,
        definition="Kills, survival and multi-kills per round, each relative to an average player's; 1 is average.",
        denominator="rounds played",
        decimals=2,
        group="ratings",
        rate=rating_1(),
    ),
    Metric(
        name="rating_2_est",
        label="Rating 2.0 (est.)",
        promoted=True,
        definition="A public fit of an unpublished formula from KAST, KPR, DPR, Impact and ADR; an estimate.",
        denominator="rounds played",
        decimals=2,
        group="ratings",
        rate=rating_2_estimate(),
    ),
)
