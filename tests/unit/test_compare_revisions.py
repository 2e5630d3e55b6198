from pathlib import Path

import polars as pl

from compare_revisions import GONE, Difference, Fault, compare, compare_match, read_faults, report

DUELS = pl.DataFrame(
    {
        "attacker_steam_id": [1, 1, 2],
        "victim_steam_id": [2, 3, 1],
        "kills": [4, 1, 2],
    }
)


def test_equal_tables_do_not_differ_whatever_their_order() -> None:
    assert list(compare("m", "duel_matrix", DUELS, DUELS.reverse())) == []


def test_a_cell_a_row_and_a_column_that_differ_are_found() -> None:
    now = DUELS.filter(pl.col("victim_steam_id") != 3).with_columns(kills=pl.Series([4, 3]), new=pl.lit(1))
    old = DUELS.with_columns(gone=pl.lit(1))
    found = {(each.column, each.row, each.before, each.after) for each in compare("m", "duel_matrix", old, now)}
    assert found == {
        ("gone", "(column)", "there", None),
        (GONE, "attacker_steam_id=1, victim_steam_id=3", True, None),
        ("kills", "attacker_steam_id=2, victim_steam_id=1", 2, 3),
    }


def test_unknown_and_not_a_number_equal_themselves_only() -> None:
    old = DUELS.with_columns(rate=pl.Series([None, float("nan"), 1.0]))
    now = DUELS.with_columns(rate=pl.Series([None, float("nan"), None]))
    assert [(each.before, each.after) for each in compare("m", "duel_matrix", old, old)] == []
    assert [(each.before, each.after) for each in compare("m", "duel_matrix", old, now)] == [(1.0, None)]


def test_an_enum_that_knows_more_words_is_no_difference() -> None:
    old = DUELS.with_columns(side=pl.Series(["t", "ct", "t"], dtype=pl.Enum(["t", "ct"])))
    now = DUELS.with_columns(side=pl.Series(["t", "ct", "ct"], dtype=pl.Enum(["all", "t", "ct"])))
    assert [(each.column, each.before, each.after) for each in compare("m", "duel_matrix", old, now)] == [
        ("side", "t", "ct")
    ]


def test_the_round_of_a_difference_is_known_where_the_table_has_one() -> None:
    old = pl.DataFrame({"kill_id": [7], "trader_steam_id": [1], "round_number": [25], "attempted": [True]})
    (found,) = compare("m", "trades", old, old.with_columns(attempted=False))
    assert (found.round_number, found.row) == (25, "kill_id=7, trader_steam_id=1")


def test_new_tables_and_columns_are_listed_and_gone_tables_differ(tmp_path: Path) -> None:
    for folder, names in (("before", ("duel_matrix", "clutches")), ("after", ("duel_matrix", "trades"))):
        (tmp_path / folder).mkdir()
        for name in names:
            DUELS.write_parquet(tmp_path / folder / f"{name}.parquet")
    found, new = compare_match("m", tmp_path / "before", tmp_path / "after")
    assert new == ["table trades"]
    assert [(each.table, each.column) for each in found] == [("clutches", "(column)")]


def test_a_fault_takes_what_fits_all_it_names(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(
        '[[fault]]\nname = "sides"\nmatches = ["league-04*"]\ntables = ["round_stats"]\nrounds = [25]\n',
        encoding="utf-8",
    )
    (fault,) = read_faults(path)
    assert fault == Fault("sides", matches=("league-04*",), tables=("round_stats",), rounds=(25,))
    fitting = Difference("league-04_x", "round_stats", "winner_side", "round_number=25", 25, "t", "ct")
    other_round = Difference("league-04_x", "round_stats", "winner_side", "round_number=1", 1, "t", "ct")
    assert fault.takes(fitting)
    assert not fault.takes(other_round)
    assert report([fitting], [fault], None) == 0
    assert report([fitting, other_round], [fault], None) == 1
