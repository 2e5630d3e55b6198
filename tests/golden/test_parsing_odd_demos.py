"""Named oddities of real matches, each written as a small recording of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from makers.toy_demo import kept_toy_demo, pass_ticks, set_back, write_odd_demo
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.demo.reader import read_demo

pytestmark = pytest.mark.shared

Play = Callable[[Any], None]


def read(path: Path, play: Play, prepare: Play | None = None) -> MatchFrames:
    return check(read_demo(write_odd_demo(path, play, prepare).path))


def listed(frames: MatchFrames) -> list[tuple[int, str]]:
    return frames["rounds"].select("round_number", "kind").rows()


def score(frames: MatchFrames) -> tuple[int, int]:
    match = frames["match"].row(0, named=True)
    return match["score_a"], match["score_b"]


def test_restored_backup_keeps_the_rounds_before_it(tmp_path: Path) -> None:
    def play(match: Any) -> None:
        for number in range(3):
            match.play_round(number)
        set_back(match, 1, 1, 0)
        for number in range(1, 4):
            match.play_round(number)

    frames = read(tmp_path / "restore.dem", play)
    assert listed(frames) == [
        (1, "regular"),
        (-1, "restored"),
        (-2, "restored"),
        (2, "regular"),
        (3, "regular"),
        (4, "regular"),
    ]
    first = frames["rounds"].row(0, named=True)
    assert (first["winner_side"], first["reason"], first["end_tick"]) == ("t", "bomb_exploded", 1152)
    assert score(frames) == (2, 2)
    assert frames["rounds"].filter(pl.col("round_number") > 0)["score_a_before"].to_list() == [0, 0, 1, 1]


def test_restarted_match_counts_from_the_restart(tmp_path: Path) -> None:
    def play(match: Any) -> None:
        match.play_round(0)
        set_back(match, 0, 0, 0)
        match.play_round(0)
        match.play_round(1)

    frames = read(tmp_path / "restart.dem", play)
    assert listed(frames) == [(-1, "aborted"), (1, "regular"), (2, "regular")]
    assert score(frames) == (1, 1)


def test_knife_round_is_kept_but_does_not_count(tmp_path: Path) -> None:
    def play(match: Any) -> None:
        give, buy = match.give, match.buy
        match.give = lambda player, name: give(player, name) if name == "knife" else None
        match.buy = lambda player: match.money(player, 0)
        match.play_round(3)
        match.give, match.buy = give, buy
        set_back(match, 0, 0, 0)
        match.play_round(0)

    frames = read(tmp_path / "knife.dem", play)
    assert listed(frames) == [(-1, "knife"), (1, "regular")]
    assert set(frames["kills"].filter(pl.col("round_number") == -1)["weapon"]) == {"knife"}
    assert frames["kills"].filter(pl.col("round_number") == 1).height > 0
    assert score(frames) == (0, 1)


def test_warmup_is_kept_but_does_not_count(tmp_path: Path) -> None:
    def play(match: Any) -> None:
        match.R(m_bWarmupPeriod=True, m_bFreezePeriod=True)
        pass_ticks(match, 64)
        match.R(m_bFreezePeriod=False)
        match.ev("round_freeze_end")
        pass_ticks(match, 64)
        match.hurt(match.players[0], match.players[5], "glock", 130, 1)
        pass_ticks(match, 64)
        match.R(m_bWarmupPeriod=False)
        match.play_round(0)

    frames = read(tmp_path / "warmup.dem", play)
    assert listed(frames) == [(-1, "warmup"), (1, "regular")]
    assert frames["kills"].filter(pl.col("round_number") == -1).height == 1


def test_recording_that_stops_inside_a_round(tmp_path: Path) -> None:
    def play(match: Any) -> None:
        match.play_round(0)
        match.ev("round_prestart")
        match.R(m_bFreezePeriod=True, m_iRoundWinStatus=0, m_eRoundWinReason=0)
        pass_ticks(match, 320)
        match.R(m_bFreezePeriod=False)
        match.ev("round_freeze_end")
        pass_ticks(match, 320)

    frames = read(tmp_path / "unfinished.dem", play)
    assert listed(frames) == [(1, "regular"), (-1, "aborted")]
    assert frames["rounds"]["end_tick"].to_list() == [1152, None]
    assert score(frames) == (0, 1)


def test_late_recording_keeps_the_games_round_numbers(tmp_path: Path) -> None:
    def play(match: Any) -> None:
        set_back(match, 5, 2, 3)
        match.play_round(5)
        match.play_round(6)

    frames = read(tmp_path / "late.dem", play)
    assert listed(frames) == [(6, "regular"), (7, "regular")]
    assert frames["rounds"].select("score_a_before", "score_b_before").rows() == [(3, 2), (3, 3)]
    assert score(frames) == (4, 3)


def test_half_time_turns_sides_but_not_teams(tmp_path: Path) -> None:
    def play(match: Any) -> None:
        set_back(match, 11, 5, 6)
        match.play_round(11)
        match.play_round(12)

    frames = read(tmp_path / "half.dem", play)
    assert frames["rounds"].select("round_number", "half", "team_a_side").rows() == [(12, 1, "ct"), (13, 2, "t")]
    teams = frames["player_rounds"].group_by("steam_id").agg(pl.col("team").n_unique(), pl.col("side").n_unique())
    assert set(teams["team"]) == {1}
    assert set(teams["side"]) == {2}
    assert (frames["match"].item(0, "team_a_name"), frames["match"].item(0, "team_b_name")) == ("Bravo", "Alpha")


def test_overtime_has_halves_of_its_own(tmp_path: Path) -> None:
    def play(match: Any) -> None:
        set_back(match, 23, 12, 11)
        for number in range(23, 28):
            match.play_round(number)

    frames = read(tmp_path / "overtime.dem", play)
    assert frames["rounds"].select("round_number", "kind", "half").rows() == [
        (24, "regular", 2),
        (25, "overtime", 3),
        (26, "overtime", 3),
        (27, "overtime", 3),
        (28, "overtime", 4),
    ]


def test_bots_stay_one_player_each(tmp_path: Path) -> None:
    def prepare(match: Any) -> None:
        for slot in (8, 9):
            match.players[slot]["steamid"] = 0

    frames = read(tmp_path / "bots.dem", lambda match: match.play_round(3), prepare)
    bots = frames["players"].filter(pl.col("is_bot"))
    assert bots.sort("name").select("steam_id", "name").rows() == [(-9, "player08"), (-10, "player09")]
    assert frames["player_rounds"].height == 10
    assert frames["ticks"].filter(pl.col("steam_id") < 0)["place"].null_count() == 0
    assert frames["kills"]["victim_steam_id"].null_count() == 0
    assert frames["kills"].filter(pl.col("attacker_steam_id").is_null()).height == 0


def test_team_kill_suicide_and_fall_are_kept(tmp_path: Path) -> None:
    def play(match: Any) -> None:
        one, two, three = match.players[:3]
        match.duel = lambda _victim: None

        def odd_deaths() -> None:
            match.hurt(one, two, "ak47", 120, 1)
            match.hurt(three, three, "hegrenade", 120, 0)

        original = match.buy
        match.buy = lambda player: odd_deaths() if player is match.players[9] else original(player)
        match.play_round(0)

    kills = read(tmp_path / "odd_deaths.dem", play)["kills"]
    found = kills.select("attacker_side", "victim_side", "weapon").rows()
    assert ("t", "t", "ak47") in found
    suicide = kills.filter(pl.col("weapon") == "hegrenade").row(0, named=True)
    assert suicide["attacker_steam_id"] == suicide["victim_steam_id"]


def test_a_players_own_recording_knows_everybody_who_played() -> None:
    demo = kept_toy_demo("--rounds", "2", "--live", "12", "--pov", "0")
    frames = check(read_demo(demo.path))
    assert frames["players"].height == 10
    assert frames["player_rounds"].height == 20
    assert frames["kills"].height == len(demo.truth["kills"])


def test_smoke_that_outlasts_the_round_is_cleared_with_it(tmp_path: Path) -> None:
    def play(match: Any) -> None:
        for number in range(2):
            match.play_round(number)

    frames = read(tmp_path / "smoke.dem", play)
    rounds, smokes = frames["rounds"], frames["smokes"]
    assert smokes.height == frames["grenades"].filter(pl.col("kind") == "smoke").height == 2
    assert smokes["end_tick"].to_list() == rounds["officially_ended_tick"].to_list()


def test_recording_with_the_events_of_older_games() -> None:
    demo = kept_toy_demo("--rounds", "2", "--live", "12", "--legacy")
    frames = check(read_demo(demo.path))
    assert listed(frames) == [(1, "regular"), (2, "regular")]
    assert score(frames) == (1, 1)
