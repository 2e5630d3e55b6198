"""Teams are told by who plays with whom."""

import polars as pl
import pytest

from offangle.core.halves import MatchLength
from offangle.frames.columns import SIDE
from offangle.parsing.demo.teams import (
    as_they_began,
    player_rounds,
    players,
    rosters,
    team_a_sides,
    team_names,
    with_scores,
)

Sides = dict[int, str]


def roster(rounds: dict[int, Sides]) -> pl.DataFrame:
    rows = [(number, player, side) for number, sides in rounds.items() for player, side in sides.items()]
    return pl.DataFrame(rows, schema={"round_number": pl.Int16, "steam_id": pl.Int64, "side": SIDE}, orient="row")


def numbered(*numbers: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"start_tick": [100 * at for at in range(len(numbers))], "round_number": list(numbers)},
        schema={"start_tick": pl.Int32, "round_number": pl.Int16},
    )


def sides_of_a(rounds: dict[int, Sides]) -> list[str]:
    found = team_a_sides(numbered(*rounds), roster(rounds))
    by_number = dict(found.rows())
    return [by_number[number] for number in rounds]


FIRST: Sides = {1: "ct", 2: "ct", 3: "t", 4: "t"}
TURNED: Sides = {1: "t", 2: "t", 3: "ct", 4: "ct"}


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        ({1: FIRST, 2: FIRST}, ["ct", "ct"]),
        ({1: FIRST, 2: TURNED, 3: TURNED, 4: FIRST}, ["ct", "t", "t", "ct"]),
        ({-1: TURNED, 1: FIRST}, ["t", "ct"]),
        ({1: FIRST, 2: {}, 3: TURNED}, ["ct", "ct", "t"]),
        ({1: FIRST, 2: {1: "t", 2: "t", 3: "t", 4: "ct"}}, ["ct", "t"]),
        ({1: FIRST, 2: {1: "ct", 9: "t", 3: "t"}, 3: {9: "ct"}}, ["ct", "ct", "t"]),
        ({13: TURNED}, ["ct"]),
        ({-1: FIRST}, ["ct"]),
    ],
)
def test_the_side_of_team_a(rounds: dict[int, Sides], expected: list[str]) -> None:
    assert sides_of_a(rounds) == expected


def test_no_rounds_no_sides() -> None:
    assert team_a_sides(numbered(), roster({})).is_empty()


def test_player_rounds_follow_the_side() -> None:
    rounds = {1: FIRST, 2: TURNED}
    found = player_rounds(roster(rounds), team_a_sides(numbered(1, 2), roster(rounds)))
    assert set(found.filter(pl.col("steam_id") == 1)["team"]) == {"a"}
    assert set(found.filter(pl.col("steam_id") == 3)["team"]) == {"b"}


def names(*rows: tuple[int, str, str | None]) -> pl.DataFrame:
    schema = {"steam_id": pl.Int64, "name": pl.String, "last_side": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_players_are_those_who_were_on_a_side() -> None:
    rounds = {1: FIRST}
    in_rounds = player_rounds(roster(rounds), team_a_sides(numbered(1), roster(rounds)))
    known = names(
        (1, "old name", "terrorist"), (1, "one", "terrorist"), (2, "two", None), (3, "three", None), (4, "", None),
        (99, "caster", None),
    )  # fmt: skip
    found = players(known, in_rounds).sort("steam_id")
    assert found.select("steam_id", "name", "team").rows() == [
        (1, "one", "a"),
        (2, "two", "a"),
        (3, "three", "b"),
        (4, "", "b"),
    ]


def test_without_rounds_the_last_side_tells_who_played() -> None:
    empty = player_rounds(roster({}), team_a_sides(numbered(), roster({})))
    found = players(names((1, "one", "terrorist"), (-3, "bot", "counter-terrorist"), (9, "caster", None)), empty)
    assert found.sort("steam_id").select("steam_id", "team", "is_bot").rows() == [(-3, None, True), (1, None, False)]


def test_rosters_leave_out_spectators_and_twice_sampled_players() -> None:
    rounds = pl.DataFrame(
        {"round_number": [1], "live_tick": [10]}, schema={"round_number": pl.Int16, "live_tick": pl.Int32}
    )
    states = pl.DataFrame(
        {"tick": [10, 10, 10, 11], "steam_id": [1, 1, 2, 3], "side": ["t", "t", None, "ct"]},
        schema={"tick": pl.Int32, "steam_id": pl.Int64, "side": SIDE},
    )
    assert rosters(rounds, states).rows() == [(1, 1, "t")]


def test_team_names_follow_the_team_over_half_time() -> None:
    rounds = pl.DataFrame(
        {"round_number": [1, 13], "live_tick": [10, 20], "team_a_side": ["ct", "t"]},
        schema={"round_number": pl.Int16, "live_tick": pl.Int32, "team_a_side": SIDE},
    )
    state = pl.DataFrame(
        {"tick": [10, 10, 20, 20], "team_num": [2, 3, 2, 3], "team_clan_name": ["Beta", "Alpha", " Alpha ", ""]},
        schema_overrides={"tick": pl.Int32},
    )
    assert team_names(state, rounds) == {"a": "Alpha", "b": "Beta"}
    assert team_names(state.clear(), rounds) == {"a": None, "b": None}


@pytest.mark.parametrize(
    ("first", "expected"),
    [(1, ["ct", "t"]), (12, ["ct", "t"]), (13, ["t", "ct"]), (25, ["t", "ct"]), (28, ["ct", "t"])],
)
def test_team_a_is_who_began_the_match_as_ct_though_nobody_recorded_it(first: int, expected: list[str]) -> None:
    rounds = pl.DataFrame(
        {"round_number": [first, first + 1], "team_a_side": ["ct", "t"]}, schema_overrides={"team_a_side": SIDE}
    )
    assert as_they_began(rounds, MatchLength(24, 6))["team_a_side"].to_list() == expected


def test_scores_are_stated_or_counted() -> None:
    rounds = pl.DataFrame(
        {
            "start_tick": [0, 1, 2, 3],
            "round_number": [1, -1, 2, 3],
            "team_a_side": ["ct", "ct", "ct", "t"],
            "winner_side": ["ct", "ct", "t", None],
            "t_before": [None, None, None, 7],
            "ct_before": [None, None, None, 5],
        },
        schema_overrides={"team_a_side": SIDE, "winner_side": SIDE, "t_before": pl.Int32, "ct_before": pl.Int32},
    )
    found = with_scores(rounds)
    assert found["winner_team"].to_list() == ["a", "a", "b", None]
    assert found.select("score_a_before", "score_b_before").rows() == [(0, 0), (1, 0), (1, 0), (7, 5)]
