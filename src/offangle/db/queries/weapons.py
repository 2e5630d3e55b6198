"""Weapons: seeded from the current list, and completed by what matches bring."""

from collections.abc import Iterable

from offangle.core.weapons import WEAPONS, weapon_class
from offangle.db.models import Weapon


def seed_weapons() -> None:
    """Write every weapon that Offangle knows, over an older list's prices."""
    rows = [_row(name) for name in sorted(WEAPONS)]
    Weapon.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["weapon_class", "price", "kill_reward"],
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
    )
