"""Who leaves the server: the game writes it as a death by nobody, like the console's `kill`."""

from typing import Final

import polars as pl

from offangle.core.terms import WORLD_WEAPON
from offangle.parsing.demo.awpy_source import AwpyTables
from offangle.parsing.demo.combat import weapon
from offangle.parsing.demo.identity import Identity, steam_id

LEAVING_TICKS: Final = 32
"""The game says that a player is gone within half a second of that death, a few ticks before or after."""
GONE_TICKS: Final = 64
"""Whose body is not seen for a second after it has gone with its player; a dead player's stays."""


def left_server(tables: AwpyTables, identity: Identity, states: pl.DataFrame) -> pl.DataFrame:
    """Deaths by nobody else and the world: tick, steam_id and is_leaving, null where the recording does not tell.

    Told by the game's own event or, since not every recording has it, by the body: it is there before the death and is
    not after it, while others are.
    """
    killer, victim = steam_id("attacker_"), steam_id("victim_")
    alone = (killer.is_null() | (killer == victim)) & (weapon("weapon") == WORLD_WEAPON)
    deaths = tables.datasets["kills"].filter(alone).select("tick", victim.alias("steam_id")).drop_nulls().unique()
    if deaths.is_empty():
        return deaths.with_columns(pl.lit(None, pl.Boolean).alias("is_leaving"))
    told = _near_event(deaths, tables, identity)
    gone = _without_body(deaths, states)
    return told.join(gone, on=["tick", "steam_id"]).select(
        "tick", "steam_id", pl.when("is_told").then(pl.lit(value=True)).otherwise("is_gone").alias("is_leaving")
    )


def _near_event(deaths: pl.DataFrame, tables: AwpyTables, identity: Identity) -> pl.DataFrame:
    """Add `is_told`: the game says that the player is gone."""
    raw = tables.event("player_disconnect")
    if raw is None:
        return deaths.with_columns(pl.lit(value=False).alias("is_told"))
    gone = identity.resolve_slot(raw).select(pl.col("tick").alias("gone_tick"), "steam_id").drop_nulls()
    near = (pl.col("gone_tick") - pl.col("tick")).abs() <= LEAVING_TICKS
    told = deaths.join(gone, on="steam_id").filter(near).select("tick", "steam_id").unique()
    return deaths.join(told.with_columns(is_told=pl.lit(value=True)), on=["tick", "steam_id"], how="left").with_columns(
        pl.col("is_told").fill_null(value=False)
    )


def _without_body(deaths: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """Add `is_gone`: no body for a second; null where it was not seen before, or the recording ends within it."""
    own = states.select("steam_id", seen="tick").join(deaths, on="steam_id")
    since = pl.col("seen") - pl.col("tick")
    around = own.group_by("tick", "steam_id").agg(
        was_there=since.is_between(-GONE_TICKS, 0).any(), is_there=since.is_between(1, GONE_TICKS).any()
    )
    ends = states["tick"].max() or 0
    known = pl.col("was_there") & (pl.col("is_there") | (pl.col("tick") + GONE_TICKS <= ends))
    gone = deaths.join(around, on=["tick", "steam_id"], how="left")
    return gone.select("tick", "steam_id", pl.when(known).then(~pl.col("is_there")).alias("is_gone"))
