"""Scores and buy classes: said once, for recordings, live matches and pages."""

import polars as pl
import pytest

from offangle.analysis.economy import player_buy
from offangle.core.economy import player_buy_class
from offangle.core.scores import final_score, scores_after
from offangle.core.sides import Team


def test_the_score_is_the_stated_one_and_counted_where_none_is() -> None:
    assert final_score({"a": None, "b": 7}, ["a", "a", "b", None]) == {"a": 2, "b": 7}
    assert final_score({"a": None, "b": None}, []) == {"a": 0, "b": 0}
    assert final_score({"a": 0, "b": 0}, ["a"]) == {"a": 0, "b": 0}


@pytest.mark.parametrize(
    ("winners", "final", "after"),
    [
        (["a", "b", "a"], (2, 1), [(1, 0), (1, 1), (2, 1)]),
        (["a", None, "b"], (1, 1), [(1, 0), (1, 0), (1, 1)]),
        (["b"], (5, 8), [(5, 8)]),
        (["a", "a"], (1, 0), [(1, 0), (2, 0)]),  # stated wrongly: never below nothing
        ([], (3, 2), []),
    ],
)
def test_the_score_after_each_round_ends_with_the_final_one(
    winners: list[Team | None], final: tuple[int, int], after: list[tuple[int, int]]
) -> None:
    found = scores_after(winners, {"a": final[0], "b": final[1]})
    assert [(score["a"], score["b"]) for score in found] == after


@pytest.mark.parametrize(
    ("value", "buy"),
    [(None, None), (0, "eco"), (999, "eco"), (1000, "semi_eco"), (2499, "semi_eco"), (2500, "semi_buy"),
     (3999, "semi_buy"), (4000, "full"), (16_000, "full"), (-5, "eco")],
)  # fmt: skip
def test_a_buy_class_is_the_same_one_by_one_and_in_columns(value: int | None, buy: str | None) -> None:
    assert player_buy_class(value) == buy
    column = pl.DataFrame({"value": [value]}, schema={"value": pl.Int32})
    assert column.select(player_buy(pl.col("value"))).item() == buy
