"""User-command input history: which moment each client was looking at when it acted."""

import polars as pl

from offangle.frames.collection import shape
from offangle.parsing.demo.header import FileHeader


def input_history_table(found: pl.DataFrame | None, header: FileHeader) -> pl.DataFrame | None:
    """The input_history table; None where the recording has no user commands.

    Commands count in server ticks; the table counts in demo ticks like all others.
    """
    if found is None:
        return None
    entry = pl.col("entries").struct
    start = header.server_start_tick
    rows = (
        found.with_columns(pl.int_ranges(0, pl.col("entries").list.len()).alias("sequence"))
        .explode("entries", "sequence")
        .select(
            "tick",
            pl.col("steamid").cast(pl.Int64).alias("steam_id"),
            "sequence",
            (entry.field("render_tick_count") - start).alias("render_tick"),
            entry.field("render_tick_fraction").alias("render_tick_fraction"),
            (entry.field("player_tick_count") - start).alias("player_tick"),
            entry.field("player_tick_fraction").alias("player_tick_fraction"),
            entry.field("x").alias("pitch_deg"),
            entry.field("y").alias("yaw_deg"),
        )
    )
    return shape("input_history", rows.sort("tick", "steam_id", "sequence"))
