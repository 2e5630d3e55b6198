"""One map, whole: what blocks sight, where one walks, what its parts are called, where players appear."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy.typing as npt

from offangle.core.errors import NotFoundError
from offangle.core.sides import Side
from offangle_sim.world.geometry import Booleans, Floats, TriangleMesh
from offangle_sim.world.nav import NavGraph, Point
from offangle_sim.world.solids import Solids, ground_heights

SiteName = Literal["a", "b"]
RADAR_SIZE_PX: Final = 1024


@dataclass(frozen=True, slots=True)
class Zone:
    """A box that lies along the axes, in units; both corners belong to it."""

    low: Point
    high: Point

    @property
    def middle(self) -> Point:
        """The middle of the box's floor."""
        return (self.low[0] + self.high[0]) / 2, (self.low[1] + self.high[1]) / 2, self.low[2]

    def holds(self, position: Point) -> bool:
        """Whether a position lies in the box."""
        return all(low <= at <= high for low, at, high in zip(self.low, position, self.high, strict=True))


@dataclass(frozen=True, slots=True)
class Spawn:
    """Where a player appears: position of the feet in units, and the direction looked in (0 = east, 90 = north)."""

    position: Point
    yaw_deg: float


@dataclass(frozen=True, slots=True)
class Radar:
    """How the map lies on its radar image, in the field's own terms.

    Attributes:
        pos_x: World x of the image's left edge, in units.
        pos_y: World y of the image's upper edge, in units.
        scale: Units per pixel of an image 1024 pixels wide.
        lower_level_max_units: Feet below this height are drawn on the lower level's image.
    """

    pos_x: float
    pos_y: float
    scale: float
    lower_level_max_units: float = -1_000_000.0

    def pixel(self, position: Point) -> tuple[float, float]:
        """Where a position lies on the image: pixels from the left and from above."""
        return (position[0] - self.pos_x) / self.scale, (self.pos_y - position[1]) / self.scale


@dataclass(frozen=True, slots=True)
class World:
    """A map that can be seen through, walked and played on.

    Attributes:
        name: As recordings and live posts call it.
        mesh: What blocks sight and bullets and what one stands on, as triangles.
        solids: The same as it is asked for in play.
        nav: Where one walks.
        sites: The bomb sites.
        buy_zones: Where each side may buy.
        spawns: Where each side appears in a match of five, best places first.
        wingman_spawns: The same for matches of two; empty where the mode isn't played.
        wingman_site: The site that wingman is played on.
        radar: How the radar image lies.
    """

    name: str
    mesh: TriangleMesh
    solids: Solids
    nav: NavGraph
    sites: Mapping[SiteName, Zone]
    buy_zones: Mapping[Side, Zone]
    spawns: Mapping[Side, tuple[Spawn, ...]]
    wingman_spawns: Mapping[Side, tuple[Spawn, ...]]
    wingman_site: SiteName | None
    radar: Radar

    def line_of_sight(self, starts: npt.ArrayLike, ends: npt.ArrayLike) -> Booleans:
        """Say for each pair of points, eyes and what they look at, whether nothing stands between.

        (n, 3) and (n, 3) in units to (n,); one point may stand against many.
        """
        return ~self.solids.blocked(starts, ends)

    def ground_heights(self, positions: npt.ArrayLike) -> Floats:
        """The height of the first thing below each position, or up to a step above: (n, 3) to (n,).

        NaN where there is none.
        """
        return ground_heights(self.mesh, positions)

    def ground_height(self, x: float, y: float, z: float) -> float:
        """The height of the ground under one position.

        Raises:
            NotFoundError: nothing is below.
        """
        height = self.solids.ground_height(x, y, z)
        if height is None:
            raise NotFoundError(f"There is no ground under ({x:.0f}, {y:.0f}, {z:.0f}) on {self.name}.")
        return height

    def path(self, start: Point, goal: Point) -> list[Point]:
        """A short way to walk, as points with straight lines between.

        Raises:
            NotFoundError: there is no way.
        """
        return self.nav.path(start, goal)

    def place_at(self, position: Point) -> str:
        """What the place is called; empty where the map has no name for it."""
        return self.nav.place_at(position)

    def places_at(self, positions: npt.ArrayLike) -> list[str]:
        """What the places of many positions are called: (n, 3) to n."""
        return self.nav.places_at(positions)

    def site_at(self, position: Point) -> SiteName | None:
        """The bomb site that the position lies in."""
        return next((name for name, zone in self.sites.items() if zone.holds(position)), None)

    def can_buy_at(self, side: Side, position: Point) -> bool:
        """Whether the position lies in the side's buy zone."""
        return self.buy_zones[side].holds(position)
