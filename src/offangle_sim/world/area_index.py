"""Which areas lie over a place, found by squares of the ground plan."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import product
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from offangle_sim.world.geometry import Floats, Integers

SQUARE_U: Final = 256.0
"""Side of a square: about an area's own size, so that few areas share one."""
EDGE_SLACK_U: Final = 1e-3
"""A point this far outside an area still counts as in it, so that neighbours leave no gap."""
_MARGIN_U: Final = 1.0
"""How far beyond its corners an area is looked for; sharp corners reach further out than `EDGE_SLACK_U`."""
POINTS_AT_ONCE: Final = 2048
"""Bounds the memory that one question needs."""

Square: TypeAlias = tuple[float, float]


class _Candidate(NamedTuple):
    """An area as plain numbers: its edges as x, y, step x, step y and least turn, and its plane."""

    number: int
    edges: tuple[tuple[float, float, float, float, float], ...]
    plane: tuple[float, float, float]


class AreaIndex:
    """Convex areas that may lie one above the other."""

    def __init__(self, corners: Floats, planes: Floats) -> None:
        """Take (n, k, 3) corners, counter-clockwise, and (n, 3) factors of x, y and 1 for each area's height."""
        self._corners, self._planes = corners[:, :, :2], planes
        self._steps = np.roll(self._corners, -1, axis=1) - self._corners
        self._slack = -EDGE_SLACK_U * np.linalg.norm(self._steps, axis=2)
        members = self._members()
        plain = [self._candidate(index) for index in range(len(corners))]
        self._over: Mapping[Square, tuple[_Candidate, ...]] = {
            square: tuple(plain[index] for index in indexes) for square, indexes in members.items()
        }
        self._first, self._table = _table(members)

    def find(self, x: float, y: float, highest: float) -> tuple[int, float] | None:
        """The highest area over a point of the ground plan that is no higher than `highest`: its index and height."""
        best: tuple[int, float] | None = None
        for index, edges, (slope_x, slope_y, offset) in self._over.get((x // SQUARE_U, y // SQUARE_U), ()):
            height = slope_x * x + slope_y * y + offset
            if height > highest or (best is not None and height <= best[1]):
                continue
            for from_x, from_y, step_x, step_y, least in edges:
                if step_x * (y - from_y) - step_y * (x - from_x) < least:
                    break
            else:
                best = index, height
        return best

    def find_many(self, points: Floats, highest: Floats) -> Integers:
        """The same for (n, 2) points and (n,) heights: (n,) indexes, -1 where there is no area."""
        starts = range(0, len(points), POINTS_AT_ONCE)
        parts = [slice(first, first + POINTS_AT_ONCE) for first in starts]
        return np.concatenate([np.empty(0, np.intp), *(self._find_many(points[part], highest[part]) for part in parts)])

    def _find_many(self, points: Floats, highest: Floats) -> Integers:
        place = (points // SQUARE_U - self._first).astype(np.intp)
        known = ((place >= 0) & (place < self._table.shape[:2])).all(axis=1)
        candidate = np.full((len(points), self._table.shape[2]), -1, dtype=np.intp)
        candidate[known] = self._table[place[known, 0], place[known, 1]]
        off = points[:, None, None] - self._corners[candidate]
        steps = self._steps[candidate]
        turn = steps[..., 0] * off[..., 1] - steps[..., 1] * off[..., 0]
        over = (turn >= self._slack[candidate]).all(axis=2) & (candidate >= 0)
        slope_x, slope_y, offset = np.moveaxis(self._planes[candidate], 2, 0)
        height = slope_x * points[:, :1] + slope_y * points[:, 1:] + offset
        height = np.where(over & (height <= highest[:, None]), height, -np.inf)
        rows, best = np.arange(len(points)), height.argmax(axis=1)
        return np.where(np.isfinite(height[rows, best]), candidate[rows, best], -1)

    def _members(self) -> Mapping[Square, list[int]]:
        """The areas that reach into each square, in their order."""
        members: dict[Square, list[int]] = defaultdict(list)
        least = ((self._corners.min(axis=1) - _MARGIN_U) // SQUARE_U).astype(int).tolist()
        most = ((self._corners.max(axis=1) + _MARGIN_U) // SQUARE_U).astype(int).tolist()
        for index, ((left, lower), (right, upper)) in enumerate(zip(least, most, strict=True)):
            for square in product(range(left, right + 1), range(lower, upper + 1)):
                members[square].append(index)
        return members

    def _candidate(self, index: int) -> _Candidate:
        numbers = np.column_stack([self._corners[index], self._steps[index], self._slack[index]]).tolist()
        edges = tuple((x, y, step_x, step_y, least) for x, y, step_x, step_y, least in numbers)
        slope_x, slope_y, offset = self._planes[index].tolist()
        return _Candidate(index, edges, (slope_x, slope_y, offset))


def _table(members: Mapping[Square, list[int]]) -> tuple[Floats, Integers]:
    """The first square, and (squares in x, squares in y, areas) indexes, -1 where a square has fewer."""
    squares = np.array(list(members))
    first = squares.min(axis=0)
    width, height = (squares.max(axis=0) - first + 1).tolist()
    table = np.full((width, height, max(map(len, members.values()))), -1, dtype=np.intp)
    for (x, y), indexes in zip((squares - first).tolist(), members.values(), strict=True):
        table[x, y, : len(indexes)] = indexes
    return first.astype(np.float64), table
