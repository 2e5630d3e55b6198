"""What is odd about each real match, found while it is read. A reader that loses an oddity fails here by its name."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from makers.shared_matches import match_paths
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.interchange import read_interchange

PAUSE_S: Final = 60
"""Freeze time longer than this holds a pause (or, in round 1, the wait before the match)."""


@dataclass(frozen=True, slots=True)
class Odd:
    """One match: its frame, and what is not as one would think.

    Attributes:
        score: Rounds won by teams a and b.
        changes: First rounds after a change of sides.
        pauses: Rounds with a freeze time over a minute.
        team_kills: Deaths by a team-mate.
        bomb_deaths: Deaths by the bomb.
        late_kills: Kills between the decision and the next round.
        warmup_hits: Hits before the first freeze end, kept outside rounds.
        shared_ids: Grenades that the exporter gave another one's id.
        stale_money: Rounds whose start money was read before overtime's own money came.
        inverted: Rounds in which the source has T and CT the wrong way round.
        base_hits: Hits that the source books to the weapon that another one stands in for.
        without: What the exporter did not see at all.
    """

    score: tuple[int, int]
    changes: tuple[int, ...] = (13,)
    pauses: tuple[int, ...] = ()
    team_kills: int = 0
    bomb_deaths: int = 0
    late_kills: int = 0
    warmup_hits: int = 0
    shared_ids: int = 0
    stale_money: tuple[int, ...] = ()
    inverted: tuple[int, ...] = ()
    base_hits: int = 0
    without: tuple[str, ...] = field(default=())


SEEN_BY_2_0: Final = (
    "projectiles",
    "duel_ticks",
    "shots.x",
    "shots.velocity_x",
    "fires.end_tick",
    "ticks.pitch_deg",
)
"""What no exporter of 2.0 saw: of fires only the begin, of shots only the angles."""

NO_BLINDS: Final = ("blinds", *SEEN_BY_2_0)
"""Flashes were thrown, yet the file says that nobody was ever blind: the table is absent, not empty."""

SEEN_BY_3_0: Final = ("shots.velocity_x",)
"""The exporter of 3.0 took the way since the last shot for one tick's way; its velocities are impossible."""

NO_DUELS: Final = ("duel_ticks", *SEEN_BY_3_0)

OVERTIME: Final = (25, 26, 27, 28, 29, 30)
"""The first overtime, whose sides one exporter has inverted in all five matches that reached it."""

MATCHES: Final[dict[str, Odd]] = {
    "league-01": Odd((11, 13), pauses=(12, 15), shared_ids=13, base_hits=1, without=NO_BLINDS),
    "league-02": Odd((13, 9), pauses=(17,), shared_ids=17, without=NO_BLINDS),
    "league-03": Odd((13, 9), team_kills=1, shared_ids=6, without=SEEN_BY_2_0),
    "league-04": Odd(
        (16, 14),
        changes=(13, 28),
        inverted=OVERTIME,
        pauses=(1,),
        bomb_deaths=2,
        shared_ids=6,
        stale_money=(25,),
        without=SEEN_BY_2_0,
    ),
    "league-05": Odd((13, 8), pauses=(3, 9), shared_ids=6, without=SEEN_BY_2_0),
    "league-06": Odd((13, 8), pauses=(4, 7), shared_ids=2, without=SEEN_BY_2_0),
    "league-07": Odd(
        (16, 19),
        changes=(13, 28, 34),
        inverted=OVERTIME,
        bomb_deaths=4,
        shared_ids=18,
        stale_money=(25, 31),
        without=SEEN_BY_2_0,
    ),
    "league-08": Odd((13, 8), shared_ids=18, base_hits=1, without=SEEN_BY_2_0),
    "league-09": Odd((13, 11), pauses=(1,), team_kills=1, shared_ids=22, without=SEEN_BY_2_0),
    "league-10": Odd(
        (16, 12),
        changes=(13, 28),
        inverted=OVERTIME[:4],
        pauses=(10, 21),
        team_kills=1,
        bomb_deaths=1,
        shared_ids=26,
        stale_money=(25,),
        base_hits=1,
        without=SEEN_BY_2_0,
    ),
    "league-11": Odd(
        (16, 13),
        changes=(13, 28),
        inverted=OVERTIME[:5],
        pauses=(8, 22, 24, 25),
        team_kills=1,
        bomb_deaths=2,
        shared_ids=14,
        stale_money=(25,),
        without=SEEN_BY_2_0,
    ),
    "league-12": Odd((11, 13), pauses=(17, 23), shared_ids=19, base_hits=1, without=NO_BLINDS),
    "league-13": Odd((13, 4), pauses=(16,), shared_ids=6, without=SEEN_BY_2_0),
    "league-14": Odd((13, 3), bomb_deaths=2, shared_ids=13, base_hits=1, without=SEEN_BY_2_0),
    "league-15": Odd((13, 10), shared_ids=9, base_hits=1, without=SEEN_BY_2_0),
    "league-16": Odd((3, 13), team_kills=3, bomb_deaths=4, shared_ids=15, without=SEEN_BY_2_0),
    "league-17": Odd((13, 10), bomb_deaths=1, shared_ids=2, without=SEEN_BY_2_0),
    "league-18": Odd((13, 7), pauses=(10, 11, 17), team_kills=1, bomb_deaths=1, shared_ids=12, without=SEEN_BY_2_0),
    "league-19": Odd((5, 13), pauses=(8,), bomb_deaths=1, shared_ids=4, without=SEEN_BY_2_0),
    "league-20": Odd((11, 13), pauses=(21,), bomb_deaths=1, shared_ids=9, without=SEEN_BY_2_0),
    "league-21": Odd(
        (16, 14),
        changes=(13, 28),
        inverted=OVERTIME,
        team_kills=1,
        bomb_deaths=2,
        shared_ids=10,
        stale_money=(25,),
        base_hits=2,
        without=SEEN_BY_2_0,
    ),
    "league-22": Odd((13, 11), bomb_deaths=2, shared_ids=9, without=SEEN_BY_2_0),
    "league-23": Odd((13, 11), pauses=(14,), shared_ids=11, without=SEEN_BY_2_0),
    "league-24": Odd((13, 11), pauses=(18,), bomb_deaths=2, shared_ids=5, without=SEEN_BY_2_0),
    "league-25": Odd((2, 13), pauses=(4,), team_kills=2, bomb_deaths=2, shared_ids=9, base_hits=1, without=SEEN_BY_2_0),
    "league-26": Odd((13, 10), shared_ids=21, without=NO_BLINDS),
    "league-27": Odd((13, 8), pauses=(13,), team_kills=1, shared_ids=3, without=NO_BLINDS),
    "league-28": Odd((13, 9), bomb_deaths=2, shared_ids=9, without=SEEN_BY_2_0),
    "league-29": Odd((13, 8), pauses=(8, 10, 18), bomb_deaths=3, shared_ids=9, without=SEEN_BY_2_0),
    "league-30": Odd((13, 5), team_kills=1, bomb_deaths=2, shared_ids=14, without=NO_BLINDS),
    "league-31": Odd((3, 13), pauses=(13,), team_kills=1, bomb_deaths=1, shared_ids=3, without=SEEN_BY_2_0),
    "league-32": Odd((13, 5), shared_ids=21, without=SEEN_BY_2_0),
    "pro-c30f41": Odd((13, 8), pauses=(13, 16), bomb_deaths=1, shared_ids=6, base_hits=83, without=SEEN_BY_3_0),
    "pro-a1e916": Odd(
        (13, 11),
        pauses=(13, 19),
        team_kills=1,
        bomb_deaths=1,
        warmup_hits=10,
        shared_ids=12,
        base_hits=85,
        without=SEEN_BY_3_0,
    ),
    "pro-20e1d9": Odd((2, 13), pauses=(13,), bomb_deaths=1, shared_ids=15, base_hits=35, without=SEEN_BY_3_0),
    "pro-bc438b": Odd(
        (16, 12),
        changes=(13, 28),
        pauses=(23, 25),
        bomb_deaths=1,
        late_kills=4,
        warmup_hits=16,
        shared_ids=23,
        stale_money=(25,),
        base_hits=84,
        without=SEEN_BY_3_0,
    ),
    "pro-314b7b": Odd(
        (7, 13), team_kills=1, late_kills=2, warmup_hits=24, shared_ids=12, base_hits=89, without=SEEN_BY_3_0
    ),
    "pro-18955b": Odd((5, 13), pauses=(8,), bomb_deaths=1, shared_ids=4, without=NO_DUELS),
    "pro-31c781": Odd((13, 8), pauses=(3, 9), shared_ids=6, without=NO_DUELS),
}


def oddities_of(match: MatchFrames) -> Odd:
    rounds, kills = match["rounds"], match["kills"].join(match["rounds"], on="round_number", how="left")
    wins = rounds.get_column("winner_team").cast(pl.String).to_list()
    freeze_s = (pl.col("freeze_end_tick") - pl.col("start_tick")) / match.tick_rate
    changed = pl.col("team_a_side") != pl.col("team_a_side").shift(1)
    economy, corrections = match["economy"], match["corrections"]
    inverted = corrections.filter(pl.col("column") == "team_a_side")
    stale = pl.col("start_money").is_null().any() | (
        (pl.col("start_money") == 10_000).all() & (pl.col("round_number") % 6 == 1).all()
    )
    stale_rounds = economy.group_by("round_number").agg(stale.alias("stale")).filter("stale").sort("round_number")
    return Odd(
        score=(wins.count("a"), wins.count("b")),
        changes=tuple(rounds.filter(changed)["round_number"]),
        pauses=tuple(rounds.filter(freeze_s > PAUSE_S)["round_number"]),
        team_kills=kills.filter(pl.col("attacker_side") == pl.col("victim_side")).height,
        bomb_deaths=kills.filter((pl.col("weapon") == "c4") & pl.col("attacker_steam_id").is_null()).height,
        late_kills=kills.filter(pl.col("tick") > pl.col("end_tick")).height,
        warmup_hits=match["damages"].filter(pl.col("round_number") == 0).height,
        shared_ids=match["grenades"].filter(pl.col("grenade_id").str.count_matches("-") > 1).height,
        stale_money=tuple(stale_rounds["round_number"]),
        inverted=tuple(inverted["round_number"]),
        base_hits=int(corrections.filter(pl.col("reason") == "held_weapon")["rows"].sum()),
        without=_without(match),
    )


def _without(match: MatchFrames) -> tuple[str, ...]:
    """Tables and columns that hold nothing."""
    tables = [name for name in ("blinds", "projectiles", "duel_ticks") if not match.has(name)]
    columns = [("shots", "x"), ("shots", "velocity_x"), ("fires", "end_tick"), ("ticks", "pitch_deg")]
    mostly_null = [f"{table}.{column}" for table, column in columns if _share_null(match[table][column]) > 0.9]
    return (*tables, *mostly_null)


def _share_null(values: pl.Series) -> float:
    return values.null_count() / max(1, values.len())


@pytest.fixture(scope="module")
def paths(shared_data: Path) -> dict[str, Path]:
    return match_paths(shared_data)


@pytest.mark.shared
def test_every_match_is_described(paths: dict[str, Path]) -> None:
    assert list(paths) == list(MATCHES)
    assert len(MATCHES) == 39


@pytest.mark.shared
@pytest.mark.parametrize("key", MATCHES)
def test_match(key: str, paths: dict[str, Path]) -> None:
    match = check(read_interchange(paths[key]))
    assert oddities_of(match) == MATCHES[key]
    stated = match["match"].select("score_a", "score_b").row(0)
    assert stated == MATCHES[key].score
    rounds = match["rounds"]
    assert rounds["half"].max() == (2 if rounds.height <= 24 else 3 + (rounds.height - 25) // 3)
    assert match["ticks"].select("tick", "steam_id").is_duplicated().any() is False
