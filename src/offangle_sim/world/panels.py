"""The faces of a plan's map, merged into few large ones, and where segments first meet one.

Every face of a plan stands on a grid line or lies over a rectangle of the grid. So a segment's crossing with the face's
plane is in the face when it lies in a rectangle seen from above and, for faces that stand, between two heights. Faces
that go on in the same plane become one, which leaves so few that all of them can be asked at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from offangle_sim.world.geometry import Floats, Triangles

TOUCH_U: Final = 1e-6
"""Faces are this much larger than they are drawn, so that rounding lets no sight slip through where two meet."""
PAIRS_AT_ONCE: Final = 1 << 15
"""Pairs of a segment and a face worked on together: as many as a processor's cache holds."""
_HEIGHT_PLACES: Final = 3
_SLOPE_PLACES: Final = 6
"""Decimal places in which faces must agree to be one: corners are float32, here exact to 0.0001 units."""


class Line(NamedTuple):
    """A height along a grid line: `slope` times the place on it, plus `offset`."""

    slope: float
    offset: float


class Upright(NamedTuple):
    """Where a face stands: x (`axis` 0) or y (`axis` 1) is the same all along, and between which edges it reaches."""

    axis: int
    at: float
    low: Line
    high: Line


@dataclass(frozen=True, slots=True)
class Panels:
    """n faces as arrays.

    Attributes:
        normal: (3, n) of the plane.
        offset: (n,) in the plane, normal times point equals it.
        least: (2, n) least x and y.
        most: (2, n) greatest x and y.
        low: (3, n) what to multiply x, y and 1 with for the height of the lower edge; -inf where the face lies.
        high: (3, n) the same for the upper edge; inf where the face lies.
    """

    normal: Floats
    offset: Floats
    least: Floats
    most: Floats
    low: Floats
    high: Floats

    def first_hits(self, start: Floats, end: Floats) -> Floats:
        """Where each segment first meets a face: (n, 3) and (n, 3) to (n,), from 0 to 1; inf where nothing is met.

        A segment that touches a face meets it. One that runs within the face's plane does not.
        """
        way = end - start
        size = max(1, PAIRS_AT_ONCE // len(self.offset))
        if len(start) <= size:
            return self._first_hits(start, way)
        parts = [slice(first, first + size) for first in range(0, len(start), size)]
        return np.concatenate([self._first_hits(start[part], way[part]) for part in parts])

    def _first_hits(self, start: Floats, way: Floats) -> Floats:
        (x, y, z), (way_x, way_y, way_z) = start.T, way.T
        (left, lower), (right, upper) = self.least, self.most
        with np.errstate(all="ignore"):  # whoever comes no nearer to a plane is infinitely far from it, or nowhere
            share = (self.offset - start @ self.normal) / (way @ self.normal)
            at_x, at_y = x[:, None] + way_x[:, None] * share, y[:, None] + way_y[:, None] * share
        met = (share >= 0.0) & (share <= 1.0)
        met &= (at_x >= left) & (at_x <= right)
        met &= (at_y >= lower) & (at_y <= upper)
        pair = np.flatnonzero(met)
        segment, face = np.divmod(pair, len(self.offset))
        fraction, at_x, at_y = share.ravel()[pair], at_x.ravel()[pair], at_y.ravel()[pair]
        at_z = z[segment] + way_z[segment] * fraction
        met = (at_z >= _heights(self.low[:, face], at_x, at_y)) & (at_z <= _heights(self.high[:, face], at_x, at_y))
        hits = np.full(len(start), np.inf)
        np.minimum.at(hits, segment[met], fraction[met])
        return hits


def panels_of(triangles: Triangles) -> Panels:
    """The faces of a plan, merged: (2 n, 3, 3), of each face with four corners both triangles, as `quad` makes them."""
    pairs = triangles.astype(np.float64).reshape(-1, 2, 3, 3)
    corners = np.concatenate([pairs[:, 0], pairs[:, 1, 2:]], axis=1)
    stands = (corners[:, :, :2] == corners[:, :1, :2]).all(axis=1)
    standing = [(face, axis) for axis in (0, 1) for face in corners[stands[:, axis]]]
    rows = [*_merged(standing), *(_lying(face) for face in corners[~stands.any(axis=1)])]
    normal, least, most, low, high = (np.array(column, dtype=np.float64).T.copy() for column in zip(*rows, strict=True))
    return Panels(normal[:3], normal[3], least - TOUCH_U, most + TOUCH_U, low, high)


_Row = tuple[Sequence[float], Sequence[float], Sequence[float], Sequence[float], Sequence[float]]
"""Normal and offset, least, most, low, high."""


def _merged(standing: Iterable[tuple[Floats, int]]) -> Iterator[_Row]:
    pieces: dict[Upright, list[tuple[float, float]]] = defaultdict(list)
    for corners, axis in standing:
        key, piece = _upright(corners, axis)
        pieces[key].append(piece)
    for key, parts in pieces.items():
        yield from (_standing(key, begin, end) for begin, end in _joined(parts))


def _upright(corners: Floats, axis: int) -> tuple[Upright, tuple[float, float]]:
    along = corners[:, 1 - axis]
    begin, end = float(along.min()), float(along.max())
    first, second = np.sort(corners[along == begin, 2]), np.sort(corners[along == end, 2])
    low, high = (_line((begin, float(z)), (end, float(other))) for z, other in zip(first, second, strict=True))
    return Upright(axis, float(corners[0, axis]), low, high), (begin, end)


def _line(one: tuple[float, float], other: tuple[float, float]) -> Line:
    slope = (other[1] - one[1]) / (other[0] - one[0])
    return Line(round(slope, _SLOPE_PLACES), round(one[1] - slope * one[0], _HEIGHT_PLACES))


def _joined(parts: list[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for begin, end in sorted(parts):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((begin, end))
    return joined


def _standing(face: Upright, begin: float, end: float) -> _Row:
    across = [0.0, 0.0, 0.0, face.at]
    across[face.axis] = 1.0
    least, most = [face.at, face.at], [face.at, face.at]
    least[1 - face.axis], most[1 - face.axis] = begin, end
    low, high = [0.0, 0.0, face.low.offset - TOUCH_U], [0.0, 0.0, face.high.offset + TOUCH_U]
    low[1 - face.axis], high[1 - face.axis] = face.low.slope, face.high.slope
    return across, least, most, low, high


def _lying(corners: Floats) -> _Row:
    """The plane through three of four corners; the fourth of a rectangle lies in it."""
    normal = np.cross(corners[1] - corners[0], corners[3] - corners[0])
    normal /= normal[2]
    least, most = corners[:, :2].min(axis=0).tolist(), corners[:, :2].max(axis=0).tolist()
    return [*normal.tolist(), float(normal @ corners[0])], least, most, [0.0, 0.0, -np.inf], [0.0, 0.0, np.inf]


def _heights(factors: Floats, x: Floats, y: Floats) -> Floats:
    return np.asarray(factors[0] * x + factors[1] * y + factors[2])
