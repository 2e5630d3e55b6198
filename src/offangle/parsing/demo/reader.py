"""From a `.dem` file to the tables of a match."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from offangle.core.maps import canonical_map
from offangle.frames.collection import MatchFrames, shape
from offangle.frames.columns import SIDE
from offangle.frames.halves import length_of, with_halves
from offangle.parsing.corrections import corrections_table
from offangle.parsing.declared import as_declared
from offangle.parsing.demo import combat, items, states, teams, totals
from offangle.parsing.demo import rounds as round_list
from offangle.parsing.demo.awpy_source import AWPY_VERSION, AwpyDemo, AwpyTables
from offangle.parsing.demo.bots import find_bots
from offangle.parsing.demo.completion import (
    DEMOPARSER_VERSION,
    INPUT_HISTORY_MAX_TICKS,
    Completion,
    complete,
)
from offangle.parsing.demo.departures import left_server
from offangle.parsing.demo.economy import buy_end_ticks, economy_table
from offangle.parsing.demo.framing import finished, walk_frames
from offangle.parsing.demo.header import FileHeader, read_header
from offangle.parsing.demo.identity import Identity, identify, side, steam_id
from offangle.parsing.demo.inputs import input_history_table
from offangle.parsing.demo.people import People, people_of
from offangle.parsing.demo.utility import Utility
from offangle.parsing.held_weapons import resolve_base_weapons
from offangle.parsing.terms import DEFAULT_SAMPLE_RATE_HZ, Progress

SIMULATED_SERVER_PREFIX: Final = "Offangle simulator"
"""How the simulator's recordings name their server."""

READ_BESIDE_BYTES: Final = 400_000_000
"""Up to this size of a recording both parsers work on it at once: demoparser2 decodes in one thread under Python's
lock, awpy mostly without it. That saves a tenth of the time for 1.4 times the memory, which larger ones do without."""

_MODES: Final = {
    ("0", "0"): "casual",
    ("0", "1"): "competitive",
    ("0", "2"): "wingman",
    ("1", "0"): "armsrace",
    ("1", "1"): "demolition",
    ("1", "2"): "deathmatch",
    ("3", "0"): "custom",
}
_SLOT_EVENTS: Final = ("bomb_begindefuse", "bomb_abortdefuse", "bomb_exploded")


@dataclass(frozen=True, slots=True)
class _Recording:
    """What both parsers said, before translation."""

    header: FileHeader
    tables: AwpyTables
    identity: Identity
    completion: Completion
    rounds: pl.DataFrame
    states: pl.DataFrame
    places: pl.DataFrame
    every: int
    last_tick: int


def read_demo(
    path: Path, *, sample_rate_hz: float | None = DEFAULT_SAMPLE_RATE_HZ, progress: Progress | None = None
) -> MatchFrames:
    """Read a recording into tables; the caller checks them (`frames.collection.check`).

    Args:
        path: The uncompressed `.dem` file.
        sample_rate_hz: Rate of the ticks table; None keeps every tick.
        progress: Told the stage and the share done, from 0 to 1.

    Raises:
        BadInputError: The file is no Counter-Strike 2 recording, or is cut off.
        ParserCrashError: The parser cannot read this recording.
    """
    report = progress or _silent
    header = read_header(path)
    with finished(path) as whole:
        recording = _decode(whole, header, sample_rate_hz, report)
    report("tables", 0.8)
    tables = _translate(recording, report)
    report("tables", 1.0)
    return MatchFrames(tables)


def _silent(_stage: str, _share: float) -> None:
    """Nobody asked."""


def _decode(path: Path, header: FileHeader, sample_rate_hz: float | None, report: Progress) -> _Recording:
    report("events", 0.05)
    demo = AwpyDemo(path)
    loaded = demo.load()
    identity, tables = identify(loaded, find_bots(demo, loaded))
    last_tick = _last_tick(path, tables)
    rounds = round_list.list_rounds(tables, last_tick)
    report("players", 0.4)
    every = 1 if sample_rate_hz is None else max(1, round(tables.tick_rate / sample_rate_hz))
    with ThreadPoolExecutor(max_workers=1) as beside:
        sampling = beside.submit(_sample, demo, identity, every, tables.tick_rate, _exact_ticks(tables, rounds))
        del demo  # with the sampling its mapping of the file and its caches go, before a large file is opened again
        if path.stat().st_size > READ_BESIDE_BYTES:
            wait([sampling])
        completion = complete(
            path,
            state_ticks=[*round_list.state_ticks(rounds), *tables.datasets["kills"]["tick"]],
            input_ticks=_input_ticks(tables),
            needs_round_ends=round_list.lacks_ends(rounds),
        )
        report("completion", 0.6)
        found, places = sampling.result()
    return _Recording(header, tables, identity, completion, rounds, found, places, every, last_tick)


def _sample(
    demo: AwpyDemo, identity: Identity, every: int, tick_rate: float, ticks: list[int]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Player states at every n-th tick and at `ticks`, and places and pings at every n-th."""
    found = states.with_velocity(states.read_states(demo, identity, every=every, ticks=ticks), tick_rate)
    sampled = found["tick"].unique().sort()
    sampled = sampled.filter((sampled - (sampled.min() or 0)) % every == 0)
    return found, states.read_places(demo, identity, sampled)


def _last_tick(path: Path, tables: AwpyTables) -> int:
    stated = int(tables.header.get("playback_ticks") or 0)
    if stated <= 0:  # never finished: nobody wrote how long it is
        stated = walk_frames(path).last_tick
    seen = [tables.datasets[name]["tick"].max() for name in ("kills", "shots", "damages")]
    return max([stated, *(int(tick) for tick in seen if isinstance(tick, int))])


def _exact_ticks(tables: AwpyTables, rounds: pl.DataFrame) -> list[int]:
    """Ticks at which a table needs the state itself and not the nearest sample."""
    numbered = rounds.with_row_index("round_number")
    wanted = [
        rounds["start_tick"],
        rounds["freeze_end_tick"],
        buy_end_ticks(numbered, tables)["buy_end_tick"],
        tables.datasets["shots"]["tick"],
    ]
    raw = [event["tick"].cast(pl.Int32) for name in _SLOT_EVENTS if (event := tables.event(name)) is not None]
    return pl.concat([series.rename("tick") for series in (*wanted, *raw)]).drop_nulls().unique().sort().to_list()


def _input_ticks(tables: AwpyTables) -> list[int]:
    """Where a player's own view of the moment matters: hits first, then as many shots as memory allows."""
    hits = tables.datasets["damages"]["tick"].unique(maintain_order=True)
    fired = tables.datasets["shots"]["tick"].unique(maintain_order=True)
    return pl.concat([hits, fired]).unique(maintain_order=True).head(INPUT_HISTORY_MAX_TICKS).to_list()


def _translate(recording: _Recording, report: Progress) -> dict[str, pl.DataFrame]:
    tables, identity = recording.tables, recording.identity
    rounds = _count_rounds(recording)
    people = people_of(rounds, recording.states, recording.completion.state, tables)
    recording = replace(recording, states=people.without_coaches(recording.states))
    state = people.without_coaches(recording.completion.state, "steamid")
    rounds = _with_teams(recording, rounds, people.roster)
    in_rounds = teams.player_rounds(people.roster, rounds.select("round_number", "team_a_side"))
    found: dict[str, pl.DataFrame | None] = {
        "match": _match(recording, rounds),
        "parsers": _parsers(recording.completion),
        "players": shape("players", teams.players(_names(recording), in_rounds)),
        "scoreboard": totals.scoreboard(state, _over(rounds)),
        "rounds": shape("rounds", rounds),
        "player_rounds": shape("player_rounds", in_rounds.sort("round_number", "steam_id")),
    }
    found |= _combat(recording, rounds, in_rounds, people)
    report("tables", 0.9)
    found["bomb_events"] = items.bomb_events(tables, identity, rounds, recording.states)
    item_events = items.item_events(tables, rounds)
    buy_ends = buy_end_ticks(rounds, tables)
    found["item_events"] = item_events
    found["chat"] = items.chat(tables, identity)
    found["economy"] = economy_table(rounds, in_rounds, recording.states, item_events, buy_ends)
    grid = recording.states.filter(states.on_grid(recording.every))
    found["ticks"] = states.ticks_table(grid, recording.places, rounds)
    found["input_history"] = input_history_table(recording.completion.input_history, recording.header)
    declared = as_declared({name: table for name, table in found.items() if table is not None})
    return declared | _resolved(declared)


def _count_rounds(recording: _Recording) -> pl.DataFrame:
    completion = recording.completion
    kills = recording.tables.datasets["kills"].select("tick", combat.weapon("weapon"))
    ended = round_list.with_ends(recording.rounds, completion.round_ends)
    counted = round_list.with_counters(round_list.with_melee_only(ended, kills), completion.state)
    return round_list.number_rounds(round_list.with_purses(counted, recording.states))


def _with_teams(recording: _Recording, rounds: pl.DataFrame, roster: pl.DataFrame) -> pl.DataFrame:
    """Add the side of team a, winners and scores by team, kind and half."""
    sides = teams.team_a_sides(rounds, roster)
    rounds = rounds.join(sides, on="round_number", how="left", maintain_order="left")
    money = recording.states.filter(pl.col("side").is_not_null()).select("tick", pl.col("money").alias("start_money"))
    length = length_of(
        teams.with_scores(rounds),
        stated=round_list.stated_length(recording.tables.convars),
        usual_max_rounds=round_list.usual_max_rounds(recording.tables.convars),
        start_money=rounds.select("round_number", tick="start_tick").join(money, on="tick"),
    )
    return with_halves(teams.with_scores(teams.as_they_began(rounds, length)), length)


def _combat(
    recording: _Recording, rounds: pl.DataFrame, in_rounds: pl.DataFrame, people: People
) -> dict[str, pl.DataFrame | None]:
    tables, identity = recording.tables, recording.identity
    controlling = recording.completion.state.select(
        "tick", pl.col("steamid").cast(pl.Int64).alias("steam_id"), "is_controlling_bot"
    ).unique(["tick", "steam_id"])
    utility = Utility(tables, identity, rounds, in_rounds, recording.every)
    grenades = utility.grenades()
    shots = combat.shots(tables, rounds, recording.states)
    bullets = recording.completion.bullets
    kills = combat.kills(tables, rounds, controlling, left_server(tables, identity, recording.states))
    harm = {"kills": kills, "damages": combat.damages(tables, rounds)}
    harm["blinds"] = combat.blinds(tables, rounds, grenades)
    return {
        **{name: people.without_coaches(table, "victim_steam_id") for name, table in harm.items()},
        "shots": shots,
        "bullets": None if bullets is None else combat.bullets(bullets, shots, rounds),
        "grenades": grenades,
        "projectiles": utility.projectiles(),
        "smokes": utility.smokes(),
        "fires": utility.fires(),
    }


def _resolved(found: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Hits with the weapon that was held, and what was changed for it."""
    damages, corrections = resolve_base_weapons(
        found["damages"], kills=found["kills"], shots=found["shots"], ticks=found["ticks"], economy=found["economy"]
    )
    return {"damages": damages, "corrections": corrections_table([corrections])}


def _names(recording: _Recording) -> pl.DataFrame:
    """Names from both parsers, awpy's last: where both know a player, the last row counts."""
    known = recording.tables.datasets["players"].select(
        steam_id().alias("steam_id"), "name", side("side").alias("last_side")
    )
    bots = recording.identity.bots.names.select(
        "steam_id", "name", teams.side_of(pl.col("last_team")).alias("last_side")
    )
    others = recording.completion.state.select(
        pl.col("steamid").cast(pl.Int64).alias("steam_id"), "name", pl.lit(None, SIDE).alias("last_side")
    ).filter(pl.col("steam_id") > 0)
    return pl.concat([others, known.drop_nulls("steam_id"), bots])


def _over(rounds: pl.DataFrame) -> int | None:
    counted = rounds.filter(pl.col("round_number") > 0)["over_tick"].max()
    return counted if isinstance(counted, int) else None


def _match(recording: _Recording, rounds: pl.DataFrame) -> pl.DataFrame:
    tables = recording.tables
    header, convars = tables.header, tables.convars
    score_a, score_b = totals.final_score(rounds)
    clans = teams.team_names(recording.completion.state, rounds)
    seconds = header.get("playback_time") or recording.last_tick / tables.tick_rate
    row = {
        "map_name": canonical_map(header.get("map_name")),
        "tick_rate": tables.tick_rate,
        "sample_rate_hz": tables.tick_rate / recording.every,
        "duration_s": float(seconds),
        "source": "demo",
        "server_name": header.get("server_name") or None,
        "game_mode": _MODES.get((convars.get("game_type", ""), convars.get("game_mode", ""))),
        "build_number": recording.header.build_number,
        "team_a_name": clans["a"],
        "team_b_name": clans["b"],
        "score_a": score_a,
        "score_b": score_b,
        "is_simulated": str(header.get("server_name")).startswith(SIMULATED_SERVER_PREFIX),
    }
    return shape("match", pl.DataFrame([row], infer_schema_length=1))


def _parsers(completion: Completion) -> pl.DataFrame:
    added = ["scores", "scoreboard", "bot control"]
    added += ["input history"] if completion.input_history is not None else []
    added += ["bullets"] if completion.bullets is not None else []
    role = ", ".join(added) if completion.fault is None else f"could not read this recording: {completion.fault}"
    rows = [
        ("awpy", AWPY_VERSION, "rounds, events, grenades, items, player states, ping, place"),
        ("demoparser2", DEMOPARSER_VERSION, role),
    ]
    return shape("parsers", pl.DataFrame(rows, schema=["name", "version", "role"], orient="row"))
