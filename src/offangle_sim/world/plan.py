"""A map's plan, floors and blocks on a grid, and the walls and areas that follow from it.

A plan says only where there is floor. What is no floor is rock: an edge of a floor that leads nowhere becomes a wall,
and an edge towards a lower floor a ledge that one can drop from.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from offangle.core.errors import BadInputError
from offangle_sim.world.geometry import TriangleMesh, Triangles, box, quad
from offangle_sim.world.nav import STEP_HEIGHT_U, NavArea, NavGraph, Point

CELL_U: Final = 64
"""Side of a cell of the grid: twice the width of a player."""
SKY_U: Final = 1024.0
"""Height up to which walls stand, so that nobody sees over them."""
DEEPEST_DROP_U: Final = 200.0
"""A ledge higher than this above the next floor is walled: falling further would hurt."""
LONGEST_AREA_CELLS: Final = 5
"""Areas longer than this are cut, so that ways are compared fairly."""

Rect: TypeAlias = tuple[int, int, int, int]
"""Left, lower, right and upper edge in cells; the right and the upper one are no part of it."""
Side: TypeAlias = tuple[int, int]
"""Where a cell's neighbour lies: a step in x or in y."""
Corners: TypeAlias = tuple[Point, ...]
_SIDES: Final[tuple[Side, ...]] = ((1, 0), (0, 1), (-1, 0), (0, -1))


@dataclass(frozen=True, slots=True)
class Floor:
    """A rectangle of floor, level or sloped.

    Attributes:
        place: What it is called.
        rect: Where it lies, in cells.
        z: Height in units; of a slope at its lower edge in x or y.
        rise: Height gained towards the right (`along` x) or upper (`along` y) edge, in units.
        along: The axis that a slope rises along.
        storey: 0, or 1 for a floor that lies above another one.
    """

    place: str
    rect: Rect
    z: float = 0.0
    rise: float = 0.0
    along: str = "x"
    storey: int = 0

    def height(self, x: float, y: float) -> float:
        """The floor's height at a point given in cells."""
        left, lower, right, upper = self.rect
        share = (x - left) / (right - left) if self.along == "x" else (y - lower) / (upper - lower)
        return self.z + self.rise * share


@dataclass(frozen=True, slots=True)
class Block:
    """Something that stands on a floor and is in the way: a crate, a wall, a pillar.

    Attributes:
        rect: Where it stands, in cells.
        height_u: Its height above the floor.
        storey: The storey of the floor it stands on.
    """

    rect: Rect
    height_u: float
    storey: int = 0


class Cell(NamedTuple):
    """A square of the grid on one storey."""

    x: int
    y: int
    storey: int


class Plan:
    """Floors and blocks, drawn into the grid."""

    def __init__(self, floors: Sequence[Floor], blocks: Sequence[Block], origin: tuple[int, int]) -> None:
        """Take a map's floors, its blocks, and the cell whose lower left corner is the world's (0, 0).

        Raises:
            BadInputError: two floors of a storey overlap, an upper floor does not lie above the lower one, or a block
                stands where there is no floor.
        """
        self.floors, self.blocks, self.origin = floors, blocks, origin
        self.floor_of: dict[Cell, Floor] = {}
        for floor in floors:
            for cell in _cells(floor.rect, floor.storey):
                if cell in self.floor_of:
                    raise BadInputError(f"{floor.place} and {self.floor_of[cell].place} overlap at {cell}; move one.")
                self.floor_of[cell] = floor
        self._check_storeys()
        self.occupied = {cell for block in blocks for cell in _cells(block.rect, block.storey)}
        if not self.occupied <= self.floor_of.keys():
            raise BadInputError(
                f"A block stands without floor at {min(self.occupied - self.floor_of.keys())}; move it."
            )

    def point(self, x: float, y: float, z: float) -> Point:
        """A point of the grid, given in cells, in the world's units."""
        return (x - self.origin[0]) * CELL_U, (y - self.origin[1]) * CELL_U, z

    def on_floor(self, x: float, y: float, storey: int = 0) -> Point:
        """The point of a floor at a point of the grid, in the world's units."""
        return self.point(x, y, self.floor_of[Cell(int(x), int(y), storey)].height(x, y))

    def mesh(self) -> TriangleMesh:
        """All triangles: floors, walls, ledges, blocks."""
        return TriangleMesh(self.triangles())

    def triangles(self) -> Triangles:
        """(2 n, 3, 3): two for each of n faces, which have four corners each."""
        floors = [self._corners(floor, floor.rect) for floor in self.floors]
        faces = [*floors, *(corners for _, _, corners in self.walls())]
        return np.concatenate([*(quad(corners) for corners in faces), *(self._block(block) for block in self.blocks)])

    def walls(self) -> Iterator[tuple[Cell, Side, Corners]]:
        """All walls and ledges: the cell that sees one, on which side of it, and its corners, two low, two high."""
        for cell in self.floor_of:
            for side in _SIDES:
                corners = self._wall(cell, side)
                if corners is not None:
                    yield cell, side, corners

    def block_heights(self, block: Block) -> tuple[float, float]:
        """Between which heights a block lies."""
        heights = [self.floor_of[cell].z for cell in _cells(block.rect, block.storey)]
        return min(heights), max(heights) + block.height_u

    def cells_of(self, block: Block) -> Iterator[Cell]:
        """The cells that a block stands on."""
        return _cells(block.rect, block.storey)

    def nav(self) -> NavGraph:
        """The areas: rectangles of free cells of one floor."""
        number_of: dict[Cell, int] = {}
        rects: list[tuple[Floor, Rect]] = []
        for cell in sorted(self.floor_of.keys() - self.occupied):
            if cell not in number_of:
                rect = self._grow(cell, number_of)
                rects.append((self.floor_of[cell], rect))
                number_of |= dict.fromkeys(_cells(rect, cell.storey), len(rects))
        links = self._links(number_of)
        return NavGraph(
            [
                NavArea(number, self._corners(floor, rect), tuple(sorted(links[number])), floor.place)
                for number, (floor, rect) in enumerate(rects, 1)
            ]
        )

    def _corners(self, floor: Floor, rect: Rect) -> Corners:
        left, lower, right, upper = rect
        around = ((left, lower), (right, lower), (right, upper), (left, upper))
        return tuple(self.point(x, y, floor.height(x, y)) for x, y in around)

    def _block(self, block: Block) -> Triangles:
        left, lower, right, upper = block.rect
        low, high = self.block_heights(block)
        return box(self.point(left, lower, low), self.point(right, upper, high))

    def _beside(self, cell: Cell, side: Side) -> Iterator[tuple[Cell, float]]:
        """The cells across an edge, and how much higher each begins."""
        first, second = _edge(cell, side)
        for storey in (0, 1):
            other = Cell(cell.x + side[0], cell.y + side[1], storey)
            if other in self.floor_of:
                rises = [self.floor_of[other].height(*at) - self.floor_of[cell].height(*at) for at in (first, second)]
                yield other, max(rises, key=abs)

    def _wall(self, cell: Cell, side: Side) -> Corners | None:
        """What stands on a cell's edge; the lower of two cells sees the ledge, the higher one sees nothing."""
        rises = [rise for _, rise in self._beside(cell, side)]
        if any(abs(rise) <= STEP_HEIGHT_U for rise in rises):
            return None
        higher = [rise for rise in rises if rise > 0.0]
        if not higher and any(rise >= -DEEPEST_DROP_U for rise in rises):
            return None
        first, second = _edge(cell, side)
        floor = self.floor_of[cell]
        low = floor.height(*first), floor.height(*second)
        top = max(low) + min(higher) if higher else SKY_U
        ends = [self._ceiling(cell, second, top), self._ceiling(cell, first, top)]
        points = zip((first, second, second, first), (*low, *ends), strict=True)
        return tuple(self.point(*at, height) for at, height in points)

    def _ceiling(self, cell: Cell, at: tuple[int, int], top: float) -> float:
        """The height at a corner at which the floor above ends a wall that would go up to `top`."""
        above = self.floor_of.get(cell._replace(storey=1)) if cell.storey == 0 else None
        return top if above is None else min(top, above.height(*at))

    def _check_storeys(self) -> None:
        for cell, above in self.floor_of.items():
            below = self.floor_of.get(cell._replace(storey=0)) if cell.storey else None
            if below is not None and any(above.height(*at) <= below.height(*at) for at in _around(cell)):
                raise BadInputError(f"{above.place} lies no higher than {below.place} at {cell}; raise it.")

    def _grow(self, cell: Cell, taken: dict[Cell, int]) -> Rect:
        """The rectangle of free cells of one floor that begins at its lower left cell."""
        floor = self.floor_of[cell]

        def is_free(rect: Rect) -> bool:
            return all(
                self.floor_of.get(at) is floor and at not in self.occupied and at not in taken
                for at in _cells(rect, cell.storey)
            )

        width = height = 1
        while height < LONGEST_AREA_CELLS and is_free((cell.x, cell.y, cell.x + 1, cell.y + height + 1)):
            height += 1
        while width < LONGEST_AREA_CELLS and is_free((cell.x, cell.y, cell.x + width + 1, cell.y + height)):
            width += 1
        return cell.x, cell.y, cell.x + width, cell.y + height

    def _links(self, number_of: dict[Cell, int]) -> dict[int, set[int]]:
        links: dict[int, set[int]] = defaultdict(set)
        for cell, number in number_of.items():
            for side in _SIDES:
                links[number] |= {number_of[other] for other in self._ways(cell, side) if other in number_of} - {number}
        return links

    def _ways(self, cell: Cell, side: Side) -> list[Cell]:
        """Where one gets to over a cell's edge: level ground if there is any, else down from a ledge."""
        beside = list(self._beside(cell, side))
        level = [other for other, rise in beside if abs(rise) <= STEP_HEIGHT_U]
        if level or any(rise > 0.0 for _, rise in beside):
            return level
        return [other for other, rise in beside if rise >= -DEEPEST_DROP_U]


def _cells(rect: Rect, storey: int) -> Iterator[Cell]:
    left, lower, right, upper = rect
    for x in range(left, right):
        for y in range(lower, upper):
            yield Cell(x, y, storey)


def _around(cell: Cell) -> Iterator[tuple[int, int]]:
    """A cell's corners."""
    return ((cell.x + right, cell.y + upper) for right in (0, 1) for upper in (0, 1))


def _edge(cell: Cell, side: Side) -> tuple[tuple[int, int], tuple[int, int]]:
    """Both ends of a cell's edge, in cells."""
    x, y = cell.x + (side[0] == 1), cell.y + (side[1] == 1)
    return (x, y), (x + (side[0] == 0), y + (side[1] == 0))
