"""Which weapons each player used in each round, and what came of them."""

import polars as pl

from offangle.analysis.damage import mark_damages
from offangle.analysis.kills import mark_kills
from offangle.analysis.rounds import counted_rounds
from offangle.db.models import PlayerRoundState, PlayerWeapon
from offangle.frames.collection import MatchFrames

KEY = ("round_number", "steam_id", "weapon")
COUNTS = ("shots", "kills", "headshot_kills", "damage")
MAX_WEAPON_NAME = 64


def weapon_table(frames: MatchFrames) -> pl.DataFrame:
    """Per counted round, player and weapon: shots, kills, headshot_kills and damage (enemy health, in points).

    Kills are those that the scoreboard counts, so that over a player's weapons they add up to the player's kills.
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
    joined = pl.concat(parts, how="diagonal")
    return joined.group_by(KEY).agg(pl.col(COUNTS).sum().cast(pl.Int64)).sort(KEY)


def _per_weapon(events: pl.DataFrame, player: str, **counts: pl.Expr) -> pl.DataFrame:
    named = events.drop_nulls([player, "weapon"])
    weapon = pl.col("weapon").cast(pl.String).str.replace_all("\0", "", literal=True).str.slice(0, MAX_WEAPON_NAME)
    key = (pl.col("round_number"), pl.col(player).alias("steam_id"), weapon)
    return named.group_by(key).agg(**counts).cast(dict.fromkeys(counts, pl.Int64))


def weapon_rows(states: list[PlayerRoundState], weapons: pl.DataFrame) -> list[PlayerWeapon]:
    """One row per row of `weapon_table` whose player has a state in the round."""
    by_key = {(state.round.number, state.steam_account_id): state for state in states}
    return [
        PlayerWeapon(state=state, weapon_id=row["weapon"], **{name: row[name] for name in COUNTS})
        for row in weapons.iter_rows(named=True)
        if (state := by_key.get((row["round_number"], row["steam_id"]))) is not None
    ]
