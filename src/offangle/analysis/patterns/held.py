"""Which weapon was in hand, and for how long."""

from typing import Final

import polars as pl

from offangle.analysis.rounds import counted_rounds
from offangle.frames.collection import MatchFrames

WEAPON_KEY: Final = ("round_number", "steam_id", "weapon")


def held_weapons(ticks: pl.DataFrame, frames: MatchFrames) -> pl.DataFrame:
    """Time in hand while alive and the round was live, freeze end to decision.

    Args:
        ticks: tick, round_number, steam_id, is_alive and weapon of the samples.
        frames: The match they are of.

    Returns:
        round_number, steam_id, weapon, active_s (seconds).
    """
    rate = frames["match"].item(0, "sample_rate_hz") or frames.tick_rate
    live = counted_rounds(frames).select(
        "round_number", "decision_tick", live_tick=pl.coalesce("freeze_end_tick", "start_tick")
    )
    samples = ticks.lazy().filter(pl.col("is_alive") & pl.col("weapon").is_not_null())
    inside = samples.join(live.lazy(), on="round_number").filter(
        pl.col("tick").is_between(pl.col("live_tick"), pl.col("decision_tick"))
    )
    held: pl.DataFrame = inside.group_by(WEAPON_KEY).agg(active_s=pl.len() / rate).collect()
    return held.with_columns(pl.col("weapon").cast(pl.String))
