"""Rows of the pattern tables: by hand, and drawn from a seeded generator with or without an effect in them."""

from typing import Any

import numpy as np
import polars as pl

from offangle.analysis.economy import player_buy
from offangle.analysis.patterns.tables import PatternRoundsTable, PatternWeaponsTable, shaped

Row = dict[str, Any]
PLAYER = 76_561_202_255_000_001


def a_fact(number: int = 1, **values: Any) -> Row:
    """A round of one player: CT, full buy, won, nobody killed."""
    return {
        "match_id": "m1",
        "played_order": 0,
        "map_name": "de_mirage",
        "round_number": number,
        "half": 1,
        "is_overtime": False,
        "steam_id": PLAYER,
        "side": "ct",
        "winner_side": "ct",
        "won": True,
        "equipment_value": 5000,
        "kills": 0,
        "deaths": 0,
        "assists": 0,
        "survived": True,
        "record": "demo",
    } | values


def a_use(number: int = 1, weapon: str = "ak47", **values: Any) -> Row:
    """A weapon in hand in a round of that player."""
    return {
        "match_id": "m1",
        "round_number": number,
        "steam_id": PLAYER,
        "weapon": weapon,
        "was_active": True,
        "kills": 0,
        "unsure_kills": 0,
    } | values


def fact_table(rows: list[Row]) -> pl.DataFrame:
    """Checked `pattern_rounds`; the buy class follows from the equipment unless a row says it."""
    table = shaped(PatternRoundsTable, pl.DataFrame(rows, infer_schema_length=None))
    table = table.with_columns(buy=pl.coalesce("buy", player_buy(pl.col("equipment_value"))))
    return PatternRoundsTable.validate(table)


def use_table(rows: list[Row]) -> pl.DataFrame:
    """Checked `pattern_weapons`."""
    table = pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame()
    return PatternWeaponsTable.validate(shaped(PatternWeaponsTable, table))


def drawn_matches(
    seed: int, *, matches: int = 20, rounds: int = 24, planted: float = 0.0
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Matches of one player in which nothing depends on anything within a match, but for what is planted.

    How often rounds are won, and how many are killed, differs from match to match, as opponents do.

    Args:
        seed: The same seed gives the same matches.
        matches: How many.
        rounds: Rounds of each, half of them on either side.
        planted: How much likelier a round is won as T.
    """
    rng = np.random.default_rng(seed)
    facts, uses = [], []
    for order in range(matches):
        match_id, strength = f"m{order}", rng.uniform(0.25, 0.65)
        for number in range(1, rounds + 1):
            fact = _drawn_round(rng, strength, planted if number <= rounds // 2 else 0.0)
            half = 1 if number <= rounds // 2 else 2
            place = {"match_id": match_id, "played_order": order, "map_name": f"de_map{order % 4}"}
            facts.append(a_fact(number, half=half, side="t" if half == 1 else "ct", **place, **fact))
            uses += _drawn_weapons(rng, match_id, number, fact["kills"])
    rounds_table = fact_table(facts).with_columns(
        winner_side=pl.when("won")
        .then("side")
        .otherwise(pl.when(pl.col("side") == "t").then(pl.lit("ct")).otherwise(pl.lit("t")).cast(pl.Enum(["t", "ct"])))
    )
    return rounds_table, use_table(uses)


def _drawn_round(rng: np.random.Generator, strength: float, planted: float) -> Row:
    died = bool(rng.random() < 0.65)
    opening = rng.choice(["kill", "death", "none"], p=[0.1, 0.1, 0.8])
    return {
        "won": bool(rng.random() < strength + planted),
        "equipment_value": int(rng.choice([600, 1800, 3200, 5200], p=[0.2, 0.1, 0.1, 0.6])),
        "kills": int(rng.poisson(1.4 * strength)),
        "deaths": int(died),
        "survived": not died,
        "opening_kill": bool(opening == "kill"),
        "opening_death": bool(opening == "death"),
    }


def _drawn_weapons(rng: np.random.Generator, match_id: str, number: int, kills: int) -> list[Row]:
    """Kills fall on two guns in proportion to the time they are in hand."""
    seconds = {"ak47": 40.0, "glock": 15.0}
    split = rng.multinomial(kills, [40 / 55, 15 / 55])
    return [
        a_use(number, weapon, match_id=match_id, active_s=active_s, kills=int(count))
        for (weapon, active_s), count in zip(seconds.items(), split, strict=True)
    ]
