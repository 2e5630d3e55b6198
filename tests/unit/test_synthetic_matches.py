"""The maker of synthetic matches keeps its promises, since everybody's tests stand on it."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from makers.synthetic import make_match
from offangle.frames.collection import MatchFrames

IS_ENEMY = pl.col("attacker_side") != pl.col("victim_side")


@pytest.fixture(scope="module")
def match() -> MatchFrames:
    return make_match(1)


def test_the_same_seed_makes_the_same_match() -> None:
    one, other = make_match(9), make_match(9)
    assert set(one) == set(other)
    for name in one:
        assert_frame_equal(one[name], other[name])
    assert not make_match(10)["kills"].equals(one["kills"])


@given(seed=st.integers(0, 100_000), score=st.sampled_from([(13, 0), (13, 11), (4, 13), (16, 14), (17, 19), (19, 16)]))
@settings(max_examples=25, deadline=None)
def test_scoreboard_is_what_the_tables_say(seed: int, score: tuple[int, int]) -> None:
    match = make_match(seed, score=score, samples=False)
    won = match["rounds"]["winner_team"].cast(pl.String).to_list()
    assert (won.count("a"), won.count("b")) == score
    truth = match["scoreboard"].sort("steam_id")
    kills, damages = match["kills"], match["damages"]
    enemy_kills = kills.filter(IS_ENEMY)
    each_point = pl.col("attacker_steam_id").repeat_by("health_damage")
    counted = {
        "kills": enemy_kills["attacker_steam_id"],
        "deaths": kills["victim_steam_id"],
        "assists": kills["assister_steam_id"],
        "headshot_kills": enemy_kills.filter("is_headshot")["attacker_steam_id"],
        "damage": damages.filter(IS_ENEMY).select(each_point).to_series().explode(),
    }
    for figure, players in counted.items():
        assert [(players == steam_id).sum() for steam_id in truth["steam_id"]] == truth[figure].to_list(), figure


@given(seed=st.integers(0, 100_000))
@settings(max_examples=25, deadline=None)
def test_nobody_dies_twice_or_acts_after_death(seed: int) -> None:
    match = make_match(seed, samples=False)
    keys = ["round_number", "steam_id"]
    deaths = match["kills"].select("round_number", pl.col("victim_steam_id").alias("steam_id"), died="tick")
    assert not deaths.select(keys).is_duplicated().any()
    shots = match["shots"].join(deaths, on=keys)
    assert shots.filter(pl.col("tick") > pl.col("died")).is_empty()
    losers_left = match["rounds"].filter(reason="elimination").join(match["player_rounds"], on="round_number")
    losers_left = losers_left.filter(pl.col("team") != pl.col("winner_team")).join(deaths, on=keys, how="anti")
    assert losers_left.is_empty()


def test_health_falls_from_a_hundred_to_zero(match: MatchFrames) -> None:
    lost = (
        match["damages"].group_by("round_number", "victim_steam_id").agg(pl.col("health_damage").cast(pl.Int64).sum())
    )
    fallen = match["kills"].join(lost, on=["round_number", "victim_steam_id"], how="left")
    assert fallen["health_damage"].unique().to_list() == [100]


def test_it_has_what_tests_look_for(match: MatchFrames) -> None:
    kills = match["kills"]
    assert kills.filter(~IS_ENEMY).height > 0
    assert kills.filter("is_flash_assist").height > 0
    assert kills["assister_steam_id"].drop_nulls().len() > kills.filter("is_flash_assist").height
    assert set(match["bomb_events"]["event"]) >= {"planted", "defused", "exploded"}
    assert match["rounds"]["reason"].n_unique() == 4
    assert match["rounds"]["half"].unique().to_list() == [1, 2]
    assert make_match(1, score=(16, 14))["rounds"]["half"].max() == 4
    left = match["player_rounds"].group_by("round_number", "side").len()
    died = kills.group_by("round_number", side="victim_side").agg(died=pl.len())
    assert left.join(died, on=["round_number", "side"]).filter(pl.col("len") - pl.col("died") == 1).height > 0


def test_money_never_runs_below_zero(match: MatchFrames) -> None:
    economy = match["economy"]
    assert economy["money_left"].min() >= 0  # type: ignore[operator] # ten players, never null
    assert economy.filter(pl.col("start_money") - pl.col("money_spent") != pl.col("money_left")).is_empty()
    assert economy.filter(pl.col("round_number") == 1)["start_money"].unique().to_list() == [800]


def test_the_dead_lie_still(match: MatchFrames) -> None:
    dead = match["ticks"].filter(~pl.col("is_alive"))
    spots = dead.group_by("round_number", "steam_id").agg(pl.struct("x", "y", "z").n_unique().alias("spots"))
    assert spots["spots"].unique().to_list() == [1]
    assert dead["weapon"].null_count() == dead.height > 0
