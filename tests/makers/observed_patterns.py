"""The pattern tables of one live match, from the reducer's state: what the database must give again."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

import polars as pl

from offangle.analysis.economy import player_buy
from offangle.analysis.patterns.names import pattern_weapon
from offangle.analysis.patterns.tables import (
    UNKNOWN_WEAPON,
    PatternRoundsTable,
    PatternWeaponsTable,
    shaped,
)
from offangle.core.economy import REGULATION_HALVES
from offangle.core.sides import SIDES, Side
from offangle.live.state import SURE

NS_PER_S: Final = 10**9


class HeldInterval(Protocol):
    """A weapon in hand from one post to another, in nanoseconds."""

    @property
    def weapon(self) -> str: ...
    @property
    def from_ns(self) -> int: ...
    @property
    def to_ns(self) -> int: ...


class ObservedKill(Protocol):
    """An own kill with its one weapon (`unknown` where nothing tells it) and how sure that is."""

    @property
    def round_number(self) -> int: ...
    @property
    def weapon(self) -> str: ...
    @property
    def confidence(self) -> str: ...


class ObservedRound(Protocol):
    """A round as its observer saw it."""

    @property
    def number(self) -> int: ...
    @property
    def winner(self) -> Side | None: ...
    @property
    def is_decided(self) -> bool: ...
    @property
    def own_side(self) -> Side | None: ...
    @property
    def own_died(self) -> bool | None: ...
    @property
    def assists(self) -> int: ...
    @property
    def headshot_kills(self) -> int: ...
    @property
    def equipment_value(self) -> int | None: ...
    @property
    def equipment_value_buy_end(self) -> int | None: ...
    @property
    def money(self) -> int | None: ...
    @property
    def weapons_used(self) -> tuple[str, ...]: ...
    @property
    def intervals(self) -> Sequence[HeldInterval]: ...


def from_live(
    match_id: str,
    played_order: int,
    map_name: str,
    rounds: Sequence[ObservedRound],
    kills: Sequence[ObservedKill],
    steam_id: int,
    *,
    regulation_rounds: int | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of one live match of one observer; an undecided round and its kills are left out.

    Args:
        match_id: The match, as the database names it.
        played_order: Its place among the matches by time.
        map_name: Its map.
        rounds: The rounds of the epoch that counted.
        kills: The observer's own kills in it.
        steam_id: The observer.
        regulation_rounds: Rounds before overtime (24, in wingman 16), where they are known. Overtime begins without a
            change of sides, so without this it shows only from its own half-time on.

    Returns:
        `pattern_rounds` and `pattern_weapons`, as their declarations say.
    """
    decided = sorted((one for one in rounds if one.is_decided), key=lambda one: one.number)
    killed = _kill_table(decided, kills)
    match = {"match_id": pl.lit(match_id), "steam_id": pl.lit(steam_id)}
    played = {"played_order": pl.lit(played_order), "map_name": pl.lit(map_name), "record": pl.lit("gsi")}
    told = pl.DataFrame([_round_row(one) for one in decided], schema=ROUND_SCHEMA)
    by_round = killed.group_by("round_number").agg(pl.col("kills").sum())
    joined = told.join(by_round, on="round_number", how="left").with_columns(
        pl.col("kills").fill_null(0),
        headshot_kills=pl.min_horizontal("headshot_kills", pl.col("kills").fill_null(0)),
    )
    table = _with_halves(joined, regulation_rounds).with_columns(
        **match, **played, buy=player_buy(pl.col("class_value"))
    )
    weapons = _weapons(decided, killed).with_columns(**match)
    return shaped(PatternRoundsTable, table), shaped(PatternWeaponsTable, weapons)


ROUND_SCHEMA: Final[dict[str, Any]] = {
    "round_number": pl.Int16,
    "side": pl.Enum(SIDES),
    "winner_side": pl.Enum(SIDES),
    "won": pl.Boolean,
    "equipment_value": pl.Int32,
    "class_value": pl.Int32,
    "money": pl.Int32,
    "deaths": pl.Int32,
    "assists": pl.Int32,
    "headshot_kills": pl.Int32,
    "survived": pl.Boolean,
}
KILL_SCHEMA: Final[dict[str, Any]] = {"round_number": pl.Int16, "weapon": pl.String, "is_unsure": pl.Boolean}
HELD_SCHEMA: Final[dict[str, Any]] = {"round_number": pl.Int16, "weapon": pl.String, "active_s": pl.Float64}


def _round_row(one: ObservedRound) -> dict[str, Any]:
    known = one.winner is not None and one.own_side is not None
    return {
        "round_number": one.number,
        "side": one.own_side,
        "winner_side": one.winner,
        "won": one.winner == one.own_side if known else None,
        "equipment_value": one.equipment_value,
        "class_value": one.equipment_value_buy_end if one.equipment_value_buy_end is not None else one.equipment_value,
        "money": one.money,
        "deaths": int(bool(one.own_died)),
        "assists": one.assists,
        "headshot_kills": one.headshot_kills,
        "survived": None if one.own_died is None else not one.own_died,
    }


def _with_halves(rounds: pl.DataFrame, regulation_rounds: int | None) -> pl.DataFrame:
    """Add `half` and `is_overtime`: a half ends where the own side changes, and where regulation does."""
    side = pl.col("side").forward_fill()
    begins = (side != side.shift()).fill_null(value=False)
    if regulation_rounds is not None:
        is_extra = pl.col("round_number") > regulation_rounds
        begins |= is_extra & ~is_extra.shift(fill_value=False)
        # A client that came after half-time saw no change of sides; its first half of overtime is still the third.
        half = 1 + begins.cum_sum()
        late = pl.when(is_extra).then(pl.max_horizontal(3 - half.filter(is_extra).min(), 0)).otherwise(0)
        return rounds.with_columns(half=half + late, is_overtime=is_extra)
    half = 1 + begins.cum_sum()
    return rounds.with_columns(half=half, is_overtime=~half.is_in(REGULATION_HALVES))


def _kill_table(rounds: Iterable[ObservedRound], kills: Iterable[ObservedKill]) -> pl.DataFrame:
    """Per round and weapon: kills, unsure_kills; of decided rounds only."""
    numbers = {one.number for one in rounds}
    rows = [
        {
            "round_number": kill.round_number,
            "weapon": pattern_weapon(kill.weapon),
            "is_unsure": kill.confidence not in SURE,
        }
        for kill in kills
        if kill.round_number in numbers
    ]
    table = pl.DataFrame(rows, schema=KILL_SCHEMA)
    return table.group_by("round_number", "weapon").agg(kills=pl.len(), unsure_kills=pl.col("is_unsure").sum())


def _weapons(rounds: Sequence[ObservedRound], kills: pl.DataFrame) -> pl.DataFrame:
    used = [
        {"round_number": one.number, "weapon": pattern_weapon(name), "active_s": 0.0}
        for one in rounds
        for name in one.weapons_used
    ]
    held = [
        {
            "round_number": one.number,
            "weapon": pattern_weapon(interval.weapon),
            "active_s": (interval.to_ns - interval.from_ns) / NS_PER_S,
        }
        for one in rounds
        for interval in one.intervals
    ]
    key = ["round_number", "weapon"]
    active = pl.DataFrame([*used, *held], schema=HELD_SCHEMA).group_by(key).agg(pl.col("active_s").sum())
    joined = active.join(kills, on=key, how="full", coalesce=True)
    is_named = pl.col("weapon") != UNKNOWN_WEAPON
    return joined.with_columns(
        pl.col("kills", "unsure_kills").fill_null(0),
        was_active=is_named,
        active_s=pl.when(is_named).then(pl.col("active_s").fill_null(0.0)),
    ).sort(key)
