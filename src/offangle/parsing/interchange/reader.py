"""From a zip to the tables of a match."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
import polars as pl

from offangle.analysis.evidence import round_evidence
from offangle.core.errors import BadInputError
from offangle.core.maps import canonical_map
from offangle.frames.collection import MatchFrames, shape
from offangle.frames.halves import length_of, with_halves
from offangle.parsing.corrections import corrections_table
from offangle.parsing.declared import as_declared
from offangle.parsing.held_weapons import resolve_base_weapons
from offangle.parsing.interchange.archive import Archive, reader_of
from offangle.parsing.interchange.events import (
    lasting_effects,
    read_blinds,
    read_bomb_events,
    read_damages,
    read_grenades,
    read_kills,
    read_scoreboard,
)
from offangle.parsing.interchange.reconcile import Reconciled, Scores, end_reason, reconcile, with_reason_sides
from offangle.parsing.interchange.roster import Roster, read_players, roster_of
from offangle.parsing.interchange.rounds import (
    player_rounds,
    read_economy,
    read_rounds,
    with_sampled_money,
    without_knife_rounds,
)
from offangle.parsing.interchange.rows import Measure, Small, without_nul
from offangle.parsing.interchange.streams import read_duels, read_replay, read_shots

SOURCE: Final = "cs2_demo_format"
Progress = Callable[[str, float], None]


class _Team(msgspec.Struct):
    score: Small
    name: str | None = None


class _Match(msgspec.Struct):
    map_name: str = msgspec.field(name="mapName")
    tick_rate: Annotated[float, msgspec.Meta(gt=0, le=1024)] = msgspec.field(name="tickrate")
    team_a: _Team = msgspec.field(name="teamA")
    team_b: _Team = msgspec.field(name="teamB")
    duration_s: Measure | None = msgspec.field(name="durationSeconds", default=None)
    server_name: str | None = msgspec.field(name="serverName", default=None)


_MATCH: Final = reader_of(_Match)


def read_interchange(path: Path, *, progress: Progress | None = None) -> MatchFrames:
    """Read a `cs2-demo-format` zip, version 2.0 or 3.x.

    Args:
        path: The zip.
        progress: Told the stage and how much is done, 0 to 1.

    Returns:
        The tables that the zip has the files for; `frames.collection.check` holds for them.

    Raises:
        BadInputError: The zip is damaged, of an unknown version, lacks a needed file or field, or contradicts itself;
            the message names the file inside the zip and the field.
        LimitExceededError: It is larger or more deeply nested than Offangle reads.
    """
    tell = progress or _tell_nobody
    tell("open", 0.0)
    with Archive(path) as archive:
        return MatchFrames(_declared(_read_tables(archive, tell)))


def _tell_nobody(_stage: str, _done: float) -> None:
    """The progress of a caller who does not ask."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What tells of sides and winners, with the sides of one roster."""

    economy: pl.DataFrame
    kills: pl.DataFrame
    bomb_events: pl.DataFrame | None


def _read_tables(archive: Archive, tell: Progress) -> dict[str, pl.DataFrame | None]:
    match = _read_match(archive)
    players = read_players(archive)
    stated = read_rounds(archive)
    roster = roster_of(players, stated, is_columnar=archive.is_columnar)
    told = _read_told(archive, roster)
    final = {"a": match.team_a.score, "b": match.team_b.score}
    stated = without_knife_rounds(stated, told.economy, told.kills, final)
    if (stated.get_column("round_number") < 0).any():
        roster = roster_of(players, stated, is_columnar=archive.is_columnar)
        told = _read_told(archive, roster)
    tell("events", 0.1)
    reconciled = _reconciled(match, stated, players, told)
    if reconciled.has_other_sides:
        roster = roster_of(players, reconciled.rounds, is_columnar=archive.is_columnar)
        told = _read_told(archive, roster)
    rounds = _rounds_table(match, reconciled.rounds, told.economy)
    tables = _read_events(archive, roster, told)
    tell("replay", 0.3)
    replay = read_replay(archive, roster, tables["grenades"])
    tell("duels", 0.7)
    damages, held = resolve_base_weapons(
        read_damages(archive, roster),
        kills=told.kills,
        shots=tables["shots"],
        ticks=None if replay is None else replay.ticks,
        economy=told.economy,
    )
    tables |= {
        "match": _match_table(match, reconciled.scores, None if replay is None else replay.sample_rate_hz),
        "parsers": _parsers(archive),
        "corrections": corrections_table([reconciled.corrections, held]),
        "players": players,
        "rounds": rounds,
        "economy": told.economy if replay is None else with_sampled_money(told.economy, rounds, replay.ticks),
        "player_rounds": player_rounds(told.economy, players),
        "damages": damages,
        "ticks": None if replay is None else replay.ticks,
        "projectiles": None if replay is None else replay.projectiles,
        "duel_ticks": read_duels(archive, roster),
    }
    tell("tables", 0.9)
    return tables


def _read_told(archive: Archive, roster: Roster) -> _Told:
    return _Told(read_economy(archive, roster), read_kills(archive, roster), read_bomb_events(archive, roster))


def _reconciled(match: _Match, stated: pl.DataFrame, players: pl.DataFrame, told: _Told) -> Reconciled:
    """The stated rounds held against what tells of them."""
    telling = {
        "rounds": stated,
        "player_rounds": player_rounds(told.economy, players),
        "kills": told.kills,
        "economy": told.economy,
        "bomb_events": told.bomb_events,
    }
    frames = MatchFrames(_declared(telling))
    rounds = with_reason_sides(
        stated, frames["bomb_events"], tick_rate=match.tick_rate, map_name=canonical_map(match.map_name)
    )
    return reconcile(rounds, round_evidence(frames), Scores(match.team_a.score, match.team_b.score))


def _rounds_table(match: _Match, rounds: pl.DataFrame, economy: pl.DataFrame) -> pl.DataFrame:
    reason = end_reason(canonical_map(match.map_name)).alias("reason")
    length = length_of(rounds, start_money=economy.select("round_number", "start_money"))
    return with_halves(rounds, length).with_columns(reason)


def _read_events(archive: Archive, roster: Roster, told: _Told) -> dict[str, pl.DataFrame | None]:
    grenades = read_grenades(archive, roster)
    return {
        "kills": told.kills,
        "scoreboard": read_scoreboard(archive, roster),
        "blinds": read_blinds(archive, roster, grenades),
        "bomb_events": told.bomb_events,
        "shots": read_shots(archive, roster),
        "grenades": grenades,
        **(lasting_effects(grenades) if grenades is not None else {}),
    }


def _declared(tables: Mapping[str, pl.DataFrame | None]) -> dict[str, pl.DataFrame]:
    return as_declared({name: shape(name, table) for name, table in tables.items() if table is not None})


def _read_match(archive: Archive) -> _Match:
    name = archive.name_of("match")
    if name is None:
        raise BadInputError("match.json is missing")
    match: _Match = archive.decode(name, _MATCH)
    return match


def _match_table(match: _Match, scores: Scores, sample_rate_hz: float | None) -> pl.DataFrame:
    row = pl.DataFrame(
        {
            "map_name": canonical_map(match.map_name),
            "tick_rate": match.tick_rate,
            "sample_rate_hz": sample_rate_hz,
            "duration_s": match.duration_s,
            "source": SOURCE,
            "server_name": match.server_name,
            "team_a_name": match.team_a.name,
            "team_b_name": match.team_b.name,
            "score_a": scores.a,
            "score_b": scores.b,
            "is_simulated": False,
        }
    )
    return without_nul(row)


def _parsers(archive: Archive) -> pl.DataFrame:
    manifest = archive.manifest
    rows = [
        (manifest.exporter.name, manifest.exporter.version, f"wrote the {manifest.schema_version} zip"),
        (manifest.parser.name, manifest.parser.version, "decoded the demo for the exporter"),
    ]
    return pl.DataFrame(rows, schema=["name", "version", "role"], orient="row").unique("name", maintain_order=True)
