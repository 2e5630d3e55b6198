"""The truth of what every client showed, written down frame by frame with bounded memory."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from offangle.core.errors import BadInputError
from offangle.core.perspectives import DESYNC_DISTANCE_U
from offangle.frames.perspectives import PERSPECTIVE_TABLES, checked_perspectives
from offangle_sim.net.links import Link, ServerPlace
from offangle_sim.net.network import Network
from offangle_sim.net.packets import BLOCK_TICKS, Floats, Integers
from offangle_sim.net.schedule import HISTORY_TICKS, Block
from offangle_sim.perspectives.desyncs import (
    SHORTEST_TICKS,
    Consequences,
    Event,
    LineOfSight,
    behind_cover,
    desyncs_frame,
    merge_of,
)
from offangle_sim.perspectives.differences import Chunk, carried_on, classes, comparable, divergence_deg, divergence_u
from offangle_sim.perspectives.displayed import DisplayedParts, Names, displayed_rows, kept_rows, shown_as
from offangle_sim.perspectives.runs import RunFinder

CHUNK_TICKS: Final = 512
"""Frames that are worked on at once: some thirty megabytes for ten clients."""

_LONG_AGO: Final = -(1 << 40)


@dataclass(frozen=True, slots=True)
class PerspectiveTruth:
    """The tables that are small enough to keep; `displayed` is on disk."""

    perspectives: pl.DataFrame
    desyncs: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Frames:
    """The frames of one tick."""

    state: Floats
    vitals: Integers
    shown: Floats
    told: Integers
    round_number: int


class PerspectiveLog:
    """Writes down what every client showed, and where and why that was not what the server decided.

    Call `record` after each `Network.end_tick`, and `close` at the end. Shots, hits and deaths come from the network's
    notes, which must have been made by the end of their ticks. Memory holds `CHUNK_TICKS` frames, one part of
    `displayed`, and the events.
    """

    def __init__(
        self,
        network: Network,
        folder: Path,
        steam_ids: Mapping[int, int],
        *,
        server: ServerPlace,
        line_of_sight: LineOfSight | None = None,
        every_ticks: Mapping[int, int] | int = 1,
    ) -> None:
        """Start before the first tick.

        Args:
            network: What is written down.
            folder: Gets `perspectives.parquet`, `desyncs.parquet` and `displayed/`.
            steam_ids: The tables' steam_id of each slot; bots carry -(slot + 1).
            server: Where the server runs.
            line_of_sight: For deaths behind cover; None: they stay unknown.
            every_ticks: Which frames go to `displayed`: one in so many, for all clients or by slot (1 where a slot is
                not named); 0 for none. Events are always found in all frames.

        Raises:
            BadInputError: The network has begun.
        """
        if network.tick:
            raise BadInputError(f"the network is at tick {network.tick}: perspectives are written from the first on")
        self._network = network
        self._folder = folder
        self._server = server
        self._sight = line_of_sight
        self._steam_ids = [steam_ids[slot] for slot in network.slots]
        by_slot = every_ticks if isinstance(every_ticks, Mapping) else dict.fromkeys(network.slots, every_ticks)
        self._every = [by_slot.get(slot, 1) for slot in network.slots]
        self._parts = DisplayedParts(folder / "displayed")
        count = len(network.slots)
        self._runs = RunFinder(count * count, SHORTEST_TICKS)
        self._found = np.zeros((len(SHORTEST_TICKS), count, count), dtype=np.bool_)
        self._events: list[Event] = []
        self._hidden: list[bool | None] = []
        self._frames: list[_Frames] = []
        self._blocks: list[Block] = []
        self._first = 1
        self._shots_used = 0
        self._refused = np.full((count, count), _LONG_AGO, dtype=np.int64)
        self._past: tuple[Floats, Integers] | None = None
        self._rounds: list[tuple[int, int]] = [(0, 0)]

    def record(self, round_number: int = 0) -> None:
        """Write down the frames that the clients show now; `round_number` as in all tables.

        Raises:
            BadInputError: A frame was left out.
        """
        network = self._network
        if network.frame != self._first + len(self._frames):
            raise BadInputError(f"frame {network.frame} does not follow {self._first + len(self._frames) - 1}")
        self._frames.append(
            _Frames(network.state.copy(), network.vitals.copy(), network.shown, network.told, round_number)
        )
        if round_number != self._rounds[-1][1]:
            self._rounds.append((network.frame, round_number))
        if not self._blocks or self._blocks[-1] is not network.block:
            self._blocks.append(network.block)
        if len(self._frames) == CHUNK_TICKS:
            self._work()

    def close(self) -> PerspectiveTruth:
        """Write what is left, and the tables of perspectives and events."""
        if self._frames:
            self._work()
        self._parts.close()
        self._events += [Event(run, None) for run in self._runs.finish(self._first)]
        desyncs = desyncs_frame(
            self._events,
            Consequences(self._network.notes, self._hidden),
            steam_ids=self._steam_ids,
            round_number_at=self._round_number_at,
            last_tick=self._first - 1,
        )
        perspectives = perspectives_frame(self._network.links, self._steam_ids, self._server, self._every)
        return write_perspectives(self._folder, perspectives, desyncs)

    # --- inside

    def _work(self) -> None:
        chunk = self._chunk()
        off_u, off_deg = divergence_u(chunk), divergence_deg(chunk)
        pairs = off_u.shape[1] ** 2
        counts = comparable(chunk)
        over = counts & (off_u > DESYNC_DISTANCE_U)
        found = classes(chunk, off_u, over)
        holds = carried_on(found, over, self._found)
        self._found = found[-1]
        ended = self._runs.feed(
            chunk.first,
            holds.reshape(chunk.frames, len(SHORTEST_TICKS), pairs),
            np.where(counts, off_u, 0.0).reshape(-1, pairs),
            np.where(counts, off_deg, np.nan).reshape(-1, pairs),
        )
        self._events += [Event(run, merge_of(run, chunk)) for run in ended]
        rows = displayed_rows(
            chunk,
            kept_rows(chunk, self._every),
            Names(self._steam_ids, [frames.round_number for frames in self._frames]),
            shown_as(self._timing("ahead_s"), self._timing("is_frozen")),
            off_u,
            off_deg,
        )
        self._parts.add(rows, chunk.frames)
        self._see_deaths()
        self._forget(chunk)

    def _chunk(self) -> Chunk:
        states = np.stack([frames.state for frames in self._frames])
        vitals = np.stack([frames.vitals for frames in self._frames])
        past = self._past or (states[:1].repeat(HISTORY_TICKS, 0), vitals[:1].repeat(HISTORY_TICKS, 0))
        return Chunk(
            first=self._first,
            states=np.concatenate((past[0], states)),
            vitals=np.concatenate((past[1], vitals)),
            shown=np.stack([frames.shown for frames in self._frames]),
            told=np.stack([frames.told for frames in self._frames]),
            render=self._timing("render"),
            ideal_render=self._timing("ideal_render"),
            newest=self._timing("newest"),
            ideal_newest=self._timing("ideal_newest"),
            is_lacking=self._timing("is_lacking"),
            refused=self._refused_shots(),
        )

    def _timing(self, name: str) -> Any:
        """(f, n) one of the blocks' arrays for the frames at hand."""
        end = self._first + len(self._frames)
        parts = [
            getattr(block, name)[max(self._first - block.first, 0) : min(end - block.first, BLOCK_TICKS)]
            for block in self._blocks
        ]
        return np.concatenate(parts)

    def _refused_shots(self) -> Integers:
        """(f, n, n) the tick of the last refused shot of each client at each player."""
        frames, count = len(self._frames), len(self._steam_ids)
        refused = np.full((frames, count, count), _LONG_AGO, dtype=np.int64)
        for note in self._network.notes.shots[self._shots_used :]:
            if note.tick < self._first:
                raise BadInputError(f"a shot of tick {note.tick} was noted when frame {self._first - 1} was written")
            if note.tick >= self._first + frames:
                break
            self._shots_used += 1
            if note.is_refused:
                refused[note.tick - self._first, note.shooter, note.target] = note.tick
        refused[0] = np.maximum(refused[0], self._refused)
        filled: Integers = np.maximum.accumulate(refused)
        self._refused = filled[-1]
        return filled

    def _see_deaths(self) -> None:
        self._hidden += behind_cover(self._network.notes.deaths[len(self._hidden) :], self._sight)

    def _forget(self, chunk: Chunk) -> None:
        self._past = chunk.states[-HISTORY_TICKS:], chunk.vitals[-HISTORY_TICKS:]
        self._first += chunk.frames
        self._frames = []
        self._blocks = self._blocks[-1:]

    def _round_number_at(self, tick: int) -> int:
        return self._rounds[bisect_right(self._rounds, tick, key=lambda change: change[0]) - 1][1]


def perspectives_frame(
    links: tuple[Link, ...], steam_ids: list[int], server: ServerPlace, every_ticks: list[int]
) -> pl.DataFrame:
    """`PerspectivesTable`: the server, then the clients, each with its link and how much of it is in `displayed`."""
    known = {"source": "simulator", "basis": "observed"}
    rows: list[dict[str, Any]] = [
        {
            "kind": "server",
            **known,
            "granularity": "events",
            "displayed_every_ticks": 0,
            **{name: getattr(server, name) for name in ServerPlace.__slots__},
        }
    ]
    for link, steam_id, every in zip(links, steam_ids, every_ticks, strict=True):
        granularity = {0: "events", 1: "frames"}.get(every, "samples")
        told = {name: getattr(link, name) for name in Link.__slots__}
        kept = {"granularity": granularity, "displayed_every_ticks": every}
        rows.append({"kind": "client", "steam_id": steam_id, **known, **kept, **told})
    columns = PERSPECTIVE_TABLES["perspectives"].columns()
    frame = pl.DataFrame(rows, schema={name: column.dtype for name, column in columns.items()})
    places = ("region", "data_centre", "rack", "host", "connection")
    frame = frame.with_columns(pl.col(name).replace("", None) for name in places)
    return checked_perspectives("perspectives", frame)


def write_perspectives(folder: Path, perspectives: pl.DataFrame, desyncs: pl.DataFrame) -> PerspectiveTruth:
    """Write both tables beside the parts of `displayed`, checked.

    Raises:
        ContractError: A table breaks its declaration.
    """
    truth = PerspectiveTruth(
        checked_perspectives("perspectives", perspectives), checked_perspectives("desyncs", desyncs)
    )
    folder.mkdir(parents=True, exist_ok=True)
    truth.perspectives.write_parquet(folder / "perspectives.parquet", compression="zstd")
    truth.desyncs.write_parquet(folder / "desyncs.parquet", compression="zstd")
    return truth
