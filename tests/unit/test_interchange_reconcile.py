"""Sides and winners that contradict the events: whatever the source inverted, what was played is read."""

import copy
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from makers.interchange_zips import Version, interchange_documents, write_interchange_zip
from makers.synthetic import make_match
from offangle.analysis.run import analyse
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.interchange import read_interchange

Documents = dict[str, Any]
Inversion = Callable[[Documents, Iterable[int]], None]

OTHER: Final = {"t": "ct", "ct": "t", "teamA": "teamB", "teamB": "teamA"}
TEAMS: Final = {"teamA": "a", "teamB": "b"}
UNREAD: Final = ("corrections",)


def flip(row: Documents, *fields: str) -> None:
    for each in fields:
        row[each] = OTHER[row[each]]


def invert(documents: Documents, numbers: Iterable[int], *fields: str) -> None:
    for row in documents["rounds"]:
        if row["roundNumber"] in numbers:
            flip(row, *fields)


def count_anew(documents: Documents) -> None:
    """Scores as an exporter counts them that believes in its own winners."""
    score = {"teamA": 0, "teamB": 0}
    for row in documents["rounds"]:
        row["teamAScoreBefore"], row["teamBScoreBefore"] = score.values()
        score[row["winnerTeamKey"]] += 1
    for team, won in score.items():
        documents["match"][team]["score"] = won


def sides_and_teams(documents: Documents, numbers: Iterable[int]) -> None:
    """The game's winning side stays, the team is found by wrong sides: what real exporters did."""
    invert(documents, numbers, "teamASide", "teamBSide", "winnerTeamKey")
    count_anew(documents)


def only_sides(documents: Documents, numbers: Iterable[int]) -> None:
    invert(documents, numbers, "teamASide", "teamBSide")


def sides_and_winning_side(documents: Documents, numbers: Iterable[int]) -> None:
    invert(documents, numbers, "teamASide", "teamBSide", "winnerSide")


def winners(documents: Documents, numbers: Iterable[int]) -> None:
    invert(documents, numbers, "winnerTeamKey", "winnerSide")
    count_anew(documents)


def winners_but_not_the_score(documents: Documents, numbers: Iterable[int]) -> None:
    invert(documents, numbers, "winnerTeamKey", "winnerSide")


def everything(documents: Documents, numbers: Iterable[int]) -> None:
    invert(documents, numbers, "teamASide", "teamBSide", "winnerTeamKey", "winnerSide")
    count_anew(documents)


def a_mixture(documents: Documents, numbers: Iterable[int]) -> None:
    for number, inversion in zip(numbers, (only_sides, winners, sides_and_teams, only_sides, winners), strict=False):
        inversion(documents, [number])
    count_anew(documents)


INVERSIONS: Final = (
    sides_and_teams, only_sides, sides_and_winning_side, winners, winners_but_not_the_score, everything, a_mixture,
)  # fmt: skip
ROUNDS: Final = ((3,), (8,), (5, 6, 7, 8), (2, 4, 7), tuple(range(1, 9)))


@pytest.fixture(scope="module")
def match() -> MatchFrames:
    """Eight rounds, ended in every way: the first by the clock."""
    return make_match(1, score=(5, 3), half_rounds=4, samples=False)


def read(tmp_path: Path, documents: Documents, match: MatchFrames, version: Version = "3.0") -> MatchFrames:
    return check(read_interchange(write_interchange_zip(tmp_path / "match.zip", match, version, **documents)))


def assert_as_played(found: MatchFrames, match: MatchFrames) -> None:
    assert set(found) - set(UNREAD) == set(match) | {"smokes", "fires"}
    for name in sorted(set(match) - {"parsers"}):
        assert_frame_equal(found[name], _comparable(match[name], found[name]), abs_tol=0.01, categorical_as_str=True)


def _comparable(made: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """`made` with what only a file's reader knows."""
    read_only = [name for name in ("officially_ended_tick", "sample_rate_hz") if name in made.columns]
    return made.with_columns(found[name] for name in read_only)


@pytest.mark.parametrize("numbers", ROUNDS, ids=str)
@pytest.mark.parametrize("inversion", INVERSIONS)
def test_what_was_played_is_read_whatever_was_inverted(
    tmp_path: Path, match: MatchFrames, inversion: Inversion, numbers: tuple[int, ...]
) -> None:
    documents = copy.deepcopy(interchange_documents(match, "3.0"))
    inversion(documents, numbers)
    found = read(tmp_path, documents, match)
    assert_as_played(found, match)
    corrected = found["corrections"].filter(pl.col("round_number") > 0)["round_number"].unique().sort().to_list()
    assert corrected == [number for number in numbers if number in corrected]
    assert corrected
    checks = analyse(found)["checks"]
    assert checks.filter(~pl.col("ok"))["name"].to_list() == []
    told = checks.filter(pl.col("name").is_in(["sides_by_events", "winners_by_events"]))["detail"].str.join("; ").item()
    assert all(f"round {number}:" in told for number in corrected)


@pytest.mark.parametrize("field", ["winnerSide", "winnerTeamKey"])
def test_a_winner_that_contradicts_itself_is_read_as_played_and_fails_a_check(
    tmp_path: Path, match: MatchFrames, field: str
) -> None:
    documents = copy.deepcopy(interchange_documents(match, "3.0"))
    invert(documents, [3, 5], field)
    found = read(tmp_path, documents, match)
    assert_as_played(found, match)
    (failed,) = analyse(found)["checks"].filter(~pl.col("ok")).rows(named=True)
    assert failed["name"] == "winners_by_events"
    assert [line.split(":")[0] for line in failed["detail"].split("; ")] == ["round 3", "round 5"]


def test_a_winner_that_nothing_decides_is_unknown(tmp_path: Path, match: MatchFrames) -> None:
    documents = copy.deepcopy(interchange_documents(match, "3.0"))
    invert(documents, [8], "winnerSide")
    documents["rounds"][7]["endReason"] = "time_ran_out"
    documents["rounds"][7]["endTick"] = documents["rounds"][7]["freezeEndTick"] + 64
    documents["match"]["teamA"]["score"] += 3
    last = read(tmp_path, documents, match)["rounds"].row(-1, named=True)
    assert (last["winner_side"], last["winner_team"], last["reason"]) == (None, None, "unknown")


def test_where_events_contradict_each_other_the_source_stays_and_a_check_fails(
    tmp_path: Path, match: MatchFrames
) -> None:
    documents = copy.deepcopy(interchange_documents(match, "3.0"))
    planter = next(row for row in documents["bombs"] if row["type"] == "planted")
    flip(documents["players"][planter["actorIndex"]], "teamKey")
    found = read(tmp_path, documents, match)
    assert found["corrections"].filter(pl.col("column") == "team_a_side").is_empty()
    assert found["rounds"]["team_a_side"].to_list() == match["rounds"]["team_a_side"].to_list()
    check_row = analyse(found)["checks"].filter(pl.col("name") == "sides_by_events").row(0, named=True)
    assert check_row["ok"] is False
    assert f"round {planter['roundNumber']}:" in check_row["detail"]


def test_sides_of_a_replay_follow(tmp_path: Path) -> None:
    sampled = make_match(2, score=(3, 1), half_rounds=2)
    documents = copy.deepcopy(interchange_documents(sampled, "3.0"))
    sides_and_teams(documents, [2, 3])
    found = read(tmp_path, documents, sampled)
    for name in ("ticks", "duel_ticks", "shots", "grenades"):
        column = "thrower_side" if name == "grenades" else "side"
        assert found[name][column].to_list() == sampled[name][column].to_list()
