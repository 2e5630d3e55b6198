"""What demoparser2 adds in one pass: scores, scoreboard, who plays a bot, and user-command input history.

demoparser2 answers with pandas; columns are taken over one by one and dropped there, so that a table is never held
twice. A recording that demoparser2 cannot read still counts: what it would have added is then absent, and the reason
is written into the `parsers` table. pandas itself is not imported here: it costs a second at every start, and only
recordings need it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import polars as pl
from demoparser2 import DemoParser

from offangle.parsing.terms import is_rust_panic

DEMOPARSER_VERSION: Final = version("demoparser2")

INPUT_HISTORY_MAX_TICKS: Final = 8000
"""Input history is read at this many ticks at most: each costs about 10 kB while pandas holds it."""

STATE_COLUMNS: Final[dict[str, pl.DataType]] = {
    "tick": pl.Int32(),
    "steamid": pl.UInt64(),
    "name": pl.String(),
    "team_num": pl.Int32(),
    "controller_team": pl.Int32(),
    "total_rounds_played": pl.Int32(),
    "is_warmup_period": pl.Boolean(),
    "is_controlling_bot": pl.Boolean(),
    "team_rounds_total": pl.Int32(),
    "team_clan_name": pl.String(),
}
SCOREBOARD_COLUMNS: Final = (
    "kills_total",
    "deaths_total",
    "assists_total",
    "headshot_kills_total",
    "damage_total",
    "utility_damage_total",
    "mvps",
    "score",
)

_CONTROLLER_TEAM: Final = "CCSPlayerController.m_iTeamNum"
"""The team of a player whose body the recording does not show: a player's own recording hides enemies."""
_INPUT_COLUMN: Final = "usercmd_input_history"
_INPUT_ENTRY: Final = pl.Struct(
    {
        "x": pl.Float32,
        "y": pl.Float32,
        "render_tick_count": pl.Int32,
        "render_tick_fraction": pl.Float32,
        "player_tick_count": pl.Int32,
        "player_tick_fraction": pl.Float32,
    }
)
_CONTROLLER_COLUMN: Final = "controller_team"
_BULLET_EVENT: Final = "fire_bullets"
_ROUND_END: Final = "round_end"
_NUMBER_KINDS: Final = "biuf"  # numpy's letters for booleans and numbers


@dataclass(frozen=True, slots=True)
class Completion:
    """demoparser2's words.

    Attributes:
        state: One row per player at the asked ticks: `STATE_COLUMNS` and `SCOREBOARD_COLUMNS`.
        input_history: tick, steamid and the list of entries; None where the recording has no user commands.
        bullets: The `fire_bullets` events; None where the recording has none.
        round_ends: The `round_end` events as demoparser2 rebuilds them; None when not asked for.
        fault: Why demoparser2 gave up; None when it did not.
    """

    state: pl.DataFrame
    input_history: pl.DataFrame | None = None
    bullets: pl.DataFrame | None = None
    round_ends: pl.DataFrame | None = None
    fault: str | None = None


def complete(
    path: Path, *, state_ticks: Iterable[int], input_ticks: Iterable[int], needs_round_ends: bool
) -> Completion:
    """Read state at `state_ticks` and input history at `input_ticks`, decoding once.

    Bullets, where the recording has them, and round ends, where they are needed, cost a second pass.
    """
    state_wanted = set(state_ticks)
    wanted = sorted(state_wanted.union(input_ticks))
    try:
        parser = DemoParser(str(path))
        events = {_BULLET_EVENT} & set(parser.list_game_events()) | ({_ROUND_END} if needs_round_ends else set())
        names = [_CONTROLLER_TEAM if name == _CONTROLLER_COLUMN else name for name in STATE_COLUMNS]
        frame = parser.parse_ticks([*names, *SCOREBOARD_COLUMNS, _INPUT_COLUMN], ticks=wanted)
        frame = frame.rename(columns={_CONTROLLER_TEAM: _CONTROLLER_COLUMN})
        history = _take_input_history(frame)
        state = _take_state(frame).filter(pl.col("tick").is_in(sorted(state_wanted)))
        del frame
        found = {name: _take_all(table) for name, table in parser.parse_events(sorted(events))} if events else {}
    except BaseException as error:
        # demoparser2 raises its own unnamed Exception; a panic is not even that
        if not (isinstance(error, Exception) or is_rust_panic(error)):
            raise
        return Completion(_empty_state(), fault=f"{type(error).__name__}: {error}")
    return Completion(state, history, found.get(_BULLET_EVENT), found.get(_ROUND_END))


def _empty_state() -> pl.DataFrame:
    return pl.DataFrame(schema={**STATE_COLUMNS, **dict.fromkeys(SCOREBOARD_COLUMNS, pl.Int32())})


def _take_state(frame: Any) -> pl.DataFrame:
    schema: dict[str, pl.DataType] = {**STATE_COLUMNS, **dict.fromkeys(SCOREBOARD_COLUMNS, pl.Int32())}
    present = [_take(frame, name, dtype) for name, dtype in schema.items() if name in frame.columns]
    state = pl.DataFrame(present) if present else _empty_state()
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in state.columns]
    return state.with_columns(missing).select(list(schema)).with_columns(pl.coalesce("team_num", "controller_team"))


def _take_input_history(frame: Any) -> pl.DataFrame | None:
    if _INPUT_COLUMN not in frame.columns:
        return None
    entries = pl.Series("entries", frame.pop(_INPUT_COLUMN).tolist(), dtype=pl.List(_INPUT_ENTRY), strict=False)
    return pl.DataFrame(
        {"tick": frame["tick"].to_numpy(), "steamid": frame["steamid"].to_numpy(), "entries": entries}
    ).filter(pl.col("entries").list.len() > 0)


def _take(frame: Any, name: str, dtype: pl.DataType) -> pl.Series:
    """Move one column out of pandas; pandas' NaN for "no value" becomes null."""
    return _move(frame, name).cast(dtype, strict=False)


def _move(frame: Any, name: str) -> pl.Series:
    column = frame.pop(name)
    if column.dtype.kind in _NUMBER_KINDS:
        return pl.Series(name, column.to_numpy(), nan_to_null=True)
    return pl.Series(name, [None if _is_gap(value) else value for value in column], strict=False)


def _is_gap(value: Any) -> bool:
    """Pandas' ways to say "no value": None, and NaN, which is not even itself."""
    return value is None or value != value  # noqa: PLR0124 -- the test for NaN that works for any type


def _take_all(frame: Any) -> pl.DataFrame | None:
    if len(frame) == 0:
        return None
    return pl.DataFrame([_move(frame, name) for name in list(frame.columns)])
