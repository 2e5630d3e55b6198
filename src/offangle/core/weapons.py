"""Weapons by name: one spelling each, with class, price and kill reward.

A weapon's name is the game's own item name without `weapon_` (`ak47`, `m4a1` for the M4A4, `m4a1_silencer`,
`usp_silencer`, `hkp2000`, `hegrenade`). Fire is `inferno` when it kills; the thrown item is `molotov` or `incgrenade`.
Knives keep their own names (`knife_karambit`, `bayonet`); ask `weapon_class` instead of comparing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from offangle.core.sides import Side
from offangle.core.terms import WORLD_WEAPON

WeaponClass = Literal[
    "pistol", "smg", "heavy", "rifle", "sniper", "grenade", "melee", "gear", "bomb", "world", "unknown"
]


@dataclass(frozen=True, slots=True)
class Weapon:
    """What the shop and the scoreboard know about one weapon.

    Attributes:
        name: The canonical name.
        display_name: What people call it.
        weapon_class: Its class.
        price: What it costs today in dollars; a recording's own purchase cost goes before this.
        kill_reward: What a kill with it pays in competitive play, in dollars.
        max_speed_u: Running speed with it in hand, unscoped, in units per second; None for what is never in hand.
        clip_size: Cartridges in a full clip; None for what has none.
    """

    name: str
    display_name: str
    weapon_class: WeaponClass
    price: int
    kill_reward: int
    max_speed_u: int | None = None
    clip_size: int | None = None


_ROWS: Final[tuple[tuple[str, str, WeaponClass, int, int, int | None, int | None], ...]] = (
    ("glock", "Glock-18", "pistol", 200, 300, 240, 20),
    ("hkp2000", "P2000", "pistol", 200, 300, 240, 13),
    ("usp_silencer", "USP-S", "pistol", 200, 300, 240, 12),
    ("elite", "Dual Berettas", "pistol", 300, 300, 240, 30),
    ("p250", "P250", "pistol", 300, 300, 240, 13),
    ("tec9", "Tec-9", "pistol", 500, 300, 240, 18),
    ("fiveseven", "Five-SeveN", "pistol", 500, 300, 240, 20),
    ("cz75a", "CZ75-Auto", "pistol", 500, 100, 240, 12),
    ("deagle", "Desert Eagle", "pistol", 700, 300, 230, 7),
    ("revolver", "R8 Revolver", "pistol", 600, 300, 180, 8),
    ("mac10", "MAC-10", "smg", 1050, 600, 240, 30),
    ("mp9", "MP9", "smg", 1250, 600, 240, 30),
    ("mp7", "MP7", "smg", 1400, 600, 220, 30),
    ("mp5sd", "MP5-SD", "smg", 1400, 600, 235, 30),
    ("ump45", "UMP-45", "smg", 1200, 600, 230, 25),
    ("p90", "P90", "smg", 2350, 300, 230, 50),
    ("bizon", "PP-Bizon", "smg", 1300, 600, 240, 64),
    ("nova", "Nova", "heavy", 1050, 900, 220, 8),
    ("xm1014", "XM1014", "heavy", 2000, 900, 215, 7),
    ("sawedoff", "Sawed-Off", "heavy", 1100, 900, 210, 7),
    ("mag7", "MAG-7", "heavy", 1300, 900, 225, 5),
    ("m249", "M249", "heavy", 5200, 300, 195, 100),
    ("negev", "Negev", "heavy", 1700, 300, 150, 150),
    ("galilar", "Galil AR", "rifle", 1800, 300, 215, 35),
    ("famas", "FAMAS", "rifle", 1950, 300, 220, 25),
    ("ak47", "AK-47", "rifle", 2700, 300, 215, 30),
    ("m4a1", "M4A4", "rifle", 2900, 300, 225, 30),
    ("m4a1_silencer", "M4A1-S", "rifle", 2900, 300, 225, 20),
    ("aug", "AUG", "rifle", 3300, 300, 220, 30),
    ("sg556", "SG 553", "rifle", 3000, 300, 210, 30),
    ("ssg08", "SSG 08", "sniper", 1700, 300, 230, 10),
    ("awp", "AWP", "sniper", 4750, 100, 200, 5),
    ("scar20", "SCAR-20", "sniper", 5000, 300, 215, 20),
    ("g3sg1", "G3SG1", "sniper", 5000, 300, 215, 20),
    ("hegrenade", "HE Grenade", "grenade", 300, 300, 245, None),
    ("flashbang", "Flashbang", "grenade", 200, 300, 245, None),
    ("smokegrenade", "Smoke Grenade", "grenade", 300, 300, 245, None),
    ("molotov", "Molotov", "grenade", 400, 300, 245, None),
    ("incgrenade", "Incendiary Grenade", "grenade", 500, 300, 245, None),
    ("inferno", "Fire", "grenade", 0, 300, None, None),
    ("decoy", "Decoy Grenade", "grenade", 50, 300, 245, None),
    ("knife", "Knife", "melee", 0, 1500, 250, None),
    ("taser", "Zeus x27", "melee", 200, 100, 220, 1),
    ("vest", "Kevlar Vest", "gear", 650, 0, None, None),
    ("vesthelm", "Kevlar + Helmet", "gear", 1000, 0, None, None),
    ("defuser", "Defuse Kit", "gear", 400, 0, None, None),
    ("c4", "C4", "bomb", 0, 0, 250, None),
    (WORLD_WEAPON, "World", "world", 0, 0, None, None),
)

WEAPONS: Final[Mapping[str, Weapon]] = MappingProxyType({row[0]: Weapon(*row) for row in _ROWS})
"""Every weapon that Offangle knows, by canonical name; an unknown name is kept as it is, never dropped."""

_SHOPS: Final[tuple[tuple[Side, tuple[str, ...]], ...]] = (
    ("t", ("glock", "tec9", "mac10", "sawedoff", "galilar", "ak47", "sg556", "g3sg1")),
    ("ct", ("hkp2000", "usp_silencer", "fiveseven", "mp9", "mag7", "famas", "m4a1", "m4a1_silencer", "aug", "scar20")),
)

SHOP_SIDES: Final[Mapping[str, Side]] = MappingProxyType({name: side for side, names in _SHOPS for name in names})
"""Weapons that the shop sells to one side only, to that side; the other has them only from the ground."""

BASE_WEAPONS: Final[Mapping[str, str]] = MappingProxyType(
    {"m4a1": "m4a1_silencer", "hkp2000": "usp_silencer", "p250": "cz75a", "deagle": "revolver", "mp7": "mp5sd"}
)
"""Weapons whose name the game's hits also give to another that takes its place in the loadout, to that other."""

ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "m4a4": "m4a1",
        "usp": "usp_silencer",
        "p2000": "hkp2000",
        "incendiary": "incgrenade",
        "he": "hegrenade",
        "flash": "flashbang",
        "smoke": "smokegrenade",
        "planted_c4": "c4",
        "planted_c4_training": "c4",
        "zeus": "taser",
        "worldspawn": WORLD_WEAPON,
        "trigger_hurt": WORLD_WEAPON,
        "env_fire": WORLD_WEAPON,
        "prop_physics": WORLD_WEAPON,
        "func_door": WORLD_WEAPON,
        "entityflame": WORLD_WEAPON,
        "": WORLD_WEAPON,
    }
)
"""Other spellings, as events, entity classes and parsers write them, to the canonical name."""

GRENADE_ITEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "smokegrenade": "smoke",
        "flashbang": "flash",
        "hegrenade": "he",
        "molotov": "molotov",
        "incgrenade": "incendiary",
        "decoy": "decoy",
    }
)
"""The item that is thrown, to the kind of grenade (`core.terms.GRENADE_KINDS`)."""

_MELEE_PREFIXES: Final = ("knife", "bayonet", "melee", "fists", "axe", "hammer", "spanner")


def canonical_weapon(name: str) -> str:
    """The one spelling of a weapon's name; an unknown name comes back without `weapon_`."""
    bare = name.lower().removeprefix("weapon_")
    return ALIASES.get(bare, bare)


def weapon_class(name: str) -> WeaponClass:
    """The class of a weapon by canonical name; `unknown` for a name that is in no table."""
    known = WEAPONS.get(name)
    if known is not None:
        return known.weapon_class
    return "melee" if name.startswith(_MELEE_PREFIXES) else "unknown"
