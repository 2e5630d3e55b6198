"""What a team knows of a map before it plays: lanes to the sites, where to gather, what to hold, where to hide.

All of it follows from the map's areas, places and walls, so that any map with spawns and sites can be played.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from offangle.core.errors import NotFoundError
from offangle.core.sides import Side
from offangle_sim.world.arena import arena
from offangle_sim.world.nav import Point
from offangle_sim.world.world import SiteName, World

LONGEST_DETOUR: Final = 1.5
"""A way to a site that is longer than this times the shortest is no lane."""
SAME_LANE: Final = 0.75
"""Share of common places from which two ways are one lane."""
STEP_U: Final = 64.0
"""Lanes are looked at in steps of this."""
HOLD_REACH_U: Final = 1100.0
"""Spots that hold a site lie within this of it."""
HOLD_RANGES_U: Final = (180.0, 900.0)
HOLD_AT_U: Final = 400.0
"""The distance that defenders like best."""
POST_PLANT_RANGES_U: Final = (150.0, 700.0)
SPOTS_PER_LANE: Final = 6
HIDE_AT_LEAST_U: Final = 1800.0
EYE_U: Final = 64.0
BOMB_EYE_U: Final = 24.0
"""Who watches a bomb wants to see this high above it."""
GATHER_STEPS: Final = (7, 22)
"""Attackers gather so many steps before a site at least and at most."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A way of the attackers to a site.

    Attributes:
        site: Where it leads.
        places: What it passes.
        path: From spawn to the site.
        gather: The last point that the site does not see.
        contact: Where the site begins to see who comes.
        length_u: Of the path.
    """

    site: SiteName
    places: frozenset[str]
    path: tuple[Point, ...]
    gather: Point
    contact: Point
    length_u: float


@dataclass(frozen=True, slots=True)
class Spot:
    """A place to stand, and what to look at from there."""

    position: Point
    watches: Point


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of one map.

    Attributes:
        lanes: To each site, the shortest first.
        holds: Spots of defenders, by site and lane.
        forward: Spots further out, from where defenders take early fights, by site and lane.
        hides: Where to save a weapon.
        sites: Middle of each site.
    """

    lanes: Mapping[SiteName, tuple[Lane, ...]]
    holds: Mapping[SiteName, tuple[tuple[Spot, ...], ...]]
    forward: Mapping[SiteName, tuple[tuple[Spot, ...], ...]]
    hides: tuple[Point, ...]
    sites: Mapping[SiteName, Point]
    spawn: Mapping[Side, Point]
    points: tuple[Point, ...]


@lru_cache(maxsize=8)
def ground_of(map_name: str, *, wingman: bool = False) -> Ground:
    """What is known of one of Offangle's own maps; found once."""
    world = arena(map_name)
    return survey(world, wingman=wingman)


def survey(world: World, *, wingman: bool = False) -> Ground:
    """Look at a map."""
    spawns = world.wingman_spawns if wingman else world.spawns
    spawn: dict[Side, Point] = {side: spawns[side][0].position for side in ("t", "ct")}
    names: list[SiteName] = [world.wingman_site] if wingman and world.wingman_site else list(world.sites)
    sites = {name: _floor_middle(world, name) for name in names}
    points = tuple(world.nav.middle(number) for number in sorted(world.nav.areas))
    lanes = {name: _lanes(world, name, sites[name], spawn, points) for name in names}
    holds = {name: tuple(_holds(world, sites[name], lane, points) for lane in lanes[name]) for name in names}
    forward = {name: tuple(_forward(world, lane, spawn["ct"]) for lane in lanes[name]) for name in names}
    hides = tuple(
        point for point in points if all(math.dist(point, middle) > HIDE_AT_LEAST_U for middle in sites.values())
    )
    return Ground(lanes, holds, forward, hides or points, sites, spawn, points)


def post_plant_spots(world: World, ground: Ground, bomb: Point) -> list[Spot]:
    """Where attackers can watch a planted bomb from."""
    low, high = POST_PLANT_RANGES_U
    near = [point for point in ground.points if low < math.dist(point, bomb) < high]
    seen = _sees(world, near, [(bomb[0], bomb[1], bomb[2])] * len(near), low_end=True)
    spots = [Spot(point, bomb) for point, sees in zip(near, seen, strict=True) if sees]
    return spots or [Spot(bomb, bomb)]


def _floor_middle(world: World, name: SiteName) -> Point:
    middle = world.sites[name].middle
    areas = [world.nav.middle(number) for number in world.nav.areas]
    inside = [point for point in areas if world.sites[name].holds(point)]
    return min(inside or areas, key=lambda point: math.dist(point, middle))


def _lanes(
    world: World, name: SiteName, site: Point, spawn: Mapping[Side, Point], points: Sequence[Point]
) -> tuple[Lane, ...]:
    found: list[tuple[float, tuple[Point, ...]]] = []
    places = {world.place_at(point): point for point in points}
    direct = world.path(spawn["t"], site)
    shortest = _length(direct)
    for via in (site, *places.values()):
        path = _path_via(world, spawn["t"], via, site)
        if path is None or _length(path) > LONGEST_DETOUR * shortest:
            continue
        if _length(path) > 0.0 and not _is_theirs_first(world, via, spawn):
            found.append((_length(path), path))
    found.sort(key=lambda entry: entry[0])
    lanes: list[Lane] = []
    for length, path in found:
        lane = _lane(world, name, site, path, length)
        if all(_alike(lane.places, other.places) < SAME_LANE for other in lanes):
            lanes.append(lane)
    return tuple(lanes)


def _path_via(world: World, start: Point, via: Point, goal: Point) -> tuple[Point, ...] | None:
    try:
        return (*world.path(start, via)[:-1], *world.path(via, goal))
    except NotFoundError:
        return None


def _is_theirs_first(world: World, via: Point, spawn: Mapping[Side, Point]) -> bool:
    """Whether defenders are there long before attackers."""
    try:
        mine, theirs = _length(world.path(spawn["t"], via)), _length(world.path(spawn["ct"], via))
    except NotFoundError:
        return True
    return theirs < 0.45 * mine and mine > theirs + 1800.0


def _lane(world: World, name: SiteName, site: Point, path: tuple[Point, ...], length: float) -> Lane:
    steps = _steps(path)
    seen = _sees(world, steps, [site] * len(steps))
    entry = next((at for at, point in enumerate(steps) if _beside(world, name, point)), len(steps) - 1)
    before = range(max(0, entry - GATHER_STEPS[0]), max(0, entry - GATHER_STEPS[1]), -1)
    gather = next((at for at in before if not seen[at]), max(0, entry - sum(GATHER_STEPS) // 2))
    places = frozenset(world.places_at(np.array(steps)))
    return Lane(name, places, path, steps[gather], steps[entry], length)


def _beside(world: World, name: SiteName, point: Point) -> bool:
    """Whether a point is in a site or a few steps before it."""
    zone, margin = world.sites[name], 2.0 * STEP_U
    sides = zip(zone.low, point, zone.high, strict=True)
    return all(low - margin <= at <= high + margin for low, at, high in sides)


def _holds(world: World, site: Point, lane: Lane, points: Sequence[Point]) -> tuple[Spot, ...]:
    """Spots near a site that see the lane's last part, from neither too near nor too far."""
    near = [point for point in points if math.dist(point, site) < HOLD_REACH_U]
    steps = _steps(lane.path)
    first = min(range(len(steps)), key=lambda at: math.dist(steps[at], lane.contact))
    watched = steps[max(0, first - 6) : first + 6 : 2]
    pairs = list(itertools.product(near, watched))
    seen = _sees(world, [one for one, _ in pairs], [other for _, other in pairs])
    best: dict[Point, tuple[float, Point]] = {}
    low, high = HOLD_RANGES_U
    for (stand, watch), sees in zip(pairs, seen, strict=True):
        far = math.dist(stand, watch)
        if sees and low < far < high:
            score = abs(far - HOLD_AT_U) + 0.4 * math.dist(stand, site)
            if stand not in best or score < best[stand][0]:
                best[stand] = (score, watch)
    ranked = sorted(best.items(), key=lambda entry: entry[1][0])[:SPOTS_PER_LANE]
    return tuple(Spot(stand, watch) for stand, (_, watch) in ranked) or (Spot(site, lane.contact),)


def _forward(world: World, lane: Lane, ct_spawn: Point) -> tuple[Spot, ...]:
    """Spots along the lane itself, before the site, that look down it."""
    steps = _steps(lane.path)
    at = min(range(len(steps)), key=lambda index: math.dist(steps[index], lane.gather))
    found = []
    for stand in range(max(0, at - 10), min(len(steps), at + 8), 3):
        before = steps[max(0, stand - 24) : max(1, stand - 6)]
        seen = _sees(world, [steps[stand]] * len(before), before)
        visible = [point for point, sees in zip(before, seen, strict=True) if sees]
        if visible and math.dist(steps[stand], ct_spawn) < math.dist(steps[stand], lane.path[0]):
            found.append(Spot(steps[stand], visible[0]))
    return tuple(found)


def _sees(world: World, stands: Sequence[Point], points: Sequence[Point], *, low_end: bool = False) -> list[bool]:
    if not stands:
        return []
    starts = np.add(stands, (0.0, 0.0, EYE_U))
    ends = np.add(points, (0.0, 0.0, BOMB_EYE_U if low_end else EYE_U))
    return [bool(sees) for sees in world.line_of_sight(starts, ends)]


def _steps(path: Sequence[Point]) -> list[Point]:
    """Points along a path, `STEP_U` apart."""
    found = [path[0]]
    for start, end in itertools.pairwise(path):
        count = max(1, int(math.dist(start, end) / STEP_U))
        for number in range(1, count + 1):
            share = number / count
            x, y, z = (a + (b - a) * share for a, b in zip(start, end, strict=True))
            found.append((x, y, z))
    return found


def _length(path: Sequence[Point]) -> float:
    return sum(math.dist(one, other) for one, other in itertools.pairwise(path))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))
