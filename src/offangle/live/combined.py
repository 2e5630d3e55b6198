"""One match out of the tracks of its observers."""

from collections.abc import Sequence
from typing import Final

import msgspec

from offangle.core.halves import MatchLength
from offangle.core.sides import TEAMS, Side, Team, other_side, other_team
from offangle.live.state import LiveRound
from offangle.live.track import Track, TrackState

_STATES_BY_WEIGHT: Final[tuple[TrackState, ...]] = ("aborted", "finished", "live", "left")
"""A restart or an end that one observer saw happened for all; a match goes on while anybody is in it."""


class MatchRound(msgspec.Struct, frozen=True):
    """A decided round as its best witness saw it."""

    number: int
    half: int
    is_overtime: bool
    team_a_side: Side
    winner: Side | None
    reason: str
    is_winner_inferred: bool
    begin_ns: int | None
    live_ns: int | None
    end_ns: int | None


class CombinedMatch(msgspec.Struct, frozen=True):
    """What all observers together know of a match."""

    tracks: tuple[Track, ...]
    state: TrackState
    begin_ns: int
    end_ns: int
    rounds: tuple[MatchRound, ...]
    score: dict[Team, int]
    team_names: dict[Team, str]

    @property
    def primary(self) -> Track:
        """The observer who came first; teams are named as it sees them."""
        return self.tracks[0]

    def team_of(self, track: Track, number: int, side: Side) -> Team:
        """Which team plays `side` in a round, as the primary names the teams."""
        team = track.team_of(number, side)
        return other_team(team) if _is_turned(self.primary, track) else team


def track_order(track: Track) -> tuple[int, int, int, int]:
    """Who came first, without ties."""
    return (track.begin_ns, track.steam_id, track.session_sequence, track.epoch_index)


def combine(tracks: Sequence[Track]) -> CombinedMatch:
    """Combine the tracks of one match; at least one, in any order.

    Raises:
        ValueError: There is none.
    """
    ordered = tuple(sorted(tracks, key=track_order))
    if not ordered:
        raise ValueError("a match has at least one track")
    primary = ordered[0]
    numbers = sorted({round_.number for track in ordered for round_ in track.rounds})
    # Whoever came first and stayed longest knows best where the halves end.
    length = min(ordered, key=lambda track: (track.first_number, -track.rounds_completed)).match_length
    furthest = max(ordered, key=lambda track: (track.rounds_completed, -track.begin_ns))
    return CombinedMatch(
        tracks=ordered,
        state=next(state for state in _STATES_BY_WEIGHT if any(track.state == state for track in ordered)),
        begin_ns=primary.begin_ns,
        end_ns=max(track.end_ns for track in ordered),
        rounds=tuple(_best(ordered, number, length) for number in numbers),
        score=_turned_score(primary, furthest),
        team_names=_team_names(ordered),
    )


def _best(tracks: tuple[Track, ...], number: int, length: MatchLength) -> MatchRound:
    """The round of the witness who was told the most; of equals, of the one who came first."""
    seen = [(track, round_) for track in tracks for round_ in track.rounds if round_.number == number]
    track, best = min(seen, key=lambda pair: _doubt(pair[1]))
    side = track.team_a_side(number)
    return MatchRound(
        number=number,
        half=length.half_of(number),
        is_overtime=length.is_overtime(number),
        team_a_side=other_side(side) if _is_turned(tracks[0], track) else side,
        winner=best.winner,
        reason=best.reason,
        is_winner_inferred=best.is_winner_inferred,
        begin_ns=best.begin_ns,
        live_ns=best.live_ns,
        end_ns=best.end_ns,
    )


def _doubt(round_: LiveRound) -> tuple[bool, bool, bool, bool]:
    return (round_.winner is None, round_.is_winner_inferred, round_.is_reason_inferred, round_.live_ns is None)


def _is_turned(primary: Track, track: Track) -> bool:
    """Whether `track` calls the teams the other way round, judged by a round that both saw."""
    if track is primary:
        return False
    seen = {round_.number for round_ in primary.rounds}
    common = next((round_.number for round_ in track.rounds if round_.number in seen), None)
    return common is not None and track.team_a_side(common) != primary.team_a_side(common)


def _turned_score(primary: Track, track: Track) -> dict[Team, int]:
    score = track.score
    return {"a": score["b"], "b": score["a"]} if _is_turned(primary, track) else score


def _team_names(tracks: tuple[Track, ...]) -> dict[Team, str]:
    """Each team's name, of the first observer who was told it."""
    found: dict[Team, str] = dict.fromkeys(TEAMS, "")
    for track in tracks:
        for team in TEAMS:
            own_team = other_team(team) if _is_turned(tracks[0], track) else team
            found[team] = found[team] or track.name_of(own_team) or ""
    return found
