"""States of all players over time, and states between ticks."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from offangle_sim.net.packets import Booleans, Floats, Integers

POSITION: Final = slice(0, 3)
VIEW: Final = slice(3, 5)
YAW: Final = 4
VELOCITY: Final = slice(5, 8)
JUMPS: Final = 8
COLUMNS: Final = 9
"""A player's state: where he is, where he looks, how he moves, and how often he was put elsewhere."""

EYE_HEIGHT_U: Final = 64.0
"""Of somebody standing, above the feet."""
TELEPORT_U: Final = 64.0
"""Whoever moved further in one tick (4096 units per second) was put there: nobody is shown in between."""


@dataclass(slots=True)
class ServerState:
    """What the server decided in a tick; arrays over the players, in the order of the network's slots.

    Attributes:
        position: (n, 3) of the feet, in units.
        velocity: (n, 3) in units per second.
        view: (n, 2) pitch and yaw, in degrees.
        health: (n,) points.
        is_alive: (n,).
        wish_velocity: (n, 3) how each player's client expects to move in this tick by its own input: equal to
            `velocity` where the server did as the client asked, something else where it could not (no command came,
            the player was slowed by a hit, died). What differs becomes the error of the client's prediction.
    """

    position: Floats
    velocity: Floats
    view: Floats
    health: Integers
    is_alive: Booleans
    wish_velocity: Floats


def between(low: Floats, high: Floats, fraction: Floats | float) -> Floats:
    """The states at `fraction` of the way; yaw turns the short way, and who was put elsewhere stays until it is done.

    (..., n, COLUMNS) twice, and (..., 1, 1) or a shape that fits. The yaw may leave -180 to 180.
    """
    change = high - low
    turn = change[..., YAW]
    turn -= 360.0 * np.rint(turn / 360.0)
    change *= fraction * (change[..., JUMPS:] == 0.0)
    change += low
    return change


def wrapped(angle_deg: Floats) -> Floats:
    """Angles from -180 up to 180; those that already are come back as they were."""
    return angle_deg - 360.0 * np.rint(angle_deg / 360.0)


class History:
    """The last states, in a ring over ticks."""

    def __init__(self, players: int, ticks: int) -> None:
        """`ticks` states are kept; a power of two."""
        self._mask = ticks - 1
        self._states = np.zeros((ticks, players, COLUMNS))
        self._is_empty = True

    def add(self, tick: int, state: ServerState) -> Floats:
        """Keep the state of `tick`, which follows the last one; before the first, everything was as in it.

        Returns:
            The players' states, (n, COLUMNS); valid until the ring comes round.
        """
        row: Floats = self._states[tick & self._mask]
        before = self._states[(tick - 1) & self._mask]
        row[:, POSITION] = state.position
        row[:, VIEW] = state.view
        row[:, VELOCITY] = state.velocity
        if self._is_empty:
            self._is_empty = False
            self._states[:] = row
            return row
        moved = row[:, POSITION] - before[:, POSITION]
        row[:, JUMPS] = before[:, JUMPS] + ((moved * moved).sum(1) > TELEPORT_U * TELEPORT_U)
        return row

    def of(self, tick: int) -> Floats:
        """The state at one tick: (n, COLUMNS)."""
        found: Floats = self._states[tick & self._mask]
        return found

    def at(self, ticks: Integers) -> Floats:
        """States at whole ticks: (...) to (..., n, COLUMNS)."""
        found: Floats = self._states[ticks & self._mask]
        return found

    def at_time(self, time: float, newest: int) -> Floats:
        """The state at any time up to the tick `newest`: (n, COLUMNS)."""
        tick = min(int(time // 1), newest)
        low, high = self._states[tick & self._mask], self._states[min(tick + 1, newest) & self._mask]
        return between(low, high, time - tick)
