"""Drawing lots."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def chance(rng: np.random.Generator, share: float) -> bool:
    """True in this share of all cases."""
    return bool(rng.random() < share)


def pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of several, all alike.

    Raises:
        ValueError: There are none.
    """
    return choices[int(rng.integers(len(choices)))]


def shuffled(rng: np.random.Generator, things: Sequence[T]) -> list[T]:
    """The same in another order."""
    return [things[at] for at in rng.permutation(len(things))]
