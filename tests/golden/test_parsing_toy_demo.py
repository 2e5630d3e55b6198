"""Recordings whose truth is known to the last tick: every table must say exactly what happened."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from makers.toy_demo import ToyDemo, toy_demo, toy_demo_serial
from offangle.core.weapons import canonical_weapon
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.demo import reader
from offangle.parsing.demo.reader import read_demo

__all__ = ["toy_demo", "toy_demo_serial"]

pytestmark = pytest.mark.shared

SIDES = {2: "t", 3: "ct"}
REASONS = {1: "bomb_exploded", 7: "bomb_defused", 8: "elimination", 9: "elimination", 12: "time_expired"}
POSITION_ERROR_U = 1e-3  # positions are written in quantised steps
TOLERANCES = {**dict.fromkeys("xyz", POSITION_ERROR_U), "pitch_deg": 1e-4, "yaw_deg": 1e-4}
KINDS = {"smoke": "smoke", "flash": "flash", "he": "he", "molotov": "molotov"}


@pytest.fixture(scope="module", params=["toy_demo", "toy_demo_serial"])
def demo(request: pytest.FixtureRequest) -> ToyDemo:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, ToyDemo)
    return found


@pytest.fixture(scope="module")
def frames(demo: ToyDemo) -> MatchFrames:
    return check(read_demo(demo.path))


def rows(frame: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return sorted(frame.select(columns).rows(), key=repr)


def told(truth: list[dict[str, Any]], *keys: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row[key] for key in keys) for row in truth), key=repr)


def largest(series: pl.Series) -> float:
    return float(np.abs(series.to_numpy()).max())


def test_parsers_beside_each_other_and_one_after_the_other_tell_the_same(
    frames: MatchFrames, demo: ToyDemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "READ_BESIDE_BYTES", 0)
    others = read_demo(demo.path)
    assert list(others) == list(frames)
    for name in frames:
        assert others[name].equals(frames[name]), name


def test_match(frames: MatchFrames, demo: ToyDemo) -> None:
    match = frames["match"].row(0, named=True)
    winners = [round_["winner"] for round_ in demo.truth["rounds"]]
    assert match["map_name"] == "de_dust2"
    assert (match["tick_rate"], match["sample_rate_hz"]) == (64.0, 16.0)
    assert match["game_mode"] == "competitive"
    assert (match["team_a_name"], match["team_b_name"]) == ("Bravo", "Alpha")
    assert (match["score_a"], match["score_b"]) == (winners.count(3), winners.count(2))


def test_players_and_teams(frames: MatchFrames, demo: ToyDemo) -> None:
    team = {player["steamid"]: "b" if player["slot"] < 5 else "a" for player in demo.truth["players"]}
    wanted = sorted((p["steamid"], p["name"], team[p["steamid"]], False) for p in demo.truth["players"])
    assert frames["players"].select("steam_id", "name", "team", "is_bot").sort("steam_id").rows() == wanted
    assert frames["player_rounds"].height == 10 * len(demo.truth["rounds"])


def test_rounds(frames: MatchFrames, demo: ToyDemo) -> None:
    wanted = [
        (r["round"], "regular", r["start"], r["freeze_end"], r["end"], SIDES[r["winner"]], REASONS[r["reason"]])
        for r in demo.truth["rounds"]
    ]
    columns = ("round_number", "kind", "start_tick", "freeze_end_tick", "end_tick", "winner_side", "reason")
    assert frames["rounds"].select(columns).rows() == wanted


def test_kills(frames: MatchFrames, demo: ToyDemo) -> None:
    columns = ("tick", "attacker_steam_id", "victim_steam_id", "assister_steam_id", "weapon", "is_headshot")
    keys = ("tick", "attacker", "victim", "assister", "weapon", "headshot")
    assert rows(frames["kills"], *columns) == told(demo.truth["kills"], *keys)
    places = ("attacker_x", "attacker_y", "attacker_z", "victim_x", "victim_y", "victim_z")
    stood = told(demo.truth["kills"], "tick", "ax", "ay", "az", "vx", "vy", "vz")
    for found, wanted in zip(rows(frames["kills"], "tick", *places), stood, strict=True):
        assert found == pytest.approx(wanted, abs=POSITION_ERROR_U)


def test_damage_is_what_was_left(frames: MatchFrames, demo: ToyDemo) -> None:
    columns = ("tick", "attacker_steam_id", "victim_steam_id", "weapon", "health_damage_raw", "armor_damage")
    after = ("victim_health_after", "victim_armor_after")
    keys = ("tick", "attacker", "victim", "weapon", "dmg_health", "dmg_armor", "health", "armor")
    assert rows(frames["damages"], *columns, *after) == told(demo.truth["hurts"], *keys)
    removed = frames["damages"].group_by("round_number", "victim_steam_id").agg(pl.sum("health_damage"))
    deaths = frames["kills"].select("round_number", "victim_steam_id")
    assert set(removed.join(deaths, on=["round_number", "victim_steam_id"])["health_damage"]) == {100}


def test_shots(frames: MatchFrames, demo: ToyDemo) -> None:
    fired = [(s["tick"], s["player"], canonical_weapon(s["weapon"])) for s in demo.truth["shots"]]
    assert rows(frames["shots"], "tick", "steam_id", "weapon") == sorted(fired, key=repr)
    stood = demo.ticks().select("tick", "steam_id", "x", "y", "z")
    met = frames["shots"].select("tick", "steam_id", "x", "y", "z").join(stood, on=["tick", "steam_id"])
    assert met.height == frames["shots"].height
    for axis in "xyz":
        assert largest(met[axis] - met[f"{axis}_right"]) <= POSITION_ERROR_U
    assert frames["shots"]["velocity_x"].null_count() == 0


def test_blinds_name_their_flash(frames: MatchFrames, demo: ToyDemo) -> None:
    columns = ("tick", "attacker_steam_id", "victim_steam_id", "duration_s")
    assert rows(frames["blinds"], *columns) == told(demo.truth["blinds"], "tick", "attacker", "victim", "duration")
    flashes = frames["grenades"].filter(pl.col("kind") == "flash")["grenade_id"]
    assert set(frames["blinds"]["grenade_id"]) == set(flashes)


def test_grenades_know_their_throwers(frames: MatchFrames, demo: ToyDemo) -> None:
    thrown = [(g["tick"], KINDS[g["type"]], g["thrower"]) for g in demo.truth["grenades"]]
    assert rows(frames["grenades"], "throw_tick", "kind", "thrower_steam_id") == sorted(thrown, key=repr)
    assert frames["grenades"].select("effect_tick", "end_tick", "thrower_side").null_count().row(0) == (0, 0, 0)
    flight = frames["projectiles"].group_by("grenade_id").agg(pl.min("tick"), pl.len())
    assert flight.height == frames["grenades"].height
    assert flight["len"].min() == 25  # 96 ticks of flight, every fourth, and the last one


@pytest.mark.parametrize("name", ["smokes", "fires"])
def test_areas(frames: MatchFrames, demo: ToyDemo, name: str) -> None:
    wanted = told(demo.truth[name], "start", "end", "thrower")
    assert rows(frames[name], "start_tick", "end_tick", "thrower_steam_id") == wanted
    assert set(frames[name]["grenade_id"]) <= set(frames["grenades"]["grenade_id"])


def test_bomb(frames: MatchFrames, demo: ToyDemo) -> None:
    known = frames["bomb_events"].filter(pl.col("event").is_in(["planted", "defused", "exploded", "dropped"]))
    assert rows(known, "tick", "event", "steam_id") == told(demo.truth["bomb"], "tick", "event", "player")
    assert set(known.filter(pl.col("event") != "dropped")["site"]) == {"a"}
    assert known["x"].null_count() == 0


def test_economy(frames: MatchFrames, demo: ToyDemo) -> None:
    by_side = frames["economy"].group_by("round_number", "side").agg(pl.sum("equipment_value"))
    found = {(number, side): value for number, side, value in by_side.rows()}
    for number, sums in enumerate(demo.truth["economy"], start=1):
        assert (found[number, "t"], found[number, "ct"]) == (sums["2"], sums["3"])
    first = frames["economy"].filter(pl.col("round_number") == 1)
    assert set(first["start_money"]) == {800}
    assert (first["start_money"] - first["money_spent"] == first["money_left"]).all()
    bought = frames["item_events"].filter(pl.col("round_number") == 1).group_by("steam_id").agg(pl.sum("cost"))
    spent = first.join(bought, on="steam_id", how="left").with_columns(pl.col("cost").fill_null(0))
    assert (spent["cost"] == spent["money_spent"]).all()


def test_chat(frames: MatchFrames, demo: ToyDemo) -> None:
    assert rows(frames["chat"], "tick", "name", "message") == told(demo.truth["chat"], "tick", "player", "text")
    names = dict(frames["players"].select("steam_id", "name").rows())
    assert [names[sender] for sender in frames["chat"]["steam_id"]] == frames["chat"]["name"].to_list()


def test_ticks_are_the_truth_every_fourth_tick(frames: MatchFrames, demo: ToyDemo) -> None:
    wanted = demo.ticks().filter((pl.col("tick") - 1) % 4 == 0)
    ticks = frames["ticks"]
    assert ticks.height == wanted.height
    assert ticks.select("tick", "steam_id").is_duplicated().sum() == 0
    met = ticks.join(wanted, on=["tick", "steam_id"], suffix="_true")
    assert met.height == wanted.height
    for column, tolerance in TOLERANCES.items():
        assert largest(met[column] - met[f"{column}_true"]) <= tolerance, column
    for column in ("health", "armor", "money"):
        assert (met[column] == met[f"{column}_true"]).all(), column
    assert (met["is_alive"].cast(pl.Float64) == met["is_alive_true"]).all()
    assert met["ping_ms"].null_count() == 0
    assert set(met["place"].cast(pl.String)) >= {"TSpawn", "CTSpawn", "Middle"}


def test_scoreboard_counts_the_kills(frames: MatchFrames, demo: ToyDemo) -> None:
    board = frames["scoreboard"]
    kills = [kill["attacker"] for kill in demo.truth["kills"]]
    deaths = [kill["victim"] for kill in demo.truth["kills"]]
    for steam_id, killed, died in board.select("steam_id", "kills", "deaths").rows():
        assert (killed, died) == (kills.count(steam_id), deaths.count(steam_id))
    assert board["damage"].null_count() == board.height  # never written by this recording: unknown, not zero


def test_every_tick_on_request(toy_demo: ToyDemo) -> None:
    frames = check(read_demo(toy_demo.path, sample_rate_hz=None))
    assert frames["ticks"].height == toy_demo.ticks().height
    assert frames["match"].item(0, "sample_rate_hz") == 64.0


def test_progress_goes_up(toy_demo: ToyDemo) -> None:
    told_shares: list[float] = []
    read_demo(toy_demo.path, progress=lambda _stage, share: told_shares.append(share))
    assert told_shares == sorted(told_shares)
    assert told_shares[-1] == 1.0


def test_reading_twice_gives_the_same(toy_demo_serial: ToyDemo) -> None:
    first, second = read_demo(toy_demo_serial.path), read_demo(toy_demo_serial.path)
    for name in first:
        assert first[name].equals(second[name]), name
