"""Recordings that once gave a wrong number or an error, each with the right value beside it in `expected.json`."""

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from offangle.cli.commands.gsi_reduce import recorded_sessions
from offangle.cli.main import main
from offangle.live.combined import combine
from offangle.live.document import matches_document
from offangle.live.track import Track, tracks_of

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> Path:
    return shared_data / "cases"


def only_track(path: Path) -> Track:
    tracks = [track for session in recorded_sessions(path) for track in tracks_of(session, is_closed=False)]
    assert len(tracks) == 1
    return tracks[0]


def only_match(path: Path) -> dict[str, Any]:
    (match,) = matches_document(recorded_sessions(path))
    return match


@pytest.mark.parametrize(
    ("name", "halves"),
    [
        ("mr15", [(1, False, 15), (2, False, 11)]),
        ("mr10_tie_workshop", [(1, False, 10), (2, False, 10)]),
        ("overtime_2x5", [(1, False, 12), (2, False, 12), (3, True, 5), (4, True, 3)]),
        ("custom_mode_other_team_at_0_0", [(1, False, 6)]),
    ],
)
def test_gsi_match_length_is_read_from_the_match(cases: Path, name: str, halves: list[tuple[int, bool, int]]) -> None:
    path = cases / "gsi_match_length_is_read_from_the_match" / f"{name}.jsonl"
    track = only_track(path)
    of_rounds = groupby((track.half_of(round_.number), track.is_overtime(round_.number)) for round_ in track.rounds)
    assert [(half, is_overtime, len(list(rows))) for (half, is_overtime), rows in of_rounds] == halves
    told = [(row["half"], row["overtime"]) for row in only_match(path)["rounds"]]
    assert told == [(half, is_overtime) for half, is_overtime, count in halves for _ in range(count)]


def test_a_workshop_map_is_called_as_it_is_in_a_demo(cases: Path) -> None:
    path = cases / "gsi_match_length_is_read_from_the_match" / "mr10_tie_workshop.jsonl"
    assert only_track(path).map_name == "de_calavera"


def test_gsi_tied_player_changes_team(cases: Path) -> None:
    path = cases / "gsi_tied_player_changes_team" / "input.jsonl"
    assert only_match(path)["side_switches_after"] == []
    assert combine([only_track(path)]).score == {"a": 4, "b": 3}


def test_gsi_bodies_with_text_timestamps(cases: Path) -> None:
    match = only_match(cases / "gsi_bodies_with_text_timestamps" / "input.jsonl")
    assert [row["reason"] for row in match["rounds"]] == ["time_expired"]
    assert match["kills"] == []


def test_gsi_zeros_after_reconnect_unproven(cases: Path) -> None:
    match = only_match(cases / "gsi_zeros_after_reconnect_unproven" / "input.jsonl")
    assert len(match["kills"]) == match["own"]["kills"] == 9
    assert [row["own_kills"] for row in match["rounds"]] == [2, 2, 2, 2, 0, 1]
    assert match["own"]["deaths"] == sum(bool(row["own_died"]) for row in match["rounds"]) == 0


@pytest.mark.parametrize(
    ("name", "broken", "rounds", "kills"),
    [("bom", [], 2, 4), ("last_line_cut", [11], 1, 4), ("one_post_without_provider", [4], 2, 4)],
)
def test_gsi_one_broken_line(
    cases: Path, capsys: pytest.CaptureFixture[str], name: str, broken: list[int], rounds: int, kills: int
) -> None:
    path = cases / "gsi_one_broken_line" / f"{name}.jsonl"
    assert main(["gsi", "reduce", str(path), "--json"]) == 0
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert [line["line"] for line in document["broken_lines"]] == broken
    assert [f"line {line} is left out" in said.err for line in broken] == [True] * len(broken)
    (match,) = document["matches"]
    assert (len(match["rounds"]), len(match["kills"])) == (rounds, kills)
