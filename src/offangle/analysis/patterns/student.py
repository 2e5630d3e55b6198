"""Student's t: tail probability and 95 % quantile, for any degrees of freedom."""

from math import exp, lgamma, log, log1p
from typing import Final

MOST_TERMS: Final = 500
PRECISION: Final = 1e-14
TINY: Final = 1e-300
"""Keeps a denominator of the continued fraction from being zero (Lentz)."""

TAIL: Final = 0.05
WIDEST: Final = 1e4
"""Beyond the 95 % quantile of any distribution with a degree of freedom or more (12.7)."""


def student_p_value(t: float, freedom: float) -> float:
    """The probability of a value as far from zero as `t`, on either side."""
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


def student_quantile(freedom: float) -> float:
    """The value beyond which, on either side, 5 % lie; by bisection."""
    low, high = 0.0, WIDEST
    while high - low > PRECISION * high + 1e-10:
        middle = (low + high) / 2
        low, high = (middle, high) if student_p_value(middle, freedom) > TAIL else (low, middle)
    return (low + high) / 2


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularized incomplete beta function of `x` in [0, 1]."""
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1.0 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    c, d = 1.0, 1.0 / _not_zero(1.0 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d, c = 1.0 / _not_zero(1.0 + term * d), _not_zero(1.0 + term / c)
            result *= c * d
        if abs(c * d - 1.0) < PRECISION:
            break
    return result


def _not_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY
