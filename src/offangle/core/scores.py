"""Scores of two teams: what a match ended with, and how it stood after each round."""

from collections import Counter
from collections.abc import Mapping, Sequence

from offangle.core.sides import TEAMS, Team

Score = dict[Team, int]


def final_score(stated: Mapping[Team, int | None], winners: Sequence[Team | None]) -> Score:
    """The score as the source states it; the rounds counted for a team where it states none.

    Args:
        stated: As the source says, which may have begun before the recording did.
        winners: Of every counted round; None where it is not known.
    """
    won = Counter(winners)
    return {team: won[team] if (told := stated.get(team)) is None else told for team in TEAMS}


def scores_after(winners: Sequence[Team | None], final: Mapping[Team, int]) -> list[Score]:
    """The score after each round, counted on from what `final` leaves for the time before the first of them."""
    won = Counter(winners)
    score: Score = {team: max(0, final[team] - won[team]) for team in TEAMS}
    found: list[Score] = []
    for winner in winners:
        if winner is not None:
            score = {**score, winner: score[winner] + 1}
        found.append(score)
    return found
