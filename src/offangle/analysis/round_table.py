"""One row per counted round: who won, how, with what, and what happened in it."""

import polars as pl

from offangle.analysis.context import Context
from offangle.analysis.economy import team_economy
from offangle.core.sides import SIDES, TEAMS, Team


def round_stats(match: Context, player_rounds: pl.DataFrame) -> pl.DataFrame:
    """Rounds with duration, buys, bomb, opening duel, clutch and score; see `RoundStatsTable` for the columns."""
    rounds = _timed_and_scored(match.rounds, match.frames.tick_rate)
    parts = (
        _economy_by_side(match),
        _bomb(match.frames.counted("bomb_events")),
        _opening(match.openings),
        _clutch(match.clutches),
        _counts_by_side(player_rounds),
    )
    for part in parts:
        rounds = rounds.join(part, on="round_number", how="left")
    exploded = pl.coalesce("has_exploded", pl.lit(value=False)) | (pl.col("reason") == "bomb_exploded")
    counts = [f"{side}_{what}" for side in SIDES for what in ("kills", "players", "survivors")]
    return rounds.with_columns(pl.col(counts).fill_null(0), exploded=exploded).sort("round_number")


def _timed_and_scored(rounds: pl.DataFrame, tick_rate: float) -> pl.DataFrame:
    """Add `duration_s` (freeze end to decision) and the score before and after the round, as far as it is known."""
    before = [
        pl.coalesce(f"score_{team}_before", _counted_before(team)).alias(f"score_{team}_before") for team in TEAMS
    ]
    after = [
        (pl.col(f"score_{team}_before") + (pl.col("winner_team") == team).cast(pl.Int16)).alias(f"score_{team}_after")
        for team in TEAMS
    ]
    duration = (pl.col("end_tick") - pl.coalesce("freeze_end_tick", "start_tick")) / tick_rate
    return rounds.drop("decision_tick").with_columns(before).with_columns(*after, duration_s=duration)


def _counted_before(team: Team) -> pl.Expr:
    """Rounds that `team` won before this one; null from a gap in the numbers or an unknown winner on."""
    in_order = pl.col("round_number") == pl.int_range(1, pl.len() + 1)
    known = (in_order & pl.col("winner_team").is_not_null().shift(fill_value=True)).cast(pl.Int8).cum_min() == 1
    won = (pl.col("winner_team") == team).cast(pl.Int16).cum_sum().shift(fill_value=0)
    return pl.when(known).then(won)


def _economy_by_side(match: Context) -> pl.DataFrame:
    economy = team_economy(match.economy, match.rounds)
    values = [name for name in economy.columns if name not in {"round_number", "side"}]
    sides = [
        economy.filter(pl.col("side") == side).select(
            "round_number", *(pl.col(name).alias(f"{side}_{name}") for name in values)
        )
        for side in SIDES
    ]
    return sides[0].join(sides[1], on="round_number")


def _bomb(events: pl.DataFrame) -> pl.DataFrame:
    """Plant (site, tick, by), defuse (tick, by) and explosion of each round."""
    planted, defused = pl.col("event") == "planted", pl.col("event") == "defused"
    return (
        events.sort("tick", maintain_order=True)
        .group_by("round_number")
        .agg(
            plant_tick=pl.col("tick").filter(planted).first(),
            plant_site=pl.col("site").filter(planted).first(),
            planter_steam_id=pl.col("steam_id").filter(planted).first(),
            defuse_tick=pl.col("tick").filter(defused).first(),
            defuser_steam_id=pl.col("steam_id").filter(defused).first(),
            has_exploded=(pl.col("event") == "exploded").any(),
        )
    )


def _opening(duels: pl.DataFrame) -> pl.DataFrame:
    return duels.select(
        "round_number",
        opening_tick="tick",
        opening_attacker_steam_id="attacker_steam_id",
        opening_victim_steam_id="victim_steam_id",
        opening_side="attacker_side",
    )


def _clutch(clutches: pl.DataFrame) -> pl.DataFrame:
    """The round's clutch; where both sides were left alone in one tick, the winner's."""
    first = clutches.sort("round_number", "won", descending=[False, True], nulls_last=True, maintain_order=True)
    return first.unique("round_number", keep="first", maintain_order=True).select(
        "round_number",
        clutch_steam_id="steam_id",
        clutch_opponents="opponents",
        clutch_won="won",
    )


def _counts_by_side(player_rounds: pl.DataFrame) -> pl.DataFrame:
    """Kills, players and survivors of each side."""
    counts = [
        pl.col(column).filter(pl.col("side") == side).sum().cast(pl.Int32).alias(f"{side}_{name}")
        for side in SIDES
        for column, name in (("kills", "kills"), ("played", "players"), ("survived", "survivors"))
    ]
    return player_rounds.group_by("round_number").agg(counts)
