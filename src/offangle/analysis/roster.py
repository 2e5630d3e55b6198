"""Who took part in which round, and who left it early."""

from typing import Final

import polars as pl

from offangle.core.ticks import window_ticks
from offangle.frames.collection import MatchFrames

LEFT_BEFORE_END_S: Final = 2.0
"""Seconds by which a player's last sample must precede the last of the others to have left: well above the gap between
two samples, well below the shortest reconnect."""


def participants(frames: MatchFrames, rounds: pl.DataFrame, kills: pl.DataFrame, damages: pl.DataFrame) -> pl.DataFrame:
    """One row per counted round and player who was on a side at freeze end or took part later.

    Returns:
        round_number, steam_id, team, side, and `played`: on a side at freeze end, what every denominator counts.
    """
    on_side = frames.counted("player_rounds").select(
        "round_number", "steam_id", "team", "side", played=pl.lit(value=True)
    )
    seen = _seen_in(kills, ("attacker", "victim", "assister"), damages)
    late = seen.join(on_side, on=["round_number", "steam_id"], how="anti").join(
        frames["players"].select("steam_id", "team"), on="steam_id", how="left"
    )
    late = late.select("round_number", "steam_id", "team", "side", played=pl.lit(value=False))
    numbers = rounds.select("round_number")
    return pl.concat([on_side, late]).join(numbers, on="round_number", how="semi").sort("round_number", "steam_id")


def _seen_in(kills: pl.DataFrame, roles: tuple[str, ...], damages: pl.DataFrame) -> pl.DataFrame:
    """Distinct rounds and players named by an event, with the side it gives."""
    named = [_named(kills, role) for role in roles] + [_named(damages, role) for role in ("attacker", "victim")]
    return (
        pl.concat(named).drop_nulls("steam_id").unique(["round_number", "steam_id"], keep="first", maintain_order=True)
    )


def _named(events: pl.DataFrame, role: str) -> pl.DataFrame:
    return events.select(
        "round_number", pl.col(f"{role}_steam_id").alias("steam_id"), pl.col(f"{role}_side").alias("side")
    )


def departures(frames: MatchFrames, rounds: pl.DataFrame, kills: pl.DataFrame) -> pl.DataFrame:
    """Players who left a round: by the game's own event or, where the source has samples, gone before the decision.

    Whoever left alive and is back dead before the decision has left, too: nobody killed him, and he was not there.

    Returns:
        round_number, steam_id, tick (the last at which the player was there).
    """
    by_event = kills.filter("is_disconnect").select("round_number", steam_id="victim_steam_id", tick="tick")
    died = kills.filter("is_own_body").select("round_number", steam_id="victim_steam_id").unique()
    told = pl.concat([by_event, _told_by_samples(frames, rounds, died)])
    return told.group_by("round_number", "steam_id").agg(pl.col("tick").min())


def _told_by_samples(frames: MatchFrames, rounds: pl.DataFrame, died: pl.DataFrame) -> pl.DataFrame:
    """Players without a sample near the end of a round that others are sampled in, or dead without a death.

    No rows without `ticks`.
    """
    margin = window_ticks(LEFT_BEFORE_END_S, frames.tick_rate)
    seen = _last_seen(frames["ticks"], rounds).join(
        died.with_columns(has_died=pl.lit(value=True)), on=["round_number", "steam_id"], how="left"
    )
    is_cut_short = pl.col("last_tick") < pl.col("last_tick").max().over("round_number") - margin
    has_died = pl.col("has_died").fill_null(value=False)
    is_person = pl.col("steam_id") > 0  # a bot lies dead while a person moves its body
    is_dead_for_no_reason = is_person & ~has_died & (pl.col("last_alive") < pl.col("last_tick"))
    is_there_until_cut = has_died | ~is_person
    there_until = pl.when(is_there_until_cut).then("last_tick").otherwise("last_alive")
    return seen.filter(is_cut_short | is_dead_for_no_reason).select("round_number", "steam_id", tick=there_until)


def _last_seen(ticks: pl.DataFrame, rounds: pl.DataFrame) -> pl.DataFrame:
    """Per counted round and player the last sample up to the decision, and the last one alive.

    Returns:
        round_number, steam_id, last_tick, last_alive (where the player never was, the tick before the first sample).
    """
    decisions = rounds.lazy().select("round_number", "decision_tick")
    return (
        ticks.lazy()
        .filter(pl.col("round_number") > 0)
        .join(decisions, on="round_number")
        .filter(pl.col("tick") <= pl.col("decision_tick"))
        .group_by("round_number", "steam_id")
        .agg(
            last_tick=pl.col("tick").max(),
            last_alive=pl.coalesce(pl.col("tick").filter("is_alive").max(), pl.col("tick").min() - 1),
        )
        .collect()
    )
