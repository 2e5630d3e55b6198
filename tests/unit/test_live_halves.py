"""The length of a live match, its half-times, its teams and their names, read from the match."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from makers.gsi_matches import Length, halves_of, only_track, play_match, tracks, true_halves
from makers.gsi_posts import MATE, GsiClient
from offangle.core.sides import Team
from offangle.live.combined import combine
from offangle.live.document import matches_document, sessions_of
from offangle.live.reduce import reduce_all

thorough = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def team_of(side: str) -> Team:
    """The team that begins on a side."""
    return "a" if side == "CT" else "b"


MR12, MR15, MR10, MR8 = Length(12), Length(15), Length(10), Length(8)
NEVER = Length(None)
EVEN_24 = "ooooooxxxxxx" + "xxxxxxoooooo"


@pytest.mark.parametrize(
    ("length", "winners"),
    [
        (MR15, "o" * 9 + "x" * 6 + "o" * 6 + "x" * 5),
        (MR10, "o" * 6 + "x" * 4 + "x" * 6 + "o" * 4),
        (Length(12, 5), EVEN_24 + "oooxx" + "ooo"),
        (Length(12, 3), EVEN_24 + "oxo" + "xox" + "ooo" + "o"),
        (Length(15, 5), ("ox" * 15) + "oxoxo" + "xoxox" + "oo"),
        (Length(15, 3), ("ox" * 15) + "oxo" + "xoo"),
        (MR8, "ox" * 8),
        (Length(6, 2), "ox" * 6 + "ox" + "ox" + "oo"),
        (NEVER, "oox" * 10),
        (MR12, "o" * 13),
        (MR12, "o" * 5),
    ],
)
@pytest.mark.parametrize("mode", ["competitive", "custom"])
@pytest.mark.parametrize("side", ["CT", "T"])
def test_the_length_is_read_from_the_match(length: Length, winners: str, mode: str, side: str) -> None:
    client = GsiClient(mode=mode, side=side)
    play_match(client, winners, length, kills=1)
    track = only_track(client)
    assert halves_of(track) == true_halves(range(1, len(winners) + 1), length)
    assert sorted(track.score.values()) == sorted((winners.count("o"), winners.count("x")))
    assert track.score[team_of(side)] == winners.count("o")
    assert len(track.kills) == track.totals.kills == len(winners)


def test_wingman_is_as_long_as_wingman_is() -> None:
    client = GsiClient(mode="scrimcomp2v2")
    play_match(client, "ox" * 8, MR8)
    assert halves_of(only_track(client)) == [(1, False, 8), (2, False, 8)]


@pytest.mark.parametrize("half", [3, 7, 12, 15])
def test_a_casual_match_has_the_halves_that_were_played(half: int) -> None:
    client = GsiClient(mode="casual")
    winners = "ox" * half
    play_match(client, winners, Length(half))
    assert halves_of(only_track(client)) == true_halves(range(1, 2 * half + 1), Length(half))


@pytest.mark.parametrize(
    ("length", "winners", "seen_from"),
    [
        (MR12, "oooooooooxxx" + "xxxoooo", 14),
        (MR12, EVEN_24 + "oxo" + "xox" + "ooo" + "o", 20),
        (MR12, EVEN_24 + "oxo" + "xox" + "ooo" + "o", 26),
        (MR15, "o" * 9 + "x" * 6 + "o" * 6 + "x" * 5, 10),
        (MR15, "o" * 9 + "x" * 6 + "o" * 6 + "x" * 5, 20),
    ],
)
@pytest.mark.parametrize("mode", ["competitive", "custom"])
def test_who_came_late_still_knows_the_half(length: Length, winners: str, seen_from: int, mode: str) -> None:
    client = GsiClient(mode=mode)
    play_match(client, winners, length, seen_from=seen_from)
    track = only_track(client)
    assert halves_of(track) == true_halves(range(seen_from, len(winners) + 1), length)
    assert track.score == {"a": winners.count("o"), "b": winners.count("x")}


def test_while_a_match_goes_on_no_half_is_claimed_that_its_sides_deny() -> None:
    client = GsiClient()
    play_match(client, "oooooooooxxxx", MR15, is_finished=False)
    assert halves_of(only_track(client)) == [(1, False, 13)]


@thorough
@given(
    half=st.integers(2, 16),
    overtime_half=st.integers(1, 6),
    extra=st.integers(0, 14),
    side=st.sampled_from(["CT", "T"]),
    mode=st.sampled_from(["competitive", "custom", "scrimcomp2v2"]),
    data=st.data(),
)
def test_any_length_is_read_from_a_match_with_overtime(
    half: int, overtime_half: int, extra: int, side: str, mode: str, data: st.DataObject
) -> None:
    """Both halves and the first change of sides in overtime seen: nothing is left to guess."""
    length = Length(half, overtime_half)
    even = "".join(data.draw(st.permutations("o" * half + "x" * half)))
    overtime = data.draw(st.text("ox", min_size=overtime_half + 1, max_size=overtime_half + 1 + extra))
    winners = even + overtime
    client = GsiClient(mode=mode, side=side)
    play_match(client, winners, length)
    track = only_track(client)
    assert halves_of(track) == true_halves(range(1, len(winners) + 1), length)
    assert track.score[team_of(side)] == winners.count("o")


def test_a_player_who_changes_team_at_a_tie_makes_no_half_time() -> None:
    client = GsiClient(mode="casual")
    for winner in ("CT", "T", "CT", "T"):
        client.play_round(winner, 1)
    client.side = "T"
    for winner in ("T", "CT", "CT"):
        client.play_round(winner)
    track = only_track(client)
    assert track.side_switches == ()
    assert track.score == {"a": 4, "b": 3}
    assert [round_.own_side for round_ in track.rounds] == ["ct"] * 4 + ["t"] * 3


@pytest.mark.parametrize("rounds", range(1, 10))
@pytest.mark.parametrize("mode", ["competitive", "casual", "custom"])
def test_a_player_who_changes_team_anywhere_makes_no_half_time(rounds: int, mode: str) -> None:
    if mode == "casual" and rounds == 7:
        return  # where sides change in casual matches
    client = GsiClient(mode=mode)
    winners = ("CT", "T") * 5
    for winner in winners[:rounds]:
        client.play_round(winner)
    client.side = "T"
    for winner in winners[rounds:]:
        client.play_round(winner)
    track = only_track(client)
    assert track.side_switches == ()
    assert track.score == {"a": 5, "b": 5}
    assert [track.team_a_side(round_.number) for round_ in track.rounds] == ["ct"] * 10


@pytest.mark.parametrize("has_intermission", [True, False])
@pytest.mark.parametrize("winners", ["oooooo" + "xxxxxx", "oooooooox" + "xxx"])
def test_half_time_at_a_tie_is_half_time_also_where_the_intermission_was_not_told(
    winners: str, *, has_intermission: bool
) -> None:
    client = GsiClient()
    play_match(client, winners + "oxo", MR12, has_intermission=has_intermission)
    track = only_track(client)
    assert track.side_switches == (12,)
    assert [round_.own_side for round_ in track.rounds] == ["ct"] * 12 + ["t"] * 3


def test_half_time_at_a_tie_of_an_unusual_match_is_told_by_its_intermission_or_its_names() -> None:
    for has_intermission, has_names in ((True, False), (False, True)):
        client = GsiClient(mode="custom")
        if has_names:
            client.body["map"]["team_ct"]["name"], client.body["map"]["team_t"]["name"] = "Alders", "Birches"
        play_match(client, "ox" * 5 + "oo", Length(10), has_intermission=has_intermission)
        assert only_track(client).side_switches == (10,)


def test_a_client_that_missed_half_time_knows_when_it_was() -> None:
    client = GsiClient()
    play_match(client, "oxoxoxoxoxo", MR12, is_finished=False)
    client.menu()
    client.count_round("T")
    client.switch_sides()
    client.count_round("CT")
    for winner in ("CT", "T"):
        client.play_round(winner)
    track = only_track(client)
    assert track.side_switches == (12,)
    assert [track.half_of(round_.number) for round_ in track.rounds] == [1] * 12 + [2] * 3


def test_a_round_whose_end_was_lost_at_half_time_was_played_on_the_old_side() -> None:
    client = GsiClient(side="CT")
    for winner in ("CT", "CT"):
        client.play_round(winner)
    client.freeze()
    client.live()
    client.count_round("T")
    client.switch_sides()
    client.freeze()
    track = only_track(client)
    assert track.side_switches == (3,)
    assert [track.team_a_side(number) for number in (1, 2, 3, 4)] == ["ct", "ct", "ct", "t"]


@pytest.mark.parametrize("restored_to", [1, 2, 3, 4])
def test_a_restored_round_keeps_the_changes_of_sides_before_it(restored_to: int) -> None:
    client = GsiClient(mode="custom", side="CT")
    play_match(client, "oox" + "ooo", Length(3), is_finished=False)
    own, other = "ooxooo"[:restored_to].count("o"), "ooxooo"[:restored_to].count("x")
    client.side = "T" if restored_to >= 3 else "CT"
    game = client.body["map"]
    game["round"] = restored_to
    game["team_ct"]["score"], game["team_t"]["score"] = (own, other) if client.side == "CT" else (other, own)
    client.play_round("CT")
    state, events = reduce_all(client.observations)
    aborted, restored = matches_document(sessions_of(events, state))
    assert aborted["aborted"]
    assert restored["side_switches_after"] == ([3] if restored_to >= 3 else [])
    track = tracks(client)[-1]
    assert len(track.rounds) == restored_to + 1
    own_team = sum(track.team_of(round_.number, round_.winner) == "a" for round_ in track.rounds if round_.winner)
    assert track.score["a"] == own_team == own + (client.side == "CT")


def test_a_round_restored_to_before_half_time_changes_sides_again() -> None:
    client = GsiClient(mode="custom", side="CT")
    play_match(client, "oox" + "oo", Length(3), is_finished=False)
    client.switch_sides()
    game = client.body["map"]
    game["round"], game["team_ct"]["score"], game["team_t"]["score"] = 3, 2, 1
    client.freeze()
    client.switch_sides()
    client.play_round("T")
    track = tracks(client)[-1]
    assert track.side_switches == (3,)
    assert track.score == {"a": 3, "b": 1}


def named(client: GsiClient, ct: str, t: str) -> None:
    client.body["map"]["team_ct"]["name"], client.body["map"]["team_t"]["name"] = ct, t


def test_team_names_follow_the_team_through_the_knife_swap() -> None:
    client = GsiClient(side="CT")
    named(client, "Alders", "Birches")
    client.play_round("CT")  # the knife round; the Alders choose to begin as T
    client.restart()
    client.switch_sides()
    play_match(client, "ooox" + "oo", Length(4))
    combined = combine([only_track(client)])
    assert combined.team_names == {"a": "Birches", "b": "Alders"}
    assert combined.score == {"a": 1, "b": 5}
    aborted = combine([track for track in tracks(client) if track.state == "aborted"])
    assert aborted.team_names == {"a": "Alders", "b": "Birches"}


@pytest.mark.parametrize("warmup_names", [True, False])
@pytest.mark.parametrize("named_after", [0, 2, 5])
def test_team_names_are_taken_whenever_they_come(named_after: int, *, warmup_names: bool) -> None:
    client = GsiClient(side="T")
    if warmup_names:
        named(client, "Birches", "Alders")
    client.warmup()
    named(client, "", "")
    for number, winner in enumerate("ooxoox"):
        if number == named_after:
            named(client, *(("Birches", "Alders") if client.side == "T" else ("Alders", "Birches")))
        client.play_round(client.side if winner == "o" else {"T": "CT", "CT": "T"}[client.side])
        if number == 2:
            client.body["map"]["phase"] = "intermission"
            client.post()
            client.switch_sides()
    combined = combine([only_track(client)])
    assert combined.team_names == {"a": "Birches", "b": "Alders"}
    assert combined.score == {"a": 2, "b": 4}


def test_a_half_of_one_round_whose_end_was_lost_is_told_by_the_names() -> None:
    client = GsiClient(side="CT")
    named(client, "Alders", "Birches")
    client.freeze()
    client.live()
    client.count_round("CT")
    client.switch_sides()
    client.play_round("T")
    track = only_track(client)
    assert track.side_switches == (1,)
    assert [round_.winner for round_ in track.rounds] == ["ct", "t"]
    assert track.score == {"a": 2, "b": 0}


def test_a_name_that_only_the_other_observer_was_told_is_taken() -> None:
    one, other = GsiClient(side="CT"), GsiClient(steam_id=MATE, side="T")
    other.now_s = 1.0
    named(other, "Alders", "Birches")
    for client in (one, other):
        for winner in ("CT", "T", "CT"):
            client.play_round(winner)
    combined = combine([only_track(one), only_track(other)])
    assert combined.team_names == {"a": "Alders", "b": "Birches"}


@pytest.mark.parametrize(
    ("told", "name"),
    [("workshop/2242472711/de_calavera", "de_calavera"), ("de_dust2", "de_dust2"), ("a/b/c/de_x/", "de_x")],
)
def test_the_last_part_of_a_path_is_the_map(told: str, name: str) -> None:
    client = GsiClient(map_name=told)
    client.play_round("CT")
    assert only_track(client).map_name == name
