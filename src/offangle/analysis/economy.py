"""Money and equipment: buy classes of players and teams."""

import polars as pl

from offangle.core.economy import (
    FORCE_MONEY_LEFT_AT_MOST,
    PLAYER_BUY_BOUNDS,
    REGULATION_HALVES,
    TEAM_ECO_BELOW,
    TEAM_FULL_FROM,
)
from offangle.core.sides import SIDES
from offangle.core.terms import PLAYER_BUYS, TEAM_BUYS
from offangle.frames.collection import MatchFrames


def player_buy(equipment: pl.Expr) -> pl.Expr:
    """The player's buy class by equipment value, as `core.economy.player_buy_class`; null where that is unknown."""
    buy = pl.lit(PLAYER_BUYS[0])
    for name, least in zip(PLAYER_BUYS[1:], PLAYER_BUY_BOUNDS, strict=True):
        buy = pl.when(equipment >= least).then(pl.lit(name)).otherwise(buy)
    return pl.when(equipment.is_not_null()).then(buy).cast(pl.Enum(PLAYER_BUYS))


def money_left() -> pl.Expr:
    """Money left at freeze end; where the source lacks it, what was there less what was spent."""
    return pl.coalesce("money_left", (pl.col("start_money") - pl.col("money_spent")).clip(lower_bound=0))


def player_economy(frames: MatchFrames) -> pl.DataFrame:
    """Per counted round and player: side, start_money, money_spent, money_left, equipment_value ($), buy.

    The value shown is that at freeze end; the class is that at the end of buy time, where the source knows both.
    """
    return frames.counted("economy").select(
        "round_number",
        "steam_id",
        "side",
        "start_money",
        "money_spent",
        money_left(),
        equipment_value=pl.coalesce("equipment_value", "equipment_value_buy_end"),
        class_value=pl.coalesce("equipment_value_buy_end", "equipment_value"),
        buy=player_buy(pl.coalesce("equipment_value_buy_end", "equipment_value")),
    )


def team_economy(economy: pl.DataFrame, rounds: pl.DataFrame) -> pl.DataFrame:
    """Per counted round and side: money summed over the players ($) and the team's buy class.

    Args:
        economy: As `player_economy` gives it.
        rounds: As `counted_rounds` gives them.

    Returns:
        round_number, side, equipment, start_money, money_spent, money_left (null where no player's is known), buy.
    """
    teams = _team_rounds(rounds).join(_team_sums(economy), on=["round_number", "side"], how="left")
    return teams.with_columns(buy=_team_buy()).select(
        "round_number", "side", "equipment", "start_money", "money_spent", "money_left", "buy"
    )


def _team_sums(economy: pl.DataFrame) -> pl.DataFrame:
    amounts = ("equipment_value", "start_money", "money_spent", "money_left")
    return (
        economy.group_by("round_number", "side")
        .agg(
            *(pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name) for name in amounts),
            mean_value=pl.col("class_value").mean(),
            mean_left=pl.col("money_left").mean(),
        )
        .rename({"equipment_value": "equipment"})
    )


def _team_rounds(rounds: pl.DataFrame) -> pl.DataFrame:
    """Both sides of each round: round_number, side, half, is_overtime, is_pistol, lost_before.

    Nothing carries over half-time: the round before counts only inside the same half. A pistol round is claimed only
    where the half's true beginning was recorded.
    """
    previous = rounds.select(pl.col("round_number") + 1, previous_half="half", previous_winner="winner_side")
    with_previous = rounds.join(previous, on="round_number", how="left").with_columns(
        is_overtime=~pl.col("half").is_in(REGULATION_HALVES) | (pl.col("kind") == "overtime"),
        is_pistol=(pl.col("round_number") == 1) | (pl.col("previous_half") != pl.col("half")).fill_null(value=False),
        same_half=(pl.col("previous_half") == pl.col("half")).fill_null(value=False),
    )
    lost = pl.col("same_half") & (pl.col("previous_winner") != pl.col("side")).fill_null(value=False)
    sides = pl.DataFrame({"side": SIDES}, schema={"side": rounds.schema["winner_side"]})
    return (
        with_previous.join(sides, how="cross")
        .with_columns(lost_before=lost)
        .select("round_number", "side", "is_overtime", "is_pistol", "lost_before")
    )


def _team_buy() -> pl.Expr:
    """The team's class, first fitting rule first: a side with rifles all round is a full buy even when it is broke."""
    full_from = pl.col("side").replace_strict(TEAM_FULL_FROM, return_dtype=pl.Int32)
    return (
        pl.when("is_overtime")
        .then(pl.lit("overtime"))
        .when("is_pistol")
        .then(pl.lit("pistol"))
        .when(pl.col("mean_value") < TEAM_ECO_BELOW)
        .then(pl.lit("eco"))
        .when(pl.col("mean_value") >= full_from)
        .then(pl.lit("full"))
        .when(pl.col("mean_value").is_null())
        .then(None)
        .when(pl.col("lost_before") & (pl.col("mean_left") <= FORCE_MONEY_LEFT_AT_MOST))
        .then(pl.lit("force"))
        .otherwise(pl.lit("semi"))
        .cast(pl.Enum(TEAM_BUYS))
    )
