"""Whole matches as a client's posts, of any length, with the halves that they have in truth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from makers.gsi_posts import GsiClient
from offangle.live.document import sessions_of
from offangle.live.reduce import reduce_all
from offangle.live.track import Track, tracks_of

Halves = list[tuple[int, bool, int]]
"""Half, whether it is overtime, and how many rounds of it were seen; in order."""


@dataclass(frozen=True, slots=True)
class Length:
    """Rounds per half; None where sides never change."""

    half: int | None = 12
    overtime_half: int = 3

    def half_of(self, number: int) -> int:
        """The half of a round."""
        if self.half is None:
            return 1
        if number <= 2 * self.half:
            return 1 + (number - 1) // self.half
        return 3 + (number - 2 * self.half - 1) // self.overtime_half

    def changes_after(self, number: int) -> bool:
        """Whether the sides change after a round: in the middle of regulation and of each overtime."""
        return self.half_of(number) % 2 == 1 and self.half_of(number + 1) != self.half_of(number)

    def has_break_after(self, number: int) -> bool:
        """Whether a half ends there; between two overtimes, and before the first, the sides stay."""
        return self.half_of(number + 1) != self.half_of(number)


def play_match(
    client: GsiClient,
    winners: str,
    length: Length,
    *,
    seen_from: int = 1,
    kills: int = 0,
    has_intermission: bool = True,
    is_finished: bool = True,
) -> None:
    """Play a round per letter, `o` won by the observer's team, `x` by the other; posts are sent from `seen_from` on."""
    for number, letter in enumerate(winners, 1):
        own, other = client.side, "T" if client.side == "CT" else "CT"
        winner = own if letter == "o" else other
        if number < seen_from:
            client.count_round(winner)
        else:
            client.play_round(winner, kills)
        if length.has_break_after(number) and number < len(winners):
            if number >= seen_from and has_intermission:
                client.body["map"]["phase"] = "intermission"
                client.post(3.0)
            if length.changes_after(number):
                client.switch_sides()
    if is_finished:
        client.body["map"]["phase"] = "gameover"
        client.post(5.0)


def tracks(client: GsiClient) -> list[Track]:
    """All tracks that follow from the posts."""
    state, events = reduce_all(client.observations)
    return [track for session in sessions_of(events, state) for track in tracks_of(session, is_closed=False)]


def only_track(client: GsiClient) -> Track:
    """The one that counts, of a client that played one match."""
    found = [track for track in tracks(client) if track.state != "aborted"]
    assert len(found) == 1, found
    return found[0]


def halves_of(track: Track) -> Halves:
    """The halves that a track tells."""
    return _grouped((track.half_of(round_.number), track.is_overtime(round_.number)) for round_ in track.rounds)


def true_halves(numbers: Sequence[int], length: Length) -> Halves:
    """The halves that these rounds have."""
    regulation = 2 * length.half if length.half is not None else max(numbers)
    return _grouped((length.half_of(number), number > regulation) for number in numbers)


def _grouped(found: Iterable[tuple[int, bool]]) -> Halves:
    return [(half, is_overtime, len(list(rows))) for (half, is_overtime), rows in groupby(found)]
