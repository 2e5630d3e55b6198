"""Opening duels: the first kill of each round."""

import polars as pl


def opening_duels(kills: pl.DataFrame) -> pl.DataFrame:
    """One row per round with a kill: the first that is neither team kill nor suicide and not after the decision.

    Args:
        kills: As `mark_kills` gives them.

    Returns:
        round_number, kill_id, tick, attacker and victim (steam_id, side), weapon, is_headshot, counts_for_attacker and
        counts_for_victim (false while controlling a bot).
    """
    first = kills.filter(pl.col("is_enemy_kill") & ~pl.col("is_late")).group_by("round_number").first()
    return first.sort("round_number").select(
        "round_number",
        "kill_id",
        "tick",
        "attacker_steam_id",
        "victim_steam_id",
        "attacker_side",
        "victim_side",
        "weapon",
        "is_headshot",
        "counts_for_attacker",
        "counts_for_victim",
    )


def openings_per_round(duels: pl.DataFrame) -> pl.DataFrame:
    """Per round and player of an opening duel: `opening_kill`, `opening_death`."""
    won = duels.filter("counts_for_attacker").select(
        "round_number", pl.col("attacker_steam_id").alias("steam_id"), opening_kill=True, opening_death=False
    )
    lost = duels.filter("counts_for_victim").select(
        "round_number", pl.col("victim_steam_id").alias("steam_id"), opening_kill=False, opening_death=True
    )
    return pl.concat([won, lost])
