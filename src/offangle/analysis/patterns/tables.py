"""The two tables that every pattern rests on, and the table of what was found.

Recorded and live matches fill the same columns; what a live client cannot tell is null, never zero.
"""

from typing import Final

import dataframely as dy
import polars as pl

from offangle.core.terms import PLAYER_BUYS, TEAM_BUYS
from offangle.frames import columns as col

KEY: Final = ("match_id", "round_number", "steam_id")
"""A player in a round."""

RECORDS: Final = ("demo", "gsi")
"""Where a row comes from: a recording of the match, or a client that played it."""

OUTCOMES: Final = ("lost", "won")
OPENINGS: Final = ("death", "kill", "none")
UNKNOWN_WEAPON: Final = "unknown"
"""Keeps the kills whose weapon a live client did not show."""

MEASURES: Final = ("won", "died", "opening_won", "kills", "weapon_kills")


def match_id() -> dy.String:
    """The match, as the database names it."""
    return dy.String(primary_key=True, min_length=1)


class PatternRoundsTable(dy.Schema):
    """One row per player and round played: on a side at freeze end, in a counted round."""

    match_id = match_id()
    played_order = dy.Int32(min=0, description="Orders the matches by time")
    map_name = dy.String(min_length=1)
    round_number = col.round_number(primary_key=True)
    half = dy.UInt8(min=1, description="1 and 2, then 3, 4, … for the halves of overtime")
    is_overtime = dy.Bool()
    steam_id = col.steam_id(primary_key=True)
    side = col.side()
    winner_side = col.side()
    won = dy.Bool(nullable=True, description="The player's own side won; null where winner or side is unknown")
    equipment_value = col.dollars()
    money = dy.Int32(nullable=True, min=0, metadata=col.unit("$"), description="Left at freeze end")
    buy = dy.Enum(PLAYER_BUYS, nullable=True)
    team_buy = dy.Enum(TEAM_BUYS, nullable=True, description="Null where the team-mates' equipment is not known")
    kills = dy.Int32(min=0)
    deaths = dy.Int32(min=0)
    assists = dy.Int32(min=0)
    headshot_kills = dy.Int32(nullable=True, min=0)
    damage = dy.Int32(nullable=True, min=0, metadata=col.unit("hp"))
    survived = dy.Bool(nullable=True)
    opening_kill = dy.Bool(nullable=True)
    opening_death = dy.Bool(nullable=True)
    record = dy.Enum(RECORDS)


class PatternWeaponsTable(dy.Schema):
    """One row per player, round and weapon that was in hand or killed; `unknown` holds kills without a weapon.

    Kills over a player's weapons of a round add up to the player's kills in it. All knives are `knife`; a kill by fire
    belongs to the grenade that was thrown.
    """

    match_id = match_id()
    round_number = col.round_number(primary_key=True)
    steam_id = col.steam_id(primary_key=True)
    weapon = dy.String(primary_key=True, min_length=1)
    was_active = dy.Bool(description="In hand at least once while the round was live; a weapon that killed was")
    active_s = dy.Float64(nullable=True, min=0.0, metadata=col.unit("s"), description="Time in hand, alive, round live")
    shots = dy.Int32(nullable=True, min=0)
    kills = dy.Int32(min=0)
    headshot_kills = dy.Int32(nullable=True, min=0)
    unsure_kills = dy.Int32(min=0, description="Of the kills, those whose weapon is known with low confidence or not")


class FindingsTable(dy.Schema):
    """One row per pattern: where it holds, what is different there, how sure that is, and the rounds it rests on."""

    situation = dy.String(description="Name in `situations.SITUATIONS`")
    measure = dy.Enum(MEASURES)
    map_name = dy.String(nullable=True)
    side = col.side()
    buy = dy.Enum(PLAYER_BUYS, nullable=True)
    previous_buy = dy.Enum(PLAYER_BUYS, nullable=True)
    previous_outcome = dy.Enum(OUTCOMES, nullable=True)
    opening = dy.Enum(OPENINGS, nullable=True)
    weapon = dy.String(nullable=True)
    rounds = dy.Int32(min=1, description="In the situation, with a known value and others to compare them with")
    events = dy.Int32(min=0, description="Of the measure in those rounds: wins, deaths, duels won, kills")
    value = dy.Float64(min=0.0, description="In the situation: a share, kills per round, or a share of kills")
    value_low = dy.Float64(min=0.0)
    value_high = dy.Float64(min=0.0)
    baseline = dy.Float64(min=0.0, description="The average of the player's comparable other rounds alone")
    effect = dy.Float64(description="How far inside is above outside, each group of rounds weighed by its size")
    effect_low = dy.Float64()
    effect_high = dy.Float64()
    p_value = dy.Float64(min=0.0, max=1.0)
    q_value = dy.Float64(min=0.0, max=1.0, description="False discovery rate at which it would just be shown")
    is_commonplace = dy.Bool(description="True of everyone, such as losing with less equipment")
    links = dy.List(
        dy.Struct({"match_id": dy.String(), "round_number": dy.Int16()}), description="Every round it rests on"
    )

    @dy.rule()
    def shares_are_at_most_one(cls) -> pl.Expr:  # noqa: N805 -- the library calls it with the class
        """Of everything but kills per round the figures are shares."""
        figures = ("value", "value_low", "value_high", "baseline")
        return (pl.col("measure") == "kills") | pl.all_horizontal(pl.col(name) <= 1.0 + 1e-9 for name in figures)


def shaped(table: type[dy.Schema], frame: pl.DataFrame) -> pl.DataFrame:
    """The declared columns of `table`, in order and cast; columns that the source lacks are null."""
    have = set(frame.columns)
    if not frame.columns:
        return table.create_empty()
    return frame.select(
        (pl.col(name) if name in have else pl.lit(None)).cast(declared.dtype).alias(name)
        for name, declared in table.columns().items()
    )
