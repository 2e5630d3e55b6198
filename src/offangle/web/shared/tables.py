"""A match's stored tables, as the pages read them."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from offangle.flows.recorded.tables import MatchTables, TableGoneError

Row = dict[str, Any]


def derived_rows(tables: MatchTables, table: str, columns: Sequence[str] | None = None) -> list[Row] | None:
    """The rows of a derived table, or None where the match has none.

    Raises:
        TransientError: The store does not answer.
    """
    frame = _find(tables, table, columns)
    return None if frame is None else frame.to_dicts()


def round_rows(tables: MatchTables, table: str, round_number: int) -> list[Row] | None:
    """The rows of one round of a parsed table in order of time, or None where the match has none.

    Raises:
        TransientError: The store does not answer.
    """
    frame = _find(tables, table)
    return None if frame is None else frame.filter(pl.col("round_number") == round_number).sort("tick").to_dicts()


def excluded_rounds(tables: MatchTables) -> list[Row]:
    """The rounds that were kept but do not count, in order of time."""
    frame = _find(tables, "rounds")
    return [] if frame is None else frame.filter(pl.col("round_number") <= 0).sort("start_tick").to_dicts()


def _find(tables: MatchTables, table: str, columns: Sequence[str] | None = None) -> pl.DataFrame | None:
    try:
        return tables.find(table, columns)
    except TableGoneError:
        return None  # the page opens without it, and says so
