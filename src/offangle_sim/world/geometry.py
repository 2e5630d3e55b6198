"""Triangles and the segments they block.

Triangles lie in a balanced tree of boxes. All segments go down the tree together, one level at a time, so that the work
is done on whole arrays.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from offangle.core.errors import BadInputError

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.intp]
Booleans: TypeAlias = npt.NDArray[np.bool_]
Triangles: TypeAlias = npt.NDArray[np.float32]

LEAF_SIZE: Final = 4
"""Triangles in a box that is not split further; small, because a pair of segment and triangle costs more than a box."""
SEGMENTS_AT_ONCE: Final = 2048
"""Bounds the memory that one question needs."""
STRETCHES: Final = (0.0, 0.1, 0.3, 1.0)
"""Parts of a segment that are searched one after the other: long segments mostly meet something early."""
_BOX_MARGIN_U: Final = 1e-3
"""Boxes are a little larger than what they hold, so that rounding never loses a triangle."""
_FLOATS_PER_TRIANGLE: Final = 9


@dataclass(frozen=True, slots=True)
class FirstHits:
    """Where segments first meet a triangle.

    Attributes:
        fraction: (n,) from 0 at the start to 1 at the end; infinity where nothing is met.
        triangle: (n,) index of the triangle met; -1 where nothing is met.
    """

    fraction: Floats
    triangle: Integers


class TriangleMesh:
    """Triangles that answer which segments they block.

    A segment that touches an edge, or starts or ends on a triangle, meets it. One that lies within a triangle's plane
    does not.
    """

    def __init__(self, triangles: npt.ArrayLike) -> None:
        """Take (n, 3, 3) corners in units; n may be 0.

        Raises:
            BadInputError: the corners have another shape or are not finite.
        """
        self.triangles: Triangles = np.ascontiguousarray(triangles, dtype=np.float32)
        if self.triangles.ndim != 3 or self.triangles.shape[1:] != (3, 3):  # noqa: PLR2004 - corners and coordinates
            raise BadInputError(f"Triangles have the shape {self.triangles.shape}; give (n, 3, 3).")
        if not np.isfinite(self.triangles).all():
            raise BadInputError("A triangle has a corner that is not finite; leave it out.")
        self._order, self._levels = _box_tree(self.triangles.astype(np.float64))

    def blocked(self, starts: npt.ArrayLike, ends: npt.ArrayLike) -> Booleans:
        """Say for each segment whether any triangle meets it: (n, 3) and (n, 3) to (n,)."""
        return np.isfinite(self.first_hits(starts, ends).fraction)

    def first_hits(self, starts: npt.ArrayLike, ends: npt.ArrayLike) -> FirstHits:
        """Find where each segment first meets a triangle: (n, 3) and (n, 3) to n hits; of several the lowest index."""
        start, end = np.broadcast_arrays(as_points(starts), as_points(ends))
        fraction = np.full(len(start), np.inf)
        triangle = np.full(len(start), -1, dtype=np.intp)
        for first in range(0, len(start), SEGMENTS_AT_ONCE):
            part = slice(first, first + SEGMENTS_AT_ONCE)
            fraction[part], triangle[part] = self._first_hits(start[part], end[part] - start[part])
        return FirstHits(fraction, triangle)

    def _first_hits(self, start: Floats, way: Floats) -> tuple[Floats, Integers]:
        """Search each stretch of the segments in turn; who has met something needs no search further on."""
        fractions = np.full(len(start), np.inf)
        triangles = np.full(len(start), -1, dtype=np.intp)
        searching = np.arange(len(start))
        for begin, end in itertools.pairwise(STRETCHES):
            ray, triangle, fraction = self._meetings(start[searching], way[searching], begin, end)
            nearest_first = np.lexsort((triangle, fraction, ray))
            rays, at = np.unique(ray[nearest_first], return_index=True)
            rays = searching[rays]
            fractions[rays], triangles[rays] = fraction[nearest_first][at], triangle[nearest_first][at]
            searching = searching[fractions[searching] == np.inf]
        return fractions, triangles

    def _meetings(self, start: Floats, way: Floats, begin: float, end: float) -> tuple[Integers, Integers, Floats]:
        ray, leaf = self._leaves_crossed(start, way, begin, end)
        triangle = self._order.reshape(-1, LEAF_SIZE)[leaf].ravel()
        ray = np.repeat(ray, LEAF_SIZE)
        ray, triangle = ray[triangle >= 0], triangle[triangle >= 0]
        met, fraction = _meet(start[ray], way[ray], self.triangles[triangle].astype(np.float64))
        met &= fraction <= end  # what lies further on may not be the first; its own stretch finds it again
        return ray[met], triangle[met], fraction[met]

    def _leaves_crossed(self, start: Floats, way: Floats, begin: float, end: float) -> tuple[Integers, Integers]:
        with np.errstate(divide="ignore"):
            inverse = 1.0 / way
        ray = np.arange(len(start))
        node = np.zeros(len(start), dtype=np.intp)
        for depth, (low, high) in enumerate(self._levels):
            if depth:
                ray, node = np.repeat(ray, 2), np.stack([node * 2, node * 2 + 1], axis=1).ravel()
            entry, leave = _box_crossing(start[ray], inverse[ray], low[node], high[node])
            crossed = (entry <= leave) & (leave >= begin) & (entry <= end)
            ray, node = ray[crossed], node[crossed]
        return ray, node


def as_points(values: npt.ArrayLike) -> Floats:
    """Points as (n, 3); a single one becomes a row.

    Raises:
        BadInputError: they have another shape.
    """
    points = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if points.ndim != 2 or points.shape[1] != 3:  # noqa: PLR2004 - rows of coordinates
        raise BadInputError(f"Points have the shape {points.shape}; give (n, 3).")
    return points


def _box_tree(corners: Floats) -> tuple[Integers, list[tuple[Floats, Floats]]]:
    """The order of triangles in the leaves (-1 fills up), and the boxes of each level from the root down."""
    depth = max(0, int(np.ceil(np.log2(max(1, len(corners)) / LEAF_SIZE))))
    order = np.full(LEAF_SIZE << depth, -1, dtype=np.intp)
    order[: len(corners)] = np.arange(len(corners))
    centers = np.concatenate([corners.mean(axis=1), np.full((1, 3), np.inf)])  # -1 finds the last row: sorts to the end
    for level in range(depth):
        order = _split(order.reshape(1 << level, -1), centers).ravel()
    low = np.concatenate([corners.min(axis=1) - _BOX_MARGIN_U, np.full((1, 3), np.inf)])[order]
    high = np.concatenate([corners.max(axis=1) + _BOX_MARGIN_U, np.full((1, 3), -np.inf)])[order]
    levels = [
        (low.reshape(1 << level, -1, 3).min(axis=1), high.reshape(1 << level, -1, 3).max(axis=1))
        for level in range(depth + 1)
    ]
    return order, levels


def _split(groups: Integers, centers: Floats) -> Integers:
    """Sort each row along the axis in which its triangles spread most, so that its halves lie apart."""
    at = centers[groups]
    there = np.isfinite(at)
    spread = np.where(there, at, -np.inf).max(axis=1) - np.where(there, at, np.inf).min(axis=1)
    along = np.take_along_axis(at, spread.argmax(axis=1)[:, None, None], axis=2)[:, :, 0]
    return np.take_along_axis(groups, along.argsort(axis=1, kind="stable"), axis=1)


def _box_crossing(start: Floats, inverse: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Where along them segments enter and leave boxes; enter after leaving, or NaN, where they miss."""
    with np.errstate(
        invalid="ignore"
    ):  # 0 times infinity: the segment runs in a box's face, whose margin holds nothing
        near, far = (low - start) * inverse, (high - start) * inverse
        return np.minimum(near, far).max(axis=1), np.maximum(near, far).min(axis=1)


def _meet(start: Floats, way: Floats, corners: Floats) -> tuple[Booleans, Floats]:
    """Möller and Trumbore's test without dividing first, so that whole coordinates give exact answers."""
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    across = np.cross(way, second)
    volume = np.einsum("ij,ij->i", first, across)
    sign = np.sign(volume)
    offset = start - corners[:, 0]
    turned = np.cross(offset, first)
    size = np.abs(volume)
    u = sign * np.einsum("ij,ij->i", offset, across)
    v = sign * np.einsum("ij,ij->i", way, turned)
    t = sign * np.einsum("ij,ij->i", second, turned)
    met = (size > 0.0) & (u >= 0.0) & (v >= 0.0) & (u + v <= size) & (t >= 0.0) & (t <= size)
    return met, np.divide(t, size, out=np.full(len(t), np.inf), where=met)


def quad(corners: npt.ArrayLike) -> Triangles:
    """Two triangles of four corners in order around: (4, 3) to (2, 3, 3)."""
    return np.asarray(corners, dtype=np.float32)[[[0, 1, 2], [0, 2, 3]]]


def box(low: npt.ArrayLike, high: npt.ArrayLike) -> Triangles:
    """Twelve triangles of a box between two corners: (12, 3, 3)."""
    return np.concatenate(list(_box_faces(np.asarray(low, np.float32), np.asarray(high, np.float32))))


def _box_faces(low: Triangles, high: Triangles) -> Iterator[Triangles]:
    around = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    for axis in range(3):
        others = [other for other in range(3) if other != axis]
        for end in (0, 1):
            choice = np.empty((4, 3), dtype=np.intp)
            choice[:, axis] = end
            choice[:, others] = around
            yield quad(np.where(choice == 0, low, high))


def read_tri(path: Path) -> Triangles:
    """Read a `.tri` file, nine little-endian float32 per triangle, as (n, 3, 3).

    Raises:
        BadInputError: the size does not fit, or a number is not finite.
    """
    values = np.frombuffer(_whole_triangles(path), dtype="<f4").astype(np.float32)
    if not np.isfinite(values).all():
        raise BadInputError(f"{path.name} holds a corner that is not finite; get the file again.")
    return values.reshape(-1, 3, 3)


def _whole_triangles(path: Path) -> bytes:
    content = path.read_bytes()
    if len(content) % (_FLOATS_PER_TRIANGLE * 4):
        raise BadInputError(f"{path.name} ends within a triangle ({len(content)} bytes); get the file again.")
    return content
