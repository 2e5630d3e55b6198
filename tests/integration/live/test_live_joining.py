"""One match, many observers: joined by what they saw, parted when they contradict, merged and split by people."""

from typing import Any
from uuid import UUID

import pytest

from makers.gsi_posts import MATE, OWN, GsiClient
from makers.live_journal import append as append_entries
from makers.live_journal import entries_of, follow, owner_of, rows, store
from offangle.core.errors import BadInputError
from offangle.db.models import LiveMove, LiveObserver, LiveTrack, Match, Observation, PlayerMatchStat
from offangle.db.queries.access import visible_match, visible_matches
from offangle.flows.following.merge import merge, split

pytestmark = pytest.mark.django_db

THIRD = 76561198000000003
WINNERS = ("T", "CT", "T", "CT", "CT", "T", "CT", "T", "CT", "CT")


def play(client: GsiClient, winners: tuple[str, ...] = WINNERS, kills: int = 1) -> GsiClient:
    for winner in winners:
        client.play_round(winner, kills)
        client.now_s += (1 - kills) * 1.0  # every observer's rounds last as long
    return client


def late(client: GsiClient, winners: tuple[str, ...] = WINNERS, first: int = 3) -> GsiClient:
    """An observer who comes when `first` rounds are over."""
    for winner in winners[:first]:
        client.count_round(winner)
        client.now_s += 41.0
    return play(client, winners[first:])


def home_of(steam_id: int) -> UUID:
    return LiveTrack.objects.get(steam_account=steam_id).home_match_id


def match_of(steam_id: int) -> UUID | None:
    return LiveTrack.objects.get(steam_account=steam_id).match_id


@pytest.mark.parametrize("skew_s", [0.0, 4.0, 85.0, -85.0])
def test_two_owners_share_one_match_whatever_their_clocks(skew_s: float) -> None:
    alder, birch = owner_of(OWN, "alder"), owner_of(MATE, "birch")
    store(play(GsiClient(side="CT")))
    store(play(GsiClient(steam_id=MATE, side="CT"), kills=2), skew_s=skew_s)
    follow(OWN, MATE)

    (match,) = visible_matches(alder)
    assert list(visible_matches(birch)) == [match]
    assert (match.score_a, match.score_b, match.rounds_played) == (6, 4, 10)
    figures = dict(PlayerMatchStat.objects.filter(side="all").values_list("steam_account_id", "kills"))
    assert figures == {OWN: 10, MATE: 20}
    retired = Match.objects.exclude(pk=match.pk).get()
    assert retired.superseded_by == match
    assert visible_match(alder if retired.pk == home_of(OWN) else birch, retired.pk) == retired


def test_opponents_are_on_different_teams_of_one_match() -> None:
    owner_of(OWN, "alder"), owner_of(MATE, "birch")
    store(play(GsiClient(side="CT")), play(GsiClient(steam_id=MATE, side="T")))
    follow(OWN, MATE)
    assert dict(PlayerMatchStat.objects.filter(side="all").values_list("steam_account_id", "team")) == {
        OWN: "a",
        MATE: "b",
    }


def test_an_observer_who_comes_late_joins_by_the_score() -> None:
    owner_of(OWN, "alder"), owner_of(MATE, "birch")
    store(play(GsiClient(side="CT")), late(GsiClient(steam_id=MATE, side="CT")))
    follow(OWN, MATE)
    match = Match.objects.get(superseded_by=None)
    assert match.rounds_played == 10
    assert dict(PlayerMatchStat.objects.filter(side="all").values_list("steam_account_id", "rounds_played")) == {
        OWN: 10,
        MATE: 7,
    }


@pytest.mark.parametrize(
    "other",
    [
        play(GsiClient(steam_id=MATE, map_name="de_mirage")),
        play(GsiClient(steam_id=MATE, mode="casual")),
        play(GsiClient(steam_id=MATE, now_s=3_600.0)),
        play(GsiClient(steam_id=MATE), ("CT", *WINNERS[1:])),
        late(GsiClient(steam_id=MATE), WINNERS[:4], first=3),
    ],
    ids=["map", "mode", "time", "score", "one round only"],
)
def test_streams_that_do_not_agree_stay_apart(other: GsiClient) -> None:
    owner_of(OWN, "alder"), owner_of(MATE, "birch")
    store(play(GsiClient(side="CT")), other)
    follow(OWN, MATE)
    assert match_of(OWN) != match_of(MATE)
    assert Match.objects.filter(superseded_by=None).count() == 2


def test_a_join_waits_for_three_rounds_and_is_taken_back_when_the_score_contradicts() -> None:
    owner_of(OWN, "alder"), owner_of(MATE, "birch")
    clients = (GsiClient(), GsiClient(steam_id=MATE))
    sent = {OWN: 0, MATE: 0}

    def play_on(own_winner: str, other_winner: str) -> bool:
        for client, winner in zip(clients, (own_winner, other_winner), strict=True):
            client.play_round(winner)
            append_entries(entries_of(client)[sent[client.steam_id] :])
            sent[client.steam_id] = len(client.posts)
        follow(OWN, MATE)
        return match_of(OWN) == match_of(MATE)

    together = [play_on(own, other) for own, other in (("CT", "CT"), ("T", "T"), ("CT", "CT"), ("CT", "T"))]
    assert together == [False, False, True, False]
    assert (match_of(OWN), match_of(MATE)) == (home_of(OWN), home_of(MATE))
    assert Match.objects.filter(superseded_by=None).count() == 2
    assert [link.user.username for link in Observation.objects.filter(match=home_of(OWN))] == ["alder"]


@pytest.mark.parametrize("order", [(OWN, MATE, THIRD), (THIRD, MATE, OWN), (MATE, OWN, THIRD)])
def test_folding_anew_in_any_order_gives_the_same_rows(order: tuple[int, ...]) -> None:
    for steam_id, name in ((OWN, "alder"), (MATE, "birch"), (THIRD, "cedar")):
        owner_of(steam_id, name)
    store(play(GsiClient()), play(GsiClient(steam_id=MATE, now_s=2.0)), late(GsiClient(steam_id=THIRD)))
    for most_posts in (1, 5, 9):
        follow(OWN, MATE, THIRD, most_posts=most_posts)
    found = rows()
    for model in (LiveObserver, LiveTrack, Match):
        model._default_manager.all().delete()
    follow(*order, most_posts=40)
    assert rows() == found


class TestByHand:
    @pytest.fixture(autouse=True)
    def two_matches(self) -> None:
        owner_of(OWN, "alder"), owner_of(MATE, "birch")
        store(play(GsiClient()), play(GsiClient(steam_id=MATE, now_s=3_600.0), ("CT", "CT")))
        follow(OWN, MATE)

    def test_a_split_restores_what_was_merged(self) -> None:
        before = rows()
        kept, other = home_of(OWN), home_of(MATE)
        merge(kept, other)
        assert match_of(MATE) == kept
        assert Match.objects.get(pk=other).superseded_by_id == kept
        assert set(PlayerMatchStat.objects.values_list("match_id", flat=True)) == {kept}
        split(kept, MATE)
        assert rows() == before
        assert LiveMove.objects.filter(undone_at=None).count() == 1

    def test_the_owner_of_the_match_may_be_split_off_too(self) -> None:
        before = rows()
        kept, other = home_of(OWN), home_of(MATE)
        merge(kept, other)
        split(kept, OWN)
        assert rows() == before

    def test_what_people_said_is_not_undone_by_what_follows(self) -> None:
        kept, other = home_of(OWN), home_of(MATE)
        merge(kept, other)
        LiveObserver.objects.all().delete()
        follow(OWN, MATE)
        assert match_of(MATE) == kept

    @pytest.mark.parametrize("which", ["same", "unknown", "map"])
    def test_nonsense_is_refused(self, which: str) -> None:
        kept = home_of(OWN)
        other: Any = {"same": kept, "unknown": UUID(int=1), "map": home_of(MATE)}[which]
        if which == "map":
            LiveTrack.objects.filter(steam_account=MATE).update(map_name="de_mirage")
        with pytest.raises(BadInputError):
            merge(kept, other)

    def test_the_only_observer_cannot_be_split_off(self) -> None:
        with pytest.raises(BadInputError):
            split(home_of(OWN), OWN)
        with pytest.raises(BadInputError):
            split(home_of(OWN), MATE)


def test_a_deleted_match_stays_deleted_while_its_client_goes_on() -> None:
    owner_of(OWN, "alder")
    client = play(GsiClient(), WINNERS[:3])
    store(client)
    follow(OWN)
    Match.objects.all().delete()
    sent = len(client.posts)
    play(client, WINNERS[3:])
    append_entries(entries_of(client)[sent:])
    follow(OWN)
    assert not Match.objects.exists()
    assert LiveObserver.objects.get().cursor > sent
