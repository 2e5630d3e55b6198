"""The block `player`: whoever a client shows, made anew only when something about him changed."""

import math
from typing import Any, Final

from offangle_sim.gsi.board import SIDE_WORDS
from offangle_sim.gsi.settings import Body
from offangle_sim.gsi.tally import Tally
from offangle_sim.gsi.weapons import Loadout, weapons_block
from offangle_sim.server.server import Server
from offangle_sim.server.setup import TICK_RATE, Vec3
from offangle_sim.server.state import Player

FULL: Final = 255
"""Wholly blind, in smoke, on fire."""
FLASH_FADE_S: Final = 2.0
"""In the last seconds of a flash one begins to see."""
FIRE_FADE_S: Final = 1.0
SMOKE_U, SMOKE_EDGE_U = 144.0, 30.0
FIRST_BOT_STEAM_ID: Final = 90071996842377216
"""Bots have no account; a client that watches one names a number that is nobody's."""

Key = tuple[Any, ...]


class People:
    """Everybody as clients see them, looked at once per tick at most."""

    def __init__(self, server: Server, tally: Tally, loadout: Loadout) -> None:
        self._server, self._tally, self._loadout = server, tally, loadout
        self._keys: dict[int, Key] = {}
        self._blocks: dict[int, tuple[Key, Body]] = {}
        self._worth: dict[int, int] = {}
        self._smokes: list[Vec3] = []

    def refresh(self) -> None:
        """A new tick: nothing is known of it yet."""
        self._keys.clear()
        self._smokes = [
            thrown.position
            for thrown in self._server.grenades.values()
            if thrown.kind == "smoke" and thrown.area_is_open
        ]

    def key(self, player: Player) -> Key:
        """Equal as long as the player's block is."""
        slot = player.entry.slot
        known = self._keys.get(slot)
        if known is None:
            known = self._keys[slot] = self._look(player)
        return known

    def block(self, player: Player) -> Body:
        """The player's block, himself playing; it must not be changed."""
        slot, key = player.entry.slot, self.key(player)
        known = self._blocks.get(slot)
        if known is None or known[0] != key:
            known = self._blocks[slot] = (key, self._block(player, key))
        return known[1]

    def _look(self, player: Player) -> Key:
        totals, active, who = player.totals, player.active, player.truth_id
        if player.is_alive:  # the dead keep the worth of what they had
            self._worth[player.entry.slot] = player.equipment_value
        return (
            player.side,
            player.health,
            player.armor,
            player.has_helmet,
            player.has_kit,
            *((self._flashed(player), self._smoked(player), self._burning(who)) if player.is_alive else (0, 0, 0)),
            player.money,
            self._tally.round_kills.get(who, 0),
            self._tally.round_headshots.get(who, 0),
            self._worth.get(player.entry.slot, 0),
            totals.kills,
            totals.assists,
            totals.deaths,
            totals.mvps,
            totals.score,
            None if active is None else (active, active.clip, player.reloading is active),
            *player.items,
        )

    def _flashed(self, player: Player) -> int:
        if not player.flash_s:
            return 0
        left_s = (player.flash_ends_tick - self._server.tick) / TICK_RATE
        return round(FULL * min(1.0, max(0.0, left_s / FLASH_FADE_S)))

    def _smoked(self, player: Player) -> int:
        if not self._smokes:
            return 0
        far_u = min(math.dist(player.position, smoke) for smoke in self._smokes)
        return round(FULL * min(1.0, max(0.0, (SMOKE_U - far_u) / SMOKE_EDGE_U)))

    def _burning(self, who: int) -> int:
        burned = self._tally.burned_tick.get(who)
        if burned is None:
            return 0
        since_s = (self._server.tick - burned) / TICK_RATE
        return round(FULL * max(0.0, 1.0 - since_s / FIRE_FADE_S))

    def _block(self, player: Player, key: Key) -> Body:
        side, health, armor, has_helmet, has_kit, flashed, smoked, burning, money, kills, headshots, worth = key[:12]
        state: Body = {"health": health, "armor": armor, "helmet": has_helmet}
        if has_kit:
            state["defusekit"] = True
        state |= {"flashed": flashed, "smoked": smoked, "burning": burning, "money": money}
        state |= {"round_kills": kills, "round_killhs": headshots, "equip_value": worth}
        names = ("kills", "assists", "deaths", "mvps", "score")
        return {
            "steamid": str(shown_steam_id(player)),
            "name": player.entry.name,
            "observer_slot": player.entry.slot,
            "team": SIDE_WORDS[side],
            "activity": "playing",
            "state": state,
            "weapons": weapons_block(player, self._loadout),
            "match_stats": dict(zip(names, key[12:17], strict=True)),
        }


def shown_steam_id(player: Player) -> int:
    """The number by which clients name a player."""
    return FIRST_BOT_STEAM_ID + player.entry.slot if player.entry.is_bot else player.entry.steam_id
