"""Old posts are forgotten, and nothing that follows from them is."""

import time
from datetime import timedelta

import pytest

from makers.gsi_posts import MATE, OWN, GsiClient
from makers.live_journal import NS, append, entries_of, follow, owner_of, rows
from offangle.db.models import GsiJournal, LiveObserver, LiveTrack, Match
from offangle.db.queries.journal import JournalEntry, delete_before, newest_id
from offangle.flows.following import forget
from offangle.flows.following.follow import rebuild
from offangle.flows.following.forget import prune_posts

pytestmark = pytest.mark.django_db(transaction=True)

HOUR_S = 3600.0
WINNERS = ("T", "CT", "T", "CT", "CT", "T")


def posts_of_match(ago_s: float, steam_id: int = OWN) -> list[JournalEntry]:
    """A match whose first post arrived so long ago."""
    client = GsiClient(steam_id=steam_id, now_s=0.0)
    for winner in WINNERS:
        client.play_round(winner, 1)
    entries = entries_of(client)
    shift_ns = time.time_ns() - int(ago_s * NS) - entries[0].received_ns
    return [
        entry._replace(
            received_ns=entry.received_ns + shift_ns, provider_timestamp=entry.provider_timestamp + shift_ns // NS
        )
        for entry in entries
    ]


@pytest.fixture
def matches() -> list[list[JournalEntry]]:
    """Three matches of one player, 100, 50 and 2 hours ago, in the journal and folded in."""
    owner_of(OWN, "alder")
    played = [posts_of_match(ago_h * HOUR_S) for ago_h in (100, 50, 2)]
    for entries in played:
        append(entries)
    follow(OWN)
    assert LiveTrack.objects.count() == Match.objects.count() == len(played)
    return played


def kept_from(entry: JournalEntry) -> timedelta:
    """The time to keep posts for so that this is the first that is young."""
    return timedelta(microseconds=(time.time_ns() - entry.received_ns) / 1000 + 1_000)


def test_what_is_old_goes_and_all_that_followed_from_it_stays(matches: list[list[JournalEntry]]) -> None:
    before = rows()
    assert prune_posts(kept_from(matches[1][0])) == len(matches[0])
    assert prune_posts(kept_from(matches[1][0])) == 0
    assert GsiJournal.objects.count() == len(matches[1]) + len(matches[2])
    follow(OWN)
    assert rows() == before


def test_a_match_is_forgotten_as_a_whole_or_not_at_all(matches: list[list[JournalEntry]]) -> None:
    midst = matches[1][len(matches[1]) // 2]
    assert prune_posts(kept_from(midst)) == len(matches[0])


def test_following_goes_on_after_everything_was_forgotten(matches: list[list[JournalEntry]]) -> None:
    last_id = newest_id()
    assert prune_posts(timedelta(hours=1)) == sum(map(len, matches))
    append(posts_of_match(0.0))
    assert newest_id() > last_id, "numbers are never given twice, or readers would pass them"
    follow(OWN)
    assert Match.objects.count() == len(matches) + 1
    assert LiveTrack.objects.latest("begin_ns").match is not None


def test_folding_anew_what_is_left_changes_nothing(matches: list[list[JournalEntry]]) -> None:
    before = rows()
    prune_posts(kept_from(matches[1][0]))
    rebuild(OWN)
    assert LiveObserver.objects.get().cursor == GsiJournal.objects.earliest("pk").pk - 1
    follow(OWN)
    assert rows() == before


@pytest.mark.parametrize("deleted", [1, 7, "all but one"])
def test_folding_anew_after_a_death_in_the_midst_of_forgetting_makes_no_match_of_the_rest(
    matches: list[list[JournalEntry]], deleted: int | str
) -> None:
    before = rows()
    delete_before(OWN, newest_id(), len(matches[0]) - 1 if deleted == "all but one" else int(deleted))
    rebuild(OWN)
    follow(OWN)
    assert rows() == before


def test_what_is_not_folded_in_yet_stays_however_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forget, "POSTS_AT_ONCE", 2)
    owner_of(OWN, "alder")
    owner_of(MATE, "birch")
    entries = posts_of_match(100 * HOUR_S)
    append(entries[:-3])
    follow(OWN)
    append([*entries[-3:], *posts_of_match(100 * HOUR_S, MATE)])
    assert prune_posts(timedelta(hours=1)) == len(entries) - 3
    assert GsiJournal.objects.filter(steam_id=OWN).count() == 3
    assert GsiJournal.objects.filter(steam_id=MATE).count() == len(entries), "nobody has looked at them yet"
    follow(OWN, MATE)
    assert {track.steam_account_id for track in LiveTrack.objects.all()} == {OWN, MATE}
    assert [match.rounds_played for match in Match.objects.exclude(rounds_played=0)] == [len(WINNERS)]
