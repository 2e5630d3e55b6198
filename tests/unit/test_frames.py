"""Declared tables: shape, units, rules, and what is refused."""

import polars as pl
import pytest

from offangle.core.errors import ContractError
from offangle.frames.collection import MatchFrames, check, check_table, conform, empty_table
from offangle.frames.registry import REQUIRED_TABLES, TABLES

UNITLESS_SUFFIXES = {"_s": "s", "_ms": "ms", "_deg": "deg", "_tick": "tick"}


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_frame_conforms_to_an_empty_table(name: str) -> None:
    assert conform(name, pl.DataFrame()).equals(empty_table(name))
    check_table(name, empty_table(name))


@pytest.mark.parametrize("name", TABLES)
def test_columns_whose_name_tells_a_unit_declare_the_same_unit(name: str) -> None:
    for column, declared in TABLES[name].columns().items():
        for suffix, unit in UNITLESS_SUFFIXES.items():
            if column.endswith(suffix) and declared.dtype.is_numeric():
                assert (declared.metadata or {}).get("unit") == unit, column


def test_conform_orders_casts_drops_and_fills() -> None:
    given = pl.DataFrame({"extra": [1], "weapon": ["ak47"], "tick": [7], "round_number": [1]})
    found = conform("shots", given)
    assert found.columns == list(TABLES["shots"].columns())
    assert found.schema["tick"] == pl.Int32
    assert found.item(0, "x") is None


def test_conform_says_which_table_cannot_be_cast() -> None:
    with pytest.raises(ContractError, match="table kills"):
        conform("kills", pl.DataFrame({"round_number": ["first"]}))


def test_a_null_where_none_may_be_is_refused_with_the_column() -> None:
    with pytest.raises(ContractError, match="victim_steam_id"):
        check_table("kills", conform("kills", pl.DataFrame({"round_number": [1], "tick": [1], "weapon": ["ak47"]})))


def test_a_knife_round_cannot_be_counted() -> None:
    row = {"round_number": [1], "kind": ["knife"], "half": [1], "start_tick": [0], "reason": ["elimination"]}
    with pytest.raises(ContractError, match="number_tells_kind"):
        check_table("rounds", conform("rounds", pl.DataFrame(row)))


def test_a_round_cannot_end_before_its_freeze_time() -> None:
    row = {"round_number": [1], "kind": ["regular"], "half": [1], "start_tick": [0], "reason": ["elimination"]}
    ticks = {"freeze_end_tick": [100], "end_tick": [50]}
    with pytest.raises(ContractError, match="ticks_in_order"):
        check_table("rounds", conform("rounds", pl.DataFrame(row | ticks)))


def test_required_and_undeclared_tables() -> None:
    with pytest.raises(ContractError, match="tables missing: match"):
        check(MatchFrames({}))
    tables = {name: empty_table(name) for name in REQUIRED_TABLES}
    with pytest.raises(ContractError, match="exactly one"):
        check(MatchFrames(tables))
    with pytest.raises(ContractError, match="not declared"):
        check(MatchFrames(tables | {"weather": pl.DataFrame()}))


def test_absent_is_not_empty() -> None:
    frames = MatchFrames({"kills": empty_table("kills")})
    assert frames.has("kills")
    assert not frames.has("blinds")
    assert frames["blinds"].equals(empty_table("blinds"))
    with pytest.raises(KeyError):
        frames["weather"]
