"""Items that change hands, and what the parser tells twice."""

import polars as pl
import pytest

from offangle.parsing.demo.awpy_source import AwpyTables
from offangle.parsing.demo.items import item_events

ONE, TWO = 76561198000000001, 76561198000000002
ROWS = {
    "tick": pl.Int32,
    "steamid": pl.UInt64,
    "action": pl.String,
    "item": pl.String,
    "cost": pl.Int32,
    "original_owner_steamid": pl.UInt64,
    "name": pl.String,
}


ROUNDS = pl.DataFrame(
    {"round_number": [1, 2, 3], "start_tick": [0, 1000, 2000], "half": [1, 1, 2]},
    schema={"round_number": pl.Int16, "start_tick": pl.Int32, "half": pl.UInt8},
)


def table(*rows: tuple[int, int, str, str, int, int | None], deaths: dict[int, int] | None = None) -> pl.DataFrame:
    raw = [(tick, player, action, item, cost, owner, "") for tick, player, action, item, owner, cost in rows]
    victims = {"tick": pl.Int32, "victim_steamid": pl.UInt64, "victim_name": pl.String}
    kills = [(tick, player, "") for tick, player in (deaths or {}).items()]
    datasets = {
        "item_events": pl.DataFrame(raw, schema=ROWS, orient="row"),
        "kills": pl.DataFrame(kills, schema=victims, orient="row"),
    }
    tables = AwpyTables(datasets=datasets, events={}, header={}, convars={}, tick_rate=64.0)
    return item_events(tables, ROUNDS)


def told(*rows: tuple[int, int, str, str, int], deaths: dict[int, int] | None = None) -> list[tuple[int, str]]:
    without_cost = [(*row, None) for row in rows]
    return table(*without_cost, deaths=deaths).select("tick", pl.col("action").cast(pl.String)).rows()


def bought(*rows: tuple[int, str, int]) -> list[tuple[int, str]]:
    purchases = [(tick, ONE, "purchase", item, ONE, cost) for tick, item, cost in rows]
    return table(*purchases).select("tick", "item").rows()


def test_a_pickup_that_is_told_again_happened_once() -> None:
    assert told((10, ONE, "pickup", "c4", TWO), (500, ONE, "pickup", "c4", TWO)) == [(10, "pickup")]
    assert told((10, ONE, "pickup", "ak47", TWO), (1500, ONE, "pickup", "ak47", TWO)) == [(10, "pickup")]


def test_who_has_died_holds_nothing_any_more() -> None:
    rows = [(10, ONE, "pickup", "ak47", TWO), (1500, ONE, "pickup", "ak47", TWO)]
    assert len(told(*rows, deaths={900: ONE})) == 2
    assert len(told(*rows, deaths={900: TWO})) == 1
    assert len(told(*rows, deaths={1500: ONE})) == 1


@pytest.mark.parametrize(
    "later",
    [
        (500, TWO, "pickup", "c4", TWO),
        (500, ONE, "pickup", "ak47", TWO),
        (500, ONE, "pickup", "c4", ONE),
        (2500, ONE, "pickup", "c4", TWO),
    ],
    ids=["another player", "another item", "another owner", "another half"],
)
def test_what_differs_is_another_pickup(later: tuple[int, int, str, str, int]) -> None:
    assert len(told((10, ONE, "pickup", "c4", TWO), later)) == 2


def test_dropped_in_between() -> None:
    rows = [(10, ONE, "pickup", "c4", TWO), (20, ONE, "drop", "c4", TWO), (30, ONE, "pickup", "c4", TWO)]
    assert told(*rows) == [(10, "pickup"), (20, "drop"), (30, "pickup")]


def test_of_grenades_one_may_take_two() -> None:
    assert len(told((10, ONE, "pickup", "flashbang", TWO), (20, ONE, "pickup", "flashbang", TWO))) == 2


def test_what_is_held_is_told_as_bought_where_something_else_is() -> None:
    held = [(10, "famas", 1950), (20, "flashbang", 200), (1020, "flashbang", 200)]
    again = [(1040, item, 500) for item in ("famas", "flashbang", "flashbang", "incgrenade")]
    assert bought(*held, *again) == [(10, "famas"), (20, "flashbang"), (1020, "flashbang"), (1040, "incgrenade")]


def test_the_second_of_a_kind_is_bought_once() -> None:
    assert bought((10, "flashbang", 200), (30, "flashbang", 200), (30, "flashbang", 200)) == [
        (10, "flashbang"),
        (30, "flashbang"),
    ]


@pytest.mark.parametrize("cost", [500, 900], ids=["of two that each cost both", "at prices of another time"])
def test_purchases_that_no_price_explains_stay(cost: int) -> None:
    assert bought((10, "flashbang", cost), (10, "smokegrenade", cost)) == [(10, "flashbang"), (10, "smokegrenade")]


def test_what_costs_the_same_is_the_one_that_was_not_held() -> None:
    assert bought((10, "hegrenade", 300), (30, "hegrenade", 300), (30, "smokegrenade", 300)) == [
        (10, "hegrenade"),
        (30, "smokegrenade"),
    ]
