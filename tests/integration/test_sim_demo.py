"""What the simulator writes, parsers read back: every table equal to the truth, for every incident."""

import hashlib
import io
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import awpy
import cramjam
import polars as pl
import pytest
from demoparser2 import DemoParser

from makers.corpus import scripted
from makers.recorded import RecordedMatch
from makers.scripted_match import FIRST_STEAM_ID, Script, ScriptedMatch, setup_of, with_coach, write_script
from makers.truth_compare import assert_told, differences
from offangle.analysis.run import analyse
from offangle.core.errors import ParserCrashError
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.reader import read_match_file
from offangle_sim.demo.recorder import header_of, roster_of
from offangle_sim.demo.writer import DemoWriter
from offangle_sim.server.items import ITEMS

SHORT = Script(live_ticks=420, freeze_ticks=64, post_ticks=40)


@dataclass(frozen=True)
class Recorded:
    path: Path
    truth: MatchFrames
    read: MatchFrames


def record(path: Path, script: Script) -> Recorded:
    rate = 64 / script.ticks_every
    if script.before_round or script.in_round:
        truth = write_script(path, script).truth()
    else:
        known = scripted(script)
        path, truth = known.path, known.truth
    return Recorded(path, check(truth), read_match_file(path, "demo", sample_rate_hz=rate))


script = partial(replace, SHORT)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(tmp_path_factory.mktemp("sim") / "plain.dem", script())


def kinds(frames: MatchFrames) -> list[tuple[int, str, int]]:
    return frames["rounds"].select("round_number", pl.col("kind").cast(pl.String), "half").rows()


def test_every_table_comes_back(plain: Recorded) -> None:
    assert_told(plain.read, plain.truth)
    for name in ("kills", "damages", "shots", "bullets", "blinds", "bomb_events", "item_events", "grenades"):
        assert plain.truth[name].height > 0, name


def test_the_match_says_that_it_is_simulated(plain: Recorded) -> None:
    read, truth = plain.read["match"].row(0, named=True), plain.truth["match"].row(0, named=True)
    assert {name for name in read if read[name] != truth[name]} == {"source"}
    assert read["is_simulated"]


def test_analysis_agrees(plain: Recorded) -> None:
    read, truth = analyse(plain.read), analyse(plain.truth)
    for name in set(truth.tables) - {"checks"}:  # those name the source of each figure
        assert read.tables[name].equals(truth.tables[name]), name


@pytest.mark.parametrize("seed", [None, 0, 77])
def test_serials_of_any_kind(tmp_path: Path, seed: int | None) -> None:
    found = record(tmp_path / "m.dem", script(rounds=2, seed=5, serials=seed))
    assert_told(found.read, found.truth)


def test_wingman(tmp_path: Path) -> None:
    found = record(tmp_path / "m.dem", script(mode="wingman", per_team=2, max_rounds=4, rounds=4))
    assert found.read["match"].item(0, "game_mode") == "wingman"
    assert [half for _, _, half in kinds(found.read)] == [1, 1, 2, 2]
    assert_told(found.read, found.truth)


def test_overtime(tmp_path: Path) -> None:
    found = record(tmp_path / "m.dem", script(rounds=6, max_rounds=2, overtime_rounds=4))
    assert kinds(found.read) == [
        *((1, "regular", 1), (2, "regular", 2), (3, "overtime", 3), (4, "overtime", 3)),
        *((5, "overtime", 4), (6, "overtime", 4)),
    ]
    assert_told(found.read, found.truth)


def test_warmup_and_knife_round(tmp_path: Path) -> None:
    found = record(tmp_path / "m.dem", script(rounds=2, warmup_ticks=200, knife_round=True))
    assert kinds(found.truth)[0] == (-1, "knife", 0)
    assert_told(found.read, found.truth)


def test_a_warmup_with_rounds_of_its_own(tmp_path: Path) -> None:
    def warm_up(match: ScriptedMatch) -> None:
        match.now().warmup_started()
        match.play_round("t_elimination", kind="warmup")
        match.now().warmup_ended()
        match.now().match_started()

    found = record(tmp_path / "m.dem", script(rounds=2, before_round={0: warm_up}))
    assert [kind for _, kind, _ in kinds(found.truth)] == ["warmup", "regular", "regular"]
    assert_told(found.read, found.truth)


def test_match_restarted(tmp_path: Path) -> None:
    before = {1: lambda match: match.now().backup_restored(0)}
    found = record(tmp_path / "m.dem", script(rounds=3, before_round=before))
    assert [kind for _, kind, _ in kinds(found.truth)] == ["aborted", "regular", "regular"]
    assert_told(found.read, found.truth)


@pytest.mark.parametrize(("longer_s", "seen"), [(0.0, 1), (0.04, 1), (0.06, 2)])
def test_awpy_misses_a_second_flash_that_blinds_hardly_longer(tmp_path: Path, longer_s: float, seen: int) -> None:
    def two_flashes(match: ScriptedMatch) -> None:
        for duration_s in (2.0, 2.0 + longer_s):
            recorder = match.now()
            recorder.given(0, "flashbang")
            grenade = recorder.grenade_thrown(0, "flashbang", position=(0.0, 0.0, 64.0), velocity=(0.0, 0.0, 0.0))
            match.pass_ticks(8)
            match.now().grenade_detonated(grenade)
            match.now().blinded(9, attacker_slot=0, grenade=grenade, duration_s=duration_s)
            match.pass_ticks(8)

    found = record(tmp_path / "m.dem", script(rounds=1, in_round={(0, 20): two_flashes}))
    twice = pl.col("duration_s").is_between(1.99, 2.07)
    assert (found.truth["blinds"].filter(twice).height, found.read["blinds"].filter(twice).height) == (2, seen)
    assert_told(found.read, found.truth)


def test_items_change_hands(tmp_path: Path) -> None:
    dropped: list[int] = []
    acts = {
        (0, 10): lambda match: dropped.append(match.now().dropped(1, "glock")),
        (0, 30): lambda match: match.now().picked_up(2, dropped[0]),
        (0, 40): lambda match: dropped.append(match.now().dropped(6, "usp_silencer")),
        (0, 50): lambda match: match.now().reloaded(3),
    }
    found = record(tmp_path / "m.dem", script(rounds=2, in_round=acts))
    guns = found.truth["item_events"].filter(pl.col("item").is_in(["glock", "usp_silencer"]))
    assert guns["action"].cast(pl.String).to_list() == ["drop", "pickup", "drop"]
    assert guns["original_owner_steam_id"].to_list() == [FIRST_STEAM_ID + slot * 7919 for slot in (1, 1, 6)]
    assert_told(found.read, found.truth)


def test_backup_restored(tmp_path: Path) -> None:
    before = {3: lambda match: match.now().backup_restored(1)}
    found = record(tmp_path / "m.dem", script(rounds=5, before_round=before))
    assert [(number, kind) for number, kind, _ in kinds(found.truth)] == [
        *((1, "regular"), (-1, "restored"), (-2, "restored"), (2, "regular"), (3, "regular")),
    ]
    assert_told(found.read, found.truth)


def test_surrender(tmp_path: Path) -> None:
    def give_up(match: ScriptedMatch) -> None:
        match.play_round(finish=False, ending="none")
        match.now().surrendered("t")
        match.pass_ticks(64)

    found = record(tmp_path / "m.dem", script(rounds=2, before_round={1: give_up}))
    assert "surrender" in found.truth["rounds"]["reason"].cast(pl.String).to_list()
    assert_told(found.read, found.truth)


def test_disconnect_and_reconnect(tmp_path: Path) -> None:
    acts = {
        (0, 350): lambda match: match.now().player_left(3),
        (1, 350): lambda match: match.now().player_reconnected(3),
    }
    found = record(tmp_path / "m.dem", script(rounds=3, in_round=acts))
    assert found.truth["player_rounds"].group_by("round_number").len().sort("round_number")["len"].to_list() == [
        10,
        9,
        10,
    ]
    assert_told(found.read, found.truth)


def test_bots(tmp_path: Path) -> None:
    found = record(tmp_path / "m.dem", script(rounds=3, bots=(4, 9)))
    assert found.truth["players"].filter("is_bot")["steam_id"].sort().to_list() == [-10, -5]
    assert_told(found.read, found.truth)


def test_bot_takeover(tmp_path: Path) -> None:
    def take_over(match: ScriptedMatch) -> None:
        match.now().bot_takeover(8, 9)

    def dies(match: ScriptedMatch) -> None:
        match.duel(8)

    acts = {(0, 100): dies, (0, 110): take_over, (0, 150): lambda match: match.fire(8), (0, 300): dies}
    found = record(tmp_path / "m.dem", script(rounds=2, bots=(4, 9), in_round=acts))
    kills = found.truth["kills"].filter(pl.col("is_victim_controlling_bot"))
    assert kills["victim_steam_id"].to_list() == [FIRST_STEAM_ID + 8 * 7919]
    # awpy reads place and ping from the body's own player
    assert set(differences(found.read, found.truth)) <= {"ticks.place", "ticks.ping_ms"}


def test_coach_is_no_player(tmp_path: Path) -> None:
    def sits_down(match: ScriptedMatch) -> None:
        match.now().player_joined(12)
        match.now().coach(12, "ct")

    short = script(rounds=2, before_round={0: sits_down})
    recorder = write_script(tmp_path / "m.dem", short, with_coach(setup_of(short), 12))
    read = read_match_file(tmp_path / "m.dem", "demo", sample_rate_hz=None)
    assert "coach" not in read["players"]["name"].to_list()
    assert_told(read, recorder.truth())


def test_timeouts_change_nothing(tmp_path: Path) -> None:
    def pause(match: ScriptedMatch) -> None:
        match.now().timeout_started("ct")
        match.pass_ticks(50)
        match.now().timeout_ended()
        match.pass_ticks(5)

    found = record(tmp_path / "m.dem", script(rounds=2, before_round={1: pause}))
    assert_told(found.read, found.truth)


def test_deathmatch_is_the_parsers_known_fault(tmp_path: Path) -> None:
    write_script(tmp_path / "m.dem", script(rounds=1, mode="deathmatch"))
    with pytest.raises(ParserCrashError, match="game mode other than competitive"):
        read_match_file(tmp_path / "m.dem", "demo")


def test_demoparser_by_itself(plain: Recorded) -> None:
    parser = DemoParser(str(plain.path))
    deaths = parser.parse_event("player_death")
    wanted = plain.truth["kills"].select("tick", "attacker_steam_id", "victim_steam_id").rows()
    found = zip(deaths["tick"], deaths["attacker_steamid"].astype(int), deaths["user_steamid"].astype(int), strict=True)
    assert list(found) == wanted
    ends = parser.parse_event("round_end")
    assert ends["tick"].tolist() == plain.truth["rounds"]["end_tick"].to_list()


def test_awpy_finds_throwers_only_without_serials(tmp_path: Path, plain: Recorded) -> None:
    """awpy 3.1.1 reads the thrower's handle as one of an event; real serials hide the thrower."""
    assert awpy.Demo(plain.path).grenades["thrower_steamid"].null_count() > 0
    write_script(tmp_path / "m.dem", script(rounds=2, serials=None))
    assert awpy.Demo(tmp_path / "m.dem").grenades["thrower_steamid"].null_count() == 0


def test_same_seed_same_bytes() -> None:
    def digest(seed: int) -> str:
        file = io.BytesIO()
        write_script(file, script(rounds=1, seed=seed))
        return hashlib.sha256(file.getvalue()).hexdigest()

    assert digest(3) == digest(3)
    assert digest(3) != digest(4)


def test_compressed_frames_read_alike(tmp_path: Path) -> None:
    short = script(rounds=2, ticks_every=4)
    plain, squeezed = tmp_path / "plain.dem", tmp_path / "squeezed.dem"
    truth = write_script(plain, short).truth()
    with RecordedMatch.open(
        squeezed, setup_of(short), compress=lambda data: bytes(cramjam.snappy.compress_raw(data))
    ) as recorder:
        ScriptedMatch(short, recorder).play()
    assert squeezed.stat().st_size < plain.stat().st_size
    assert differences(read_match_file(squeezed, "demo", sample_rate_hz=16), truth) == {}


def write_with_pov(folder: Path, short: Script, slot: int) -> MatchFrames:
    """The client sees its own side, and the other one every second second."""
    with RecordedMatch.open(folder / "gotv.dem", setup_of(short)) as recorder:
        match = ScriptedMatch(short, recorder)
        view = recorder.pov(folder / "pov.dem", slot)
        pass_tick = match.one_tick

        def see_and_pass() -> None:
            me = recorder.player(slot)
            others = [
                recorder.recorder.cast.pawn(other) for other in recorder.players.values() if other.side != me.side
            ]
            (view.hide if recorder.tick // 64 % 2 else view.show)(others)
            pass_tick()

        match.one_tick = see_and_pass  # type: ignore[method-assign]
        match.play()
    return recorder.truth()


def test_a_players_own_recording(tmp_path: Path) -> None:
    truth = write_with_pov(tmp_path, script(rounds=3), 2)
    read = read_match_file(tmp_path / "pov.dem", "demo", sample_rate_hz=None)
    assert awpy.Demo(tmp_path / "pov.dem").header["client_name"] == "player02"
    assert_told(read, truth, "rounds", "player_rounds")
    kills = ("tick", "victim_steam_id", "weapon", "is_headshot")
    assert read["kills"].select(kills).rows() == truth["kills"].select(kills).rows()
    mine = pl.col("steam_id") == FIRST_STEAM_ID + 2 * 7919
    own = ("tick", "x", "y", "z", "health", "money")
    assert read["ticks"].filter(mine).select(own).equals(truth["ticks"].filter(mine).select(own))
    enemy = pl.col("steam_id") == FIRST_STEAM_ID + 7 * 7919
    seen = read["ticks"].filter(enemy)["x"].drop_nulls().len()
    assert 0 < seen < truth["ticks"].filter(enemy).height
    assert read_match_file(tmp_path / "gotv.dem", "demo", sample_rate_hz=None)["kills"].height == truth["kills"].height


def test_padding_changes_nothing_but_the_size(tmp_path: Path, plain: Recorded) -> None:
    padded = tmp_path / "padded.dem"
    recorder = write_script(padded, SHORT, padding_bytes=1000)
    assert padded.stat().st_size - plain.path.stat().st_size > 1000 * recorder.tick
    assert differences(read_match_file(padded, "demo", sample_rate_hz=None), plain.truth) == {}


def test_all_deltas_are_a_known_fault_of_demoparser(tmp_path: Path) -> None:
    """demoparser2 0.42 follows a delta with one input, and keeps the previous command for one with more."""
    short = script(rounds=1)
    setup = setup_of(short)
    path = tmp_path / "m.dem"
    writer = DemoWriter(path, header_of(setup), roster_of(setup.players), all_deltas=True)
    with RecordedMatch.on(writer, setup) as recorder:
        ScriptedMatch(short, recorder).play()
    found = differences(read_match_file(path, "demo", sample_rate_hz=None), recorder.truth())
    assert set(found) == {"input_history"}


def test_every_item_is_known_by_name(tmp_path: Path) -> None:
    setup = replace(setup_of(SHORT), ticks_every=1)
    with RecordedMatch.open(tmp_path / "m.dem", setup) as recorder:
        recorder.begin_tick()
        recorder.player_joined(0)
        recorder.spawned(0, (0.0, 0.0, 0.0))
        recorder.end_tick()
        for name in ITEMS:
            recorder.begin_tick()
            recorder.stripped(0)
            recorder.given(0, name)
            recorder.end_tick()
    held = read_match_file(tmp_path / "m.dem", "demo", sample_rate_hz=None)["ticks"]["weapon"].cast(pl.String).to_list()
    assert held[1:] == list(ITEMS)
