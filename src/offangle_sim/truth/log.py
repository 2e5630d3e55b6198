"""The truth of a recording: rows kept as they are written, in the vocabulary of `frames`.

Rows of every tick would fill the memory as Python objects; they go into typed arrays of a fixed size, which turn into
tables when full.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

_CHUNK_ROWS: Final = 1 << 16
_TICK_ROWS_MAX: Final = 1 << 12
"""More than 64 clients say in one tick: a chunk ends between two ticks, so that each can be sorted by itself."""


class RowLog:
    """Many rows of the same numbers, the first of which is the tick."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        """Columns by name, with the type of numpy that holds them."""
        self._layout = np.dtype([(name, kind) for name, kind in columns.items()])
        self._rows = np.empty(_CHUNK_ROWS + _TICK_ROWS_MAX, self._layout)
        self._used = 0
        self._last_tick = -1
        self._full: list[pl.DataFrame] = []

    def add(self, row: tuple[Any, ...]) -> None:
        """One row, in the order of the columns."""
        if self._used >= _CHUNK_ROWS and row[0] != self._last_tick:
            self._full.append(self._frame())
            self._used = 0
        self._rows[self._used] = row
        self._last_tick = row[0]
        self._used += 1

    def chunks(self) -> list[pl.DataFrame]:
        """All rows so far, cut between ticks."""
        return [*self._full, self._frame()]

    def _frame(self) -> pl.DataFrame:
        used = self._rows[: self._used]
        return pl.DataFrame({name: used[name].copy() for name in self._layout.names or ()})


class Names:
    """Texts as small numbers; 0 is no text."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, name: str | None) -> int:
        """The number of `name`, new if it must be."""
        return self._numbers.setdefault(name, len(self._numbers) + 1) if name else 0

    def texts(self, numbers: pl.Expr) -> pl.Expr:
        """The texts of a column of numbers, as a categorical."""
        known = {number: name for name, number in self._numbers.items()}
        return numbers.replace_strict(known, default=None, return_dtype=pl.String).cast(pl.Categorical)


TICK_COLUMNS: Final[Mapping[str, Any]] = {
    "tick": np.int32,
    "slot": np.int16,
    "side": np.int8,
    **dict.fromkeys(("x", "y", "z", "velocity_x", "velocity_y", "velocity_z", "pitch_deg", "yaw_deg"), np.float64),
    "is_alive": np.bool_,
    "health": np.int16,
    "armor": np.int16,
    "has_helmet": np.bool_,
    "has_defuse_kit": np.bool_,
    "money": np.int32,
    "weapon": np.int16,
    "place": np.int16,
    "ping_ms": np.int16,
    "flash_duration_s": np.float32,
    **dict.fromkeys(("is_scoped", "is_walking", "is_ducking", "is_airborne"), np.bool_),
}
INPUT_COLUMNS: Final[Mapping[str, Any]] = {
    "tick": np.int32,
    "slot": np.int16,
    "sequence": np.int16,
    "render_tick": np.int32,
    "render_tick_fraction": np.float32,
    "player_tick": np.int32,
    "player_tick_fraction": np.float32,
    "pitch_deg": np.float32,
    "yaw_deg": np.float32,
}


class TruthLog:
    """Everything that was written so far, except for what is only known at the end: the numbers of the rounds."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.ticks = RowLog(TICK_COLUMNS)
        self.inputs = RowLog(INPUT_COLUMNS)
        self.names = Names()

    def add(self, table: str, **row: Any) -> dict[str, Any]:
        """One row of a small table; the row comes back, to be completed later."""
        self.rows.setdefault(table, []).append(row)
        return row

    def known(self, table: str) -> list[dict[str, Any]]:
        """The rows of a small table so far."""
        return self.rows.get(table, [])
