"""Areas, ways between them, and the files they come from."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offangle.core.errors import BadInputError, NotFoundError
from offangle_sim.world.nav import BODY_RADIUS_U, NavArea, NavGraph, Point
from offangle_sim.world.nav_files import is_in_polygon, read_nav


def square(number: int, x: float, y: float, *neighbours: int, z: float = 0.0) -> NavArea:
    corners = ((x, y, z), (x + 100, y, z), (x + 100, y + 100, z), (x, y + 100, z))
    return NavArea(number, corners, neighbours, f"place {number}")


def corner_map() -> NavGraph:
    """Three squares around a corner at (100, 100)."""
    return NavGraph([square(1, 0, 0, 2), square(2, 0, 100, 1, 3), square(3, 100, 100, 2)])


def length(path: list[Point]) -> float:
    return sum(math.dist(one, other) for one, other in itertools.pairwise(path))


def grid(open_cells: set[tuple[int, int]]) -> NavGraph:
    def around(x: int, y: int) -> list[int]:
        near = [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]
        return [a * 10 + b for a, b in near if (a, b) in open_cells]

    return NavGraph([square(x * 10 + y, x * 100, y * 100, *around(x, y)) for x, y in sorted(open_cells)])


def fewest_steps(open_cells: set[tuple[int, int]], start: tuple[int, int]) -> dict[tuple[int, int], int]:
    steps, waiting = {start: 0}, [start]
    for x, y in waiting:
        for cell in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
            if cell in open_cells and cell not in steps:
                steps[cell] = steps[x, y] + 1
                waiting.append(cell)
    return steps


@settings(max_examples=60, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=40), st.data())
def test_ways_exist_exactly_where_steps_do(open_cells: set[tuple[int, int]], data: st.DataObject) -> None:
    start, goal = (data.draw(st.sampled_from(sorted(open_cells))) for _ in range(2))
    graph, steps = grid(open_cells), fewest_steps(open_cells, start)
    ends: list[Point] = [(x * 100.0 + 50, y * 100.0 + 50, 0.0) for x, y in (start, goal)]
    assert graph.reachable(start[0] * 10 + start[1]) == {x * 10 + y for x, y in steps}
    if goal not in steps:
        with pytest.raises(NotFoundError):
            graph.path(*ends)
        return
    path = graph.path(*ends)
    assert (path[0], path[-1]) == tuple(ends)
    assert math.dist(*ends) - 1e-6 <= length(path)
    for one, other in itertools.pairwise(path):
        samples = np.linspace(one, other, 9)
        assert all(graph.area_at((x, y, z)) is not None for x, y, z in samples.tolist())


def test_a_straight_way_has_no_points_between() -> None:
    assert len(grid({(x, 0) for x in range(7)}).path((10, 50, 0), (690, 50, 0))) == 2


def test_a_way_is_taut_around_a_corner() -> None:
    path = corner_map().path((50, 50, 0), (150, 150, 0))
    assert [tuple(point) for point in path[1:-1]] == [(100 - BODY_RADIUS_U, 100, 0), (100, 100 + BODY_RADIUS_U, 0)]


def test_a_way_within_one_area_is_straight() -> None:
    assert corner_map().path((10, 10, 0), (20, 90, 0)) == [(10, 10, 0), (20, 90, 0)]


def test_a_way_over_a_ramp_keeps_to_the_ground() -> None:
    ramp = NavArea(2, ((100, 0, 0), (200, 0, 80), (200, 100, 80), (100, 100, 0)), (1, 3))
    graph = NavGraph([square(1, 0, 0, 2), ramp, square(3, 200, 0, 2, z=80)])
    assert graph.path((50, 50, 0), (250, 50, 80)) == [(50, 50, 0), (100, 50, 0), (200, 50, 80), (250, 50, 80)]
    assert graph.height_at((150, 30, 60)) == pytest.approx(40)


def test_a_drop_goes_one_way() -> None:
    graph = NavGraph([square(1, 0, 0, 2, z=120), square(2, 100, 0)])
    assert graph.route(1, 2) == [1, 2]
    with pytest.raises(NotFoundError, match="no way"):
        graph.route(2, 1)


@pytest.mark.parametrize(
    ("position", "area"),
    [
        ((50, 50, 0), 1),
        ((50, 50, 60), 1),
        ((50, 50, 82), 2),  # a step below the upper floor
        ((50, 50, 81), 1),
        ((50, 50, 500), 2),
        ((50, 50, -18), 1),
        ((50, 50, -19), None),
        ((100, 100, 0), 1),  # a corner belongs to it
        ((100.1, 50, 0), None),
    ],
)
def test_floors_one_above_the_other(position: Point, area: int | None) -> None:
    graph = NavGraph([square(1, 0, 0), square(2, 0, 0, z=100)])
    assert graph.area_at(position) == area


def test_the_nearest_area_is_that_of_the_nearest_edge() -> None:
    graph = corner_map()
    assert graph.nearest_area((230, 150, 0)) == 3
    assert graph.nearest_area((-5, 20, 0)) == 1
    assert graph.place_at((230, 150, 0)) == "place 3"


def test_unknown_areas_are_named() -> None:
    with pytest.raises(NotFoundError, match="area 9"):
        corner_map().route(1, 9)


def test_routes_are_remembered_and_cannot_be_spoilt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offangle_sim.world.nav.ROUTES_KEPT", 2)
    graph = NavGraph([square(1, 0, 0, 2), square(2, 100, 0, 1, 3), square(3, 200, 0, 2), square(4, 900, 0)])
    graph.route(1, 3).clear()
    assert graph.route(1, 3) == [1, 2, 3]
    assert graph.route(3, 1) == [3, 2, 1]
    for _ in range(2):
        with pytest.raises(NotFoundError, match="no way"):
            graph.route(1, 4)
    assert graph._routes.keys() == {(3, 1), (1, 4)}
    assert graph.route(1, 3) == [1, 2, 3]


QUADRANGLE = st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(1, 9)] * 4, *[st.integers(-30, 30)] * 3)


def slow_area_at(areas: list[NavArea], position: Point) -> int | None:
    """The highest of those whose edges all have the position on their left."""
    x, y, z = position
    over: list[tuple[float, int]] = []
    for area in areas:
        edges = itertools.pairwise([*area.corners, area.corners[0]])
        factors = np.column_stack([np.array(area.corners)[:, :2], np.ones(4)])
        plane = np.linalg.lstsq(factors, np.array(area.corners)[:, 2], rcond=None)[0]
        if all((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) > 0.0 for a, b in edges):
            over.append((float(plane @ (x, y, 1.0)), area.number))
    return max(((height, number) for height, number in over if height <= z + 18.0), default=(0.0, None))[1]


@settings(max_examples=60, deadline=None)
@given(st.lists(QUADRANGLE, min_size=1, max_size=30), st.integers(0, 2**32))
def test_areas_are_found_where_they_lie(shapes: list[tuple[int, ...]], seed: int) -> None:
    areas = []
    for number, (x, y, east, north, west, south, slope_x, slope_y, z) in enumerate(shapes, 1):
        around = [(x + east, y), (x, y + north), (x - west, y), (x, y - south)]
        height = 10 * z + number / 1000  # no two coincide
        points = [(20.0 * a, 20.0 * b, slope_x * (a - x) + slope_y * (b - y) + height) for a, b in around]
        areas.append(NavArea(number, tuple(points), (), f"place {number}"))
    graph = NavGraph(areas)
    positions = np.random.default_rng(seed).uniform((-300, -300, -600), (1100, 1100, 600), (60, 3))
    points = [(x, y, z) for x, y, z in positions.tolist()]
    assert [graph.area_at(point) for point in points] == [slow_area_at(areas, point) for point in points]
    assert graph.places_at(positions) == [graph.place_at(point) for point in points]


def test_no_places_of_no_positions() -> None:
    assert corner_map().places_at(np.empty((0, 3))) == []


def test_the_nearest_point_is_on_the_ground_or_on_an_edge() -> None:
    assert corner_map().nearest_point((50, 50, 90)) == (50, 50, 0)
    assert corner_map().nearest_point((230, 150, 20)) == (200, 150, 0)


@pytest.mark.parametrize(
    "areas",
    [[], [square(1, 0, 0), square(1, 100, 0)], [square(1, 0, 0, 7)], [NavArea(1, ((0, 0, 0), (1, 0, 0)), ())]],
    ids=["none", "number twice", "unknown neighbour", "two corners"],
)
def test_areas_that_do_not_fit_are_refused(areas: list[NavArea]) -> None:
    with pytest.raises(BadInputError):
        NavGraph(areas)


def test_files_are_read_with_their_places(tmp_path: Path) -> None:
    corners = [{"x": 0, "y": 100, "z": 5}, {"x": 100, "y": 0, "z": 5}, {"x": 0, "y": 0, "z": 5}]  # turning right
    nav, zones = tmp_path / "own.nav.json", tmp_path / "own.json"
    nav.write_text(json.dumps({"areas": [{"id": 4, "corners": corners, "neighbors": []}]}))
    polygon = [[0, 0], [60, 0], [60, 60], [0, 60]]
    zones.write_text(json.dumps({"zones": [{"id": "None", "polygon": []}, {"id": "Yard", "polygon": polygon}]}))
    graph = read_nav(nav, zones)
    assert graph.area_at((20, 20, 10)) == 4
    assert graph.place_at((20, 20, 10)) == "Yard"
    assert read_nav(nav).place_at((20, 20, 10)) == ""


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"areas": [{"id": 1}]}', '{"areas": [{"id": "x"}]}', '{"areas": []}']
)
def test_broken_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.nav.json"
    path.write_text(text)
    with pytest.raises(BadInputError):
        read_nav(path)


def test_polygons_may_be_hollow() -> None:
    letter_u = [(0.0, 0.0), (3.0, 0.0), (3.0, 3.0), (2.0, 3.0), (2.0, 1.0), (1.0, 1.0), (1.0, 3.0), (0.0, 3.0)]
    assert [is_in_polygon(x, 2, letter_u) for x in (0.5, 1.5, 2.5)] == [True, False, True]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["ancient", "anubis", "dust2", "inferno", "mirage", "nuke", "overpass"])
def test_real_maps_can_be_walked(shared_data: Path, name: str) -> None:
    graph = read_nav(shared_data / "maps" / "nav" / f"de_{name}.nav.json")
    numbers = sorted(graph.areas)
    reached = max((graph.reachable(number) for number in numbers[:: len(numbers) // 7]), key=len)
    assert len(reached) > len(numbers) / 2
    generator = np.random.default_rng(5)
    for start, goal in generator.choice(sorted(reached), (3, 2)).tolist():
        if goal not in graph.reachable(start):
            continue
        path = graph.path(graph.middle(start), graph.middle(goal))
        assert math.dist(path[0], path[-1]) <= length(path) + 1e-6
        assert length(path) < 20_000


@pytest.mark.shared
def test_mirage_knows_its_places(shared_data: Path) -> None:
    maps = shared_data / "maps"
    graph = read_nav(maps / "nav" / "de_mirage.nav.json", maps / "zones" / "de_mirage.json")
    assert graph.place_at((-400.0, -2100.0, -170.0)) == "BombsiteA"
