"""What a column cannot hold is noted and held out; what it can hold stays as it is."""

import math
from typing import Any

import dataframely as dy
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offangle.frames.odd_values import FLOAT32_MAX, KEY, OddValuesTable, bounds, hold


class Sample(dy.Schema):
    """Columns of every kind."""

    key = dy.Int32(primary_key=True)
    health = dy.Int16(nullable=True, min=0)
    damage = dy.Int16(min=0)
    seconds = dy.Float32(nullable=True, min=0.0)
    blind = dy.Float32(min=0.0)
    rate = dy.Float64(nullable=True, min_exclusive=0.0)
    share = dy.Int8(nullable=True, max_exclusive=10)


def held(**columns: list[Any]) -> tuple[dict[str, list[Any]], list[tuple[Any, ...]]]:
    size = len(next(iter(columns.values())))
    plain = {"key": list(range(size)), "damage": [0] * size, "blind": [0.0] * size}
    found, notes = hold({"sample": pl.DataFrame({**plain, **columns}, strict=False)}, {"sample": Sample})
    OddValuesTable.validate(notes)
    return found["sample"].to_dict(as_series=False), notes.rows()


@pytest.mark.parametrize(
    ("column", "values", "kept", "stated"),
    [
        ("health", [100, 0, None], [100, 0, None], None),
        ("health", [100, 40_000], [100, None], "40000"),
        ("health", [-20, -3, 5], [None, None, 5], "-20 to -3"),
        ("damage", [-5, 40_000, 7], [0, 32_767, 7], "-5 to 40000"),
        ("seconds", [1.5, math.nan, None], [1.5, None, None], "NaN"),
        ("seconds", [math.inf, -1.0], [None, None], "-1 and NaN"),
        ("seconds", [1e300], [None], "1e+300"),
        ("blind", [math.nan, -2.0], [0.0, 0.0], "-2 and NaN"),
        ("rate", [0.0, 64.0], [None, 64.0], "0"),
        ("share", [9, 10, -128, -129], [9, None, -128, None], "-129 to 10"),
    ],
)
def test_what_a_column_cannot_hold_is_noted(
    column: str, values: list[Any], kept: list[Any], stated: str | None
) -> None:
    found, notes = held(**{column: values})
    assert found[column] == kept
    outside = [value for value, now in zip(values, kept, strict=True) if value is not None and value != now]
    assert notes == ([] if stated is None else [("sample", column, len(outside), stated)])


def test_of_rows_of_one_key_the_first_is_kept() -> None:
    found, notes = held(key=[1, 2, 1, 1], health=[10, 20, 30, 40])
    assert (found["key"], found["health"]) == ([1, 2], [10, 20])
    assert notes == [("sample", KEY, 2, "key")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("health", (0, 32_767)), ("share", (-128, 9)), ("seconds", (0.0, FLOAT32_MAX)), ("key", (-(2**31), 2**31 - 1))],
)
def test_bounds(name: str, expected: tuple[float, float]) -> None:
    assert bounds(Sample.columns()[name]) == expected


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=20))
def test_any_whole_number_is_held(values: list[int | None]) -> None:
    frame = pl.DataFrame({"health": pl.Series(values, dtype=pl.Int64)})
    found, _ = hold({"sample": frame.with_columns(pl.int_range(pl.len()).alias("key"))}, {"sample": Sample})
    kept = found["sample"]["health"].cast(pl.Int16).drop_nulls()
    assert kept.to_list() == [value for value in values if value is not None and 0 <= value <= 32_767]
