"""How grenades fly: thrown, falling, bouncing; and how to throw one so that it lands where it should."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from offangle_sim.play.hits import direction_of
from offangle_sim.server.setup import TICK_RATE
from offangle_sim.world.nav import Point
from offangle_sim.world.solids import Solids

THROW_SPEED_U: Final = 675.0
STRENGTHS: Final = (1.0, 0.65, 0.35)
"""A throw, one with both buttons, a toss."""
GRAVITY_U: Final = 320.0
BOUNCE: Final = 0.45
REST_SPEED_U: Final = 24.0
LONGEST_FLIGHT_TICKS: Final = 5 * TICK_RATE
PITCHES_DEG: Final = (-58.0, -50.0, -42.0, -35.0, -29.0, -23.0, -17.0, -12.0, -7.0, -2.0, 4.0, 10.0, 18.0)
ROLL_U, OVERSHOOT_U = 420.0, 320.0
"""A throw that comes down so much before its target may roll there; one so much beyond may be stopped by a wall."""
GOOD_ENOUGH_U: Final = 60.0
WORST_THROW_U: Final = 260.0
_DT_S: Final = 1.0 / TICK_RATE
_LIFT_U: Final = 2.0
"""What lies still lies this far above the ground."""


@dataclass(slots=True)
class Flight:
    """A grenade in the air."""

    x: float
    y: float
    z: float
    vx: float
    vy: float
    vz: float
    is_resting: bool = False
    has_hit_ground: bool = False

    @property
    def position(self) -> Point:
        """Where it is."""
        return self.x, self.y, self.z

    @property
    def velocity(self) -> Point:
        """How it moves."""
        return self.vx, self.vy, self.vz

    def step(self, solids: Solids) -> bool:
        """One tick; whether it bounced comes back."""
        if self.is_resting:
            return False
        self.vz -= GRAVITY_U * _DT_S
        x, y, z = self.x + self.vx * _DT_S, self.y + self.vy * _DT_S, self.z + self.vz * _DT_S
        ground = solids.ground_height(x, y, self.z)
        falls_through = ground is not None and z < ground + _LIFT_U <= self.z + _LIFT_U + 18.0
        if not falls_through and not solids.is_solid(x, y, z):
            self.x, self.y, self.z = x, y, z
            return False
        self._bounce(solids, (x, y, z), ground if falls_through else None)
        return True

    def _bounce(self, solids: Solids, there: Point, ground: float | None) -> None:
        x, y, _ = there
        side_x, side_y = solids.is_solid(x, self.y, self.z), solids.is_solid(self.x, y, self.z)
        self.vx, self.vy = (-self.vx if side_x else self.vx), (-self.vy if side_y else self.vy)
        if ground is not None or not (side_x or side_y):
            self.vz = -self.vz
            self.has_hit_ground = self.has_hit_ground or self.vz > 0.0
        self.vx, self.vy, self.vz = self.vx * BOUNCE, self.vy * BOUNCE, self.vz * BOUNCE
        if ground is not None:
            self.z = max(self.z, ground + _LIFT_U)
            self.is_resting = math.hypot(self.vx, self.vy, self.vz) < REST_SPEED_U


def throw_velocity(pitch_deg: float, yaw_deg: float, strength: float) -> Point:
    """How a grenade leaves the hand: the game lifts the view a little."""
    lifted = pitch_deg - (90.0 - abs(pitch_deg)) * 10.0 / 90.0
    x, y, z = direction_of(lifted, yaw_deg)
    speed = THROW_SPEED_U * strength
    return x * speed, y * speed, z * speed


def landing(solids: Solids, start: Point, velocity: Point, *, fuse_ticks: int, breaks: bool) -> Point:
    """Where a grenade is when it goes off: after its fuse, at rest, or, if it `breaks`, where it meets the ground."""
    flight = Flight(*start, *velocity)
    for _ in range(min(fuse_ticks, LONGEST_FLIGHT_TICKS)):
        flight.step(solids)
        if flight.is_resting or (breaks and flight.has_hit_ground):
            break
    return flight.position


def _may_reach(start: Point, velocity: Point, target: Point) -> bool:
    """Whether a throw comes down about as far away as its target lies; walls and rolling make the difference."""
    rise = target[2] - start[2]
    under_root = velocity[2] ** 2 - 2.0 * GRAVITY_U * rise
    if under_root < 0.0:
        return False
    flat = math.hypot(velocity[0], velocity[1]) * (velocity[2] + math.sqrt(under_root)) / GRAVITY_U
    far = math.hypot(target[0] - start[0], target[1] - start[1])
    return far - ROLL_U < flat < far + OVERSHOOT_U


@lru_cache(maxsize=4096)
def aimed_throw(solids: Solids, start: Point, target: Point, *, fuse_ticks: int, breaks: bool) -> Point | None:
    """The velocity of a throw that lands near a target; None if there is none that comes near."""
    yaw = math.degrees(math.atan2(target[1] - start[1], target[0] - start[0]))
    best: tuple[float, Point] | None = None
    for strength in STRENGTHS:
        for pitch in PITCHES_DEG:
            velocity = throw_velocity(pitch, yaw, strength)
            if not _may_reach(start, velocity, target):
                continue
            end = landing(solids, start, velocity, fuse_ticks=fuse_ticks, breaks=breaks)
            off = math.dist(end, target)
            if best is None or off < best[0]:
                best = (off, velocity)
            if off < GOOD_ENOUGH_U:
                return velocity
    return best[1] if best is not None and best[0] < WORST_THROW_U else None
