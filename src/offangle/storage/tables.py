"""Tables in the store: one parquet file per table and match, `frames/<table>/map=<map>/<match id>.parquet`.

The layout is read by any engine that knows hive partitions. Inside Offangle a table of many matches is one lazy frame.
"""

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl

from offangle.core.errors import NotFoundError, TransientError
from offangle.storage.keys import checked_segment, map_segment
from offangle.storage.objects import ObjectStore
from offangle.storage.work import WorkArea

FRAMES_PREFIX: Final = "frames"
"""Tables as parsed."""
DERIVED_PREFIX: Final = "derived"
"""Tables computed from them."""
TABLE_PREFIXES: Final = (FRAMES_PREFIX, DERIVED_PREFIX)
SUFFIX: Final = ".parquet"
MATCH_ID: Final = "match_id"
MAP: Final = "map"
ROWS_PER_GROUP: Final = 256 * 1024
"""Rows that a reader unpacks together; a match has up to some millions of ticks."""

_PARTITION: Final = "map="
_PATH: Final = "__path"
_PATH_PARTS: Final = r"map=([^/\\]+)[/\\]([^/\\]+)\.parquet$"


def table_key(match_id: str, map_name: str, table: str, *, prefix: str = FRAMES_PREFIX) -> str:
    """Where a table of a match is stored.

    Raises:
        BadInputError: A name cannot be part of a key.
    """
    name = checked_segment(table, what="table name")
    match = checked_segment(match_id, what="match id")
    return f"{prefix}/{name}/{_PARTITION}{map_segment(map_name)}/{match}{SUFFIX}"


def write_tables(
    store: ObjectStore,
    match_id: str,
    map_name: str,
    tables: Mapping[str, pl.DataFrame],
    *,
    prefix: str = FRAMES_PREFIX,
    work: WorkArea | None = None,
) -> None:
    """Write each of `tables` (name to frame) of one match, over what was there.

    Each table appears whole or not at all, one after the other. Other tables of the match stay; see `prune_tables`.

    Args:
        store: Where to.
        match_id: The match.
        map_name: Its map, as the game names it.
        tables: The frames by table name.
        prefix: `FRAMES_PREFIX` or `DERIVED_PREFIX`.
        work: Where the files pass through; the system's temporary folder if None.

    Raises:
        BadInputError: A name cannot be part of a key.
        TransientError: The store does not answer.
    """
    keys = {table: table_key(match_id, map_name, table, prefix=prefix) for table in tables}
    with _work_folder(work) as folder:
        path = folder / f"table{SUFFIX}"
        for table, frame in tables.items():
            frame.write_parquet(path, compression="zstd", row_group_size=ROWS_PER_GROUP)
            store.put_file(keys[table], path)


def read_table(
    store: ObjectStore,
    match_id: str,
    map_name: str,
    table: str,
    *,
    columns: Sequence[str] | None = None,
    prefix: str = FRAMES_PREFIX,
) -> pl.DataFrame:
    """One table of one match, all columns or `columns`; only these are fetched.

    Raises:
        NotFoundError: The match has no such table.
        TransientError: The store does not answer.
        polars.exceptions.ColumnNotFoundError: The table lacks one of `columns`.
    """
    key = table_key(match_id, map_name, table, prefix=prefix)
    if not store.exists(key):
        raise NotFoundError(f"Match {match_id} has no table {table!r}")
    frame = _scan(store, [key])
    return collected(frame if columns is None else frame.select(columns))


def scan_table(
    store: ObjectStore,
    table: str,
    *,
    match_ids: Collection[str] | None = None,
    map_name: str | None = None,
    schema: Mapping[str, pl.DataType] | None = None,
    prefix: str = FRAMES_PREFIX,
) -> pl.LazyFrame:
    """One table of many matches as one lazy frame, with the columns `match_id` and `map` in front.

    Args:
        store: Where from.
        table: The table.
        match_ids: Only these matches; those without the table are left out.
        map_name: Only this map.
        schema: The table's columns, for files of several versions: missing ones become null, others are dropped.
            Without it the first file's columns count.
        prefix: `FRAMES_PREFIX` or `DERIVED_PREFIX`.

    Returns:
        A frame to `collected`. Without any file it has no rows and the columns of `schema`.

    Raises:
        BadInputError: A name cannot be part of a key.
        TransientError: The store does not answer.
    """
    folder = f"{prefix}/{checked_segment(table, what='table name')}"
    if map_name is not None:
        folder = f"{folder}/{_PARTITION}{map_segment(map_name)}"
    wanted = None if match_ids is None else set(match_ids)
    keys = [info.key for info in store.list(folder) if _is_wanted(info.key, wanted)]
    if not keys:
        return pl.LazyFrame(schema={MATCH_ID: pl.String, MAP: pl.String, **(schema or {})})
    path = pl.col(_PATH).str
    return _scan(store, keys, schema=schema, path_column=_PATH).select(
        path.extract(_PATH_PARTS, 2).alias(MATCH_ID),
        path.extract(_PATH_PARTS, 1).alias(MAP),
        pl.exclude(_PATH, MATCH_ID, MAP),
    )


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


def table_names(store: ObjectStore, match_id: str, map_name: str, *, prefix: str = FRAMES_PREFIX) -> list[str]:
    """The tables that are stored of a match, sorted; none if the match is unknown."""
    tables = store.folders(prefix)
    return [table for table in tables if store.exists(table_key(match_id, map_name, table, prefix=prefix))]


def prune_tables(
    store: ObjectStore, match_id: str, map_name: str, keep: Collection[str], *, prefix: str = FRAMES_PREFIX
) -> int:
    """Delete the match's tables below `prefix` that are not in `keep` or lie under another map. Returns how many.

    To be called after `write_tables` when a newer version of Offangle has written the match again.
    """
    kept = {table_key(match_id, map_name, table, prefix=prefix) for table in keep}
    return _delete(store, [key for key in _match_keys(store, match_id, prefix) if key not in kept])


def delete_match(store: ObjectStore, match_id: str, *, prefixes: Sequence[str] = TABLE_PREFIXES) -> int:
    """Delete all tables of a match, whatever its map. Returns how many; a match without tables is fine."""
    return _delete(store, [key for prefix in prefixes for key in _match_keys(store, match_id, prefix)])


def _scan(
    store: ObjectStore,
    keys: list[str],
    *,
    schema: Mapping[str, pl.DataType] | None = None,
    path_column: str | None = None,
) -> pl.LazyFrame:
    source = store.scan_source(keys)
    return pl.scan_parquet(
        source.uris,
        glob=False,
        hive_partitioning=False,
        schema=None if schema is None else dict(schema),
        storage_options=source.storage_options or None,
        include_file_paths=path_column,
        missing_columns="insert",
        extra_columns="ignore",
    )


def _is_wanted(key: str, match_ids: set[str] | None) -> bool:
    name = key.rpartition("/")[2]
    return name.endswith(SUFFIX) and (match_ids is None or name.removesuffix(SUFFIX) in match_ids)


def _match_keys(store: ObjectStore, match_id: str, prefix: str) -> list[str]:
    name = checked_segment(match_id, what="match id") + SUFFIX
    folders = (f"{prefix}/{table}" for table in store.folders(prefix))
    keys = (f"{folder}/{partition}/{name}" for folder in folders for partition in store.folders(folder))
    return [key for key in keys if store.exists(key)]


def _delete(store: ObjectStore, keys: list[str]) -> int:
    for key in keys:
        store.delete(key)
    return len(keys)


@contextmanager
def _work_folder(work: WorkArea | None) -> Iterator[Path]:
    if work is not None:
        with work.folder("tables") as folder:
            yield folder
    else:
        with tempfile.TemporaryDirectory(prefix="offangle-tables-") as name:
            yield Path(name)
