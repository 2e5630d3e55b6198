"""Items that change hands, and what the parser tells twice."""

import polars as pl
import pytest

from offangle.parsing.demo.awpy_source import AwpyTables
from offangle.parsing.demo.identity import Identity
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


def told(*rows: tuple[int, int, str, str, int]) -> list[tuple[int, str]]:
    raw = [(tick, player, action, item, None, owner, "") for tick, player, action, item, owner in rows]
    datasets = {"item_events": pl.DataFrame(raw, schema=ROWS, orient="row")}
    tables = AwpyTables(datasets=datasets, events={}, header={}, convars={}, tick_rate=64.0)
    rounds = pl.DataFrame(
        {"round_number": [1, 2], "start_tick": [0, 1000]}, schema={"round_number": pl.Int16, "start_tick": pl.Int32}
    )
    slots = pl.DataFrame(schema={"tick": pl.Int32, "slot": pl.Int32, "steam_id": pl.Int64})
    return item_events(tables, Identity({}, slots), rounds).select("tick", pl.col("action").cast(pl.String)).rows()


def test_a_pickup_that_is_told_again_happened_once() -> None:
    assert told((10, ONE, "pickup", "c4", TWO), (500, ONE, "pickup", "c4", TWO)) == [(10, "pickup")]


@pytest.mark.parametrize(
    "later",
    [
        (500, TWO, "pickup", "c4", TWO),
        (500, ONE, "pickup", "ak47", TWO),
        (500, ONE, "pickup", "c4", ONE),
        (1500, ONE, "pickup", "c4", TWO),
    ],
    ids=["another player", "another item", "another owner", "another round"],
)
def test_what_differs_is_another_pickup(later: tuple[int, int, str, str, int]) -> None:
    assert len(told((10, ONE, "pickup", "c4", TWO), later)) == 2


def test_dropped_in_between() -> None:
    rows = [(10, ONE, "pickup", "c4", TWO), (20, ONE, "drop", "c4", TWO), (30, ONE, "pickup", "c4", TWO)]
    assert told(*rows) == [(10, "pickup"), (20, "drop"), (30, "pickup")]


def test_of_grenades_one_may_take_two() -> None:
    assert len(told((10, ONE, "pickup", "flashbang", TWO), (20, ONE, "pickup", "flashbang", TWO))) == 2
