"""What clients showed, as rows of `DisplayedTable`, written in parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from offangle.core.perspectives import SHOWN_AS
from offangle.frames.perspectives import PERSPECTIVE_TABLES, checked_perspectives
from offangle_sim.net.packets import Booleans, Floats
from offangle_sim.net.schedule import EXTRAPOLATION_MAX_S
from offangle_sim.net.states import POSITION, VIEW, wrapped
from offangle_sim.perspectives.differences import Chunk

PART_TICKS: Final = 4096
"""Frames in a file of `displayed`: about a minute, and some ten megabytes of memory."""

_WORDS: Final = pl.Series(SHOWN_AS, dtype=pl.Enum(SHOWN_AS))
_PREDICTED, _INTERPOLATED, _EXTRAPOLATED, _HELD = range(len(SHOWN_AS))


@dataclass(frozen=True, slots=True)
class Names:
    """How the tables call players and frames: the steam_id of each player, the round of each frame."""

    steam_ids: Sequence[int]
    round_numbers: Sequence[int]


def kept_rows(chunk: Chunk, every_ticks: Sequence[int]) -> Booleans:
    """(f, n, n) which frames and players have a row.

    Each viewer keeps one frame in its number of `every_ticks`, none for 0; the dead of whom everybody knows have none.
    """
    ticks = np.arange(chunk.first, chunk.first + chunk.frames)[:, None]
    every = np.asarray(every_ticks)
    sampled = (every > 0) & (ticks % np.maximum(every, 1) == 0)
    kept: Booleans = sampled[..., None] & (chunk.alive[:, None] | (chunk.told[..., 1] != 0))
    return kept


def shown_as(ahead_s: Floats, is_frozen: Booleans) -> npt.NDArray[np.uint32]:
    """(f, n) twice to (f, n, n) places in `SHOWN_AS`."""
    held = is_frozen | (ahead_s >= EXTRAPOLATION_MAX_S)
    others = np.where(held, _HELD, np.where(ahead_s > 0.0, _EXTRAPOLATED, _INTERPOLATED)).astype(np.uint32)
    clients = others.shape[1]
    found = np.repeat(others[..., None], clients, axis=2)
    found[:, np.arange(clients), np.arange(clients)] = _PREDICTED
    return found


def displayed_rows(
    chunk: Chunk, kept: Booleans, names: Names, how: npt.NDArray[np.uint32], off_u: Floats, off_deg: Floats
) -> pl.DataFrame:
    """The rows of a chunk, in order.

    Args:
        chunk: The frames.
        kept: (f, n, n) from `kept_rows`.
        names: Of its players and frames.
        how: (f, n, n) from `shown_as`.
        off_u: (f, n, n) divergence in units.
        off_deg: (f, n, n) divergence in degrees, not a number where there is none.
    """
    frame, viewer, subject = np.nonzero(kept)
    state, told = chunk.shown[kept], chunk.told[kept]
    position, view = state[:, POSITION].astype(np.float32), wrapped(state[:, VIEW]).astype(np.float32)
    render = np.maximum(chunk.render[frame, viewer], 0.0)
    ids = np.asarray(names.steam_ids, dtype=np.int64)
    columns: Mapping[str, Any] = {
        "tick": (frame + chunk.first).astype(np.int32),
        "round_number": np.asarray(names.round_numbers, dtype=np.int16)[frame],
        "viewer_steam_id": ids[viewer],
        "subject_steam_id": ids[subject],
        "x": position[:, 0],
        "y": position[:, 1],
        "z": position[:, 2],
        "pitch_deg": view[:, 0],
        "yaw_deg": view[:, 1],
        "health": told[:, 0].astype(np.int16),
        "is_alive": told[:, 1] != 0,
        "shown_as": _WORDS.gather(how[kept]),
        "render_tick": np.floor(render).astype(np.int32),
        "render_fraction": (render % 1.0).astype(np.float32),
        "divergence_u": off_u[kept].astype(np.float32),
        "divergence_deg": pl.Series(off_deg[kept].astype(np.float32), nan_to_null=True),
    }
    return pl.DataFrame(columns)


class DisplayedParts:
    """Writes rows to `part-00000.parquet` and so on, each when it is full."""

    def __init__(self, folder: Path) -> None:
        """Make the folder if need be."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._pending: list[pl.DataFrame] = []
        self._frames = 0
        self._parts = 0

    def add(self, rows: pl.DataFrame, frames: int) -> None:
        """The rows of the next `frames` frames."""
        self._pending.append(rows)
        self._frames += frames
        if self._frames >= PART_TICKS:
            self._write()

    def close(self) -> None:
        """Write what is left; without any frames there is one empty part."""
        if self._pending or not self._parts:
            self._write()

    def _write(self) -> None:
        rows = pl.concat(self._pending) if self._pending else PERSPECTIVE_TABLES["displayed"].create_empty()
        path = self._folder / f"part-{self._parts:05d}.parquet"
        checked_perspectives("displayed", rows).write_parquet(path, compression="zstd")
        self._pending, self._frames, self._parts = [], 0, self._parts + 1
