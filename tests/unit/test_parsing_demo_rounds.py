"""Which rounds count, and under what number: a table for each way in which a match can be odd."""

from typing import Any

import polars as pl
import pytest

from offangle.core.terms import END_REASONS
from offangle.frames.columns import SIDE
from offangle.parsing.demo.rounds import (
    MatchLength,
    match_length,
    number_rounds,
    round_of,
    with_counters,
    with_ends,
    with_melee_only,
)

LENGTH = MatchLength(24, 6)
COMPLETE = {"is_complete": True, "is_knife": False, "is_melee_only": False, "is_warmup": False}


def judged(*rounds: dict[str, Any], length: MatchLength = LENGTH) -> list[tuple[int, str, int]]:
    rows = [{"start_tick": 100 * at, **COMPLETE, **round_} for at, round_ in enumerate(rounds)]
    frame = pl.DataFrame(rows, schema_overrides={"rounds_before": pl.Int32})
    return number_rounds(frame, length).select("round_number", "kind", "half").rows()


def played(*counters: int | None) -> list[dict[str, Any]]:
    return [{"rounds_before": counter} for counter in counters]


def test_plain_match() -> None:
    assert judged(*played(0, 1, 2)) == [(1, "regular", 1), (2, "regular", 1), (3, "regular", 1)]


@pytest.mark.parametrize(
    ("counter", "length", "expected"),
    [
        (11, LENGTH, (12, "regular", 1)),
        (12, LENGTH, (13, "regular", 2)),
        (23, LENGTH, (24, "regular", 2)),
        (24, LENGTH, (25, "overtime", 3)),
        (26, LENGTH, (27, "overtime", 3)),
        (27, LENGTH, (28, "overtime", 4)),
        (29, LENGTH, (30, "overtime", 4)),
        (30, LENGTH, (31, "overtime", 5)),
        (7, MatchLength(16, 6), (8, "regular", 1)),
        (8, MatchLength(16, 6), (9, "regular", 2)),
        (16, MatchLength(16, 6), (17, "overtime", 3)),
        (14, MatchLength(30, 6), (15, "regular", 1)),
        (15, MatchLength(30, 6), (16, "regular", 2)),
    ],
)
def test_halves(counter: int, length: MatchLength, expected: tuple[int, str, int]) -> None:
    assert judged({"rounds_before": counter}, length=length) == [expected]


def test_restored_backup() -> None:
    found = judged(*played(0, 1, 2, 1, 2, 3))
    assert [row[:2] for row in found] == [
        (1, "regular"),
        (-1, "restored"),
        (-2, "restored"),
        (2, "regular"),
        (3, "regular"),
        (4, "regular"),
    ]


def test_backup_restored_twice_to_the_same_round() -> None:
    found = judged(*played(0, 1, 1, 1, 2))
    assert [row[0] for row in found] == [1, -1, -2, 2, 3]


def test_restart_and_knife() -> None:
    knife = {"rounds_before": 0, "is_melee_only": True}
    found = judged(knife, *played(0, 0, 1))
    assert [row[:2] for row in found] == [(-1, "knife"), (-2, "aborted"), (1, "regular"), (2, "regular")]


def test_blades_alone_do_not_make_a_knife_round() -> None:
    assert judged({"rounds_before": 0, "is_melee_only": True}, *played(1))[0][:2] == (1, "regular")


def test_unfinished_rounds_do_not_undo_others() -> None:
    found = judged(*played(0, 1), {"rounds_before": 0, "is_complete": False})
    assert [row[:2] for row in found] == [(1, "regular"), (2, "regular"), (-1, "aborted")]


def test_warmup_comes_before_all_other_reasons() -> None:
    warmup = {"rounds_before": 0, "is_warmup": True, "is_complete": False, "is_melee_only": True}
    assert judged(warmup, *played(0))[0][:2] == (-1, "warmup")


def test_without_counters_rounds_are_counted_here() -> None:
    assert [row[0] for row in judged(*played(None, None))] == [1, 2]


def test_late_recording_keeps_the_counter() -> None:
    assert [row[0] for row in judged(*played(17, 18))] == [18, 19]


@pytest.mark.parametrize(
    ("convars", "expected"),
    [
        ({}, MatchLength(24, 6)),
        ({"mp_maxrounds": "30"}, MatchLength(30, 6)),
        ({"mp_maxrounds": "24", "mp_overtime_maxrounds": "10"}, MatchLength(24, 10)),
        ({"game_type": "0", "game_mode": "2"}, MatchLength(16, 6)),
        ({"mp_maxrounds": "0"}, MatchLength(24, 6)),
        ({"mp_maxrounds": "many"}, MatchLength(24, 6)),
    ],
)
def test_match_length(convars: dict[str, str], expected: MatchLength) -> None:
    assert match_length(convars) == expected


def open_round(start: int, officially_ended: int | None, *, is_complete: bool = False) -> dict[str, Any]:
    return {
        "start_tick": start,
        "live_tick": start + 10,
        "officially_ended_tick": officially_ended,
        "end_tick": None,
        "winner_side": None,
        "reason": "unknown",
        "is_complete": is_complete,
    }


ROUND_SCHEMA: dict[str, Any] = {
    "officially_ended_tick": pl.Int32,
    "end_tick": pl.Int32,
    "live_tick": pl.Int32,
    "winner_side": SIDE,
    "reason": pl.Enum(END_REASONS),
}


def test_forgotten_ends_are_found_inside_their_round_only() -> None:
    rounds = pl.DataFrame(
        [open_round(0, 100), open_round(100, 200), open_round(200, None)], schema_overrides=ROUND_SCHEMA
    )
    ends = pl.DataFrame({"tick": [90, 250], "winner": ["T", "CT"], "reason": ["ct_killed", "new_reason"]})
    found = with_ends(rounds, ends).select("end_tick", "winner_side", "reason", "is_complete").rows()
    assert found == [
        (90, "t", "elimination", True),
        (None, None, "unknown", False),
        (250, "ct", "unknown", True),
    ]


def test_known_ends_stay() -> None:
    known = {**open_round(0, 100, is_complete=True), "end_tick": 80, "winner_side": "ct", "reason": "bomb_defused"}
    rounds = pl.DataFrame([known], schema_overrides=ROUND_SCHEMA)
    ends = pl.DataFrame({"tick": [90], "winner": ["T"], "reason": ["ct_killed"]})
    assert with_ends(rounds, ends).select("end_tick", "winner_side", "reason").rows() == [(80, "ct", "bomb_defused")]


def test_ends_without_any_value_change_nothing() -> None:
    rounds = pl.DataFrame([open_round(0, None)], schema_overrides=ROUND_SCHEMA)
    ends = pl.DataFrame({"tick": [1], "winner": [None], "reason": [None]}, schema_overrides={"winner": pl.Float64})
    assert with_ends(rounds, ends)["is_complete"].to_list() == [False]
    assert with_ends(rounds, None) is rounds


def test_melee_only() -> None:
    rounds = pl.DataFrame({"start_tick": [0, 100, 200, 300]}, schema={"start_tick": pl.Int32})
    kills = pl.DataFrame(
        {
            "tick": [10, 20, 110, 120, 210],
            "weapon": ["knife", "knife_karambit", "knife", "ak47", "world"],
        },
        schema_overrides={"tick": pl.Int32},
    )
    assert with_melee_only(rounds, kills)["is_melee_only"].to_list() == [True, False, False, False]


def test_counters_are_read_at_freeze_end_and_after_the_end() -> None:
    rounds = pl.DataFrame({"start_tick": [0, 100], "live_tick": [10, 110], "settle_tick": [90, 190]})
    state = pl.DataFrame(
        {
            "tick": [10, 10, 90, 90],
            "team_num": [2, 3, 2, 3],
            "total_rounds_played": [4, 4, 5, 5],
            "is_warmup_period": [False, False, False, False],
            "team_rounds_total": [1, 3, 2, 3],
        }
    )
    columns = ("rounds_before", "is_warmup", "t_before", "ct_before", "t_after", "ct_after")
    assert with_counters(rounds, state).select(columns).rows() == [
        (4, False, 1, 3, 2, 3),
        (None, False, None, None, None, None),
    ]


def test_events_belong_to_the_round_that_began_last() -> None:
    rounds = pl.DataFrame(
        {"start_tick": [100, 200], "round_number": [1, 2]}, schema_overrides={"round_number": pl.Int16}
    )
    ticks = pl.DataFrame({"tick": [99, 100, 199, 200, 900]})
    assert round_of(ticks, rounds)["round_number"].to_list() == [0, 1, 1, 2, 2]
