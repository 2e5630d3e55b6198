"""Maps by name: one spelling for recordings, zips and live posts, so that what belongs together meets."""

from typing import Final

UNKNOWN_MAP: Final = "unknown"
"""What a match without a map's name is filed under."""
MAX_MAP_NAME: Final = 64
"""Bytes; the game's own names are shorter, and the rest of a longer one tells nobody anything."""

MAP_TITLES: Final = {
    "ar_baggage": "Baggage",
    "ar_pool_day": "Pool Day",
    "ar_shoots": "Shoots",
    "ar_shoots_night": "Shoots (night)",
    "cs_agency": "Agency",
    "cs_italy": "Italy",
    "cs_militia": "Militia",
    "cs_office": "Office",
    "de_ancient": "Ancient",
    "de_ancient_night": "Ancient (night)",
    "de_anubis": "Anubis",
    "de_cache": "Cache",
    "de_cbble": "Cobblestone",
    "de_dust": "Dust",
    "de_dust2": "Dust2",
    "de_inferno": "Inferno",
    "de_inferno_night": "Inferno (night)",
    "de_mirage": "Mirage",
    "de_nuke": "Nuke",
    "de_overpass": "Overpass",
    "de_overpass_night": "Overpass (night)",
    "de_shortdust": "Short Dust",
    "de_shortnuke": "Short Nuke",
    "de_train": "Train",
    "de_vertigo": "Vertigo",
    UNKNOWN_MAP: "Unknown map",
}
"""Maps as people call them, where their files are well known or say it badly."""
MODE_PREFIXES: Final = frozenset({"ar", "cs", "de", "gg", "of"})
"""How a map's file tells what is played on it; `of` marks our simulator's."""

_SEPARATORS: Final = str.maketrans("\\", "/")
_ALLOWED_SIGNS: Final = frozenset("_.-")
_TRIMMED: Final = "_. "


def canonical_map(name: str | None) -> str:
    """The map's name: its last part without its folders, in letters, digits and `_ . -`.

    `workshop/2242472711/de_calavera` is `de_calavera`; an empty or missing name is `unknown`. What is canonical stays.
    """
    parts = (_cleaned(part) for part in reversed((name or "").translate(_SEPARATORS).split("/")))
    return next((part for part in parts if part), UNKNOWN_MAP)


def map_title(name: str) -> str:
    """A map as people call it: `de_mirage` is Mirage, `de_some_place` is Some Place, `aim_redline` stays as it is."""
    if name in MAP_TITLES:
        return MAP_TITLES[name]
    prefix, _, rest = name.partition("_")
    return rest.replace("_", " ").title() if prefix in MODE_PREFIXES and rest else name


def _cleaned(part: str) -> str:
    bare = part.strip()
    signs = (sign if sign.isalpha() or sign.isdecimal() or sign in _ALLOWED_SIGNS else "_" for sign in bare)
    return "".join(signs).encode()[:MAX_MAP_NAME].decode(errors="ignore").strip(_TRIMMED)
