"""Who is who in a recording: bots without a SteamID, and the players behind the slots that events name."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from offangle.frames.columns import SIDE
from offangle.parsing.demo.awpy_source import AwpyTables

FIRST_SPARE_SLOT: Final = 64
"""Slots end at 64; bots whose slot no event tells are numbered from here."""

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


@dataclass(frozen=True, slots=True)
class Identity:
    """Bots by name, and slots over time.

    Attributes:
        bot_ids: A bot's name to its steam_id, -(slot + 1).
        slots: tick, slot, steam_id: who was seen in which slot, sorted by tick.
    """

    bot_ids: dict[str, int]
    slots: pl.DataFrame

    def steam_id(self, prefix: str = "") -> pl.Expr:
        """The steam_id from awpy's `{prefix}steamid` and `{prefix}name`; null without a player."""
        raw = pl.col(f"{prefix}steamid").cast(pl.Int64)
        bot = pl.col(f"{prefix}name").replace_strict(self.bot_ids, default=None, return_dtype=pl.Int64)
        return pl.when(raw == 0).then(bot).otherwise(raw)

    def resolve_slot(self, frame: pl.DataFrame, slot: str = "userid") -> pl.DataFrame:
        """Add `steam_id` for the slot in the text column `slot`, as of the nearest sighting; null for nobody."""
        keyed = frame.with_columns(
            pl.col("tick").cast(pl.Int32), pl.col(slot).cast(pl.Int32, strict=False).alias("slot")
        ).sort("tick")
        return keyed.join_asof(self.slots, on="tick", by="slot", strategy="nearest", check_sortedness=False)


def side(column: str) -> pl.Expr:
    """`t`, `ct` or null from awpy's word for a side."""
    return pl.col(column).replace_strict(_SIDE_WORDS, default=None, return_dtype=pl.String).cast(SIDE)


def identify(tables: AwpyTables) -> Identity:
    """Learn bots and slots from the rows where awpy resolved what the raw event numbers."""
    sightings = _sightings(tables)
    bot_ids = _bot_ids(tables.datasets["players"], sightings)
    bare = Identity(bot_ids, sightings.clear())
    slots = (
        sightings.select("tick", "slot", bare.steam_id().alias("steam_id"))
        .drop_nulls()
        .unique(["tick", "slot"], keep="first")
        .sort("tick")
    )
    return Identity(bot_ids, slots)


def _sightings(tables: AwpyTables) -> pl.DataFrame:
    schema = {"tick": pl.Int32, "slot": pl.Int32, "steamid": pl.UInt64, "name": pl.String}
    found = [pl.DataFrame(schema=schema)]
    for event_name, dataset, slot, prefix in _EVENT_ROLES:
        raw, resolved = tables.event(event_name), _resolved(tables, dataset)
        # awpy keeps the order of events; where it left a row out, the two cannot be laid side by side
        if raw is None or raw["tick"].to_list() != resolved["tick"].to_list():
            continue
        found.append(
            resolved.select(
                "tick",
                raw[slot].cast(pl.Int32, strict=False).alias("slot"),
                pl.col(f"{prefix}steamid").alias("steamid"),
                pl.col(f"{prefix}name").alias("name"),
            ).filter(pl.col("slot") != NO_SLOT, pl.col("steamid").is_not_null())
        )
    return pl.concat(found).sort("tick", maintain_order=True)


def _resolved(tables: AwpyTables, name: str) -> pl.DataFrame:
    return tables.datasets[name] if name in tables.datasets else tables.datasets[_BOMB].filter(pl.col("event") == name)


def _bot_ids(players: pl.DataFrame, sightings: pl.DataFrame) -> dict[str, int]:
    names = players.filter(pl.col("steamid") == 0)["name"].unique().sort().to_list()
    first_slots = dict(
        sightings.filter(pl.col("steamid") == 0).group_by("name", maintain_order=True).agg(pl.first("slot")).iter_rows()
    )
    taken: dict[int, str] = {}
    for name in [name for name in first_slots if name in names]:
        taken.setdefault(first_slots[name], name)
    known = {name: slot for slot, name in taken.items()}
    spare = (slot for slot in range(FIRST_SPARE_SLOT, FIRST_SPARE_SLOT + len(names)))
    return {name: -(known[name] if name in known else next(spare)) - 1 for name in names}
