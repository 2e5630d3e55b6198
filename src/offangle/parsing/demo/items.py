"""The bomb, items changing hands, and chat."""

from typing import Final

import polars as pl

from offangle.core.terms import BOMB_EVENTS, BOMB_SITES, ITEM_ACTIONS
from offangle.core.weapons import GRENADE_ITEMS, WEAPONS
from offangle.frames.collection import shape
from offangle.parsing.demo.awpy_source import AwpyTables
from offangle.parsing.demo.combat import weapon
from offangle.parsing.demo.identity import Identity, steam_id
from offangle.parsing.demo.rounds import round_of

_AWPY_BOMB_EVENTS: Final = {
    "pickup": "picked_up",
    "drop": "dropped",
    "start_plant": "plant_begin",
    "interrupt_plant": "plant_abort",
    "finish_plant": "planted",
    "defuse": "defused",
}
_RAW_BOMB_EVENTS: Final = {
    "bomb_begindefuse": "defuse_begin",
    "bomb_abortdefuse": "defuse_abort",
    "bomb_exploded": "exploded",
}
"""What awpy's bomb dataset leaves out."""

_EVENT = pl.Enum(BOMB_EVENTS)
_OWNER: Final = "original_owner_steam_id"


def bomb_events(tables: AwpyTables, identity: Identity, rounds: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """The bomb_events table; positions of events that awpy leaves out are the player's in `states`."""
    columns = {"tick": pl.Int32(), "event": _EVENT, "steam_id": pl.Int64(), "site": pl.Enum(BOMB_SITES)}
    schema = pl.Schema({**columns, **dict.fromkeys("xyz", pl.Float32())})
    known = tables.datasets["bomb"].select(
        "tick",
        pl.col("event").replace_strict(_AWPY_BOMB_EVENTS, default=None, return_dtype=pl.String).cast(_EVENT),
        steam_id().alias("steam_id"),
        pl.col("bombsite").str.to_lowercase().cast(pl.Enum(BOMB_SITES), strict=False).alias("site"),
        *"xyz",
    )
    places = states.select("tick", "steam_id", *"xyz").unique(["tick", "steam_id"], keep="first")
    found = [pl.DataFrame(schema=schema), known.filter(pl.col("event").is_not_null())]
    for name, event in _RAW_BOMB_EVENTS.items():
        raw = tables.event(name)
        if raw is not None:
            owned = identity.resolve_slot(raw).select("tick", pl.lit(event, _EVENT).alias("event"), "steam_id")
            found.append(owned.join(places, on=["tick", "steam_id"], how="left"))
    joined = pl.concat(found, how="diagonal").sort("tick", maintain_order=True)
    return shape("bomb_events", _with_planted_site(round_of(joined, rounds)))


def _with_planted_site(events: pl.DataFrame) -> pl.DataFrame:
    """Defuse and explosion happen where the bomb was planted in that round."""
    planted = events.filter(pl.col("event") == "planted").select("round_number", pl.col("site").alias("planted_site"))
    joined = events.join(
        planted.unique("round_number", keep="last"), on="round_number", how="left", maintain_order="left"
    )
    later = pl.col("event").is_in(["planted", "defuse_begin", "defuse_abort", "defused", "exploded"])
    return joined.with_columns(pl.coalesce("site", pl.when(later).then("planted_site")).alias("site"))


def item_events(tables: AwpyTables, rounds: pl.DataFrame) -> pl.DataFrame:
    """The item_events table; without bots, whose items awpy cannot tell from anybody else's: they have no SteamID."""
    translated = (
        tables.datasets["item_events"]
        .filter(pl.col("action").is_in(ITEM_ACTIONS))
        .select(
            "tick",
            steam_id().alias("steam_id"),
            "action",
            weapon("item"),
            "cost",
            pl.col("original_owner_steamid").cast(pl.Int64).replace(0, None).alias(_OWNER),
        )
        .filter(pl.col("steam_id") > 0)
    )
    # awpy finds the changes of one tick in no fixed order
    ordered = translated.sort("tick", "steam_id", "action", "item")
    deaths = tables.datasets["kills"].select("tick", steam_id("victim_").alias("steam_id"))
    numbered = _with_lives(round_of(ordered, rounds), rounds, deaths)
    return shape("item_events", _without_echoes(numbered).drop("half", "died"))


def _with_lives(events: pl.DataFrame, rounds: pl.DataFrame, deaths: pl.DataFrame) -> pl.DataFrame:
    """Add `half` and `died`, how often the player had died before: while both stay, so does what he holds."""
    halves = rounds.select("round_number", "half")
    counted = deaths.sort("tick").with_columns(died=pl.int_range(1, pl.len() + 1).over("steam_id"))
    return (
        events.join(halves, on="round_number", how="left", maintain_order="left")
        .join_asof(counted, on="tick", by="steam_id", allow_exact_matches=False, check_sortedness=False)
        .with_columns(pl.col("died").fill_null(0))
    )


def _without_echoes(events: pl.DataFrame) -> pl.DataFrame:
    """Leave out what awpy 3.1.1 tells again of things that are held already, where a recording repeats its whole state.

    A pickup is told again as such, but of grenades one may hold two. If the player buys something in that very tick,
    everything he holds is told as bought at that price.
    """
    life = ("half", "died", "steam_id", "item")
    same = {name: pl.col(name).shift(1).over(life) for name in ("action", _OWNER)}
    repeats = pl.all_horizontal(pl.col(name).eq_missing(before) for name, before in same.items())
    is_echo = (pl.col("action") == "pickup") & repeats & ~pl.col("item").is_in(list(GRENADE_ITEMS))
    events = events.filter(~is_echo).with_columns(pl.int_range(pl.len()).over(life).alias("told_before"))
    return events.filter(_is_bought()).drop("told_before")


def _is_bought() -> pl.Expr:
    """Of a player's purchases in one tick the one that costs what it is told for, if there is one; else all."""
    prices = {name: kind.price for name, kind in WEAPONS.items()}
    price = pl.col("item").replace_strict(prices, default=None, return_dtype=pl.Int32)
    fits = (pl.col("cost") == price).fill_null(value=False)
    together = ("tick", "steam_id", "action")
    newest = pl.when(fits).then("told_before").min().over(together)
    is_only = ~fits.any().over(together) | (fits & (pl.col("told_before") == newest))
    return (pl.col("action") != "purchase") | is_only


def chat(tables: AwpyTables, identity: Identity) -> pl.DataFrame:
    """The chat table; the sender's controller is slot + 1."""
    lines = tables.datasets["chat"].with_columns((pl.col("entity_index") - 1).cast(pl.String).alias("userid"))
    owned = identity.resolve_slot(lines)
    channel = pl.col("channel")
    team_only = channel.str.contains("_T$|_CT$|_Team|Spec$") & ~channel.str.contains("All")
    return shape("chat", owned.select("tick", "steam_id", "name", team_only.alias("is_team_only"), "message"))
