"""The last step of every adapter: its tables in their declared types."""

from collections.abc import Mapping

import polars as pl

from offangle.frames.collection import conform
from offangle.frames.odd_values import hold
from offangle.frames.registry import TABLES


def as_declared(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables in their declared types, with a note in `odd_values` of each number that these do not hold.

    Args:
        tables: Tables by name, in the declared columns (`frames.collection.shape`); numbers may be of any width.
    """
    held, notes = hold(tables, TABLES)
    typed = {name: conform(name, table) for name, table in held.items()}
    return typed if notes.is_empty() else {**typed, "odd_values": notes}
