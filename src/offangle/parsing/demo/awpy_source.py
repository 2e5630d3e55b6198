"""awpy's datasets of one recording: opened once, loaded in one call, released as soon as they are translated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TypeVar

import awpy
import polars as pl

from offangle.core.errors import ParserCrashError
from offangle.parsing.terms import is_rust_panic

AWPY_VERSION: Final = version("awpy")

DATASETS: Final = (
    "rounds",
    "kills",
    "damages",
    "shots",
    "blinds",
    "bomb",
    "item_events",
    "chat",
    "players",
    "grenades",
    "smokes",
    "fires",
)
"""What is loaded; `stats` and `round_economy` are left out because Offangle counts for itself."""

EVENTS: Final = (
    "player_death",
    "player_hurt",
    "weapon_fire",
    "flashbang_detonate",
    "hegrenade_detonate",
    "smokegrenade_detonate",
    "decoy_started",
    "decoy_detonate",
    "bomb_beginplant",
    "bomb_abortplant",
    "bomb_begindefuse",
    "bomb_abortdefuse",
    "bomb_planted",
    "bomb_defused",
    "bomb_exploded",
    "bomb_pickup",
    "player_disconnect",
    "round_freeze_end",
    "round_prestart",
    "buytime_ended",
)
"""Raw game events that complete the datasets; all their values are text."""

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class AwpyTables:
    """awpy's words, untranslated: datasets and raw events by name, the header and the console variables."""

    datasets: dict[str, pl.DataFrame]
    events: dict[str, pl.DataFrame]
    header: dict[str, Any]
    convars: dict[str, str]
    tick_rate: float

    def event(self, name: str) -> pl.DataFrame | None:
        """The raw event `name`; None when it never happened."""
        return self.events.get(name)


class AwpyDemo:
    """One recording opened by awpy; every fault of the parser leaves as an Offangle error."""

    def __init__(self, path: Path) -> None:
        self._demo: awpy.Demo = self._guarded(lambda: awpy.Demo(path))

    def load(self) -> AwpyTables:
        """Decode the datasets and events.

        Raises:
            ParserCrashError: awpy cannot read this recording.
        """
        return self._guarded(self._load)

    def snapshots(self, *, every: int | None = None, ticks: Sequence[int] | None = None) -> pl.DataFrame:
        """Player state at every n-th tick and at `ticks`, one row per player on the server; awpy's column names.

        Raises:
            ParserCrashError: awpy cannot read this recording.
        """
        chosen = list(ticks) if ticks else None
        return self._guarded(lambda: self._demo.snapshots(every=every, ticks=chosen))

    def properties(self, names: list[str]) -> pl.DataFrame:
        """Raw entity properties of every player at every tick: `tick`, `steamid` and `names`.

        Raises:
            ParserCrashError: awpy cannot read this recording.
        """
        return self._guarded(lambda: self._demo.ticks(names))

    def _load(self) -> AwpyTables:
        demo = self._demo
        demo.load(*DATASETS)
        return AwpyTables(
            datasets={name: getattr(demo, name) for name in DATASETS},
            events={name: demo.events[name] for name in EVENTS if name in demo.events},
            header=demo.header,
            convars=demo.convars,
            tick_rate=demo.tick_rate,
        )

    @staticmethod
    def _guarded(call: Callable[[], _Result]) -> _Result:
        try:
            return call()
        except awpy.InvalidDemoError as error:
            raise cannot_read("awpy", AWPY_VERSION, str(error)) from error
        except BaseException as error:
            if is_rust_panic(error):
                raise cannot_read("awpy", AWPY_VERSION, f"internal failure: {error}") from error
            raise


def cannot_read(parser: str, parser_version: str, reason: str) -> ParserCrashError:
    """The error for a recording that a parser refuses; the message names the parser, so that a newer one is tried."""
    mode = " (a game mode other than competitive?)" if "CCSGameRulesProxy" in reason or "IllegalPath" in reason else ""
    return ParserCrashError(
        f"parser {parser} {parser_version} cannot read this recording{mode}: {reason}",
        hint="The file is kept and tried again when the parser is upgraded.",
    )
