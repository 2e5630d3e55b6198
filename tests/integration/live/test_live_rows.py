"""From the journal to rows: what a playing client posts becomes a match."""

from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from makers.gsi_posts import OWN, GsiClient
from makers.live_journal import append, entry_of, follow, owner_of, rows, store
from offangle.db.models import (
    LiveEvent,
    LiveObserver,
    LiveSnapshot,
    Match,
    Observation,
    PlayerMatchStat,
    PlayerRoundState,
    PlayerWeapon,
)
from offangle.db.queries.access import visible_matches

pytestmark = pytest.mark.django_db

WINNERS = ("T", "CT", "T", "CT", "CT", "T", "CT", "T", "CT", "CT")


def ten_rounds() -> GsiClient:
    """11 kills, all with the AK-47; winners T CT T CT CT T CT T CT CT; own side CT: six of ten won."""
    client = GsiClient(side="CT")
    kills = [2, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    for winner, count in zip(WINNERS, kills, strict=True):
        client.play_round(winner, count)
    return client


def test_ten_rounds_become_one_match() -> None:
    user = owner_of(OWN, "alder")
    store(ten_rounds())
    follow(OWN)

    match = Match.objects.get()
    assert (match.source, match.map_name, match.live_state, match.rounds_played) == ("gsi", "de_dust2", "live", 10)
    assert (match.score_a, match.score_b) == (6, 4)
    assert [row.winner_side for row in match.rounds.order_by("number")] == [winner.lower() for winner in WINNERS]
    assert Observation.objects.get().user == user
    stat = PlayerMatchStat.objects.get(side="all")
    assert (stat.kills, stat.deaths, stat.team, stat.name) == (11, 0, "a", "Alder")
    assert stat.metrics["round_win_percent"] == 60.0
    assert stat.adr is None
    assert PlayerRoundState.objects.count() == 10
    assert {(row.weapon_id, row.kills) for row in PlayerWeapon.objects.filter(kills__gt=0)} == {
        ("ak47", 1),
        ("ak47", 2),
    }
    assert sum(row.kills for row in PlayerWeapon.objects.all()) == 11


@pytest.mark.parametrize("most_posts", [1, 2, 3, 7, 1000])
def test_however_posts_are_gathered_the_rows_are_the_same(most_posts: int) -> None:
    owner_of(OWN, "alder")
    store(ten_rounds())
    follow(OWN, most_posts=most_posts)
    found = rows()
    LiveObserver.objects.all().delete()
    follow(OWN, most_posts=50)
    assert rows() == found


def test_snapshot_and_cursor_tell_of_the_last_post() -> None:
    owner_of(OWN, "alder")
    client = ten_rounds()
    client.freeze()
    store(client)
    follow(OWN)
    snapshot = LiveSnapshot.objects.get()
    assert snapshot.match == Match.objects.get()
    assert snapshot.document["round"] == 11
    assert snapshot.document["score"] == {"t": 4, "ct": 6, "own": 6, "enemy": 4}
    assert LiveObserver.objects.get().cursor == snapshot.sequence
    assert LiveEvent.objects.count() == 0  # the posts are of long ago


@pytest.mark.shared
def test_the_real_recording_becomes_its_matches(shared_data: Path) -> None:
    """Three stays on servers; the third was restarted three times after rounds were decided."""
    steam_id = 0
    entries = []
    for line in (shared_data / "gsi" / "cs2_player_build14108.jsonl").read_bytes().splitlines():
        row = msgspec.json.decode(line)
        steam_id = int(row["body"]["provider"]["steamid"])
        received_ns = int(datetime.fromisoformat(row["received_at"]).timestamp() * 1e9)
        entries.append(entry_of(row["body"], received_ns, steam_id))
    user = owner_of(steam_id, "player")
    append(entries)
    follow(steam_id, most_posts=13)

    matches = Match.objects.order_by("played_at")
    found = [(match.map_name, match.live_state, match.rounds_played, match.checks_failed) for match in matches]
    assert found == [
        ("de_dust2", "left", 3, 0),
        ("de_inferno", "left", 9, 0),
        ("de_dust2", "aborted", 3, 0),
        ("de_dust2", "aborted", 4, 0),
        ("de_dust2", "aborted", 2, 0),
        ("de_dust2", "live", 1, 0),
    ]
    assert visible_matches(user).count() == 3
    weapons = PlayerWeapon.objects.filter(kills__gt=0).order_by("weapon_id")
    assert [(row.weapon_id, row.kills) for row in weapons] == [("hkp2000", 1), ("unknown", 1)]
    wingman = matches[1]
    assert [row.half for row in wingman.rounds.order_by("number")] == [1] * 8 + [2]
    assert {row.winner_team for row in wingman.rounds.all()} == {"a", "b"}
    assert (wingman.score_a, wingman.score_b) in {(6, 3), (3, 6)}
