"""Items as the recording knows them: class and number."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class ItemClass:
    """How the recording has one item.

    Attributes:
        name: Canonical name (`core.weapons`).
        class_name: The entity's class.
        definition_index: The game's number for it.
    """

    name: str
    class_name: str
    definition_index: int

    @property
    def model(self) -> int:
        """The model's number: a projectile is told by carrying the model of the item that was thrown."""
        return _MODEL_BASE + self.definition_index


_MODEL_BASE: Final = 0x1000
_ROWS: Final[tuple[tuple[str, str, int], ...]] = (
    ("knife", "CKnife", 42),
    ("taser", "CWeaponTaser", 31),
    ("c4", "CC4", 49),
    ("glock", "CWeaponGlock", 4),
    ("hkp2000", "CWeaponHKP2000", 32),
    ("usp_silencer", "CWeaponUSPSilencer", 61),
    ("elite", "CWeaponElite", 2),
    ("p250", "CWeaponP250", 36),
    ("tec9", "CWeaponTec9", 30),
    ("fiveseven", "CWeaponFiveSeven", 3),
    ("cz75a", "CWeaponCZ75a", 63),
    ("deagle", "CDEagle", 1),
    ("revolver", "CWeaponRevolver", 64),
    ("mac10", "CWeaponMAC10", 17),
    ("mp9", "CWeaponMP9", 34),
    ("mp7", "CWeaponMP7", 33),
    ("mp5sd", "CWeaponMP5SD", 23),
    ("ump45", "CWeaponUMP45", 24),
    ("p90", "CWeaponP90", 19),
    ("bizon", "CWeaponBizon", 26),
    ("nova", "CWeaponNOVA", 35),
    ("xm1014", "CWeaponXM1014", 25),
    ("sawedoff", "CWeaponSawedoff", 29),
    ("mag7", "CWeaponMag7", 27),
    ("m249", "CWeaponM249", 14),
    ("negev", "CWeaponNegev", 28),
    ("galilar", "CWeaponGalilAR", 13),
    ("famas", "CWeaponFamas", 10),
    ("ak47", "CAK47", 7),
    ("m4a1", "CWeaponM4A1", 16),
    ("m4a1_silencer", "CWeaponM4A1Silencer", 60),
    ("aug", "CWeaponAug", 8),
    ("sg556", "CWeaponSG556", 39),
    ("ssg08", "CWeaponSSG08", 40),
    ("awp", "CWeaponAWP", 9),
    ("scar20", "CWeaponSCAR20", 38),
    ("g3sg1", "CWeaponG3SG1", 11),
    ("flashbang", "CFlashbang", 43),
    ("hegrenade", "CHEGrenade", 44),
    ("smokegrenade", "CSmokeGrenade", 45),
    ("molotov", "CMolotovGrenade", 46),
    ("decoy", "CDecoyGrenade", 47),
    ("incgrenade", "CIncendiaryGrenade", 48),
)

ITEM_CLASSES: Final[Mapping[str, ItemClass]] = MappingProxyType({row[0]: ItemClass(*row) for row in _ROWS})
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
