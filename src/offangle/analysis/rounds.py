"""The counted rounds of a match, with what every other function asks of them."""

import polars as pl

from offangle.core.sides import SIDES, TEAMS
from offangle.frames.collection import MatchFrames
from offangle.frames.columns import SIDE, TEAM

NEVER = 2**31 - 1
"""The decision tick of a round whose decision was not recorded: everything in it comes before."""


def counted_rounds(frames: MatchFrames) -> pl.DataFrame:
    """Counted rounds in order, winner's side and team completed from each other.

    Returns:
        The columns of `rounds`, and `decision_tick` (the end tick, or a tick that never comes).
    """
    rounds = frames.counted("rounds").sort("round_number")
    return rounds.with_columns(
        winner_team=pl.coalesce("winner_team", team_on(pl.col("winner_side"))),
        winner_side=pl.coalesce("winner_side", side_of(pl.col("winner_team"))),
        decision_tick=pl.col("end_tick").fill_null(NEVER),
    )


def team_on(side: pl.Expr) -> pl.Expr:
    """The team that plays `side`, from column `team_a_side`; null where either is unknown."""
    is_a = side == pl.col("team_a_side")
    return pl.when(is_a).then(pl.lit(TEAMS[0])).when(~is_a).then(pl.lit(TEAMS[1])).cast(TEAM)


def side_of(team: pl.Expr) -> pl.Expr:
    """The side that `team` plays, from column `team_a_side`; null where either is unknown."""
    a_is_t = pl.col("team_a_side") == SIDES[0]
    is_t = (team == TEAMS[0]) == a_is_t
    return pl.when(is_t).then(pl.lit(SIDES[0])).when(~is_t).then(pl.lit(SIDES[1])).cast(SIDE)
