"""Kills, damage, shots, bullets and blindness."""

from typing import Final

import polars as pl

from offangle.core.terms import HIT_GROUPS, WORLD_WEAPON
from offangle.core.weapons import ALIASES
from offangle.frames.collection import shape
from offangle.frames.columns import SIDE
from offangle.parsing.demo.awpy_source import AwpyTables
from offangle.parsing.demo.identity import side, steam_id
from offangle.parsing.demo.rounds import round_of

FULL_HEALTH: Final = 100

_HIT_GROUPS_BY_CODE: Final = {
    0: "generic",
    1: "head",
    2: "chest",
    3: "stomach",
    4: "left_arm",
    5: "right_arm",
    6: "left_leg",
    7: "right_leg",
    8: "neck",
    10: "gear",
}


def weapon(column: str) -> pl.Expr:
    """The canonical name of the weapon in `column`."""
    bare = pl.col(column).fill_null(WORLD_WEAPON).str.to_lowercase().str.strip_prefix("weapon_")
    return bare.replace(dict(ALIASES))


def _player(role: str) -> list[pl.Expr]:
    return [steam_id(f"{role}_").alias(f"{role}_steam_id"), side(f"{role}_side").alias(f"{role}_side")]


def _positions(*roles: str) -> list[str]:
    return [f"{role}_{axis}" for role in roles for axis in "xyz"]


def kills(tables: AwpyTables, rounds: pl.DataFrame, bot_players: pl.DataFrame, leavers: pl.DataFrame) -> pl.DataFrame:
    """The kills table.

    Args:
        tables: The recording.
        rounds: Its rounds.
        bot_players: tick, steam_id and is_controlling_bot where that is known.
        leavers: tick, steam_id and is_leaving of deaths by nobody else, as `departures.left_server` gives them.
    """
    found = tables.datasets["kills"]
    extra = _death_flags(tables, found)
    translated = found.select(
        "tick",
        *_player("attacker"),
        *_player("victim"),
        *_player("assister"),
        weapon("weapon"),
        pl.col("headshot").fill_null(value=False).alias("is_headshot"),
        pl.col("assist_flash").fill_null(value=False).alias("is_flash_assist"),
        pl.col("penetrated").alias("penetrated_objects"),
        pl.col("thrusmoke").alias("is_through_smoke"),
        pl.col("noscope").alias("is_no_scope"),
        *_positions("attacker", "victim"),
    ).hstack(extra)
    for role in ("attacker", "victim"):
        controlling = bot_players.select(
            "tick",
            pl.col("steam_id").alias(f"{role}_steam_id"),
            pl.col("is_controlling_bot").alias(f"is_{role}_controlling_bot"),
        )
        translated = translated.join(controlling, on=["tick", f"{role}_steam_id"], how="left", maintain_order="left")
    left = leavers.rename({"steam_id": "victim_steam_id", "is_leaving": "is_victim_leaving"})
    translated = translated.join(left, on=["tick", "victim_steam_id"], how="left", maintain_order="left")
    by_another = pl.col("attacker_steam_id") != pl.col("victim_steam_id")
    leaving = pl.when(~by_another.fill_null(value=False)).then("is_victim_leaving").alias("is_victim_leaving")
    dead = translated.filter(pl.col("victim_steam_id").is_not_null()).with_columns(leaving)
    return shape("kills", round_of(dead, rounds))


def _death_flags(tables: AwpyTables, found: pl.DataFrame) -> pl.DataFrame:
    """The flags that awpy leaves in the raw event; null where the two do not lie side by side."""
    raw = tables.event("player_death")
    flags = {"attackerblind": "is_attacker_blind", "attackerinair": "is_attacker_airborne"}
    aligned = raw is not None and raw["tick"].to_list() == found["tick"].to_list()
    columns = [
        raw[name].cast(pl.String).str.to_lowercase().is_in(["true", "1"]).alias(flag)
        if raw is not None and aligned and name in raw.columns
        else pl.Series(flag, [None] * found.height, pl.Boolean)
        for name, flag in flags.items()
    ]
    return pl.DataFrame(columns)


def damages(tables: AwpyTables, rounds: pl.DataFrame) -> pl.DataFrame:
    """The damages table, with overkill capped at the health left."""
    found = tables.datasets["damages"]
    translated = found.select(
        "tick",
        *_player("attacker"),
        *_player("victim"),
        weapon("weapon"),
        pl.col("hitgroup")
        .replace_strict(_HIT_GROUPS_BY_CODE, default="generic", return_dtype=pl.String)
        .cast(pl.Enum(HIT_GROUPS))
        .alias("hit_group"),
        pl.col("dmg_health").alias("health_damage_raw"),
        pl.col("dmg_armor").alias("armor_damage"),
        pl.col("health_post").alias("victim_health_after"),
        pl.col("armor_post").alias("victim_armor_after"),
        *_positions("attacker", "victim"),
        pl.coalesce(pl.col("victim_entity_id").cast(pl.Int64), "victim_steamid").alias("victim_body"),
    ).filter(pl.col("victim_steam_id").is_not_null())
    return shape("damages", cap_damage(round_of(translated, rounds)))


def cap_damage(hits: pl.DataFrame) -> pl.DataFrame:
    """Add `health_damage`, what each hit really removed, to hits in the order in which they fell.

    A hit that leaves health removed what the event says. A deadly one removed what was left: the health after the
    previous hit on the same body in the round, or full health: who takes over a bot goes on with the bot's. Later hits
    on the dead remove nothing.
    """
    before = pl.col("victim_health_after").shift(1).over("round_number", "victim_body").fill_null(FULL_HEALTH).clip(0)
    deadly = pl.col("victim_health_after") <= 0
    raw = pl.col("health_damage_raw")
    removed = pl.when(deadly).then(pl.min_horizontal(raw, before)).otherwise(raw)
    return hits.with_columns(removed.clip(0, None).alias("health_damage"))


def shots(tables: AwpyTables, rounds: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """The shots table; velocity is the shooter's at that tick in `states`."""
    found = tables.datasets["shots"]
    translated = found.select(
        "tick",
        steam_id().alias("steam_id"),
        side("side").alias("side"),
        weapon("weapon"),
        "x",
        "y",
        "z",
        pl.col("pitch").alias("pitch_deg"),
        pl.col("yaw").alias("yaw_deg"),
        pl.col("num_bullets_remaining").alias("ammo_clip"),
    ).filter(pl.col("steam_id").is_not_null())
    moving = states.select("tick", "steam_id", "velocity_x", "velocity_y", "velocity_z")
    joined = translated.join(moving, on=["tick", "steam_id"], how="left", maintain_order="left")
    return shape("shots", round_of(joined, rounds))


def bullets(found: pl.DataFrame, shots_table: pl.DataFrame, rounds: pl.DataFrame) -> pl.DataFrame:
    """The bullets table from demoparser2's `fire_bullets`; the weapon is the one fired at that tick."""
    wanted = {
        "origin_x": "origin_x",
        "origin_y": "origin_y",
        "origin_z": "origin_z",
        "angles_x": "pitch_deg",
        "angles_y": "yaw_deg",
        "inaccuracy": "inaccuracy",
        "spread": "spread",
        "recoil_index": "recoil_index",
    }
    present = [pl.col(name).alias(column) for name, column in wanted.items() if name in found.columns]
    translated = found.select(
        pl.col("tick").cast(pl.Int32), pl.col("user_steamid").cast(pl.Int64, strict=False).alias("steam_id"), *present
    ).filter(pl.col("steam_id") > 0)
    fired = shots_table.select("tick", "steam_id", "weapon").unique(["tick", "steam_id"], keep="first")
    joined = translated.join(fired, on=["tick", "steam_id"], how="left", maintain_order="left")
    return shape("bullets", round_of(joined, rounds))


def blinds(tables: AwpyTables, rounds: pl.DataFrame, grenades: pl.DataFrame) -> pl.DataFrame:
    """The blinds table; the grenade is the flash that burst at that tick from that thrower."""
    translated = (
        tables.datasets["blinds"]
        .select("tick", *_player("attacker"), *_player("victim"), duration_s="duration")
        .filter(pl.col("victim_steam_id").is_not_null())
    )
    bursts = (
        grenades.filter(pl.col("kind") == "flash")
        .select(
            pl.col("effect_tick").alias("tick"), pl.col("thrower_steam_id").alias("attacker_steam_id"), "grenade_id"
        )
        .unique(["tick", "attacker_steam_id"], keep="none")
    )
    joined = translated.join(bursts, on=["tick", "attacker_steam_id"], how="left", maintain_order="left")
    return shape("blinds", round_of(joined, rounds))


def sides_at_freeze_end(frame: pl.DataFrame, in_rounds: pl.DataFrame, player: str, out: str) -> pl.DataFrame:
    """Add `out`: the side that the player in column `player` is on in the row's round."""
    known = in_rounds.select("round_number", pl.col("steam_id").alias(player), pl.col("side").cast(SIDE).alias(out))
    return frame.join(known, on=["round_number", player], how="left", maintain_order="left")
