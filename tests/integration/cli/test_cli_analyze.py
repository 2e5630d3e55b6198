"""`offangle analyze` as people and programs use it."""

import bz2
import gzip
import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard

from makers.installation import write_match
from offangle.analysis.registry import PROMOTED
from offangle.analysis.tables import DERIVED_TABLES
from offangle.cli import scoreboard
from offangle.cli.main import main

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "analyze-json.md"
TINY_DEMO = "14065.dem"


@pytest.fixture(scope="module")
def match_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_match(tmp_path_factory.mktemp("match") / "match.zip")


@pytest.fixture(scope="module")
def tiny_demo(shared_data: Path) -> Path:
    return shared_data / "demos" / "tiny" / TINY_DEMO


def document_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["analyze", "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_match_is_printed_as_a_scoreboard(match_zip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(match_zip)]) == 0
    printed = capsys.readouterr().out
    document = document_of(capsys, str(match_zip))
    score = document["match"]["score"]
    assert f"{document['match']['map']}  {score['a']}:{score['b']}" in printed
    for player in document["players"]:
        row = next(line for line in printed.splitlines() if line.startswith(f"{player['name']} "))
        assert row.split()[-len(scoreboard.COLUMNS) :][0] == str(player["kills"])
    assert "agree" in printed
    assert max(len(line.rstrip()) for line in printed.splitlines()) <= 80


def test_the_document_agrees_with_itself(match_zip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = document_of(capsys, str(match_zip))
    rounds, score = document["rounds"], document["match"]["score"]
    assert len(rounds) == document["match"]["rounds_played"] == sum(score.values())
    assert {team: sum(r["winner_team"] == team for r in rounds) for team in ("a", "b")} == score
    for player in document["players"]:
        assert sum(side["kills"] for side in player["sides"].values()) == player["kills"]
        assert player["metrics"]["kills"] == player["kills"]
        assert isinstance(player["steam_id"], str)
    assert all(check["ok"] is not False for check in document["checks"])


PROMOTED_NAMES = {metric.name for metric in PROMOTED}


def documented() -> dict[str, str]:
    """Path of every field on the page, such as `players[].sides.*.kills`, and its type."""
    fields, section = {}, ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"## `(.+)`", line):
            section = heading[1]
        elif row := re.fullmatch(r"\| `(.+?)` \| (\w+\??) \| .+ \|", line):
            fields[f"{section}.{row[1]}"] = row[2]
    return fields


def fields_of(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every field with the path under which the page names it."""
    if isinstance(value, list):
        for item in value:
            yield from fields_of(item, f"{path}[]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            step = "*" if path.endswith((".sides", ".metrics")) else name
            if name in PROMOTED_NAMES and re.fullmatch(r"players\[\](\.sides\.\*)?", path):
                step = "PROMOTED"
            where = f"{path}.{step}" if path else step
            yield where, inner
            yield from fields_of(inner, where)


def fits(value: Any, kind: str) -> bool:
    if value is None:
        return kind.endswith("?")
    types: dict[str, Any] = {
        "text": str,
        "whole": int,
        "number": (int, float),
        "flag": bool,
        "object": dict,
        "list": list,
    }
    wanted = types[kind.rstrip("?")]
    return isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))


def test_every_field_is_documented_with_its_type(match_zip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, page = document_of(capsys, str(match_zip)), documented()
    found = [(path, value) for path, value in fields_of(document, "") if path not in document]
    seen = {path for path, _ in found if not re.search(r"\.sides\.\*$", path)}
    assert seen == set(page)
    wrong = [(path, value) for path, value in found if path in page and not fits(value, page[path])]
    assert wrong == []


@pytest.mark.shared
def test_real_matches_keep_to_the_page(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = min((shared_data / "matches" / "pro").glob("*.zip"), key=lambda each: each.stat().st_size)
    document, page = document_of(capsys, str(path)), documented()
    found = [(path, value) for path, value in fields_of(document, "") if path in page]
    assert [(path, value) for path, value in found if not fits(value, page[path])] == []


def test_out_writes_every_table(match_zip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new" / "folder"
    document = document_of(capsys, str(match_zip), "--out", str(folder))
    assert {path.stem for path in (folder / "derived").iterdir()} == set(DERIVED_TABLES)
    assert pl.read_parquet(folder / "derived" / "round_stats.parquet").height == len(document["rounds"])
    assert pl.read_parquet(folder / "frames" / "kills.parquet").height > 0
    assert main(["analyze", str(match_zip), "--out", str(folder)]) == 1
    assert "already holds tables" in capsys.readouterr().err


@pytest.mark.shared
def test_a_recording_without_a_round_is_no_error(tiny_demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(tiny_demo)]) == 0
    assert "no completed round" in capsys.readouterr().out


@pytest.mark.shared
@pytest.mark.parametrize("pack", ["gz", "bz2", "zst"])
def test_packed_demos_are_read(tiny_demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], pack: str) -> None:
    packers: dict[str, Callable[[bytes], bytes]] = {
        "gz": gzip.compress,
        "bz2": bz2.compress,
        "zst": zstandard.ZstdCompressor().compress,
    }
    path = tmp_path / f"{TINY_DEMO}.{pack}"
    path.write_bytes(packers[pack](tiny_demo.read_bytes()))
    assert document_of(capsys, str(path))["match"]["source"] == "demo"


@pytest.mark.shared
def test_a_zip_of_several_demos_gives_a_list(
    tiny_demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, folder = tmp_path / "two.zip", tmp_path / "out"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tiny_demo, "one.dem")
        archive.write(tiny_demo.with_name("14155.dem"), "inside/two.dem")
    documents = document_of(capsys, str(path), "--out", str(folder))
    assert [document["match"]["map"] for document in documents] == ["de_nuke", "de_dust2"]
    assert (folder / "one" / "frames" / "match.parquet").exists()
    assert (folder / "two" / "derived" / "checks.parquet").exists()


def test_matches_of_one_zip_are_all_read_and_a_bad_one_is_named(
    match_zip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, folder = tmp_path / "series.zip", tmp_path / "out"
    with zipfile.ZipFile(path, "w") as series, zipfile.ZipFile(match_zip) as match:
        for name in match.namelist():
            series.writestr(f"first/{name}", match.read(name))
            series.writestr(f"__MACOSX/first/._{name}", b"\0")
        series.write(match_zip, "more/second.zip")
        series.write(match_zip, "again/second.zip")
        series.writestr("third.dem", b"PBDEMS2\0")
    assert main(["analyze", "--json", str(path), "--out", str(folder)]) == 1
    printed = capsys.readouterr()
    documents = json.loads(printed.out)
    assert [document["match"] for document in documents] == [documents[0]["match"]] * 3
    assert sorted(each.name for each in folder.iterdir()) == ["first", "second", "second-2", "third"]
    error = json.loads(printed.err)["error"]
    assert error["message"].startswith("1 of 4 match files in the zip cannot be read: third.dem: ")


NOISE = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(256))
BAD = {
    "empty.dem": (b"", "empty"),
    "csgo.dem": (b"HL2DEMO\0" + bytes(1000), "CS:GO"),
    "text.dem": (b"hello there", "Not a CS2 demo"),
    "short.dem": (b"PBDEMS2\0" + bytes(50), ""),
    "cut.dem.gz": (gzip.compress(b"PBDEMS2\0" + NOISE)[:5000], "cut off"),
    "bomb.dem.gz": (gzip.compress(b"PBDEMS2\0" + bytes(200 * 1024 * 1024)), "bomb"),
    "packed.7z": (b"7z\xbc\xaf\x27\x1c" + bytes(100), "7z"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_one_clear_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    content, word = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    assert main(["analyze", str(path)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert word in printed.err
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("what", ["missing.dem", ""])
def test_missing_files_and_folders_are_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str) -> None:
    assert main(["analyze", "--json", str(tmp_path / what)]) == 1
    error = json.loads(capsys.readouterr().err)["error"]
    assert error["exit_code"] == 1
    assert error["hint"]
