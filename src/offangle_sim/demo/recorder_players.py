"""Players come and go, move, buy, speak."""

from collections.abc import Sequence
from typing import Any, Final, TypedDict, Unpack

from offangle.core.sides import Side
from offangle.core.weapons import WEAPONS
from offangle_sim.demo.recorder_core import (
    ALIVE,
    DEAD,
    FIRST_CONTROLLER,
    FIRST_PAWN,
    FULL_HEALTH,
    SIDE_NUMBERS,
    Player,
    Vec3,
    on_angle_grid,
    on_velocity_grid,
)
from offangle_sim.demo.recorder_rounds import RoundScenes
from offangle_sim.demo.recorder_utility import UtilityScenes
from offangle_sim.demo.user_commands import InputEntry, UserCommand

CONNECTED: Final = 0
_STATE_FLAGS: Final = {
    "is_scoped": "m_bIsScoped",
    "is_walking": "m_bIsWalking",
    "in_buy_zone": "m_bInBuyZone",
    "in_bomb_zone": "m_bInBombZone",
}


_BODY_STATE: Final = (
    *("health", "armor", "has_helmet", "has_kit", "position", "velocity", "pitch_deg", "yaw_deg", "items", "active"),
    *("place", "flash_s", "flash_ends_tick", "is_scoped", "is_walking", "is_ducking", "is_on_ground", "is_alive"),
)
"""What belongs to the body and not to the player who moves it."""


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


class PlayerScenes(RoundScenes, UtilityScenes):
    """What players do by themselves."""

    # --- coming and going

    def player_joined(self, slot: int, side: Side | None = None) -> None:
        """A player connects and joins a side; None watches (a coach)."""
        player = self.player(slot)
        team = player.entry.team
        self._connect(player, side if team is None else side or self.side_of_team[team])
        self.writer.event("player_connect_full", {"userid": slot})

    def player_left(self, slot: int) -> None:
        """A player disconnects: controller and body are gone, with everything carried."""
        player = self.player(slot)
        player.is_connected = False
        name, steam_id = player.entry.name, player.entry.steam_id
        keys: dict[str, str | float] = {"userid": slot, "name": name, "xuid": steam_id, "networkid": str(steam_id)}
        self.writer.event("player_disconnect", keys)
        self._give_bot_back(player)
        self.stripped(slot)
        player.is_alive, player.is_ducking, player.is_walking, player.is_scoped = False, False, False, False
        player.velocity, player.pitch_deg, player.yaw_deg, player.place = (0.0, 0.0, 0.0), 0.0, 0.0, ""
        player.is_on_ground = True
        self.set_health(player, 0)
        self._set_side(player, None)
        for entity in (player.controller, player.pawn):
            if entity.index in self.writer.entities:
                self.writer.delete(entity)

    def player_reconnected(self, slot: int) -> None:
        """The player is back on the own team's side, dead until the next spawn."""
        player = self.player(slot)
        self._connect(player, None if player.entry.team is None else self.side_of_team[player.entry.team])
        self.writer.event("player_connect_full", {"userid": slot})

    def player_switched_team(self, slot: int, side: Side) -> None:
        """A player changes sides alone."""
        player = self.player(slot)
        keys = {"userid": slot, "team": SIDE_NUMBERS[side], "oldteam": SIDE_NUMBERS[player.side]}
        self.writer.event("player_team", {**keys, "userid_pawn": player.pawn.event_handle})
        self._set_side(player, side)

    def coach(self, slot: int, side: Side) -> None:
        """A coach watches a side."""
        self.player(slot).controller.set("m_iCoachingTeam", SIDE_NUMBERS[side])

    def bot_takeover(self, slot: int, bot_slot: int) -> None:
        """A dead player goes on in a bot's body until the next spawn."""
        player, bot = self.player(slot), self.player(bot_slot)
        player.plays_bot = bot
        player.controller.update(
            {"m_bControllingBot": True, "m_hPlayerPawn": bot.pawn.handle, "m_hPawn": bot.pawn.handle}
        )
        player.controller.set("m_hOriginalControllerOfCurrentPawn", bot.controller.handle)
        bot.pawn.set("m_hController", player.controller.handle)
        player.pawn.set("m_hController", bot.controller.handle)
        self.writer.event("bot_takeover", {"userid": slot, "botid": bot_slot})
        _swap_bodies(player, bot)
        player.controller.set("m_bPawnIsAlive", value=True)

    def spawned(self, slot: int, position: Vec3, *, yaw_deg: float = 0.0, place: str = "") -> None:
        """A player stands at a spawn, alive and whole; items are kept if he survived."""
        player = self.player(slot)
        self._give_bot_back(player)
        was_alive, player.is_alive = player.is_alive, True
        self.set_health(player, FULL_HEALTH)
        if not was_alive:
            self.set_armor(player, 0, helmet=False)
        player.pawn.update({"m_lifeState": ALIVE, "m_bKilledByHeadshot": False, "m_flFlashDuration": 0.0})
        player.flash_s = 0.0
        player.controller.set("m_bPawnIsAlive", value=True)
        self.move_player(slot, position, (0.0, 0.0, 0.0), 0.0, yaw_deg)
        self.set_player_state(slot, place=place, is_on_ground=True, is_ducking=False)
        player.pawn.set("m_unRoundStartEquipmentValue", self.equipment_value(player))
        self.player_event("player_spawn", player)

    # --- moving

    def move_player(self, slot: int, position: Vec3, velocity: Vec3, pitch_deg: float, yaw_deg: float) -> None:
        """Where a player is, how fast, and where he looks: called for every player and tick."""
        player = self.players[slot]
        body = player.body
        if position != player.position or body.position_steps is None:
            player.position = position
            body.set_position(*position)
        if velocity != player.velocity:
            player.velocity = velocity
            body.set("m_vecVelocity.m_vecX", velocity[0])
            body.set("m_vecVelocity.m_vecY", velocity[1])
            body.set("m_vecVelocity.m_vecZ", velocity[2])
        if pitch_deg != player.pitch_deg or yaw_deg != player.yaw_deg:
            player.pitch_deg, player.yaw_deg = pitch_deg, yaw_deg
            body.set("m_angEyeAngles", (pitch_deg, yaw_deg, 0.0))

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
        if "has_kit" in changes:
            self.set_kit(player, has_kit=changes["has_kit"])
        if "money" in changes:
            self.set_money(player, changes["money"])
        if {"armor", "has_helmet", "has_kit"} & changes.keys():
            player.body.set("m_unCurrentEquipmentValue", self.equipment_value(player))
        if "weapon" in changes:
            self.weapon_selected(slot, changes["weapon"])
        self._set_presence(player, changes)

    def _set_presence(self, player: Player, changes: PlayerChanges) -> None:
        body = player.body
        if "place" in changes:
            player.place = changes["place"]
            body.set("m_szLastPlaceName", player.place)
        if "ping_ms" in changes:
            player.ping_ms = changes["ping_ms"]
            player.controller.set("m_iPing", player.ping_ms)
        flags: dict[str, Any] = dict(changes)
        for name, field in _STATE_FLAGS.items():
            if name in flags:
                value = flags[name]
                body.set(field, value)
                if name in {"is_scoped", "is_walking"}:
                    setattr(player, name, value)
        if "is_ducking" in changes or "is_on_ground" in changes:
            player.is_ducking = changes.get("is_ducking", player.is_ducking)
            player.is_on_ground = changes.get("is_on_ground", player.is_on_ground)
            body.set("m_fFlags", self.flags(player))
            body.update(
                {
                    "m_pMovementServices.m_bDucked": player.is_ducking,
                    "m_pMovementServices.m_flDuckAmount": float(player.is_ducking),
                    "m_hGroundEntity": 0 if player.is_on_ground else 0xFFFFFF,
                }
            )

    def user_command(
        self, slot: int, inputs: Sequence[InputEntry], *, buttons: int = 0, move: tuple[float, float] = (0.0, 0.0)
    ) -> None:
        """What a player's client sent for this tick; ticks in `inputs` are the server's.

        Raises:
            RuntimeError: The player has no client.
        """
        player = self.player(slot)
        if player.entry.is_bot:
            raise RuntimeError(f"slot {slot} is a bot and sends no commands")
        player.commands += 1
        player.commanded_tick = self.tick
        view = (inputs[-1].pitch_deg, inputs[-1].yaw_deg) if inputs else (player.pitch_deg, player.yaw_deg)
        command = UserCommand(slot, player.commands, self.writer.server_tick, buttons, view, move, tuple(inputs))
        self.writer.user_command(command, player.body)
        start, tick = self.writer.header.server_start_tick, self.tick
        for sequence, entry in enumerate(inputs):
            self.log.inputs.add(
                (
                    tick,
                    slot,
                    sequence,
                    entry.render_tick - start,
                    entry.render_fraction,
                    entry.player_tick - start,
                    entry.player_fraction,
                    entry.pitch_deg,
                    entry.yaw_deg,
                )
            )

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
        player = self.player(slot)
        self.new_item(player, name)

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
        player.controller.add("m_pInGameMoneyServices.m_iCashSpentThisRound", price)
        player.controller.add("m_pInGameMoneyServices.m_iTotalCashSpent", price)
        if name in {"vest", "vesthelm"}:
            self.set_player_state(slot, armor=100, has_helmet=name == "vesthelm" or player.has_helmet)
        elif name == "defuser":
            self.set_player_state(slot, has_kit=True)
        else:
            self.new_item(player, name)
            self.writer.event("item_pickup", {"userid": slot, "item": name})
        self._item_row(player, "purchase", name, cost=price, owner=player.truth_id)

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
        self._item_row(player, "drop", name, owner=item.original_owner)
        self._items_dropped += 1
        self.dropped_items[self._items_dropped] = item
        return self._items_dropped

    _items_dropped: int

    def picked_up(self, slot: int, item: int) -> None:
        """Somebody takes a dropped item, by its number from `dropped`."""
        player, found = self.player(slot), self.dropped_items.pop(item)
        self._take_up(player, found)
        self.writer.event("item_pickup", {"userid": slot, "item": found.kind.name})
        self._item_row(player, "pickup", found.kind.name, owner=found.original_owner)

    def stripped(self, slot: int) -> None:
        """Everything is taken from a player, as when the sides change."""
        player = self.player(slot)
        for item in list(player.items):
            self.lose_item(player, item)
        self.set_armor(player, 0, helmet=False)
        self.set_kit(player, has_kit=False)
        self.show_items(player)

    def clear_dropped(self) -> None:
        """A new round sweeps the map."""
        for item in self.dropped_items.values():
            self.writer.delete(item.entity)
        self.dropped_items.clear()

    def chat(self, slot: int, text: str, *, team_only: bool = False) -> None:
        """A line of chat."""
        player = self.player(slot)
        channel = {"t": "Cstrike_Chat_T", "ct": "Cstrike_Chat_CT", None: "Cstrike_Chat_Spec"}[player.side]
        name = player.entry.name
        self.writer.chat(player.controller, name, text, channel=channel if team_only else "Cstrike_Chat_All")
        self.log.add("chat", tick=self.tick, steam_id=player.truth_id, name=name, is_team_only=team_only, message=text)

    # --- inside

    def _embody(self, player: Player) -> None:
        """Put controller and pawn into the recording, with what was known of them; who only watches has no pawn."""
        slot, before, body = player.entry.slot, player.controller, player.pawn
        kept = {name: value for name, value in before.values.items() if not name.startswith("m_h")}
        controller = player.controller = self.writer.create("CCSPlayerController", FIRST_CONTROLLER + slot, kept)
        controller.set("m_hOriginalControllerOfCurrentPawn", controller.handle)
        if player.entry.team is None:
            return
        kept = {name: body.get(name) for name in ("m_lifeState", "m_fFlags", "m_hGroundEntity")}
        pawn = player.pawn = player.body = self.writer.create("CCSPlayerPawn", FIRST_PAWN + slot, kept)
        pawn.update({"m_hController": controller.handle, "m_hOriginalController": controller.handle})
        pawn.update({"m_nEntityId": pawn.index, "m_nOwnerId": pawn.handle, "m_lifeState": DEAD})
        pawn.set_position(*player.position)
        controller.update({"m_hPawn": pawn.handle, "m_hPlayerPawn": pawn.handle})

    def _connect(self, player: Player, side: Side | None) -> None:
        self._embody(player)
        player.is_connected = True
        player.controller.set("m_iConnected", CONNECTED)
        self._set_side(player, side)

    def _give_bot_back(self, player: Player) -> None:
        bot = player.plays_bot
        if bot is None:
            return
        for item in list(player.items):
            self.lose_item(player, item)
        player.plays_bot = None
        _swap_bodies(player, bot)
        player.is_alive = bot.is_alive = False
        bot.pawn.set("m_hController", bot.controller.handle)
        player.pawn.set("m_hController", player.controller.handle)
        own = player.pawn.handle
        player.controller.update({"m_bControllingBot": False, "m_hPlayerPawn": own, "m_hPawn": own})
        player.controller.set("m_hOriginalControllerOfCurrentPawn", player.controller.handle)

    def _note_silent_clients(self) -> None:
        """A client that stops sending says so once, with a command without inputs: readers keep the last one."""
        for slot, player in self.players.items():
            if player.commanded_tick == self.tick - 1 and player.commands:
                self.user_command(slot, ())
                player.commanded_tick = 0

    def _note_players(self) -> None:
        """At the end of each tick: flashes wear off, and every player's row of the ticks table."""
        tick, log = self.tick, self.log
        sampled = (tick - 1) % self.ticks_every == 0
        for slot, player in self.players.items():
            if player.flash_s and player.flash_ends_tick <= tick:
                player.flash_s = 0.0
                player.body.update({"m_flFlashDuration": 0.0, "m_bFlashing": False})
            if sampled and player.side is not None:
                log.ticks.add(self._tick_row(tick, slot, player))

    def _tick_row(self, tick: int, slot: int, player: Player) -> tuple[Any, ...]:
        names, velocity = self.log.names, player.velocity
        return (
            tick,
            slot,
            SIDE_NUMBERS[player.side],
            *player.body.position(),
            on_velocity_grid(velocity[0]),
            on_velocity_grid(velocity[1]),
            on_velocity_grid(velocity[2]),
            on_angle_grid(player.pitch_deg),
            on_angle_grid(player.yaw_deg),
            player.is_alive,
            player.health,
            player.armor,
            player.has_helmet,
            player.has_kit,
            player.money,
            names(player.active.kind.name) if player.active is not None else 0,
            names(player.place),
            player.ping_ms,
            player.flash_s,
            player.is_scoped,
            player.is_walking,
            player.is_ducking,
            not player.is_on_ground,
        )


def _swap_bodies(player: Player, bot: Player) -> None:
    player.body, bot.body = bot.body, player.body
    for name in _BODY_STATE:
        mine, its = getattr(player, name), getattr(bot, name)
        setattr(player, name, its)
        setattr(bot, name, mine)
