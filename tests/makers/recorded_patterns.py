"""The pattern tables of one recorded match, from its own tables: what the database must give again."""

import polars as pl

from offangle.analysis.kills import mark_kills
from offangle.analysis.patterns.held import WEAPON_KEY, held_weapons
from offangle.analysis.patterns.names import renamed, with_thrown_fire
from offangle.analysis.patterns.tables import PatternRoundsTable, PatternWeaponsTable, shaped
from offangle.analysis.rounds import counted_rounds
from offangle.analysis.run import Analysis
from offangle.core.economy import REGULATION_HALVES
from offangle.core.sides import SIDES
from offangle.frames.collection import MatchFrames


def from_analysis(
    match_id: str, played_order: int, frames: MatchFrames, analysis: Analysis
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of one recorded match.

    A weapon counts as in hand by the samples of `ticks` (alive, from freeze end to the decision) where the recording
    has them, and by its shots; a weapon that killed was in hand.

    Args:
        match_id: The match, as the database names it.
        played_order: Its place among the matches by time.
        frames: Its tables.
        analysis: What was derived from them.

    Returns:
        `pattern_rounds` and `pattern_weapons`, as their declarations say.
    """
    match = pl.lit(match_id).alias("match_id")
    rounds = _rounds(analysis).with_columns(
        match,
        played_order=pl.lit(played_order),
        map_name=pl.lit(frames.map_name),
        money="money_left",
        record=pl.lit("demo"),
    )
    weapons = _weapons(frames, rounds).with_columns(match)
    return shaped(PatternRoundsTable, rounds), shaped(PatternWeaponsTable, weapons)


def _rounds(analysis: Analysis) -> pl.DataFrame:
    """`player_round_stats` of who played, with half, winner and the team's buy."""
    stats = analysis["round_stats"]
    told = stats.select(
        "round_number",
        "half",
        "winner_side",
        is_overtime=~pl.col("half").is_in(REGULATION_HALVES) | (pl.col("kind") == "overtime"),
    )
    buys = pl.concat(
        stats.select("round_number", side=pl.lit(side).cast(stats.schema["winner_side"]), team_buy=f"{side}_buy")
        for side in SIDES
    )
    played = analysis["player_round_stats"].filter("played")
    return played.join(told, on="round_number").join(buys, on=["round_number", "side"], how="left")


def _weapons(frames: MatchFrames, rounds: pl.DataFrame) -> pl.DataFrame:
    """Per player who played, round and weapon: was_active, active_s, shots, kills, headshot_kills, unsure_kills."""
    parts = [held_weapons(frames["ticks"], frames), _fired(frames), _killed(frames)]
    known = [renamed(part.drop_nulls(["steam_id", "weapon"])) for part in parts]
    joined = with_thrown_fire(pl.concat(known, how="diagonal"), rounds)
    counts = [pl.col(name).sum() for name in ("shots", "kills", "headshot_kills")]
    totals = joined.group_by(WEAPON_KEY).agg(pl.col("active_s").sum(), *counts)
    return (
        totals.join(rounds, on=WEAPON_KEY[:2], how="semi")
        .with_columns(
            active_s=pl.col("active_s") if frames.has("ticks") else None,
            was_active=(pl.col("active_s") > 0) | (pl.col("shots") > 0) | (pl.col("kills") > 0),
            shots=pl.col("shots") if frames.has("shots") else None,
            unsure_kills=pl.lit(0),
        )
        .sort(WEAPON_KEY)
    )


def _fired(frames: MatchFrames) -> pl.DataFrame:
    return frames.counted("shots").group_by(WEAPON_KEY).agg(shots=pl.len().cast(pl.Int32))


def _killed(frames: MatchFrames) -> pl.DataFrame:
    kills = mark_kills(frames, counted_rounds(frames)).filter("counts_for_attacker")
    return kills.group_by("round_number", pl.col("attacker_steam_id").alias("steam_id"), "weapon").agg(
        kills=pl.len().cast(pl.Int32), headshot_kills=pl.col("is_headshot").sum().cast(pl.Int32)
    )
