"""The same numbers from rows of the database as from a match's own tables, on SQLite and on PostgreSQL."""

from collections.abc import Callable

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from makers import rows
from makers.api_world import World
from makers.gsi_posts import OWN, GsiClient
from makers.live_journal import follow, owner_of, store
from makers.observed_patterns import from_live
from makers.recorded_patterns import from_analysis
from makers.synthetic import make_match
from offangle.analysis.patterns.findings import examined_patterns
from offangle.analysis.patterns.registry import PATTERN_TABLES
from offangle.analysis.patterns.tables import PatternRoundsTable, PatternWeaponsTable
from offangle.analysis.run import analyse
from offangle.db.models import LiveTrack, Match, PlayerWeapon
from offangle.db.queries.access import visible_matches
from offangle.db.queries.patterns import pattern_frames
from offangle.flows.following.rows import read_track
from offangle.frames.collection import MatchFrames

Tables = tuple[pl.DataFrame, pl.DataFrame]
Made = Callable[[int, str], MatchFrames]


def assert_same(found: Tables, expected: Tables) -> None:
    """Equal tables, equal figures, and equal findings of every player."""
    PatternRoundsTable.validate(found[0])
    PatternWeaponsTable.validate(found[1])
    for mine, theirs in zip(found, expected, strict=True):
        assert_frame_equal(mine, theirs, check_row_order=False)
    for table in PATTERN_TABLES:
        assert_frame_equal(table.build(*found), table.build(*expected))
    for player in expected[0]["steam_id"].unique().to_list()[:3]:
        assert_frame_equal(
            examined_patterns(*found, steam_id=player), examined_patterns(*expected, steam_id=player), abs_tol=1e-9
        )


@pytest.mark.parametrize("samples", [True, False])
def test_recorded_matches(world: World, monkeypatch: pytest.MonkeyPatch, samples: bool) -> None:  # noqa: FBT001 -- a parameter
    def made(seed: int, map_name: str) -> tuple[MatchFrames, object]:
        frames = make_match(seed=seed, map_name=map_name, score=(5, 7), half_rounds=6, samples=samples)
        return frames, analyse(frames).tables

    monkeypatch.setattr(rows, "made_match", made)
    maps = ("de_mirage", "de_nuke", "de_mirage")
    published = [rows.publish_match(world.member, seed, map_name=map_name) for seed, map_name in enumerate(maps, 1)]
    found = pattern_frames(visible_matches(world.member))
    order = dict(found[0].select("match_id", "played_order").unique().rows())
    parts = []
    for seed, (match, map_name) in enumerate(zip(published, maps, strict=True), 1):
        frames = make_match(seed=seed, map_name=map_name, score=(5, 7), half_rounds=6, samples=samples)
        parts.append(from_analysis(str(match.pk), order[str(match.pk)], frames, analyse(frames)))
    expected = pl.concat([part[0] for part in parts]), pl.concat([part[1] for part in parts])
    assert sorted(order.values()) == [0, 1, 2]
    assert found[0].height == 3 * 12 * 10
    assert found[0]["opening_kill"].sum() == 36
    assert_same(found, expected)


@pytest.mark.django_db
def test_a_live_match() -> None:
    owner_of(OWN, "alder")
    client = GsiClient(side="CT")
    for nth, winner in enumerate(("T", "CT", "T", "CT", "CT", "T", "CT", "T", "CT", "CT")):
        client.play_round(winner, 1 + (nth == 0))
    store(client)
    follow(OWN)
    found = pattern_frames(Match.objects.all(), steam_id=OWN)
    match, track = Match.objects.get(), read_track(LiveTrack.objects.get())
    expected = from_live(str(match.pk), 0, match.map_name, track.rounds, track.kills, OWN)
    assert found[0].select(pl.len(), pl.col("won").sum(), pl.col("kills").sum()).row(0) == (10, 6, 11)
    assert found[1].filter(pl.col("weapon") == "ak47")["kills"].sum() == 11
    assert_same(found, expected)


def test_one_player_is_a_part_of_everyone(world: World) -> None:
    rows.publish_match(world.member)
    everyone = pattern_frames(visible_matches(world.member))
    player = everyone[0].item(0, "steam_id")
    one = pattern_frames(visible_matches(world.member), steam_id=player)
    for whole, part in zip(everyone, one, strict=True):
        assert_frame_equal(whole.filter(pl.col("steam_id") == player), part)


def test_a_stranger_gets_empty_tables(world: World) -> None:
    rows.publish_match(world.member)
    found = pattern_frames(visible_matches(world.stranger))
    assert (found[0].height, found[1].height) == (0, 0)


def test_rows_of_before_weapons_in_hand_were_kept(world: World) -> None:
    rows.publish_match(world.member)
    expected = pattern_frames(visible_matches(world.member))
    PlayerWeapon.objects.update(was_active=None)
    assert_frame_equal(pattern_frames(visible_matches(world.member))[1], expected[1])
