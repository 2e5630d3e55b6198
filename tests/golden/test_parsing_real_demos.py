"""Real recordings: seconds of play, game modes that the parser cannot read, and files that are no recordings."""

from pathlib import Path

import polars as pl
import pytest

from offangle.core.errors import BadInputError, OffangleError, ParserCrashError
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.demo.awpy_source import AWPY_VERSION
from offangle.parsing.demo.reader import read_demo

pytestmark = pytest.mark.shared

READABLE = {"14065.dem": "de_nuke", "14132.dem": "de_ancient", "14155.dem": "de_dust2", "14160.dem": "de_dust2"}
DEATHMATCH = ("14011.dem", "14090.dem", "14150_ag2.dem")


@pytest.fixture(scope="module", params=READABLE)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def frames(shared_data: Path, name: str) -> MatchFrames:
    return check(read_demo(shared_data / "demos" / "tiny" / name))


def test_seconds_of_play_have_no_counted_round(frames: MatchFrames, name: str) -> None:
    match = frames["match"].row(0, named=True)
    assert match["map_name"] == READABLE[name]
    assert match["build_number"] == int(name.removesuffix(".dem"))
    assert (match["score_a"], match["score_b"]) == (None, None)
    assert frames.counted("rounds").is_empty()
    assert not frames.has("scoreboard")


def test_the_people_are_one_human_and_nine_bots(frames: MatchFrames) -> None:
    players = frames["players"]
    assert players.height == 10
    assert players.filter(~pl.col("is_bot"))["name"].to_list() == ["Partridge"]
    assert frames["ticks"]["steam_id"].n_unique() == 10


def test_input_history_counts_in_demo_ticks(frames: MatchFrames) -> None:
    history = frames["input_history"]
    assert history.height > 0
    behind = history["tick"] - history["render_tick"]
    assert behind.min() >= 0  # type: ignore[operator] # a column of numbers has a number as its minimum
    assert behind.max() <= 4  # type: ignore[operator] # see above
    assert set(history["steam_id"]) == {76561197966986733}


def test_velocity_is_derived_where_the_recording_has_none(frames: MatchFrames) -> None:
    later = frames["ticks"].filter(pl.col("tick") > pl.col("tick").min())
    assert later["velocity_x"].null_count() == 0


@pytest.mark.parametrize("file", DEATHMATCH)
def test_deathmatch_is_kept_for_a_newer_parser(shared_data: Path, file: str) -> None:
    with pytest.raises(ParserCrashError, match="cannot read this recording") as caught:
        read_demo(shared_data / "demos" / "tiny" / file)
    assert f"awpy {AWPY_VERSION}" in caught.value.message
    assert "game mode other than competitive" in caught.value.message
    assert caught.value.permanent
    assert "parser is upgraded" in caught.value.hint


def negative_files() -> dict[str, str]:
    csgo = {f"source_1_{number}.dem.data": "CS:GO demo" for number in range(1, 5)}
    cut = {f"source_2_{number}.dem.data": r"file incomplete \(0(\.0)? of [\d.]+ MB\)" for number in range(1, 10)}
    return {"csgo_gotv_hl2demo.dem": "CS:GO demo", **csgo, **cut}


@pytest.mark.parametrize(("file", "says"), negative_files().items())
def test_each_unreadable_file_says_why(shared_data: Path, file: str, says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        read_demo(shared_data / "demos" / "negative" / file)


def test_a_recording_cut_anywhere_is_an_error_of_ours(shared_data: Path, tmp_path: Path) -> None:
    whole = (shared_data / "demos" / "tiny" / "14160.dem").read_bytes()
    path = tmp_path / "cut.dem"
    for share in (0.001, 0.1, 0.5, 0.99):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(BadInputError, match="file incomplete"):
            read_demo(path)


def fault_of(path: Path) -> OffangleError | None:
    try:
        check(read_demo(path))
    except OffangleError as error:
        return error
    return None


def test_damaged_bytes_are_read_or_refused_by_name(shared_data: Path, tmp_path: Path) -> None:
    whole = bytearray((shared_data / "demos" / "tiny" / "14160.dem").read_bytes())
    path = tmp_path / "damaged.dem"
    faults = []
    for at in range(2000, len(whole), len(whole) // 8):
        damaged = bytearray(whole)
        damaged[at : at + 64] = bytes(range(64))
        path.write_bytes(damaged)
        faults.append(fault_of(path))
    assert any(faults)
    assert all(fault.permanent for fault in faults if fault is not None)
