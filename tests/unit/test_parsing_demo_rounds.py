"""Which rounds count, and under what number: a table for each way in which a match can be odd."""

from typing import Any

import polars as pl
import pytest

from offangle.core.halves import StatedLength
from offangle.core.terms import END_REASONS
from offangle.frames.columns import SIDE
from offangle.parsing.demo.rounds import (
    number_rounds,
    round_of,
    stated_length,
    usual_max_rounds,
    with_counters,
    with_ends,
    with_melee_only,
    with_purses,
)

COMPLETE = {
    "is_complete": True, "is_melee_only": False, "is_broke": False, "is_warmup": False,
    "t_before": None, "ct_before": None, "t_after": None, "ct_after": None,
}  # fmt: skip
COUNTERS = dict.fromkeys(("rounds_before", "t_before", "ct_before", "t_after", "ct_after"), pl.Int32)


def judged(*rounds: dict[str, Any]) -> list[tuple[int, str | None]]:
    """Number and kind of each round; no kind where it counts."""
    rows = [{"start_tick": 100 * at, **COMPLETE, **round_} for at, round_ in enumerate(rounds)]
    frame = pl.DataFrame(rows, schema_overrides=COUNTERS)
    return number_rounds(frame).select("round_number", "kind").rows()


def played(*counters: int | None) -> list[dict[str, Any]]:
    return [{"rounds_before": counter} for counter in counters]


def scored(counter: int, t: int, ct: int, *, won: bool = True, **words: Any) -> dict[str, Any]:
    """A round with the score before it, of which CT won the last one if anybody did."""
    return {"rounds_before": counter, "t_before": t, "ct_before": ct, "t_after": t, "ct_after": ct + won, **words}


KNIVES = {"is_melee_only": True, "is_broke": True}


def test_plain_match() -> None:
    assert judged(*played(0, 1, 2)) == [(1, None), (2, None), (3, None)]


def test_restored_backup() -> None:
    found = judged(*played(0, 1, 2, 1, 2, 3))
    assert found == [(1, None), (-1, "restored"), (-2, "restored"), (2, None), (3, None), (4, None)]


def test_backup_restored_twice_to_the_same_round() -> None:
    assert [row[0] for row in judged(*played(0, 1, 1, 1, 2))] == [1, -1, -2, 2, 3]


def test_counter_that_begins_again_while_the_score_stands() -> None:
    found = judged(scored(0, 0, 0), scored(1, 0, 1), scored(2, 0, 2), scored(0, 3, 0), scored(1, 3, 1))
    assert found == [(number, None) for number in range(1, 6)]


def test_counter_that_began_again_before_the_recording() -> None:
    assert judged(scored(0, 3, 0), scored(1, 3, 1)) == [(4, None), (5, None)]


def test_counter_and_score_that_fall_together_take_rounds_back() -> None:
    found = judged(scored(0, 0, 0), scored(1, 0, 1), scored(2, 0, 2), scored(1, 0, 1), scored(2, 0, 2))
    assert found == [(1, None), (-1, "restored"), (-2, "restored"), (2, None), (3, None)]


def test_a_round_that_nobody_won_counts() -> None:
    found = judged(scored(0, 0, 0), scored(1, 0, 1, won=False), scored(2, 0, 1))
    assert found == [(1, None), (2, None), (3, None)]


def test_odd_scores_leave_the_counter_to_tell() -> None:
    found = judged(scored(0, -5, 0), scored(1, -5, 1), scored(0, -5, 0))
    assert found == [(-1, "aborted"), (-2, "aborted"), (1, None)]


@pytest.mark.parametrize("counters", [(-3, -2), (2**31 - 2, 2**31 - 1)])
def test_counters_that_cannot_be_are_not_believed(counters: tuple[int, int]) -> None:
    stand = [{"t_before": None, "rounds_before": counter} for counter in counters]
    assert [number for number, kind in judged(*stand) if kind is None][-1] <= 2


def test_restart_and_knife() -> None:
    found = judged(scored(0, 0, 0, **KNIVES), scored(0, 0, 0), scored(0, 0, 0), scored(1, 0, 1))
    assert found == [(-1, "knife"), (-2, "aborted"), (1, None), (2, None)]


@pytest.mark.parametrize(
    ("sign", "kind"),
    [
        (scored(0, 0, 0, is_melee_only=True), "aborted"),
        (scored(0, 0, 0, is_broke=True), "aborted"),
        (scored(0, 0, 0, **KNIVES), "knife"),
    ],
    ids=["knives, with money", "without money, with guns", "both"],
)
def test_a_knife_round_has_all_signs(sign: dict[str, Any], kind: str) -> None:
    assert judged(sign, *(scored(0, 0, 0), scored(1, 0, 1)))[0] == (-1, kind)


def test_knives_and_no_money_do_not_take_a_round_back_that_was_scored() -> None:
    assert judged(scored(0, 0, 0, **KNIVES), scored(1, 0, 1))[0] == (1, None)
    assert judged(scored(0, 0, 0), scored(1, 0, 1, **KNIVES))[1] == (2, None)


def test_knife_round_at_the_end_of_the_recording() -> None:
    assert judged(scored(0, 0, 0, won=False, **KNIVES)) == [(-1, "knife")]


def test_unfinished_rounds_do_not_undo_others() -> None:
    found = judged(*played(0, 1), {"rounds_before": 0, "is_complete": False})
    assert found == [(1, None), (2, None), (-1, "aborted")]


def test_warmup_comes_before_all_other_reasons() -> None:
    warmup = {"rounds_before": 0, "is_warmup": True, "is_complete": False, **KNIVES}
    assert judged(warmup, *played(0))[0] == (-1, "warmup")


def test_without_counters_rounds_are_counted_here() -> None:
    assert [row[0] for row in judged(*played(None, None))] == [1, 2]


def test_late_recording_keeps_the_counter() -> None:
    assert [row[0] for row in judged(*played(17, 18))] == [18, 19]


@pytest.mark.parametrize(
    ("convars", "expected"),
    [
        ({}, StatedLength()),
        ({"mp_maxrounds": "30"}, StatedLength(30)),
        ({"mp_maxrounds": "24", "mp_overtime_maxrounds": "10"}, StatedLength(24, 10)),
        ({"mp_maxrounds": "0"}, StatedLength()),
        ({"mp_maxrounds": "many"}, StatedLength()),
        ({"mp_maxrounds": "9" * 30}, StatedLength()),
        ({"mp_halftime": "0"}, StatedLength(has_half_time=False)),
        ({"mp_halftime": "true"}, StatedLength(has_half_time=True)),
        ({"mp_halftime": "perhaps"}, StatedLength()),
    ],
)
def test_stated_length(convars: dict[str, str], expected: StatedLength) -> None:
    assert stated_length(convars) == expected


def test_usual_length_of_a_mode() -> None:
    assert usual_max_rounds({"game_type": "0", "game_mode": "2"}) == 16
    assert usual_max_rounds({"game_type": "3", "game_mode": "0"}) == 24


def test_nobody_has_money() -> None:
    rounds = pl.DataFrame({"start_tick": [0, 100, 200], "live_tick": [10, 110, 210]})
    states = pl.DataFrame(
        {
            "tick": [10, 10, 10, 110, 110, 210],
            "side": ["t", "ct", None, "t", "ct", "ct"],
            "money": [0, 0, 800, 0, 150, None],
        }
    )
    assert with_purses(rounds, states)["is_broke"].to_list() == [True, False, False]


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
