"""Parsed tables on their way: kept in the store between steps, so that another process on another host can go on."""

import io
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from offangle.core.errors import NotFoundError
from offangle.flows.recorded.identity import match_id_of, parsed_key, parsed_prefix
from offangle.flows.services import services
from offangle.frames.collection import MatchFrames
from offangle.storage.tables import DERIVED_PREFIX, FRAMES_PREFIX, read_table, table_key

MANIFEST: Final = "manifest.json"
"""Written last: where it is, all tables are."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the parser gave.

    Attributes:
        map_name: The match's map, which is part of where its tables go.
        tables: Names of the tables.
    """

    map_name: str
    tables: tuple[str, ...]

    @classmethod
    def read(cls, data: Any) -> "Manifest":
        """The manifest in decoded JSON."""
        return cls(str(data["map_name"]), tuple(data["tables"]))


def find_manifest(sha256: str) -> Manifest | None:
    """The manifest of a file's parsed tables; None before they are whole and after they are gone."""
    try:
        return Manifest.read(json.loads(services().store.get_bytes(parsed_key(sha256, MANIFEST))))
    except NotFoundError:
        return None


def keep_parsed(sha256: str, map_name: str, files: Iterable[tuple[str, Path]]) -> Manifest:
    """Put parquet files, by table name, where the next steps find them."""
    store, names = services().store, []
    for name, path in files:
        store.put_file(_key(sha256, name), path)
        names.append(name)
    manifest = Manifest(map_name, tuple(names))
    store.put_bytes(parsed_key(sha256, MANIFEST), json.dumps(asdict(manifest)).encode())
    return manifest


def read_parsed(sha256: str, table: str) -> pl.DataFrame:
    """One parsed table."""
    return pl.read_parquet(io.BytesIO(services().store.get_bytes(_key(sha256, table))))


def drop_parsed(sha256: str) -> None:
    """Forget a file's parsed tables, of every version."""
    services().store.delete_prefix(parsed_prefix(sha256))


def settle(sha256: str, manifest: Manifest, table: str, folder: Path) -> None:
    """Copy a parsed table to its place under the match."""
    store, path = services().store, folder / f"{table}.parquet"
    store.download(_key(sha256, table), path)
    store.put_file(table_key(str(match_id_of(sha256)), manifest.map_name, table), path)
    path.unlink()


def stored_frames(sha256: str, manifest: Manifest, tables: Collection[str]) -> MatchFrames:
    """Those of `tables` that the match has, from their final place."""
    present = [name for name in manifest.tables if name in tables]
    return MatchFrames({name: stored_table(sha256, manifest, name, FRAMES_PREFIX) for name in present})


def derived_tables(sha256: str, manifest: Manifest, tables: Collection[str]) -> dict[str, pl.DataFrame]:
    """The derived `tables` of a match."""
    return {name: stored_table(sha256, manifest, name, DERIVED_PREFIX) for name in tables}


def stored_table(
    sha256: str, manifest: Manifest, table: str, prefix: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """One table of a match, all columns or `columns`, from its final place."""
    match_id = str(match_id_of(sha256))
    return read_table(services().store, match_id, manifest.map_name, table, columns=columns, prefix=prefix)


def _key(sha256: str, table: str) -> str:
    return parsed_key(sha256, f"{table}.parquet")
