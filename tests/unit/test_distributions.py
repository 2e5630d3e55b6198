"""The measures that simulated and real matches are compared by, on matches counted by hand."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distributions import aim
from distributions.match import Booleans, Floats, played
from distributions.measure import Measure
from distributions.metrics import MEASURES, metrics_of
from distributions.plots import draw
from distributions.report import Comparison, Figure, as_json, as_markdown, compared, figure
from distributions.sources import pooled, read_truth, real_matches, written_matches
from makers.matches import CT1, CT2, CT3, CTS, ROUND_TICKS, T1, T2, T3, T4, TS, Row, a_hit, a_kill, a_match, a_purse
from makers.matches import a_round as made_round
from makers.synthetic import make_match
from offangle.frames.collection import MatchFrames

LIVE = 100  # ticks from a round's begin to the end of freeze time
DAMAGE_TICK = ROUND_TICKS + LIVE + 20 * 64


def at(seconds: float) -> int:
    """Ticks from a round's begin to so many seconds after freeze end."""
    return LIVE + round(seconds * 64)


def a_round(number: int, length_s: float, **values: Any) -> Row:
    return made_round(number, end_tick=number * ROUND_TICKS + at(length_s), **values)


def a_shot(steam_id: int, after: int, weapon: str, number: int = 1, **values: Any) -> Row:
    """A shot `after` ticks from the round's begin."""
    side = "t" if steam_id in TS else "ct"
    tick = number * ROUND_TICKS + after
    return {"round_number": number, "tick": tick, "steam_id": steam_id, "side": side, "weapon": weapon} | values


def a_grenade(name: str, kind: str, seconds: float, thrower: int, number: int = 1) -> Row:
    return {
        "grenade_id": name,
        "round_number": number,
        "kind": kind,
        "thrower_steam_id": thrower,
        "thrower_side": "t" if thrower in TS else "ct",
        "throw_tick": number * ROUND_TICKS + at(seconds),
    }


def positions(attacker: tuple[float, float, float], victim: tuple[float, float, float]) -> Row:
    return {
        f"{who}_{axis}": value
        for who, place in (("attacker", attacker), ("victim", victim))
        for axis, value in zip("xyz", place, strict=True)
    }


def two_rounds() -> MatchFrames:
    """T win a pistol round by the bomb after 100 s, CT the next on an eco after 50 s."""
    near, far = positions((0, 0, 0), (300, 400, 0)), positions((0, 0, 10), (1000, 0, 10))
    kills = [
        a_kill(T1, CT1, at(20), is_headshot=True, **near),
        a_kill(CT2, T2, at(30), weapon="awp", **far),
        a_kill(CT1, T1, at(10), number=2, weapon="usp_silencer", is_headshot=True, **far),
        a_kill(T3, CT1, at(12), number=2, weapon="glock", **near),
        a_kill(None, T4, at(49), number=2),
    ]
    damages = [
        a_hit(T1, CT1, at(20), 100, hit_group="head"),
        a_hit(CT2, T2, at(30), 90, weapon="awp"),
        a_hit(T4, CT3, at(12), 20, weapon="hegrenade", hit_group="generic"),
        a_hit(T4, CT3, at(13), 8, weapon="inferno", hit_group="generic"),
        a_hit(CT1, T1, at(10), 30, number=2, weapon="usp_silencer", hit_group="stomach"),
        a_hit(CT1, T1, at(10) + 9, 10, number=2, weapon="usp_silencer", hit_group="left_leg"),
        a_hit(T3, T4, at(11), 50, number=2),  # a team-mate
    ]
    shots = [
        a_shot(T1, LIVE - 1, "ak47", velocity_x=0.0, velocity_y=0.0),  # in freeze time
        a_shot(T1, at(20) - 26, "ak47", velocity_x=0.0, velocity_y=30.0),
        a_shot(T1, at(20) - 10, "ak47", velocity_x=60.0, velocity_y=80.0),
        a_shot(T1, at(20), "ak47", velocity_x=0.0, velocity_y=0.0),
        a_shot(T1, at(40), "ak47", velocity_x=0.0, velocity_y=0.0),  # far from any damage
        a_shot(CT2, at(30), "awp", velocity_x=5.0, velocity_y=0.0),
        a_shot(CT2, at(31), "knife"),
        a_shot(CT2, at(32), "flashbang"),
        a_shot(CT1, at(10), "usp_silencer", 2, velocity_x=100.0, velocity_y=0.0),
        a_shot(CT1, at(10) + 9, "usp_silencer", 2, velocity_x=100.0, velocity_y=0.0),
    ]
    spent = {"start_money": 5000, "money_spent": 4000, "money_left": 1000, "equipment_value": 4600}
    saved = {"start_money": 1500, "money_spent": 0, "money_left": 1500, "equipment_value": 400}
    start = {"start_money": 800, "money_spent": 650, "money_left": 150, "equipment_value": 850}
    blind = {"round_number": 1, "tick": ROUND_TICKS + at(8), "attacker_steam_id": CT2, "attacker_side": "ct"}
    walked = [(0, 0), (8, 20), (16, 20), (24, 40), (28, 90)]
    return a_match(
        [
            a_round(1, 100, winner_side="t", reason="bomb_exploded"),
            a_round(2, 50, winner_side="ct", reason="elimination"),
        ],
        kills,
        damages,
        match={"sample_rate_hz": 8.0},
        shots=shots,
        economy=[
            *(a_purse(1, player, **start) for player in (*TS, *CTS)),
            *(a_purse(2, player, **spent) for player in TS),
            *(a_purse(2, player, **saved) for player in CTS),
        ],
        grenades=[
            a_grenade("a", "smoke", 5, T1),
            a_grenade("b", "flash", 6.5, CT2),
            a_grenade("c", "he", 10, T4),
            a_grenade("d", "molotov", 7, T2, 2),
            a_grenade("e", "incendiary", 9, CT3, 2),
        ],
        blinds=[
            blind | {"victim_steam_id": T1, "victim_side": "t", "duration_s": 2.0},
            blind | {"victim_steam_id": CT3, "victim_side": "ct", "duration_s": 1.0},
        ],
        bomb_events=[{"round_number": 1, "tick": ROUND_TICKS + at(60), "event": "planted", "steam_id": T1}],
        ticks=[a_sample(T1, ROUND_TICKS + LIVE + after, x, 0.0) for after, x in walked],
    )


def a_sample(steam_id: int, tick: int, x: float, y: float, **values: Any) -> Row:
    """A living player looking east."""
    return {
        "tick": tick,
        "round_number": tick // ROUND_TICKS,
        "steam_id": steam_id,
        "side": "t" if steam_id in TS else "ct",
        "x": x,
        "y": y,
        "z": 0.0,
        "pitch_deg": 0.0,
        "yaw_deg": 0.0,
        "is_alive": True,
    } | values


EXPECTED: dict[str, Sequence[float]] = {
    "kills_per_round": [2, 2],
    "round_length_s": [50, 100],
    "first_kill_s": [10, 20],
    "kill_s": [10, 12, 20, 30],
    "plant_rate": [0.5],
    "plant_s": [60],
    "plants_defused": [0],
    "t_wins_after_plant": [1],
    "t_win_rate": [0.5],
    "opening_wins": [1, 1],
    "winners_alive": [4, 4],
    "losers_alive": [3, 4],
    "rounds": [2],
    "score_margin": [0],
    "end_t_by_elimination": [0, 0],
    "end_ct_by_elimination": [0, 1],
    "end_bomb_exploded": [0, 1],
    "end_bomb_defused": [0, 0],
    "end_time_expired": [0, 0],
    "player_round_0_kills": [0] * 4 + [1] * 16,
    "player_round_1_kill": [0] * 16 + [1] * 4,
    "player_round_2_kills": [0] * 20,
    "player_round_3_kills_and_more": [0] * 20,
    "traded_deaths": [1 / 5],
    "trade_attempts": [1 / 5],
    "clutches": [0],
    "clutches_won_1v2": [],
    "clutches_won_1v3_and_more": [],
    "duel_distance_u": [500, 500, 1000, 1000],
    "duel_distance_pistol_u": [500, 1000],
    "duel_distance_smg_u": [],
    "duel_distance_rifle_u": [500],
    "duel_distance_sniper_u": [1000],
    "rifle_speed_u_s": [0, 30, 100],
    "rifle_slow_shots": [0, 1, 1],
    "time_to_damage_ms": [],
    "sight_distance_u": [],
    "shots_per_round": [2, 5],
    "shots_per_kill": [7 / 4],
    "hits_per_shot": [4 / 7],
    "rifle_burst": [1, 3],
    "rifle_damage": [100],
    "headshots": [0, 0, 1, 1],
    "headshots_pistol": [0, 1],
    "headshots_rifle": [1],
    "hits_head": [0, 0, 0, 1],
    "hits_chest": [0, 0, 0, 1],
    "hits_stomach": [0, 0, 0, 1],
    "hits_arms": [0, 0, 0, 0],
    "hits_legs": [0, 0, 0, 1],
    "kills_rifle": [0, 0, 0, 1],
    "kills_pistol": [0, 0, 1, 1],
    "kills_sniper": [0, 0, 0, 1],
    "kills_smg": [0, 0, 0, 0],
    "kills_grenade": [0, 0, 0, 0],
    "equipment_value": [400] * 5 + [4600] * 5,
    "start_money": [1500] * 5 + [5000] * 5,
    "money_spent": [0] * 5 + [4000] * 5,
    "money_left": [1000] * 5 + [1500] * 5,
    "buy_eco": [0, 0, 0, 1],
    "buy_force": [0, 0, 0, 0],
    "buy_semi": [0, 0, 0, 0],
    "buy_full": [0, 0, 0, 1],
    "wins_eco": [1],
    "wins_force": [],
    "wins_semi": [],
    "wins_full": [0],
    "thrown_smokes": [1 / 20],
    "thrown_flashes": [1 / 20],
    "thrown_he_grenades": [1 / 20],
    "thrown_molotovs": [2 / 20],
    "smokes_s": [5],
    "flashes_s": [6.5],
    "he_grenades_s": [10],
    "molotovs_s": [7, 9],
    "blind_s": [2],
    "blinded_per_flash": [1],
    "he_damage": [20],
    "fire_damage": [4],
    "moved_u": [40],
    "speed_u_s": [40 / (3 / 8)],
    "stationary": [1 / 3],
    "alive_s": [3 / 8],
}
PLAYER_RATES = {"adr", "hs_percent", "kast", "kpr", "dpr", "apr", "survival", "udr"}


@pytest.fixture(scope="module")
def found() -> dict[str, list[float]]:
    return metrics_of(two_rounds())


@pytest.mark.parametrize("name", EXPECTED)
def test_a_measure_is_what_was_counted_by_hand(found: dict[str, list[float]], name: str) -> None:
    assert sorted(found[name]) == pytest.approx(list(EXPECTED[name]))


def test_every_measure_is_counted_by_hand_somewhere() -> None:
    assert {measure.name for measure in MEASURES} == set(EXPECTED) | PLAYER_RATES
    assert len({measure.name for measure in MEASURES}) == len(MEASURES)


def test_rates_of_players_need_ten_rounds(found: dict[str, list[float]]) -> None:
    assert {name: found[name] for name in PLAYER_RATES} == {name: [] for name in PLAYER_RATES}
    rounds = [a_round(number, 50) for number in range(1, 11)]
    kills = [a_kill(T1, CT1, at(9), number=number, is_headshot=number <= 4) for number in range(1, 6)]
    hits = [a_hit(T1, CT1, at(9), 100, number=number) for number in range(1, 6)]
    values = metrics_of(a_match(rounds, kills, hits))
    assert sorted(values["adr"]) == [0.0] * 9 + [50.0]
    assert values["hs_percent"] == [80.0]
    assert sorted(values["kpr"]) == [0.0] * 9 + [0.5]
    assert sorted(values["dpr"]) == [0.0] * 9 + [0.5]
    assert sorted(values["survival"]) == [50.0] + [100.0] * 9
    assert sorted(values["kast"]) == [50.0] + [100.0] * 9
    assert values["apr"] == values["udr"] == [0.0] * 10


def test_what_a_match_does_not_tell_has_no_values() -> None:
    told = {name for name, values in metrics_of(a_match()).items() if values}
    assert "shots_per_round" not in told
    assert not told & {"thrown_smokes", "blinded_per_flash", "duel_distance_u", "equipment_value", "moved_u"}
    assert {"kills_per_round", "round_length_s", "t_win_rate"} <= told


def test_a_whole_match_agrees_with_its_scoreboard() -> None:
    frames = make_match(seed=5, score=(13, 9))
    values = metrics_of(frames)
    assert sum(values["kills_per_round"]) == frames["scoreboard"]["kills"].sum()
    assert values["rounds"] == [22.0]
    assert values["score_margin"] == [4.0]
    damage = frames["scoreboard"].select(pl.col("damage") / pl.col("rounds_played")).to_series()
    assert sorted(values["adr"]) == pytest.approx(sorted(damage.to_list()))


# -- speed when shooting -----------------------------------------------------------------------------------------------


def shooting(speed_u: float, *, every: int = 1, rows: str = "duel_ticks", **others: Any) -> MatchFrames:
    """T1 walks `speed_u` units a tick, seen every so many ticks around a shot that hits."""
    ticks = range(DAMAGE_TICK - 13, DAMAGE_TICK + 14, every)
    samples = [a_sample(T1, tick, speed_u * (tick - DAMAGE_TICK), 0.0) for tick in ticks]
    hit, shot = a_hit(T1, CT1, at(20), 10), a_shot(T1, at(20), "ak47", velocity_x=128.0, velocity_y=0.0)
    return a_match(damages=[hit], shots=[shot], **{rows: samples, **others})


@pytest.mark.parametrize(("speed_u", "u_s", "slow"), [(0.0, 0.0, 1.0), (1.0, 64.0, 1.0), (1.5, 96.0, 0.0)])
def test_the_speed_comes_from_positions(speed_u: float, u_s: float, slow: float) -> None:
    found = metrics_of(shooting(speed_u))
    assert found["rifle_speed_u_s"] == pytest.approx([u_s])
    assert found["rifle_slow_shots"] == [slow]


@pytest.mark.parametrize(("every", "u_s"), [(1, 64.0), (4, 64.0), (8, 128.0)])
def test_positions_serve_at_sixteen_a_second_else_the_shots_velocity(every: int, u_s: float) -> None:
    frames = shooting(1.0, every=every, rows="ticks", match={"sample_rate_hz": 64.0 / every})
    assert metrics_of(frames)["rifle_speed_u_s"] == pytest.approx([u_s])


def test_shots_of_players_who_crouch_are_left_out() -> None:
    ducked = [a_sample(T1, DAMAGE_TICK - after, 0.0, 0.0, is_ducking=True) for after in (0, 40)]
    assert metrics_of(shooting(1.0, ticks=ducked, match={"sample_rate_hz": 64.0}))["rifle_speed_u_s"] == []
    assert metrics_of(shooting(1.0, ticks=ducked[1:], match={"sample_rate_hz": 64.0}))["rifle_speed_u_s"] == [64.0]


@pytest.mark.parametrize(("before_ticks", "counts"), [(129, False), (128, True), (0, True), (-64, True), (-65, False)])
def test_only_shots_near_damage_count(before_ticks: int, counts: bool) -> None:  # noqa: FBT001 -- a parameter
    shot = a_shot(T1, at(20) - before_ticks, "ak47", velocity_x=3.0, velocity_y=4.0)
    found = metrics_of(a_match(damages=[a_hit(T1, CT1, at(20), 10)], shots=[shot]))
    assert found["rifle_speed_u_s"] == ([5.0] if counts else [])


# -- time to damage ----------------------------------------------------------------------------------------------------


def open_field(starts: Floats, ends: Floats) -> Booleans:
    """Whoever stands north of the road is behind a wall."""
    return np.asarray((ends[:, 1] <= 50) & (starts[:, 1] <= 50), dtype=np.bool_)


def a_duel(is_seen: list[bool], *, yaw_deg: float = 0.0, rows: str = "duel_ticks", **others: Any) -> MatchFrames:
    """T1 hurts CT1 from 500 units; CT1 was on the road or behind the wall at each tick before, latest first."""
    samples = []
    for before, seen in enumerate(is_seen):
        samples.append(a_sample(T1, DAMAGE_TICK - before, 0.0, 0.0, yaw_deg=yaw_deg))
        samples.append(a_sample(CT1, DAMAGE_TICK - before, 500.0, 0.0 if seen else 100.0))
    return a_match(damages=[a_hit(T1, CT1, at(20), 30)], **{rows: samples, **others})


def to_damage_ms(frames: MatchFrames) -> list[float]:
    return metrics_of(frames, line_of_sight=open_field)["time_to_damage_ms"]


def seen_for(ticks: int, of: int = 129) -> list[bool]:
    return [before <= ticks for before in range(of)]


@pytest.mark.parametrize(
    ("is_seen", "expected_ms"),
    [
        (seen_for(0), [0.0]),
        (seen_for(16), [250.0]),
        (seen_for(19), [250.0]),  # asked for every fourth tick
        (seen_for(64), [1000.0]),
        (seen_for(68), []),  # longer than a second
        (seen_for(128), []),
        ([False] * 129, []),
        ([False] * 32 + [True] * 8 + [False] * 89, [36 / 64 * 1000]),  # hidden for half a second: still the same sight
        ([False] * 33 + [True] * 3 + [False] * 93, []),
        ([True] * 8 + [False] * 27 + [True] * 5 + [False] * 89, [36 / 64 * 1000]),
        ([True] * 8 + [False] * 31 + [True] * 5 + [False] * 85, [4 / 64 * 1000]),
    ],
)
def test_the_sight_that_lasts_until_the_damage(is_seen: list[bool], expected_ms: list[float]) -> None:
    assert to_damage_ms(a_duel(is_seen)) == expected_ms


def slow_ticks_to_damage(is_seen: list[bool]) -> int | None:
    """Walk back look by look until nothing was seen for more than half a second."""
    first = None
    for before in range(0, 97, 4):
        if before - (first or 0) > 32:
            break
        if is_seen[before]:
            first = before
    return first if first is not None and first <= 64 else None


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([True, False, False, False]), min_size=33, max_size=33))
def test_the_sight_is_the_one_found_by_walking_back(looks: list[bool]) -> None:
    is_seen = [seen for seen in looks for _ in range(4)]
    expected = slow_ticks_to_damage(is_seen)
    assert to_damage_ms(a_duel(is_seen)) == ([] if expected is None else [expected / 64 * 1000])


@pytest.mark.parametrize(("yaw_deg", "expected_ms"), [(52.9, [250.0]), (-52.9, [250.0]), (53.1, []), (180.0, [])])
def test_an_enemy_off_the_screen_is_not_seen(yaw_deg: float, expected_ms: list[float]) -> None:
    assert to_damage_ms(a_duel(seen_for(16), yaw_deg=yaw_deg)) == expected_ms


@pytest.mark.parametrize(("y", "expected_ms"), [(0.0, []), (129.0, []), (131.0, [250.0])])
def test_nobody_is_seen_through_smoke(y: float, expected_ms: list[float]) -> None:
    smoke = {"round_number": 1, "x": 250.0, "y": y, "z": 4.0, "start_tick": ROUND_TICKS, "end_tick": 2 * ROUND_TICKS}
    assert to_damage_ms(a_duel(seen_for(16), smokes=[smoke])) == expected_ms


@pytest.mark.parametrize(("rate_hz", "expected_ms"), [(64.0, [250.0]), (16.0, [250.0]), (8.0, [])])
def test_sampled_ticks_serve_at_sixteen_a_second(rate_hz: float, expected_ms: list[float]) -> None:
    assert to_damage_ms(a_duel(seen_for(16), rows="ticks", match={"sample_rate_hz": rate_hz})) == expected_ms


def test_a_second_hit_within_two_seconds_is_no_new_duel() -> None:
    frames = a_duel(seen_for(16))
    hits = pl.concat([frames["damages"], frames["damages"].with_columns(pl.col("tick") + 128)])
    assert to_damage_ms(MatchFrames({**frames.tables, "damages": hits})) == [250.0]


def test_the_distance_is_that_at_first_sight() -> None:
    assert metrics_of(a_duel(seen_for(16)), line_of_sight=open_field)["sight_distance_u"] == [500.0]


def test_without_geometry_no_sight_is_claimed() -> None:
    assert metrics_of(a_duel(seen_for(16)))["time_to_damage_ms"] == []


def test_a_simulated_match_may_bring_the_truth() -> None:
    frames = a_duel(seen_for(16))
    sights = pl.DataFrame(
        {
            "tick": [DAMAGE_TICK - 300, DAMAGE_TICK - 32, DAMAGE_TICK - 8, DAMAGE_TICK + 1],
            "steam_id": [T1, T1, CT1, T1],
            "enemy_steam_id": [CT1, CT1, T1, CT1],
        }
    )
    told = MatchFrames({**frames.tables, aim.SIGHTS: sights})
    assert to_damage_ms(told) == [500.0]


# -- figures -----------------------------------------------------------------------------------------------------------

MEASURE = Measure(name="x", label="an x", unit="s", group="some", one="round", values=lambda _: ())


def test_a_median_has_quartiles_and_a_share_an_interval() -> None:
    assert figure([1, 2, 3, 4, 5], "median") == Figure(5, 3.0, 2.0, 4.0)
    share = figure([0, 1, 1, 1], "share")
    assert share is not None
    assert share.centre == 0.75
    assert (share.low, share.high) == pytest.approx((0.3006, 0.9544), abs=1e-3)
    assert figure([], "median") is None


@pytest.mark.parametrize(
    ("real", "simulated", "ratio", "near"),
    [
        (4.0, 5.0, 1.25, True),
        (4.0, 3.0, 0.75, True),
        (4.0, 5.1, 1.275, False),
        (4.0, 2.9, 0.725, False),
        (0.0, 0.0, 1.0, True),
        (0.0, 1.0, None, False),
        (None, 1.0, None, None),
        (1.0, None, None, None),
    ],
)
def test_near_is_within_a_quarter(
    real: float | None, simulated: float | None, ratio: float | None, near: object
) -> None:
    one, other = (None if centre is None else Figure(1, centre, centre, centre) for centre in (real, simulated))
    comparison = Comparison(MEASURE, one, None, one, other)
    assert comparison.ratio == (None if ratio is None else pytest.approx(ratio))
    assert comparison.is_near is near


def test_the_report_puts_real_and_simulated_side_by_side() -> None:
    rows = compared([MEASURE], {"x": [1, 2, 3]}, {"x": [3, 4, 5]}, {"x": [4]})
    text = as_markdown(rows, {"pro": 1, "league": 1, "simulated": 1})
    assert (
        "| an x (s) | round | 2.00 [1.50, 2.50] | 4.00 [3.50, 4.50] | 3.00 [2.25, 3.75] | 4.00 [4.00, 4.00] "
        "| 1.33 | **no** |"
    ) in text
    assert "0 of 1 measures are within 25 % of the real ones." in text
    assert "Not within: some: an x (1.33)." in text
    told = as_json(rows, {"pro": 1})["measures"]["x"]
    assert (told["real"]["centre"], told["simulated"]["n"], told["is_near"]) == (3.0, 1, False)


def test_values_of_matches_are_put_together() -> None:
    assert pooled([{"x": [1.0], "y": []}, {"x": [2.0, 3.0], "y": [4.0]}]) == {"x": [1.0, 2.0, 3.0], "y": [4.0]}


def test_the_same_values_draw_the_same_figure(tmp_path: Path) -> None:
    real, simulated = metrics_of(make_match(seed=1, score=(3, 1), half_rounds=2)), metrics_of(two_rounds())
    for name in ("one", "other"):
        draw(tmp_path / f"{name}.svg", MEASURES, real, simulated)
    drawn = (tmp_path / "one.svg").read_bytes()
    assert drawn == (tmp_path / "other.svg").read_bytes()
    assert len(drawn) > 10_000


# -- sources -----------------------------------------------------------------------------------------------------------


def test_written_truth_is_found_and_read_back(tmp_path: Path) -> None:
    frames = two_rounds()
    for folder in (tmp_path / "truth", tmp_path / "seed-2" / "truth"):
        folder.mkdir(parents=True)
        for name in frames:
            frames[name].write_parquet(folder / f"{name}.parquet")
        pl.DataFrame({"client": [1]}).write_parquet(folder / "displayed.parquet")
    found = written_matches(tmp_path)
    assert {match.path.parent.name for match in found} == {tmp_path.name, "seed-2"}
    again = read_truth(found[0].path)
    assert set(again) == set(frames)
    assert metrics_of(again) == metrics_of(frames)
    assert found[0].values()["kills_per_round"] == [2.0, 2.0]


@pytest.mark.shared
def test_a_real_match_tells_nearly_everything(shared_data: Path) -> None:
    first = real_matches(shared_data)[0]
    assert first.kind == "pro"
    values = first.values()
    absent = {name for name, known in values.items() if not known}
    assert absent == {"time_to_damage_ms", "sight_distance_u"}  # no geometry of this map
    assert all(math.isfinite(value) for known in values.values() for value in known)
    assert 6 <= np.median(values["kills_per_round"]) <= 8
    assert 10 <= np.median(values["rifle_speed_u_s"]) <= 60


@pytest.mark.shared
def test_real_matches_lie_in_two_folders(shared_data: Path) -> None:
    kinds = [match.kind for match in real_matches(shared_data)]
    assert (kinds.count("pro"), kinds.count("league")) == (7, 32)


def test_a_match_is_measured_once_per_question() -> None:
    match = played(a_duel(seen_for(16)), open_field)
    assert aim.first_sights(match) is aim.first_sights(match)
