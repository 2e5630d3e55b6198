"""One agent: where he is, what he wants, what he has seen, how his hands are doing."""

import math
from dataclasses import dataclass, field
from typing import Final, Literal

from offangle.core.sides import Side
from offangle.core.weapons import WEAPONS, weapon_class
from offangle_sim.play.guns import GUNS, Gun
from offangle_sim.play.profiles import Profile
from offangle_sim.server.state import Player
from offangle_sim.world.nav import Point

Pace = Literal["run", "walk"]
Job = Literal["", "plant", "defuse", "throw"]

EYE_U: Final = 64.0
DUCKED_EYE_U: Final = 46.0
KNIFE_SPEED_U: Final = 250.0
SCOPED_SHARE: Final = 0.5
"""Of the speed that a scope leaves; the AWP's is 100 of 200."""
_GUN_CLASSES: Final = ("rifle", "sniper", "smg", "heavy", "pistol")
_SCOPED: Final = frozenset(name for name, gun in GUNS.items() if gun.is_scoped)


@dataclass(slots=True)
class Sighting:
    """An enemy while he is seen.

    Attributes:
        first_tick: Since when without a break.
        last_tick: Last time he was seen.
        position: Where, as the client showed it.
    """

    first_tick: int
    last_tick: int
    position: Point


@dataclass(slots=True)
class Throw:
    """A grenade that an agent is about to throw: what, how, and when it leaves the hand."""

    item: str
    velocity: Point
    release_tick: int


@dataclass(slots=True)
class Agent:
    """One agent. Positions are of the feet, in units; angles in degrees, pitch negative upwards."""

    slot: int
    profile: Profile
    player: Player
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    vx: float = 0.0
    vy: float = 0.0
    vz: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    wish_x: float = 0.0
    wish_y: float = 0.0
    is_ducking: bool = False
    is_on_ground: bool = True
    # what he is up to
    goal: Point | None = None
    path: list[Point] = field(default_factory=list)
    path_at: int = 0
    watch: Point | None = None
    holds: bool = False
    pace: Pace = "run"
    job: Job = ""
    job_ends_tick: int = 0
    throw: Throw | None = None
    next_throw_tick: int = 0
    moved_tick: int = 0
    moved_from: Point = (0.0, 0.0, 0.0)
    idle_yaw: float = 0.0
    # whom he fights
    seen: dict[int, Sighting] = field(default_factory=dict)
    target: int | None = None
    reacts_tick: int = 0
    heard: Point | None = None
    heard_tick: int = -10_000
    blind_until_tick: int = 0
    flashed_by: int | None = None
    # his hands
    poise: float = 1.0
    error_yaw: float = 0.0
    error_pitch: float = 0.0
    corrects_tick: int = 0
    aims_at_head: bool = True
    strafe: float = 0.0
    drift: float = 0.0
    strafe_until_tick: int = 0
    ready_tick: int = 0
    reload_ends_tick: int = 0
    reloading: str = ""
    fired_mrad: float = 0.0
    spray: float = 0.0
    burst_left: int = 0
    last_shot_tick: int = -10_000
    tag: float = 1.0
    hurt_by: dict[int, int] = field(default_factory=dict)
    falls_from_z: float = 0.0
    died_tick: int = -10_000

    @property
    def side(self) -> Side:
        """The side he plays now.

        Raises:
            RuntimeError: None.
        """
        if self.player.side is None:
            raise RuntimeError(f"slot {self.slot} plays on no side")
        return self.player.side

    @property
    def is_alive(self) -> bool:
        """Whether he lives."""
        return self.player.is_alive

    @property
    def position(self) -> Point:
        """Where his feet are."""
        return self.x, self.y, self.z

    @property
    def eye(self) -> Point:
        """Where he looks from."""
        return self.x, self.y, self.z + (DUCKED_EYE_U if self.is_ducking else EYE_U)

    @property
    def speed(self) -> float:
        """Over the ground, in units per second."""
        return math.hypot(self.vx, self.vy)

    @property
    def weapon(self) -> str:
        """What he has in hand; empty for nothing."""
        return self.player.active.kind.name if self.player.active is not None else ""

    @property
    def gun(self) -> Gun | None:
        """The gun in hand."""
        return GUNS.get(self.weapon)

    @property
    def clip(self) -> int:
        """Rounds in the clip of what is in hand."""
        item = self.player.active
        return 0 if item is None else max(0, item.clip)

    @property
    def max_speed(self) -> float:
        """Running speed with what is in hand, in units per second."""
        weapon = WEAPONS.get(self.weapon)
        speed = KNIFE_SPEED_U if weapon is None or weapon.max_speed_u is None else float(weapon.max_speed_u)
        return speed * SCOPED_SHARE if self.player.is_scoped else speed

    def has(self, item: str) -> bool:
        """Whether he holds an item of that name."""
        return self.player.item(item) is not None

    def best_gun(self) -> str:
        """The best of what he carries with rounds left; the knife if there is nothing else."""
        for wanted in _GUN_CLASSES:
            for item in self.player.items:
                name = item.kind.name
                if weapon_class(name) == wanted and name in GUNS and (item.clip > 0 or item.reserve > 0):
                    return name
        return "knife" if self.has("knife") else ""

    def has_scope(self) -> bool:
        """Whether what is in hand is shot through a scope."""
        return self.weapon in _SCOPED

    def forget_round(self) -> None:
        """A new round: nothing seen, nothing planned, hands at rest."""
        self.seen.clear()
        self.hurt_by.clear()
        self.goal = self.watch = self.target = self.throw = self.heard = self.flashed_by = None
        self.path, self.path_at, self.job, self.pace = [], 0, "", "run"
        self.fired_mrad = self.spray = self.strafe = self.drift = self.wish_x = self.wish_y = 0.0
        self.vx = self.vy = self.vz = self.error_yaw = self.error_pitch = 0.0
        self.tag, self.reloading, self.burst_left = 1.0, "", 0
        self.blind_until_tick = self.ready_tick = self.next_throw_tick = 0
        self.is_ducking, self.is_on_ground, self.holds = False, True, False


def angles_to(eye: Point, point: Point) -> tuple[float, float]:
    """Pitch and yaw from an eye to a point, in degrees."""
    dx, dy, dz = point[0] - eye[0], point[1] - eye[1], point[2] - eye[2]
    return -math.degrees(math.atan2(dz, math.hypot(dx, dy))), math.degrees(math.atan2(dy, dx))


def turn(from_deg: float, to_deg: float) -> float:
    """The shorter way from one angle to another, in degrees."""
    return (to_deg - from_deg + 180.0) % 360.0 - 180.0
