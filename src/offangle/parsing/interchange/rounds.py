"""Rounds, and what each player had in them."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from offangle.core.errors import BadInputError
from offangle.core.weapons import weapon_class
from offangle.parsing.interchange.archive import Archive
from offangle.parsing.interchange.roster import Roster
from offangle.parsing.interchange.rows import PLAYER_ECONOMIES, ROUNDS
from offangle.parsing.interchange.vocabulary import (
    END_REASONS,
    GRENADE_KINDS,
    ITEM_NAMES,
    SIDES,
    TEAMS,
    translated,
)

NO_ARMS: Final = ("melee", "world")
"""Classes of what kills in a knife round: knives, and falls."""

MAX_ROUNDS: Final = 200


def read_rounds(archive: Archive) -> pl.DataFrame:
    """The rounds as the source states them, in order, with our words; `end_reason` keeps the format's.

    Raises:
        BadInputError: No rounds, numbers twice or below 1, ticks out of order, or an unknown word.
    """
    rows = ROUNDS.read(archive)
    if rows is None:
        raise BadInputError("rounds.json is missing")
    if rows.height > MAX_ROUNDS:
        raise BadInputError(f"rounds.json: {rows.height} rounds; at most {MAX_ROUNDS} are read")
    rows = translated(rows, "team_a_side", SIDES, where="rounds.json: teamASide")
    rows = translated(rows, "winner_side", SIDES, where="rounds.json: winnerSide")
    rows = translated(rows, "winner_team", TEAMS, where="rounds.json: winnerTeamKey")
    rows = translated(
        rows.with_columns(reason=pl.col("end_reason")), "reason", END_REASONS, where="rounds.json: endReason"
    ).sort("round_number")
    _check(rows)
    return rows.with_columns(
        stated_number=pl.col("round_number"),
        kind=pl.lit(None, pl.String),
        officially_ended_tick=pl.col("start_tick").shift(-1),
    )


def without_knife_rounds(
    rounds: pl.DataFrame, economy: pl.DataFrame, kills: pl.DataFrame, final: Mapping[str, int]
) -> pl.DataFrame:
    """The same rounds with those of the knives set apart: `kind`, and numbers of their own below zero.

    A knife round is one by all three signs: nobody had money, whoever died did so by melee, and the score stayed.

    Args:
        rounds: As `read_rounds` gives them.
        economy: As `read_economy` gives it.
        kills: As `events.read_kills` gives them.
        final: The final score by team.
    """
    weapons = kills.get_column("weapon").unique().to_list()
    armed_with = [weapon for weapon in weapons if weapon_class(weapon) not in NO_ARMS]
    armed = kills.filter(pl.col("weapon").is_in(armed_with)).get_column("round_number").unique()
    money = economy.group_by("round_number").agg(is_broke=(pl.col("start_money") == 0).all(ignore_nulls=False))
    scores = [pl.col(f"score_{team}_before") for team in TEAMS.values()]
    stayed = pl.all_horizontal(
        score.shift(-1, fill_value=final[team]) == score for team, score in zip(TEAMS.values(), scores, strict=True)
    )
    marked = rounds.join(money, on="round_number", how="left", maintain_order="left").with_columns(
        is_knife=pl.col("is_broke").fill_null(value=False) & ~pl.col("round_number").is_in(armed.implode()) & stayed
    )
    knives = pl.col("is_knife").cast(pl.Int64).cum_sum()
    number = pl.when("is_knife").then(-knives).otherwise(pl.col("round_number") - knives)
    kind = pl.when("is_knife").then(pl.lit("knife")).otherwise("kind")
    return marked.with_columns(round_number=number, kind=kind).drop("is_knife", "is_broke")


def _check(rows: pl.DataFrame) -> None:
    numbers = rows.get_column("round_number")
    if numbers.is_duplicated().any() or (numbers < 1).any():
        raise BadInputError("rounds.json: roundNumber must be 1 or more and in one row only")
    ordered = (pl.col("start_tick") <= pl.col("freeze_end_tick")) & (pl.col("freeze_end_tick") <= pl.col("end_tick"))
    broken = rows.filter(~ordered | (pl.col("start_tick") < 0))
    if not broken.is_empty():
        number = broken.item(0, "round_number")
        raise BadInputError(
            f"rounds.json: roundNumber {number}: startTick, freezeEndTick and endTick must follow each other"
        )


def read_economy(archive: Archive, roster: Roster) -> pl.DataFrame:
    """The table `economy`, not yet conformed: one row per player and round.

    Raises:
        BadInputError: The file is missing, a player or round in it is unknown, or a pair of them is there twice.
    """
    rows = PLAYER_ECONOMIES.read(archive)
    if rows is None:
        raise BadInputError("player-economies.json is missing")
    rows = roster.identify(rows, PLAYER_ECONOMIES, where="player-economies.json")
    if (rows.get_column("round_number") == 0).any():
        raise BadInputError("player-economies.json: roundNumber 0 is not in rounds.json")
    doubles = rows.filter(pl.struct("round_number", "steam_id").is_duplicated())
    if not doubles.is_empty():
        number = doubles.item(0, "round_number")
        raise BadInputError(f"player-economies.json: roundNumber {number}: a player has two rows")
    return _money(roster.with_side(rows, "steam_id", "side")).with_columns(
        pl.col("primary_weapon", "secondary_weapon").replace(ITEM_NAMES),
        pl.col("grenades").list.eval(pl.element().replace(GRENADE_KINDS)),
    )


def _money(rows: pl.DataFrame) -> pl.DataFrame:
    """Take out start money that the exporter read before overtime gave everyone new money, and add `money_left`.

    In such a round somebody spends more than they had. The whole round is stale then, also for those whose figures
    happen to be possible. A sum below zero is odd by itself and says nothing of the others.
    """
    is_possible = pl.col("start_money") >= 0
    is_stale = (is_possible & (pl.col("money_spent") > pl.col("start_money"))).any().over("round_number")
    start = pl.when(~is_stale.fill_null(value=False)).then(pl.col("start_money"))
    return rows.with_columns(start.alias("start_money"), (start - pl.col("money_spent")).alias("money_left"))


def with_sampled_money(economy: pl.DataFrame, rounds: pl.DataFrame, ticks: pl.DataFrame) -> pl.DataFrame:
    """`economy` with the replay's money at freeze end as `money_left`, and stale start money worked out from it."""
    ends = rounds.select("round_number", pl.col("freeze_end_tick").alias("tick"))
    sampled = ticks.join(ends, on=["round_number", "tick"], how="semi").select(
        "round_number", "steam_id", pl.col("money").alias("sampled")
    )
    joined = economy.join(sampled, on=["round_number", "steam_id"], how="left", maintain_order="left")
    return joined.with_columns(
        pl.coalesce("sampled", "money_left").alias("money_left"),
        pl.coalesce("start_money", pl.col("sampled") + pl.col("money_spent")).alias("start_money"),
    )


def player_rounds(economy: pl.DataFrame, players: pl.DataFrame) -> pl.DataFrame:
    """The table `player_rounds`: who has an economy row was on a side in that round."""
    return economy.select("round_number", "steam_id", "side").join(
        players.select("steam_id", "team"), on="steam_id", how="left", maintain_order="left"
    )
