"""Blindness by flashes."""

from typing import Final

import polars as pl

from offangle.analysis.kills import fill_side
from offangle.frames.collection import MatchFrames

ENEMY_FLASHED_FROM_S: Final = 1.1
"""Seconds of blindness from which an enemy counts as flashed (DEFINITIONS, Utility)."""


def flashes_per_round(frames: MatchFrames) -> pl.DataFrame:
    """Per round and thrower: `enemies_flashed`, `blind_time_enemy_s`, `blind_time_team_s`; oneself never counts."""
    blinds = frames.counted("blinds").filter(pl.col("attacker_steam_id") != pl.col("victim_steam_id"))
    for role in ("attacker", "victim"):
        blinds = fill_side(blinds, frames["player_rounds"], role)
    enemy = pl.col("attacker_side") != pl.col("victim_side")
    team = pl.col("attacker_side") == pl.col("victim_side")
    blind_s = pl.col("duration_s").cast(pl.Float64)
    return blinds.group_by("round_number", pl.col("attacker_steam_id").alias("steam_id")).agg(
        enemies_flashed=(enemy & (blind_s >= ENEMY_FLASHED_FROM_S)).sum(),
        blind_time_enemy_s=blind_s.filter(enemy).sum(),
        blind_time_team_s=blind_s.filter(team).sum(),
    )
