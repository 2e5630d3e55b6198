"""What guns do: damage, pace and accuracy, as the game's players measured them.

Inaccuracy is the radius of the cone in thousandths of a radian; what a gun's name, price and speed are says
`core.weapons`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Gun:
    """One gun.

    Attributes:
        damage: At the muzzle, before hit group and armor; of one pellet.
        armor_ratio: Twice the share that armor lets through.
        range_factor: Of the damage that is left after each 500 units.
        cycle_s: Between two shots.
        reload_s: To fill the clip.
        standing_mrad: Inaccuracy at rest.
        moving_mrad: Added at full speed.
        fire_mrad: Added by each shot.
        recovery_s: In which the added inaccuracy falls to a tenth.
        kick_deg: How far each shot of a spray climbs.
        is_automatic: Fires while the button is held.
        pellets: Of one shot.
        is_scoped: Shoots well through its scope only.
    """

    damage: float
    armor_ratio: float
    range_factor: float
    cycle_s: float
    reload_s: float
    standing_mrad: float
    moving_mrad: float
    fire_mrad: float
    recovery_s: float
    kick_deg: float
    is_automatic: bool = True
    pellets: int = 1
    is_scoped: bool = False


GUNS: Final[Mapping[str, Gun]] = MappingProxyType(
    {
        "glock": Gun(30, 0.94, 0.85, 0.15, 2.2, 11.2, 14, 10, 0.3, 0.6, is_automatic=False),
        "hkp2000": Gun(35, 1.01, 0.91, 0.17, 2.2, 9.6, 14, 13, 0.32, 0.8, is_automatic=False),
        "usp_silencer": Gun(35, 1.01, 0.91, 0.17, 2.2, 8.0, 14, 12, 0.32, 0.7, is_automatic=False),
        "elite": Gun(38, 1.15, 0.79, 0.12, 3.8, 12.8, 12, 9, 0.35, 0.7, is_automatic=False),
        "p250": Gun(38, 1.28, 0.90, 0.15, 2.2, 10.4, 14, 13, 0.32, 0.9, is_automatic=False),
        "tec9": Gun(33, 1.81, 0.83, 0.12, 2.5, 12.8, 10, 12, 0.35, 0.8, is_automatic=False),
        "fiveseven": Gun(32, 1.82, 0.81, 0.15, 2.2, 10.4, 12, 12, 0.3, 0.7, is_automatic=False),
        "cz75a": Gun(31, 1.55, 0.85, 0.1, 2.7, 12.8, 14, 12, 0.4, 1.0),
        "deagle": Gun(53, 1.86, 0.85, 0.225, 2.2, 4.2, 40, 45, 0.8, 2.2, is_automatic=False),
        "revolver": Gun(86, 1.86, 0.94, 0.5, 2.3, 3.5, 40, 45, 0.8, 2.5, is_automatic=False),
        "mac10": Gun(29, 1.15, 0.80, 0.075, 2.6, 9.0, 18, 4.5, 0.35, 0.35),
        "mp9": Gun(26, 1.2, 0.87, 0.07, 2.1, 7.0, 16, 4.5, 0.35, 0.35),
        "mp7": Gun(29, 1.25, 0.85, 0.08, 3.1, 6.5, 22, 4.0, 0.35, 0.35),
        "mp5sd": Gun(27, 1.25, 0.85, 0.08, 3.0, 6.5, 22, 4.0, 0.35, 0.35),
        "ump45": Gun(35, 1.3, 0.75, 0.09, 3.5, 7.5, 24, 4.5, 0.35, 0.4),
        "p90": Gun(26, 1.38, 0.86, 0.07, 3.4, 8.0, 20, 4.5, 0.35, 0.4),
        "bizon": Gun(27, 1.15, 0.80, 0.08, 2.4, 9.0, 20, 4.5, 0.35, 0.35),
        "nova": Gun(26, 1.0, 0.70, 0.88, 3.2, 38, 12, 10, 0.6, 2.0, is_automatic=False, pellets=9),
        "xm1014": Gun(20, 1.6, 0.70, 0.35, 3.4, 38, 14, 12, 0.6, 2.0, pellets=6),
        "sawedoff": Gun(32, 1.5, 0.45, 0.85, 3.2, 55, 12, 10, 0.6, 2.0, is_automatic=False, pellets=8),
        "mag7": Gun(30, 1.5, 0.45, 0.85, 2.4, 40, 14, 10, 0.6, 2.0, is_automatic=False, pellets=8),
        "m249": Gun(32, 1.6, 0.97, 0.08, 5.7, 7.0, 90, 4.0, 0.6, 0.6),
        "negev": Gun(35, 1.5, 0.97, 0.075, 5.7, 12.0, 120, 2.0, 0.6, 0.7),
        "galilar": Gun(30, 1.55, 0.98, 0.09, 3.0, 6.0, 90, 6.5, 0.43, 0.55),
        "famas": Gun(30, 1.4, 0.96, 0.09, 3.3, 5.5, 85, 6.5, 0.42, 0.5),
        "ak47": Gun(36, 1.55, 0.98, 0.1, 2.5, 4.8, 120, 7.8, 0.42, 0.75),
        "m4a1": Gun(33, 1.4, 0.97, 0.09, 3.1, 4.9, 100, 7.0, 0.4, 0.6),
        "m4a1_silencer": Gun(38, 1.4, 0.99, 0.1, 3.1, 4.4, 100, 6.5, 0.4, 0.5),
        "aug": Gun(28, 1.8, 0.98, 0.09, 3.8, 3.5, 100, 6.5, 0.42, 0.5),
        "sg556": Gun(30, 2.0, 0.98, 0.11, 2.8, 3.5, 110, 7.5, 0.45, 0.6),
        "ssg08": Gun(88, 1.7, 0.98, 1.25, 3.7, 1.8, 70, 20, 0.5, 0.5, is_automatic=False, is_scoped=True),
        "awp": Gun(115, 1.95, 0.99, 1.455, 3.6, 1.6, 170, 40, 0.6, 0.5, is_automatic=False, is_scoped=True),
        "scar20": Gun(80, 1.65, 0.98, 0.25, 3.1, 2.0, 160, 20, 0.6, 0.6, is_scoped=True),
        "g3sg1": Gun(80, 1.65, 0.98, 0.25, 4.7, 2.0, 160, 20, 0.6, 0.6, is_scoped=True),
        "taser": Gun(500, 2.0, 0.01, 0.5, 30.0, 2.0, 10, 0, 0.3, 0.0, is_automatic=False),
    }
)
"""Every gun by canonical name."""

TASER_RANGE_U: Final = 190.0
KNIFE_RANGE_U: Final = 64.0
KNIFE_DAMAGE: Final = 40
KNIFE_CYCLE_S: Final = 0.5
RANGE_STEP_U: Final = 500.0
UNSCOPED_MRAD: Final = 45.0
"""Added to a sniper rifle's inaccuracy without its scope."""

_GROUP_FACTORS: Final[Mapping[str, float]] = {
    "head": 4.0,
    "chest": 1.0,
    "stomach": 1.25,
    "left_arm": 1.0,
    "right_arm": 1.0,
    "left_leg": 0.75,
    "right_leg": 0.75,
    "generic": 1.0,
}
_UNARMORED: Final = frozenset({"left_leg", "right_leg"})


def bullet_damage(gun: Gun, hit_group: str, distance_u: float, *, armor: int, has_helmet: bool) -> tuple[int, int]:
    """Health and armor that a hit takes, before the cap at what is left.

    The game's own way: the damage falls with the distance, is multiplied by the hit group, and armor keeps a share off.
    """
    raw = gun.damage * gun.range_factor ** (distance_u / RANGE_STEP_U) * _GROUP_FACTORS[hit_group]
    covered = armor > 0 and hit_group not in _UNARMORED and (hit_group != "head" or has_helmet)
    if not covered:
        return int(raw), 0
    return armored(raw, gun.armor_ratio, armor)


def armored(raw: float, armor_ratio: float, armor: int) -> tuple[int, int]:
    """Health and armor that damage takes through kevlar."""
    through = raw * armor_ratio / 2.0
    taken = (raw - through) / 2.0
    if taken > armor:  # the rest goes through
        through = raw - armor * 2.0
        taken = armor
    return int(through), int(taken)
