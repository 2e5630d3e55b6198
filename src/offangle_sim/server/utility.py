"""Grenades in the air, smoke, fire, and the bomb."""

from collections.abc import Sequence
from typing import Final

from offangle.core.weapons import GRENADE_ITEMS
from offangle_sim.server.combat import Combat
from offangle_sim.server.edicts import Edict
from offangle_sim.server.events import (
    BombGone,
    BombTold,
    BombWord,
    Fired,
    FireGone,
    FireSpread,
    LetGo,
    ProjectileGone,
    Swept,
    TakenUp,
    Thrown,
    WentOff,
    WoreOff,
)
from offangle_sim.server.grid import on_position_grid
from offangle_sim.server.setup import Vec3
from offangle_sim.server.state import Bomb, Grenade, Item, Player

BOMB_TIMER_S: Final = 40.0
DEFUSE_S: Final = 10.0
KIT_DEFUSE_S: Final = 5.0
MAX_FIRE_CELLS: Final = 64


class Utility(Combat):
    """What is thrown, and the bomb."""

    # --- grenades

    def grenade_thrown(self, slot: int, item: str, *, position: Vec3, velocity: Vec3) -> int:
        """A grenade leaves the hand; its number comes back.

        Args:
            slot: Who throws; the item must be held.
            item: Canonical name, such as `smokegrenade`.
            position: Where it starts.
            velocity: How it starts.

        Raises:
            RuntimeError: The player holds no such item.
        """
        player = self.player(slot)
        held = player.item(item)
        if held is None:
            raise RuntimeError(f"slot {slot} cannot throw {item}: not held")
        self.hold(player, held)
        self.tell(Fired(player, held))
        self.lose_item(player, held)
        edict, place = self._edicts.take(), on_position_grid(position)
        self._grenades_thrown += 1
        number, name = self._grenades_thrown, f"{edict.index}.{edict.serial}@{self.tick}"
        grenade = self.grenades[number] = Grenade(
            number, name, GRENADE_ITEMS[item], item, player, self.tick, position, velocity, edict, place
        )
        self.tell(Thrown(grenade))
        return number

    def grenade_moved(self, grenade: int, position: Vec3, velocity: Vec3 | None = None) -> None:
        """Where the grenade flies."""
        thrown = self.grenades[grenade]
        _flying(thrown)
        thrown.position = on_position_grid(position)
        if velocity is not None:
            thrown.velocity = velocity

    def grenade_bounced(self, grenade: int) -> None:
        """It struck something."""
        self.grenades[grenade].bounces += 1

    def grenade_detonated(self, grenade: int) -> None:
        """It goes off where it is: smoke blooms, flash and HE burst and are gone, a decoy begins to shoot.

        Molotovs do not detonate: see `inferno_started`.
        """
        thrown = self.grenades[grenade]
        _flying(thrown)
        self._take_effect(thrown)
        self.tell(WentOff(thrown))
        if thrown.kind == "smoke":
            thrown.area_is_open = True
        elif thrown.kind in {"flash", "he"}:
            self._burst.append(grenade)  # it is there until the tick ends

    def inferno_started(self, grenade: int, cells: Sequence[Vec3]) -> None:
        """A molotov breaks; fire spreads from the first of `cells`."""
        thrown = self.grenades[grenade]
        self._remove(thrown)
        thrown.fire = self._edicts.take()
        thrown.fire_position = on_position_grid(cells[0] if cells else thrown.position)
        thrown.cells = tuple(cells[:MAX_FIRE_CELLS])
        self._take_effect(thrown)
        thrown.area_is_open = True
        self.tell(WentOff(thrown))

    def inferno_spread(self, grenade: int, cells: Sequence[Vec3]) -> None:
        """The cells that burn now.

        Raises:
            RuntimeError: It does not burn.
        """
        thrown = self.grenades[grenade]
        if thrown.fire is None:
            raise RuntimeError("the grenade is gone")
        thrown.cells = tuple(cells[:MAX_FIRE_CELLS])
        self.tell(FireSpread(thrown))

    def grenade_expired(self, grenade: int) -> None:
        """The smoke thins out, the fire goes out, the decoy is done; a grenade that never went off just vanishes."""
        thrown = self.grenades[grenade]
        if thrown.effect_tick is not None:
            self.tell(WoreOff(thrown))
        self._gone(grenade)

    def clear_grenades(self) -> None:
        """A new round sweeps the map: nothing flies, smokes or burns any more."""
        for grenade in list(self.grenades):
            thrown = self.grenades[grenade]
            if thrown.fire is not None:
                self.grenade_expired(grenade)
                continue
            if thrown.area_is_open:
                self.tell(Swept(thrown))
            self._gone(grenade)

    # --- the bomb

    def bomb_given(self, slot: int) -> None:
        """A round's first carrier."""
        self.new_item(self.player(slot), "c4")

    def bomb_dropped(self, slot: int) -> None:
        """The carrier lets it fall."""
        self.bomb_fell(self.player(slot))

    def bomb_fell(self, player: Player) -> None:
        """The bomb leaves its carrier's hands."""
        item = player.item("c4")
        if item is None:
            raise RuntimeError(f"slot {player.entry.slot} has no bomb to drop")
        self._let_go(player, item)
        self.bomb_on_ground = item
        self.course.is_bomb_dropped = True
        self._bomb_told("dropped", player, None, item)

    def bomb_picked_up(self, slot: int) -> None:
        """Somebody takes it from the ground."""
        player, item = self.player(slot), self.bomb_on_ground
        if item is None:
            raise RuntimeError("no bomb lies on the ground")
        self.bomb_on_ground = None
        self._take_up(player, item)
        self.course.is_bomb_dropped = False
        self._bomb_told("picked_up", player, None, item)

    def bomb_plant_begun(self, slot: int, site: str) -> None:
        """The carrier starts to plant."""
        player = self.player(slot)
        player.is_in_bomb_zone = True
        player.revision += 1
        item = self._carried(player)
        item.is_arming = True
        self._bomb_told("plant_begin", player, site, item)

    def bomb_plant_aborted(self, slot: int, site: str) -> None:
        """... and stops."""
        player = self.player(slot)
        item = self._carried(player)
        item.is_arming = False
        player.revision += 1
        self._bomb_told("plant_abort", player, site, item)

    def bomb_planted(self, slot: int, site: str) -> None:
        """It ticks, at the planter's feet."""
        player = self.player(slot)
        self.lose_item(player, self._carried(player))
        self.bomb = Bomb(self._edicts.take(), site, player, on_position_grid(player.position))
        self.course.is_bomb_planted = True
        self._bomb_told("planted", player, site)

    def bomb_defuse_begun(self, slot: int) -> None:
        """Somebody starts to defuse."""
        player, bomb = self.player(slot), self._ticking()
        bomb.defuser = player
        bomb.defuse_length_s = KIT_DEFUSE_S if player.has_kit else DEFUSE_S
        bomb.defuse_ends_s = self.game_time_s + bomb.defuse_length_s
        player.is_defusing = True
        player.revision += 1
        self._bomb_told("defuse_begin", player, bomb.site)

    def bomb_defuse_aborted(self, slot: int) -> None:
        """... and stops."""
        player, bomb = self.player(slot), self._ticking()
        self._stop_defuse(bomb)
        self._bomb_told("defuse_abort", player, bomb.site)

    def bomb_defused(self, slot: int) -> None:
        """It is harmless; the round still has to be decided."""
        player, bomb = self.player(slot), self._ticking()
        self._stop_defuse(bomb)
        bomb.state = "defused"
        self._bomb_told("defused", player, bomb.site)

    def bomb_exploded(self) -> None:
        """It goes off; the round still has to be decided."""
        bomb = self._ticking()
        bomb.state = "exploded"
        self._bomb_told("exploded", bomb.planter, bomb.site)

    def clear_bomb(self) -> None:
        """A new round takes every bomb away."""
        if self.bomb is not None:
            self._edicts.free(self.bomb.edict.index)
            self.tell(BombGone(self.bomb))
            self.bomb = None
        if self.bomb_on_ground is not None:
            self._end_item(self.bomb_on_ground)
            self.bomb_on_ground = None
        for player in self.players.values():
            if (item := player.item("c4")) is not None:
                self.lose_item(player, item)

    # --- inside

    def _let_go(self, player: Player, item: Item) -> None:
        player.items.remove(item)
        self._items_changed(player)
        self.tell(LetGo(player, item, on_position_grid(player.position)))

    def _take_up(self, player: Player, item: Item) -> None:
        player.items.append(item)
        self._items_changed(player)
        self.tell(TakenUp(player, item))

    def _carried(self, player: Player) -> Item:
        item = player.item("c4")
        if item is None:
            raise RuntimeError(f"slot {player.entry.slot} has no bomb to plant")
        return item

    def _ticking(self) -> Bomb:
        if self.bomb is None:
            raise RuntimeError("no bomb is planted")
        return self.bomb

    def _bomb_told(self, word: BombWord, player: Player, site: str | None, item: Item | None = None) -> None:
        self.tell(BombTold(word, player, site, item, self.bomb))

    @staticmethod
    def _stop_defuse(bomb: Bomb) -> None:
        if bomb.defuser is not None:
            bomb.defuser.is_defusing = False
            bomb.defuser.revision += 1
        bomb.defuser = None

    def _take_effect(self, thrown: Grenade) -> None:
        thrown.is_flying, thrown.effect_tick = False, self.tick

    def _remove(self, thrown: Grenade) -> None:
        if thrown.edict is not None:
            self._edicts.free(thrown.edict.index)
            self.tell(ProjectileGone(thrown))
            thrown.edict = None
        thrown.is_flying = False

    def _gone(self, grenade: int) -> None:
        thrown = self.grenades.pop(grenade)
        self._remove(thrown)
        if thrown.fire is not None:
            self._edicts.free(thrown.fire.index)
            self.tell(FireGone(thrown))
            thrown.fire = None


def _flying(thrown: Grenade) -> Edict:
    if thrown.edict is None:
        raise RuntimeError("the grenade is gone")
    return thrown.edict
