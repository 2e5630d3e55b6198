"""Bullets as the server traced them, as a network message."""

from offangle_sim.demo import wire
from offangle_sim.server.events import BulletTrace


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
