"""Sampled streams: the replay at 8 Hz, the windows around duels at 64 Hz, the flight of grenades, and shots.

A stream is many short columns, one set per player and round. They are laid end to end once, each sample knowing its
track, and everything after that (sums of deltas, scales, dictionaries) happens on whole columns.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any, Final

import msgspec
import polars as pl

from offangle.core.errors import BadInputError
from offangle.parsing.interchange.archive import Archive, reader_of
from offangle.parsing.interchange.roster import Roster
from offangle.parsing.interchange.rows import SHOT_ROWS, Round, Small, Tick
from offangle.parsing.interchange.vocabulary import GRENADE_KINDS, translated, weapon

DEFAULT_ANGLE_SCALE: Final = 10
"""Stored angle per degree in 3.x where the file does not say."""

FLASH_SCALE: Final = 10
"""Remaining blindness is stored in tenths of a second."""

ALIVE: Final = 0
FLAG_DEFUSE_KIT: Final = 4

MAX_SPEED_U_S: Final = 3500.0
"""The game's own cap (`sv_maxvelocity`). Some exporters wrote the way since the *previous shot* as if it took one tick;
a file with a single impossible speed has been through one of them, and none of its velocities is kept."""

PROJECTILE_TOLERANCE_TICKS: Final = 64
"""A flight belongs to the nearest throw of that player and kind within a second."""

DELTAS: Final = frozenset({"x", "y", "z", "yaw", "pitch", "money", "tick"})
"""Columns that 3.x stores as differences; the first value is absolute."""

Scale = Annotated[float, msgspec.Meta(ge=0.001, le=1_000_000)]
Samples = list[Small | None]
FrameCount = Annotated[int, msgspec.Meta(ge=0, le=32_767)]


class _Meta(msgspec.Struct):
    sample_rate: Annotated[float, msgspec.Meta(gt=0, le=1000)] | None = msgspec.field(name="sampleRate", default=None)
    coord_scale: Scale = msgspec.field(name="coordScale", default=1.0)
    angle_scale: Scale | None = msgspec.field(name="angleScale", default=None)


class _Track(msgspec.Struct, gc=False):
    x: Samples
    y: Samples
    z: Samples
    yaw: Samples
    hp: Samples
    index: Small | None = msgspec.field(name="playerIndex", default=None)
    steam_id64: str | None = msgspec.field(name="steamId64", default=None)
    pitch: Samples | None = None
    flash: Samples | None = None


class _ReplayTrack(_Track, gc=False):
    weapon: Samples | None = None
    place: Samples | None = None
    armor: Samples | None = None
    money: Samples | None = None
    flags: Samples | None = None


class _Flight(msgspec.Struct, gc=False):
    grenade: str
    start_tick: Tick = msgspec.field(name="startTick")
    x: Samples
    y: Samples
    z: Samples
    thrower: Small | None = msgspec.field(name="throwerIndex", default=None)


class _Window(msgspec.Struct):
    round_number: Round = msgspec.field(name="roundNumber")
    start_tick: Tick = msgspec.field(name="startTick")
    tick_step: Annotated[int, msgspec.Meta(ge=1, le=1024)] = msgspec.field(name="tickStep")
    frame_count: FrameCount = msgspec.field(name="frameCount")
    players: list[_Track]


class _ReplayRound(msgspec.Struct):
    round_number: Round = msgspec.field(name="roundNumber")
    start_tick: Tick = msgspec.field(name="startTick")
    tick_step: Annotated[int, msgspec.Meta(ge=1, le=1024)] = msgspec.field(name="tickStep")
    frame_count: FrameCount = msgspec.field(name="frameCount")
    players: list[_ReplayTrack]
    projectiles: list[_Flight] = []


class _Replay(msgspec.Struct):
    meta: _Meta
    rounds: list[_ReplayRound]
    weapons: list[str] = msgspec.field(name="weaponDict", default_factory=list)
    places: list[str] = msgspec.field(name="placeDict", default_factory=list)


class _Duels(msgspec.Struct):
    meta: _Meta
    windows: list[_Window]


class _ShotTrack(msgspec.Struct, gc=False):
    round_number: Round = msgspec.field(name="roundNumber")
    index: Small = msgspec.field(name="playerIndex")
    tick: list[Small]
    weapon: Samples
    x: Samples
    y: Samples
    z: Samples
    yaw: Samples
    pitch: Samples
    vx: Samples
    vy: Samples
    vz: Samples


class _Shots(msgspec.Struct):
    meta: _Meta
    weapons: list[str] = msgspec.field(name="weaponDict")
    tracks: list[_ShotTrack]


_REPLAY: Final = reader_of(_Replay)
_DUELS: Final = reader_of(_Duels)
_SHOTS: Final = reader_of(_Shots)


@dataclass(frozen=True, slots=True)
class Replay:
    """What `replay.json` gives."""

    ticks: pl.DataFrame
    projectiles: pl.DataFrame | None
    sample_rate_hz: float | None


def read_replay(archive: Archive, roster: Roster, grenades: pl.DataFrame | None) -> Replay | None:
    """The tables `ticks` and `projectiles`; null when the zip has no replay.

    Raises:
        BadInputError: A column's length is not `frameCount`, or it names an unknown player, round, weapon or place.
    """
    name = archive.name_of("replay")
    if name is None:
        return None
    replay: _Replay = archive.decode(name, _REPLAY)
    columns = ["x", "y", "z", "yaw", "pitch", "hp", "flash", "weapon", "place", "armor", "money", "flags"]
    samples = _samples(replay.rounds, columns, archive, roster, where=name)
    named = samples.with_columns(
        _lookup(samples, "weapon", _plain_weapons(replay.weapons), where=name).cast(pl.Categorical),
        _lookup(samples, "place", replay.places, where=name).cast(pl.Categorical),
        (pl.col("flags") & FLAG_DEFUSE_KIT > 0).alias("has_defuse_kit"),
    )
    ticks = _scaled(named, replay.meta, is_columnar=archive.is_columnar)
    flights = _read_flights(replay, roster, grenades, where=name) if archive.is_columnar else None
    return Replay(_unique(ticks, where=name), flights, replay.meta.sample_rate)


def read_duels(archive: Archive, roster: Roster) -> pl.DataFrame | None:
    """The table `duel_ticks`: every tick around kills and damage; null when the zip has no such file.

    Raises:
        BadInputError: As for the replay.
    """
    name = archive.name_of("duels")
    if name is None:
        return None
    duels: _Duels = archive.decode(name, _DUELS)
    samples = _samples(duels.windows, ["x", "y", "z", "yaw", "pitch", "hp", "flash"], archive, roster, where=name)
    return _unique(_scaled(samples, duels.meta, is_columnar=archive.is_columnar), where=name)


def read_shots(archive: Archive, roster: Roster) -> pl.DataFrame | None:
    """The table `shots`; positions and velocities only where the exporter really had them.

    Raises:
        BadInputError: Columns of different length, or an unknown player, round or weapon.
    """
    name = archive.name_of("shots")
    if name is None:
        return None
    shots = _shot_tracks(archive, name) if archive.is_columnar else SHOT_ROWS.read_file(archive, name)
    shots = roster.identify(shots, SHOT_ROWS, where=name)
    shots = roster.with_side(shots, "steam_id", "side").with_columns(weapon("weapon"))
    return _without_placeholders(shots).sort("tick", maintain_order=True)


def _shot_tracks(archive: Archive, name: str) -> pl.DataFrame:
    shots: _Shots = archive.decode(name, _SHOTS)
    columns = ("tick", "weapon", "x", "y", "z", "yaw", "pitch", "vx", "vy", "vz")
    for nth, track in enumerate(shots.tracks):
        _check_lengths(track, columns, len(track.tick), where=f"{name}: $.tracks[{nth}]")
    flat = _flatten(shots.tracks, columns, [len(track.tick) for track in shots.tracks])
    tracks = _track_table(
        {"round_number": [t.round_number for t in shots.tracks], "steam_id": [t.index for t in shots.tracks]}
    )
    angle_scale = shots.meta.angle_scale or DEFAULT_ANGLE_SCALE
    scale = shots.meta.coord_scale
    return (
        _summed(flat)
        .join(tracks, on="track", how="left", maintain_order="left")
        .with_columns(
            _lookup(flat, "weapon", shots.weapons, where=name).fill_null(""),
            *(pl.col(axis) / scale for axis in "xyz"),
            *(pl.col(f"v{axis}").cast(pl.Float64).alias(f"velocity_{axis}") for axis in "xyz"),
            (pl.col("yaw") / angle_scale).alias("yaw_deg"),
            (pl.col("pitch") / angle_scale).alias("pitch_deg"),
        )
    )


def _without_placeholders(shots: pl.DataFrame) -> pl.DataFrame:
    """Null the positions of a file where all are the origin, and the velocities of one where they cannot be true."""
    position, velocity = ["x", "y", "z"], ["velocity_x", "velocity_y", "velocity_z"]
    unknown: list[str] = []
    if not shots.select(pl.any_horizontal(pl.col(position) != 0).any()).item():
        unknown += position
    is_fast = pl.any_horizontal(pl.col(velocity).abs() > MAX_SPEED_U_S)
    is_moving = pl.any_horizontal(pl.col(velocity) != 0)
    if shots.select(is_fast.any() | ~is_moving.any()).item():
        unknown += velocity
    return shots.with_columns(pl.lit(None, pl.Float64).alias(column) for column in unknown)


def _read_flights(replay: _Replay, roster: Roster, grenades: pl.DataFrame | None, *, where: str) -> pl.DataFrame | None:
    """The flights of grenades that `grenades` knows; others have no throw to belong to."""
    flights = [(one, flight) for one in replay.rounds for flight in one.projectiles]
    if grenades is None:
        return None
    for one, flight in flights:
        _check_lengths(flight, ("x", "y", "z"), len(flight.x), where=f"{where}: round {one.round_number}: projectile")
    thrown = _track_table(
        {
            "round_number": [one.round_number for one, _ in flights],
            "tick_step": [one.tick_step for one, _ in flights],
            "start_tick": [flight.start_tick for _, flight in flights],
            "thrower_steam_id": [flight.thrower for _, flight in flights],
        }
    ).with_columns(pl.Series("kind", [flight.grenade for _, flight in flights], pl.String))
    thrown = roster.identify_column(thrown, "thrower_steam_id", where=f"{where}: throwerIndex")
    thrown = translated(roster.check_rounds(thrown, where=where), "kind", GRENADE_KINDS, where=f"{where}: grenade")
    flat = _summed(_flatten([flight for _, flight in flights], ("x", "y", "z"), [len(f.x) for _, f in flights]))
    return (
        flat.join(_thrown_as(thrown, grenades), on="track", how="inner", maintain_order="left")
        .with_columns(
            (pl.col("start_tick") + pl.col("frame") * pl.col("tick_step")).alias("tick"),
            *(pl.col(axis) / replay.meta.coord_scale for axis in "xyz"),
        )
        .sort("grenade_id", "tick")
    )


def _thrown_as(thrown: pl.DataFrame, grenades: pl.DataFrame) -> pl.DataFrame:
    """`thrown` with the `grenade_id` of the nearest throw; each throw once, flights without one left out."""
    keys = ["round_number", "thrower_steam_id", "wire_kind"]
    wire_kind = pl.col("kind").replace({"incendiary": "molotov"}).alias("wire_kind")
    throws = grenades.select("round_number", "thrower_steam_id", wire_kind, "throw_tick", "grenade_id")
    return (
        thrown.with_columns(wire_kind)
        .sort("start_tick")
        .join_asof(
            throws.sort("throw_tick"),
            left_on="start_tick",
            right_on="throw_tick",
            by=keys,
            strategy="nearest",
            tolerance=PROJECTILE_TOLERANCE_TICKS,
            check_sortedness=False,  # sorted just above; polars cannot see it through `by`
        )
        .filter(pl.col("grenade_id").is_not_null())
        .with_columns((pl.col("start_tick") - pl.col("throw_tick")).abs().alias("distance"))
        .sort("distance", "track")
        .unique("grenade_id", keep="first", maintain_order=True)
    )


def _samples(
    windows: Sequence[_ReplayRound] | Sequence[_Window],
    columns: Sequence[str],
    archive: Archive,
    roster: Roster,
    *,
    where: str,
) -> pl.DataFrame:
    """All tracks end to end: `round_number`, `tick`, `steam_id`, `side` and the columns, deltas summed."""
    tracks: list[Any] = []
    frame_counts: list[int] = []
    for window in windows:
        for nth, track in enumerate(window.players):
            place = f"{where}: round {window.round_number}: players[{nth}]"
            _check_lengths(track, columns, window.frame_count, where=place)
            tracks.append(track)
            frame_counts.append(window.frame_count)
    table = _whose(windows, tracks, roster, where=where)
    flat = _flatten(tracks, columns, frame_counts)
    flat = _summed(flat) if archive.is_columnar else flat
    return flat.join(table, on="track", how="left", maintain_order="left").with_columns(
        (pl.col("start_tick") + pl.col("frame") * pl.col("tick_step")).alias("tick")
    )


def _whose(
    windows: Sequence[_ReplayRound] | Sequence[_Window], tracks: Sequence[Any], roster: Roster, *, where: str
) -> pl.DataFrame:
    """`track`, `round_number`, `start_tick`, `tick_step`, `steam_id`, `side` of each track."""
    field, dtype = ("index", pl.Int64()) if roster.is_columnar else ("steam_id64", pl.String())
    repeated = [(w.round_number, w.start_tick, w.tick_step) for w in windows for _ in w.players]
    table = _track_table(
        {key: [row[at] for row in repeated] for at, key in enumerate(("round_number", "start_tick", "tick_step"))}
    ).with_columns(pl.Series("steam_id", [getattr(track, field) for track in tracks], dtype))
    if table.get_column("steam_id").has_nulls():
        raise BadInputError(f"{where}: a player's track does not say whose it is")
    table = roster.identify_column(table, "steam_id", where=f"{where}: player")
    return roster.with_side(roster.check_rounds(table, where=where), "steam_id", "side")


def _check_lengths(track: Any, columns: Iterable[str], expected: int, *, where: str) -> None:
    for column in columns:
        values = getattr(track, column)
        if values is not None and len(values) != expected:
            raise BadInputError(f"{where}.{column} has {len(values)} samples; {expected} are expected")


def _track_table(columns: Mapping[str, Sequence[int | None]]) -> pl.DataFrame:
    table = pl.DataFrame({name: pl.Series(name, values, pl.Int64) for name, values in columns.items()})
    return table.with_row_index("track").with_columns(pl.col("track").cast(pl.Int64))


def _flatten(tracks: Sequence[Any], columns: Iterable[str], lengths: Sequence[int]) -> pl.DataFrame:
    """`track`, `frame` and one row per sample, tracks end to end; a column that a track lacks is null there."""
    counts = pl.DataFrame({"n": pl.Series(lengths, dtype=pl.Int64)}).with_row_index("track")
    frame = counts.select(
        pl.col("track").cast(pl.Int64).repeat_by("n").explode(empty_as_null=False),
        pl.int_ranges(0, pl.col("n")).explode(empty_as_null=False).alias("frame"),
    )
    return frame.with_columns(_laid_out(tracks, column, lengths) for column in columns)


def _laid_out(tracks: Sequence[Any], column: str, lengths: Sequence[int]) -> pl.Series:
    parts = (
        values if (values := getattr(track, column)) is not None else [None] * length
        for track, length in zip(tracks, lengths, strict=True)
    )
    return pl.Series(column, list(chain.from_iterable(parts)), pl.Int64)


def _summed(flat: pl.DataFrame) -> pl.DataFrame:
    """Undo the delta coding: a null is no sample, and the value after it continues from the one before."""
    deltas = [column for column in flat.columns if column in DELTAS]
    return flat.with_columns(pl.col(deltas).cum_sum().over("track"))


def _scaled(samples: pl.DataFrame, meta: _Meta, *, is_columnar: bool) -> pl.DataFrame:
    """Samples in units and degrees, with `is_alive`; frames without a sample are left out."""
    angle_scale = meta.angle_scale or (DEFAULT_ANGLE_SCALE if is_columnar else 1)
    return samples.filter(pl.col("hp").is_not_null()).with_columns(
        *(pl.col(axis) / meta.coord_scale for axis in "xyz"),
        (pl.col("yaw") / angle_scale).alias("yaw_deg"),
        (pl.col("pitch") / angle_scale).alias("pitch_deg"),
        (pl.col("flash") / FLASH_SCALE).alias("flash_duration_s"),
        (pl.col("hp") > ALIVE).alias("is_alive"),
        pl.col("hp").alias("health"),
    )


def _plain_weapons(words: Sequence[str]) -> list[str]:
    return pl.DataFrame({"weapon": pl.Series(words, dtype=pl.String)}).select(weapon("weapon")).to_series().to_list()


def _lookup(samples: pl.DataFrame, column: str, words: Sequence[str], *, where: str) -> pl.Series:
    """The words of the dictionary that `column` points to; -1 is null.

    Raises:
        BadInputError: A number is beyond the dictionary.
    """
    index = samples.get_column(column)
    if (index >= len(words)).any() or (index < -1).any():
        raise BadInputError(f"{where}: a {column} is beyond {column}Dict, which has {len(words)} entries")
    known = pl.select(pl.when(index >= 0).then(index)).to_series()
    return pl.Series(column, words, pl.String).gather(known).alias(column)


def _unique(samples: pl.DataFrame, *, where: str) -> pl.DataFrame:
    """The samples by tick, then player.

    Raises:
        BadInputError: A player has two samples of one tick.
    """
    ordered = samples.sort("tick", "steam_id")
    twice = (pl.col("tick") == pl.col("tick").shift(1)) & (pl.col("steam_id") == pl.col("steam_id").shift(1))
    doubles = ordered.filter(twice)
    if not doubles.is_empty():
        raise BadInputError(f"{where}: a player has two samples of tick {doubles.item(0, 'tick')}")
    return ordered
