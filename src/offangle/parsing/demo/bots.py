"""Bots, who have no SteamID: told apart by slot and time, since names are used twice and used again.

awpy names a bot in its rows and gives the entity of its body, but not its slot. The slot is found where the recording's
own state has all three side by side.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from offangle.parsing.demo.awpy_source import AwpyDemo, AwpyTables

SLOTS: Final = 64
"""Slots of a server: 0 to 63."""

_NAME: Final = "m_iszPlayerName"
_OWN_CONTROLLER: Final = "m_hOriginalController"
_CONTROLLER: Final = "m_hController"
"""Of the body that a bot is in: the first stays the bot's while a person moves that body."""
_BODY: Final = "m_hPlayerPawn"
_TEAM: Final = "m_iTeamNum"
_INDEX_MASK: Final = 0x3FFF  # of a handle, the bits that number the entity
_NO_ENTITY: Final = 0x3FFF
_ON_A_SIDE: Final = ("terrorist", "counter-terrorist")

SIGHTINGS_SCHEMA: Final = {
    "tick": pl.Int32,
    "slot": pl.Int32,
    "name": pl.String,
    "entity": pl.Int32,
    "team": pl.Int32,
    "nth": pl.UInt32,
    "steam_id": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Bots:
    """Who the bots are.

    Attributes:
        sightings: Every bot at every tick: tick, slot, name, entity (its body), team (the game's number), nth (among
            bots of that name, in the order of the recording's rows) and steam_id. Sorted by tick.
    """

    sightings: pl.DataFrame

    @property
    def names(self) -> pl.DataFrame:
        """steam_id, name and last_team of each bot."""
        return self.sightings.group_by("steam_id", maintain_order=True).agg(
            pl.last("name"), pl.last("team").alias("last_team")
        )

    @property
    def by_slot(self) -> pl.DataFrame:
        """tick, slot, steam_id: when a bot took a slot, sorted by tick."""
        return _changes(self.sightings, "slot").select("tick", "slot", "steam_id")

    def resolve(self, frame: pl.DataFrame, prefix: str = "") -> pl.DataFrame:
        """`frame` with bots' ids in `{prefix}steamid` instead of 0; people's stay, and who nobody can tell is null.

        A bot is found by its body at that time, where the rows name it, else by its name if only one bot ever had it.
        """
        column = f"{prefix}steamid"
        if column not in frame.columns:
            return frame
        frame = frame.with_columns(pl.col(column).cast(pl.Int64, strict=False))
        if not (frame[column] == 0).any():
            return frame
        by_name = pl.col(f"{prefix}name").replace_strict(self._only_names(), default=None, return_dtype=pl.Int64)
        found: list[pl.Expr | pl.Series] = [by_name]
        if f"{prefix}entity_id" in frame.columns:
            bodies = self._by_body(frame.select("tick", pl.col(f"{prefix}entity_id").alias("entity")))
            found = [bodies, by_name]
        is_bot = pl.col(column) == 0
        return frame.with_columns(pl.when(is_bot).then(pl.coalesce(found)).otherwise(pl.col(column)).alias(column))

    def resolve_snapshots(self, frame: pl.DataFrame, name: str) -> pl.DataFrame:
        """The same for rows of players' states, in which `name` is the column of the name.

        The rows of one tick are in the order of the sightings, so that even bots of one name are told apart.
        """
        frame = frame.with_columns(pl.col("steamid").cast(pl.Int64, strict=False), pl.col("tick").cast(pl.Int32))
        if self.sightings.is_empty():
            return frame.with_columns(pl.col("steamid").replace(0, None))
        is_bot = pl.col("steamid") == 0
        places = frame.select("tick", pl.col(name).alias("name"), "steamid").with_row_index("row")
        ranked = places.filter(is_bot).with_columns(
            pl.int_range(pl.len(), dtype=pl.UInt32).over("tick", "name").alias("nth")
        )
        known = self.sightings.select("tick", "name", "nth", "steam_id")
        found = ranked.join(known, on=["tick", "name", "nth"], how="left").select("row", "steam_id")
        ids = places.join(found, on="row", how="left", maintain_order="left")["steam_id"]
        return frame.with_columns(pl.when(is_bot).then(ids).otherwise(pl.col("steamid")).alias("steamid"))

    def _only_names(self) -> dict[str, int]:
        ids = self.sightings.group_by("name").agg(pl.col("steam_id").unique())
        only = ids.filter(pl.col("steam_id").list.len() == 1)
        return dict(zip(only["name"], only["steam_id"].list.first(), strict=True))

    def _by_body(self, places: pl.DataFrame) -> pl.Series:
        """The bot whose body the entity was at that tick, or was before or after."""
        bodies = _changes(self.sightings.filter(pl.col("entity").is_not_null()), "entity").select(
            "tick", "entity", "steam_id"
        )
        asked = places.with_columns(pl.col("tick", "entity").cast(pl.Int32)).with_row_index("row").sort("tick")
        for strategy, column in (("backward", "before"), ("forward", "after")):
            asked = asked.join_asof(
                bodies.rename({"steam_id": column}),
                on="tick",
                by="entity",
                strategy=strategy,  # type: ignore[arg-type]  # two of its words
                check_sortedness=False,
            )
        return asked.sort("row").select(pl.coalesce("before", "after").alias("steam_id"))["steam_id"]


NO_BOTS: Final = Bots(pl.DataFrame(schema=SIGHTINGS_SCHEMA))


def find_bots(demo: AwpyDemo, tables: AwpyTables) -> Bots:
    """The bots of a recording; a recording without any is not decoded once more.

    Raises:
        ParserCrashError: awpy cannot read this recording.
    """
    roster = tables.datasets["players"]
    if roster.filter(pl.col("steamid") == 0, pl.col("side").is_in(_ON_A_SIDE)).is_empty():
        return NO_BOTS
    return bots_of(demo.properties([_NAME, _OWN_CONTROLLER, _CONTROLLER, _BODY, _TEAM]))


def bots_of(properties: pl.DataFrame) -> Bots:
    """The bots among players' raw properties at every tick."""
    rows = (
        properties.filter(pl.col("steamid") == 0)
        .select(
            pl.col("tick").cast(pl.Int32),
            _slot().alias("slot"),
            _own_name().alias("name"),
            _entity_index(_BODY).alias("entity"),
            pl.col(_TEAM).cast(pl.Int32, strict=False).alias("team"),
        )
        .sort("tick", maintain_order=True)
        .with_columns(pl.col("name").forward_fill().backward_fill().over("slot").fill_null(""))
        .with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).over("tick", "name").alias("nth"))
        .with_columns(pl.col("slot").forward_fill().backward_fill().over("name", "nth"))
    )
    return Bots(_with_ids(rows).select(list(SIGHTINGS_SCHEMA)))


def _slot() -> pl.Expr:
    slot = pl.coalesce(_entity_index(_OWN_CONTROLLER), _entity_index(_CONTROLLER)) - 1
    return pl.when(slot.is_between(0, SLOTS - 1)).then(slot).cast(pl.Int32)


def _own_name() -> pl.Expr:
    """The bot's name; null while a person moves its body, whose name the row then has."""
    is_moved = _entity_index(_OWN_CONTROLLER) != _entity_index(_CONTROLLER)
    return pl.when(~is_moved.fill_null(value=False)).then(pl.col(_NAME).cast(pl.String))


def _entity_index(handle: str) -> pl.Expr:
    index = pl.col(handle).cast(pl.Int64, strict=False) & _INDEX_MASK
    return pl.when((index > 0) & (index != _NO_ENTITY)).then(index).cast(pl.Int32)


def _with_ids(rows: pl.DataFrame) -> pl.DataFrame:
    """Add steam_id: -(slot + 1) for a slot's first bot, 64 further down for every later one of another name."""
    order = (
        rows.filter(pl.col("slot").is_not_null())
        .group_by("slot", "name")
        .agg(pl.min("tick").alias("since"))
        .sort("slot", "since", "name")
        .with_columns(pl.int_range(pl.len()).over("slot").alias("nth_in_slot"))
    )
    ids = order.select(
        "slot", "name", (-(pl.col("slot").cast(pl.Int64) + 1 + SLOTS * pl.col("nth_in_slot"))).alias("steam_id")
    )
    return rows.join(ids, on=["slot", "name"], how="left", maintain_order="left").filter(
        pl.col("steam_id").is_not_null()
    )


def _changes(sightings: pl.DataFrame, key: str) -> pl.DataFrame:
    """The rows at which somebody else stands behind a key than before, sorted by tick."""
    before = pl.col("steam_id").shift(1).over(key, order_by="tick")
    return sightings.filter((pl.col("steam_id") != before).fill_null(value=True)).sort("tick")
