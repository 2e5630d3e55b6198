"""Patterns of the 39 real matches: kills add up, tables keep their word, and it is quick."""

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from time import perf_counter

import msgspec
import polars as pl
import polars.selectors as cs
import pytest

from makers.observed_patterns import from_live
from makers.recorded_patterns import from_analysis
from makers.shared_matches import match_paths
from offangle.analysis.patterns.findings import examined_patterns, find_patterns
from offangle.analysis.patterns.registry import PATTERN_TABLES, pattern_table
from offangle.analysis.patterns.tables import FindingsTable, PatternRoundsTable, PatternWeaponsTable
from offangle.analysis.run import analyse
from offangle.coaching.patterns_text import finding_text
from offangle.gsi.wire import observation_of
from offangle.live.document import sessions_of
from offangle.live.reduce import reduce_all
from offangle.live.state import Epoch, LiveRound
from offangle.parsing.interchange import read_interchange

pytestmark = pytest.mark.shared

LIMIT_S = 5.0


@cache
def tables(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame, float]:
    """The rows of all matches, and how long it took to make them of the analysed tables."""
    parts, taken = [], 0.0
    for order, (key, path) in enumerate(match_paths(folder).items()):
        frames = read_interchange(path)
        analysis = analyse(frames)
        began = perf_counter()
        parts.append(from_analysis(key, order, frames, analysis))
        taken += perf_counter() - began
    return pl.concat([part[0] for part in parts]), pl.concat([part[1] for part in parts]), taken


def test_kills_over_weapons_are_the_kills(shared_data: Path) -> None:
    rounds, weapons, _ = tables(shared_data)
    PatternRoundsTable.validate(rounds)
    PatternWeaponsTable.validate(weapons)
    key = ["match_id", "round_number", "steam_id"]
    sums = weapons.group_by(key).agg(pl.col("kills").sum())
    both = rounds.join(sums, on=key, how="left", suffix="_by_weapon")
    assert both.filter(pl.col("kills") != pl.col("kills_by_weapon").fill_null(0)).height == 0
    assert rounds["kills"].sum() == weapons["kills"].sum() == 5852
    assert rounds["match_id"].n_unique() == 39
    # Molotovs and knives have one name each, however the recording spells them.
    assert not {"inferno", "knife_t"} & set(weapons["weapon"])


def test_shares_and_sums_hold(shared_data: Path) -> None:
    rounds, weapons, _ = tables(shared_data)
    places = pattern_table("map_and_side", rounds, weapons)
    everywhere = places.filter(pl.col("map_name") == "all", pl.col("side") == "all")
    assert everywhere["rounds"].sum() == rounds.height
    assert everywhere["kills"].sum() == rounds["kills"].sum()
    states = pattern_table("economic_states", rounds, weapons).filter(pl.col("side") == "all")
    assert states["rounds"].sum() == rounds["buy"].count()
    time = pattern_table("weapon_time", rounds, weapons).filter(pl.col("map_name") == "all")
    assert time["kills"].sum() == rounds["kills"].sum()
    # Nobody has more than one weapon in hand at a time: the time in hand is the time alive.
    lived = weapons.group_by("match_id", "round_number", "steam_id").agg(pl.col("active_s").sum())
    assert lived["active_s"].max() < 160.0  # type: ignore[operator]


@pytest.mark.timed
def test_everything_for_everybody_is_quick(shared_data: Path) -> None:
    rounds, weapons, taken = tables(shared_data)
    began = perf_counter()
    for table in PATTERN_TABLES:
        assert pattern_table(table.name, rounds, weapons).height > 0
    player = rounds["steam_id"].mode().sort().item(0)
    FindingsTable.validate(find_patterns(rounds, weapons, steam_id=player))
    assert taken + perf_counter() - began < LIMIT_S


def test_what_is_found_is_what_the_rounds_say(shared_data: Path) -> None:
    rounds, weapons, _ = tables(shared_data)
    players = rounds["steam_id"].unique().sort().to_list()
    found = pl.concat(
        [find_patterns(rounds, weapons, steam_id=player).with_columns(player=player) for player in players]
    )
    assert 20 < found.height < 200
    for row in found.filter(pl.col("measure") == "won").iter_rows(named=True):
        links = pl.DataFrame(row["links"], schema={"match_id": pl.String, "round_number": pl.Int16})
        inside = rounds.filter(pl.col("steam_id") == row["player"]).join(links, on=["match_id", "round_number"])
        assert (inside.height, inside["won"].sum()) == (row["rounds"], row["events"])
        assert inside.height >= 8


def test_no_figure_leaves_its_range(shared_data: Path) -> None:
    """Everything that is tested for everybody: shares are shares, and nobody has fewer than zero kills per round."""
    rounds, weapons, _ = tables(shared_data)
    players = rounds["steam_id"].unique().sort().to_list()
    tested = pl.concat([examined_patterns(rounds, weapons, steam_id=player) for player in players])
    assert tested.height > 3000
    FindingsTable.validate(tested)
    for row in tested.iter_rows(named=True):
        text = finding_text(row)
        assert "-0" not in text
        assert all(int(share) <= 100 for share in re.findall(r"(\d+) %", text))
    for table in PATTERN_TABLES:
        figures = pattern_table(table.name, rounds, weapons).drop("steam_id")
        numbers = figures.select(cs.numeric())
        assert all(numbers[name].drop_nulls().min() >= 0 for name in numbers.columns)  # type: ignore[operator]
        shares = [name for name in numbers.columns if name.endswith(("share", "rate", "consistency"))]
        assert all(numbers[name].drop_nulls().max() <= 1 for name in shares)  # type: ignore[operator]


def test_a_real_client_fills_the_same_tables(shared_data: Path) -> None:
    """The recording of test_gsi_recording.py: six epochs, 22 decided rounds, two own kills, one without a weapon."""
    lines = (shared_data / "gsi" / "cs2_player_build14108.jsonl").read_bytes().splitlines()
    posts = [msgspec.json.decode(line) for line in lines]
    seen = [
        observation_of(
            post["body"],
            sequence=number,
            received_ns=int(datetime.fromisoformat(post["received_at"]).timestamp() * 1e9),
        )
        for number, post in enumerate(posts)
    ]
    state, events = reduce_all(seen)
    parts = [
        from_live(f"{nth}-{at}", nth, session.map_name, decided(epoch), epoch.kills, session.steam_id)
        for nth, session in enumerate(sessions_of(events, state))
        for at, epoch in enumerate(session.epochs)
    ]
    rounds, weapons = (PatternRoundsTable.validate(pl.concat([part[0] for part in parts])),
                       PatternWeaponsTable.validate(pl.concat([part[1] for part in parts])))  # fmt: skip
    assert (rounds.height, rounds["kills"].sum(), weapons["kills"].sum()) == (22, 2, 2)
    assert weapons.filter(pl.col("weapon") == "unknown")["kills"].sum() == 1
    assert rounds["damage"].null_count() == rounds["opening_kill"].null_count() == 22
    assert rounds["won"].sum() == 2 + 3 + 0 + 3 + 1 + 1
    # Half-time of the wingman match falls after its eighth round.
    wingman = rounds.filter(pl.col("map_name") == "de_inferno").sort("round_number")
    assert wingman["half"].to_list() == [1] * 8 + [2]
    for table in PATTERN_TABLES:
        assert pattern_table(table.name, rounds, weapons).height > 0


def decided(epoch: Epoch) -> list[LiveRound]:
    """Its rounds, the last of which may be decided and not yet over."""
    return [*epoch.rounds, *([epoch.current] if epoch.current is not None and epoch.current.is_decided else [])]
