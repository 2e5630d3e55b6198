"""The halves and teams of live matches as rows, of matches of any length."""

import pytest

from makers.gsi_matches import Length, play_match
from makers.gsi_posts import OWN, GsiClient
from makers.live_journal import follow, owner_of, store
from offangle.db.models import Match

pytestmark = pytest.mark.django_db


def stored(client: GsiClient) -> Match:
    owner_of(OWN, "alder")
    store(client)
    follow(OWN, most_posts=7)
    return Match.objects.exclude(live_state="aborted").get()


@pytest.mark.parametrize(
    ("length", "winners", "halves"),
    [
        (Length(15), "o" * 9 + "x" * 6 + "o" * 6 + "x" * 5, [(1, "regular")] * 15 + [(2, "regular")] * 11),
        (Length(10), "o" * 6 + "x" * 4 + "x" * 6 + "o" * 4, [(1, "regular")] * 10 + [(2, "regular")] * 10),
        (
            Length(12, 5),
            "ox" * 12 + "oooxx" + "ooo",
            [(1, "regular")] * 12 + [(2, "regular")] * 12 + [(3, "overtime")] * 5 + [(4, "overtime")] * 3,
        ),
    ],
)
def test_halves_and_kinds_are_those_of_the_match(length: Length, winners: str, halves: list[tuple[int, str]]) -> None:
    client = GsiClient(map_name="workshop/123/de_x")
    play_match(client, winners, length, kills=1)
    match = stored(client)
    assert list(match.rounds.order_by("number").values_list("half", "kind")) == halves
    assert (match.map_name, match.live_state) == ("de_x", "finished")
    assert (match.score_a, match.score_b) == (winners.count("o"), winners.count("x"))
    assert match.checks_failed == 0


def test_the_knife_round_swaps_names_and_a_tied_player_changes_team() -> None:
    client = GsiClient(mode="casual")
    for side, name in (("ct", "Alders"), ("t", "Birches")):
        client.body["map"][f"team_{side}"]["name"] = name
    client.play_round("CT")
    client.restart()
    client.switch_sides()
    for winner in ("CT", "T", "CT", "T"):
        client.play_round(winner)
    client.side = "CT"
    for winner in ("T", "CT", "CT"):
        client.play_round(winner)
    match = stored(client)
    assert (match.team_a_name, match.team_b_name) == ("Birches", "Alders")
    assert (match.score_a, match.score_b) == (4, 3)
    assert match.checks_failed == 0
