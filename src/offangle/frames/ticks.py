"""Players over time, and what they told the server."""

import dataframely as dy

from offangle.frames import columns as col


class TicksTable(dy.Schema):
    """One row per player and sampled tick; `match.sample_rate_hz` is the rate. Sorted by tick, then steam_id.

    The pair (tick, steam_id) is the key. It is held by the adapters' tests instead of a rule: a uniqueness check over
    two million rows would double an import's memory.
    """

    tick = col.tick()
    round_number = col.round_number()
    steam_id = col.steam_id()
    side = col.side()
    x = col.position()
    y = col.position()
    z = col.position()
    velocity_x = col.speed()
    velocity_y = col.speed()
    velocity_z = col.speed()
    pitch_deg = col.angle()
    yaw_deg = col.angle()
    is_alive = dy.Bool()
    health = dy.Int16(nullable=True, min=0)
    armor = dy.Int16(nullable=True, min=0)
    has_helmet = col.flag()
    has_defuse_kit = col.flag()
    money = col.dollars()
    weapon = dy.Categorical(nullable=True)
    place = dy.Categorical(nullable=True)
    ping_ms = dy.Int16(nullable=True, min=0, metadata=col.unit("ms"))
    flash_duration_s = dy.Float32(nullable=True, min=0.0, metadata=col.unit("s"))
    is_scoped = col.flag()
    is_walking = col.flag()
    is_ducking = col.flag()
    is_airborne = col.flag()


class InputHistoryTable(dy.Schema):
    """One row per sub-tick input of a user command: which moment each client was looking at."""

    tick = col.tick()
    steam_id = col.steam_id()
    sequence = dy.Int16(min=0, description="Position inside the command of this tick")
    render_tick = col.tick(nullable=True)
    render_tick_fraction = dy.Float32(nullable=True, min=0.0, max=1.0)
    player_tick = col.tick(nullable=True)
    player_tick_fraction = dy.Float32(nullable=True)
    pitch_deg = col.angle()
    yaw_deg = col.angle()
