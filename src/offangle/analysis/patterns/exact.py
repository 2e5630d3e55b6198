"""Exact tests within strata, and the control of false discoveries.

A stratum is a set of rounds that are alike but for the situation in question, as a rule those of one match. Under the
hypothesis of no pattern the events of a stratum fall on its rounds regardless of the situation; the distribution of
their number over all strata is the convolution of those of each stratum, and needs no approximation.
"""

from collections.abc import Iterable
from math import lgamma
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TIE_SLACK: Final = 1e-7
"""Outcomes as likely as the observed one up to rounding count as such, as other statistics programs do."""


def hypergeometric(inside: int, total: int, events: int) -> Floats:
    """Probabilities of 0 … `events` events among `inside` of `total` rounds, `events` of which have one."""
    lowest, highest = max(0, events - (total - inside)), min(inside, events)
    logs = np.array(
        [
            _log_choose(inside, k) + _log_choose(total - inside, events - k) - _log_choose(total, events)
            if lowest <= k <= highest
            else -np.inf
            for k in range(events + 1)
        ]
    )
    found: Floats = np.exp(logs)
    return found


def binomial(events: int, share: float) -> Floats:
    """Probabilities of 0 … `events` of `events` events, each with probability `share`."""
    if share <= 0.0 or share >= 1.0:
        certain = np.zeros(events + 1)
        certain[0 if share <= 0.0 else events] = 1.0
        return certain
    logs = [_log_choose(events, k) + k * np.log(share) + (events - k) * np.log1p(-share) for k in range(events + 1)]
    found: Floats = np.exp(np.array(logs))
    return found


def two_sided(distribution: Floats, observed: int) -> float:
    """The probability of everything that is not more likely than `observed`."""
    limit = distribution[observed] * (1 + TIE_SLACK)
    return float(min(1.0, distribution[distribution <= limit].sum()))


def shares_p_value(strata: Iterable[tuple[int, int, int, int]]) -> float:
    """Two-sided exact p-value that a share is the same inside and outside of a situation.

    Args:
        strata: Per stratum: events inside, rounds inside, events outside, rounds outside. One stratum makes it
            Fisher's exact test.
    """
    distribution, observed = np.ones(1), 0
    for events_in, inside, events_out, outside in strata:
        part = hypergeometric(inside, inside + outside, events_in + events_out)
        distribution, observed = np.convolve(distribution, part), observed + events_in
    return two_sided(distribution, observed)


def rates_p_value(strata: Iterable[tuple[int, float, int, float]]) -> float:
    """Two-sided exact p-value that events per exposure are the same inside and outside of a situation.

    Args:
        strata: Per stratum: events inside, exposure inside, events outside, exposure outside. One stratum makes it
            the conditional test of two Poisson rates, a binomial test.
    """
    distribution, observed = np.ones(1), 0
    for events_in, inside, events_out, outside in strata:
        total = inside + outside
        part = binomial(events_in + events_out, inside / total if total > 0 else 0.0)
        distribution, observed = np.convolve(distribution, part), observed + events_in
    return two_sided(distribution, observed)


def q_values(p_values: Floats) -> Floats:
    """Benjamini and Hochberg: for each p-value the false discovery rate at which it is just accepted."""
    count = len(p_values)
    order = np.argsort(p_values)
    scaled = p_values[order] * count / np.arange(1, count + 1)
    found = np.empty(count)
    found[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.minimum(found, 1.0)


def _log_choose(total: int, chosen: int) -> float:
    return lgamma(total + 1) - lgamma(chosen + 1) - lgamma(total - chosen + 1)
