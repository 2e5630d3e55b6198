"""The maps that come with Offangle can be played on, and what a world answers."""

import itertools
import math

import numpy as np
import pytest

from offangle.core.errors import NotFoundError
from offangle.core.sides import Side
from offangle_sim.world.arena import ARENA_NAMES, SIDES, arena
from offangle_sim.world.nav import Point
from offangle_sim.world.world import RADAR_SIZE_PX, SiteName, Spawn, World

RUN_U_PER_S = 250.0
EYE_U = 64.0
SITES: tuple[SiteName, SiteName] = ("a", "b")


@pytest.fixture(params=ARENA_NAMES)
def world(request: pytest.FixtureRequest) -> World:
    return arena(request.param)


def every_spawn(world: World) -> list[tuple[Side, Spawn]]:
    return [(side, s) for kind in (world.spawns, world.wingman_spawns) for side in SIDES for s in kind[side]]


def eyes(position: Point) -> Point:
    return position[0], position[1], position[2] + EYE_U


def seconds(path: list[Point]) -> float:
    return sum(math.dist(one, other) for one, other in itertools.pairwise(path)) / RUN_U_PER_S


def test_every_area_is_reached_from_every_area(world: World) -> None:
    assert all(world.nav.reachable(number) == world.nav.areas.keys() for number in world.nav.areas)


@pytest.mark.parametrize(("side", "fastest_s", "slowest_s"), [("t", 20.0, 35.0), ("ct", 8.0, 18.0)])
def test_ways_to_the_sites_take_believable_time(world: World, side: Side, fastest_s: float, slowest_s: float) -> None:
    for spawn, site in itertools.product(world.spawns[side], SITES):
        assert fastest_s <= seconds(world.path(spawn.position, world.sites[site].middle)) <= slowest_s


def test_wingman_defenders_arrive_first(world: World) -> None:
    assert world.wingman_site is not None
    goal = world.sites[world.wingman_site].middle
    times = {side: [seconds(world.path(s.position, goal)) for s in world.wingman_spawns[side]] for side in SIDES}
    assert max(times["ct"]) + 5 < min(times["t"])


def test_spawns_stand_on_free_ground_apart_and_ten_a_side(world: World) -> None:
    for kind in (world.spawns, world.wingman_spawns):
        for side in SIDES:
            assert len(kind[side]) >= 5
            apart = [math.dist(a.position, b.position) for a, b in itertools.combinations(kind[side], 2)]
            assert min(apart) >= 48.0
    for _, spawn in every_spawn(world):
        assert world.nav.area_at(spawn.position) is not None
        assert world.ground_height(*spawn.position) == pytest.approx(spawn.position[2])


def test_spawns_do_not_see_each_other(world: World) -> None:
    for kind in (world.spawns, world.wingman_spawns):
        ends = np.array([eyes(spawn.position) for spawn in kind["ct"]])
        for spawn in kind["t"]:
            assert not world.line_of_sight(eyes(spawn.position), ends).any()


def test_spawns_do_not_see_the_sites_middles_across_the_map(world: World) -> None:
    middles = [eyes(world.sites[site].middle) for site in SITES]
    for spawn in world.spawns["t"]:
        assert not world.line_of_sight(eyes(spawn.position), middles).any()


def test_one_buys_at_ones_own_spawn_only(world: World) -> None:
    for side, other in (SIDES, SIDES[::-1]):
        for spawn in world.spawns[side]:
            assert world.can_buy_at(side, spawn.position)
            assert not world.can_buy_at(other, spawn.position)
            assert world.site_at(spawn.position) is None


def test_sites_are_where_their_places_are(world: World) -> None:
    for site in SITES:
        middle = world.sites[site].middle
        assert world.site_at(middle) == site
        assert world.place_at(middle) == f"Bombsite{site.upper()}"
        assert world.ground_height(*middle) == pytest.approx(middle[2])


def test_every_area_has_a_place_and_lies_on_the_ground(world: World) -> None:
    areas = world.nav.areas
    middles = np.array([world.nav.middle(number) for number in areas])
    assert all(area.place for area in areas.values())
    assert [world.place_at(world.nav.middle(n)) for n in areas] == [area.place for area in areas.values()]
    assert np.abs(world.ground_heights(middles) - middles[:, 2]).max() < 0.5


def test_two_floors_in_part(world: World) -> None:
    middles = [world.nav.middle(number) for number in world.nav.areas]
    lower = [world.nav.area_at((x, y, z - 100)) for x, y, z in middles]
    assert sum(number is not None for number in lower) >= 4


def test_nobody_sees_out_of_the_map(world: World) -> None:
    middles = np.array([eyes(world.nav.middle(number)) for number in world.nav.areas])
    for angle in np.linspace(0, 2 * np.pi, 37):
        far = middles + 20_000 * np.array([np.cos(angle), np.sin(angle), 0.0])
        assert not world.line_of_sight(middles, far).any()


def test_sight_goes_both_ways(world: World) -> None:
    generator = np.random.default_rng(11)
    middles = np.array([eyes(world.nav.middle(number)) for number in world.nav.areas])
    starts, ends = middles[generator.integers(0, len(middles), (2, 800))]
    seen = world.line_of_sight(starts, ends)
    assert (seen == world.line_of_sight(ends, starts)).all()
    assert 0.02 < seen.mean() < 0.4


def test_ways_keep_to_the_ground(world: World) -> None:
    generator = np.random.default_rng(2)
    for start, goal in generator.choice(sorted(world.nav.areas), (40, 2)).tolist():
        path = world.path(world.nav.middle(start), world.nav.middle(goal))
        for one, other in itertools.pairwise(path):
            for x, y, z in np.linspace(one, other, 9).tolist():
                ground = world.nav.height_at((x, y, z))
                assert ground is not None
                assert z - ground <= 18.0 or one[2] - other[2] > 100.0  # on the ground, or dropping from a ledge


def test_neighbours_meet_within_a_step_or_by_a_drop(world: World) -> None:
    for number, area in world.nav.areas.items():
        for neighbour in area.neighbours:
            for x, y, z in world.nav.portal(number, neighbour):
                corners = np.array(world.nav.areas[neighbour].corners)
                slope, *_ = np.linalg.lstsq(np.column_stack([corners[:, :2], np.ones(4)]), corners[:, 2], rcond=None)
                assert -200.0 <= slope @ (x, y, 1.0) - z <= 18.0


def test_the_radar_shows_the_whole_map(world: World) -> None:
    corners = [corner for area in world.nav.areas.values() for corner in area.corners]
    pixels = np.array([world.radar.pixel(corner) for corner in corners])
    assert pixels.min() >= 0
    assert pixels.max() <= RADAR_SIZE_PX
    north, south = (world.radar.pixel(world.spawns[side][0].position)[1] for side in ("ct", "t"))
    assert north < south


def test_nothing_is_under_the_rock(world: World) -> None:
    assert np.isnan(world.ground_heights([(9000.0, 9000.0, 0.0)])).all()
    with pytest.raises(NotFoundError, match="no ground"):
        world.ground_height(9000.0, 9000.0, 0.0)


def test_unknown_maps_are_named_with_the_known_ones() -> None:
    with pytest.raises(NotFoundError) as found:
        arena("de_nowhere")
    assert "of_quarry" in found.value.hint
