"""The columns that several tables share, each with its unit, so that one thing is said one way."""

from typing import Any

import dataframely as dy
import polars as pl

from offangle.core.sides import SIDES, TEAMS

SIDE = pl.Enum(SIDES)
TEAM = pl.Enum(TEAMS)


def unit(name: str) -> dict[str, Any]:
    """Column metadata that names the unit."""
    return {"unit": name}


def round_number(*, primary_key: bool = False) -> dy.Int16:
    """> 0: the counted round; < 0: an excluded one (knife, warmup, restored, aborted); 0: outside any round."""
    return dy.Int16(primary_key=primary_key, description=round_number.__doc__)


def tick(*, nullable: bool = False, primary_key: bool = False, description: str = "Demo tick") -> dy.Int32:
    """A moment on the demo's own clock; divide by the match's `tick_rate` for seconds."""
    return dy.Int32(nullable=nullable, primary_key=primary_key, metadata=unit("tick"), description=description)


def steam_id(*, nullable: bool = False, primary_key: bool = False, description: str = "SteamID64") -> dy.Int64:
    """A SteamID64; bots carry -(slot + 1), so that each stays one player."""
    return dy.Int64(nullable=nullable, primary_key=primary_key, description=description)


def side(*, nullable: bool = True) -> dy.Enum:
    """`t` or `ct`."""
    return dy.Enum(SIDES, nullable=nullable)


def team(*, nullable: bool = True) -> dy.Enum:
    """`a` or `b`."""
    return dy.Enum(TEAMS, nullable=nullable)


def position() -> dy.Float32:
    """One world coordinate in Hammer units; null where the source has none."""
    return dy.Float32(nullable=True, metadata=unit("u"))


def speed() -> dy.Float32:
    """One component of a velocity; null where the source has none."""
    return dy.Float32(nullable=True, metadata=unit("u/s"))


def angle() -> dy.Float32:
    """A view angle: pitch is negative upwards, yaw counts from east against the clock."""
    return dy.Float32(nullable=True, metadata=unit("deg"))


def dollars(*, nullable: bool = True) -> dy.Int32:
    """In-game money."""
    return dy.Int32(nullable=nullable, min=0, metadata=unit("$"))


def flag() -> dy.Bool:
    """A yes or no; null where the source does not tell."""
    return dy.Bool(nullable=True)
