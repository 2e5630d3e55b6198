"""What simulated and real matches are compared by: each measure one small function on the tables of one match."""

from typing import Final

from distributions.duels import DUELS
from distributions.economy import ECONOMY
from distributions.match import LineOfSight, played
from distributions.measure import Measure
from distributions.rounds import PLAYERS, ROUNDS
from distributions.utility import UTILITY
from offangle.frames.collection import MatchFrames

MEASURES: Final[tuple[Measure, ...]] = (*ROUNDS, *PLAYERS, *DUELS, *ECONOMY, *UTILITY)
"""All measures in the order of the report; adding one is an entry in one of the groups."""


def metrics_of(frames: MatchFrames, *, line_of_sight: LineOfSight | None = None) -> dict[str, list[float]]:
    """The values of every measure in one match; empty lists where the match does not tell.

    Args:
        frames: The match.
        line_of_sight: Through its map, for the time to damage.
    """
    match = played(frames, line_of_sight)
    return {measure.name: list(measure.values(match)) for measure in MEASURES}
