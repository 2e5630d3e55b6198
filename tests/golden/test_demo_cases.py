"""Recordings that once gave a wrong number or an error of our own, each with the right value."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from offangle.analysis.run import Analysis, analyse
from offangle.core.errors import BadInputError
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.demo.reader import read_demo

pytestmark = pytest.mark.shared

PLAYER, ROUND = 76561198000000003, 2


@pytest.fixture
def cases(shared_data: Path) -> Path:
    return shared_data / "cases"


def read(path: Path) -> tuple[MatchFrames, Analysis]:
    frames = check(read_demo(path))
    return frames, analyse(frames)


def score(frames: MatchFrames) -> tuple[int, int]:
    return frames["match"].select("score_a", "score_b").row(0)


def player_round(analysis: Analysis) -> dict[str, Any]:
    rows = analysis["player_round_stats"]
    return rows.filter(pl.col("steam_id") == PLAYER, pl.col("round_number") == ROUND).row(0, named=True)


def bots(analysis: Analysis) -> list[tuple[Any, ...]]:
    rows = analysis["player_stats"].filter(pl.col("is_bot"), pl.col("side") == "all").sort("steam_id")
    return rows.select("steam_id", "team", "rounds_played", "kills", "deaths").rows()


@pytest.mark.parametrize(("name", "ids"), [("both_sides", {-1, -6}), ("same_side", {-1, -2})])
def test_bots_of_one_name(name: str, ids: set[int], cases: Path) -> None:
    _, analysis = read(cases / "demo_bots_of_one_name" / f"{name}.dem")
    assert {row[0] for row in bots(analysis)} == ids


def test_a_bots_name_used_again_later(cases: Path) -> None:
    _, analysis = read(cases / "demo_bots_of_one_name" / "name_used_again_later.dem")
    assert bots(analysis) == [(-11, "a", 2, 2, 1), (-1, "b", 2, 5, 1)]


def test_counter_that_begins_again_at_half_time(cases: Path) -> None:
    frames, _ = read(cases / "demo_counter_begins_again_at_half_time" / "input.dem")
    assert frames["rounds"].select("round_number", "half").rows() == [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2)]
    assert score(frames) == (4, 1)


@pytest.mark.parametrize("name", ["back_for_next_round", "gone"])
def test_leaving_is_no_death(name: str, cases: Path) -> None:
    _, analysis = read(cases / "demo_leaving_is_no_death" / f"{name}.dem")
    found = player_round(analysis)
    assert (found["deaths"], found["survived"]) == (0, False)


@pytest.mark.parametrize("name", ["back_before_next_round", "back_in_same_round"])
def test_reconnect_is_no_survival(name: str, cases: Path) -> None:
    _, analysis = read(cases / "demo_reconnect_is_no_survival" / f"{name}.dem")
    found = player_round(analysis)
    assert (found["survived"], found["had_kast"], found["trade_opportunities"]) == (False, False, 0)


def test_no_half_time(cases: Path) -> None:
    frames, analysis = read(cases / "demo_no_half_time" / "input.dem")
    assert frames["rounds"]["half"].unique().to_list() == [1]
    pistols = analysis["round_stats"].filter(pl.col("t_buy") == "pistol")
    assert pistols["round_number"].to_list() == [1]


def test_not_finalised(cases: Path) -> None:
    frames, analysis = read(cases / "demo_not_finalised" / "input.dem")
    assert (frames["rounds"].height, score(frames)) == (3, (2, 1))
    assert False not in analysis["checks"]["ok"].to_list()


@pytest.mark.parametrize(
    ("name", "noted"),
    [
        ("flash_nan", ("ticks", "flash_duration_s", "NaN")),
        ("health_40000", ("ticks", "health", "40000")),
        ("health_negative", ("ticks", "health", "-20")),
        ("money_negative", ("ticks", "money", "-50")),
        ("score_negative", ("rounds", "score_b_before", "-1")),
    ],
)
def test_odd_values_are_noted(name: str, noted: tuple[str, str, str], cases: Path) -> None:
    frames, analysis = read(cases / "demo_odd_values" / f"{name}.dem")
    assert noted in frames["odd_values"].select("table", "column", "stated").rows()
    assert analysis["checks"].filter(pl.col("name") == "odd_values")["ok"].to_list() == [False]


@pytest.mark.parametrize(("name", "expected"), [("no_map_name", "unknown"), ("workshop_map", "de_calavera")])
def test_odd_map_names(name: str, expected: str, cases: Path) -> None:
    frames, _ = read(cases / "demo_odd_values" / f"{name}.dem")
    assert frames.map_name == expected


def test_recording_of_another_game(cases: Path) -> None:
    with pytest.raises(BadInputError, match="not a Counter-Strike 2 recording"):
        read_demo(cases / "demo_of_another_game" / "input.dem")
