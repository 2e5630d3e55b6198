"""Sides and teams.

A side is what a player plays in a round (`t`, `ct`); a team is who plays together over the match (`a`, `b`).
Team `a` is the team that starts as CT, as the game's own scoreboard lists them, unless the source names its teams.
"""

from typing import Final, Literal

Side = Literal["t", "ct"]
Team = Literal["a", "b"]

SIDES: Final[tuple[Side, Side]] = ("t", "ct")
TEAMS: Final[tuple[Team, Team]] = ("a", "b")


def other_side(side: Side) -> Side:
    """The side that plays against `side`."""
    return "ct" if side == "t" else "t"


def other_team(team: Team) -> Team:
    """The team that plays against `team`."""
    return "b" if team == "a" else "a"
