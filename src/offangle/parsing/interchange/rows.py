"""Files that are lists of flat rows: each declared once, read in both wire forms into one table of plain columns.

Version 2.0 names a player by SteamID64 (`killerSteamId64`), 3.x by the row in `players.json` (`killerIndex`). A
declaration gives the stem (`killer`); the wire field follows from the version.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import GenericAlias
from typing import Annotated, Any, Final

import msgspec
import polars as pl

from offangle.core.errors import BadInputError
from offangle.parsing.interchange.archive import Archive, reader_of

LARGEST: Final = 2**31 - 1

Small = Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
"""Any whole number: odd ones are data, to be held and told of later. Sums of them stay far from 64 bits."""

Tick = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Round = Annotated[int, msgspec.Meta(ge=0, le=1_000)]
Measure = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
"""Any other number: a coordinate, a speed, an angle, a time. Wide enough for exporters' impossible speeds, narrow
enough for 32 bits."""

_DTYPES: Final[Mapping[Any, pl.DataType]] = {
    Tick: pl.Int64(),
    Small: pl.Int64(),
    Round: pl.Int64(),
    Measure: pl.Float64(),
    str: pl.String(),
    bool: pl.Boolean(),
    list: pl.List(pl.String),
}


class Vector(msgspec.Struct):
    """A point in the world."""

    x: Measure
    y: Measure
    z: Measure


@dataclass(frozen=True, slots=True)
class Rows:
    """One file of rows.

    Attributes:
        key: The file's key in the manifest.
        players: Column -> stem of the wire field that names a player; `?` behind the stem allows null.
        needed: Column -> (wire field, type): a row without it is refused.
        optional: Column -> (wire field, type): null where the row does not have it.
        points: Column prefix -> wire field of a point; null where the row does not have it.
    """

    key: str
    players: Mapping[str, str] = field(default_factory=dict)
    needed: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    optional: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    points: Mapping[str, str] = field(default_factory=dict)

    def read(self, archive: Archive) -> pl.DataFrame | None:
        """The file's rows with the declared columns, players as the wire names them; null when there is no such file.

        Raises:
            BadInputError: The file is damaged, or a row lacks a needed field or has one of another type.
        """
        name = archive.name_of(self.key)
        return None if name is None else self.read_file(archive, name)

    def read_file(self, archive: Archive, name: str) -> pl.DataFrame:
        """The rows of the file called `name`.

        Raises:
            BadInputError: As for `read`.
        """
        row_type = self._row_type(is_columnar=archive.is_columnar)
        rows = archive.decode(name, reader_of(GenericAlias(list, (row_type,))))
        try:
            return self._frame(rows, is_columnar=archive.is_columnar)
        except OverflowError as error:
            raise BadInputError(f"{name}: a number is too large") from error

    def _row_type(self, *, is_columnar: bool) -> type[msgspec.Struct]:
        one: Any = Small if is_columnar else str
        fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [
            (column, one | None if stem.endswith("?") else one) for column, stem in self.players.items()
        ]
        fields += [(column, kind) for column, (_, kind) in self.needed.items()]
        fields += [(column, _nullable(kind), None) for column, (_, kind) in self.optional.items()]
        fields += [(f"{prefix}point", Vector | None, None) for prefix in self.points]
        wire = {column: wire_player(stem, is_columnar=is_columnar) for column, stem in self.players.items()}
        wire |= {column: wire_name for column, (wire_name, _) in {**self.needed, **self.optional}.items()}
        wire |= {f"{prefix}point": wire_name for prefix, wire_name in self.points.items()}
        return msgspec.defstruct(self.key, fields, rename=wire, kw_only=True, gc=False)

    def _frame(self, rows: list[Any], *, is_columnar: bool) -> pl.DataFrame:
        player_dtype = pl.Int64 if is_columnar else pl.String
        columns = [pl.Series(c, [getattr(row, c) for row in rows], player_dtype) for c in self.players]
        columns += [
            pl.Series(c, [getattr(row, c) for row in rows], _DTYPES[kind])
            for c, (_, kind) in {**self.needed, **self.optional}.items()
        ]
        for prefix in self.points:
            points = [getattr(row, f"{prefix}point") for row in rows]
            columns += [
                pl.Series(f"{prefix}{axis}", [None if p is None else getattr(p, axis) for p in points], pl.Float64)
                for axis in "xyz"
            ]
        return without_nul(pl.DataFrame(columns))


def without_nul(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows without NUL characters in texts, which databases refuse and nobody sees."""
    return frame.with_columns(pl.col(pl.String).str.replace_all("\0", "", literal=True))


def wire_player(stem: str, *, is_columnar: bool) -> str:
    """The wire field that names a player: `killer` -> `killerIndex`; an empty stem is the row's own player."""
    name = stem.removesuffix("?")
    suffix = "Index" if is_columnar else "SteamId64"
    if name:
        return name + suffix
    return "playerIndex" if is_columnar else "steamId64"


def _nullable(kind: Any) -> Any:
    return list[str] | None if kind is list else kind | None


ROUND_NUMBER: Final = {"round_number": ("roundNumber", Round)}
MOMENT: Final = {**ROUND_NUMBER, "tick": ("tick", Tick)}

ROUNDS: Final = Rows(
    "rounds",
    needed={
        **ROUND_NUMBER,
        "start_tick": ("startTick", Tick),
        "freeze_end_tick": ("freezeEndTick", Tick),
        "end_tick": ("endTick", Tick),
        "team_a_side": ("teamASide", str),
        "score_a_before": ("teamAScoreBefore", Small),
        "score_b_before": ("teamBScoreBefore", Small),
        "winner_team": ("winnerTeamKey", str),
        "winner_side": ("winnerSide", str),
        "end_reason": ("endReason", str),
    },
)

PLAYERS: Final = Rows(
    "players", needed={"steam_id64": ("steamId64", str), "name": ("name", str), "team": ("teamKey", str)}
)

PLAYER_STATS: Final = Rows(
    "playerStats",
    players={"steam_id": ""},
    optional={
        "rounds_played": ("rounds", Small),
        "kills": ("kills", Small),
        "deaths": ("deaths", Small),
        "assists": ("assists", Small),
        "headshot_kills": ("headshotCount", Small),
        "damage": ("damageHealth", Small),
        "utility_damage": ("utilityDamage", Small),
    },
)

PLAYER_ECONOMIES: Final = Rows(
    "playerEconomies",
    players={"steam_id": ""},
    needed=ROUND_NUMBER,
    optional={
        "start_money": ("startMoney", Small),
        "money_spent": ("moneySpent", Small),
        "equipment_value": ("equipmentValue", Small),
        "has_armor": ("hasArmor", bool),
        "has_helmet": ("hasHelmet", bool),
        "has_defuse_kit": ("hasDefuseKit", bool),
        "primary_weapon": ("primaryWeapon", str),
        "secondary_weapon": ("secondaryWeapon", str),
        "grenades": ("grenades", list),
    },
)

KILLS: Final = Rows(
    "kills",
    players={
        "attacker_steam_id": "killer?",
        "victim_steam_id": "victim",
        "assister_steam_id": "assister?",
        "flash_assister_steam_id": "flashAssister?",
    },
    needed={**MOMENT, "weapon": ("weapon", str), "is_headshot": ("headshot", bool)},
    optional={
        "is_flash_assist": ("flashAssist", bool),
        "penetrated_objects": ("penetratedObjects", Small),
        "is_through_smoke": ("throughSmoke", bool),
        "is_no_scope": ("noScope", bool),
    },
    points={"attacker_": "killerPosition", "victim_": "victimPosition"},
)

DAMAGES: Final = Rows(
    "damages",
    players={"attacker_steam_id": "attacker?", "victim_steam_id": "victim"},
    needed={
        **MOMENT,
        "weapon": ("weapon", str),
        "hit_group": ("hitgroup", str),
        "health_damage": ("healthDamage", Small),
    },
    optional={
        "health_damage_raw": ("healthDamageRaw", Small),
        "armor_damage": ("armorDamage", Small),
        "victim_health_before": ("victimHealthBefore", Small),
        "victim_armor_after": ("victimArmorAfter", Small),
    },
    points={"attacker_": "attackerPosition", "victim_": "victimPosition"},
)

BLINDS: Final = Rows(
    "blinds",
    players={"attacker_steam_id": "flasher?", "victim_steam_id": "flashed"},
    needed={**MOMENT, "duration_s": ("durationSeconds", Measure)},
    optional={"grenade_id": ("flashId", str)},
)

BOMBS: Final = Rows(
    "bombs",
    players={"steam_id": "actor?"},
    needed={**MOMENT, "event": ("type", str)},
    optional={"site": ("site", str)},
    points={"": "position"},
)

GRENADES: Final = Rows(
    "grenades",
    players={"thrower_steam_id": "thrower?"},
    needed={**ROUND_NUMBER, "kind": ("grenade", str), "throw_tick": ("throwTick", Tick)},
    optional={
        "grenade_id": ("grenadeId", str),
        "effect_tick": ("effectTick", Tick),
        "end_tick": ("destroyTick", Tick),
    },
    points={"throw_": "throwPosition", "effect_": "effectPosition"},
)

SHOT_ROWS: Final = Rows(
    "shots",
    players={"steam_id": ""},
    needed={**MOMENT, "weapon": ("weapon", str)},
    optional={"pitch_deg": ("pitch", Measure), "yaw_deg": ("yaw", Measure)},
    points={"": "position", "velocity_": "velocity"},
)
"""Shots as 2.0 writes them; 3.x has tracks instead (see `streams`)."""
