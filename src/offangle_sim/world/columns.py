"""What a plan's map holds over each cell of its grid: where it is solid, and where a body has room."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, product
from math import ceil, floor, inf
from typing import Final, NamedTuple, TypeAlias

from offangle_sim.world.nav import STEP_HEIGHT_U, Point
from offangle_sim.world.plan import CELL_U, Cell, Floor, Plan

BODY_HEIGHT_U: Final = 72.0
"""How tall a player stands."""
SLACK_U: Final = 1e-3
"""A body that reaches less than this into a wall only touches it."""

Key: TypeAlias = tuple[float, float]
"""A cell of the world's grid: x and y in cells, rounded down."""
Rect: TypeAlias = tuple[float, float, float, float]
"""Left, lower, right and upper edge in units."""
Span: TypeAlias = tuple[float, float]
"""A lower and an upper height."""


class Surface(NamedTuple):
    """A height over the ground plan: slope_x x + slope_y y + offset."""

    slope_x: float
    slope_y: float
    offset: float

    def at(self, x: float, y: float) -> float:
        """The height at a point."""
        return self.slope_x * x + self.slope_y * y + self.offset

    def span(self, rect: Rect) -> Span:
        """The least and the greatest height over a rectangle."""
        left, lower, right, upper = rect
        middle = self.at((left + right) / 2.0, (lower + upper) / 2.0)
        half = (abs(self.slope_x) * (right - left) + abs(self.slope_y) * (upper - lower)) / 2.0
        return middle - half, middle + half


@dataclass(frozen=True, slots=True)
class Column:
    """What lies over one cell.

    Attributes:
        floors: The lowest first; all below that one is rock.
        blocks: Lower and upper height of each.
        surfaces: All that can be met from above: floors, tops and bottoms of blocks.
    """

    floors: tuple[Surface, ...]
    blocks: tuple[Span, ...]
    surfaces: tuple[Surface, ...]

    def ground(self, x: float, y: float, highest: float) -> float | None:
        """The height of the first surface at or below a height."""
        found = None
        for slope_x, slope_y, offset in self.surfaces:
            height = slope_x * x + slope_y * y + offset
            if height <= highest and (found is None or height > found):
                found = height
        return found

    def has_room(self, rect: Rect, room: Span) -> bool:
        """Whether nothing is over a part of the cell between two heights, and a floor below them."""
        low, high = room
        if any(bottom < high and top > low for bottom, top in self.blocks):
            return False
        is_over_floor = False
        for surface in self.floors:
            least, most = surface.span(rect)
            if most > low and least < high:
                return False
            is_over_floor = is_over_floor or most <= low
        return is_over_floor


class Wall(NamedTuple):
    """A wall without rock behind it: its lower and its upper edge."""

    low: Surface
    high: Surface


@dataclass(frozen=True, slots=True)
class Columns:
    """All cells of a plan's map, in the world's grid.

    Attributes:
        columns: What lies over each cell; rock where there is none.
        walls: Walls between two open cells, by axis (0: x is the same all along) and the cell whose left or lower edge
            they stand on.
        open_between: Feet between these heights have room anywhere in the cell; elsewhere it depends.
    """

    columns: Mapping[Key, Column]
    walls: Mapping[tuple[int, Key], tuple[Wall, ...]]
    open_between: Mapping[Key, tuple[Span, ...]]

    def is_solid(self, x: float, y: float, z: float) -> bool:
        """Whether a point lies in rock or a block; on the border of cells the right and the upper one decides."""
        column = self.columns.get((x // CELL_U, y // CELL_U))
        if column is None:
            return True
        slope_x, slope_y, offset = column.floors[0]
        if z < slope_x * x + slope_y * y + offset:
            return True
        return any(low < z < high for low, high in column.blocks) if column.blocks else False

    def ground_height(self, x: float, y: float, z: float) -> float | None:
        """The height of the first thing at most a step above; on the border of cells the highest of all of them."""
        left, lower = x // CELL_U, y // CELL_U
        if left * CELL_U == x or lower * CELL_U == y:
            return self._ground_at_border(x, y, z)
        column = self.columns.get((left, lower))
        if column is None:
            return None
        if len(column.surfaces) == 1:
            slope_x, slope_y, offset = column.surfaces[0]
            height = slope_x * x + slope_y * y + offset
            return height if height <= z + STEP_HEIGHT_U else None
        return column.ground(x, y, z + STEP_HEIGHT_U)

    def can_stand(self, x: float, y: float, z: float, radius_u: float) -> bool:
        """Whether a body fits in, a square of twice the radius and a standing player's height less a step."""
        reach = max(radius_u - SLACK_U, 0.0)
        square = x - reach, y - reach, x + reach, y + reach
        if reach < CELL_U / 2.0 and self._is_open(*square, z):
            return True
        room = z + STEP_HEIGHT_U + SLACK_U, z + BODY_HEIGHT_U
        for cell in _cells(square):
            column = self.columns.get(cell)
            if column is None or not column.has_room(_within(square, cell), room):
                return False
        return not self.walls or self._is_clear_of_walls(square, room)

    def _is_open(self, left: float, lower: float, right: float, upper: float, z: float) -> bool:
        """Whether a body as small as a cell has room in each cell that it reaches into, wherever it stands there."""
        left, lower, right, upper = left // CELL_U, lower // CELL_U, right // CELL_U, upper // CELL_U
        cells = ((left, lower),) if left == right and lower == upper else product({left, right}, {lower, upper})
        for cell in cells:
            for low, high in self.open_between.get(cell, ()):
                if low <= z <= high:
                    break
            else:
                return False
        return True

    def _ground_at_border(self, x: float, y: float, z: float) -> float | None:
        keys = product({(x - SLACK_U) // CELL_U, x // CELL_U}, {(y - SLACK_U) // CELL_U, y // CELL_U})
        heights = [self.columns[key].ground(x, y, z + STEP_HEIGHT_U) for key in keys if key in self.columns]
        return max((height for height in heights if height is not None), default=None)

    def _is_clear_of_walls(self, square: Rect, room: Span) -> bool:
        left, lower = floor(square[0] / CELL_U), floor(square[1] / CELL_U)
        for cell in _cells(square):
            inside = [axis for axis, begins in ((0, cell[0] > left), (1, cell[1] > lower)) if begins]
            walls = [wall for axis in inside for wall in self.walls.get((axis, cell), ())]
            if any(_stands_in(wall, _within(square, cell), room) for wall in walls):
                return False
        return True


def columns_of(plan: Plan) -> Columns:
    """What a plan's map holds over each cell."""
    floors: dict[Key, list[Surface]] = defaultdict(list)
    blocks: dict[Key, list[Span]] = defaultdict(list)
    for cell in sorted(plan.floor_of, key=lambda cell: cell.storey):
        floors[_key(plan, cell)].append(_surface(plan, plan.floor_of[cell]))
    for block in plan.blocks:
        for cell in plan.cells_of(block):
            blocks[_key(plan, cell)].append(plan.block_heights(block))
    columns = {key: _column(floors[key], blocks[key]) for key in floors}
    walls = _walls(plan, columns)
    return Columns(columns, walls, _open_between(columns, walls))


def _key(plan: Plan, cell: Cell) -> Key:
    return cell.x - plan.origin[0], cell.y - plan.origin[1]


def _surface(plan: Plan, level: Floor) -> Surface:
    left, lower, right, upper = level.rect
    x, y, z = plan.point(left, lower, level.z)
    if level.along == "x":
        slope = level.rise / ((right - left) * CELL_U)
        return Surface(slope, 0.0, z - slope * x)
    slope = level.rise / ((upper - lower) * CELL_U)
    return Surface(0.0, slope, z - slope * y)


def _column(floors: Iterable[Surface], blocks: Iterable[Span]) -> Column:
    edges = [Surface(0.0, 0.0, height) for span in blocks for height in span]
    return Column(tuple(floors), tuple(blocks), (*floors, *edges))


def _walls(plan: Plan, columns: Mapping[Key, Column]) -> Mapping[tuple[int, Key], tuple[Wall, ...]]:
    """The walls of a plan that are not the face of the rock behind them."""
    found: dict[tuple[int, Key], tuple[Wall, ...]] = {}
    for cell, (step_x, step_y), corners in plan.walls():
        x, y = _key(plan, cell)
        beyond = columns.get((x + step_x, y + step_y))
        if beyond is not None and any(beyond.floors[0].at(*top[:2]) < top[2] - SLACK_U for top in corners[2:]):
            axis = 0 if step_x else 1
            at = axis, (max(x, x + step_x), max(y, y + step_y))
            found[at] = (*found.get(at, ()), Wall(_between(axis, *corners[:2]), _between(axis, *corners[2:])))
    return found


def _between(axis: int, one: Point, other: Point) -> Surface:
    """The height of the straight line between two points over a grid line."""
    along = 1 - axis
    slope = (other[2] - one[2]) / (other[along] - one[along])
    return Surface(slope if axis else 0.0, 0.0 if axis else slope, one[2] - slope * one[along])


def _open_between(
    columns: Mapping[Key, Column], walls: Mapping[tuple[int, Key], tuple[Wall, ...]]
) -> Mapping[Key, tuple[Span, ...]]:
    """Heights at which a whole cell is open: above a floor, and below what comes next; none beside a wall."""
    walled = {key for (axis, (x, y)) in walls for key in ((x, y), (x - (axis == 0), y - (axis == 1)))}
    return {key: _open_spans(key, column) for key, column in columns.items() if key not in walled}


def _open_spans(key: Key, column: Column) -> tuple[Span, ...]:
    floors = [floor.span(_rect(key)) for floor in column.floors]
    lowest = min(most for _, most in floors)
    things = sorted([*floors, *column.blocks])
    found, top = [], -inf
    for (_, most), (bottom, _) in pairwise([*things, (inf, inf)]):
        top = max(top, most)
        low, high = top - STEP_HEIGHT_U, bottom - BODY_HEIGHT_U - SLACK_U
        if top >= lowest and low <= high:
            found.append((low, high))
    return tuple(found)


def _cells(square: Rect) -> Iterator[Key]:
    """The cells that a square reaches into."""
    left, lower = floor(square[0] / CELL_U), floor(square[1] / CELL_U)
    right, upper = max(left + 1, ceil(square[2] / CELL_U)), max(lower + 1, ceil(square[3] / CELL_U))
    return product(range(left, right), range(lower, upper))


def _rect(cell: Key) -> Rect:
    x, y = cell
    return x * CELL_U, y * CELL_U, (x + 1) * CELL_U, (y + 1) * CELL_U


def _within(square: Rect, cell: Key) -> Rect:
    """The part of a square that lies in a cell."""
    left, lower, right, upper = _rect(cell)
    return max(square[0], left), max(square[1], lower), min(square[2], right), min(square[3], upper)


def _stands_in(wall: Wall, rect: Rect, room: Span) -> bool:
    return wall.low.span(rect)[0] < room[1] and wall.high.span(rect)[1] > room[0]
