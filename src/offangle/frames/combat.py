"""Kills, damage, shots and blindness."""

import dataframely as dy

from offangle.core.terms import HIT_GROUPS
from offangle.frames import columns as col


class KillsTable(dy.Schema):
    """One row per death: also team kills, suicides and deaths by the world (no attacker) or the bomb (weapon `c4`)."""

    round_number = col.round_number()
    tick = col.tick()
    attacker_steam_id = col.steam_id(nullable=True, description="Null: the world or the bomb")
    victim_steam_id = col.steam_id()
    assister_steam_id = col.steam_id(nullable=True, description="As the game names it; also flash assisters")
    attacker_side = col.side()
    victim_side = col.side()
    assister_side = col.side()
    weapon = dy.String(description="Name without `weapon_`; `world` for falls and triggers")
    is_headshot = dy.Bool()
    is_flash_assist = dy.Bool(description="The assister assisted by flash")
    penetrated_objects = dy.Int16(nullable=True, min=0, description="> 0: through a wall")
    is_through_smoke = col.flag()
    is_no_scope = col.flag()
    is_attacker_blind = col.flag()
    is_attacker_airborne = col.flag()
    is_attacker_controlling_bot = col.flag()
    is_victim_controlling_bot = col.flag()
    is_victim_leaving = dy.Bool(
        nullable=True,
        description="The game's way to write that the victim left the server; null where nobody tells",
    )
    attacker_x = col.position()
    attacker_y = col.position()
    attacker_z = col.position()
    victim_x = col.position()
    victim_y = col.position()
    victim_z = col.position()


class DamagesTable(dy.Schema):
    """One row per hit."""

    round_number = col.round_number()
    tick = col.tick()
    attacker_steam_id = col.steam_id(nullable=True)
    victim_steam_id = col.steam_id()
    attacker_side = col.side()
    victim_side = col.side()
    weapon = dy.String()
    hit_group = dy.Enum(HIT_GROUPS)
    health_damage = dy.Int16(min=0, metadata=col.unit("hp"), description="Health really removed: overkill is capped")
    health_damage_raw = dy.Int32(nullable=True, min=0, metadata=col.unit("hp"), description="As the event states it")
    armor_damage = dy.Int16(nullable=True, min=0)
    victim_health_after = dy.Int16(nullable=True)
    victim_armor_after = dy.Int16(nullable=True)
    attacker_x = col.position()
    attacker_y = col.position()
    attacker_z = col.position()
    victim_x = col.position()
    victim_y = col.position()
    victim_z = col.position()


class ShotsTable(dy.Schema):
    """One row per use of a weapon (`weapon_fire`): also knives swung and grenades thrown."""

    round_number = col.round_number()
    tick = col.tick()
    steam_id = col.steam_id()
    side = col.side()
    weapon = dy.String()
    x = col.position()
    y = col.position()
    z = col.position()
    velocity_x = col.speed()
    velocity_y = col.speed()
    velocity_z = col.speed()
    pitch_deg = col.angle()
    yaw_deg = col.angle()
    ammo_clip = dy.Int16(nullable=True, description="Rounds left in the clip after the shot")


class BulletsTable(dy.Schema):
    """One row per bullet fired as the server traced it, where the recording carries it."""

    round_number = col.round_number()
    tick = col.tick()
    steam_id = col.steam_id()
    weapon = dy.String(nullable=True)
    origin_x = col.position()
    origin_y = col.position()
    origin_z = col.position()
    pitch_deg = col.angle()
    yaw_deg = col.angle()
    inaccuracy = dy.Float32(nullable=True)
    spread = dy.Float32(nullable=True)
    recoil_index = dy.Float32(nullable=True)


class BlindsTable(dy.Schema):
    """One row per player blinded by a flash, by enemy, team-mate or self."""

    round_number = col.round_number()
    tick = col.tick()
    attacker_steam_id = col.steam_id(nullable=True)
    victim_steam_id = col.steam_id()
    attacker_side = col.side()
    victim_side = col.side()
    duration_s = dy.Float32(min=0.0, metadata=col.unit("s"))
    grenade_id = dy.String(nullable=True)
