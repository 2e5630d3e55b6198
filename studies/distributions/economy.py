"""Money: what teams buy and what it wins them."""

from typing import Final

import polars as pl

from distributions.match import Played
from distributions.measure import Compute, Measure, Values, numbers
from offangle.core.sides import SIDES


def purse(column: str) -> Compute:
    """Per player and round outside pistol rounds and overtime, where everyone has the same."""

    def compute(match: Played) -> Values:
        usual = team_buys(match).filter(~pl.col("buy").is_in(["pistol", "overtime"])).select("round_number", "side")
        return numbers(match.player_rounds.join(usual, on=["round_number", "side"])[column])

    return compute


def team_buys(match: Played) -> pl.DataFrame:
    """Per round and side: round_number, side, buy, won; where the class is known."""
    winner = pl.col("winner_side")
    rows = [
        match.rounds.select(
            "round_number", pl.lit(side).cast(winner_type(match)).alias("side"), buy=f"{side}_buy", won=winner == side
        )
        for side in SIDES
    ]
    return pl.concat(rows).drop_nulls("buy")


def winner_type(match: Played) -> pl.DataType:
    return match.rounds.schema["winner_side"]


def buys_that_are(buy: str) -> Compute:
    return lambda match: numbers(team_buys(match)["buy"].cast(pl.String) == buy)


def wins_with(buy: str) -> Compute:
    return lambda match: numbers(team_buys(match).filter(pl.col("buy") == buy)["won"])


BUYS: Final = ("eco", "force", "semi", "full")

ECONOMY: Final = (
    *(
        Measure(name=column, label=label, group="economy", one="player and round", unit="$", values=purse(column))
        for column, label in (
            ("equipment_value", "equipment value"),
            ("start_money", "money before buying"),
            ("money_spent", "money spent"),
            ("money_left", "money left"),
        )
    ),
    *(
        Measure(
            name=f"buy_{buy}",
            label=f"{buy} buys",
            group="economy",
            one="team and round",
            statistic="share",
            values=buys_that_are(buy),
        )
        for buy in BUYS
    ),
    *(
        Measure(
            name=f"wins_{buy}",
            label=f"won with {buy}",
            group="economy",
            one="team and round",
            statistic="share",
            values=wins_with(buy),
        )
        for buy in BUYS
    ),
)
