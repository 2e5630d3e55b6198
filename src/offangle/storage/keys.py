"""The names of stored objects: what a key may look like."""

import re
from typing import Final

from offangle.core.errors import BadInputError
from offangle.core.maps import UNKNOWN_MAP, canonical_map

MAX_KEY_LENGTH: Final = 512
"""Characters; S3 allows 1024 bytes, a configured prefix and a local folder path need room too."""

TABLE_FOLDERS: Final = 3
MAP_FOLDER: Final = "map="
SHOWN_OF_ID: Final = 8
"""Characters of a match's id that tell it apart for people."""

_SEGMENT: Final = re.compile(r"[A-Za-z0-9_=-](?:[A-Za-z0-9_.=-]*[A-Za-z0-9_=-])?")
_UNSAFE_IN_SEGMENT: Final = re.compile(r"[^a-z0-9_-]+")
_SHOWN_CHARACTERS: Final = 80


def checked_key(key: str) -> str:
    """Return `key` if it is a relative path of plain segments, such as `demos/0af3….dem.zst`.

    Segments hold letters, digits and `_ - = .`, neither start nor end with a dot, and are never empty, so that a key
    cannot leave its store and means the same on every file system.

    Raises:
        BadInputError: The key is anything else.
    """
    if len(key) <= MAX_KEY_LENGTH and all(_SEGMENT.fullmatch(segment) for segment in key.split("/")):
        return key
    raise BadInputError(
        f"Not a storage key: {key[:_SHOWN_CHARACTERS]!r}",
        hint="Keys are relative paths of letters, digits, '_', '-', '=' and '.', without '..'.",
    )


def checked_prefix(prefix: str) -> str:
    """Return `prefix` without its closing slash; the empty prefix means the whole store.

    Raises:
        BadInputError: The prefix could not start a key.
    """
    bare = prefix.removesuffix("/")
    return checked_key(bare) if bare else ""


def checked_segment(text: str, *, what: str) -> str:
    """Return `text` if it can stand between two slashes of a key.

    Raises:
        BadInputError: It cannot; the message says `what` it was meant to be.
    """
    if _SEGMENT.fullmatch(text) and len(text) <= MAX_KEY_LENGTH:
        return text
    raise BadInputError(f"Not a {what}: {text[:_SHOWN_CHARACTERS]!r}")


def map_segment(map_name: str) -> str:
    """A map's name as part of a key: `workshop/3070/de_Foo` becomes `de_foo`, none becomes `unknown`."""
    return _UNSAFE_IN_SEGMENT.sub("_", canonical_map(map_name).lower()).strip("_") or UNKNOWN_MAP


def saved_name(key: str) -> str:
    """The name under which a browser saves an object: of a match's table, its map, match and table; else the last part.

    `frames/kills/map=de_mirage/0af3c2d4-….parquet` becomes `de_mirage-0af3c2d4-kills.parquet`.
    """
    *folders, name = key.split("/")
    if len(folders) == TABLE_FOLDERS and folders[2].startswith(MAP_FOLDER):
        stem, dot, ending = name.partition(".")
        return f"{folders[2].removeprefix(MAP_FOLDER)}-{stem[:SHOWN_OF_ID]}-{folders[1]}{dot}{ending}"
    return name
