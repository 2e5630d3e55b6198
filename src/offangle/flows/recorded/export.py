"""Take a match's tables out: parquet as stored, or CSV for spreadsheets."""

import io
from collections.abc import Collection
from pathlib import Path
from typing import Final, Literal

import polars as pl

from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import Analysis, Match
from offangle.flows.services import services
from offangle.frames.registry import TABLES
from offangle.storage.tables import DERIVED_PREFIX, FRAMES_PREFIX, read_table

FileFormat = Literal["parquet", "csv"]
FILE_FORMATS: Final[tuple[FileFormat, ...]] = ("parquet", "csv")
LIST_SEPARATOR: Final = " "
"""Between the words of a list in one CSV cell."""


def table_names(match: Match) -> list[str]:
    """The tables of a published match, those from the recording and those derived from them."""
    analysis = Analysis.objects.filter(match=match).first()
    return sorted(analysis.tables) if analysis else []


def read_match_table(match: Match, table: str) -> pl.DataFrame:
    """One table of a match.

    Raises:
        NotFoundError: The match has no such table.
        TransientError: The store does not answer.
    """
    if table not in table_names(match):
        raise NotFoundError(f"this match has no table {table[:80]!r}", hint="`tables` of the match lists them.")
    prefix = FRAMES_PREFIX if table in TABLES else DERIVED_PREFIX
    return read_table(services().store, str(match.pk), match.map_name, table, prefix=prefix)


def export_table(match: Match, table: str, file_format: FileFormat = "parquet") -> bytes:
    """One table of a match as a file's content; raises as `read_match_table` does, and for an unknown format.

    Raises:
        BadInputError: The format is neither `parquet` nor `csv`.
    """
    return encode_table(read_match_table(match, table), file_format)


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
    match: Match, folder: Path, *, file_format: FileFormat = "parquet", tables: Collection[str] | None = None
) -> list[Path]:
    """Write tables of a match to `folder/<table>.<format>`, all or those of `tables`. Returns the files.

    Raises:
        NotFoundError: The match has no such table.
        BadInputError: The format is neither `parquet` nor `csv`.
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in table_names(match) if tables is None else sorted(tables):
        path = folder / f"{table}.{file_format}"
        path.write_bytes(export_table(match, table, file_format))
        written.append(path)
    return written


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists of words as words, which is all that CSV can hold."""
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return frame.with_columns(pl.col(lists).list.join(LIST_SEPARATOR)) if lists else frame
