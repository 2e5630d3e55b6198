"""Halves, overtime and pistol rounds, read from the match: a row for each way in which matches are long."""

from itertools import groupby

import polars as pl
import pytest

from offangle.core.halves import NOTHING_STATED, MatchLength, RoundsSeen, StatedLength, read_length
from offangle.frames.columns import SIDE
from offangle.frames.halves import length_of, with_halves


def halves(seen: RoundsSeen, stated: StatedLength = NOTHING_STATED, usual: int = 24) -> list[tuple[int, int]]:
    """Each half and its number of rounds, as seen."""
    length = read_length(seen, stated, usual_max_rounds=usual)
    found = [length.half_of(number) for number in range(seen.first, seen.last + 1)]
    return [(half, len(list(rounds))) for half, rounds in groupby(found)]


LEVEL_AT_24 = {25: (12, 12)}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (RoundsSeen(1, 19, (12,)), [(1, 12), (2, 7)]),
        (RoundsSeen(1, 26, (15,)), [(1, 15), (2, 11)]),
        (RoundsSeen(1, 20, (10,)), [(1, 10), (2, 10)]),
        (RoundsSeen(1, 28, (12, 27), LEVEL_AT_24), [(1, 12), (2, 12), (3, 3), (4, 1)]),
        (RoundsSeen(1, 35, (12, 27, 33), LEVEL_AT_24), [(1, 12), (2, 12), (3, 3), (4, 3), (5, 3), (6, 2)]),
        (RoundsSeen(1, 32, (12, 29), LEVEL_AT_24), [(1, 12), (2, 12), (3, 5), (4, 3)]),
        (RoundsSeen(1, 14, (3, 11), {7: (3, 3)}), [(1, 3), (2, 3), (3, 5), (4, 3)]),
        (RoundsSeen(1, 16), [(1, 16)]),
        (RoundsSeen(1, 30), [(1, 30)]),
        (RoundsSeen(1, 41, (), {25: (13, 11)}), [(1, 41)]),
        (RoundsSeen(1, 11), [(1, 11)]),
        (RoundsSeen(1, 12, (12,)), [(1, 12)]),
        (RoundsSeen(1, 4, (0,)), [(1, 4)]),
        (RoundsSeen(14, 19), [(2, 6)]),
        (RoundsSeen(14, 30, (27,), LEVEL_AT_24), [(2, 11), (3, 3), (4, 3)]),
        (RoundsSeen(5, 11, (9,), {7: (3, 3)}), [(2, 2), (3, 3), (4, 2)]),
        (RoundsSeen(5, 11, (9,), {5: (2, 2), 7: (3, 3), 9: (4, 4)}), [(2, 2), (3, 3), (4, 2)]),
        (RoundsSeen(20, 26, (), {25: (13, 11)}), [(2, 7)]),
    ],
    ids=[
        "MR12", "MR15", "MR10", "overtime", "two overtimes", "overtime of 2x5", "MR3 and 2x5", "sides never change",
        "no half-time for thirty rounds", "no half-time for long", "within the first half", "change after the last",
        "somebody changed before the first", "late start", "late start, change in overtime",
        "late start, short match, change in overtime", "the same, often drawn", "late start, no draw, no overtime",
    ],
)  # fmt: skip
def test_length_is_read_from_changes_of_sides(seen: RoundsSeen, expected: list[tuple[int, int]]) -> None:
    assert halves(seen) == expected


@pytest.mark.parametrize(
    ("seen", "stated", "expected"),
    [
        (RoundsSeen(11, 14), StatedLength(20), [(2, 4)]),
        (RoundsSeen(1, 30), StatedLength(30, has_half_time=False), [(1, 30)]),
        (RoundsSeen(1, 30), StatedLength(30), [(1, 30)]),
        (RoundsSeen(24, 29, ()), StatedLength(24, 6), [(2, 1), (3, 3), (4, 2)]),
        (RoundsSeen(1, 20, (10,)), StatedLength(24), [(1, 10), (2, 10)]),
        (RoundsSeen(1, 32, (12, 29), LEVEL_AT_24), StatedLength(24, 6), [(1, 12), (2, 12), (3, 5), (4, 3)]),
        (RoundsSeen(1, 5, (3,)), StatedLength(6, 6), [(1, 3), (2, 2)]),
        (RoundsSeen(1, 14, (12,)), StatedLength(24, has_half_time=False), [(1, 12), (2, 2)]),
    ],
    ids=["stated", "stated without half-time", "half-time not stated", "one change missed", "stated wrongly",
         "overtime stated wrongly", "short", "changed against what is stated"],
)  # fmt: skip
def test_what_the_server_states_holds_unless_sides_changed_elsewhere(
    seen: RoundsSeen, stated: StatedLength, expected: list[tuple[int, int]]
) -> None:
    assert halves(seen, stated) == expected


def test_usual_length_of_the_mode_holds_where_nothing_tells() -> None:
    assert halves(RoundsSeen(9, 10), usual=16) == [(2, 2)]
    assert halves(RoundsSeen(1, 9, (7,)), usual=15) == [(1, 7), (2, 2)]


def test_money_tells_a_half_that_began_before_anybody_saw_sides_change() -> None:
    pistol = RoundsSeen(16, 18, start_money={16: (800, 800), 17: (1900, 4300)})
    assert read_length(pistol).max_rounds == 30
    rich = RoundsSeen(5, 11, (9,), {7: (3, 3)}, dict.fromkeys(range(7, 12), (10_000, 10_000)))
    assert [read_length(rich).is_overtime(number) for number in (6, 7, 10)] == [False, True, True]


def test_sides_that_teams_began_with() -> None:
    length = MatchLength(24, 6)
    assert length.side_switches(40) == (12, 27, 33, 39)
    assert [number for number in range(1, 41) if length.plays_first_sides(number)] == [
        *range(1, 13),
        *range(28, 34),
        *range(40, 41),
    ]
    assert MatchLength(24, 6, has_half_time=False).plays_first_sides(30)


def test_rounds_of_a_frame_get_half_and_kind() -> None:
    sides = pl.Series("team_a_side", ["ct", "ct", "ct", "t", "t", "t", "t", "ct"], SIDE)
    rounds = pl.DataFrame(
        {"round_number": [-1, 1, 2, 3, 4, 5, 6, 7], "kind": ["knife", *[None] * 7], "team_a_side": sides}
    )
    scored = rounds.with_columns(
        score_a_before=pl.Series([0, 0, 1, 1, 2, 2, 2, 3]), score_b_before=pl.Series([0, 0, 0, 1, 1, 2, 3, 3])
    )
    found = with_halves(scored, length_of(scored)).select("kind", "half").rows()
    assert found == [
        ("knife", 0), ("regular", 1), ("regular", 1), ("regular", 2), ("regular", 2), ("overtime", 3), ("overtime", 3),
        ("overtime", 4),
    ]  # fmt: skip


def test_a_frame_without_counted_rounds_has_no_half() -> None:
    empty = pl.DataFrame({"round_number": [-1], "team_a_side": pl.Series(["ct"], dtype=SIDE)})
    assert with_halves(empty, length_of(empty)).select("kind", "half").rows() == [(None, 0)]
