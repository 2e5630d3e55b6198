"""What a measure is, and the few shapes that most of them have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import polars as pl

from distributions.match import Played

Values: TypeAlias = Sequence[float]
Compute: TypeAlias = Callable[[Played], Values]
Statistic = Literal["median", "share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One thing to compare.

    Attributes:
        name: Unique name.
        label: Short heading.
        unit: "", "s", "u", "%", "$", ...
        group: Which table it stands in.
        one: What one value belongs to: "round", "player and match", "match", "kill", ...
        statistic: A `median` with quartiles, or the `share` of values that are 1 among zeros and ones.
        values: The values of one match; empty where the match does not tell.
    """

    name: str
    label: str
    group: str
    one: str
    values: Compute
    unit: str = ""
    statistic: Statistic = "median"


def numbers(values: pl.Series) -> list[float]:
    """What is known of a column."""
    return values.drop_nulls().cast(pl.Float64).to_list()


def total(values: pl.Series) -> float:
    """The sum of a column; 0 of an empty one."""
    return float(values.cast(pl.Float64).sum())


def share_of(above: float, below: float) -> list[float]:
    """One share of a match; none where there is nothing to divide by."""
    return [above / below] if below else []
