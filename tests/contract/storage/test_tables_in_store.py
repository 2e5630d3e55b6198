from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from offangle.core.errors import BadInputError, NotFoundError, TransientError
from offangle.storage.objects import ObjectStore
from offangle.storage.tables import (
    DERIVED_PREFIX,
    collected,
    delete_match,
    prune_tables,
    read_table,
    scan_table,
    table_key,
    table_names,
    write_tables,
)
from offangle.storage.work import WorkArea

KILLS = pl.DataFrame(
    {"tick": [10, 20, 30], "side": ["t", "ct", None], "headshot": [True, False, True]},
    schema={"tick": pl.Int32, "side": pl.Enum(["t", "ct"]), "headshot": pl.Boolean},
)
ROUNDS = pl.DataFrame({"round_number": [1, 2]}, schema={"round_number": pl.Int16})


def test_the_layout_is_one_file_per_table_and_match(store: ObjectStore) -> None:
    write_tables(store, "m1", "de_mirage", {"kills": KILLS, "rounds": ROUNDS})
    write_tables(store, "m1", "de_mirage", {"scoreboard": ROUNDS}, prefix=DERIVED_PREFIX)
    assert [info.key for info in store.list()] == [
        "derived/scoreboard/map=de_mirage/m1.parquet",
        "frames/kills/map=de_mirage/m1.parquet",
        "frames/rounds/map=de_mirage/m1.parquet",
    ]
    assert table_names(store, "m1", "de_mirage") == ["kills", "rounds"]
    assert table_names(store, "m1", "de_mirage", prefix=DERIVED_PREFIX) == ["scoreboard"]
    assert table_names(store, "m1", "de_nuke") == table_names(store, "m2", "de_mirage") == []


def test_a_table_comes_back_with_its_types(store: ObjectStore) -> None:
    write_tables(store, "m1", "de_mirage", {"kills": KILLS, "empty": KILLS.clear()})
    assert_frame_equal(read_table(store, "m1", "de_mirage", "kills"), KILLS)
    assert_frame_equal(read_table(store, "m1", "de_mirage", "empty"), KILLS.clear())
    assert read_table(store, "m1", "de_mirage", "kills", columns=["side", "tick"]).columns == ["side", "tick"]


def test_a_long_table_keeps_its_order(store: ObjectStore) -> None:
    ticks = pl.DataFrame({"tick": pl.int_range(1_000_000, eager=True).reverse()})
    write_tables(store, "m1", "de_mirage", {"ticks": ticks})
    assert read_table(store, "m1", "de_mirage", "ticks").equals(ticks)
    assert collected(scan_table(store, "ticks").select("tick")).equals(ticks)


def test_the_files_are_plain_parquet_for_other_engines(store: ObjectStore, tmp_path: Path) -> None:
    write_tables(store, "m1", "de_mirage", {"kills": KILLS})
    store.download("frames/kills/map=de_mirage/m1.parquet", tmp_path / "kills.parquet")
    assert_frame_equal(pl.read_parquet(tmp_path / "kills.parquet"), KILLS)


def test_writing_again_replaces_and_other_tables_stay(store: ObjectStore) -> None:
    write_tables(store, "m1", "de_mirage", {"kills": KILLS, "rounds": ROUNDS})
    write_tables(store, "m1", "de_mirage", {"kills": KILLS.head(1)})
    assert read_table(store, "m1", "de_mirage", "kills").height == 1
    assert read_table(store, "m1", "de_mirage", "rounds").height == 2


def test_missing_tables_are_named(store: ObjectStore) -> None:
    write_tables(store, "m1", "de_mirage", {"kills": KILLS})
    for match_id, table in (("m1", "shots"), ("m2", "kills")):
        with pytest.raises(NotFoundError, match=f"{match_id} has no table '{table}'"):
            read_table(store, match_id, "de_mirage", table)
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        read_table(store, "m1", "de_mirage", "kills", columns=["nothing"])


def test_many_matches_are_one_lazy_frame(store: ObjectStore) -> None:
    write_tables(store, "m1", "de_mirage", {"kills": KILLS})
    write_tables(store, "m2", "de_nuke", {"kills": KILLS.head(2)})
    write_tables(store, "m3", "workshop/3070/de_Nuke2", {"kills": KILLS.head(1)})
    frame = collected(scan_table(store, "kills"))
    assert frame.columns == ["match_id", "map", *KILLS.columns]
    assert frame.group_by("match_id", "map").len().sort("match_id").rows() == [
        ("m1", "de_mirage", 3),
        ("m2", "de_nuke", 2),
        ("m3", "de_nuke2", 1),
    ]
    assert collected(scan_table(store, "kills", map_name="de_nuke"))["match_id"].unique().to_list() == ["m2"]
    chosen = scan_table(store, "kills", match_ids=["m1", "m3", "unknown"])
    assert collected(chosen.filter(pl.col("tick") == 10).select("match_id"))["match_id"].to_list() == ["m1", "m3"]


def test_many_matches_without_any_file_have_the_columns_asked_for(store: ObjectStore) -> None:
    write_tables(store, "m1", "de_mirage", {"kills": KILLS})
    for frame in (
        scan_table(store, "shots", schema=KILLS.schema),
        scan_table(store, "kills", schema=KILLS.schema, match_ids=[]),
        scan_table(store, "kills", schema=KILLS.schema, map_name="de_nuke"),
    ):
        assert collected(frame).schema == {"match_id": pl.String, "map": pl.String, **KILLS.schema}
        assert collected(frame).is_empty()


def test_files_of_several_versions_are_brought_to_one_schema(store: ObjectStore) -> None:
    write_tables(store, "old", "de_mirage", {"kills": KILLS.drop("headshot")})
    write_tables(store, "new", "de_mirage", {"kills": KILLS.with_columns(extra=pl.lit(1))})
    frame = collected(scan_table(store, "kills", schema=KILLS.schema)).sort("match_id", "tick")
    assert frame.columns == ["match_id", "map", *KILLS.columns]
    assert frame["headshot"].to_list() == [True, False, True, None, None, None]


def test_a_column_of_the_path_in_the_file_does_no_harm(store: ObjectStore) -> None:
    with_id = KILLS.with_columns(match_id=pl.lit("m1"), map=pl.lit("de_mirage"))
    write_tables(store, "m1", "de_mirage", {"kills": with_id})
    assert collected(scan_table(store, "kills")).columns == ["match_id", "map", *KILLS.columns]


def test_a_table_deleted_between_scan_and_collect_is_worth_another_try(store: ObjectStore) -> None:
    write_tables(store, "m1", "de_mirage", {"kills": KILLS})
    frame = scan_table(store, "kills", schema=KILLS.schema)
    delete_match(store, "m1")
    with pytest.raises((NotFoundError, TransientError)) as raised:
        collected(frame)
    assert not raised.value.permanent


def test_deleting_a_match_leaves_the_others(store: ObjectStore) -> None:
    write_tables(store, "m1", "de_mirage", {"kills": KILLS, "rounds": ROUNDS})
    write_tables(store, "m1", "de_mirage", {"scoreboard": ROUNDS}, prefix=DERIVED_PREFIX)
    write_tables(store, "m10", "de_mirage", {"kills": KILLS})
    assert delete_match(store, "m1") == 3
    assert delete_match(store, "m1") == 0
    assert [info.key for info in store.list()] == ["frames/kills/map=de_mirage/m10.parquet"]


def test_pruning_leaves_what_the_new_version_wrote(store: ObjectStore) -> None:
    write_tables(store, "m1", "de_nuke", {"kills": KILLS})
    write_tables(store, "m1", "de_mirage", {"kills": KILLS, "gone": ROUNDS})
    write_tables(store, "m2", "de_mirage", {"gone": ROUNDS})
    assert prune_tables(store, "m1", "de_mirage", ["kills"]) == 2
    assert [info.key for info in store.list()] == [
        "frames/gone/map=de_mirage/m2.parquet",
        "frames/kills/map=de_mirage/m1.parquet",
    ]


def test_files_pass_through_the_work_area_and_leave_it(store: ObjectStore, work: WorkArea) -> None:
    write_tables(store, "m1", "de_mirage", {"kills": KILLS}, work=work)
    assert list(work.root.iterdir()) == []
    assert read_table(store, "m1", "de_mirage", "kills").height == 3


@pytest.mark.parametrize(
    ("match_id", "table"), [("../m", "kills"), ("a/b", "kills"), ("m", "a/b"), ("m", ""), ("", "k")]
)
def test_names_that_would_leave_the_layout_are_refused(match_id: str, table: str) -> None:
    with pytest.raises(BadInputError, match="Not a "):
        table_key(match_id, "de_mirage", table)


@pytest.mark.parametrize(
    ("map_name", "segment"),
    [("de_mirage", "de_mirage"), ("", "unknown"), ("../..", "unknown"), ("de_x.y z", "de_x_y_z")],
)
def test_any_map_name_has_a_place(map_name: str, segment: str) -> None:
    assert table_key("m", map_name, "kills") == f"frames/kills/map={segment}/m.parquet"
