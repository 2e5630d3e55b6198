"""Where one can walk: convex areas, what lies next to what, places, and the shortest way.

A way is found over areas first (A*), then pulled taut between the edges that the areas share (the funnel).
"""

import heapq
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from offangle.core.errors import BadInputError, NotFoundError
from offangle_sim.world.area_index import AreaIndex
from offangle_sim.world.geometry import Floats, as_points

Point: TypeAlias = tuple[float, float, float]
Portal: TypeAlias = tuple[Point, Point]
"""The edge through which one area is left for another: its left and its right end, seen by who walks through."""

STEP_HEIGHT_U: Final = 18.0
"""What a player walks up without jumping."""
BODY_RADIUS_U: Final = 16.0
"""Half the width of a player; ways keep this far from the ends of shared edges, but may run along a wall."""
ROUTES_KEPT: Final = 16384
"""Routes that a graph remembers; some megabytes."""
_OFF_LINE_U: Final = 0.1
"""A point less far than this off a straight line is left out of a way."""
_SHARED_EDGE_GAP_U: Final = 1.0
_FEWEST_CORNERS: Final = 3


@dataclass(frozen=True, slots=True)
class NavArea:
    """A convex area in which one walks straight.

    Attributes:
        number: Unique in its map.
        corners: Three or more, counter-clockwise from above, roughly in one plane.
        neighbours: Numbers of the areas that can be entered from here; a drop goes one way.
        place: Name of the place; empty where none is known.
    """

    number: int
    corners: tuple[Point, ...]
    neighbours: tuple[int, ...]
    place: str = ""


class NavGraph:
    """The areas of one map."""

    def __init__(self, areas: Sequence[NavArea]) -> None:
        """Take all areas of a map, at least one.

        Raises:
            BadInputError: no areas, a number twice, an unknown neighbour, or fewer than three corners.
        """
        self.areas: Mapping[int, NavArea] = {area.number: area for area in areas}
        _check(areas, self.areas)
        self._numbers = np.array([area.number for area in areas])
        self._corners = _padded(areas)
        self._index = AreaIndex(self._corners, _planes(self._corners))
        self._middles = {area.number: _point(np.mean(area.corners, axis=0)) for area in areas}
        self._portals: dict[tuple[int, int], Portal] = {}
        self._doors: dict[tuple[int, int], Portal] = {}
        self._routes: dict[tuple[int, int], tuple[int, ...]] = {}

    def area_at(self, position: Point) -> int | None:
        """The highest area that the position is above, or at most a step below; None outside of all."""
        found = self._ground(position)
        return None if found is None else int(self._numbers[found[0]])

    def nearest_area(self, position: Point) -> int:
        """The area at the position, else the one whose edge is nearest."""
        found = self.area_at(position)
        if found is not None:
            return found
        distances = np.linalg.norm(self._nearest_on_edges(np.array(position)) - position, axis=1)
        return int(self._numbers[int(np.argmin(distances))])

    def nearest_point(self, position: Point) -> Point:
        """The ground of `area_at` under the position, else the nearest point of an area's edge."""
        height = self.height_at(position)
        if height is not None:
            return position[0], position[1], height
        points = self._nearest_on_edges(np.array(position))
        return _point(points[int(np.argmin(np.linalg.norm(points - position, axis=1)))])

    def height_at(self, position: Point) -> float | None:
        """The height of the ground of `area_at`; None outside of all areas."""
        found = self._ground(position)
        return None if found is None else found[1]

    def place_at(self, position: Point) -> str:
        """The place's name of the nearest area."""
        return self.areas[self.nearest_area(position)].place

    def places_at(self, positions: npt.ArrayLike) -> list[str]:
        """The places' names of the areas nearest to many positions: (n, 3) to n."""
        points = as_points(positions)
        found = self._index.find_many(points[:, :2], points[:, 2] + STEP_HEIGHT_U)
        places = [area.place for area in self.areas.values()]
        return [
            self.place_at(_point(point)) if index < 0 else places[index]
            for index, point in zip(found.tolist(), points, strict=True)
        ]

    def middle(self, number: int) -> Point:
        """The middle of an area's corners."""
        self._area(number)
        return self._middles[number]

    def route(self, start: int, goal: int) -> list[int]:
        """The areas of a short way, both ends with them.

        Raises:
            NotFoundError: there is no way, or no such area.
        """
        route = self._routes.get((start, goal))
        if route is None:
            route = tuple(self._search(self._area(start).number, self._area(goal).number))
            if len(self._routes) >= ROUTES_KEPT:
                del self._routes[next(iter(self._routes))]  # the oldest
            self._routes[start, goal] = route
        if not route:
            raise NotFoundError(f"There is no way from area {start} to area {goal}.")
        return list(route)

    def _search(self, start: int, goal: int) -> list[int]:
        """The areas of a short way; none where there is no way."""
        before, cost, entered = {start: start}, {start: 0.0}, {start: self._middles[start]}
        goal_point = self._middles[goal]
        waiting = [(0.0, start)]
        done: set[int] = set()
        while waiting:
            _, here = heapq.heappop(waiting)
            if here == goal:
                return _walk_back(before, goal)
            if here in done:
                continue
            done.add(here)
            for there in self.areas[here].neighbours:
                crossing = _crossing(self.portal(here, there), entered[here])
                total = cost[here] + math.dist(crossing, entered[here])
                if total < cost.get(there, math.inf):
                    before[there], cost[there], entered[there] = here, total, crossing
                    heapq.heappush(waiting, (total + math.dist(goal_point, crossing), there))
        return []

    def path(self, start: Point, goal: Point) -> list[Point]:
        """The shortest way through the areas of a short route, as points to walk straight between.

        Starts and ends at the given points; the points between lie on edges of areas, where the way turns or changes
        its slope.

        Raises:
            NotFoundError: there is no way.
        """
        route = self.route(self.nearest_area(start), self.nearest_area(goal))
        return _straightened(_taut(start, goal, [self._door(*pair) for pair in itertools.pairwise(route)]))

    def portal(self, here: int, there: int) -> Portal:
        """The edge through which `here` is left for `there`, on the ground of `here`."""
        key = (here, there)
        if key not in self._portals:
            self._portals[key] = _shared_edge(self._area(here).corners, self._area(there).corners)
        return self._portals[key]

    def _door(self, here: int, there: int) -> Portal:
        """The part of a portal that a body's middle passes."""
        key = (here, there)
        if key not in self._doors:
            self._doors[key] = _inset(self.portal(here, there))
        return self._doors[key]

    def reachable(self, start: int) -> set[int]:
        """The numbers of all areas that can be walked to, `start` with them."""
        found, waiting = {start}, [start]
        while waiting:
            new = set(self._area(waiting.pop()).neighbours) - found
            found |= new
            waiting.extend(new)
        return found

    def _area(self, number: int) -> NavArea:
        try:
            return self.areas[number]
        except KeyError:
            raise NotFoundError(f"There is no area {number} on this map.") from None

    def _ground(self, position: Point) -> tuple[int, float] | None:
        """Index and height of the highest area under the position, or up to a step above."""
        return self._index.find(position[0], position[1], position[2] + STEP_HEIGHT_U)

    def _nearest_on_edges(self, position: Floats) -> Floats:
        """(n, 3) the point of each area's outline that is nearest."""
        first = self._corners
        edges = np.roll(first, -1, axis=1) - first
        length = np.maximum((edges**2).sum(axis=2), 1e-12)
        along = np.clip(((position - first) * edges).sum(axis=2) / length, 0.0, 1.0)
        points = first + edges * along[:, :, None]
        nearest = ((points - position) ** 2).sum(axis=2).argmin(axis=1)
        return np.asarray(points[np.arange(len(points)), nearest])


def _check(areas: Sequence[NavArea], by_number: Mapping[int, NavArea]) -> None:
    if not areas:
        raise BadInputError("A map without areas cannot be walked; give at least one.")
    if len(by_number) != len(areas):
        raise BadInputError("Two areas carry the same number; number them apart.")
    for area in areas:
        if len(area.corners) < _FEWEST_CORNERS:
            raise BadInputError(f"Area {area.number} has {len(area.corners)} corners; it needs three.")
        unknown = set(area.neighbours) - by_number.keys()
        if unknown:
            raise BadInputError(f"Area {area.number} leads to {min(unknown)}, which does not exist.")


def _padded(areas: Sequence[NavArea]) -> Floats:
    """(n, k, 3) corners; areas with fewer repeat their last one."""
    most = max(len(area.corners) for area in areas)
    return np.array([[*area.corners, *[area.corners[-1]] * (most - len(area.corners))] for area in areas], dtype=float)


def _planes(corners: Floats) -> Floats:
    """(n, 3) factors a, b, c of each area's ground z = a x + b y + c, by least squares over its corners."""
    middle = corners.mean(axis=1)
    off = corners - middle[:, None, :]
    slope = np.einsum("nij,nj->ni", np.linalg.pinv(off[:, :, :2]), off[:, :, 2])
    return np.column_stack([slope, middle[:, 2] - (slope * middle[:, :2]).sum(axis=1)])


def _point(values: npt.ArrayLike) -> Point:
    x, y, z = np.asarray(values, dtype=float).tolist()
    return x, y, z


def _walk_back(before: Mapping[int, int], goal: int) -> list[int]:
    route = [goal]
    while before[route[-1]] != route[-1]:
        route.append(before[route[-1]])
    return route[::-1]


def _crossing(portal: Portal, position: Point) -> Point:
    """The point of the edge that is nearest to the position."""
    (x, y, z), right = portal
    way_x, way_y, way_z = right[0] - x, right[1] - y, right[2] - z
    length = way_x * way_x + way_y * way_y + way_z * way_z
    if length == 0.0:
        return portal[0]
    along = (position[0] - x) * way_x + (position[1] - y) * way_y + (position[2] - z) * way_z
    return _part(*portal, min(1.0, max(0.0, along / length)))


def _part(one: Point, other: Point, share: float) -> Point:
    """The point that far on the way from one to the other."""
    (x, y, z), (to_x, to_y, to_z) = one, other
    return x + (to_x - x) * share, y + (to_y - y) * share, z + (to_z - z) * share


def _shared_edge(here: Sequence[Point], there: Sequence[Point]) -> Portal:
    """The longest stretch of an edge of `here` along which an edge of `there` runs; else the nearest point."""
    best: Portal | None = None
    longest = 0.0
    for first, second in zip(here, [*here[1:], here[0]], strict=True):
        for third, fourth in zip(there, [*there[1:], there[0]], strict=True):
            stretch = _overlap(np.array(first), np.array(second), np.array(third), np.array(fourth))
            if stretch is not None and (length := float(np.hypot(*np.subtract(*stretch)[:2]))) > longest:
                best, longest = stretch, length
    if best is not None:
        return best
    goal = np.mean(there, axis=0)
    edges = zip(here, [*here[1:], here[0]], strict=True)
    point = min((_crossing(edge, _point(goal)) for edge in edges), key=lambda at: float(np.hypot(*(goal - at)[:2])))
    return point, point


def _overlap(first: Floats, second: Floats, third: Floats, fourth: Floats) -> Portal | None:
    """What two edges share, seen from above, as the first one's (left, right): counter-clockwise, left comes last."""
    way = second[:2] - first[:2]
    length = float(np.hypot(*way))
    if length == 0.0:
        return None
    way = way / length
    offs = np.stack([third[:2] - first[:2], fourth[:2] - first[:2]])
    if np.abs(offs[:, 0] * way[1] - offs[:, 1] * way[0]).max() > _SHARED_EDGE_GAP_U:
        return None
    along = np.clip(offs @ way, 0.0, length) / length
    low, high = float(along.min()), float(along.max())
    if low == high:
        return None
    return _point(first + (second - first) * high), _point(first + (second - first) * low)


def _inset(portal: Portal) -> Portal:
    """Keep a body's radius from both ends; an edge too narrow for that is passed in its middle."""
    left, right = portal
    width = math.dist(left[:2], right[:2])
    share = 0.5 if width <= 2 * BODY_RADIUS_U else BODY_RADIUS_U / width
    return _part(left, right, share), _part(right, left, share)


def _turn(origin: Point, one: Point, other: Point) -> float:
    """Positive when `other` lies to the left of the way from `origin` to `one`."""
    return (one[0] - origin[0]) * (other[1] - origin[1]) - (one[1] - origin[1]) * (other[0] - origin[0])


def _taut(start: Point, goal: Point, portals: Sequence[Portal]) -> list[Point]:
    """The shortest line through all portals, with the point at which it crosses each."""
    doors = [*portals, (goal, goal)]
    path, apex, first = [start], start, 0
    while first < len(doors):
        corner, at = _next_corner(apex, doors, first)
        path += [_cut(apex, corner, door) for door in doors[first:at]]
        path.append(corner)
        apex, first = corner, at + 1
    return path


def _next_corner(apex: Point, doors: Sequence[Portal], first: int) -> tuple[Point, int]:
    """Where a taut line from `apex` bends next, and the door whose end it bends around.

    The funnel of what can be seen through the doors narrows with each; the line bends where it would close.
    """
    left, right = doors[first]
    left_at = right_at = first
    for at, (next_left, next_right) in enumerate(doors[first + 1 :], first + 1):
        if _turn(apex, right, next_left) < 0.0:
            return right, right_at
        if _turn(apex, left, next_right) > 0.0:
            return left, left_at
        if _turn(apex, left, next_left) <= 0.0:
            left, left_at = next_left, at
        if _turn(apex, right, next_right) >= 0.0:
            right, right_at = next_right, at
    return doors[-1][0], len(doors) - 1


def _cut(start: Point, end: Point, door: Portal) -> Point:
    """Where the line from `start` to `end` crosses a door, at the door's height."""
    before, after = _turn(start, end, door[0]), _turn(start, end, door[1])
    share = 0.5 if before == after else min(1.0, max(0.0, before / (before - after)))
    return _part(*door, share)


def _straightened(path: Sequence[Point]) -> list[Point]:
    """Leave out points on the straight line between those around them."""
    kept = [path[0]]
    for at, point in enumerate(path[1:-1], 1):
        if not _lies_between(kept[-1], point, path[at + 1]):
            kept.append(point)
    return [*kept, path[-1]]


def _lies_between(before: Point, point: Point, after: Point) -> bool:
    (x, y, z), (to_x, to_y, to_z) = before, after
    way_x, way_y, way_z = to_x - x, to_y - y, to_z - z
    length = way_x * way_x + way_y * way_y + way_z * way_z
    if length == 0.0:
        return True
    along = ((point[0] - x) * way_x + (point[1] - y) * way_y + (point[2] - z) * way_z) / length
    return math.dist(point, (x + way_x * along, y + way_y * along, z + way_z * along)) < _OFF_LINE_U
