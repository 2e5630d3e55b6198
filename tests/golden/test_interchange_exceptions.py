"""Figures of the real matches against the files' own player statistics: each difference by name and to the unit.

The exporter counts two things otherwise than Offangle does: the killing of a team-mate is a kill to it, and the last
hits of warmup are hits of round 1. Counted its way, all 1170 figures are equal.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl
import pytest

from makers.shared_matches import match_paths
from offangle.frames.collection import MatchFrames
from offangle.parsing.interchange import read_interchange

FIGURES: Final = ("kills", "deaths", "damage")
IS_ENEMY: Final = pl.col("attacker_side") != pl.col("victim_side")
TEAM_KILL: Final = "the exporter counts the killing of a team-mate as a kill"
WARMUP: Final = "the exporter counts hits before the first freeze end, which are warmup"


class Difference(NamedTuple):
    """One figure that differs; the player is the row in `players.json`."""

    match: str
    player: int
    figure: str
    ours: int
    theirs: int
    reason: str


EXCEPTIONS: Final = (
    Difference("league-03", 4, "kills", 21, 22, TEAM_KILL),
    Difference("league-09", 9, "kills", 11, 12, TEAM_KILL),
    Difference("league-10", 9, "kills", 18, 19, TEAM_KILL),
    Difference("league-11", 0, "kills", 23, 24, TEAM_KILL),
    Difference("league-16", 3, "kills", 5, 6, TEAM_KILL),
    Difference("league-16", 9, "kills", 15, 16, TEAM_KILL),
    Difference("league-16", 7, "kills", 9, 10, TEAM_KILL),
    Difference("league-18", 6, "kills", 17, 18, TEAM_KILL),
    Difference("league-21", 1, "kills", 23, 24, TEAM_KILL),
    Difference("league-25", 0, "kills", 6, 7, TEAM_KILL),
    Difference("league-25", 4, "kills", 13, 14, TEAM_KILL),
    Difference("league-27", 1, "kills", 4, 5, TEAM_KILL),
    Difference("league-30", 9, "kills", 23, 24, TEAM_KILL),
    Difference("league-31", 8, "kills", 14, 15, TEAM_KILL),
    Difference("pro-a1e916", 4, "kills", 17, 18, TEAM_KILL),
    Difference("pro-bc438b", 0, "damage", 1381, 1566, WARMUP),
    Difference("pro-bc438b", 2, "damage", 1999, 2104, WARMUP),
    Difference("pro-bc438b", 5, "damage", 1160, 1163, WARMUP),
    Difference("pro-bc438b", 6, "damage", 1650, 1747, WARMUP),
    Difference("pro-bc438b", 9, "damage", 2086, 2186, WARMUP),
    Difference("pro-314b7b", 1, "damage", 984, 1129, WARMUP),
    Difference("pro-314b7b", 4, "kills", 15, 16, TEAM_KILL),
    Difference("pro-314b7b", 7, "damage", 1783, 1807, WARMUP),
    Difference("pro-314b7b", 8, "damage", 1168, 1191, WARMUP),
)

ROWS: Final = 390


def figures(match: MatchFrames, *, table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """`steam_id` and `ours` of each player."""
    enemy = rows.filter(IS_ENEMY)
    counted = {
        "kills": lambda: enemy.group_by(steam_id="attacker_steam_id").agg(ours=pl.len()),
        "deaths": lambda: rows.group_by(steam_id="victim_steam_id").agg(ours=pl.len()),
        "damage": lambda: enemy.group_by(steam_id="attacker_steam_id").agg(
            ours=pl.col("health_damage").cast(pl.Int64).sum()
        ),
    }[table]()
    people = match["players"].with_row_index("player").select("player", "steam_id")
    return people.join(counted, on="steam_id", how="left").with_columns(pl.col("ours").cast(pl.Int64).fill_null(0))


def differences(key: str, match: MatchFrames) -> Iterator[tuple[str, int, str, int, int]]:
    """(match, player, figure, ours, theirs) of each figure that differs."""
    for figure in FIGURES:
        rows = match.counted("damages" if figure == "damage" else "kills")
        theirs = match["scoreboard"].select("steam_id", pl.col(figure).alias("theirs"))
        both = figures(match, table=figure, rows=rows).join(theirs, on="steam_id")
        for player, ours, stated in (
            both.filter(pl.col("ours") != pl.col("theirs")).select("player", "ours", "theirs").iter_rows()
        ):
            yield key, player, figure, ours, stated


def excess(match: MatchFrames, exception: Difference) -> int:
    """What the named reason adds to the figure, counted from the tables."""
    steam_id = match["players"].item(exception.player, "steam_id")
    if exception.reason == TEAM_KILL:
        own = match.counted("kills").filter(attacker_steam_id=steam_id).filter(~IS_ENEMY)
        return own.filter(pl.col("victim_steam_id") != steam_id).height
    warmup = match["damages"].filter(attacker_steam_id=steam_id, round_number=0).filter(IS_ENEMY)
    return int(warmup.get_column("health_damage").cast(pl.Int64).sum())


@pytest.fixture(scope="module")
def matches(shared_data: Path) -> dict[str, MatchFrames]:
    return {key: read_interchange(path) for key, path in match_paths(shared_data).items()}


@pytest.mark.shared
def test_every_difference_is_named(matches: dict[str, MatchFrames]) -> None:
    found = {one for key, match in matches.items() for one in differences(key, match)}
    assert found == {exception[:5] for exception in EXCEPTIONS}
    assert sum(match["scoreboard"].height for match in matches.values()) == ROWS


@pytest.mark.shared
def test_every_reason_explains_its_difference_to_the_unit(matches: dict[str, MatchFrames]) -> None:
    for exception in EXCEPTIONS:
        assert exception.theirs - exception.ours == excess(matches[exception.match], exception), exception


@pytest.mark.shared
def test_won_rounds_are_the_score(matches: dict[str, MatchFrames]) -> None:
    for key, match in matches.items():
        won = match["rounds"].get_column("winner_team").cast(pl.String).to_list()
        assert (won.count("a"), won.count("b")) == match["match"].select("score_a", "score_b").row(0), key


@pytest.mark.shared
def test_file_names_tell_the_same_score(shared_data: Path, matches: dict[str, MatchFrames]) -> None:
    told = {
        key: tuple(sorted(map(int, part.split("-"))))
        for key, path in match_paths(shared_data).items()
        for part in path.stem.split("_")
        if part.replace("-", "").isdigit() and part.count("-") == 1
    }
    assert len(told) == 37
    for key, score in told.items():
        assert score == tuple(sorted(matches[key]["match"].select("score_a", "score_b").row(0)))


@pytest.mark.shared
@pytest.mark.parametrize(("old", "new"), [("league-19", "pro-18955b"), ("league-05", "pro-31c781")])
def test_one_demo_in_both_versions_gives_the_same_events(old: str, new: str, matches: dict[str, MatchFrames]) -> None:
    for table, columns in {
        "rounds": ["round_number", "start_tick", "freeze_end_tick", "end_tick", "winner_side", "reason"],
        "kills": ["round_number", "tick", "weapon", "is_headshot", "attacker_side", "victim_side"],
        "damages": ["round_number", "tick", "weapon", "hit_group", "health_damage", "victim_health_after"],
    }.items():
        left, right = (matches[key][table].select(columns).sort(columns) for key in (old, new))
        assert left.equals(right), table
