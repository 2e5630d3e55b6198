from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from offangle.core.errors import BadInputError, NotFoundError, TransientError
from offangle.storage.objects import ObjectStore
from offangle.storage.tables import (
    DERIVED_PREFIX,
    BuildPlace,
    collected,
    delete_tables,
    partition_of,
    read_table,
    scan_table,
    stem_of,
    write_tables,
)
from offangle.storage.work import WorkArea

MATCH = "3f6c7e1a-0000-5b5e-9a7c-3f1d0c5a8730"
KILLS = pl.DataFrame(
    {"tick": [10, 20, 30], "side": ["t", "ct", None], "headshot": [True, False, True]},
    schema={"tick": pl.Int32, "side": pl.Enum(["t", "ct"]), "headshot": pl.Boolean},
)
ROUNDS = pl.DataFrame({"round_number": [1, 2]}, schema={"round_number": pl.Int16})


def test_the_layout_is_one_file_per_table_and_build(store: ObjectStore) -> None:
    place = BuildPlace(MATCH, "de_mirage", "b7")
    write_tables(store, place, {"kills": KILLS, "rounds": ROUNDS})
    write_tables(store, place, {"scoreboard": ROUNDS}, prefix=DERIVED_PREFIX)
    keys = [info.key for info in store.list()]
    assert keys == [
        f"derived/scoreboard/map=de_mirage/{MATCH}-b7.parquet",
        f"frames/kills/map=de_mirage/{MATCH}-b7.parquet",
        f"frames/rounds/map=de_mirage/{MATCH}-b7.parquet",
    ]
    assert {stem_of(key) for key in keys} == {(MATCH, "b7")}


def test_tables_from_before_builds_have_no_build_in_their_name(store: ObjectStore) -> None:
    place = BuildPlace(MATCH, "de_mirage")
    write_tables(store, place, {"kills": KILLS})
    assert [info.key for info in store.list()] == [f"frames/kills/map=de_mirage/{MATCH}.parquet"]
    assert stem_of(place.key("kills")) == (MATCH, "")


def test_two_builds_of_a_match_lie_side_by_side(store: ObjectStore) -> None:
    old, new = BuildPlace(MATCH, "de_mirage", "b1"), BuildPlace(MATCH, "de_mirage", "b2")
    write_tables(store, old, {"kills": KILLS})
    reading = scan_table(store, old, "kills")
    write_tables(store, new, {"kills": KILLS.head(1)})
    assert_frame_equal(collected(reading), KILLS)
    delete_tables(store, old, ["kills"])
    assert [info.key for info in store.list()] == [new.key("kills")]
    assert read_table(store, new, "kills").height == 1


def test_a_table_comes_back_with_its_types(store: ObjectStore) -> None:
    write_tables(store, BuildPlace("m1", "de_mirage"), {"kills": KILLS, "empty": KILLS.clear()})
    assert_frame_equal(read_table(store, BuildPlace("m1", "de_mirage"), "kills"), KILLS)
    assert_frame_equal(read_table(store, BuildPlace("m1", "de_mirage"), "empty"), KILLS.clear())
    assert read_table(store, BuildPlace("m1", "de_mirage"), "kills", columns=["side", "tick"]).columns == [
        "side",
        "tick",
    ]


def test_a_long_table_keeps_its_order(store: ObjectStore) -> None:
    ticks = pl.DataFrame({"tick": pl.int_range(1_000_000, eager=True).reverse()})
    write_tables(store, BuildPlace("m1", "de_mirage"), {"ticks": ticks})
    assert read_table(store, BuildPlace("m1", "de_mirage"), "ticks").equals(ticks)
    assert collected(scan_table(store, BuildPlace("m1", "de_mirage"), "ticks").select("tick")).equals(ticks)


def test_the_files_are_plain_parquet_for_other_engines(store: ObjectStore, tmp_path: Path) -> None:
    write_tables(store, BuildPlace("m1", "de_mirage"), {"kills": KILLS})
    store.download("frames/kills/map=de_mirage/m1.parquet", tmp_path / "kills.parquet")
    assert_frame_equal(pl.read_parquet(tmp_path / "kills.parquet"), KILLS)


def test_writing_again_replaces_and_other_tables_stay(store: ObjectStore) -> None:
    write_tables(store, BuildPlace("m1", "de_mirage"), {"kills": KILLS, "rounds": ROUNDS})
    write_tables(store, BuildPlace("m1", "de_mirage"), {"kills": KILLS.head(1)})
    assert read_table(store, BuildPlace("m1", "de_mirage"), "kills").height == 1
    assert read_table(store, BuildPlace("m1", "de_mirage"), "rounds").height == 2


def test_missing_tables_are_named(store: ObjectStore) -> None:
    write_tables(store, BuildPlace("m1", "de_mirage"), {"kills": KILLS})
    for match_id, table in (("m1", "shots"), ("m2", "kills")):
        with pytest.raises(NotFoundError, match=f"{match_id} has no table '{table}'"):
            read_table(store, BuildPlace(match_id, "de_mirage"), table)
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        read_table(store, BuildPlace("m1", "de_mirage"), "kills", columns=["nothing"])


def test_a_table_deleted_between_scan_and_collect_is_worth_another_try(store: ObjectStore) -> None:
    write_tables(store, BuildPlace("m1", "de_mirage"), {"kills": KILLS})
    frame = scan_table(store, BuildPlace("m1", "de_mirage"), "kills")
    delete_tables(store, BuildPlace("m1", "de_mirage"), ["kills"])
    with pytest.raises((NotFoundError, TransientError)) as raised:
        collected(frame)
    assert not raised.value.permanent


def test_deleting_a_build_leaves_the_others(store: ObjectStore) -> None:
    place = BuildPlace("m1", "de_mirage", "b1")
    write_tables(store, place, {"kills": KILLS, "rounds": ROUNDS})
    write_tables(store, place, {"scoreboard": ROUNDS}, prefix=DERIVED_PREFIX)
    write_tables(store, BuildPlace("m1", "de_mirage", "b10"), {"kills": KILLS})
    write_tables(store, BuildPlace("m10", "de_mirage", "b1"), {"kills": KILLS})
    for _ in range(2):
        delete_tables(store, place, ["kills", "rounds", "scoreboard", "never_written"])
    assert [info.key for info in store.list()] == [
        "frames/kills/map=de_mirage/m1-b10.parquet",
        "frames/kills/map=de_mirage/m10-b1.parquet",
    ]


def test_files_pass_through_the_work_area_and_leave_it(store: ObjectStore, work: WorkArea) -> None:
    write_tables(store, BuildPlace("m1", "de_mirage"), {"kills": KILLS}, work=work)
    assert list(work.root.iterdir()) == []
    assert read_table(store, BuildPlace("m1", "de_mirage"), "kills").height == 3


@pytest.mark.parametrize(
    ("match_id", "build", "table"),
    [
        ("../m", "", "kills"),
        ("a/b", "", "kills"),
        ("m", "", "a/b"),
        ("m", "", ""),
        ("", "", "k"),
        ("m", "../b", "kills"),
    ],
)
def test_names_that_would_leave_the_layout_are_refused(match_id: str, build: str, table: str) -> None:
    with pytest.raises(BadInputError, match="Not a "):
        BuildPlace(match_id, "de_mirage", build).key(table)


@pytest.mark.parametrize(
    ("map_name", "segment"),
    [
        ("de_mirage", "de_mirage"),
        ("", "unknown"),
        ("../..", "unknown"),
        ("de_x.y z", "de_x_y_z"),
        ("workshop/3070/de_Nuke2", "de_nuke2"),
        ("x" * 300, "x" * 64),
    ],
)
def test_any_map_name_has_a_place(map_name: str, segment: str) -> None:
    place = BuildPlace("m", partition_of(map_name))
    assert place.key("kills") == f"frames/kills/map={segment}/m.parquet"
