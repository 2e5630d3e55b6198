"""Bullets as the server traced them."""

from dataclasses import dataclass

from offangle_sim.demo import wire


@dataclass(frozen=True, slots=True)
class BulletTrace:
    """One bullet.

    Attributes:
        origin: Where it started, in Hammer units.
        pitch_deg: Where to, negative upwards.
        yaw_deg: Where to, counted from east.
        inaccuracy: The cone's share from movement and firing.
        spread: The weapon's own share.
        recoil_index: Shots into the spray.
        seed: Of the spread.
    """

    origin: tuple[float, float, float]
    pitch_deg: float
    yaw_deg: float
    inaccuracy: float = 0.0
    spread: float = 0.0
    recoil_index: float = 0.0
    seed: int = 0

    def columns(self) -> dict[str, float]:
        """The bullet's columns in the `bullets` table."""
        return {
            **{f"origin_{axis}": value for axis, value in zip("xyz", self.origin, strict=True)},
            "pitch_deg": self.pitch_deg,
            "yaw_deg": self.yaw_deg,
            "inaccuracy": self.inaccuracy,
            "spread": self.spread,
            "recoil_index": self.recoil_index,
        }


def fire_bullets_message(trace: BulletTrace, pawn_handle: int, definition_index: int, server_tick: int) -> bytes:
    """The network message."""
    return b"".join(
        (
            wire.vector(1, trace.origin),
            wire.vector(2, (trace.pitch_deg, trace.yaw_deg, 0.0)),
            wire.integer(3, definition_index),
            wire.integer(5, trace.seed),
            wire.fixed32(6, pawn_handle),
            wire.float32(7, trace.inaccuracy),
            wire.float32(8, trace.recoil_index),
            wire.float32(9, trace.spread),
            wire.integer(11, definition_index),
            wire.vector(13, trace.origin),
            wire.integer(19, server_tick),
        )
    )
