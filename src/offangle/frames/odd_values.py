"""Values that no game should hold, as recordings have them all the same: kept as a note, held out of the tables."""

import math
import sys
from collections.abc import Mapping
from typing import Any, Final

import dataframely as dy
import polars as pl


class OddValuesTable(dy.Schema):
    """One row per column in which the source had values that the column cannot hold.

    There they are null or, where a column is never null, the nearest value that it holds; `stated` is what they were.
    The column `(key)` stands for rows that had the key of another one; `stated` is that key.
    """

    table = dy.String(primary_key=True)
    column = dy.String(primary_key=True)
    rows = dy.Int32(min=1)
    stated = dy.String(description="The value, or the least and the greatest; NaN where it is no number")


SCHEMA: Final = OddValuesTable.create_empty().schema
KEY: Final = "(key)"
"""Stands for the column where the source had rows of one key; `stated` names the key, and the first row is kept."""
FLOAT32_MAX: Final = 3.4028234663852886e38
SHOWN_DIGITS: Final = 6


def hold(
    tables: Mapping[str, pl.DataFrame], declared: Mapping[str, type[dy.Schema]]
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The tables with every number inside what its column is declared to hold, one row per key, and `odd_values`.

    Args:
        tables: Tables by name, in the declared columns; numbers may be of any width.
        declared: What each of them is declared to be.
    """
    held, notes = {}, []
    for name, frame in tables.items():
        inside, found = _hold_table(frame, declared[name].columns())
        held[name], doubled = _hold_keys(inside, declared[name].primary_key())
        notes += [{"table": name, **note} for note in found + doubled]
    return held, pl.DataFrame(notes, schema=SCHEMA)


def _hold_keys(frame: pl.DataFrame, key: list[str]) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Of several rows with one key the first."""
    if not key or not frame.select(pl.struct(key).is_duplicated().any()).item():
        return frame, []
    first = frame.unique(key, keep="first", maintain_order=True)
    return first, [{"column": KEY, "rows": frame.height - first.height, "stated": ", ".join(key)}]


def _hold_table(frame: pl.DataFrame, declared: Mapping[str, dy.Column]) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    changed, notes = [], []
    for column, kind in declared.items():
        if column not in frame.columns or not (kind.dtype.is_numeric() and frame.schema[column].is_numeric()):
            continue
        values, (least, greatest) = frame[column], bounds(kind)
        outside = _outside(values, least, greatest)
        if outside.any():
            stated = values.filter(outside)
            notes.append({"column": column, "rows": stated.len(), "stated": _words(stated)})
            changed.append(_held(values, outside, kind))
    return frame.with_columns(changed), notes


def bounds(kind: dy.Column) -> tuple[float, float]:
    """The least and the greatest number that a column holds; for whole numbers these are whole, too."""
    low, high = _of_type(kind.dtype)
    least, above, greatest, below = (
        getattr(kind, name, None) for name in ("min", "min_exclusive", "max", "max_exclusive")
    )
    lows = [low, *([least] if least is not None else []), *([_next(above, kind, 1)] if above is not None else [])]
    highs = [
        high,
        *([greatest] if greatest is not None else []),
        *([_next(below, kind, -1)] if below is not None else []),
    ]
    return max(lows), min(highs)


def _next(bound: float, kind: dy.Column, direction: int) -> float:
    """The nearest number inside an exclusive bound."""
    return bound + direction if kind.dtype.is_integer() else math.nextafter(bound, direction * math.inf)


def _of_type(dtype: pl.DataType) -> tuple[float, float]:
    if dtype.is_integer():
        low, high = pl.select(low=type(dtype).min(), high=type(dtype).max()).row(0)  # type: ignore[attr-defined]  # numbers have both
        return low, high
    return (-FLOAT32_MAX, FLOAT32_MAX) if dtype == pl.Float32 else (-sys.float_info.max, sys.float_info.max)


def _outside(values: pl.Series, least: float, greatest: float) -> pl.Series:
    """Which values are below, above or no number; a null is none of these."""
    is_inside = values.is_between(least, greatest)
    if values.dtype.is_float():
        is_inside &= values.is_finite()
    return ~is_inside.fill_null(value=True)


def _words(stated: pl.Series) -> str:
    numbers = stated.filter(stated.is_finite()) if stated.dtype.is_float() else stated
    extremes = list(dict.fromkeys([numbers.min(), numbers.max()])) if numbers.len() else []
    ends = [f"{end:.{SHOWN_DIGITS}g}" if isinstance(end, float) else str(end) for end in extremes]
    said = [" to ".join(ends)] if ends else []
    return " and ".join([*said, *(["NaN"] if numbers.len() < stated.len() else [])])


def _held(values: pl.Series, outside: pl.Series, kind: dy.Column) -> pl.Series:
    """Null in place of what is outside; where no null may be, the nearest bound, and for no number the least."""
    if kind.nullable:
        return pl.select(pl.when(~outside).then(values)).to_series().alias(values.name)
    least, greatest = bounds(kind)
    if values.dtype.is_float():
        values = pl.select(pl.when(values.is_nan()).then(least).otherwise(values)).to_series().alias(values.name)
    return values.clip(least, greatest)
