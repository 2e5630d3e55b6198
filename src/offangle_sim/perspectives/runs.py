"""Stretches of frames in which something holds, found chunk by chunk."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from offangle_sim.net.packets import Booleans


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch in which a condition held.

    Attributes:
        condition: Its number.
        pair: Whom it is about: viewer * players + subject.
        first: The first frame.
        end: The first frame in which it no longer held; None: it still does.
        largest_u: The largest distance in it.
        largest_deg: The largest angle in it; not a number where there is none.
    """

    condition: int
    pair: int
    first: int
    end: int | None
    largest_u: float
    largest_deg: float


@dataclass(slots=True)
class _Open:
    first: int
    seen_from: int
    largest_u: float = 0.0
    largest_deg: float = np.nan


class RunFinder:
    """Finds stretches across the borders of chunks; stretches shorter than wanted are dropped."""

    def __init__(self, pairs: int, shortest: Sequence[int]) -> None:
        """`shortest` is the least length in frames, one for each condition."""
        self._pairs = pairs
        self._shortest = tuple(shortest)
        self._held = np.zeros(len(shortest) * pairs, dtype=np.bool_)
        self._open: dict[int, _Open] = {}

    @property
    def oldest_open(self) -> int | None:
        """The first frame of the stretch that is open for longest."""
        return min((run.first for run in self._open.values()), default=None)

    def feed(
        self, first: int, holds: Booleans, size_u: npt.NDArray[np.floating], angle_deg: npt.NDArray[np.floating]
    ) -> list[Run]:
        """The stretches that end in this chunk, which starts at frame `first`.

        Args:
            first: Follows the last chunk's last frame.
            holds: (frames, conditions, pairs).
            size_u: (frames, pairs) distances.
            angle_deg: (frames, pairs) angles; not a number where there are none.
        """
        flat = holds.reshape(len(holds), -1)
        before = np.concatenate((self._held[None], flat[:-1]))
        self._held = flat[-1].copy()
        found = []
        keys, frames = np.nonzero((before != flat).T)
        for key, at in zip(keys.tolist(), frames.tolist(), strict=True):
            if key in self._open:
                run = self._open.pop(key)
                self._measure(run, key, at, size_u, angle_deg)
                if first + at - run.first >= self._shortest[key // self._pairs]:
                    found.append(self._run(key, run, first + at))
            else:
                self._open[key] = _Open(first + at, at)
        for key, run in self._open.items():
            self._measure(run, key, len(flat), size_u, angle_deg)
        return found

    def finish(self, end: int) -> list[Run]:
        """The stretches that are still open when the last frame is the one before `end`."""
        return [
            self._run(key, run, None)
            for key, run in sorted(self._open.items())
            if end - run.first >= self._shortest[key // self._pairs]
        ]

    def _run(self, key: int, run: _Open, end: int | None) -> Run:
        return Run(key // self._pairs, key % self._pairs, run.first, end, run.largest_u, run.largest_deg)

    def _measure(
        self,
        run: _Open,
        key: int,
        end: int,
        size_u: npt.NDArray[np.floating],
        angle_deg: npt.NDArray[np.floating],
    ) -> None:
        pair, part = key % self._pairs, slice(run.seen_from, end)
        run.seen_from = 0
        if part.start < end:
            run.largest_u = max(run.largest_u, float(size_u[part, pair].max()))
            run.largest_deg = float(np.fmax.reduce(angle_deg[part, pair], initial=run.largest_deg))
