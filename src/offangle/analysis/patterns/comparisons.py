"""One situation against comparable rounds: the difference, its interval and its p-value."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from offangle.analysis.patterns.exact import Floats, rates_p_value, shares_p_value
from offangle.analysis.patterns.intervals import Z
from offangle.analysis.patterns.student import student_p_value, student_quantile

Stratum = tuple[int, float, int, float]
"""Events inside, rounds (or other exposure) inside, events outside, rounds outside."""

MIN_MATCHES: Final = 4
"""Matches on both sides of a comparison of whole matches: with fewer there is no telling how much matches differ."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far inside is above outside, with a 95 % interval, and how often chance alone does that.

    `baseline` is the average outside alone, its strata weighed as those of `effect`: a share stays one.
    """

    baseline: float
    effect: float
    low: float
    high: float
    p_value: float


def compare_shares(strata: Sequence[Stratum]) -> Comparison | None:
    """Mantel and Haenszel's difference of shares with Sato's interval, and the exact test; None without a contrast."""
    a, n1, b, n0 = _columns(strata)
    weights = _weights(n1, n0)
    if weights.sum() == 0:
        return None
    a, n1, b, n0, weights = (column[weights > 0] for column in (a, n1, b, n0, weights))
    total = n1 + n0
    effect = float(((a * n0 - b * n1) / total).sum() / weights.sum())
    baseline = float((b * n1 / total).sum() / weights.sum())
    p = (n1**2 * b - n0**2 * a + n1 * n0 * (n0 - n1) / 2) / total**2
    q = (a * (n0 - b) + b * (n1 - a)) / (2 * total)
    variance = max(0.0, float((effect * p.sum() + q.sum()) / weights.sum() ** 2))
    whole = [(int(one), int(in_), int(two), int(out)) for one, in_, two, out in strata]
    return _comparison(baseline, effect, variance, shares_p_value(whole), bound=1.0)


def compare_rates(strata: Sequence[Stratum]) -> Comparison | None:
    """Mantel and Haenszel's difference of rates with its interval, and the exact test; None without a contrast."""
    a, n1, b, n0 = _columns(strata)
    weights = _weights(n1, n0)
    if weights.sum() == 0:
        return None
    informative = weights > 0
    a, n1, b, n0, w = (column[informative] for column in (a, n1, b, n0, weights))
    effect = float(((a * n0 - b * n1) / (n1 + n0)).sum() / w.sum())
    baseline = float((b * n1 / (n1 + n0)).sum() / w.sum())
    variance = float((w**2 * (a / n1**2 + b / n0**2)).sum() / w.sum() ** 2)
    return _comparison(baseline, effect, variance, rates_p_value(strata))


def compare_matches(inside: Sequence[float], outside: Sequence[float]) -> Comparison | None:
    """Welch's t-test of one value per match; None with fewer than `MIN_MATCHES` on either side, or all alike."""
    one, two = np.array(inside), np.array(outside)
    if min(len(one), len(two)) < MIN_MATCHES:
        return None
    parts = one.var(ddof=1) / len(one), two.var(ddof=1) / len(two)
    variance = float(sum(parts))
    if variance == 0.0:
        return None
    freedom = variance**2 / (parts[0] ** 2 / (len(one) - 1) + parts[1] ** 2 / (len(two) - 1))
    effect, error = float(one.mean() - two.mean()), sqrt(variance)
    spread = student_quantile(float(freedom)) * error
    p_value = student_p_value(effect / error, float(freedom))
    return Comparison(float(two.mean()), effect, effect - spread, effect + spread, p_value)


def _columns(strata: Sequence[Stratum]) -> tuple[Floats, Floats, Floats, Floats]:
    table = np.array(strata, dtype=np.float64).reshape(-1, 4)
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3]


def _weights(inside: Floats, outside: Floats) -> Floats:
    total = inside + outside
    return np.divide(inside * outside, total, out=np.zeros_like(total), where=total > 0)


def _comparison(baseline: float, effect: float, variance: float, p_value: float, bound: float = np.inf) -> Comparison:
    spread = Z * sqrt(variance)
    return Comparison(baseline, effect, max(-bound, effect - spread), min(bound, effect + spread), p_value)
