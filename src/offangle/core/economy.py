"""Money: the bounds between buy classes, in dollars of the game.

Bounds are half-open: a value equal to a bound belongs to the class above it.
"""

from bisect import bisect_right
from typing import Final

from offangle.core.sides import Side
from offangle.core.terms import PLAYER_BUYS

PLAYER_ECO_BELOW: Final = 1000
"""A player with less equipment than this plays an eco."""

PLAYER_SEMI_ECO_BELOW: Final = 2500
"""From the eco bound up to this: a semi-eco."""

PLAYER_FULL_FROM: Final = 4000
"""From the semi-eco bound up to this: a semi-buy; from here on: a full buy."""

PLAYER_BUY_BOUNDS: Final = (PLAYER_ECO_BELOW, PLAYER_SEMI_ECO_BELOW, PLAYER_FULL_FROM)
"""Between the classes of `core.terms.PLAYER_BUYS`, in their order."""

TEAM_ECO_BELOW: Final = 1000
"""A team whose mean equipment is below this plays an eco: the player's own bound, so that the two agree."""

TEAM_FULL_FROM: Final[dict[Side, int]] = {"t": 4000, "ct": 4500}
"""Mean equipment of a full buy; CT rifles, kits and grenades cost more than the T side's."""

FORCE_MONEY_LEFT_AT_MOST: Final = 400
"""Mean money a team that lost the last round has left when it spent all it had, inclusive."""

MONEY_CAP: Final = 16_000
"""The most that a player can have in competitive modes."""

REGULATION_HALVES: Final = (1, 2)
"""Halves with a pistol round; every later half is overtime, where everyone has 10 000 or more."""


def player_buy_class(equipment_value: int | None) -> str | None:
    """The buy class of one player by equipment value in dollars; None where that is not known."""
    return None if equipment_value is None else PLAYER_BUYS[bisect_right(PLAYER_BUY_BOUNDS, equipment_value)]
