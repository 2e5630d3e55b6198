"""Who is who in a recording: bots without a SteamID, and the players behind the slots that events name."""

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from offangle.frames.columns import SIDE
from offangle.parsing.demo.awpy_source import AwpyTables
from offangle.parsing.demo.bots import Bots

NO_SLOT: Final = 65535
"""How events write "no player"."""

_SIDE_WORDS: Final = {"terrorist": "t", "counter-terrorist": "ct"}
_EVENT_ROLES: Final = (
    ("weapon_fire", "shots", "userid", ""),
    ("player_death", "kills", "userid", "victim_"),
    ("player_death", "kills", "attacker", "attacker_"),
    ("player_hurt", "damages", "userid", "victim_"),
    ("player_hurt", "damages", "attacker", "attacker_"),
    ("bomb_planted", "finish_plant", "userid", ""),
    ("bomb_defused", "defuse", "userid", ""),
)
"""Raw event, awpy's dataset (or event in its dataset `bomb`) with the same rows, the event's slot column, the prefix of
the dataset's columns."""
_BOMB: Final = "bomb"
_NAMED_PLAYERS: Final = {
    "kills": ("attacker_", "victim_", "assister_"),
    "damages": ("attacker_", "victim_"),
    "blinds": ("attacker_", "victim_"),
    "shots": ("",),
    "bomb": ("",),
    "item_events": ("",),
    "grenades": ("thrower_",),
}
"""Datasets that name players, and the prefixes of the columns in which they do."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Bots, and slots over time.

    Attributes:
        bots: Who the bots are.
        slots: tick, slot, steam_id: who was seen in which slot, sorted by tick.
    """

    bots: Bots
    slots: pl.DataFrame

    def resolve_slot(self, frame: pl.DataFrame, slot: str = "userid") -> pl.DataFrame:
        """Add `steam_id` for the slot in the text column `slot`, as of the nearest sighting; null for nobody."""
        keyed = frame.with_columns(
            pl.col("tick").cast(pl.Int32), pl.col(slot).cast(pl.Int32, strict=False).alias("slot")
        ).sort("tick")
        return keyed.join_asof(self.slots, on="tick", by="slot", strategy="nearest", check_sortedness=False)


def steam_id(prefix: str = "") -> pl.Expr:
    """The steam_id from the `{prefix}steamid` of a dataset of `identify`; null without a player."""
    raw = pl.col(f"{prefix}steamid").cast(pl.Int64, strict=False)
    return pl.when(raw != 0).then(raw)


def side(column: str) -> pl.Expr:
    """`t`, `ct` or null from awpy's word for a side."""
    return pl.col(column).replace_strict(_SIDE_WORDS, default=None, return_dtype=pl.String).cast(SIDE)


def identify(tables: AwpyTables, bots: Bots) -> tuple[Identity, AwpyTables]:
    """Learn slots from the rows where awpy resolved what the raw event numbers, and name the bots in all rows.

    Returns:
        Who is who, and the tables with ids of bots where awpy has 0.
    """
    named = {
        name: _resolved_bots(dataset, _NAMED_PLAYERS.get(name, ()), bots) for name, dataset in tables.datasets.items()
    }
    tables = replace(tables, datasets=named)
    slots = pl.concat([_sightings(tables), bots.by_slot]).unique(["tick", "slot"], keep="first").sort("tick")
    return Identity(bots, slots), tables


def _resolved_bots(dataset: pl.DataFrame, prefixes: tuple[str, ...], bots: Bots) -> pl.DataFrame:
    for prefix in prefixes:
        dataset = bots.resolve(dataset, prefix)
    return dataset


def _sightings(tables: AwpyTables) -> pl.DataFrame:
    """tick, slot, steam_id where an event was told by both."""
    found = [pl.DataFrame(schema={"tick": pl.Int32, "slot": pl.Int32, "steam_id": pl.Int64})]
    for event_name, dataset, slot, prefix in _EVENT_ROLES:
        raw, resolved = tables.event(event_name), _with_rows_of(tables, dataset)
        # awpy keeps the order of events; where it left a row out, the two cannot be laid side by side
        if raw is None or raw["tick"].to_list() != resolved["tick"].to_list():
            continue
        found.append(
            resolved.select(
                pl.col("tick").cast(pl.Int32),
                raw[slot].cast(pl.Int32, strict=False).alias("slot"),
                steam_id(prefix).alias("steam_id"),
            ).filter(pl.col("slot") != NO_SLOT, pl.col("steam_id").is_not_null())
        )
    return pl.concat(found).sort("tick", maintain_order=True)


def _with_rows_of(tables: AwpyTables, name: str) -> pl.DataFrame:
    return tables.datasets[name] if name in tables.datasets else tables.datasets[_BOMB].filter(pl.col("event") == name)
