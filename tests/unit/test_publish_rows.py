"""Rows of a match: every value fits its column, and what does not is said."""

import math

import polars as pl
import pytest

from offangle.flows.recorded.rows import (
    account_names,
    check_entries,
    match_values,
    state_table,
    vitals_at_freeze_end,
)
from offangle.flows.rows import Bounds, number, text
from offangle.frames.collection import empty_table

MATCH = {
    "source": "demo",
    "map_name": "de_mirage",
    "game_mode": None,
    "server_name": "a\0b" * 200,
    "played_at": None,
    "duration_s": math.nan,
    "tick_rate": 64.0,
    "team_a_name": None,
    "team_b_name": "x" * 300,
    "score_a": None,
    "score_b": 7,
    "is_simulated": False,
}
ROUNDS = pl.DataFrame({"winner_team": ["a", "a", "b", None]})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_not_known(value: float) -> None:
    assert number(value) is None


@pytest.mark.parametrize("value", [0, 0.0, -3, 1.5, None, True])
def test_a_number_stays_what_it_is(value: float | None) -> None:
    assert number(value) is value


def test_text_has_no_nul_and_an_end() -> None:
    assert text("a\0b", 10) == "ab"
    assert text("abcdef", 3) == "abc"
    assert text(None, 3) == ""


def test_a_match_fits_its_columns() -> None:
    values = match_values(MATCH, ROUNDS)
    assert len(values["server_name"]) == 200
    assert "\0" not in values["server_name"]
    assert len(values["team_b_name"]) == 100
    assert values["duration_s"] is None
    assert values["rounds_played"] == 4


def test_the_score_is_the_one_stated_and_counted_where_none_is() -> None:
    values = match_values(MATCH, ROUNDS)
    assert (values["score_a"], values["score_b"]) == (2, 7)


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("health", 0, 0),
        ("health", 100, 100),
        ("health", 101, None),
        ("health", -1, None),
        ("armor", 101, None),
        ("money", 16_000, 16_000),
        ("money", 16_001, None),
        ("money", None, None),
    ],
)
def test_a_value_outside_the_games_bounds_is_not_known_and_is_listed(
    name: str, value: int | None, stored: int | None
) -> None:
    bounds = Bounds()
    assert bounds.held({"round_number": 3, "steam_id": 7, name: value}, name) == stored
    check = bounds.check()
    assert check["ok"] is (value == stored)
    assert (f"round 3: 7 has {name} {value}" in check["detail"]) is (value != stored)


def test_a_long_list_of_bounds_is_cut_and_counted() -> None:
    bounds = Bounds()
    for steam_id in range(25):
        bounds.held({"round_number": 1, "steam_id": steam_id, "money": 20_000}, "money")
    assert bounds.check()["detail"].endswith("; and 5 more")
    assert bounds.check()["found"].startswith("25 ")


def test_vitals_are_those_of_the_last_sample_up_to_freeze_end() -> None:
    ticks = pl.DataFrame(
        {
            "tick": [90, 100, 101, 95, 200],
            "round_number": [1, 1, 1, 1, 2],
            "steam_id": [7, 7, 7, 8, 7],
            "health": [100, 99, 1, 100, 50],
            "armor": [0, 100, 100, 0, 0],
        }
    )
    rounds = pl.DataFrame({"round_number": [1, 2], "freeze_end_tick": [100, None]})
    found = vitals_at_freeze_end(ticks, rounds).sort("steam_id").rows()
    assert found == [(1, 7, 99, 100), (1, 8, 100, 0)]


def test_a_player_without_a_side_has_no_state() -> None:
    player_rounds = pl.DataFrame(
        {
            "round_number": [1, 1],
            "steam_id": [7, 8],
            "side": ["t", None],
            "money_left": [800, 800],
            **{name: [0, 0] for name in ("kills", "deaths", "assists", "headshot_kills", "damage", "equipment_value")},
            "buy": ["eco", None],
            "survived": [True, False],
            **{name: [True, False] for name in ("played", "opening_kill", "opening_death")},
        },
        schema_overrides={"round_number": pl.Int16, "steam_id": pl.Int64},
    )
    vitals = pl.DataFrame(
        schema={"round_number": pl.Int16, "steam_id": pl.Int64, "health": pl.Int16, "armor": pl.Int16}
    )
    states = state_table(player_rounds, empty_table("economy"), vitals)
    assert states.select("steam_id", "money", "has_helmet", "health").rows() == [(7, 800, None, None)]


def test_accounts_come_in_the_order_of_their_ids() -> None:
    players = pl.DataFrame({"steam_id": [9, 3], "name": ["nine", "three\0"]})
    assert list(account_names(players, [5, 9]).items()) == [(3, "three"), (5, ""), (9, "nine")]


def test_checks_become_json_without_nul() -> None:
    checks = pl.DataFrame({"name": ["a"], "ok": [None], "detail": ["x\0y"]}, schema_overrides={"ok": pl.Boolean})
    assert check_entries(checks) == [{"name": "a", "ok": None, "detail": "xy"}]
