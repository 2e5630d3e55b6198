"""Weapons: seeded from the current list, and completed by what matches bring."""

from collections.abc import Iterable
from typing import Final

from offangle.core.weapons import WEAPONS, weapon_class
from offangle.db.models import Weapon

_KNOWN_OF_WEAPON: Final = ("weapon_class", "price", "kill_reward", "display_name", "max_speed_u", "clip_size")


def seed_weapons() -> None:
    """Write every weapon that Offangle knows, over an older list's prices."""
    rows = [_row(name) for name in sorted(WEAPONS)]
    Weapon.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=list(_KNOWN_OF_WEAPON),
    )


def ensure_weapons(names: Iterable[str]) -> None:
    """Have a row for each of `names`; a name that no list holds is added, never dropped."""
    Weapon.objects.bulk_create([_row(name) for name in sorted(set(names))], ignore_conflicts=True)


def _row(name: str) -> Weapon:
    known = WEAPONS.get(name)
    return Weapon(
        name=name,
        weapon_class=weapon_class(name),
        price=known.price if known else None,
        kill_reward=known.kill_reward if known else None,
        display_name=known.display_name if known else "",
        max_speed_u=known.max_speed_u if known else None,
        clip_size=known.clip_size if known else None,
    )
