"""The table `corrections`, put together from what the steps of an adapter changed."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from offangle.frames.collection import conform, empty_table

COLUMNS: Final = ("reason", "table", "column", "round_number", "rows", "stated", "taken")


def corrections_table(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The rows of all `parts`, which have the table's columns but `number`, numbered in their order."""
    rows = [part.select(pl.col(COLUMNS).cast(pl.String)) for part in parts if not part.is_empty()]
    if not rows:
        return empty_table("corrections")
    return conform("corrections", pl.concat(rows).with_row_index("number"))
