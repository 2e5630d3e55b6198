"""The sample from the command line, and how a terminal says that a match is simulated."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from makers import sample_script
from makers.corpus import scripted
from makers.house import install
from makers.installation import Installation, open_installation
from makers.scripted_match import Script
from offangle.cli.commands import export, import_files
from offangle.cli.main import main
from offangle.db.models import ImportRecord, Match
from offangle.flows.services import Sample

SHOWN = "simulated: by Offangle's simulator"


@pytest.fixture(scope="module")
def recording() -> Path:
    return scripted(Script(rounds=2, inputs=False)).path


@pytest.fixture
def installation(
    transactional_db: None, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    del transactional_db  # the worker sees only what is committed
    path = sample_script.give_orders(tmp_path / "orders", runs=tmp_path / "runs", recording=recording)
    monkeypatch.setenv("PYTHONPATH", path)
    folder = tmp_path / "data"
    folder.mkdir()
    with open_installation(folder) as opened:
        chosen = replace(opened.services, sample=Sample(seed=sample_script.GOOD, module=sample_script.MODULE))
        install(chosen)
        for module in (export, import_files):
            monkeypatch.setattr(module, "start", lambda: chosen)
        yield opened


def test_a_sample_is_asked_for_waited_for_and_exported_under_its_mark(
    installation: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "--sample"]) == 0
    assert capsys.readouterr().out == f"queued simulated-sample-{sample_script.GOOD}.dem\n"
    installation.work()
    assert main(["import", "--sample", "--wait", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    match = Match.objects.get()
    assert (row["state"], row["match_id"], row["error"]) == ("published", str(match.pk), "")
    assert ImportRecord.objects.count() == 1
    assert main(["export", str(tmp_path / "out"), "--table", "match"]) == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"simulated-{match.map_name}-{match.pk}"]


def test_nothing_asked_is_a_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import"]) == 2
    assert "--sample" in capsys.readouterr().err


def test_a_scoreboard_says_that_its_match_is_simulated(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(recording)]) == 0
    assert SHOWN in capsys.readouterr().out
