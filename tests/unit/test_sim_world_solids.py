"""What blocks on maps made from plans: the same as their triangles say, and as slow definitions say."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offangle.core.errors import BadInputError
from offangle_sim.world.arena import arena
from offangle_sim.world.geometry import Floats, TriangleMesh
from offangle_sim.world.panels import panels_of
from offangle_sim.world.plan import CELL_U, Block, Cell, Floor, Plan
from offangle_sim.world.solids import MeshSolids, PlanSolids, ground_heights
from offangle_sim.world.world import World

SAME_PLACE_U = 1e-6
"""Hits are as near to each other as this. Heights of the plans here are whole in float32, so the mesh's corners are
exact. Whether a segment that comes nearer than this to a face's edge touches it may differ: faces of `PlanSolids` are
1e-6 units larger, so that rounding leaves no gap. Segments with random ends never come so near."""
TILES = 3
TILE_CELLS = 2
HEIGHTS = (-64.0, 0.0, 16.0, 32.0, 128.0, 320.0)
LENGTHS = st.integers(1, 2)
BLOCK_HEIGHTS = st.sampled_from((16.0, 64.0, 160.0))
RISES = (0.0, 0.0, -64.0, 32.0, 128.0)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Three by three rooms of two by two cells, on two storeys, some of them sloped, with blocks."""
    floors, blocks = [Floor("Start", (0, 0, 2, 2))], []
    for x, y in itertools.product(range(0, TILES * TILE_CELLS, TILE_CELLS), repeat=2):
        rect = (x, y, x + TILE_CELLS, y + TILE_CELLS)
        below = floors[0] if (x, y) == (0, 0) else draw(rooms(rect, -320.0))
        least_z = -320.0 if below is None else below.z + max(below.rise, 0.0) + 32.0
        above = draw(rooms(rect, least_z, storey=1))
        floors += [floor for floor in (below, above) if floor is not None and floor is not floors[0]]
        standing = [floor.storey for floor in (below, above) if floor is not None and draw(st.booleans())]
        blocks += [Block((x, y, x + 1, y + draw(LENGTHS)), draw(BLOCK_HEIGHTS), storey) for storey in standing]
    return Plan(floors, blocks, origin=(draw(st.integers(0, 6)), draw(st.integers(0, 6))))


@st.composite
def rooms(draw: st.DrawFn, rect: tuple[int, int, int, int], least_z: float, storey: int = 0) -> Floor | None:
    if draw(st.integers(0, 3)) == 0:
        return None
    z, rise = draw(st.sampled_from(HEIGHTS)), draw(st.sampled_from(RISES))
    return Floor("Room", rect, max(z, least_z - min(rise, 0.0)), rise, draw(st.sampled_from("xy")), storey)


def corners(plan: Plan) -> tuple[Floats, Floats]:
    size = TILES * TILE_CELLS
    return np.array(plan.point(-1, -1, -200.0)), np.array(plan.point(size + 1, size + 1, 700.0))


def assert_same_hits(solids: PlanSolids, mesh: TriangleMesh, starts: Floats, ends: Floats) -> None:
    found, expected = solids.first_hits(starts, ends), mesh.first_hits(starts, ends).fraction
    met = np.isfinite(expected)
    assert (np.isfinite(found) == met).all()
    lengths = np.linalg.norm(ends - starts, axis=1)
    assert (np.abs(found[met] - expected[met]) * lengths[met] < SAME_PLACE_U).all()
    assert (solids.blocked(starts, ends) == met).all()


@settings(max_examples=60, deadline=None)
@given(plans(), st.integers(0, 2**32))
def test_segments_hit_what_they_hit_in_the_mesh(plan: Plan, seed: int) -> None:
    starts, ends = np.random.default_rng(seed).uniform(*corners(plan), (2, 60, 3))
    assert_same_hits(PlanSolids(plan), plan.mesh(), starts, ends)


@settings(max_examples=60, deadline=None)
@given(plans(), st.integers(0, 2**32))
def test_segments_along_an_axis_hit_what_they_hit_in_the_mesh(plan: Plan, seed: int) -> None:
    generator = np.random.default_rng(seed)
    starts, ends = generator.uniform(*corners(plan), (2, 60, 3))
    kept = generator.permuted(np.tile([True, True, False], (60, 1)), axis=1)
    assert_same_hits(PlanSolids(plan), plan.mesh(), starts, np.where(kept, starts, ends))


@pytest.fixture(scope="module")
def world() -> World:
    return arena("of_quarry")


def around_ground(world: World, count: int, seed: int) -> Floats:
    """Points near the middles of areas, from a little below the ground to above the head."""
    generator = np.random.default_rng(seed)
    middles = np.array([world.nav.middle(number) for number in world.nav.areas])
    spread = generator.uniform((-200.0, -200.0, -20.0), (200.0, 200.0, 120.0), (count, 3))
    return middles[generator.integers(0, len(middles), count)] + spread


def test_the_quarry_blocks_what_its_mesh_blocks(world: World) -> None:
    assert isinstance(world.solids, PlanSolids)
    starts, ends = around_ground(world, 3000, 1), around_ground(world, 3000, 2)
    assert_same_hits(world.solids, world.mesh, starts, ends)
    assert 0.5 < world.solids.blocked(starts, ends).mean() < 0.99
    near = starts + np.random.default_rng(3).normal(0.0, 120.0, starts.shape)
    assert_same_hits(world.solids, world.mesh, starts, near)


@pytest.fixture(scope="module")
def yard() -> Plan:
    """From west to east: a room under an upper floor, a doorway, a yard with a block, a ledge, and a ramp."""
    return Plan(
        [
            Floor("Under", (0, 0, 4, 4)),
            Floor("Upper", (0, 0, 4, 4), z=160, storey=1),
            Floor("Doorway", (4, 1, 5, 2)),
            Floor("Yard", (5, 0, 9, 4)),
            Floor("Ledge", (9, 0, 11, 4), z=120),
            Floor("Ramp", (11, 0, 15, 4), z=120, rise=128),
        ],
        [Block((6, 1, 8, 3), 64)],
        origin=(0, 0),
    )


SEGMENTS = {
    "through the doorway": ((100, 96, 50), (350, 96, 50), None),
    "beside the doorway": ((100, 200, 50), (350, 200, 50), (256, 200, 50)),
    "from the doorway's side": ((288, 96, 50), (288, 300, 50), (288, 128, 50)),
    "under the upper floor": ((10, 10, 150), (250, 250, 150), None),
    "over the upper floor": ((10, 10, 170), (250, 250, 170), None),
    "down through the upper floor": ((30, 30, 200), (30, 30, 100), (30, 30, 160)),
    "up through the upper floor": ((30, 30, 100), (30, 30, 200), (30, 30, 160)),
    "within the upper floor's plane": ((10, 10, 160), (250, 200, 160), None),
    "against the block": ((350, 96, 50), (550, 96, 50), (384, 96, 50)),
    "over the block": ((350, 96, 70), (550, 96, 70), None),
    "onto the block": ((448, 128, 100), (448, 128, 10), (448, 128, 64)),
    "out of the block": ((448, 128, 30), (448, 250, 30), (448, 192, 30)),
    "against the ledge": ((550, 100, 60), (700, 100, 60), (576, 100, 60)),
    "over the ledge": ((550, 100, 130), (700, 100, 130), None),
    "along the ledge, before it": ((570, 10, 60), (570, 250, 60), None),
    "along the ledge, in its plane": ((576, 10, 60), (576, 250, 60), None),
    "up the ramp": ((650, 100, 180), (900, 100, 270), None),
    "into the ramp": ((650, 100, 150), (950, 100, 150), (764, 100, 150)),
    "down onto the ramp": ((832, 100, 400), (832, 100, 0), (832, 100, 184)),
    "no length": ((300, 96, 50), (300, 96, 50), None),
    "no length, on the ground": ((300, 96, 0), (300, 96, 0), None),
    "ends on the ground": ((300, 96, 50), (300, 96, 0), (300, 96, 0)),
    "starts on the ground": ((300, 96, 0), (300, 96, 50), (300, 96, 0)),
    "ends before a wall": ((350, 200, 50), (320.001, 200, 50), None),
    "ends on a wall": ((350, 200, 50), (320, 200, 50), (320, 200, 50)),
    "leaves the map": ((350, 30, 50), (350, -9000, 50), (350, 0, 50)),
    "leaves over the walls": ((350, 30, 1000), (350, -90, 1100), None),
    "through the corner of a room": ((310, 10, 50), (330, -10, 50), (320, 0, 50)),
    "far outside": ((-5000, -5000, 0), (-4000, -5000, 0), None),
}


@pytest.mark.parametrize(("start", "end", "met_at"), SEGMENTS.values(), ids=SEGMENTS)
def test_edges(
    yard: Plan,
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    met_at: tuple[float, float, float] | None,
) -> None:
    solids = PlanSolids(yard)
    assert solids.blocked(start, end).tolist() == yard.mesh().blocked(start, end).tolist() == [met_at is not None]
    (fraction,) = solids.first_hits(start, end)
    if met_at is None:
        assert fraction == np.inf
    else:
        assert np.array(start) + np.subtract(end, start) * fraction == pytest.approx(np.array(met_at))


def test_one_point_may_stand_against_many(yard: Plan) -> None:
    solids = PlanSolids(yard)
    ends = [(350.0, 96.0, 50.0), (350.0, 200.0, 50.0)]
    assert solids.blocked((100.0, 96.0, 50.0), ends).tolist() == [False, True]
    assert solids.first_hits(np.empty((0, 3)), np.empty((0, 3))).shape == (0,)
    with pytest.raises(BadInputError, match="give"):
        solids.blocked([(0.0, 0.0)], [(1.0, 1.0)])


def test_more_segments_than_are_worked_on_together(world: World) -> None:
    starts, ends = around_ground(world, 700, 5), around_ground(world, 700, 6)
    together = world.solids.first_hits(starts, ends)
    assert together.tolist() == [float(world.solids.first_hits(*pair)[0]) for pair in zip(starts, ends, strict=True)]


@pytest.mark.parametrize(
    ("point", "is_solid"),
    [
        ((100, 100, 50), False),
        ((100, 100, -1), True),
        ((100, 100, 0), False),  # on the ground
        ((100, 100, 159), False),
        ((100, 100, 161), False),  # an upper floor is thin
        ((448, 128, 30), True),  # in the block
        ((448, 128, 64), False),  # on it
        ((650, 100, 119), True),  # behind the ledge's face
        ((650, 100, 121), False),
        ((832, 100, 183), True),  # in the ramp
        ((832, 100, 185), False),
        ((288, 200, 50), True),  # beside the doorway
        ((-1, 100, 50), True),
        ((5000, 100, 50), True),
    ],
)
def test_points_in_solid_ground(yard: Plan, point: tuple[float, float, float], is_solid: bool) -> None:  # noqa: FBT001 - a table's column
    assert PlanSolids(yard).is_solid(*point) is is_solid


def slow_is_solid(plan: Plan, x: float, y: float, z: float) -> bool:
    column, row = x / CELL_U + plan.origin[0], y / CELL_U + plan.origin[1]
    cells = [Cell(int(column // 1), int(row // 1), storey) for storey in (0, 1)]
    heights = [plan.floor_of[cell].height(column, row) for cell in cells if cell in plan.floor_of]
    if not heights or z < min(heights):
        return True
    here = [block for block in plan.blocks if set(plan.cells_of(block)) & set(cells)]
    return any(low < z < high for low, high in map(plan.block_heights, here))


@settings(max_examples=60, deadline=None)
@given(plans(), st.integers(0, 2**32))
def test_points_are_solid_where_the_plan_has_no_room(plan: Plan, seed: int) -> None:
    solids, points = PlanSolids(plan), np.random.default_rng(seed).uniform(*corners(plan), (80, 3)).tolist()
    assert [solids.is_solid(*point) for point in points] == [slow_is_solid(plan, *point) for point in points]


@settings(max_examples=60, deadline=None)
@given(plans(), st.integers(0, 2**32))
def test_ground_is_the_first_thing_below(plan: Plan, seed: int) -> None:
    solids, generator = PlanSolids(plan), np.random.default_rng(seed)
    points = generator.uniform(*corners(plan), (80, 3))
    points[:20, 0] -= points[:20, 0] % CELL_U  # on borders of cells
    points[10:30, 1] -= points[10:30, 1] % CELL_U
    assert_same_heights(
        [solids.ground_height(*point) for point in points.tolist()], ground_heights(plan.mesh(), points)
    )


def assert_same_heights(found: list[float | None], expected: Floats) -> None:
    assert [height is None for height in found] == np.isnan(expected).tolist()
    heights = np.array([np.nan if height is None else height for height in found])
    assert heights == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_the_quarrys_ground_is_that_of_its_mesh(world: World) -> None:
    points = around_ground(world, 1500, 7)
    assert_same_heights([world.solids.ground_height(*point) for point in points.tolist()], world.ground_heights(points))


@pytest.mark.parametrize(
    ("feet", "radius_u", "fits"),
    [
        ((160, 96, 0), 16, True),
        ((16, 96, 0), 16, True),  # touches the wall
        ((15.9, 96, 0), 16, False),
        ((240, 96, 0), 16, True),
        ((288, 96, 0), 16, True),  # in the doorway
        ((288, 113, 0), 16, False),
        ((256, 96, 0), 16, True),
        ((250, 113, 0), 16, False),  # beside the doorway's edge
        ((368, 128, 0), 16, True),  # beside the block
        ((369, 128, 0), 16, False),
        ((448, 128, 64), 16, True),  # on the block
        ((384, 128, 64), 16, True),  # partly over its edge: a drop is fine
        ((384, 128, 45), 16, False),
        ((384, 128, 46), 16, True),  # a step below its top
        ((560, 96, 0), 16, True),  # before the ledge
        ((561, 96, 0), 16, False),
        ((570, 96, 120), 16, True),  # over its edge
        ((100, 100, 160), 16, True),  # on the upper floor
        ((100, 100, 100), 16, False),  # with the head in it
        ((100, 100, 88), 16, True),
        ((832, 100, 184), 16, True),  # on the ramp
        ((300, 500, 0), 16, False),  # in rock
        ((160, 96, -100), 16, False),  # below the ground
        ((160, 96, 0), 90, True),
        ((160, 96, 0), 97, False),
    ],
)
def test_where_a_body_fits(yard: Plan, feet: tuple[float, float, float], radius_u: float, fits: bool) -> None:  # noqa: FBT001 - a table's column
    assert PlanSolids(yard).can_stand(*feet, radius_u) is fits


def test_a_wall_between_two_floors_is_in_the_way_on_both() -> None:
    solids = PlanSolids(Plan([Floor("Low", (0, 0, 3, 2)), Floor("High", (3, 0, 6, 2), z=300)], [], origin=(0, 0)))
    assert not solids.can_stand(200, 64, 300, 16)  # a fall of 300 units is walled
    assert solids.can_stand(208, 64, 300, 16)
    assert not solids.can_stand(180, 64, 0, 16)
    assert solids.can_stand(176, 64, 0, 16)


def samples(low: float, high: float) -> list[float]:
    """Both ends, the middle, and both sides of each border of cells between."""
    borders = [at * CELL_U for at in range(int(low // CELL_U), int(high // CELL_U) + 2)]
    inside = [at + off for at in borders for off in (-0.01, 0.01) if low < at + off < high]
    return sorted({low, (low + high) / 2, high, *inside})


def slow_can_stand(plan: Plan, mesh: TriangleMesh, feet: tuple[float, float, float], radius_u: float) -> bool:
    """No point of the body in rock or a block, nothing met on upright or level lines through it."""
    x, y, z = feet
    low, high, reach = z + 18.01, z + 71.99, radius_u - 0.01
    xs, ys, heights = samples(x - reach, x + reach), samples(y - reach, y + reach), np.linspace(low, high, 12).tolist()
    if any(slow_is_solid(plan, *at, height) for at in itertools.product(xs, ys) for height in (low, high)):
        return False
    lines = list(itertools.chain(upright(xs, ys, low, high), level(xs, ys, heights)))
    return not mesh.blocked([one for one, _ in lines], [other for _, other in lines]).any()


Line = tuple[tuple[float, float, float], tuple[float, float, float]]


def upright(xs: list[float], ys: list[float], low: float, high: float) -> Iterator[Line]:
    for x, y in itertools.product(xs, ys):
        yield (x, y, low), (x, y, high)


def level(xs: list[float], ys: list[float], heights: list[float]) -> Iterator[Line]:
    for z in heights:
        yield from (((xs[0], y, z), (xs[-1], y, z)) for y in ys)
        yield from (((x, ys[0], z), (x, ys[-1], z)) for x in xs)


@settings(max_examples=60, deadline=None)
@given(plans(), st.integers(0, 2**32))
def test_bodies_fit_where_nothing_of_them_meets_anything(plan: Plan, seed: int) -> None:
    solids, mesh, generator = PlanSolids(plan), plan.mesh(), np.random.default_rng(seed)
    for cell in sorted(plan.floor_of)[:: len(plan.floor_of) // 8 + 1]:
        at = cell.x + generator.uniform(), cell.y + generator.uniform()
        x, y, z = plan.on_floor(*at, cell.storey)
        feet = x, y, z + float(generator.choice([0.0, 3.5, -9.5, 50.5, 90.5, -40.5]))
        radius_u = float(generator.choice([8.0, 16.0, 24.0, 50.0]))
        assert solids.can_stand(*feet, radius_u) is slow_can_stand(plan, mesh, feet, radius_u), (feet, radius_u)


@pytest.fixture(scope="module")
def asked_of_mesh(world: World) -> MeshSolids:
    return MeshSolids(world.mesh, world.nav)


def test_a_mesh_alone_answers_the_same_on_the_ground(world: World, asked_of_mesh: MeshSolids) -> None:
    starts, ends = around_ground(world, 120, 8), around_ground(world, 120, 9)
    assert (asked_of_mesh.blocked(starts, ends) == world.mesh.blocked(starts, ends)).all()
    assert (asked_of_mesh.first_hits(starts, ends) == world.mesh.first_hits(starts, ends).fraction).all()
    for x, y, _ in starts.tolist():
        ground = world.nav.height_at((x, y, 400.0))
        if ground is None:
            continue
        assert asked_of_mesh.ground_height(x, y, ground) == pytest.approx(ground, abs=1e-3)
        fits = world.solids.can_stand(x, y, ground, 16.0)
        assert asked_of_mesh.can_stand(x, y, ground, 16.0) is fits
        assert not asked_of_mesh.is_solid(x, y, ground + 40.0)
        assert asked_of_mesh.is_solid(x, y, ground - 40.0) is world.solids.is_solid(x, y, ground - 40.0)


def test_a_mesh_alone_knows_rock_and_blocks(asked_of_mesh: MeshSolids, world: World) -> None:
    for x, y in ((64.0, 67.0), (9.0, 69.0), (40.0, 35.5)):  # blocks of both sites and the middle, in cells
        at = (x - 38) * CELL_U, (y - 44) * CELL_U
        bottom = world.solids.ground_height(*at, -64.0) or 0.0
        assert world.solids.is_solid(*at, bottom + 30.0)
        assert asked_of_mesh.is_solid(*at, bottom + 30.0)
    assert asked_of_mesh.is_solid(9000.0, 9000.0, 0.0)
    assert asked_of_mesh.ground_height(9000.0, 9000.0, 0.0) is None
    assert not asked_of_mesh.can_stand(9000.0, 9000.0, 0.0, 16.0)


def test_faces_that_go_on_are_one() -> None:
    room = Plan([Floor("Room", (0, 0, 5, 3)), Floor("Ramp", (5, 0, 9, 3), rise=128)], [], origin=(0, 0))
    faces = len(panels_of(room.triangles()).offset)
    assert faces == 2 + 2 + 4  # floors, walls in the west and the east, walls beside the room and beside the ramp
    assert len(room.triangles()) == 2 * (2 + 3 + 3 + 2 * 5 + 2 * 4)
