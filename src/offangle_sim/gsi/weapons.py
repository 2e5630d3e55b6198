"""The block `weapons`: what a player carries, in the game's words."""

from collections.abc import Mapping
from typing import Final
from zlib import crc32

import numpy as np

from offangle.core.sides import Side
from offangle.core.weapons import GRENADE_ITEMS, weapon_class
from offangle_sim.gsi.settings import Body
from offangle_sim.server.state import Item, Player

KINDS: Final[Mapping[str, str]] = {
    "pistol": "Pistol",
    "smg": "Submachine Gun",
    "heavy": "Shotgun",
    "rifle": "Rifle",
    "sniper": "SniperRifle",
    "grenade": "Grenade",
    "melee": "Knife",
    "bomb": "C4",
}
MACHINE_GUNS: Final = frozenset({"m249", "negev"})
WITHOUT_KIND: Final = frozenset({"taser"})
PLAIN: Final = "default"
PAINTS: Final = ("aa_fade", "am_crystal", "cu_winter", "gs_rust", "hy_web", "sp_tape")
"""Invented: a paint tells nothing."""
PAINTED_SHARE: Final = 0.5
KNIVES: Final = ("knife_karambit", "knife_butterfly", "knife_m9_bayonet", "bayonet")
OWN_KNIFE_SHARE: Final = 0.3
KNIFE_OF_SIDE: Final[Mapping[Side, str]] = {"t": "knife_t", "ct": "knife"}


class Loadout:
    """Which knife and paints everybody has; by seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._looks: dict[tuple[int, str, str], tuple[str, str]] = {}

    def look(self, owner: int, name: str, side: Side | None) -> tuple[str, str]:
        """Name and paint of an item that `owner` brought."""
        key = (owner, name, side or "")
        known = self._looks.get(key)
        if known is None:
            known = self._looks[key] = self._draw(owner, name, side)
        return known

    def _draw(self, owner: int, name: str, side: Side | None) -> tuple[str, str]:
        rng = np.random.default_rng([self._seed, abs(owner), crc32(name.encode())])
        paint = str(rng.choice(PAINTS)) if rng.random() < PAINTED_SHARE else PLAIN
        if name != "knife":
            has_paint = weapon_class(name) not in {"grenade", "bomb"} and name not in WITHOUT_KIND
            return f"weapon_{name}", paint if has_paint else PLAIN
        if rng.random() < OWN_KNIFE_SHARE:
            return f"weapon_{rng.choice(KNIVES)}", paint
        return f"weapon_{KNIFE_OF_SIDE[side or 'ct']}", PLAIN


def weapons_block(player: Player, loadout: Loadout) -> Body:
    """Everything carried, in the order of taking; grenades of a kind are one."""
    blocks: dict[str, Body] = {}
    for item in player.items:
        name = item.kind.name
        if name in GRENADE_ITEMS and name in blocks:
            blocks[name]["ammo_reserve"] += 1
            if item is player.active:
                blocks[name]["state"] = _state(item, player)
        else:
            blocks[name if name in GRENADE_ITEMS else f"{name} {len(blocks)}"] = _weapon(item, player, loadout)
    return {f"weapon_{number}": block for number, block in enumerate(blocks.values())}


def _weapon(item: Item, player: Player, loadout: Loadout) -> Body:
    kind = item.kind
    name, paint = loadout.look(item.original_owner, kind.name, player.side)
    block: Body = {"name": name, "paintkit": paint}
    if kind.name not in WITHOUT_KIND:
        block["type"] = "Machine Gun" if kind.name in MACHINE_GUNS else KINDS[weapon_class(kind.name)]
    if kind.name in GRENADE_ITEMS:
        block["ammo_reserve"] = 1
    elif kind.clip >= 0:
        block["ammo_clip"] = item.clip
        block["ammo_clip_max"] = kind.clip
        block["ammo_reserve"] = item.reserve
    block["state"] = _state(item, player)
    return block


def _state(item: Item, player: Player) -> str:
    if item is not player.active:
        return "holstered"
    return "reloading" if item is player.reloading else "active"
