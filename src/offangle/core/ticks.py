"""Ticks and seconds: windows are given in seconds and compared in whole ticks."""

import math
from typing import Final

ROUNDING_SLACK: Final = 1e-9
"""A window of 0.1 s at 30 ticks/s is 3 ticks, though 0.1 * 30 may fall a hair short of 3 in binary."""


def window_ticks(seconds: float, tick_rate: float) -> int:
    """The whole ticks that fit into `seconds`: an event that many ticks later is still inside the window.

    Args:
        seconds: Length of the window in seconds.
        tick_rate: Ticks per second.
    """
    return math.floor(seconds * tick_rate + ROUNDING_SLACK)
