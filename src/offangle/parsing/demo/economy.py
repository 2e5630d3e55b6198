"""Money and equipment per player and round."""

from typing import Final

import polars as pl

from offangle.core.weapons import ALIASES, GRENADE_ITEMS
from offangle.frames.collection import shape
from offangle.parsing.demo.awpy_source import AwpyTables

DEFAULT_BUY_TIME_S: Final = 20.0
"""`mp_buytime`: how long after freeze end one may still buy."""


def buy_end_ticks(rounds: pl.DataFrame, tables: AwpyTables) -> pl.DataFrame:
    """When buying ended: round_number and buy_end_tick, never after the round's decision."""
    seconds = float(tables.convars.get("mp_buytime") or DEFAULT_BUY_TIME_S)
    end = pl.col("freeze_end_tick") + int(seconds * tables.tick_rate)
    return rounds.filter(pl.col("freeze_end_tick").is_not_null()).select(
        "round_number", pl.min_horizontal(end, "end_tick").cast(pl.Int32).alias("buy_end_tick")
    )


def economy_table(
    rounds: pl.DataFrame,
    in_rounds: pl.DataFrame,
    states: pl.DataFrame,
    items: pl.DataFrame,
    buy_ends: pl.DataFrame,
) -> pl.DataFrame:
    """The economy table: states at round start, freeze end and the end of buy time side by side."""
    base = in_rounds.select("round_number", "steam_id", "side").join(
        rounds.select("round_number", "start_tick", "freeze_end_tick"), on="round_number"
    )
    base = base.join(buy_ends, on="round_number", how="left").filter(pl.col("freeze_end_tick").is_not_null())
    at_start = states.select("tick", "steam_id", start_money="money")
    at_buy_end = states.filter(pl.col("health") > 0).select(
        "tick", "steam_id", equipment_value_buy_end="equipment_value"
    )
    joined = (
        base.join(at_start, left_on=["start_tick", "steam_id"], right_on=["tick", "steam_id"], how="left")
        .join(
            _at_freeze_end(states), left_on=["freeze_end_tick", "steam_id"], right_on=["tick", "steam_id"], how="left"
        )
        .join(at_buy_end, left_on=["buy_end_tick", "steam_id"], right_on=["tick", "steam_id"], how="left")
        .join(_late_purchases(base, items), on=["round_number", "steam_id"], how="left")
    )
    spent = pl.col("start_money") - pl.col("money_left") + pl.col("late_cost").fill_null(0)
    return shape("economy", joined.with_columns(spent.alias("money_spent")).sort("round_number", "steam_id"))


def _at_freeze_end(states: pl.DataFrame) -> pl.DataFrame:
    names = pl.col("inventory").str.split(",")
    grenades = names.list.eval(
        pl.element().replace_strict(_grenade_names(), default=None, return_dtype=pl.String).drop_nulls()
    )
    return states.select(
        "tick",
        "steam_id",
        pl.col("money").alias("money_left"),
        "equipment_value",
        (pl.col("armor") > 0).alias("has_armor"),
        "has_helmet",
        "has_defuse_kit",
        pl.col("primary_weapon", "secondary_weapon").replace(dict(ALIASES)),
        grenades.alias("grenades"),
    )


def _grenade_names() -> dict[str, str]:
    """The parser's spellings of grenades to the canonical item names."""
    return {**{name: name for name in GRENADE_ITEMS}, "incendiary": "incgrenade"}


def _late_purchases(base: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """What was bought after freeze end, while buying was still open."""
    bought = items.filter(pl.col("action") == "purchase").select("round_number", "steam_id", "tick", "cost")
    return (
        base.join(bought, on=["round_number", "steam_id"])
        .filter((pl.col("tick") > pl.col("freeze_end_tick")) & (pl.col("tick") <= pl.col("buy_end_tick")))
        .group_by("round_number", "steam_id")
        .agg(pl.sum("cost").alias("late_cost"))
    )
