"""Whether two observers were in one match: same map and mode, at the same time, and no score tells otherwise.

Arrival times may come from the clocks of two machines, so they are compared with an allowance, and what counts is that
the difference stays the same from round to round.
"""

from typing import Final, Literal

from offangle.live.state import LiveRound
from offangle.live.track import Track

NS_PER_S: Final = 10**9
CLOCK_SKEW_NS: Final = 90 * NS_PER_S
"""How far the clocks of two machines that take posts may be apart."""
STEADY_NS: Final = 10 * NS_PER_S
"""How far two observers' news of one round may drift: a post waits for the one before it, a lost one for the next."""
ROUNDS_TO_AGREE: Final = 3
"""Joining shows one user the match of another, so strangers on the same map must not be taken for team-mates."""

Verdict = Literal["same", "different", "open"]


def compare(one: Track, other: Track) -> Verdict:
    """Judge two tracks.

    Returns:
        `different` when they cannot be of one match, `same` when enough speaks for it, else `open`.
    """
    if (one.map_name, one.mode) != (other.map_name, other.mode) or not _overlap(one, other):
        return "different"
    pairs = _common_rounds(one, other)
    if any(_contradict(mine, theirs) for mine, theirs in pairs):
        return "different"
    if one.steam_id == other.steam_id:
        return "open"  # nobody observes a match twice at the same time; only a person can say so
    if _steady_agreements(pairs) >= ROUNDS_TO_AGREE:
        return "same"
    return "open"


def _overlap(one: Track, other: Track) -> bool:
    return one.begin_ns <= _last_ns(other) + CLOCK_SKEW_NS and other.begin_ns <= _last_ns(one) + CLOCK_SKEW_NS


def _last_ns(track: Track) -> int:
    return max(track.end_ns, track.opened_ns or 0)


def _common_rounds(one: Track, other: Track) -> list[tuple[LiveRound, LiveRound]]:
    theirs = {round_.number: round_ for round_ in other.rounds}
    return [(mine, theirs[mine.number]) for mine in one.rounds if mine.number in theirs]


def _contradict(mine: LiveRound, theirs: LiveRound) -> bool:
    """Different winners, or ends too far apart for any clock; an inferred winner may be wrong."""
    if mine.winner is None or theirs.winner is None or mine.is_winner_inferred or theirs.is_winner_inferred:
        return False
    if mine.winner != theirs.winner:
        return True
    return mine.end_ns is not None and theirs.end_ns is not None and abs(mine.end_ns - theirs.end_ns) > CLOCK_SKEW_NS


def _steady_agreements(pairs: list[tuple[LiveRound, LiveRound]]) -> int:
    """The most rounds with one winner whose ends differ by the same."""
    apart = sorted(
        mine.end_ns - theirs.end_ns
        for mine, theirs in pairs
        if mine.winner is not None and mine.winner == theirs.winner and mine.end_ns and theirs.end_ns
    )
    near = [ns for ns in apart if abs(ns) <= CLOCK_SKEW_NS]
    return max((sum(low <= ns <= low + STEADY_NS for ns in near) for low in near), default=0)
