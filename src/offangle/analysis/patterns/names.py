"""One name per weapon, whichever source names it."""

import polars as pl

from offangle.core.weapons import canonical_weapon, weapon_class

KNIFE = "knife"
FIRE = "inferno"
FIRE_ITEMS = {"t": "molotov", "ct": "incgrenade"}
"""What each side buys to make fire."""


def pattern_weapon(name: str) -> str:
    """The canonical name; every knife is `knife`, whatever its skin."""
    canonical = canonical_weapon(name)
    return KNIFE if weapon_class(canonical) == "melee" and canonical != "taser" else canonical


def renamed(weapons: pl.DataFrame) -> pl.DataFrame:
    """`weapons` with the column `weapon` in one spelling per weapon."""
    spelled = weapons.with_columns(pl.col("weapon").cast(pl.String))
    names = {name: pattern_weapon(name) for name in spelled["weapon"].drop_nulls().unique().to_list()}
    return spelled.with_columns(pl.col("weapon").replace(names))


def with_thrown_fire(weapons: pl.DataFrame, sides: pl.DataFrame) -> pl.DataFrame:
    """Give what `inferno` did to the grenade that made the fire, and drop no row.

    It is the one kind that the player had in the round; where that is none or both, the one that the side buys.

    Args:
        weapons: round_number, steam_id, weapon and more.
        sides: round_number, steam_id, side; both with match_id where there is more than one match.
    """
    key = [name for name in ("match_id", "round_number", "steam_id") if name in weapons.columns]
    items = list(FIRE_ITEMS.values())
    had = weapons.filter(pl.col("weapon").is_in(items)).unique([*key, "weapon"])
    only = had.group_by(key).agg(only_item=pl.col("weapon").first(), kinds=pl.len()).filter(pl.col("kinds") == 1)
    by_side = pl.col("side").cast(pl.String).replace_strict(FIRE_ITEMS, default=items[0])
    return (
        weapons.join(only.drop("kinds"), on=key, how="left")
        .join(sides.select(*key, "side"), on=key, how="left")
        .with_columns(
            weapon=pl.when(pl.col("weapon") == FIRE).then(pl.coalesce("only_item", by_side)).otherwise(pl.col("weapon"))
        )
        .drop("only_item", "side")
    )
