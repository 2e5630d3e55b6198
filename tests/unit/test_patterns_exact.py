"""Tests, intervals and the control of false discoveries, against values from tables and against enumeration."""

from itertools import product
from math import comb

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offangle.analysis.patterns.comparisons import compare_matches, compare_rates, compare_shares
from offangle.analysis.patterns.exact import binomial, hypergeometric, q_values, rates_p_value, shares_p_value
from offangle.analysis.patterns.intervals import poisson_mean, rate, t_quantile, wilson, wilson_interval
from offangle.analysis.patterns.student import incomplete_beta, student_p_value, student_quantile


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ((3, 4, 1, 4), 0.4857142857142857),  # the lady tasting tea
        ((8, 10, 1, 6), 0.03496503496503495),
        ((0, 5, 0, 7), 1.0),
        ((5, 5, 7, 7), 1.0),
        ((10, 10, 0, 10), 2 / comb(20, 10)),
    ],
)
def test_one_stratum_is_fishers_exact_test(table: tuple[int, int, int, int], expected: float) -> None:
    assert shares_p_value([table]) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("events", "of", "expected"), [(9, 10, 0.021484375), (5, 10, 1.0), (0, 8, 2 / 2**8)])
def test_one_stratum_of_equal_exposures_is_the_binomial_test(events: int, of: int, expected: float) -> None:
    assert rates_p_value([(events, 30.0, of - events, 30.0)]) == pytest.approx(expected)


stratum = st.tuples(st.integers(0, 4), st.integers(0, 4)).flatmap(
    lambda size: st.tuples(st.integers(0, size[0]), st.just(size[0]), st.integers(0, size[1]), st.just(size[1]))
)


def enumerated(strata: list[tuple[int, int, int, int]]) -> float:
    """The p-value by listing every way in which the events of each stratum may fall on its rounds."""
    observed = sum(s[0] for s in strata)
    outcomes: dict[int, float] = {}
    for ways in product(*(range(a + b + 1) for a, _, b, _ in strata)):
        weight = 1.0
        for k, (a, n1, b, n0) in zip(ways, strata, strict=True):
            weight *= comb(n1, k) * comb(n0, a + b - k) / comb(n1 + n0, a + b)
        outcomes[sum(ways)] = outcomes.get(sum(ways), 0.0) + weight
    return sum(p for p in outcomes.values() if p <= outcomes[observed] * (1 + 1e-7))


@settings(max_examples=60, deadline=None)
@given(st.lists(stratum, min_size=1, max_size=4))
def test_several_strata_equal_the_enumeration(strata: list[tuple[int, int, int, int]]) -> None:
    assert shares_p_value(strata) == pytest.approx(min(1.0, enumerated(strata)), rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.floats(0.0, 1.0))
def test_distributions_sum_to_one(inside: int, outside: int, events: int, share: float) -> None:
    total = inside + outside
    assert hypergeometric(inside, total, min(events, total)).sum() == pytest.approx(1.0)
    assert binomial(events, share).sum() == pytest.approx(1.0)


def test_many_strata_stay_exact_and_quick() -> None:
    assert shares_p_value([(7, 12, 6, 12)] * 200) < 1e-3
    assert shares_p_value([(6, 12, 6, 12)] * 200) == pytest.approx(1.0)


def test_q_values_are_those_of_benjamini_and_hochberg() -> None:
    found = q_values(np.array([0.05, 0.01, 0.04, 0.02, 0.03]))
    assert found == pytest.approx([0.05] * 5)
    assert q_values(np.array([0.001, 0.5, 0.9])) == pytest.approx([0.003, 0.75, 0.9])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30))
def test_q_values_accept_what_the_step_up_procedure_accepts(p_values: list[float]) -> None:
    ranked = sorted(p_values)
    passing = [p for rank, p in enumerate(ranked, 1) if p <= 0.1 * rank / len(ranked)]
    limit = max(passing, default=-1.0)
    accepted = q_values(np.array(p_values)) <= 0.1
    clear = [abs(p * len(ranked) / rank - 0.1) > 1e-9 for rank, p in enumerate(ranked, 1)]
    if all(clear):
        assert list(accepted) == [p <= limit for p in p_values]


@pytest.mark.parametrize(
    ("events", "trials", "low", "high"),
    [(8, 10, 0.4901625, 0.9433178), (0, 10, 0.0, 0.2775328), (10, 10, 0.7224672, 1.0), (1, 2, 0.0945312, 0.9054688)],
)
def test_wilson(events: int, trials: int, low: float, high: float) -> None:
    assert wilson_interval(events, trials) == pytest.approx((low, high), abs=1e-6)


def test_no_trials_have_no_interval() -> None:
    low, high = wilson(pl.lit(0), pl.lit(0))
    rate_low, rate_high = rate(pl.lit(0), pl.lit(0.0))
    assert pl.select(a=low, b=high, c=rate_low, d=rate_high).row(0) == (None, None, None, None)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 3.688879), (1, 0.025318, 5.571643), (10, 4.795389, 18.390356), (100, 81.3637, 121.6269)],
)
def test_byars_interval_is_near_the_exact_one(count: int, low: float, high: float) -> None:
    ends = poisson_mean(pl.lit(float(count)))
    found = pl.select(low=ends[0], high=ends[1]).row(0)
    assert found[0] == pytest.approx(low, abs=0.02)
    assert found[1] == pytest.approx(high, rel=0.01)


@pytest.mark.parametrize(("freedom", "expected"), [(4, 2.776445), (10, 2.228139), (30, 2.042272), (1000, 1.962339)])
def test_students_t(freedom: int, expected: float) -> None:
    assert student_quantile(freedom) == pytest.approx(expected, abs=1e-6)
    assert student_p_value(expected, freedom) == pytest.approx(0.05, abs=1e-6)
    assert pl.select(t_quantile(pl.lit(freedom))).item() == pytest.approx(expected, rel=0.005)


def test_the_incomplete_beta_function() -> None:
    assert incomplete_beta(2.0, 3.0, 0.5) == pytest.approx(0.6875)
    assert incomplete_beta(0.5, 0.5, 0.5) == pytest.approx(0.5)
    assert (incomplete_beta(2.0, 3.0, 0.0), incomplete_beta(2.0, 3.0, 1.0)) == (0.0, 1.0)
    assert student_p_value(0.0, 5.0) == 1.0


def test_a_difference_of_one_stratum_is_the_plain_one() -> None:
    found = compare_shares([(8, 10, 3, 10)])
    assert found is not None
    assert found.effect == pytest.approx(0.5)
    assert found.low < 0.5 < found.high
    rates = compare_rates([(20, 10, 10, 10)])
    assert rates is not None
    assert rates.effect == pytest.approx(1.0)
    assert (rates.low, rates.high) == pytest.approx((1 - 1.959964 * 3**0.5 / 10**0.5, 1 + 1.959964 * 3**0.5 / 10**0.5))


def test_strata_without_a_contrast_say_nothing() -> None:
    assert compare_shares([(3, 5, 0, 0)]) is None
    assert compare_rates([(3, 5, 0, 0)]) is None
    assert compare_shares([]) is None
    with_one = compare_shares([(3, 5, 0, 0), (8, 10, 3, 10)])
    assert with_one is not None
    assert with_one.effect == pytest.approx(0.5)


def test_strata_undo_what_matches_differ_in() -> None:
    """In each match nothing differs; only thrown together do the rounds look better (Simpson's paradox)."""
    strong, weak = (18, 20, 9, 10), (1, 10, 2, 20)
    apart = compare_shares([strong, weak])
    together = compare_shares([(19, 30, 11, 30)])
    assert apart is not None
    assert together is not None
    assert apart.effect == pytest.approx(0.0)
    assert apart.p_value == pytest.approx(1.0)
    assert together.p_value < 0.1


def test_whole_matches_are_compared_by_welchs_test() -> None:
    found = compare_matches([0.5, 0.6, 0.7, 0.8], [0.2, 0.3, 0.4, 0.5])
    assert found is not None
    assert found.effect == pytest.approx(0.3)
    assert found.p_value == pytest.approx(0.0167, abs=0.0005)
    assert found.low > 0
    assert compare_matches([0.5, 0.6, 0.7], [0.2, 0.3, 0.4, 0.5]) is None
    assert compare_matches([0.5] * 4, [0.5] * 5) is None


@settings(max_examples=200, deadline=None)
@given(st.lists(stratum, min_size=1, max_size=6))
def test_a_baseline_is_an_average_of_the_rounds_compared_with(strata: list[tuple[int, int, int, int]]) -> None:
    """However the situation's own rounds went, what they are compared with is an average of the others alone."""
    contrasted = [one for one in strata if one[1] and one[3]]
    for compare in (compare_shares, compare_rates):
        found = compare(strata)
        if not contrasted:
            assert found is None
            continue
        assert found is not None
        shares = [events / rounds for _, _, events, rounds in contrasted]
        assert min(shares) - 1e-9 <= found.baseline <= max(shares) + 1e-9
        inside = [events / rounds for events, rounds, _, _ in contrasted]
        assert min(inside) - 1e-9 <= found.baseline + found.effect <= max(inside) + 1e-9


def test_the_baseline_of_whole_matches_is_the_mean_of_the_others() -> None:
    found = compare_matches([0.9, 0.8, 0.7, 0.9], [0.1, 0.2, 0.0, 0.1])
    assert found is not None
    assert found.baseline == pytest.approx(0.1)
