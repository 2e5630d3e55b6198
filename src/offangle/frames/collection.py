"""The tables of one match, checked once where they enter."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import dataframely as dy
import polars as pl

from offangle.core.errors import ContractError
from offangle.frames.registry import REQUIRED_TABLES, TABLES

COUNTED = pl.col("round_number") > 0
"""Rows that statistics rest on: those of counted rounds."""


@dataclass(frozen=True, slots=True)
class MatchFrames:
    """The tables of one match by name.

    A table that is not there is *absent* (its source does not know such a thing), which is not the same as empty
    (nothing of the kind happened). Reading an absent table gives an empty one with the declared columns.
    """

    tables: Mapping[str, pl.DataFrame]

    def __getitem__(self, name: str) -> pl.DataFrame:
        """The table `name`, empty but typed when absent.

        Raises:
            KeyError: No table of that name is declared.
        """
        found = self.tables.get(name)
        return found if found is not None else empty_table(name)

    def __iter__(self) -> Iterator[str]:
        """Names of the tables present."""
        return iter(self.tables)

    def has(self, name: str) -> bool:
        """Whether the source knows this table at all."""
        return name in self.tables

    def counted(self, name: str) -> pl.DataFrame:
        """The rows of table `name` that belong to counted rounds."""
        return self[name].filter(COUNTED)

    @property
    def tick_rate(self) -> float:
        """Ticks per second."""
        return float(self["match"].item(0, "tick_rate"))

    @property
    def map_name(self) -> str:
        """The map's name, such as `de_mirage`."""
        return str(self["match"].item(0, "map_name"))


def empty_table(name: str) -> pl.DataFrame:
    """A table with the declared columns of `name` and no rows."""
    return TABLES[name].create_empty()


def conform(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Bring `frame` into the declared shape: declared columns in order and cast, undeclared dropped, missing ones null.

    Adapters call this last; `check` then refuses what is still wrong (a null where none may be, a value out of range).

    Raises:
        ContractError: A column cannot be cast to its declared type.
    """
    if not frame.columns:
        return empty_table(name)  # literals alone would make one row out of none
    columns = TABLES[name].columns()
    have = set(frame.columns)
    expressions = [
        (pl.col(column) if column in have else pl.lit(None)).cast(declared.dtype).alias(column)
        for column, declared in columns.items()
    ]
    try:
        return frame.select(expressions)
    except pl.exceptions.PolarsError as error:
        raise ContractError(f"table {name}: a column does not have its declared type: {error}") from error


def shape(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The declared columns in order, missing ones null and others dropped; numbers keep the width they came in.

    For sources whose numbers may be anything: `hold` brings them into the declared types afterwards.
    """
    if not frame.columns:
        return empty_table(name)
    return frame.select(
        _as_declared(column, declared, frame.schema.get(column)) for column, declared in TABLES[name].columns().items()
    )


def _as_declared(name: str, declared: dy.Column, have: pl.DataType | None) -> pl.Expr:
    if have is None:
        return pl.lit(None, declared.dtype).alias(name)
    is_number = declared.dtype.is_numeric() and have.is_numeric()
    return pl.col(name) if is_number else pl.col(name).cast(declared.dtype)


def check(frames: MatchFrames) -> MatchFrames:
    """Check every table against its declaration; the same frames come back.

    Raises:
        ContractError: A required table is missing, an undeclared one is present, or a table breaks a rule; the message
            names the table, the rule and how many rows break it.
    """
    missing = [name for name in REQUIRED_TABLES if not frames.has(name)]
    if missing:
        raise ContractError(f"tables missing: {', '.join(missing)}")
    for name in frames:
        check_table(name, frames[name])
    if frames["match"].height != 1:
        raise ContractError(f"table match has {frames['match'].height} rows; exactly one is expected")
    return frames


def check_table(name: str, frame: pl.DataFrame) -> None:
    """Check one table.

    Raises:
        ContractError: The table is not declared or breaks its declaration.
    """
    if name not in TABLES:
        raise ContractError(f"table {name} is not declared in frames.registry")
    try:
        TABLES[name].validate(frame)
    except dy.exc.ValidationError as error:
        raise ContractError(f"table {name}: {error}") from error
    except dy.exc.SchemaError as error:
        raise ContractError(f"table {name}: {error}") from error
