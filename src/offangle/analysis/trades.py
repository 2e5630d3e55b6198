"""Trades: the killer of a team-mate dies within the window."""

from typing import Final

import polars as pl

from offangle.core.ticks import window_ticks

TRADE_WINDOW_S: Final = 5.0
"""Seconds, inclusive; the window most sites use (DEFINITIONS, Counting: Trade)."""

DEATH = ("round_number", "kill_id")


def revenges(kills: pl.DataFrame, *, tick_rate: float, window_s: float = TRADE_WINDOW_S) -> pl.DataFrame:
    """Pairs of a death and the kill that avenged it: one row per avenged death and avenging kill.

    The killer must die after the victim (a later row, where both fall into one tick), to a team-mate of the victim who
    is not the victim. Kills after the decision avenge nobody and are not avenged.

    Returns:
        round_number, kill_id (the death), trade_kill_id, trade_tick, trader_steam_id, trade_counts.
    """
    in_round = kills.filter(pl.col("is_enemy_kill") & ~pl.col("is_late"))
    answers = in_round.select(
        "round_number",
        pl.col("victim_steam_id").alias("attacker_steam_id"),
        trade_kill_id="kill_id",
        trade_tick="tick",
        trader_steam_id="attacker_steam_id",
        trader_side="attacker_side",
        trade_counts="counts_for_attacker",
    )
    pairs = in_round.join(answers, on=["round_number", "attacker_steam_id"]).filter(
        pl.col("trade_kill_id") > pl.col("kill_id"),
        pl.col("trade_tick") - pl.col("tick") <= window_ticks(window_s, tick_rate),
        pl.col("trader_side") == pl.col("victim_side"),
        pl.col("trader_steam_id") != pl.col("victim_steam_id"),
    )
    return pairs.select("round_number", "kill_id", "trade_kill_id", "trade_tick", "trader_steam_id", "trade_counts")


def trade_opportunities(
    kills: pl.DataFrame,
    damages: pl.DataFrame,
    participants: pl.DataFrame,
    departures: pl.DataFrame,
    *,
    tick_rate: float,
) -> pl.DataFrame:
    """One row per death before the decision and team-mate alive at it, while the killer was alive too.

    Distance does not matter: whoever is far away and does nothing has the opportunity and no attempt. Whoever has left
    has none, and gives none.

    Returns:
        round_number, kill_id (the death), tick, victim_steam_id, killer_steam_id, trader_steam_id, trader_side,
        `attempted` (hurt the killer within the window) and `succeeded` (killed them), trade_tick.
    """
    candidates = _candidates(kills, participants, departures)
    attempts = _attempts(candidates, damages, window_ticks(TRADE_WINDOW_S, tick_rate))
    pairs = revenges(kills, tick_rate=tick_rate).unique([*DEATH, "trader_steam_id"], keep="first", maintain_order=True)
    return (
        candidates.join(pairs, on=[*DEATH, "trader_steam_id"], how="left")
        .join(attempts, on=[*DEATH, "trader_steam_id"], how="left")
        .with_columns(succeeded=pl.col("trade_tick").is_not_null())
        .with_columns(attempted=pl.col("hurt").fill_null(value=False) | pl.col("succeeded"))
        .select(
            *DEATH,
            "tick",
            "victim_steam_id",
            "killer_steam_id",
            "trader_steam_id",
            "trader_side",
            "attempted",
            "succeeded",
            "trade_tick",
        )
        .sort("kill_id", "trader_steam_id")
    )


def _own_deaths(kills: pl.DataFrame) -> pl.DataFrame:
    """When each player's own body died first: round_number, steam_id, died_at (a kill_id)."""
    own = kills.filter("is_own_body")
    return own.group_by("round_number", pl.col("victim_steam_id").alias("steam_id")).agg(
        died_at=pl.col("kill_id").min()
    )


def _candidates(kills: pl.DataFrame, participants: pl.DataFrame, departures: pl.DataFrame) -> pl.DataFrame:
    """Deaths by an enemy before the decision with each team-mate who was alive and there, if the killer was."""
    deaths = kills.filter(pl.col("is_enemy_kill") & ~pl.col("is_late"))
    ends = _own_deaths(kills).join(
        departures.rename({"tick": "left_at"}), on=["round_number", "steam_id"], how="full", coalesce=True
    )
    killer_ends, trader_ends = (
        ends.select(
            "round_number",
            pl.col("steam_id").alias(f"{column}_steam_id"),
            pl.col("died_at").alias(f"{role}_died_at"),
            pl.col("left_at").alias(f"{role}_left_at"),
        )
        for role, column in (("killer", "attacker"), ("trader", "trader"))
    )
    mates = participants.select("round_number", trader_steam_id="steam_id", trader_side="side")
    still_killing = pl.col("is_attacker_controlling_bot") | (pl.col("killer_died_at") > pl.col("kill_id"))
    return (
        deaths.join(killer_ends, on=["round_number", "attacker_steam_id"], how="left")
        .filter(still_killing.fill_null(value=True), _was_there("killer"))
        .join(mates, left_on=["round_number", "victim_side"], right_on=["round_number", "trader_side"])
        .join(trader_ends, on=["round_number", "trader_steam_id"], how="left")
        .filter(
            pl.col("trader_steam_id") != pl.col("victim_steam_id"),
            (pl.col("trader_died_at") > pl.col("kill_id")).fill_null(value=True),
            _was_there("trader"),
        )
        .rename({"attacker_steam_id": "killer_steam_id", "victim_side": "trader_side"})
        .select(*DEATH, "tick", "decision_tick", "victim_steam_id", "killer_steam_id", "trader_steam_id", "trader_side")
    )


def _was_there(role: str) -> pl.Expr:
    """Whether `role` had not left before the death."""
    return (pl.col(f"{role}_left_at") >= pl.col("tick")).fill_null(value=True)


def _attempts(candidates: pl.DataFrame, damages: pl.DataFrame, window: int) -> pl.DataFrame:
    """Opportunities in which the trader hurt the killer inside the window and before the decision."""
    hits = damages.filter(pl.col("is_enemy") & (pl.col("health_damage") > 0)).select(
        "round_number", "attacker_steam_id", "victim_steam_id", hit_tick="tick"
    )
    on = ["round_number", "trader_steam_id", "killer_steam_id"]
    hurt = candidates.join(hits, left_on=on, right_on=["round_number", "attacker_steam_id", "victim_steam_id"]).filter(
        pl.col("hit_tick").is_between(pl.col("tick"), pl.min_horizontal(pl.col("tick") + window, "decision_tick"))
    )
    return hurt.select(*DEATH, "trader_steam_id", hurt=True).unique()


def trades_per_round(opportunities: pl.DataFrame) -> pl.DataFrame:
    """Per round and player: `trade_opportunities`, `trade_attempts`, `trade_successes`."""
    return opportunities.group_by("round_number", pl.col("trader_steam_id").alias("steam_id")).agg(
        trade_opportunities=pl.len(),
        trade_attempts=pl.col("attempted").sum(),
        trade_successes=pl.col("succeeded").sum(),
    )


def trade_kills_per_round(pairs: pl.DataFrame) -> pl.DataFrame:
    """Per round and player: `trade_kills`, the kills that avenged at least one team-mate."""
    return (
        pairs.filter("trade_counts")
        .group_by("round_number", pl.col("trader_steam_id").alias("steam_id"))
        .agg(trade_kills=pl.col("trade_kill_id").n_unique())
    )


def traded_deaths_per_round(kills: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Per round and player: `traded_deaths`, the own deaths that were avenged."""
    avenged = kills.filter("counts_for_victim").join(pairs, on=["kill_id"], how="semi")
    return avenged.group_by("round_number", pl.col("victim_steam_id").alias("steam_id")).agg(traded_deaths=pl.len())
