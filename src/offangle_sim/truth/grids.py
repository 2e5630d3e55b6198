"""Many rows at once on the grids by which a match is told (`server.grid`, one value at a time)."""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from offangle_sim.server.grid import (
    ANGLE_MASK,
    ANGLE_STEP_DEG,
    POSITION_STEPS_PER_U,
    VELOCITY_HIGH_U,
    VELOCITY_LOW_U,
    VELOCITY_STEPS,
    WORLD_EDGE_U,
)

Floats = npt.NDArray[np.float64]

_POSITIONS: Final = ("x", "y", "z")
_VELOCITIES: Final = ("velocity_x", "velocity_y", "velocity_z")
_ANGLES: Final = ("pitch_deg", "yaw_deg")


def as_told(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of the ticks table with positions, velocities and angles as a reader gets them back."""
    told = {name: positions(rows[name].to_numpy()) for name in _POSITIONS}
    told |= {name: velocities(rows[name].to_numpy()) for name in _VELOCITIES}
    told |= {name: angles(rows[name].to_numpy()) for name in _ANGLES}
    return rows.with_columns(**{name: pl.Series(values) for name, values in told.items()})


def positions(values: Floats) -> Floats:
    """Coordinates, in units."""
    steps: Floats = np.rint((values + WORLD_EDGE_U) * POSITION_STEPS_PER_U)
    return steps / POSITION_STEPS_PER_U - WORLD_EDGE_U


def velocities(values: Floats) -> Floats:
    """Components of velocities, in units per second."""
    span = VELOCITY_HIGH_U - VELOCITY_LOW_U
    steps = np.trunc((values - VELOCITY_LOW_U) * VELOCITY_STEPS / span + 0.5)
    found: Floats = VELOCITY_LOW_U + span * np.clip(steps, 0, VELOCITY_STEPS) / VELOCITY_STEPS
    return np.where(values == 0.0, 0.0, found)


def angles(values: Floats) -> Floats:
    """Angles, in degrees."""
    steps = np.trunc(((values + 180.0) % 360.0) / ANGLE_STEP_DEG + 0.5).astype(np.int64) & ANGLE_MASK
    return np.where(values == 0.0, 0.0, steps * ANGLE_STEP_DEG - 180.0)
