"""A match's stored tables, as the pages read them."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from offangle.core.errors import NotFoundError
from offangle.db.models import Match
from offangle.flows.services import services
from offangle.storage.tables import DERIVED_PREFIX, FRAMES_PREFIX, read_table

Row = dict[str, Any]


def derived_rows(match: Match, table: str, columns: Sequence[str] | None = None) -> list[Row] | None:
    """The rows of a derived table, or None where the match has none.

    Raises:
        TransientError: The store does not answer.
    """
    frame = _read(match, table, DERIVED_PREFIX, columns)
    return None if frame is None else frame.to_dicts()


def round_rows(match: Match, table: str, round_number: int) -> list[Row] | None:
    """The rows of one round of a parsed table in order of time, or None where the match has none.

    Raises:
        TransientError: The store does not answer.
    """
    frame = _read(match, table, FRAMES_PREFIX, None)
    return None if frame is None else frame.filter(pl.col("round_number") == round_number).sort("tick").to_dicts()


def excluded_rounds(match: Match) -> list[Row]:
    """The rounds that were kept but do not count, in order of time."""
    frame = _read(match, "rounds", FRAMES_PREFIX, None)
    return [] if frame is None else frame.filter(pl.col("round_number") <= 0).sort("start_tick").to_dicts()


def _read(match: Match, table: str, prefix: str, columns: Sequence[str] | None) -> pl.DataFrame | None:
    try:
        return read_table(services().store, str(match.pk), match.map_name, table, columns=columns, prefix=prefix)
    except NotFoundError:
        return None  # a source that does not know this table, or a match from before it was derived
