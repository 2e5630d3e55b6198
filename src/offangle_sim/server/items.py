"""Items as the server hands them out: names, and how many rounds they hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class ItemKind:
    """One item that a player may hold.

    Attributes:
        name: Canonical name (`core.weapons`).
        clip: Rounds in a full clip; -1 for items without.
        reserve: Rounds beside the clip.
    """

    name: str
    clip: int = -1
    reserve: int = 0


_ROWS: Final[tuple[tuple[str, int, int], ...]] = (
    ("knife", -1, 0),
    ("taser", 1, 0),
    ("c4", -1, 0),
    ("glock", 20, 120),
    ("hkp2000", 13, 52),
    ("usp_silencer", 12, 24),
    ("elite", 30, 120),
    ("p250", 13, 26),
    ("tec9", 18, 90),
    ("fiveseven", 20, 100),
    ("cz75a", 12, 12),
    ("deagle", 7, 35),
    ("revolver", 8, 8),
    ("mac10", 30, 100),
    ("mp9", 30, 120),
    ("mp7", 30, 120),
    ("mp5sd", 30, 120),
    ("ump45", 25, 100),
    ("p90", 50, 100),
    ("bizon", 64, 120),
    ("nova", 8, 32),
    ("xm1014", 7, 32),
    ("sawedoff", 7, 32),
    ("mag7", 5, 32),
    ("m249", 100, 200),
    ("negev", 150, 300),
    ("galilar", 35, 90),
    ("famas", 25, 90),
    ("ak47", 30, 90),
    ("m4a1", 30, 90),
    ("m4a1_silencer", 20, 80),
    ("aug", 30, 90),
    ("sg556", 30, 90),
    ("ssg08", 10, 90),
    ("awp", 5, 30),
    ("scar20", 20, 90),
    ("g3sg1", 20, 90),
    ("flashbang", -1, 0),
    ("hegrenade", -1, 0),
    ("smokegrenade", -1, 0),
    ("molotov", -1, 0),
    ("decoy", -1, 0),
    ("incgrenade", -1, 0),
)

ITEMS: Final[Mapping[str, ItemKind]] = MappingProxyType({row[0]: ItemKind(*row) for row in _ROWS})
"""Every item by canonical name."""
