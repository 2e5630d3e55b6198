"""Quantised floats: so many bits over a range, decided in single precision as every reader does."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from offangle_sim.demo.bits import Chunk

ROUND_DOWN: Final = 1
ROUND_UP: Final = 2
ENCODE_ZERO: Final = 4

_single = np.float32


@dataclass(frozen=True, slots=True)
class QuantizedFloat:
    """One way to write a float.

    Attributes:
        bits: Width of the number itself.
        low: The smallest value.
        high: The largest value.
        flags: Special values that cost one leading bit each because the grid does not hit them.
    """

    bits: int
    low: float
    high: float
    flags: int

    def encode(self, value: float) -> Chunk:
        """The nearest step; values outside the range are moved to its border."""
        width = 0
        for flag, special in ((ROUND_DOWN, self.low), (ROUND_UP, self.high), (ENCODE_ZERO, 0.0)):
            if self.flags & flag:
                if value == special:
                    return 1 << width, width + 1
                width += 1
        steps = (1 << self.bits) - 1
        step = int((value - self.low) * steps / (self.high - self.low) + 0.5)
        return min(max(step, 0), steps) << width, width + self.bits

    def nearest(self, value: float) -> float:
        """What a reader gets back for `value`."""
        if self.flags & ENCODE_ZERO and value == 0:
            return 0.0
        steps = (1 << self.bits) - 1
        step = min(max(int((value - self.low) * steps / (self.high - self.low) + 0.5), 0), steps)
        return self.low + (self.high - self.low) * step / steps


def quantized(bits: int, low: float, high: float, flags: int) -> QuantizedFloat:
    """The encoding of a field, with the flags that its grid leaves in force."""
    low32, high32 = _single(low), _single(high)
    flags = _consistent(float(low32), float(high32), flags)
    steps = 1 << bits
    if flags & ROUND_DOWN:
        high32 = _single(high32 - _single((high32 - low32) / _single(steps)))
    elif flags & ROUND_UP:
        low32 = _single(low32 + _single((high32 - low32) / _single(steps)))
    for flag, special in ((ROUND_DOWN, low32), (ROUND_UP, high32), (ENCODE_ZERO, _single(0))):
        if flags & flag and _on_grid(special, low32, high32, steps):
            flags &= ~flag
    return QuantizedFloat(bits, float(low32), float(high32), flags)


def _consistent(low: float, high: float, flags: int) -> int:
    """Zero at a border is written by the border's own flag; outside the range there is no zero."""
    if flags & ENCODE_ZERO:
        if low == 0:
            return (flags | ROUND_DOWN) & ~ENCODE_ZERO
        if high == 0:
            return (flags | ROUND_UP) & ~ENCODE_ZERO
        if low > 0 or high < 0:
            return flags & ~ENCODE_ZERO
    return flags


def _on_grid(special: np.float32, low: np.float32, high: np.float32, steps: int) -> bool:
    span = _single(high - low)
    multiplier = _single(_single(steps - 1) / span)
    for shrink in (0.9999, 0.99, 0.9, 0.8, 0.7):
        if float(_single(multiplier * span)) <= steps - 1:
            break
        multiplier = _single(_single(_single(steps - 1) / span) * _single(shrink))
    step = _single(int(_single(special - low) * multiplier))
    share = _single(step * _single(_single(1) / _single(steps - 1)))
    return bool(_single(low + _single(span * share)) == special)
