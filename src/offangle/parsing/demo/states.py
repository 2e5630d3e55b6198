"""Players over time: the sampled ticks table, and exact states at the ticks that other tables need."""

from typing import Final

import polars as pl

from offangle.core.weapons import canonical_weapon
from offangle.frames.collection import shape
from offangle.parsing.demo.awpy_source import AwpyDemo
from offangle.parsing.demo.identity import Identity, side, steam_id
from offangle.parsing.demo.rounds import round_of

TELEPORT_U_S: Final = 1500.0
"""Faster than this between two samples is a spawn or a teleport, no movement."""

_PING: Final = "m_iPing"
_PLACE: Final = "m_szLastPlaceName"
_NAME: Final = "m_iszPlayerName"

_KEPT: Final = {
    "tick": "tick",
    "x": "x",
    "y": "y",
    "z": "z",
    "velocity_x": "velocity_x",
    "velocity_y": "velocity_y",
    "velocity_z": "velocity_z",
    "pitch": "pitch_deg",
    "yaw": "yaw_deg",
    "health": "health",
    "armor": "armor",
    "has_helmet": "has_helmet",
    "has_defuser": "has_defuse_kit",
    "money": "money",
    "flash_duration": "flash_duration_s",
    "is_scoped": "is_scoped",
    "is_walking": "is_walking",
    "is_crouched": "is_ducking",
    "is_jumping": "is_airborne",
    "equipment_value": "equipment_value",
    "primary_weapon": "primary_weapon",
    "secondary_weapon": "secondary_weapon",
    "inventory": "inventory",
}


def read_states(demo: AwpyDemo, identity: Identity, *, every: int | None, ticks: list[int]) -> pl.DataFrame:
    """Player states at every n-th tick and at `ticks`, translated.

    Columns: tick, steam_id, side, the columns of `ticks` that a snapshot knows, and equipment_value, primary_weapon,
    secondary_weapon, inventory (names joined by commas). Sorted by tick, then steam_id; one row per player and tick.
    """
    found = identity.bots.resolve_snapshots(demo.snapshots(every=every, ticks=ticks), "name")
    weapon = pl.col("active_weapon").cast(pl.Categorical).alias("weapon")
    states = found.select(
        steam_id().alias("steam_id"),
        side("side").alias("side"),
        weapon,
        *(pl.col(name).alias(column) for name, column in _KEPT.items()),
    )
    del found
    return _one_each(states.filter(pl.col("steam_id").is_not_null()).sort("tick", "steam_id"))


def _one_each(ordered: pl.DataFrame) -> pl.DataFrame:
    """The first row per tick and player of rows in that order: a damaged recording repeats ticks."""
    again = (pl.col("tick") == pl.col("tick").shift(1)) & (pl.col("steam_id") == pl.col("steam_id").shift(1))
    return ordered.filter(~again.fill_null(value=False))


def on_grid(every: int) -> pl.Expr:
    """Which states belong to the sampled ticks table: every n-th tick counted from the first."""
    return (pl.col("tick") - pl.col("tick").min()) % every == 0


def with_velocity(states: pl.DataFrame, tick_rate: float) -> pl.DataFrame:
    """Fill velocity from movement where the recording has none: some servers record no velocity at all."""
    columns = ["velocity_x", "velocity_y", "velocity_z"]
    if states.select(pl.any_horizontal((pl.col(columns).fill_null(0) != 0).any())).item():
        return states
    elapsed_s = (pl.col("tick") - pl.col("tick").shift(1).over("steam_id")) / tick_rate
    moved = [((pl.col(axis) - pl.col(axis).shift(1).over("steam_id")) / elapsed_s) for axis in "xyz"]
    derived = states.with_columns(
        velocity.cast(pl.Float32).alias(name) for velocity, name in zip(moved, columns, strict=True)
    )
    plausible = pl.max_horizontal(pl.col(name).abs() for name in columns) <= TELEPORT_U_S
    return derived.with_columns(pl.when(plausible).then(pl.col(name)).alias(name) for name in columns)


def read_places(demo: AwpyDemo, identity: Identity, sampled: pl.Series) -> pl.DataFrame:
    """Ping and place at the `sampled` ticks: tick, steam_id, ping_ms, place."""
    has_bots = not identity.bots.sightings.is_empty()
    found = demo.properties([_PING, _PLACE, *([_NAME] if has_bots else [])])
    kept = found.filter(pl.col("tick").is_in(sampled.cast(pl.Int64).implode()))
    del found
    named = identity.bots.resolve_snapshots(kept, _NAME if has_bots else _PLACE)
    return (
        named.select(
            pl.col("tick").cast(pl.Int32),
            steam_id().alias("steam_id"),
            pl.col(_PING).cast(pl.Int16, strict=False).alias("ping_ms"),
            pl.col(_PLACE).replace("", None).cast(pl.Categorical).alias("place"),
        )
        .filter(pl.col("steam_id").is_not_null())
        .unique(["tick", "steam_id"], keep="first", maintain_order=True)
    )


def ticks_table(states: pl.DataFrame, places: pl.DataFrame, rounds: pl.DataFrame) -> pl.DataFrame:
    """The ticks table."""
    weapons = {str(name): canonical_weapon(str(name)) for name in states["weapon"].unique().drop_nulls()}
    joined = states.join(places, on=["tick", "steam_id"], how="left", maintain_order="left").with_columns(
        pl.col("weapon").cast(pl.String).replace(weapons).cast(pl.Categorical).alias("weapon"),
        (pl.col("health") > 0).fill_null(value=False).alias("is_alive"),
    )
    return shape("ticks", round_of(joined, rounds))
