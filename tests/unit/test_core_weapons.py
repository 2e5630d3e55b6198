"""Weapons have one spelling each."""

import pytest

from offangle.core.terms import GRENADE_KINDS
from offangle.core.weapons import ALIASES, GRENADE_ITEMS, WEAPONS, canonical_weapon, weapon_class


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        ("weapon_ak47", "ak47"),
        ("AK47", "ak47"),
        ("m4a4", "m4a1"),
        ("m4a1_silencer", "m4a1_silencer"),
        ("incendiary", "incgrenade"),
        ("planted_c4", "c4"),
        ("worldspawn", "world"),
        ("", "world"),
        ("weapon_knife_karambit", "knife_karambit"),
        ("weapon_from_next_year", "from_next_year"),
    ],
)
def test_canonical_weapon(spelled: str, name: str) -> None:
    assert canonical_weapon(spelled) == name
    assert canonical_weapon(name) == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ak47", "rifle"),
        ("awp", "sniper"),
        ("taser", "melee"),
        ("knife_karambit", "melee"),
        ("bayonet", "melee"),
        ("inferno", "grenade"),
        ("c4", "bomb"),
        ("world", "world"),
        ("from_next_year", "unknown"),
    ],
)
def test_weapon_class(name: str, expected: str) -> None:
    assert weapon_class(name) == expected


def test_aliases_lead_to_weapons_that_exist() -> None:
    assert set(ALIASES.values()) <= set(WEAPONS)
    assert not set(ALIASES) & set(WEAPONS)


def test_every_kind_of_grenade_has_an_item() -> None:
    assert sorted(GRENADE_ITEMS.values()) == sorted(GRENADE_KINDS)
    assert {weapon_class(item) for item in GRENADE_ITEMS} == {"grenade"}
