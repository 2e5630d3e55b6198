"""Tables in the store: one parquet file per table and build, `frames/<table>/map=<map>/<match id>-<build>.parquet`.

A build is all tables that one run of the pipeline made of one match; it is written once and never changed. Which build
of a match counts is not said here but in the match's row. The layout is read by any engine that knows hive partitions.
"""

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import polars as pl

from offangle.core.errors import NotFoundError, TransientError
from offangle.storage.keys import MAP_FOLDER, checked_segment, map_segment
from offangle.storage.objects import ObjectStore
from offangle.storage.work import WorkArea

TablePrefix: TypeAlias = Literal["frames", "derived"]
FRAMES_PREFIX: Final = "frames"
"""Tables as parsed."""
DERIVED_PREFIX: Final = "derived"
"""Tables computed from them."""
TABLE_PREFIXES: Final[tuple[TablePrefix, ...]] = (FRAMES_PREFIX, DERIVED_PREFIX)
SUFFIX: Final = ".parquet"
ROWS_PER_GROUP: Final = 256 * 1024
"""Rows that a reader unpacks together; a match has up to some millions of ticks."""
MAX_PARTITION_CHARS: Final = 64
"""Of a map's name in a key; a demo may tell any name."""

_MATCH_ID_CHARS: Final = 36


def partition_of(map_name: str) -> str:
    """A map's name as it stands in keys."""
    return map_segment(map_name)[:MAX_PARTITION_CHARS].strip("_")


@dataclass(frozen=True, slots=True)
class BuildPlace:
    """Where the tables of one build of one match lie.

    Attributes:
        match_id: The match.
        partition: Its map, as `partition_of` gave it when the build was begun.
        build: Name of the build; empty for tables from before builds had names.
    """

    match_id: str
    partition: str
    build: str = ""

    @property
    def stem(self) -> str:
        """The files' name without its ending: `<match id>-<build>`.

        Raises:
            BadInputError: A name cannot be part of a key.
        """
        match = checked_segment(self.match_id, what="match id")
        return f"{match}-{checked_segment(self.build, what='build')}" if self.build else match

    def key(self, table: str, prefix: TablePrefix = FRAMES_PREFIX) -> str:
        """Where a table is stored.

        Raises:
            BadInputError: A name cannot be part of a key.
        """
        name = checked_segment(table, what="table name")
        folder = checked_segment(f"{MAP_FOLDER}{self.partition}", what="map name")
        return f"{prefix}/{name}/{folder}/{self.stem}{SUFFIX}"


def stem_of(key: str) -> tuple[str, str]:
    """Match id and build of the table stored under `key`; an empty build for one from before builds had names."""
    stem = key.rpartition("/")[2].removesuffix(SUFFIX)
    return stem[:_MATCH_ID_CHARS], stem[_MATCH_ID_CHARS + 1 :]


def write_tables(
    store: ObjectStore,
    place: BuildPlace,
    tables: Mapping[str, pl.DataFrame],
    *,
    prefix: TablePrefix = FRAMES_PREFIX,
    work: WorkArea | None = None,
) -> None:
    """Write each of `tables` (name to frame) of one build; each appears whole or not at all, one after the other.

    Args:
        store: Where to.
        place: The build.
        tables: The frames by table name.
        prefix: `FRAMES_PREFIX` or `DERIVED_PREFIX`.
        work: Where the files pass through; the system's temporary folder if None.

    Raises:
        BadInputError: A name cannot be part of a key.
        TransientError: The store does not answer.
    """
    keys = {table: place.key(table, prefix) for table in tables}
    with _work_folder(work) as folder:
        path = folder / f"table{SUFFIX}"
        for table, frame in tables.items():
            frame.write_parquet(path, compression="zstd", row_group_size=ROWS_PER_GROUP)
            store.put_file(keys[table], path)


def scan_table(
    store: ObjectStore, place: BuildPlace, table: str, *, prefix: TablePrefix = FRAMES_PREFIX
) -> pl.LazyFrame:
    """One table of a build as a lazy frame to `collected`; nothing is looked up yet.

    Raises:
        BadInputError: A name cannot be part of a key.
    """
    source = store.scan_source([place.key(table, prefix)])
    return pl.scan_parquet(
        source.uris, glob=False, hive_partitioning=False, storage_options=source.storage_options or None
    )


def read_table(
    store: ObjectStore,
    place: BuildPlace,
    table: str,
    *,
    columns: Sequence[str] | None = None,
    prefix: TablePrefix = FRAMES_PREFIX,
) -> pl.DataFrame:
    """One table of one build, all columns or `columns`; only these are fetched.

    Raises:
        NotFoundError: The build has no such table.
        TransientError: The store does not answer.
        polars.exceptions.ColumnNotFoundError: The table lacks one of `columns`.
    """
    if not store.exists(place.key(table, prefix)):
        raise NotFoundError(f"Match {place.match_id} has no table {table!r}")
    frame = scan_table(store, place, table, prefix=prefix)
    return collected(frame if columns is None else frame.select(columns))


def collected(frame: pl.LazyFrame) -> pl.DataFrame:
    """Compute a scanned frame.

    Raises:
        NotFoundError: A file was deleted between the scan and now.
        TransientError: The store does not answer.
    """
    try:
        return frame.collect(engine="streaming")
    except FileNotFoundError as error:
        raise NotFoundError("A table was deleted while it was read", permanent=False) from error
    except (pl.exceptions.ComputeError, OSError) as error:
        raise TransientError(f"A table could not be read from the store: {error}") from error


def delete_tables(store: ObjectStore, place: BuildPlace, tables: Collection[str]) -> None:
    """Delete `tables` of a build, as parsed and as derived; one that is not there is as good as deleted."""
    store.delete_all([place.key(table, prefix) for prefix in TABLE_PREFIXES for table in tables])


@contextmanager
def _work_folder(work: WorkArea | None) -> Iterator[Path]:
    if work is not None:
        with work.folder("tables") as folder:
            yield folder
    else:
        with tempfile.TemporaryDirectory(prefix="offangle-tables-") as name:
            yield Path(name)
