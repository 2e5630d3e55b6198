"""Maps by name: one spelling for recordings, zips and live posts, so that what belongs together meets."""

from typing import Final

UNKNOWN_MAP: Final = "unknown"
"""What a match without a map's name is filed under."""
MAX_MAP_NAME: Final = 64
"""Bytes; the game's own names are shorter, and the rest of a longer one tells nobody anything."""

_SEPARATORS: Final = str.maketrans("\\", "/")
_ALLOWED_SIGNS: Final = frozenset("_.-")
_TRIMMED: Final = "_. "


def canonical_map(name: str | None) -> str:
    """The map's name: its last part without its folders, in letters, digits and `_ . -`.

    `workshop/2242472711/de_calavera` is `de_calavera`; an empty or missing name is `unknown`. What is canonical stays.
    """
    parts = (_cleaned(part) for part in reversed((name or "").translate(_SEPARATORS).split("/")))
    return next((part for part in parts if part), UNKNOWN_MAP)


def _cleaned(part: str) -> str:
    bare = part.strip()
    signs = (sign if sign.isalpha() or sign.isdecimal() or sign in _ALLOWED_SIGNS else "_" for sign in bare)
    return "".join(signs).encode()[:MAX_MAP_NAME].decode(errors="ignore").strip(_TRIMMED)
