"""Every tick around kills and damage, for questions of aim that sampled ticks cannot answer."""

import dataframely as dy

from offangle.frames import columns as col


class DuelTicksTable(dy.Schema):
    """One row per player and tick inside a window around kills and damage, at the full tick rate.

    Kept apart from `ticks` since that table has one rate throughout. The pair (tick, steam_id) is the key, held by the
    adapters as in `ticks`. Sorted by tick, then steam_id.
    """

    tick = col.tick()
    round_number = col.round_number()
    steam_id = col.steam_id()
    side = col.side()
    x = col.position()
    y = col.position()
    z = col.position()
    pitch_deg = col.angle()
    yaw_deg = col.angle()
    is_alive = dy.Bool()
    health = dy.Int16(nullable=True, min=0)
    flash_duration_s = dy.Float32(nullable=True, min=0.0, metadata=col.unit("s"))
