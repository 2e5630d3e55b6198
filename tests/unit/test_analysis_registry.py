"""The registry, the averages over matches, the reference page, and how long an analysis takes."""

from pathlib import Path
from typing import get_args

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makers.matches import CT1, CT2, T1, T2, a_hit, a_kill, a_match, a_round
from offangle.analysis.averages import player_averages
from offangle.analysis.metrics.metric import Group
from offangle.analysis.reference import GROUP_TITLES, metrics_page
from offangle.analysis.registry import METRICS_BY_NAME, PLAYER_METRICS, RATES, TOTALS
from offangle.analysis.run import Analysis, analyse
from offangle.analysis.tables import DERIVED_TABLES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "metrics.md"
REFRESH = "from offangle.analysis.reference import metrics_page; print(metrics_page(), end='')"


def test_every_metric_is_named_once_and_is_a_total_or_a_rate() -> None:
    assert len(METRICS_BY_NAME) == len(PLAYER_METRICS) == len(TOTALS) + len(RATES)
    assert not {metric.name for metric in TOTALS} & {metric.name for metric in RATES}


@pytest.mark.parametrize("metric", PLAYER_METRICS, ids=lambda metric: metric.name)
def test_every_metric_says_what_it_is(metric: object) -> None:
    found = METRICS_BY_NAME[metric.name]  # type: ignore[attr-defined]
    assert found.label
    assert found.definition.endswith(".")
    assert "|" not in found.definition
    assert found.group in GROUP_TITLES
    assert bool(found.denominator) == (found.rate is not None) or found.name == "impact"
    assert found.name in DERIVED_TABLES["player_stats"].columns()


def test_every_group_has_a_title_and_a_metric() -> None:
    assert set(GROUP_TITLES) == set(get_args(Group)) == {metric.group for metric in PLAYER_METRICS}


def test_the_reference_page_equals_the_registry() -> None:
    assert PAGE.read_text(encoding="utf-8") == metrics_page(), f'refresh it: python -c "{REFRESH}" > {PAGE.name}'


def short_match() -> Analysis:
    return analyse(a_match(kills=[a_kill(T1, CT1, 5), a_kill(T1, CT2, 6)], damages=[a_hit(T1, CT1, 5, 100)]))


def long_match() -> Analysis:
    return analyse(a_match([a_round(n) for n in range(1, 5)], [a_kill(CT1, T1, 5, number=2)]))


def test_averages_weigh_every_round_the_same() -> None:
    both = pl.concat([short_match()["player_stats"], long_match()["player_stats"]])
    row = player_averages(both).filter((pl.col("steam_id") == T1) & (pl.col("side") == "all")).row(0, named=True)
    assert (row["matches"], row["rounds_played"], row["kills"], row["deaths"]) == (2, 5, 2, 1)
    assert row["adr"] == pytest.approx(100 / 5)
    assert row["kast"] == pytest.approx(80.0)
    assert row["multi_2k"] == 1


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 4))
def test_the_average_of_equal_matches_is_the_match(times: int) -> None:
    stats = short_match()["player_stats"]
    averages = player_averages(pl.concat([stats] * times))
    joined = stats.join(averages, on=["steam_id", "side"], suffix="_mean")
    assert joined.height == stats.height
    for metric in RATES:
        pairs = zip(joined[metric.name], joined[f"{metric.name}_mean"], strict=True)
        assert all((a is None and b is None) or a == pytest.approx(b) for a, b in pairs), metric.name


def test_averages_keep_the_latest_name_and_unknown_figures_unknown() -> None:
    stats = short_match()["player_stats"]
    later = stats.with_columns(name=pl.lit("renamed"))
    row = player_averages(pl.concat([stats, later])).filter(pl.col("steam_id") == T2).row(0, named=True)
    assert row["name"] == "renamed"
    assert row["enemies_flashed"] is None
