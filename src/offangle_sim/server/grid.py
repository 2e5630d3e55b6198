"""The steps in which a match is told: positions, angles and velocities as everybody gets them back."""

from typing import Final

POSITION_STEPS_PER_U: Final = 32
"""Positions are told in steps of 1/32 unit."""
WORLD_EDGE_U: Final = 16384
"""Positions are counted from this far below zero."""
PRECISE_ANGLE_BITS: Final = 20
"""A view angle is one of 2**20 steps of the circle."""
ANGLE_STEP_DEG: Final = 360.0 / (1 << PRECISE_ANGLE_BITS)
ANGLE_MASK: Final = (1 << PRECISE_ANGLE_BITS) - 1
VELOCITY_LOW_U, VELOCITY_HIGH_U = -16384.0, 16384.0
VELOCITY_BITS: Final = 20
VELOCITY_STEPS: Final = (1 << VELOCITY_BITS) - 1
"""Velocities are one of so many steps over the range, or exactly nothing."""
_VELOCITY_SPAN: Final = VELOCITY_HIGH_U - VELOCITY_LOW_U
_EDGE_STEPS: Final = WORLD_EDGE_U * POSITION_STEPS_PER_U


def position_steps(x: float, y: float, z: float) -> tuple[int, int, int]:
    """A position in steps."""
    return (
        round((x + WORLD_EDGE_U) * POSITION_STEPS_PER_U),
        round((y + WORLD_EDGE_U) * POSITION_STEPS_PER_U),
        round((z + WORLD_EDGE_U) * POSITION_STEPS_PER_U),
    )


def position_of(steps: tuple[int, int, int]) -> tuple[float, float, float]:
    """The position that so many steps say."""
    x, y, z = steps
    return (
        (x - _EDGE_STEPS) / POSITION_STEPS_PER_U,
        (y - _EDGE_STEPS) / POSITION_STEPS_PER_U,
        (z - _EDGE_STEPS) / POSITION_STEPS_PER_U,
    )


def on_position_grid(position: tuple[float, float, float]) -> tuple[float, float, float]:
    """The position that a reader gets back."""
    return position_of(position_steps(*position))


def on_angle_grid(angle_deg: float) -> float:
    """The angle that a reader gets back."""
    steps = int(((angle_deg + 180.0) % 360.0) / ANGLE_STEP_DEG + 0.5) & ANGLE_MASK
    return steps * ANGLE_STEP_DEG - 180.0 if angle_deg else 0.0


def on_velocity_grid(velocity: float) -> float:
    """The component of a velocity that a reader gets back."""
    if velocity == 0:
        return 0.0
    step = int((velocity - VELOCITY_LOW_U) * VELOCITY_STEPS / _VELOCITY_SPAN + 0.5)
    return VELOCITY_LOW_U + _VELOCITY_SPAN * min(max(step, 0), VELOCITY_STEPS) / VELOCITY_STEPS
