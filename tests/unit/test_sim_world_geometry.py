"""Which segments triangles block, against exact fractions."""

from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offangle.core.errors import BadInputError
from offangle_sim.world.geometry import TriangleMesh, box, quad, read_tri

Point: TypeAlias = tuple[int, int, int]
WHOLE = st.integers(-8, 8)
POINT = st.tuples(WHOLE, WHOLE, WHOLE)
TRIANGLE = st.tuples(POINT, POINT, POINT)
SEGMENT = st.tuples(POINT, POINT)
UNIT = [[[0, 0, 0], [4, 0, 0], [0, 4, 0]]]


def minus(a: Point, b: Point) -> Point:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def cross(a: Point, b: Point) -> Point:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def dot(a: Point, b: Point) -> int:
    return sum(x * y for x, y in zip(a, b, strict=True))


def slow_fraction(segment: tuple[Point, Point], triangle: tuple[Point, Point, Point]) -> Fraction | None:
    """Cut the triangle's plane, then ask on which side of each edge the cut lies; exact."""
    a, b, c = triangle
    normal = cross(minus(b, a), minus(c, a))
    way = minus(segment[1], segment[0])
    slope = dot(way, normal)
    if slope == 0:
        return None
    t = Fraction(dot(minus(a, segment[0]), normal), slope)
    if not 0 <= t <= 1:
        return None
    n, d = t.numerator, t.denominator
    cut = tuple(p * d + w * n for p, w in zip(segment[0], way, strict=True))
    for one, other in ((a, b), (b, c), (c, a)):
        off = (cut[0] - one[0] * d, cut[1] - one[1] * d, cut[2] - one[2] * d)
        if dot(cross(minus(other, one), off), normal) < 0:
            return None
    return t


@settings(max_examples=150, deadline=None)
@given(st.lists(TRIANGLE, max_size=40), st.lists(SEGMENT, min_size=1, max_size=12))
def test_first_hits_are_the_exact_ones(
    triangles: list[tuple[Point, Point, Point]], segments: list[tuple[Point, Point]]
) -> None:
    mesh = TriangleMesh(np.array(triangles).reshape(-1, 3, 3))
    found = mesh.first_hits([s[0] for s in segments], [s[1] for s in segments])
    for segment, fraction, triangle in zip(segments, found.fraction, found.triangle, strict=True):
        exact = [slow_fraction(segment, candidate) for candidate in triangles]
        best = min((value for value in exact if value is not None), default=None)
        if best is None:
            assert (fraction, triangle) == (np.inf, -1)
        else:
            assert fraction == float(best)
            assert exact[triangle] == best
    blocked = mesh.blocked([s[0] for s in segments], [s[1] for s in segments])
    assert (blocked == np.isfinite(found.fraction)).all()


@pytest.mark.parametrize(
    ("start", "end", "met"),
    [
        ((1, 1, 1), (1, 1, -1), True),
        ((1, 1, 1), (1, 1, 0), True),  # ends on it
        ((1, 1, 0), (1, 1, -1), True),  # starts on it
        ((0, 0, 1), (0, 0, -1), True),  # through a corner
        ((2, 2, 1), (2, 2, -1), True),  # through an edge
        ((2.01, 2, 1), (2.01, 2, -1), False),
        ((1, 1, 1), (1, 1, 0.001), False),
        ((-1, 1, 0), (5, 1, 0), False),  # in its plane
        ((1, 1, 1), (1, 1, 1), False),  # no length
    ],
)
def test_edges(start: tuple[float, ...], end: tuple[float, ...], met: bool) -> None:  # noqa: FBT001 - a table's column
    assert TriangleMesh(UNIT).blocked([start], [end]).tolist() == [met]


def test_more_segments_than_fit_at_once() -> None:
    generator = np.random.default_rng(3)
    mesh = TriangleMesh(generator.uniform(-50, 50, (300, 3, 3)))
    starts, ends = generator.uniform(-60, 60, (2, 5000, 3))
    together = mesh.first_hits(starts, ends)
    some = [0, 2047, 2048, 4999]
    assert [mesh.first_hits(starts[i], ends[i]).fraction[0] for i in some] == together.fraction[some].tolist()
    assert 0 < np.isfinite(together.fraction).sum() < 5000


def test_a_box_is_closed_from_every_side() -> None:
    mesh = TriangleMesh(box((-1, -2, -3), (1, 2, 3)))
    outside = np.random.default_rng(1).normal(size=(200, 3))
    outside *= 10 / np.linalg.norm(outside, axis=1, keepdims=True)
    assert mesh.blocked(outside, np.zeros((200, 3))).all()
    assert len(mesh.triangles) == 12


def test_an_empty_mesh_blocks_nothing() -> None:
    assert not TriangleMesh(np.empty((0, 3, 3))).blocked([[0, 0, 0]], [[1, 1, 1]]).any()


def test_no_segments() -> None:
    assert TriangleMesh(UNIT).blocked(np.empty((0, 3)), np.empty((0, 3))).shape == (0,)


@pytest.mark.parametrize("corners", [np.zeros((2, 3)), np.full((1, 3, 3), np.nan)])
def test_what_is_no_triangle_is_refused(corners: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    with pytest.raises(BadInputError):
        TriangleMesh(corners)


def test_points_need_three_coordinates() -> None:
    with pytest.raises(BadInputError, match="give"):
        TriangleMesh(UNIT).blocked([[0, 0]], [[1, 1]])


def test_tri_files_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "own.tri"
    triangles = quad([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)])
    path.write_bytes(triangles.astype("<f4").tobytes())
    assert (read_tri(path) == triangles).all()


@pytest.mark.parametrize(
    "content", [b"\0" * 35, np.full(9, np.inf, "<f4").tobytes()], ids=["ends within a triangle", "not finite"]
)
def test_broken_tri_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.tri"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match="get the file again"):
        read_tri(path)


@pytest.mark.shared
def test_mirage_is_solid_ground(shared_data: Path) -> None:
    mesh = TriangleMesh(read_tri(shared_data / "maps" / "de_mirage.tri"))
    t_spawn, mid = [1136.0, 32.0, -100.0], [-400.0, -700.0, -100.0]
    down = mesh.first_hits([t_spawn], [[1136.0, 32.0, -1000.0]])
    assert np.isfinite(down.fraction).all()
    assert mesh.blocked([t_spawn], [mid]).all()
