"""Players come and go, move, buy, speak."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from offangle.core.sides import Side
from offangle.core.weapons import WEAPONS
from offangle_sim.net.inputs import InputEntry, UserCommand
from offangle_sim.server.events import (
    Bought,
    Coaches,
    GaveBotBack,
    Joined,
    Left,
    Said,
    Spawned,
    SwitchedTeam,
    TookOverBot,
)
from offangle_sim.server.rounds import Rounds
from offangle_sim.server.setup import Vec3
from offangle_sim.server.state import FULL_ARMOR, FULL_HEALTH, Player, swap_bodies
from offangle_sim.server.utility import Utility


class PlayerChanges(TypedDict, total=False):
    """What may change about a player; everything else follows from what happens."""

    position: Vec3
    velocity: Vec3
    view: tuple[float, float]
    health: int
    armor: int
    has_helmet: bool
    has_kit: bool
    money: int
    weapon: str
    place: str
    ping_ms: int
    is_scoped: bool
    is_walking: bool
    is_ducking: bool
    is_on_ground: bool
    in_buy_zone: bool
    in_bomb_zone: bool


_PLAIN = {
    "has_kit": "has_kit",
    "place": "place",
    "ping_ms": "ping_ms",
    "is_scoped": "is_scoped",
    "is_walking": "is_walking",
    "is_ducking": "is_ducking",
    "is_on_ground": "is_on_ground",
    "in_buy_zone": "is_in_buy_zone",
    "in_bomb_zone": "is_in_bomb_zone",
}
"""Changes that are just kept, and where."""


class Players(Rounds, Utility):
    """What players do by themselves."""

    # --- coming and going

    def player_joined(self, slot: int, side: Side | None = None) -> None:
        """A player connects and joins a side; None watches (a coach)."""
        player = self.player(slot)
        team = player.entry.team
        self._connect(player, side if team is None else side or self.side_of_team[team])

    def player_left(self, slot: int) -> None:
        """A player disconnects: controller and body are gone, with everything carried. It is no death."""
        player = self.player(slot)
        self._give_bot_back(player)
        self.stripped(slot)
        player.is_connected = False
        player.is_alive, player.is_ducking, player.is_walking, player.is_scoped = False, False, False, False
        player.velocity, player.pitch_deg, player.yaw_deg, player.place = (0.0, 0.0, 0.0), 0.0, 0.0, ""
        player.is_on_ground = True
        self.set_health(player, 0)
        self._set_side(player, None)
        self.tell(Left(player))

    def player_reconnected(self, slot: int) -> None:
        """The player is back on the own team's side, dead until the next spawn."""
        player = self.player(slot)
        self._connect(player, None if player.entry.team is None else self.side_of_team[player.entry.team])

    def player_switched_team(self, slot: int, side: Side) -> None:
        """A player changes sides alone."""
        player = self.player(slot)
        old = player.side
        self._set_side(player, side)
        self.tell(SwitchedTeam(player, old))

    def coach(self, slot: int, side: Side) -> None:
        """A coach watches a side."""
        self.tell(Coaches(self.player(slot), side))

    def bot_takeover(self, slot: int, bot_slot: int) -> None:
        """A dead player goes on in a bot's body until the next spawn."""
        player, bot = self.player(slot), self.player(bot_slot)
        player.plays_bot = bot
        swap_bodies(player, bot)
        player.revision += 1
        bot.revision += 1
        self.tell(TookOverBot(player, bot))

    def spawned(self, slot: int, position: Vec3, *, yaw_deg: float = 0.0, place: str = "") -> None:
        """A player stands at a spawn, alive and whole; items are kept if he survived."""
        player = self.player(slot)
        self._give_bot_back(player)
        was_alive, player.is_alive = player.is_alive, True
        self.set_health(player, FULL_HEALTH)
        if not was_alive:
            self.set_armor(player, 0, helmet=False)
        player.flash_s = 0.0
        self.move_player(slot, position, (0.0, 0.0, 0.0), 0.0, yaw_deg)
        self.set_player_state(slot, place=place, is_on_ground=True, is_ducking=False)
        self.tell(Spawned(player))

    # --- moving

    def move_player(self, slot: int, position: Vec3, velocity: Vec3, pitch_deg: float, yaw_deg: float) -> None:
        """Where a player is, how fast, and where he looks: called for every player and tick."""
        player = self.players[slot]
        player.position, player.velocity = position, velocity
        player.pitch_deg, player.yaw_deg = pitch_deg, yaw_deg

    def set_player_state(self, slot: int, **changes: Unpack[PlayerChanges]) -> None:
        """Change what is named, leave the rest."""
        player = self.player(slot)
        if {"position", "velocity", "view"} & changes.keys():
            view = changes.get("view", (player.pitch_deg, player.yaw_deg))
            position, velocity = changes.get("position", player.position), changes.get("velocity", player.velocity)
            self.move_player(slot, position, velocity, *view)
        if "health" in changes:
            self.set_health(player, changes["health"])
        if "armor" in changes or "has_helmet" in changes:
            armor, helmet = changes.get("armor", player.armor), changes.get("has_helmet", player.has_helmet)
            self.set_armor(player, armor, helmet=helmet)
        if "money" in changes:
            self.set_money(player, changes["money"])
        if "weapon" in changes:
            self.weapon_selected(slot, changes["weapon"])
        for name, value in changes.items():
            if name in _PLAIN:
                setattr(player, _PLAIN[name], value)
        player.revision += 1

    def user_command(
        self, slot: int, inputs: Sequence[InputEntry], *, buttons: int = 0, move: tuple[float, float] = (0.0, 0.0)
    ) -> None:
        """What a player's client sent for this tick; ticks in `inputs` are the server's.

        Raises:
            RuntimeError: The player has no client.
        """
        player = self.players[slot]
        if player.entry.is_bot:
            raise RuntimeError(f"slot {slot} is a bot and sends no commands")
        player.commands += 1
        player.commanded_tick = self.tick
        view = (inputs[-1].pitch_deg, inputs[-1].yaw_deg) if inputs else (player.pitch_deg, player.yaw_deg)
        command = UserCommand(slot, player.commands, self.server_tick, buttons, view, move, tuple(inputs))
        self.commands.append((player, command))

    # --- items

    def weapon_selected(self, slot: int, name: str) -> None:
        """Take a held item in hand.

        Raises:
            RuntimeError: Not held.
        """
        player = self.player(slot)
        item = player.item(name)
        if item is None:
            raise RuntimeError(f"slot {slot} cannot select {name}: not held")
        self.hold(player, item)

    def given(self, slot: int, name: str) -> None:
        """The server hands out an item: the pistol and the knife of a spawn."""
        self.new_item(self.player(slot), name)

    def refilled(self, slot: int) -> None:
        """The server fills every clip and what lies beside it, as at a spawn."""
        player = self.player(slot)
        for item in player.items:
            item.clip, item.reserve = item.kind.clip, item.kind.reserve
        player.revision += 1

    def bought(self, slot: int, name: str, cost: int | None = None) -> None:
        """A purchase: a weapon, grenade, `vest`, `vesthelm` or `defuser`.

        Args:
            slot: Who buys.
            name: Canonical name.
            cost: What it costs; None asks the price list.
        """
        player = self.player(slot)
        price = WEAPONS[name].price if cost is None else cost
        self.set_money(player, player.money - price)
        player.cash_spent_this_round += price
        player.cash_spent += price
        item = None
        if name in {"vest", "vesthelm"}:
            self.set_armor(player, FULL_ARMOR, helmet=name == "vesthelm" or player.has_helmet)
        elif name == "defuser":
            player.has_kit = True
            player.revision += 1
        else:
            item = self.new_item(player, name)
        self.tell(Bought(player, name, price, item))

    def dropped(self, slot: int, name: str) -> int:
        """A held item falls to the ground; its number comes back.

        Raises:
            RuntimeError: Not held.
        """
        player = self.player(slot)
        item = player.item(name)
        if item is None:
            raise RuntimeError(f"slot {slot} cannot drop {name}: not held")
        self._let_go(player, item)
        self._items_dropped += 1
        self.dropped_items[self._items_dropped] = item
        return self._items_dropped

    def picked_up(self, slot: int, item: int) -> None:
        """Somebody takes a dropped item, by its number from `dropped`."""
        self._take_up(self.player(slot), self.dropped_items.pop(item))

    def clear_dropped(self) -> None:
        """A new round sweeps the map."""
        for item in self.dropped_items.values():
            self._end_item(item)
        self.dropped_items.clear()

    def chat(self, slot: int, text: str, *, team_only: bool = False) -> None:
        """A line of chat."""
        self.tell(Said(self.player(slot), text, team_only))

    # --- inside

    def _connect(self, player: Player, side: Side | None) -> None:
        player.is_connected = True
        self._set_side(player, side)
        self.tell(Joined(player))

    def _give_bot_back(self, player: Player) -> None:
        bot = player.plays_bot
        if bot is None:
            return
        for item in list(player.items):
            self.lose_item(player, item)
        player.plays_bot = None
        swap_bodies(player, bot)
        player.is_alive = bot.is_alive = False
        player.revision += 1
        bot.revision += 1
        self.tell(GaveBotBack(player, bot))
