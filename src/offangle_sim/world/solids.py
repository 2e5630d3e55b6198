"""What stands in the way: walls, rock, blocks and floors, for sight, bullets, grenades and bodies.

`PlanSolids` answers from a plan's few faces and its grid, `MeshSolids` from the triangles of any map.
"""

from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from offangle_sim.world.columns import BODY_HEIGHT_U, SLACK_U, columns_of
from offangle_sim.world.geometry import Booleans, Floats, TriangleMesh, as_points
from offangle_sim.world.nav import STEP_HEIGHT_U, NavGraph
from offangle_sim.world.panels import panels_of
from offangle_sim.world.plan import Plan

DEEPEST_FALL_U: Final = 8192.0
"""How far down ground is looked for."""
_UP: Final = np.array([0.0, 0.0, 1.0])
_AROUND: Final = np.array([(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)], dtype=np.float64)
"""The middles of a square's sides and its corners, in order around."""


class Solids(Protocol):
    """What stands in the way on one map. Positions in units; z of a body is that of its feet."""

    def __hash__(self) -> int:
        """By identity: what was worked out on a map is remembered by it."""

    def first_hits(self, starts: npt.ArrayLike, ends: npt.ArrayLike) -> Floats:
        """Where each segment first meets something: (n, 3) and (n, 3) to (n,).

        From 0 at the start to 1 at the end; inf where nothing is met. One point may stand against many. What touches
        something meets it.
        """

    def blocked(self, starts: npt.ArrayLike, ends: npt.ArrayLike) -> Booleans:
        """Whether each segment meets anything: (n, 3) and (n, 3) to (n,)."""

    def is_solid(self, x: float, y: float, z: float) -> bool:
        """Whether a point lies in rock, in a block or below the lowest floor."""

    def ground_height(self, x: float, y: float, z: float) -> float | None:
        """The height of the first thing below a position, or up to a step above; None where there is none."""

    def can_stand(self, x: float, y: float, z: float, radius_u: float) -> bool:
        """Whether a body with a square of twice `radius_u` around its feet fits in.

        It does not where it would reach into rock, a block, a ceiling, or a wall or ledge higher than a step. There may
        be a drop under it.
        """


class PlanSolids:
    """What stands in the way on a plan's map: the same as its mesh says, many times faster.

    Segments are put to the plan's merged faces, positions to their cell of the grid.
    """

    def __init__(self, plan: Plan) -> None:
        """Take a plan; later changes of it are not seen."""
        self._panels = panels_of(plan.triangles())
        self._columns = columns_of(plan)
        self.is_solid = self._columns.is_solid
        self.ground_height = self._columns.ground_height
        self.can_stand = self._columns.can_stand

    def first_hits(self, starts: npt.ArrayLike, ends: npt.ArrayLike) -> Floats:
        """See `Solids`.

        Raises:
            BadInputError: points have another shape.
        """
        start, end = np.broadcast_arrays(as_points(starts), as_points(ends))
        return self._panels.first_hits(start, end)

    def blocked(self, starts: npt.ArrayLike, ends: npt.ArrayLike) -> Booleans:
        """See `Solids`."""
        return np.isfinite(self.first_hits(starts, ends))


class MeshSolids:
    """What stands in the way on any map, asked of its triangles; slow.

    Triangles have no inside. What counts as open is what can be seen from where one walks: from a step above the
    nearest area.
    """

    def __init__(self, mesh: TriangleMesh, nav: NavGraph) -> None:
        """Take a map's triangles and its areas."""
        self._mesh, self._nav = mesh, nav

    def first_hits(self, starts: npt.ArrayLike, ends: npt.ArrayLike) -> Floats:
        """See `Solids`.

        Raises:
            BadInputError: points have another shape.
        """
        return self._mesh.first_hits(starts, ends).fraction

    def blocked(self, starts: npt.ArrayLike, ends: npt.ArrayLike) -> Booleans:
        """See `Solids`."""
        return self._mesh.blocked(starts, ends)

    def is_solid(self, x: float, y: float, z: float) -> bool:
        """See `Solids`: whether anything lies between the point and the nearest place to walk."""
        near_x, near_y, near_z = self._nav.nearest_point((x, y, z))
        return bool(self.blocked([(near_x, near_y, near_z + STEP_HEIGHT_U)], [(x, y, z)])[0])

    def ground_height(self, x: float, y: float, z: float) -> float | None:
        """See `Solids`."""
        height = float(ground_heights(self._mesh, [(x, y, z)])[0])
        return None if np.isnan(height) else height

    def can_stand(self, x: float, y: float, z: float, radius_u: float) -> bool:
        """See `Solids`; looks for walls around the body and across it, at its step, its middle and its head."""
        around = np.array((x, y)) + (radius_u - SLACK_U) * _AROUND
        low, high = z + STEP_HEIGHT_U + SLACK_U, z + BODY_HEIGHT_U
        beside_and_across = [np.roll(around, turn, axis=0) for turn in (1, 4)]
        pairs = [
            (_lifted(around, height), _lifted(other, height))
            for height in (low, (low + high) / 2.0, high)
            for other in beside_and_across
        ]
        starts, ends = zip(*pairs, (_lifted(around, low), _lifted(around, high)), strict=True)
        is_met = self.blocked(np.concatenate(starts), np.concatenate(ends)).any()
        return not is_met and self.ground_height(x, y, z) is not None


def ground_heights(mesh: TriangleMesh, positions: npt.ArrayLike) -> Floats:
    """The height of the first triangle below each position, or up to a step above: (n, 3) to (n,).

    NaN where there is none.
    """
    start = as_points(positions) + _UP * STEP_HEIGHT_U
    fraction = mesh.first_hits(start, start - _UP * DEEPEST_FALL_U).fraction
    met = np.isfinite(fraction)
    return np.where(met, start[:, 2] - np.where(met, fraction, 0.0) * DEEPEST_FALL_U, np.nan)


def _lifted(points: Floats, height: float) -> Floats:
    """Points of the ground plan at a height: (n, 2) to (n, 3)."""
    return np.column_stack([points, np.full(len(points), height)])
