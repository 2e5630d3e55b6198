"""Rounds, counted and excluded alike."""

import dataframely as dy
import polars as pl

from offangle.core.terms import COUNTED_ROUND_KINDS, END_REASONS, ROUND_KINDS
from offangle.frames import columns as col


class RoundsTable(dy.Schema):
    """One row per round, in order of `start_tick`.

    Counted rounds are numbered 1, 2, ... without gaps unless the recording began late; excluded ones -1, -2, ...
    """

    round_number = col.round_number(primary_key=True)
    kind = dy.Enum(ROUND_KINDS)
    half = dy.UInt8(description="1 and 2, then 3, 4, ... for the halves of overtime; 0 for excluded rounds")
    start_tick = col.tick(description="Begin of freeze time")
    freeze_end_tick = col.tick(nullable=True)
    end_tick = col.tick(nullable=True, description="Decision; null when the recording stops before")
    officially_ended_tick = col.tick(
        nullable=True, description="The next round's begin, when late kills no longer belong here"
    )
    team_a_side = col.side()
    winner_side = col.side()
    winner_team = col.team()
    reason = dy.Enum(END_REASONS)
    score_a_before = dy.Int16(nullable=True, min=0)
    score_b_before = dy.Int16(nullable=True, min=0)

    @dy.rule()
    def number_tells_kind(cls) -> pl.Expr:  # noqa: N805 -- dataframely rules are class methods
        """A positive number is a counted round, and only that."""
        return (pl.col("round_number") > 0) == pl.col("kind").cast(pl.String).is_in(COUNTED_ROUND_KINDS)

    @dy.rule()
    def ticks_in_order(cls) -> pl.Expr:  # noqa: N805 -- see above
        """Start, freeze end and end follow each other."""
        freeze_end = pl.coalesce("freeze_end_tick", "start_tick")
        return (pl.col("start_tick") <= freeze_end) & (pl.coalesce("end_tick", freeze_end) >= freeze_end)


class PlayerRoundsTable(dy.Schema):
    """One row per player and round in which the player was on a side at freeze end: the denominator of every rate."""

    round_number = col.round_number(primary_key=True)
    steam_id = col.steam_id(primary_key=True)
    team = col.team(nullable=False)
    side = col.side(nullable=False)


class EconomyTable(dy.Schema):
    """One row per player and round: money and equipment at freeze end."""

    round_number = col.round_number(primary_key=True)
    steam_id = col.steam_id(primary_key=True)
    side = col.side(nullable=False)
    start_money = dy.Int32(nullable=True, min=0, metadata=col.unit("$"), description="Before buying")
    money_spent = dy.Int32(
        nullable=True, metadata=col.unit("$"), description="During the round's buy time, refunds taken off"
    )
    money_left = dy.Int32(nullable=True, min=0, metadata=col.unit("$"), description="At freeze end")
    equipment_value = dy.Int32(nullable=True, min=0, metadata=col.unit("$"), description="At freeze end")
    equipment_value_buy_end = dy.Int32(
        nullable=True, min=0, metadata=col.unit("$"), description="At the end of buy time"
    )
    has_armor = dy.Bool(nullable=True)
    has_helmet = dy.Bool(nullable=True)
    has_defuse_kit = dy.Bool(nullable=True)
    primary_weapon = dy.String(nullable=True)
    secondary_weapon = dy.String(nullable=True)
    grenades = dy.List(dy.String(), nullable=True)
