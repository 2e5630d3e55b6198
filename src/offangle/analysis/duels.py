"""Who killed whom."""

import polars as pl


def duel_matrix(kills: pl.DataFrame) -> pl.DataFrame:
    """One row per pair of enemies with at least one kill: attacker_steam_id, victim_steam_id, kills, headshot_kills.

    Args:
        kills: As `mark_kills` gives them. Kills while controlling a bot are not counted.
    """
    counted = kills.filter("counts_for_attacker")
    return (
        counted.group_by("attacker_steam_id", "victim_steam_id")
        .agg(kills=pl.len(), headshot_kills=pl.col("is_headshot").sum())
        .sort("attacker_steam_id", "victim_steam_id")
    )
