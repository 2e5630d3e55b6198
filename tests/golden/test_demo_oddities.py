"""Named oddities of real recordings, each forged from a scripted match: who plays, which rounds count, odd numbers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from makers.forged import BRIEF, Change, forge, read_forged, unfinish
from makers.recorded import RecordedMatch
from makers.scripted_match import FIRST_STEAM_ID, Script, ScriptedMatch, setup_of
from offangle.analysis.run import Analysis, analyse
from offangle.core.errors import BadInputError
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.demo.reader import read_demo
from offangle_sim.server.setup import PlayerEntry

COACH, LEAVER = 12, 3
COACH_ID = FIRST_STEAM_ID + 999_999
LEAVER_ID = FIRST_STEAM_ID + LEAVER * 7919
NO_SIDE, CT = 1, 3
DEAD = 2

Act = Callable[[ScriptedMatch], None]


def brief(**changes: Any) -> Script:
    return replace(BRIEF, **changes)


def row(analysis: Analysis, number: int, steam_id: int) -> dict[str, Any]:
    rows = analysis["player_round_stats"].filter(pl.col("round_number") == number, pl.col("steam_id") == steam_id)
    return rows.row(0, named=True)


def checked(analysis: Analysis, name: str) -> dict[str, Any]:
    return analysis["checks"].filter(pl.col("name") == name).row(0, named=True)


# --- who is a player


def with_a_coach(script: Script) -> Any:
    setup = setup_of(script)
    return replace(setup, players=(*setup.players, PlayerEntry(COACH, "coach", COACH_ID, "a")))


def sits_by(*, controller: int, health: int) -> Change:
    """Somebody's body stands on CT, and nobody is in it."""

    def change(match: RecordedMatch) -> None:
        cast = match.recorder.cast
        if COACH in cast.controllers:
            cast.controllers[COACH].set("m_iTeamNum", controller)
            pawn = cast.pawn(match.player(COACH))
            pawn.update({"m_iTeamNum": CT, "m_iHealth": health, "m_lifeState": 0 if health else DEAD})

    return change


def stays_out(match: ScriptedMatch) -> None:
    player = match.now().player(COACH)
    player.is_alive, player.side = False, None


def dies_in_freeze_time(match: ScriptedMatch) -> None:
    match.at(62, lambda: match.now().killed(COACH, attacker_slot=COACH, weapon="world"))


@pytest.mark.parametrize(
    ("act", "change"),
    [
        (stays_out, sits_by(controller=NO_SIDE, health=0)),
        (stays_out, sits_by(controller=NO_SIDE, health=100)),
        (stays_out, sits_by(controller=CT, health=0)),
        (dies_in_freeze_time, None),
    ],
    ids=["controller on no side", "controller on no side, body alive", "never alive", "killed in freeze time"],
)
def test_a_coach_plays_no_part(act: Act, change: Change | None, tmp_path: Path) -> None:
    script = brief(before_round=dict.fromkeys(range(BRIEF.rounds), act))
    frames = read_forged(tmp_path / "coach.dem", script, change, with_a_coach(script))
    plain = read_forged(tmp_path / "plain.dem", BRIEF)
    for name in ("players", "player_rounds"):
        assert COACH_ID not in frames[name]["steam_id"]
    assert COACH_ID not in frames["kills"]["victim_steam_id"]
    analysis = analyse(frames)
    assert checked(analysis, "players_per_side")["ok"]
    assert COACH_ID not in analysis["clutches"]["steam_id"]
    assert analysis["clutches"].height == analyse(plain)["clutches"].height > 0


def renamed(script: Script, names: dict[int, str], *more: PlayerEntry) -> Any:
    setup = setup_of(script)
    players = (replace(one, name=names.get(one.slot, one.name)) for one in setup.players)
    return replace(setup, players=(*players, *more))


@pytest.mark.parametrize("slots", [(0, 7), (0, 1)], ids=["on both sides", "on one side"])
def test_bots_of_one_name_are_two(slots: tuple[int, int], tmp_path: Path) -> None:
    script = brief(bots=slots)
    frames = read_forged(tmp_path / "m.dem", script, None, renamed(script, dict.fromkeys(slots, "Bot")))
    ids = {-(slot + 1) for slot in slots}
    bots = frames["players"].filter("is_bot")
    assert set(bots["steam_id"]) == ids
    assert set(bots["name"]) == {"Bot"}
    played = frames["player_rounds"].filter(pl.col("steam_id") < 0).group_by("steam_id").len()
    assert dict(played.rows()) == dict.fromkeys(ids, BRIEF.rounds)
    assert frames["kills"]["victim_steam_id"].null_count() == 0


def test_a_bots_name_used_again_later_is_another_bot(tmp_path: Path) -> None:
    def changes(match: ScriptedMatch) -> None:
        match.now().player_left(0)
        match.now().player_joined(10, "ct")

    script = brief(
        rounds=4,
        live_ticks=420,
        bots=(0,),
        before_round={0: lambda match: match.now().player_left(10), 2: changes},
    )
    setup = renamed(script, {0: "Bot"}, PlayerEntry(10, "Bot", 0, "a", is_bot=True))
    frames = read_forged(tmp_path / "m.dem", script, None, setup)
    played = frames["player_rounds"].filter(pl.col("steam_id") < 0)
    found = played.sort("round_number").group_by("steam_id", maintain_order=True).agg("round_number", pl.first("side"))
    assert found.rows() == [(-1, [1, 2], "t"), (-11, [3, 4], "ct")]


# --- who was there


def leaves(*, with_death: bool) -> Act:
    def act(match: ScriptedMatch) -> None:
        if with_death:
            match.now().killed(LEAVER, attacker_slot=LEAVER, weapon="world")
        else:
            match.now().player_left(LEAVER)

    return act


def is_gone(match: ScriptedMatch) -> None:
    match.now().player_left(LEAVER)


def is_back(match: ScriptedMatch) -> None:
    match.now().player_reconnected(LEAVER)


@pytest.mark.parametrize("comes_back", [True, False])
def test_leaving_is_no_death(comes_back: bool, tmp_path: Path) -> None:  # noqa: FBT001 -- a column
    acts = {(1, 30): leaves(with_death=True), (1, 31): is_gone}
    script = brief(in_round=acts, before_round={2: is_back} if comes_back else {})
    analysis = analyse(read_forged(tmp_path / "m.dem", script))
    left = row(analysis, 2, LEAVER_ID)
    assert (left["deaths"], left["survived"]) == (0, False)
    deaths = checked(analysis, "scoreboard_deaths")
    assert (deaths["ok"], deaths["explained"]) == (True, True)


def test_killing_oneself_and_staying_is_a_death(tmp_path: Path) -> None:
    analysis = analyse(read_forged(tmp_path / "m.dem", brief(in_round={(1, 30): leaves(with_death=True)})))
    assert row(analysis, 2, LEAVER_ID)["deaths"] == 1
    assert not checked(analysis, "scoreboard_deaths")["explained"]


@pytest.mark.parametrize("back_at", [200, None], ids=["in the same round", "before the next round"])
def test_who_left_alive_and_is_back_dead_neither_survived_nor_was_there(back_at: int | None, tmp_path: Path) -> None:
    acts: dict[tuple[int, int], Act] = {(1, 5): leaves(with_death=False)}
    acts |= {} if back_at is None else {(1, back_at): is_back}
    script = brief(in_round=acts, before_round={2: is_back} if back_at is None else {})
    analysis = analyse(read_forged(tmp_path / "m.dem", script))
    left = row(analysis, 2, LEAVER_ID)
    assert (left["survived"], left["had_kast"], left["trade_opportunities"], left["deaths"]) == (False, False, 0, 0)
    assert row(analysis, 3, LEAVER_ID)["played"]


# --- which rounds count


def halves(frames: MatchFrames) -> list[tuple[int, int]]:
    return frames["rounds"].filter(pl.col("round_number") > 0).select("round_number", "half").rows()


def pistols(frames: MatchFrames) -> list[int]:
    rounds = analyse(frames)["round_stats"]
    return rounds.filter(pl.col("t_buy") == "pistol")["round_number"].to_list()


def test_counter_that_begins_again_at_half_time(tmp_path: Path) -> None:
    def change(match: RecordedMatch) -> None:
        counted = sum(record.counts and record.end_tick is not None for record in match.rounds)
        match.recorder.rules.set("m_pGameRules.m_totalRoundsPlayed", counted if counted < 3 else counted - 3)

    frames = read_forged(tmp_path / "m.dem", brief(rounds=5, max_rounds=6, live_ticks=420), change)
    assert halves(frames) == [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2)]
    assert set(frames["rounds"]["kind"]) == {"regular"}
    assert checked(analyse(frames), "score_a")["ok"]


def test_without_half_time_a_match_is_one_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScriptedMatch, "_halves", lambda *_: None)
    frames = read_forged(tmp_path / "m.dem", brief(rounds=5, max_rounds=6, live_ticks=420))
    assert [half for _, half in halves(frames)] == [1] * 5
    assert pistols(frames) == [1]


def test_overtime_of_the_length_that_is_played(tmp_path: Path) -> None:
    frames = read_forged(tmp_path / "m.dem", brief(rounds=10, max_rounds=4, overtime_rounds=10, live_ticks=420))
    assert [half for _, half in halves(frames)] == [1, 1, 2, 2, 3, 3, 3, 3, 3, 4]


@pytest.mark.parametrize("cut_bytes", [0, 7, 400])
def test_a_recording_that_the_server_never_finished_counts_its_last_round(cut_bytes: int, tmp_path: Path) -> None:
    path = tmp_path / "m.dem"
    forge(path, BRIEF)
    whole = check(read_demo(path))
    unfinish(path, cut_bytes=cut_bytes)
    found = check(read_demo(path))
    for name in ("rounds", "kills", "match"):
        columns = [column for column in whole[name].columns if column != "duration_s"]
        assert found[name].select(columns).equals(whole[name].select(columns)), name


# --- odd numbers


def says(name: str, value: float) -> Change:
    """Somebody's body or controller says this in a while of the second round."""

    def change(match: RecordedMatch) -> None:
        if len(match.rounds) != 2 or 2 not in match.recorder.cast.controllers:
            return
        entity = match.recorder.cast.controllers[2] if "Money" in name else match.recorder.cast.pawn(match.player(2))
        entity.set(name, value)

    return change


@pytest.mark.parametrize(
    ("name", "value", "column", "stated"),
    [
        ("m_iHealth", 40_000, "health", "40000"),
        ("m_iHealth", -20, "health", "-20"),
        ("m_pInGameMoneyServices.m_iAccount", -50, "money", "-50"),
        ("m_flFlashDuration", float("nan"), "flash_duration_s", "NaN"),
    ],
)
def test_odd_numbers_are_noted_and_unknown(name: str, value: float, column: str, stated: str, tmp_path: Path) -> None:
    frames = read_forged(tmp_path / "m.dem", BRIEF, says(name, value))
    notes = frames["odd_values"].filter(pl.col("table") == "ticks", pl.col("column") == column)
    assert notes["stated"].to_list() == [stated]
    assert frames["ticks"][column].null_count() == notes.item(0, "rows")
    assert not checked(analyse(frames), "odd_values")["ok"]


def test_a_negative_score_is_unknown(tmp_path: Path) -> None:
    def change(match: RecordedMatch) -> None:
        if len(match.rounds) == 2:
            for team in match.recorder._teams.values():
                team.set("m_iScore", -1)

    frames = read_forged(tmp_path / "m.dem", BRIEF, change)
    assert frames["rounds"]["round_number"].to_list() == [1, 2, 3]
    assert "score_a_before" in frames["odd_values"]["column"]


@pytest.mark.parametrize(
    ("stated", "expected"), [("", "unknown"), ("workshop/2242472711/de_calavera", "de_calavera"), ("a" * 99, "a" * 64)]
)
def test_odd_map_names(stated: str, expected: str, tmp_path: Path) -> None:
    script = brief(rounds=1)
    frames = read_forged(tmp_path / "m.dem", script, None, replace(setup_of(script), map_name=stated))
    assert frames.map_name == expected
    assert checked(analyse(frames), "map_name")["ok"] == (expected != "unknown")


def test_a_recording_of_another_game_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.dem"
    forge(path, brief(rounds=1))
    path.write_bytes(path.read_bytes().replace(b"csgo", b"dota", 1))
    with pytest.raises(BadInputError, match="its game folder is 'dota'"):
        read_demo(path)
