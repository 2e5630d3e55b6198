"""Recorded and live matches in one vocabulary: what each table says of a match of which everything is known."""

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makers.matches import CT1, CT2, T1, T2, a_kill, a_match, a_purse, a_round
from makers.observed_patterns import from_live
from makers.recorded_patterns import from_analysis
from makers.synthetic import make_match
from offangle.analysis.patterns.names import pattern_weapon
from offangle.analysis.patterns.tables import PatternRoundsTable, PatternWeaponsTable
from offangle.analysis.run import analyse
from offangle.frames.collection import MatchFrames
from offangle.live.state import Confidence, Kill, LiveRound, WeaponInterval

Tables = tuple[pl.DataFrame, pl.DataFrame]
NS = 10**9


def recorded(frames: MatchFrames) -> Tables:
    rounds, weapons = from_analysis("m1", 3, frames, analyse(frames))
    return PatternRoundsTable.validate(rounds), PatternWeaponsTable.validate(weapons)


def live(rounds: Sequence[LiveRound], kills: Sequence[Kill] = (), regulation_rounds: int | None = None) -> Tables:
    tables = from_live("m1", 3, "de_nuke", rounds, kills, 77, regulation_rounds=regulation_rounds)
    return PatternRoundsTable.validate(tables[0]), PatternWeaponsTable.validate(tables[1])


def a_live_round(number: int, **values: object) -> LiveRound:
    known = {"winner": "t", "own_side": "t", "is_decided": True, "own_died": False, "equipment_value": 4700}
    return LiveRound(number, **(known | values))  # type: ignore[arg-type]


def assert_kills_add_up(tables: Tables) -> None:
    rounds, weapons = tables
    key = ["match_id", "round_number", "steam_id"]
    sums = weapons.group_by(key).agg(pl.col("kills").sum())
    both = rounds.join(sums, on=key, how="full", suffix="_by_weapon", coalesce=True)
    assert both.filter(pl.col("kills").fill_null(-1) != pl.col("kills_by_weapon").fill_null(0)).to_dicts() == []


@pytest.mark.parametrize("samples", [True, False])
@pytest.mark.parametrize("score", [(13, 8), (16, 14)])
def test_a_whole_match(score: tuple[int, int], samples: bool) -> None:  # noqa: FBT001 -- a parameter
    frames = make_match(seed=4, score=score, samples=samples)
    tables = recorded(frames)
    rounds, weapons = tables
    assert rounds.height == sum(score) * 10
    assert rounds.filter("is_overtime").height == max(0, sum(score) - 24) * 10
    assert rounds["kills"].sum() == frames["scoreboard"]["kills"].sum()
    assert rounds["opening_kill"].sum() == sum(score)
    assert rounds.filter(pl.col("won") != (pl.col("side") == pl.col("winner_side"))).is_empty()
    assert (weapons["active_s"].null_count() == 0) == samples
    assert_kills_add_up(tables)


def test_a_weapon_is_in_hand_by_samples_of_the_live_round_only() -> None:
    frames = a_match(ticks=[a_sample(50, "knife"), a_sample(200, "ak47"), a_sample(300, "ak47"), a_sample(400, None),
                            a_sample(500, "awp", is_alive=False), a_sample(9500, "deagle")],
                     match={"sample_rate_hz": 4.0})  # fmt: skip
    _, weapons = recorded(frames)
    row = weapons.row(0, named=True)
    assert weapons.height == 1
    assert (row["weapon"], row["active_s"], row["was_active"], row["shots"]) == ("ak47", 0.5, True, None)


def a_sample(at: int, weapon: str | None, **values: object) -> dict[str, object]:
    tick = 10_000 + at
    known = {"tick": tick, "round_number": 1, "steam_id": T1, "side": "t", "is_alive": True, "weapon": weapon}
    return known | values


def a_shot(at: int, weapon: str, steam_id: int = T1) -> dict[str, object]:
    return {"round_number": 1, "tick": 10_000 + at, "steam_id": steam_id, "side": "t", "weapon": weapon}


def test_without_samples_shots_tell_what_was_in_hand() -> None:
    frames = a_match(kills=[a_kill(T1, CT1, 300, weapon="deagle")], shots=[a_shot(200, "ak47"), a_shot(210, "ak47")])
    _, weapons = recorded(frames)
    assert weapons.select("weapon", "was_active", "active_s", "shots", "kills").rows() == [
        ("ak47", True, None, 2, 0),
        ("deagle", True, None, 0, 1),
    ]


@pytest.mark.parametrize(
    ("thrown", "expected"),
    [([], "molotov"), (["incgrenade"], "incgrenade"), (["molotov"], "molotov"), (["molotov", "incgrenade"], "molotov")],
)
def test_a_kill_by_fire_is_the_grenades(thrown: list[str], expected: str) -> None:
    shots = [a_shot(200 + nth, weapon) for nth, weapon in enumerate(thrown)]
    tables = recorded(a_match(kills=[a_kill(T1, CT1, 300, weapon="inferno")], shots=shots))
    assert tables[1].filter(pl.col("kills") > 0)["weapon"].to_list() == [expected]
    assert_kills_add_up(tables)


def test_team_kills_suicides_and_the_bomb_are_nobodys_kills() -> None:
    frames = a_match(
        kills=[a_kill(T1, T2, 300), a_kill(CT1, CT1, 400, weapon="world"), a_kill(T1, CT2, 500, weapon="c4")]
    )
    rounds, weapons = recorded(frames)
    assert (rounds["kills"].sum(), weapons["kills"].sum()) == (0, 0)


def test_excluded_rounds_and_latecomers_are_left_out() -> None:
    frames = a_match([a_round(-1), a_round(1), a_round(2, winner_side=None)])
    rounds, _ = recorded(frames)
    assert sorted(rounds["round_number"].unique()) == [1, 2]
    assert rounds.filter(pl.col("round_number") == 2)["won"].null_count() == 10
    late = a_match([a_round(1)], kills=[a_kill(99, CT1, 300, attacker_side="t")])
    assert 99 not in recorded(late)[0]["steam_id"]


def test_money_and_class_come_from_the_economy() -> None:
    frames = a_match(economy=[a_purse(1, T1, equipment_value=999, equipment_value_buy_end=1000, money_left=150)])
    row = recorded(frames)[0].filter(pl.col("steam_id") == T1).row(0, named=True)
    assert (row["equipment_value"], row["buy"], row["money"]) == (999, "semi_eco", 150)


def test_a_live_match() -> None:
    rounds = [
        a_live_round(1, weapons_used=("glock", "knife_t"), equipment_value=200, equipment_value_buy_end=850, money=0,
                     intervals=(WeaponInterval("glock", 0, 3 * NS), WeaponInterval("knife_t", 3 * NS, 4 * NS),
                                WeaponInterval("glock", 4 * NS, 6 * NS))),
        a_live_round(2, winner="ct", own_died=True, assists=1),
        a_live_round(3, winner=None, own_side="ct", own_died=None, equipment_value=None),
        a_live_round(4, is_decided=False),
    ]  # fmt: skip
    kills = [a_live_kill(1, "glock", "high"), a_live_kill(1, "unknown", "none"), a_live_kill(2, "ak47", "low"),
             a_live_kill(4, "ak47", "high")]  # fmt: skip
    tables = live(rounds, kills)
    facts, weapons = tables
    assert facts.select("round_number", "half", "side", "won", "buy", "kills", "deaths", "survived").rows() == [
        (1, 1, "t", True, "eco", 2, 0, True),
        (2, 1, "t", False, "full", 1, 1, False),
        (3, 2, "ct", None, None, 0, 0, None),
    ]
    assert facts["damage"].null_count() == facts["opening_kill"].null_count() == facts["team_buy"].null_count() == 3
    assert weapons.select("round_number", "weapon", "was_active", "active_s", "kills", "unsure_kills").rows() == [
        (1, "glock", True, 5.0, 1, 0),
        (1, "knife", True, 1.0, 0, 0),
        (1, "unknown", False, None, 1, 1),
        (2, "ak47", True, 0.0, 1, 1),
    ]
    assert_kills_add_up(tables)


def a_live_kill(number: int, weapon: str, confidence: Confidence) -> Kill:
    return Kill(number, weapon, confidence, 0)


def test_overtime_of_a_live_match_begins_without_a_change_of_sides() -> None:
    sides = ["t"] * 12 + ["ct"] * 12 + ["ct"] * 3 + ["t"] * 3
    facts, _ = live([a_live_round(n, own_side=side) for n, side in enumerate(sides, 1)], regulation_rounds=24)
    assert facts.group_by("half", maintain_order=True).len().rows() == [(1, 12), (2, 12), (3, 3), (4, 3)]
    assert facts.filter("is_overtime")["round_number"].to_list() == [25, 26, 27, 28, 29, 30]


def test_a_client_that_came_in_overtime_plays_its_third_half() -> None:
    facts, _ = live([a_live_round(n, own_side="t" if n < 28 else "ct") for n in range(25, 31)], regulation_rounds=24)
    assert facts["half"].to_list() == [3, 3, 3, 4, 4, 4]


def test_no_rounds_give_empty_tables() -> None:
    facts, weapons = live([a_live_round(1, is_decided=False)], [a_live_kill(1, "ak47", "high")])
    assert (facts.height, weapons.height) == (0, 0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("weapon_ak47", "ak47"), ("knife_karambit", "knife"), ("bayonet", "knife"), ("taser", "taser"),
     ("weapon_usp_silencer", "usp_silencer"), ("unknown", "unknown"), ("raygun", "raygun")],
)  # fmt: skip
def test_weapons_have_one_name(name: str, expected: str) -> None:
    assert pattern_weapon(name) == expected


WEAPONS = ("ak47", "glock", "knife_t", "hegrenade", "unknown")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from(WEAPONS), st.sampled_from(["high", "low"])), max_size=12))
def test_live_kills_over_weapons_and_unknown_are_the_kills(seen: list[tuple[int, str, Confidence]]) -> None:
    kills = [a_live_kill(*one) for one in seen]
    tables = live([a_live_round(n, weapons_used=("ak47",)) for n in range(1, 6)], kills)
    assert_kills_add_up(tables)
    assert tables[0]["kills"].sum() == sum(number <= 5 for number, _, _ in seen)
