"""Which weapons each player used in each round, and what came of them."""

import polars as pl

from offangle.analysis.damage import mark_damages
from offangle.analysis.kills import mark_kills
from offangle.analysis.patterns.held import held_weapons
from offangle.analysis.rounds import counted_rounds
from offangle.flows.rows import MAX_WEAPON_NAME
from offangle.frames.collection import MatchFrames

KEY = ("round_number", "steam_id", "weapon")
COUNTS = ("shots", "kills", "headshot_kills", "damage")


def weapon_table(frames: MatchFrames, ticks: pl.DataFrame | None) -> pl.DataFrame:
    """What each player did with each weapon in each counted round.

    Kills are those that the scoreboard counts, so that over a player's weapons they add up to the player's kills.

    Args:
        frames: The match.
        ticks: tick, round_number, steam_id, is_alive and weapon of its samples; None where the recording has none.

    Returns:
        round_number, steam_id, weapon, shots, kills, headshot_kills, damage (enemy health, in points), active_s (time
        in hand in seconds; null without samples) and was_active.
    """
    kills = mark_kills(frames, counted_rounds(frames)).filter("counts_for_attacker")
    parts = [
        _per_weapon(frames.counted("shots"), "steam_id", shots=pl.len()),
        _per_weapon(kills, "attacker_steam_id", kills=pl.len(), headshot_kills=pl.col("is_headshot").sum()),
        _per_weapon(
            mark_damages(frames).filter("is_enemy"),
            "attacker_steam_id",
            damage=pl.col("health_damage").cast(pl.Int64).sum(),
        ),
    ]
    held = _with_key(held_weapons(ticks, frames), "steam_id") if ticks is not None else NOT_HELD
    joined = pl.concat([*parts, held], how="diagonal")
    is_killing = (pl.col("shots") > 0) | (pl.col("kills") > 0)
    return (
        joined.group_by(KEY)
        .agg(pl.col(COUNTS).sum().cast(pl.Int64), pl.col("active_s").sum())
        .with_columns(
            was_active=is_killing | (pl.col("active_s") > 0),
            active_s=pl.col("active_s") if ticks is not None else None,
        )
        .sort(KEY)
    )


NOT_HELD = pl.DataFrame(schema={"active_s": pl.Float64})


def _per_weapon(events: pl.DataFrame, player: str, **counts: pl.Expr) -> pl.DataFrame:
    named = _with_key(events.drop_nulls([player, "weapon"]), player)
    return named.group_by(KEY).agg(**counts).cast(dict.fromkeys(counts, pl.Int64))


def _with_key(events: pl.DataFrame, player: str) -> pl.DataFrame:
    """The player as `steam_id`, and the weapon's name as a column takes it."""
    weapon = pl.col("weapon").cast(pl.String).str.replace_all("\0", "", literal=True).str.slice(0, MAX_WEAPON_NAME)
    return events.with_columns(pl.col(player).alias("steam_id"), weapon)
