"""What a metric is, and the few shapes that most of them have."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

Group = Literal["rounds", "combat", "opening", "trades", "clutches", "multi_kills", "utility", "ratings", "apart"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Metric:
    """One figure about a player, over any set of rounds.

    Exactly one of `total` and `rate` is set. A total is an aggregate over rows of `player_round_stats` and can be added
    up over matches; a rate is a function of totals, so that over many matches it is weighted by itself.

    Attributes:
        name: Column name.
        label: Short heading.
        unit: "", "%", "hp", "s", "$", "per round", ...
        definition: One line for the hint under the number.
        denominator: What it is divided by, in words; empty for a total.
        decimals: Digits after the point that are shown.
        higher_is_better: None where neither is.
        group: Where the page shows it.
        total: Aggregate over `player_round_stats`.
        rate: Expression over totals.
        promoted: Stands beside the player's name wherever a match is told: a column to filter and sort by in the
            database and the SQL explorer, a field in the API and the JSON document. All others are under `metrics`.
    """

    name: str
    label: str
    definition: str
    group: Group
    unit: str = ""
    denominator: str = ""
    decimals: int = 0
    higher_is_better: bool | None = True
    total: pl.Expr | None = None
    rate: pl.Expr | None = None
    promoted: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it counts something; a rate, and a total in seconds, is a fraction."""
        return self.rate is None and self.unit != "s"


def summed(column: str) -> pl.Expr:
    """Sum over rounds; null, not zero, where no round knows it."""
    return pl.when(pl.col(column).is_not_null().any()).then(pl.col(column).sum())


def rounds_where(condition: pl.Expr) -> pl.Expr:
    """Number of rounds in which `condition` holds."""
    return condition.sum().cast(pl.Int32)


def ratio(numerator: pl.Expr | str, denominator: pl.Expr | str) -> pl.Expr:
    """One total by another; null where there is nothing to divide by."""
    below = pl.col(denominator) if isinstance(denominator, str) else denominator
    above = pl.col(numerator) if isinstance(numerator, str) else numerator
    return pl.when(below > 0).then(above / below)


def percent(numerator: pl.Expr | str, denominator: pl.Expr | str) -> pl.Expr:
    """One total as a percentage of another."""
    return ratio(numerator, denominator) * 100


def per_round(total: str) -> pl.Expr:
    """A total per round played."""
    return ratio(total, "rounds_played")
