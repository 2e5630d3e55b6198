"""95 % intervals on whole columns. None of them draws random numbers."""

from typing import Final

import polars as pl

Z: Final = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""


def wilson(events: pl.Expr, trials: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Wilson's score interval of a share; null where nothing was tried."""
    trials = trials.cast(pl.Float64)
    share = events / trials
    spread = Z * (share * (1 - share) / trials + Z**2 / (4 * trials**2)).sqrt()
    middle, scale = share + Z**2 / (2 * trials), 1 + Z**2 / trials
    known = trials > 0
    low = pl.when(events == 0).then(0.0).otherwise(((middle - spread) / scale).clip(0.0, 1.0))
    high = pl.when(events == trials).then(1.0).otherwise(((middle + spread) / scale).clip(0.0, 1.0))
    return pl.when(known).then(low), pl.when(known).then(high)


def wilson_interval(events: int, trials: int) -> tuple[float, float]:
    """Wilson's interval of one share; at least one trial."""
    low, high = wilson(pl.lit(events), pl.lit(trials))
    row: tuple[float, float] = pl.select(low=low, high=high).row(0)
    return row


def poisson_mean(events: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Byar's approximation of the exact interval of a Poisson count; divide by the exposure for a rate.

    Kills of a round vary less than a Poisson count of the same mean, so the interval is on the safe side.
    """
    above = events + 1
    low = events * (1 - 1 / (9 * events) - Z / (3 * events.sqrt())).pow(3)
    high = above * (1 - 1 / (9 * above) + Z / (3 * above.sqrt())).pow(3)
    return pl.when(events > 0).then(low.clip(lower_bound=0.0)).otherwise(0.0), high


def rate(events: pl.Expr, exposure: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The interval of events per unit of exposure; null where there was none."""
    low, high = poisson_mean(events.cast(pl.Float64))
    return pl.when(exposure > 0).then(low / exposure), pl.when(exposure > 0).then(high / exposure)


def t_quantile(freedom: pl.Expr) -> pl.Expr:
    """Two-sided 95 % quantile of Student's t by four terms of the Cornish-Fisher expansion.

    Within 0.5 % from four degrees of freedom on, the fewest that are used.
    """
    first = (Z**3 + Z) / 4
    second = (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96
    third = (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384
    return Z + first / freedom + second / freedom**2 + third / freedom**3
