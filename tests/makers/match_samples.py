"""What players did between the events of a synthetic match: positions, views, health, the flight of grenades."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from offangle.frames.collection import conform

STEP_TICKS: Final = 8
DUEL_BEFORE_TICKS: Final = 64
DUEL_AFTER_TICKS: Final = 32
FLIGHT_POINTS: Final = 12
WALK_U: Final = 800
"""Everybody walks this far, turns round and walks back."""

PLACES: Final = ("BombsiteA", "BombsiteB", "Middle", "Catwalk", "Underpass")
KEYS: Final = ["round_number", "steam_id"]


def add_samples(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables `ticks` at 8 Hz, `duel_ticks` around kills and `projectiles`, in keeping with the events."""
    return {
        "ticks": conform("ticks", _states(_round_grid(tables), tables)),
        "duel_ticks": conform("duel_ticks", _states(_duel_grid(tables), tables)),
        "projectiles": conform("projectiles", _flights(tables["grenades"])),
    }


def _round_grid(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    span = pl.int_ranges("freeze_end_tick", "end_tick", STEP_TICKS).alias("tick")
    return tables["rounds"].select("round_number", "freeze_end_tick", span).explode("tick", empty_as_null=False)


def _duel_grid(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Every tick near a kill, each once."""
    ends = tables["rounds"].select("round_number", "freeze_end_tick")
    span = pl.int_ranges(pl.col("tick") - DUEL_BEFORE_TICKS, pl.col("tick") + DUEL_AFTER_TICKS).alias("tick")
    near = tables["kills"].select("round_number", span).explode("tick", empty_as_null=False)
    return near.unique().join(ends, on="round_number", how="left")


def _states(grid: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """One row per player and tick of `grid`."""
    people = tables["players"].with_row_index("nth").select(pl.col("nth").cast(pl.Int64), "steam_id")
    kit = tables["economy"].select(
        *KEYS,
        "side",
        pl.col("money_left").alias("money"),
        pl.coalesce("primary_weapon", "secondary_weapon").alias("weapon"),
        pl.when("has_armor").then(100).otherwise(0).alias("bought_armor"),
    )
    died = tables["kills"].select(
        "round_number", pl.col("victim_steam_id").alias("steam_id"), pl.col("tick").alias("died")
    )
    rows = grid.join(people, how="cross").join(kit, on=KEYS, how="inner").join(died, on=KEYS, how="left")
    hurt = tables["damages"].select(
        "round_number",
        pl.col("victim_steam_id").alias("steam_id"),
        pl.col("tick").cast(pl.Int64),
        pl.col("victim_health_after").alias("health"),
        pl.col("victim_armor_after").alias("armor"),
    )
    rows = rows.with_columns(pl.col("tick").cast(pl.Int64)).sort("tick", "steam_id")
    rows = rows.join_asof(hurt.sort("tick"), on="tick", by=KEYS, strategy="backward", check_sortedness=False)
    return _moved(rows).sort("tick", "steam_id")


def _moved(rows: pl.DataFrame) -> pl.DataFrame:
    """Add where each player stands and looks; the dead stay where they fell, without a weapon or a place."""
    moment = pl.min_horizontal("tick", pl.coalesce("died", "tick")).cast(pl.Int64)
    walked = (moment - pl.col("freeze_end_tick")) * (60 + 10 * pl.col("nth")) // 64
    offset = (walked % (2 * WALK_U) - WALK_U).abs()
    is_alive = pl.col("health").fill_null(100) > 0
    place = (pl.col("nth") % len(PLACES)).replace_strict(dict(enumerate(PLACES)), return_dtype=pl.String)
    return rows.with_columns(
        (pl.col("nth") * 150 - 1500 + offset).alias("x"),
        (pl.col("round_number") * 20 - 900 - offset // 2).alias("y"),
        (pl.col("nth") * 5 - 160).alias("z"),
        ((moment * 3 + pl.col("nth") * 400) % 3600 / 10 - 180).round(1).alias("yaw_deg"),
        ((moment + pl.col("nth") * 31) % 600 / 10 - 30).round(1).alias("pitch_deg"),
        pl.col("health").fill_null(100),
        pl.when(is_alive).then(pl.coalesce("armor", "bought_armor")).otherwise(0).alias("armor"),
        is_alive.alias("is_alive"),
        pl.when(is_alive).then("weapon").alias("weapon"),
        pl.when(is_alive).then(place).alias("place"),
        pl.lit(0.0).alias("flash_duration_s"),
        pl.lit(value=False).alias("has_defuse_kit"),
    )


def _flights(grenades: pl.DataFrame) -> pl.DataFrame:
    """A straight throw: from hand to effect in twelve steps."""
    points = grenades.join(pl.DataFrame({"nth": range(FLIGHT_POINTS)}), how="cross")
    on_the_way = [
        (pl.col(f"throw_{axis}") + (pl.col(f"effect_{axis}") - pl.col(f"throw_{axis}")) * pl.col("nth") / FLIGHT_POINTS)
        .round()
        .alias(axis)
        for axis in "xyz"
    ]
    tick = pl.col("throw_tick") + pl.col("nth") * STEP_TICKS
    return points.select("grenade_id", tick.alias("tick"), *on_the_way).sort("grenade_id", "tick")
