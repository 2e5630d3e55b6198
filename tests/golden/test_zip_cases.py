"""Zips that once gave a wrong number or an internal error, each with the value that is right."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from offangle.analysis.run import Analysis, analyse
from offangle.cli.main import main
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.interchange import read_interchange

CASES: Final = "cases"

pytestmark = pytest.mark.shared


@pytest.fixture
def case(shared_data: Path) -> Callable[[str], Path]:
    return lambda name: shared_data / CASES / name


@pytest.fixture
def analysed(case: Callable[[str], Path]) -> Callable[[str], tuple[MatchFrames, Analysis]]:
    def read(name: str) -> tuple[MatchFrames, Analysis]:
        frames = check(read_interchange(case(name) / "input.zip"))
        return frames, analyse(frames)

    return read


def expected(case: Callable[[str], Path], name: str) -> Any:
    return json.loads((case(name) / "expected.json").read_text(encoding="utf-8"))


Analysed = Callable[[str], tuple[MatchFrames, Analysis]]


def test_zip_winner_contradiction(analysed: Analysed) -> None:
    frames, analysis = analysed("zip_winner_contradiction")
    assert frames["rounds"].filter(pl.col("round_number") == 3).select("winner_side", "winner_team").row(0) == (
        "t",
        "a",
    )
    (failed,) = analysis["checks"].filter(~pl.col("ok")).rows(named=True)
    assert failed["name"] == "winners_by_events"
    assert failed["detail"].startswith("round 3: ")


def test_zip_damage_base_weapon(analysed: Analysed, case: Callable[[str], Path]) -> None:
    frames, analysis = analysed("zip_damage_base_weapon")
    by_weapon = dict(frames["damages"].group_by("weapon").agg(pl.col("health_damage").cast(pl.Int32).sum()).rows())
    wanted = expected(case, "zip_damage_base_weapon")["weapon_damage"]
    assert {weapon: by_weapon.get(weapon, 0) for weapon in wanted} == wanted
    assert analysis["checks"].filter(~pl.col("ok")).is_empty()


def test_zip_overtime_2x5(analysed: Analysed, case: Callable[[str], Path]) -> None:
    frames, _ = analysed("zip_overtime_2x5")
    assert frames["rounds"]["half"].to_list() == expected(case, "zip_overtime_2x5")["halves"]


def test_zip_late_start_then_overtime(analysed: Analysed) -> None:
    frames, analysis = analysed("zip_late_start_then_overtime")
    kinds = dict(frames["rounds"].select("round_number", pl.col("kind").cast(pl.String)).rows())
    assert kinds == {5: "regular", 6: "regular"} | dict.fromkeys(range(7, 12), "overtime")
    buys = analysis["round_stats"].filter(pl.col("round_number") == 10).select("t_buy", "ct_buy").row(0)
    assert "pistol" not in buys


def test_zip_sides_never_change(analysed: Analysed) -> None:
    frames, analysis = analysed("zip_sides_never_change")
    assert frames["rounds"]["half"].unique().to_list() == [1]
    pistols = analysis["round_stats"].filter((pl.col("t_buy") == "pistol") | (pl.col("ct_buy") == "pistol"))
    assert pistols["round_number"].to_list() == [1]


def test_zip_t_wins_on_time(analysed: Analysed) -> None:
    frames, _ = analysed("zip_t_wins_on_time")
    rows = frames["rounds"].select("winner_side", pl.col("reason").cast(pl.String)).rows()
    assert rows == [("t", "elimination"), ("t", "unknown"), ("ct", "elimination")]


@pytest.mark.parametrize(
    ("name", "file", "map_name", "rounds"),
    [
        ("zip_packed_with_folder", "input.zip", "de_mirage", 2),
        ("zip_packed_with_folder", "input_macos.zip", "de_mirage", 2),
        ("zip_whole_floats", "input.zip", "de_mirage", 2),
        ("zip_workshop_map", "input.zip", "de_calavera", 3),
        ("demo_zipped_by_macos", "input.zip", "de_mirage", 3),
    ],
)
def test_zips_are_read_as_they_come(
    case: Callable[[str], Path], capsys: pytest.CaptureFixture[str], name: str, file: str, map_name: str, rounds: int
) -> None:
    assert main(["analyze", "--json", str(case(name) / file)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["match"]["map"], document["match"]["rounds_played"]) == (map_name, rounds)


def test_a_real_match_that_begins_late_and_goes_to_overtime(shared_data: Path, tmp_path: Path) -> None:
    """The first change of sides in the file is the one inside overtime."""
    source = next((shared_data / "matches" / "pro").glob("*Spirit_16-12*.zip"))
    match = check(read_interchange(_without_rounds(source, tmp_path / "late.zip", before=14)))
    rounds = match["rounds"].select("round_number", pl.col("kind").cast(pl.String), "half").rows()
    assert rounds == [
        *((number, "regular", 2) for number in range(14, 25)),
        *((number, "overtime", 3) for number in range(25, 28)),
        (28, "overtime", 4),
    ]


def _without_rounds(source: Path, target: Path, *, before: int) -> Path:
    """The match without its rounds before one; streams are left out."""
    with zipfile.ZipFile(source) as archive:
        documents = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    heads = ("manifest.json", "match.json")
    kept = {name: rows for name, rows in documents.items() if isinstance(rows, list) or name.endswith(heads)}
    with zipfile.ZipFile(target, "w") as archive:
        for name, rows in kept.items():
            late = [row for row in rows if row.get("roundNumber", before) >= before] if isinstance(rows, list) else rows
            archive.writestr(name, json.dumps(late))
    return target
