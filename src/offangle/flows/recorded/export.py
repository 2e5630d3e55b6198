"""Take a match's tables out: parquet as stored, or CSV for spreadsheets."""

import io
from collections.abc import Collection
from pathlib import Path
from typing import Final, Literal

import polars as pl

from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import Match
from offangle.flows.recorded.tables import MatchTables
from offangle.storage.objects import ObjectStore

FileFormat = Literal["parquet", "csv"]
FILE_FORMATS: Final[tuple[FileFormat, ...]] = ("parquet", "csv")
LIST_SEPARATOR: Final = " "
"""Between the words of a list in one CSV cell."""


def encode_table(frame: pl.DataFrame, file_format: FileFormat) -> bytes:
    """A table as a file's content.

    In CSV, Steam ids stay whole numbers, times are ISO 8601, lists are words with spaces between, null is empty.

    Raises:
        BadInputError: The format is neither `parquet` nor `csv`.
    """
    buffer = io.BytesIO()
    if file_format == "parquet":
        frame.write_parquet(buffer, compression="zstd")
    elif file_format == "csv":
        _flat(frame).write_csv(buffer)
    else:
        raise BadInputError(f"unknown format {file_format!r}", hint=f"One of {', '.join(FILE_FORMATS)}.")
    return buffer.getvalue()


def export_match(
    store: ObjectStore,
    match: Match,
    folder: Path,
    *,
    file_format: FileFormat = "parquet",
    tables: Collection[str] | None = None,
) -> list[Path]:
    """Write tables of a match as it is now to `folder/<table>.<format>`, all or those of `tables`. Returns the files.

    The build is looked up again: between a long list of matches and the last of them it may have become another.

    Raises:
        NotFoundError: The match was deleted, or has no such table.
        BadInputError: The format is neither `parquet` nor `csv`.
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stored, written = MatchTables(store, _as_it_is(match)), []
    for table in stored.names if tables is None else sorted(tables):
        path = folder / f"{table}.{file_format}"
        path.write_bytes(encode_table(stored.read(table), file_format))
        written.append(path)
    return written


def _as_it_is(match: Match) -> Match:
    found = Match.objects.select_related("build").filter(pk=match.pk).first()
    if found is None:
        raise NotFoundError(f"{match} was deleted meanwhile")
    return found


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists of words as words, which is all that CSV can hold."""
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return frame.with_columns(pl.col(lists).list.join(LIST_SEPARATOR)) if lists else frame
