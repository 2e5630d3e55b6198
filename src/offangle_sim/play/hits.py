"""Where a bullet meets a body."""

import math
from typing import Final

from offangle_sim.play.agent import DUCKED_EYE_U, EYE_U
from offangle_sim.world.nav import Point

HEAD_U: Final = (59.0, 71.0)
"""Height of the head above the feet, low and high; below follow chest, stomach and legs."""
CHEST_FROM_U: Final = 46.0
STOMACH_FROM_U: Final = 36.0
HEAD_HALF_U: Final = 5.0
CHEST_HALF_U: Final = 10.0
STOMACH_HALF_U: Final = 9.0
ARM_HALF_U: Final = 12.5
LEG_HALF_U: Final = 8.5
_DUCKED: Final = DUCKED_EYE_U / EYE_U


def hit_group(across_u: float, height_u: float, *, is_ducking: bool) -> str | None:
    """The group that is hit by what passes a body so far from its axis (positive to the left) and so high.

    None for a miss.
    """
    up = height_u / _DUCKED if is_ducking else height_u
    wide = abs(across_u)
    low, high = HEAD_U
    if up > high or up < 0.0 or wide > ARM_HALF_U:
        return None
    if up >= low:
        return "head" if wide <= HEAD_HALF_U else None
    left = across_u > 0.0
    if up >= CHEST_FROM_U:
        return "chest" if wide <= CHEST_HALF_U else _arm(left=left)
    if up >= STOMACH_FROM_U:
        return "stomach" if wide <= STOMACH_HALF_U else _arm(left=left)
    if wide > LEG_HALF_U:
        return None
    return "left_leg" if left else "right_leg"


def _arm(*, left: bool) -> str:
    return "left_arm" if left else "right_arm"


def passing(eye: Point, direction: Point, feet: Point) -> tuple[float, float, float] | None:
    """How a ray passes a body: along it, across (positive to the body's left as seen), and how high; None if behind."""
    ox, oy = feet[0] - eye[0], feet[1] - eye[1]
    flat = math.hypot(direction[0], direction[1])
    if flat == 0.0:
        return None
    ux, uy = direction[0] / flat, direction[1] / flat
    along = ox * ux + oy * uy
    if along <= 0.0:
        return None
    across = ux * oy - uy * ox
    height = eye[2] + direction[2] / flat * along - feet[2]
    return along / flat, -across, height


def direction_of(pitch_deg: float, yaw_deg: float) -> Point:
    """The unit vector of a view."""
    pitch, yaw = math.radians(pitch_deg), math.radians(yaw_deg)
    flat = math.cos(pitch)
    return flat * math.cos(yaw), flat * math.sin(yaw), -math.sin(pitch)
