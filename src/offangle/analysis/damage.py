"""Health removed from enemies and team-mates."""

from typing import Final

import polars as pl

from offangle.analysis.kills import BOMB_WEAPONS, fill_side
from offangle.frames.collection import MatchFrames

UTILITY_WEAPONS: Final = ("hegrenade", "molotov", "incgrenade", "inferno")
"""HE, molotov and incendiary; `inferno` is the name of their fire."""


def mark_damages(frames: MatchFrames) -> pl.DataFrame:
    """The counted rounds' hits by a player on another, sides completed.

    Returns:
        The columns of `damages`, and `is_enemy`, `is_team` (neither where a side is unknown) and `is_utility`.
    """
    damages = frames.counted("damages").filter(
        pl.col("attacker_steam_id") != pl.col("victim_steam_id"), ~pl.col("weapon").is_in(BOMB_WEAPONS)
    )
    for role in ("attacker", "victim"):
        damages = fill_side(damages, frames["player_rounds"], role)
    return damages.with_columns(
        is_enemy=(pl.col("attacker_side") != pl.col("victim_side")).fill_null(value=False),
        is_team=(pl.col("attacker_side") == pl.col("victim_side")).fill_null(value=False),
        is_utility=pl.col("weapon").is_in(UTILITY_WEAPONS),
    )


def damage_per_round(damages: pl.DataFrame) -> pl.DataFrame:
    """Per round and attacker, in health points: `damage` and `utility_damage` on enemies, `team_damage`."""
    health = pl.col("health_damage").cast(pl.Int32)
    return damages.group_by("round_number", pl.col("attacker_steam_id").alias("steam_id")).agg(
        damage=health.filter("is_enemy").sum(),
        utility_damage=health.filter(pl.col("is_enemy") & pl.col("is_utility")).sum(),
        team_damage=health.filter("is_team").sum(),
    )
