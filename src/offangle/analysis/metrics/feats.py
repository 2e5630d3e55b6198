"""Multi-kills, clutches and last duels: the same figure for each size."""

from typing import Final

import polars as pl

from offangle.analysis.metrics.metric import Metric, percent, rounds_where

LARGEST: Final = 5
"""Players of a full side: the largest multi-kill and the largest clutch that have a column."""


def multi_kill(size: int) -> Metric:
    """Rounds with exactly `size` kills; the largest also holds what is beyond it, in modes with larger teams."""
    exactly = pl.col("kills") == size if size < LARGEST else pl.col("kills") >= size
    return Metric(
        name=f"multi_{size}k",
        label=f"{size}K",
        definition=f"Rounds with exactly {size} kill{'s' if size > 1 else ''}.",
        group="multi_kills",
        total=rounds_where(exactly),
    )


def clutch_attempts(size: int) -> Metric:
    """Clutches against `size` enemies."""
    return Metric(
        name=f"clutches_1v{size}",
        label=f"Clutch 1v{size}",
        definition=f"Times the player was left alone against {size}.",
        group="clutches",
        higher_is_better=None,
        total=rounds_where(pl.col("clutch_opponents") == size),
    )


def clutch_wins(size: int) -> Metric:
    """Clutches won against `size` enemies."""
    return Metric(
        name=f"clutches_1v{size}_won",
        label=f"Clutch 1v{size} won",
        definition=f"Rounds won after being left alone against {size}.",
        group="clutches",
        total=rounds_where((pl.col("clutch_opponents") == size) & pl.col("clutch_won")),
    )


SIZES: Final = range(1, LARGEST + 1)

METRICS: Final = (
    *(multi_kill(size) for size in SIZES),
    Metric(
        name="clutches_won",
        label="Clutches",
        promoted=True,
        definition="Rounds won after being left alone on the side against one or more.",
        group="clutches",
        total=rounds_where(pl.col("clutch_won")),
    ),
    Metric(
        name="clutches_lost",
        label="Clutches lost",
        promoted=True,
        definition="Rounds lost after being left alone on the side against one or more.",
        group="clutches",
        higher_is_better=False,
        total=rounds_where(~pl.col("clutch_won")),
    ),
    Metric(
        name="clutch_success",
        label="Clutch %",
        unit="%",
        definition="Share of the clutches with a known winner that were won.",
        denominator="clutches won and lost",
        decimals=0,
        group="clutches",
        rate=percent("clutches_won", pl.col("clutches_won") + pl.col("clutches_lost")),
    ),
    Metric(
        name="last_duels_won",
        label="1v1 won",
        promoted=True,
        definition="Last duels won: rounds that came down to this player against one enemy, whoever was alone first.",
        group="clutches",
        total=rounds_where(pl.col("last_duel_won")),
    ),
    Metric(
        name="last_duels_lost",
        label="1v1 lost",
        promoted=True,
        definition="Last duels lost: rounds that came down to this player against one enemy, whoever was alone first.",
        group="clutches",
        higher_is_better=False,
        total=rounds_where(~pl.col("last_duel_won")),
    ),
    Metric(
        name="last_duel_success",
        label="1v1 %",
        unit="%",
        definition="Share of the last duels with a known winner that were won.",
        denominator="last duels won and lost",
        decimals=0,
        group="clutches",
        rate=percent("last_duels_won", pl.col("last_duels_won") + pl.col("last_duels_lost")),
    ),
    *(metric(size) for size in SIZES for metric in (clutch_attempts, clutch_wins)),
)
