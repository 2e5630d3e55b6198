"""`offangle sim match` writes a whole match with its truth, and says clearly what it cannot do."""

import json
from pathlib import Path

import polars as pl
import pytest

from offangle.cli.main import main
from offangle.core.simulated import FIRST_SIMULATED_STEAM_ID
from offangle.frames.registry import TABLES
from offangle.parsing.reader import read_match_file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sim") / "match"


@pytest.fixture(scope="module")
def written(folder: Path) -> Path:
    parts = "demo,gsi,pov,truth,displayed"
    arguments = ["--seed", "3", "--rounds", "1", "--parts", parts, "--povs", "2", "--pad", "12M", "--out", str(folder)]
    assert main(["sim", "match", *arguments]) == 0
    return folder


def test_everything_that_was_asked_for_is_there(written: Path) -> None:
    assert len(list((written / "gsi").glob("*.jsonl"))) == 10
    assert len(list((written / "pov").glob("*.dem"))) == 2
    assert {path.stem for path in (written / "truth").glob("*.parquet")} <= TABLES.keys()
    assert (written / "perspectives" / "desyncs.parquet").exists()
    assert list((written / "perspectives" / "displayed").glob("part-*.parquet"))


def test_the_recording_reads_back_as_simulated(written: Path) -> None:
    read = read_match_file(written / "match.dem", "demo")
    assert read["match"].item(0, "is_simulated")
    assert read["match"].item(0, "map_name") == "of_quarry"
    assert (read["players"]["steam_id"] >= FIRST_SIMULATED_STEAM_ID).all()
    truth = pl.read_parquet(written / "truth" / "kills.parquet")
    assert read["kills"].height == truth.height > 0


def test_padding_brings_it_to_size(written: Path) -> None:
    assert (written / "match.dem").stat().st_size == pytest.approx(12e6, rel=0.1)


def test_live_posts_are_a_recording_that_can_be_reduced(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream = min((written / "gsi").glob("*.jsonl"))
    assert main(["gsi", "reduce", str(stream), "--json"]) == 0
    matches = json.loads(capsys.readouterr().out)["matches"]
    assert [match["map"] for match in matches] == ["of_quarry"]


def test_a_folder_that_holds_a_match_is_left_alone(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (written / "match.dem").stat().st_mtime_ns
    assert main(["sim", "match", "--rounds", "1", "--out", str(written)]) == 1
    assert "already holds a match" in capsys.readouterr().err
    assert (written / "match.dem").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--map", "de_nowhere"], "de_nowhere"),
        (["--mode", "chess"], "chess"),
        (["--incident", "earthquake"], "earthquake"),
        (["--parts", "film"], "film"),
        (["--parts", "pov"], "beside the server's"),
        (["--pad", "big"], "big is no size"),
        (["--network", "pigeons"], "pigeons"),
        (["--max-rounds", "5"], "even number"),
    ],
)
def test_wrong_words_are_named(
    tmp_path: Path, arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sim", "match", "--out", str(tmp_path / "m"), *arguments]) == 1
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "m").exists()
