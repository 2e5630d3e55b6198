"""The maps that come with Offangle, made for it."""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from offangle.core.errors import NotFoundError
from offangle.core.sides import Side
from offangle_sim.world.plan import Block, Floor, Plan, Rect
from offangle_sim.world.solids import PlanSolids
from offangle_sim.world.world import Radar, Spawn, World, Zone

_NORTH_DEG, _SOUTH_DEG = 90.0, -90.0
_ZONE_HEIGHT_U: Final = 160.0

_QUARRY_FLOORS: Final = (
    # the attackers' side, south
    Floor("TSpawn", (30, 0, 46, 8)),
    Floor("TRoad", (46, 2, 74, 7)),
    Floor("LongA", (68, 7, 74, 30)),
    Floor("LongRamp", (68, 30, 74, 36), rise=96, along="y"),
    Floor("ACliff", (68, 36, 74, 60), z=96),
    Floor("TAlley", (10, 2, 30, 7)),
    Floor("Tunnels", (4, 2, 10, 30)),
    Floor("LowerTunnels", (4, 30, 16, 44)),
    Floor("LowerExit", (6, 44, 12, 62)),
    Floor("TunnelStairs", (10, 18, 20, 22), rise=160),
    Floor("UpperTunnels", (20, 18, 24, 34), z=160, storey=1),
    Floor("UpperTunnels", (4, 34, 24, 44), z=160, storey=1),
    Floor("UpperExit", (16, 44, 20, 62), z=160, storey=1),
    # the middle, below the rest
    Floor("TopofMid", (35, 8, 41, 16)),
    Floor("TopofMid", (30, 16, 41, 20)),
    Floor("MidRamp", (30, 20, 34, 26), rise=-64, along="y"),
    Floor("Middle", (30, 26, 50, 48), z=-64),
    Floor("Connector", (50, 40, 60, 44), z=-64, rise=160),
    Floor("Connector", (60, 40, 64, 60), z=96),
    Floor("Catwalk", (22, 44, 26, 48)),
    Floor("Catwalk", (26, 44, 30, 48), rise=-64),
    Floor("Short", (22, 48, 26, 70)),
    Floor("BDoors", (20, 70, 26, 74)),
    Floor("CTMid", (40, 48, 44, 60), z=-64, rise=64, along="y"),
    Floor("Window", (36, 60, 48, 66)),
    Floor("CTPath", (36, 66, 40, 80)),
    # the sites and the defenders' side, north
    Floor("BombsiteA", (56, 60, 76, 76), z=96),
    Floor("BombsiteB", (2, 62, 20, 78)),
    Floor("CTSpawn", (34, 80, 48, 88)),
    Floor("ARamp", (48, 82, 60, 86), rise=96),
    Floor("ABack", (60, 82, 66, 86), z=96),
    Floor("ABack", (62, 76, 66, 82), z=96),
    Floor("BackAlley", (10, 82, 34, 86)),
    Floor("BackAlley", (10, 78, 14, 82)),
)
_QUARRY_BLOCKS: Final = (
    # crates and pillars of the sites
    Block((63, 66, 65, 68), 96),
    Block((70, 70, 72, 72), 48),
    Block((58, 72, 60, 73), 64),
    Block((60, 62, 61, 64), 112),
    Block((67, 64, 69, 65), 128),
    Block((8, 68, 10, 70), 96),
    Block((14, 74, 15, 76), 64),
    Block((5, 64, 6, 66), 64),
    Block((17, 70, 18, 72), 112),
    Block((12, 70, 14, 71), 112),
    # the middle
    Block((38, 34, 42, 37), 128),
    Block((46, 30, 48, 31), 64),
    Block((32, 42, 33, 43), 64),
    Block((30, 31, 34, 32), 160),
    Block((44, 38, 48, 39), 160),
    Block((34, 40, 38, 41), 160),
    Block((40, 54, 42, 55), 160),
    Block((62, 47, 64, 48), 160),
    Block((60, 53, 62, 54), 160),
    Block((44, 62, 45, 64), 64),
    # walls that stand half across long ways, so that nobody sees from one end to the other
    Block((71, 13, 74, 14), 224),
    Block((68, 20, 71, 21), 224),
    Block((71, 26, 74, 27), 224),
    Block((68, 40, 71, 41), 160),
    Block((71, 46, 74, 47), 160),
    Block((68, 53, 71, 54), 160),
    Block((4, 9, 7, 10), 160),
    Block((7, 15, 10, 16), 160),
    Block((4, 25, 7, 26), 160),
    Block((4, 33, 9, 34), 144),
    Block((10, 36, 12, 37), 112),
    Block((9, 40, 15, 41), 128),
    Block((9, 49, 12, 50), 160),
    Block((6, 55, 9, 56), 160),
    Block((24, 52, 26, 53), 160),
    Block((22, 56, 23, 58), 64),
    Block((22, 60, 24, 61), 160),
    Block((24, 66, 26, 67), 160),
    # the upper floor
    Block((20, 26, 22, 27), 128, storey=1),
    Block((12, 39, 14, 40), 112, storey=1),
    Block((18, 50, 20, 51), 128, storey=1),
    Block((16, 56, 18, 57), 128, storey=1),
)


def _quarry() -> World:
    plan = Plan(_QUARRY_FLOORS, _QUARRY_BLOCKS, origin=(38, 44))
    return World(
        name="of_quarry",
        mesh=plan.mesh(),
        solids=PlanSolids(plan),
        nav=plan.nav(),
        sites={"a": _zone(plan, (60, 64, 72, 73)), "b": _zone(plan, (5, 65, 17, 75))},
        buy_zones={"t": _zone(plan, (30, 0, 46, 8)), "ct": _zone(plan, (34, 80, 48, 88))},
        spawns={
            "t": _spawns(plan, (34, 2, 44, 6), _NORTH_DEG),
            "ct": _spawns(plan, (36, 82, 46, 86), _SOUTH_DEG),
        },
        wingman_spawns={
            "t": _spawns(plan, (4, 10, 9, 12), _NORTH_DEG),
            "ct": _spawns(plan, (22, 83, 27, 85), _SOUTH_DEG),
        },
        wingman_site="b",
        radar=Radar(pos_x=-2867.2, pos_y=2867.2, scale=5.6),
    )


def _zone(plan: Plan, rect: Rect) -> Zone:
    left, lower, right, upper = rect
    low = plan.on_floor(left, lower)
    return Zone(low, plan.point(right, upper, low[2] + _ZONE_HEIGHT_U))


def _spawns(plan: Plan, rect: Rect, yaw_deg: float) -> tuple[Spawn, ...]:
    """Two rows of five across a rectangle."""
    left, lower, right, upper = rect
    step_x, step_y = (right - left) / 5, (upper - lower) / 2
    at = [(left + step_x * (column + 0.5), lower + step_y * (row + 0.5)) for row in range(2) for column in range(5)]
    return tuple(Spawn(plan.on_floor(x, y), yaw_deg) for x, y in at)


_MAKERS: Final[Mapping[str, Callable[[], World]]] = MappingProxyType({"of_quarry": _quarry})
ARENA_NAMES: Final = tuple(_MAKERS)
SIDES: Final[tuple[Side, Side]] = ("t", "ct")


@cache
def arena(name: str = "of_quarry") -> World:
    """One of the maps that come with Offangle; made once and then kept.

    Raises:
        NotFoundError: there is no such map.
    """
    if name not in _MAKERS:
        raise NotFoundError(f"There is no map {name} of Offangle's own.", hint=f"Choose from {', '.join(ARENA_NAMES)}.")
    return _MAKERS[name]()
