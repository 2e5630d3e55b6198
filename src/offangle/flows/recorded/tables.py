"""The tables of a match through one handle: pages, API, export and analysis read nothing of the store past it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import polars as pl

from offangle.core.errors import NotFoundError, TransientError
from offangle.db.models import Build, Match
from offangle.flows.recorded.builds import place_of
from offangle.frames.collection import MatchFrames
from offangle.frames.registry import TABLES
from offangle.storage.keys import saved_name
from offangle.storage.objects import ObjectStore
from offangle.storage.tables import (
    DERIVED_PREFIX,
    FRAMES_PREFIX,
    BuildPlace,
    TablePrefix,
    read_table,
    scan_table,
)

SHOWN_CHARS: Final = 80


class TableGoneError(TransientError):
    """A table that the build has is not in the store: the match was analysed again long since, or the file was lost."""


class BuildTables:
    """The tables of one build, which do not change.

    Args:
        store: Where they lie.
        build: The build; None stands for one without tables.
    """

    def __init__(self, store: ObjectStore, build: Build | None) -> None:
        self._store = store
        self._build = build

    @property
    def names(self) -> list[str]:
        """What there is, sorted."""
        return sorted(self._build.tables) if self._build else []

    @property
    def kinds(self) -> Mapping[str, TablePrefix]:
        """Whether each is as parsed or derived, by name."""
        return {name: kind_of(name) for name in self.names}

    def __contains__(self, table: object) -> bool:
        return self._build is not None and table in self._build.tables

    def read(self, table: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """One table, all columns or `columns`; only these are fetched.

        Raises:
            NotFoundError: There is no such table.
            TableGoneError: It is not in the store any more.
            TransientError: The store does not answer.
            polars.exceptions.ColumnNotFoundError: The table lacks one of `columns`.
        """
        place = self._place(table)
        try:
            return read_table(self._store, place, table, columns=columns, prefix=kind_of(table))
        except NotFoundError as error:
            raise TableGoneError(
                f"table {table} of this match is not in the store", hint="Ask again; if that does not help, reanalyse."
            ) from error

    def find(self, table: str, columns: Sequence[str] | None = None) -> pl.DataFrame | None:
        """As `read`, but None where there is no such table."""
        return self.read(table, columns) if table in self else None

    def scan(self, table: str) -> pl.LazyFrame:
        """One table to be read as far as it is needed.

        Raises:
            NotFoundError: There is no such table.
        """
        return scan_table(self._store, self._place(table), table, prefix=kind_of(table))

    def link(self, table: str, *, expires_s: int) -> str:
        """A link that downloads a table, as parquet, for `expires_s` seconds.

        Raises:
            NotFoundError: There is no such table.
        """
        return self._store.link(self._place(table).key(table, kind_of(table)), expires_s=expires_s)

    def file_name(self, table: str) -> str:
        """What a table's file is called once it is downloaded.

        Raises:
            NotFoundError: There is no such table.
        """
        return saved_name(self._place(table).key(table, kind_of(table)))

    def frames(self, tables: Collection[str]) -> MatchFrames:
        """Those of `tables` that there are, all of them as parsed."""
        return MatchFrames({name: self.read(name) for name in self.names if name in tables and name in TABLES})

    def _place(self, table: str) -> BuildPlace:
        if self._build is None or table not in self:
            raise NotFoundError(
                f"this match has no table {table[:SHOWN_CHARS]!r}", hint="The list of tables names those it has."
            )
        return place_of(self._build)


class MatchTables(BuildTables):
    """The tables of the build that a match's row points at.

    The row says which: rows read together with it and tables read through this belong together, even while the match
    is analysed again.
    """

    def __init__(self, store: ObjectStore, match: Match) -> None:
        super().__init__(store, match.build)


def kind_of(table: str) -> TablePrefix:
    """Whether a table is as parsed, or derived from such."""
    return FRAMES_PREFIX if table in TABLES else DERIVED_PREFIX
