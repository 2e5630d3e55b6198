"""Checks: a difference is reported with who and how much; what cannot be checked says so."""

from typing import Any

import pytest

from makers.matches import CT1, CT2, CTS, T1, T2, T3, TS, a_hit, a_kill, a_match, a_purse, a_round, a_sample, on_sides
from offangle.analysis.checks import CHECKS, LISTED_AT_MOST, listed
from offangle.analysis.run import analyse
from offangle.frames.collection import MatchFrames

Row = dict[str, Any]


def found(frames: MatchFrames, name: str) -> Row:
    return {row["name"]: row for row in analyse(frames)["checks"].to_dicts()}[name]


def board(**figures: int) -> list[Row]:
    return [{"steam_id": T1} | figures]


def test_every_check_is_run_and_named_once() -> None:
    checks = analyse(a_match())["checks"]
    assert checks["name"].to_list() == list(CHECKS)
    assert checks["label"].is_unique().all()


ROUNDS = [a_round(1, score_a_before=0, score_b_before=0), a_round(2, score_a_before=1, score_b_before=0)]


@pytest.mark.parametrize(
    ("score", "ok", "expected", "counted"), [(2, True, "2", "2"), (3, False, "3", "2"), (None, None, "not stated", "2")]
)
def test_score(score: int | None, ok: bool | None, expected: str, counted: str) -> None:  # noqa: FBT001 -- a column
    row = found(a_match(ROUNDS, match={"score_a": score}), "score_a")
    assert (row["ok"], row["expected"], row["found"]) == (ok, expected, counted)


def test_score_of_a_recording_that_begins_late() -> None:
    rounds = [a_round(4, score_a_before=2, score_b_before=1)]
    row = found(a_match(rounds, match={"score_a": 3}), "score_a")
    assert (row["ok"], row["detail"]) == (True, "2 won before the recording began")
    assert (
        found(a_match(rounds), "round_numbers")["detail"]
        == "round 1 is missing; round 2 is missing; round 3 is missing"
    )


def test_a_jump_in_the_running_score_is_found() -> None:
    broken = [ROUNDS[0], ROUNDS[1] | {"score_a_before": 0, "score_b_before": 1}]
    assert found(a_match(ROUNDS), "running_score")["ok"]
    row = found(a_match(broken), "running_score")
    assert (row["ok"], row["detail"]) == (False, "round 2")
    assert found(a_match(), "running_score")["ok"] is None


def test_an_unknown_winner_is_named() -> None:
    row = found(a_match([a_round(1, winner_side=None), a_round(2)]), "round_winners")
    assert (row["ok"], row["found"]) == (False, "1")
    assert row["detail"].startswith("round 1: winner unknown")


def test_excluded_rounds_are_listed() -> None:
    row = found(a_match([a_round(-1), a_round(1)]), "excluded_rounds")
    assert (row["ok"], row["found"], row["detail"]) == (True, "1 knife", "round -1 (knife) from tick 10000")


@pytest.mark.parametrize(
    ("name", "stated", "kills", "check", "ok", "text"),
    [
        ("equal", {"kills": 1}, [a_kill(T1, CT1, 5)], "scoreboard_kills", True, ""),
        ("differs", {"kills": 2}, [a_kill(T1, CT1, 5)], "scoreboard_kills", False, "p11: 1 counted, 2 stated"),
        ("deaths", {"deaths": 1}, [], "scoreboard_deaths", False, "p11: 0 counted, 1 stated"),
        (
            "a team kill explains it",
            {"kills": 1},
            [a_kill(T1, T2, 5)],
            "scoreboard_kills",
            True,
            "p11: 0 counted, 1 stated with 1 team kills, which are not kills",
        ),
        (
            "a team kill explains one of two",
            {"kills": 2},
            [a_kill(T1, T2, 5)],
            "scoreboard_kills",
            False,
            "p11: 0 counted, 2 stated",
        ),
        (
            "a team kill takes no kill off",
            {"kills": 0},
            [a_kill(T1, CT1, 5), a_kill(T1, T2, 9)],
            "scoreboard_kills",
            False,
            "p11: 1 counted, 0 stated",
        ),
        (
            "a team kill is not counted",
            {"kills": 1},
            [a_kill(T1, CT1, 5), a_kill(T1, T2, 9)],
            "scoreboard_kills",
            True,
            "",
        ),
        (
            "an assist to the other side explains it",
            {"assists": 1},
            [a_kill(CT1, T2, 5, assister_steam_id=T1)],
            "scoreboard_assists",
            True,
            "p11: 0 counted, 1 stated with 1 assists to a team kill or to the other side's kill, which do not count",
        ),
        ("no figure", {"deaths": 0}, [], "scoreboard_kills", None, ""),
    ],
)
def test_scoreboard(name: str, stated: Row, kills: list[Row], check: str, ok: bool | None, text: str) -> None:  # noqa: FBT001 -- a column
    row = found(a_match(kills=kills, scoreboard=board(**stated)), check)
    assert (row["ok"], row["detail"]) == (ok, text), name


@pytest.mark.parametrize(
    ("stated", "ok", "is_explained"), [(0, True, False), (1, True, True), (2, False, False)],
    ids=["equal", "explained", "not explained to the last one"],
)  # fmt: skip
def test_what_is_explained_away_says_so(stated: int, ok: bool, is_explained: bool) -> None:  # noqa: FBT001 -- columns
    row = found(a_match(kills=[a_kill(T1, T2, 5)], scoreboard=board(kills=stated)), "scoreboard_kills")
    assert (row["ok"], row["explained"]) == (ok, is_explained)


def test_leaving_the_server_explains_a_death_on_the_scoreboard() -> None:
    left = a_kill(T1, T1, 5, weapon="world", is_victim_leaving=True)
    row = found(a_match(kills=[left], scoreboard=board(deaths=1)), "scoreboard_deaths")
    assert (row["ok"], row["found"], row["explained"]) == (True, "0 equal, 1 explained", True)
    assert row["detail"] == "p11: 0 counted, 1 stated with 1 departures from the server, which are no deaths"


def test_rounds_from_before_the_recording_are_explained() -> None:
    late = a_match([a_round(7, score_a_before=4, score_b_before=2)], match={"score_a": 5, "score_b": 2})
    row = found(late, "score_a")
    assert (row["ok"], row["detail"], row["explained"]) == (True, "4 won before the recording began", True)


def test_odd_numbers_are_named() -> None:
    assert found(a_match(), "odd_values")["ok"]
    note = {"table": "ticks", "column": "health", "rows": 16, "stated": "40000"}
    row = found(a_match(odd_values=[note]), "odd_values")
    assert (row["ok"], row["found"], row["detail"]) == (False, "1 kinds", "ticks, health: 16 rows with 40000")


def test_more_than_a_life_or_a_purse_is_kept_and_named() -> None:
    samples = [a_sample(T1, 5, health=150), a_sample(T2, 5, health=120), a_sample(T3, 5, money=16_001)]
    row = found(a_match(ticks=samples), "odd_values")
    assert row["detail"] == "ticks, health: 2 rows with up to 150, kept; ticks, money: 1 rows with up to 16001, kept"


def test_a_match_without_a_map_says_so() -> None:
    assert found(a_match(), "map_name")["ok"]
    assert not found(a_match(match={"map_name": "unknown"}), "map_name")["ok"]


def test_damage_outside_the_rounds_explains_a_difference() -> None:
    hits = [a_hit(T1, CT1, 5, 30), a_hit(T1, CT1, 5, 20, number=0)]
    row = found(a_match(damages=hits, scoreboard=board(damage=50)), "scoreboard_damage")
    assert (row["ok"], row["found"]) == (True, "0 equal, 1 explained")
    assert not found(a_match(damages=hits, scoreboard=board(damage=51)), "scoreboard_damage")["ok"]


def test_impossible_rounds_are_found() -> None:
    kills = [a_kill(T1, CT1, 5), a_kill(T2, CT1, 9)]
    row = found(a_match(kills=kills), "single_deaths")
    assert (row["ok"], row["detail"]) == (False, f"round 1: {CT1} died 2 times")
    few = on_sides([a_round()], TS[:1], CTS[:1])
    row = found(a_match(kills=[a_kill(T1, CT1, 5), a_kill(T1, CT1, 9)], player_rounds=few), "kills_possible")
    assert (row["ok"], row["detail"]) == (False, f"round 1: {T1} has 2 kills")


def test_more_damage_than_a_life_is_found() -> None:
    row = found(a_match(damages=[a_hit(T1, CT1, 5, 60), a_hit(T2, CT1, 6, 41)]), "damage_cap")
    assert (row["ok"], row["detail"]) == (False, f"round 1: {CT1} lost 101")
    assert found(a_match(damages=[a_hit(T1, CT1, 5, 60), a_hit(T2, CT1, 6, 40)]), "damage_cap")["ok"]


def test_a_missing_player_is_found() -> None:
    rounds = [a_round(1), a_round(2)]
    present = on_sides(rounds[:1]) + on_sides(rounds[1:], TS[1:], CTS)
    row = found(a_match(rounds, player_rounds=present), "players_per_side")
    assert (row["ok"], row["expected"], row["detail"]) == (False, "5 per side", "round 2: 4 on T")


def test_economy() -> None:
    assert found(a_match(), "economy")["ok"] is None
    purses = [a_purse(1, who, equipment_value=850) for who in (*TS, *CTS)]
    assert found(a_match(economy=purses), "economy")["ok"]
    row = found(a_match(economy=purses[1:]), "economy")
    assert (row["ok"], row["detail"]) == (False, "round 1: 1 without equipment value")


def test_late_kills_departures_and_parsers_are_listed() -> None:
    rounds = [a_round(1), a_round(2)]
    gone = on_sides(rounds[:1]) + on_sides(rounds[1:], TS[1:], CTS)
    frames = a_match(rounds, [a_kill(T1, T1, 5, weapon="world"), a_kill(T2, CT1, 9001)], player_rounds=gone)
    assert found(frames, "late_kills")["detail"] == "round 1, tick 19001"
    assert found(frames, "departures")["detail"] == f"round 1: {T1} from tick 10005"
    assert found(frames, "parsers")["detail"] == "a test 1: all"


@pytest.mark.parametrize(("rate", "ok"), [(64.0, True), (128.0, True), (32.0, True), (63.0, False)])
def test_tick_rate(rate: float, ok: bool) -> None:  # noqa: FBT001 -- a column
    assert found(a_match(match={"tick_rate": rate}), "tick_rate")["ok"] is ok


def test_kills_without_a_side_or_outside_their_round_are_found() -> None:
    stranger = a_kill(T3, CT2, 5, attacker_steam_id=77, attacker_side=None)
    row = found(a_match(kills=[stranger]), "sides_known")
    assert (row["ok"], row["detail"]) == (False, "round 1, tick 10005")
    row = found(a_match(kills=[a_kill(T1, CT1, -5)]), "kills_in_rounds")
    assert (row["ok"], row["detail"]) == (False, "round 1, tick 9995")


def test_long_lists_are_cut_and_say_so() -> None:
    assert listed([str(n) for n in range(LISTED_AT_MOST + 2)]).endswith("19; and 2 more")
