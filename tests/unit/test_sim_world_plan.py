"""Walls, ledges and areas that follow from small plans."""

import pytest

from offangle.core.errors import BadInputError
from offangle_sim.world.plan import Block, Cell, Floor, Plan

EYE_U = 64.0


def plan(*floors: Floor, blocks: tuple[Block, ...] = ()) -> Plan:
    return Plan(floors, blocks, origin=(0, 0))


def sees(
    world: Plan, start: tuple[float, float], end: tuple[float, float], *, storeys: tuple[int, int] = (0, 0)
) -> bool:
    eyes = []
    for (x, y), storey in zip((start, end), storeys, strict=True):
        ground = world.on_floor(x, y, storey)
        eyes.append((ground[0], ground[1], ground[2] + EYE_U))
    return not world.mesh().blocked([eyes[0]], [eyes[1]])[0]


def places_linked(world: Plan) -> set[tuple[str, str]]:
    areas = world.nav().areas
    links = {(area.place, areas[to].place) for area in areas.values() for to in area.neighbours}
    return {link for link in links if link[0] != link[1]}


def test_rock_between_floors_blocks_sight() -> None:
    world = plan(Floor("West", (0, 0, 2, 2)), Floor("East", (3, 0, 5, 2)))
    assert not sees(world, (1, 1), (4, 1))
    assert places_linked(world) == set()


def test_floors_side_by_side_are_one_room() -> None:
    world = plan(Floor("West", (0, 0, 2, 2)), Floor("East", (2, 0, 5, 2), z=18))
    assert sees(world, (1, 1), (4, 1))
    assert places_linked(world) == {("West", "East"), ("East", "West")}


def test_a_ledge_is_dropped_from_but_not_climbed() -> None:
    world = plan(Floor("Low", (0, 0, 3, 2)), Floor("High", (3, 0, 6, 2), z=120))
    assert places_linked(world) == {("High", "Low")}
    assert sees(world, (1, 1), (3.2, 1))
    feet = [[64.0, 64.0, 10.0]]
    assert world.mesh().blocked(feet, [[256.0, 64.0, 10.0]]).all()  # the ledge's face


def test_a_fall_that_would_hurt_is_walled() -> None:
    world = plan(Floor("Low", (0, 0, 3, 2)), Floor("High", (3, 0, 6, 2), z=300))
    assert places_linked(world) == set()
    assert not sees(world, (1, 1), (3.2, 1))


def test_a_ramp_joins_two_heights() -> None:
    world = plan(Floor("Low", (0, 0, 2, 2)), Floor("Ramp", (2, 0, 4, 2), rise=128), Floor("High", (4, 0, 6, 2), z=128))
    assert places_linked(world) == {("Low", "Ramp"), ("Ramp", "Low"), ("Ramp", "High"), ("High", "Ramp")}
    assert world.nav().height_at((192.0, 64.0, 80.0)) == pytest.approx(64.0)


def test_an_upper_storey_is_the_lower_ones_ceiling() -> None:
    below, above = Floor("Below", (0, 0, 6, 2)), Floor("Above", (0, 0, 3, 2), z=160, storey=1)
    world = plan(below, above)
    assert not sees(world, (1, 1), (1.5, 1), storeys=(0, 1))
    assert sees(world, (1, 1), (5, 1))  # beneath it and out
    assert sees(world, (5, 1), (2.9, 1), storeys=(0, 1))  # up to its edge
    assert places_linked(world) == {("Above", "Below")}


def test_walls_reach_up_to_a_sloped_floor_above() -> None:
    below, above = Floor("Below", (0, 0, 6, 2)), Floor("Above", (0, 0, 6, 2), z=100, rise=192, storey=1)
    mesh = plan(below, above).mesh()
    for x in range(4, 380, 8):
        ceiling = 100.0 + x / 2.0
        assert mesh.blocked([(x, 64.0, ceiling - 1.0)], [(x, -9.0, ceiling - 1.0)]).all()


@pytest.mark.parametrize(("height_u", "seen"), [(48.0, True), (112.0, False)])
def test_blocks_are_walked_around_and_hide_what_is_lower(height_u: float, seen: bool) -> None:  # noqa: FBT001 - a table's column
    world = plan(Floor("Room", (0, 0, 5, 3)), blocks=(Block((2, 1, 3, 2), height_u),))
    assert sees(world, (1, 1.5), (4, 1.5)) is seen
    assert Cell(2, 1, 0) in world.occupied
    assert world.nav().area_at((160.0, 96.0, 0.0)) is None
    assert len(world.nav().path((32.0, 96.0, 0.0), (288.0, 96.0, 0.0))) > 2


def test_areas_cover_each_free_cell_once() -> None:
    world = plan(Floor("Room", (0, 0, 12, 7)), blocks=(Block((4, 2, 6, 3), 64),))
    areas = world.nav().areas.values()
    sizes = [(a.corners[2][0] - a.corners[0][0]) * (a.corners[2][1] - a.corners[0][1]) / 64**2 for a in areas]
    assert sum(sizes) == 12 * 7 - 2
    assert max(sizes) <= 25


def test_plans_that_cannot_be_are_refused() -> None:
    with pytest.raises(BadInputError, match="overlap"):
        plan(Floor("One", (0, 0, 2, 2)), Floor("Two", (1, 1, 3, 3)))
    with pytest.raises(BadInputError, match="without floor"):
        plan(Floor("One", (0, 0, 2, 2)), blocks=(Block((1, 1, 3, 2), 64),))
    with pytest.raises(BadInputError, match="no higher"):
        plan(Floor("Ramp", (0, 0, 4, 2), rise=128), Floor("Upper", (2, 0, 4, 2), z=128, storey=1))
