"""Items as the recording knows them: class, number, clip."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class ItemKind:
    """One item that a player may hold.

    Attributes:
        name: Canonical name (`core.weapons`).
        class_name: The entity's class.
        definition_index: The game's number for it.
        clip: Rounds in a full clip; -1 for items without.
        reserve: Rounds beside the clip.
    """

    name: str
    class_name: str
    definition_index: int
    clip: int = -1
    reserve: int = 0


_ROWS: Final[tuple[tuple[str, str, int, int, int], ...]] = (
    ("knife", "CKnife", 42, -1, 0),
    ("taser", "CWeaponTaser", 31, 1, 0),
    ("c4", "CC4", 49, -1, 0),
    ("glock", "CWeaponGlock", 4, 20, 120),
    ("hkp2000", "CWeaponHKP2000", 32, 13, 52),
    ("usp_silencer", "CWeaponUSPSilencer", 61, 12, 24),
    ("elite", "CWeaponElite", 2, 30, 120),
    ("p250", "CWeaponP250", 36, 13, 26),
    ("tec9", "CWeaponTec9", 30, 18, 90),
    ("fiveseven", "CWeaponFiveSeven", 3, 20, 100),
    ("cz75a", "CWeaponCZ75a", 63, 12, 12),
    ("deagle", "CDEagle", 1, 7, 35),
    ("revolver", "CWeaponRevolver", 64, 8, 8),
    ("mac10", "CWeaponMAC10", 17, 30, 100),
    ("mp9", "CWeaponMP9", 34, 30, 120),
    ("mp7", "CWeaponMP7", 33, 30, 120),
    ("mp5sd", "CWeaponMP5SD", 23, 30, 120),
    ("ump45", "CWeaponUMP45", 24, 25, 100),
    ("p90", "CWeaponP90", 19, 50, 100),
    ("bizon", "CWeaponBizon", 26, 64, 120),
    ("nova", "CWeaponNOVA", 35, 8, 32),
    ("xm1014", "CWeaponXM1014", 25, 7, 32),
    ("sawedoff", "CWeaponSawedoff", 29, 7, 32),
    ("mag7", "CWeaponMag7", 27, 5, 32),
    ("m249", "CWeaponM249", 14, 100, 200),
    ("negev", "CWeaponNegev", 28, 150, 300),
    ("galilar", "CWeaponGalilAR", 13, 35, 90),
    ("famas", "CWeaponFamas", 10, 25, 90),
    ("ak47", "CAK47", 7, 30, 90),
    ("m4a1", "CWeaponM4A1", 16, 30, 90),
    ("m4a1_silencer", "CWeaponM4A1Silencer", 60, 20, 80),
    ("aug", "CWeaponAug", 8, 30, 90),
    ("sg556", "CWeaponSG556", 39, 30, 90),
    ("ssg08", "CWeaponSSG08", 40, 10, 90),
    ("awp", "CWeaponAWP", 9, 5, 30),
    ("scar20", "CWeaponSCAR20", 38, 20, 90),
    ("g3sg1", "CWeaponG3SG1", 11, 20, 90),
    ("flashbang", "CFlashbang", 43, -1, 0),
    ("hegrenade", "CHEGrenade", 44, -1, 0),
    ("smokegrenade", "CSmokeGrenade", 45, -1, 0),
    ("molotov", "CMolotovGrenade", 46, -1, 0),
    ("decoy", "CDecoyGrenade", 47, -1, 0),
    ("incgrenade", "CIncendiaryGrenade", 48, -1, 0),
)

ITEMS: Final[Mapping[str, ItemKind]] = MappingProxyType({row[0]: ItemKind(*row) for row in _ROWS})
"""Every item by canonical name."""

PROJECTILES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hegrenade": "CHEGrenadeProjectile",
        "flashbang": "CFlashbangProjectile",
        "smokegrenade": "CSmokeGrenadeProjectile",
        "molotov": "CMolotovProjectile",
        "incgrenade": "CMolotovProjectile",
        "decoy": "CDecoyProjectile",
    }
)
"""The class that each grenade flies as."""

_MODEL_BASE: Final = 0x1000


def model_of(kind: ItemKind) -> int:
    """The model's number: a projectile is told by carrying the model of the item that was thrown."""
    return _MODEL_BASE + kind.definition_index
