"""Grenades: throw, flight, effect, and who threw them.

awpy 3.1.1 reads the thrower's handle as if it were an event's handle, so the thrower is missing whenever the pawn's
serial number is not zero, which is the rule in real recordings. The thrower comes from, in this order:
1. awpy, where it has one;
2. the detonation event of this very entity (smoke, flash, HE, decoy), which names the slot;
3. the `weapon_fire` of that grenade by the player nearest to the place where the projectile appeared.
"""

from typing import Final

import polars as pl

from offangle.core.terms import GRENADE_KINDS
from offangle.core.weapons import GRENADE_ITEMS
from offangle.frames.collection import empty_table, shape
from offangle.parsing.demo.awpy_source import AwpyTables
from offangle.parsing.demo.combat import sides_at_freeze_end
from offangle.parsing.demo.identity import Identity, steam_id
from offangle.parsing.demo.rounds import round_of

THROW_TICKS: Final = 32
"""A projectile appears within this many ticks of its `weapon_fire`."""
THROW_REACH_U: Final = 160.0
"""... and within this distance of the thrower's feet: eye height, plus what it flew in its first ticks."""
FIRE_TICKS: Final = 16
"""A molotov burns within this many ticks after its projectile is gone."""
FIRE_REACH_U: Final = 300.0
"""... and within this distance of it."""
_KINDS: Final = {
    "smoke": "smoke",
    "flashbang": "flash",
    "flash": "flash",
    "he": "he",
    "hegrenade": "he",
    "molotov": "molotov",
    "incendiary": "incendiary",
    "incgrenade": "incendiary",
    "decoy": "decoy",
}
_EFFECT_EVENTS: Final = {
    "smokegrenade_detonate": "smoke",
    "flashbang_detonate": "flash",
    "hegrenade_detonate": "he",
    "decoy_started": "decoy",
}
_KIND = pl.Enum(GRENADE_KINDS)


class Utility:
    """The tables of grenades, built together because they share the grenades' ids."""

    def __init__(
        self, tables: AwpyTables, identity: Identity, rounds: pl.DataFrame, in_rounds: pl.DataFrame, step_ticks: int
    ) -> None:
        self._tables = tables
        self._identity = identity
        self._rounds = rounds
        self._in_rounds = in_rounds
        flight = _flight(tables.datasets["grenades"])
        effects = self._effects()
        flights = _with_effects(_flights(flight), effects)
        flights = _with_shooters(flights, tables)
        fires = _with_fires(flights, tables.datasets["fires"])
        self._flights = _with_ends(fires, tables)
        self._flight = flight
        self._step_ticks = step_ticks

    def grenades(self) -> pl.DataFrame:
        """The grenades table."""
        numbered = round_of(self._flights.rename({"throw_tick": "tick"}), self._rounds).rename({"tick": "throw_tick"})
        return shape("grenades", self._with_side(numbered).sort("throw_tick", "grenade_id"))

    def projectiles(self) -> pl.DataFrame:
        """The flights, every `step_ticks` ticks and at their first and last row."""
        since = pl.col("tick") - pl.col("throw_tick")
        kept = (since % self._step_ticks == 0) | (pl.col("tick") == pl.col("last_tick"))
        ends = self._flights.select("grenade_id", "throw_tick", "last_tick", "effect_tick")
        flown = self._flight.join(ends, on="grenade_id", maintain_order="left").filter(
            kept, pl.col("tick") <= pl.col("effect_tick").fill_null(pl.col("last_tick"))
        )
        return shape("projectiles", flown.sort("grenade_id", "tick"))

    def smokes(self) -> pl.DataFrame:
        """The smokes table. awpy knows only smokes that thinned out; others last until the next round clears them."""
        places = {axis: f"effect_{axis}" for axis in "xyz"}
        throws = self._flights.filter(pl.col("kind") == "smoke", pl.col("effect_tick").is_not_null())
        bloomed = throws.select("entity", "grenade_id", "thrower_steam_id", start_tick="effect_tick", **places)
        clouds = (
            self._tables.datasets["smokes"].with_columns(_entity()).select("entity", "start_tick", "end_tick", *places)
        )
        joined = clouds.join(bloomed, on=["entity", "start_tick"], how="full", coalesce=True).with_columns(
            pl.coalesce(axis, f"{axis}_right").alias(axis) for axis in places
        )
        cleared = self._rounds.select("round_number", "officially_ended_tick")
        numbered = round_of(joined.rename({"start_tick": "tick"}), self._rounds).join(
            cleared, on="round_number", how="left", maintain_order="left"
        )
        ended = numbered.with_columns(pl.coalesce("end_tick", "officially_ended_tick").alias("end_tick"))
        return self._area("smokes", ended.drop("round_number").rename({"tick": "start_tick"}))

    def fires(self) -> pl.DataFrame:
        """The fires table."""
        burning = self._tables.datasets["fires"].select("start_tick", "end_tick", "x", "y", "z")
        throws = self._flights.filter(pl.col("kind").is_in(["molotov", "incendiary"])).select(
            "grenade_id", "thrower_steam_id", start_tick="effect_tick", x="effect_x", y="effect_y"
        )
        joined = burning.join(
            throws.unique(["start_tick", "x", "y"], keep="first"),
            on=["start_tick", "x", "y"],
            how="left",
            maintain_order="left",
        )
        return self._area("fires", joined)

    def _area(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        numbered = round_of(frame.rename({"start_tick": "tick"}), self._rounds).rename({"tick": "start_tick"})
        return shape(name, self._with_side(numbered)) if numbered.height else empty_table(name)

    def _with_side(self, frame: pl.DataFrame) -> pl.DataFrame:
        return sides_at_freeze_end(frame, self._in_rounds, "thrower_steam_id", "thrower_side")

    def _effects(self) -> pl.DataFrame:
        """Detonation events: kind, entity_id, tick, event_thrower, effect_x, effect_y, effect_z."""
        columns = {"tick": pl.Int32(), "entity_id": pl.Int32(), "kind": _KIND, "event_thrower": pl.Int64()}
        schema = pl.Schema({**columns, **{f"effect_{axis}": pl.Float32() for axis in "xyz"}})
        found = [pl.DataFrame(schema=schema)]
        for name, kind in _EFFECT_EVENTS.items():
            raw = self._tables.event(name)
            if raw is None:
                continue
            owned = (
                self._identity.resolve_slot(raw)
                if "userid" in raw.columns
                else raw.with_columns(pl.lit(None, pl.Int64).alias("steam_id"))
            )
            found.append(
                owned.select(
                    pl.col("tick").cast(pl.Int32),
                    pl.col("entityid").cast(pl.Int32, strict=False).alias("entity_id"),
                    pl.lit(kind, _KIND).alias("kind"),
                    pl.col("steam_id").alias("event_thrower"),
                    *(pl.col(axis).cast(pl.Float32, strict=False).alias(f"effect_{axis}") for axis in "xyz"),
                )
            )
        return pl.concat(found).sort("tick")


def _entity() -> pl.Expr:
    """One name per entity: its number is used again, number and serial together are not."""
    return (pl.col("entity_id").cast(pl.String) + "." + pl.col("entity_serial").cast(pl.String)).alias("entity")


def _flight(rows: pl.DataFrame) -> pl.DataFrame:
    """Trajectory rows with `grenade_id`: entity and tick of the throw, since entity numbers are used again."""
    return (
        rows.select(
            "tick",
            "entity_id",
            _entity(),
            pl.col("type").replace_strict(_KINDS, default=None, return_dtype=pl.String).cast(_KIND).alias("kind"),
            steam_id("thrower_").alias("awpy_thrower"),
            "x",
            "y",
            "z",
        )
        .filter(pl.col("kind").is_not_null())
        .sort("entity", "tick")
        .with_columns(
            (pl.col("entity") + "@" + pl.col("tick").min().over("entity", "kind").cast(pl.String)).alias("grenade_id")
        )
    )


def _flights(flight: pl.DataFrame) -> pl.DataFrame:
    """One row per projectile: where and when it appeared and was last seen."""
    return flight.group_by("grenade_id", maintain_order=True).agg(
        pl.first("entity_id", "entity", "kind"),
        pl.col("awpy_thrower").drop_nulls().first(),
        pl.first("tick").alias("throw_tick"),
        *(pl.first(axis).alias(f"throw_{axis}") for axis in "xyz"),
        pl.last("tick").alias("last_tick"),
        *(pl.last(axis).alias(f"last_{axis}") for axis in "xyz"),
    )


def _with_effects(flights: pl.DataFrame, effects: pl.DataFrame) -> pl.DataFrame:
    """Add effect_tick, effect position and event_thrower from the detonation of the same entity.

    That may come long after the last row: awpy tells no more of a grenade that lies still. It comes before the
    entity's number is used again.
    """
    names = ("effect_x", "effect_y", "effect_z", "event_thrower", "effect_tick")
    events = effects.with_columns(pl.col("tick").alias("effect_tick")).sort("tick")
    used_again = pl.col("throw_tick").shift(-1).over("entity_id", order_by="throw_tick")
    return (
        flights.with_columns(used_again.alias("used_again_tick"))
        .sort("throw_tick")
        .join_asof(
            events.rename({"tick": "throw_tick"}),
            on="throw_tick",
            by=["entity_id", "kind"],
            strategy="forward",
            check_sortedness=False,
        )
        .with_columns(
            pl.when((pl.col("effect_tick") < pl.col("used_again_tick")).fill_null(value=True)).then(name).alias(name)
            for name in names
        )
        .drop("used_again_tick")
    )


def _with_shooters(flights: pl.DataFrame, tables: AwpyTables) -> pl.DataFrame:
    """Settle `thrower_steam_id` and tell incendiaries from molotovs by the weapon that was fired."""
    bare = pl.col("weapon").str.strip_prefix("weapon_")
    fired = (
        tables.datasets["shots"]
        .select(
            pl.col("tick").alias("shot_tick"),
            steam_id().alias("shooter"),
            bare.replace_strict(GRENADE_ITEMS, default=None, return_dtype=pl.String).alias("shot_kind"),
            *(pl.col(axis).alias(f"shot_{axis}") for axis in "xyz"),
        )
        .filter(pl.col("shot_kind").is_not_null(), pl.col("shooter").is_not_null())
        .with_columns(_projectile_kind("shot_kind"))
    )
    candidates = (
        flights.select("grenade_id", "throw_tick", "throw_x", "throw_y", "throw_z", "kind", _projectile_kind("kind"))
        .join(fired, on="projectile_kind")
        .filter((pl.col("throw_tick") - pl.col("shot_tick")).abs() <= THROW_TICKS)
        .with_columns(_distance("throw", "shot").alias("distance_u"))
        .filter(pl.col("distance_u") <= THROW_REACH_U)
        .sort("distance_u")
        .unique("grenade_id", keep="first", maintain_order=True)
        .select("grenade_id", "shooter", "shot_kind")
    )
    return flights.join(candidates, on="grenade_id", how="left").with_columns(
        pl.coalesce("awpy_thrower", "event_thrower", "shooter").alias("thrower_steam_id"),
        pl.when(pl.col("kind") == "molotov")
        .then(pl.coalesce("shot_kind", pl.col("kind").cast(pl.String)))
        .otherwise(pl.col("kind").cast(pl.String))
        .cast(_KIND)
        .alias("kind"),
    )


def _projectile_kind(column: str) -> pl.Expr:
    """Molotov and incendiary fly as one kind of projectile."""
    return pl.col(column).cast(pl.String).replace("incendiary", "molotov").alias("projectile_kind")


def _distance(one: str, other: str) -> pl.Expr:
    squares = [(pl.col(f"{one}_{axis}") - pl.col(f"{other}_{axis}")) ** 2 for axis in "xyz"]
    return pl.sum_horizontal(squares).sqrt()


def _with_fires(flights: pl.DataFrame, fires: pl.DataFrame) -> pl.DataFrame:
    """Give each molotov the fire that broke out where and when it was last seen."""
    broke_out = fires.select(
        pl.col("start_tick").alias("fire_tick"), *(pl.col(axis).alias(f"fire_{axis}") for axis in "xyz")
    )
    matched = (
        flights.filter(pl.col("kind").is_in(["molotov", "incendiary"]))
        .select("grenade_id", "last_tick", "last_x", "last_y", "last_z")
        .join(broke_out, how="cross")
        .filter((pl.col("fire_tick") - pl.col("last_tick")).is_between(-1, FIRE_TICKS))
        .with_columns(_distance("last", "fire").alias("distance_u"))
        .filter(pl.col("distance_u") <= FIRE_REACH_U)
        .sort("distance_u")
        .unique("grenade_id", keep="first", maintain_order=True)
        .select("grenade_id", "fire_tick", "fire_x", "fire_y", "fire_z")
    )
    return flights.join(matched, on="grenade_id", how="left").with_columns(
        pl.coalesce("effect_tick", "fire_tick").alias("effect_tick"),
        *(pl.coalesce(f"effect_{axis}", f"fire_{axis}").alias(f"effect_{axis}") for axis in "xyz"),
    )


def _with_ends(flights: pl.DataFrame, tables: AwpyTables) -> pl.DataFrame:
    """Add `end_tick`: a smoke's and a fire's own, a decoy's last shot, at once for flash and HE."""
    smoke_ends = tables.datasets["smokes"].select(
        _entity(),
        pl.col("start_tick").alias("effect_tick"),
        pl.col("end_tick").alias("smoke_end"),
    )
    fire_ends = tables.datasets["fires"].select(
        pl.col("start_tick").alias("fire_tick"),
        *(pl.col(axis).alias(f"fire_{axis}") for axis in "xy"),
        pl.col("end_tick").alias("fire_end"),
    )
    decoy = pl.when(pl.col("kind") == "decoy").then(pl.max_horizontal("last_tick", "effect_tick"))
    instant = pl.when(pl.col("kind").is_in(["flash", "he"])).then("effect_tick")
    return (
        flights.join(smoke_ends.unique(["entity", "effect_tick"]), on=["entity", "effect_tick"], how="left")
        .join(fire_ends.unique(["fire_tick", "fire_x", "fire_y"]), on=["fire_tick", "fire_x", "fire_y"], how="left")
        .with_columns(pl.coalesce("smoke_end", "fire_end", decoy, instant).alias("end_tick"))
    )
