"""Who is which entity: the recording's controllers, bodies, items, grenades and the bomb, as they come and go."""

from typing import TYPE_CHECKING, Any, Final

from offangle_sim.demo.bodies import (
    DEAD,
    FIRST_CONTROLLER,
    FIRST_PAWN,
    ON_GROUND,
    SIDE_NUMBERS,
    STANDING_FLAGS,
    Body,
    name_plate,
    show_item,
)
from offangle_sim.demo.entities import Entity
from offangle_sim.demo.items import ITEM_CLASSES, PROJECTILES
from offangle_sim.demo.send_tables import NO_HANDLE
from offangle_sim.demo.writer import DemoWriter
from offangle_sim.server import events
from offangle_sim.server.server import Server
from offangle_sim.server.state import Grenade, Item, Player
from offangle_sim.server.utility import BOMB_TIMER_S, DEFUSE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SITES: Final = ("a", "b")
_FLASH_ALPHA: Final = 255.0


class Cast:
    """The entities of one recording.

    Attributes:
        bodies: By the slot of whose own they are.
        controllers: By slot.
        shown: Each player's revision when his controller was last written, by slot.
        grenades: What flies or lies there.
        fires: What burns.
        bomb: The planted one.
    """

    def __init__(self, server: Server, writer: DemoWriter) -> None:
        self._server, self._writer = server, writer
        self.bodies: dict[int, Body] = {}
        self.controllers: dict[int, Entity] = {}
        self.shown: dict[int, int] = {}
        self.grenades: dict[Grenade, Entity] = {}
        self.fires: dict[Grenade, Entity] = {}
        self.bomb: Entity | None = None
        self._items: dict[Item, Entity] = {}
        self._acts: Mapping[type[events.Event], Callable[[Any], None]] = {
            events.Joined: self._joined,
            events.Left: self._left,
            events.Coaches: self._coaches,
            events.Spawned: self._spawned,
            events.ItemMade: self._item_made,
            events.ItemGone: self._item_gone,
            events.LetGo: self._let_go,
            events.TakenUp: self._taken_up,
            events.Killed: self._killed,
            events.Blinded: self._blinded,
            events.Thrown: self._thrown,
            events.WentOff: self._went_off,
            events.FireSpread: self._fire_spread,
            events.ProjectileGone: self._projectile_gone,
            events.FireGone: self._fire_gone,
            events.BombTold: self._bomb_told,
            events.BombGone: self._bomb_gone,
            events.TookOverBot: self._bodies_swapped,
            events.GaveBotBack: self._bodies_swapped,
        }

    def told(self, event: events.Event) -> None:
        """Entities come, go and change with what happens."""
        act = self._acts.get(type(event))
        if act is not None:
            act(event)

    def pawn(self, player: Player) -> Entity:
        """The body that a player moves."""
        return self.bodies[player.body].entity

    def controller(self, player: Player) -> Entity:
        """The entity that stands for a player, whatever he moves."""
        return self.controllers[player.entry.slot]

    def item(self, item: Item) -> Entity:
        """An item, held or on the ground."""
        return self._items[item]

    # --- inside

    def _joined(self, event: events.Joined) -> None:
        """Who only watches has no body."""
        player, slot = event.player, event.player.entry.slot
        controller = self._writer.create("CCSPlayerController", FIRST_CONTROLLER + slot, name_plate(player))
        controller.set("m_hOriginalControllerOfCurrentPawn", controller.handle)
        self.controllers[slot] = controller
        self.shown.pop(slot, None)
        if player.entry.team is None:
            return
        start = {"m_lifeState": DEAD, "m_fFlags": STANDING_FLAGS | ON_GROUND, "m_hGroundEntity": 0}
        pawn = self._writer.create("CCSPlayerPawn", FIRST_PAWN + slot, start)
        pawn.update({"m_hController": controller.handle, "m_hOriginalController": controller.handle})
        pawn.update({"m_nEntityId": pawn.index, "m_nOwnerId": pawn.handle})
        pawn.set_position(*player.position)
        controller.update({"m_hPawn": pawn.handle, "m_hPlayerPawn": pawn.handle})
        self.bodies[slot] = Body(pawn)

    def _left(self, event: events.Left) -> None:
        self._writer.delete(self.controller(event.player))
        if event.player.body in self.bodies:
            self._writer.delete(self.pawn(event.player))

    def _coaches(self, event: events.Coaches) -> None:
        self.controller(event.player).set("m_iCoachingTeam", SIDE_NUMBERS[event.side])

    def _bodies_swapped(self, event: events.TookOverBot | events.GaveBotBack) -> None:
        player, bot = event.player, event.bot
        own, other = self.controller(player), self.controller(bot)
        pawn, left = self.pawn(player), self.pawn(bot)
        is_other = isinstance(event, events.TookOverBot)
        own.update({"m_bControllingBot": is_other, "m_hPlayerPawn": pawn.handle, "m_hPawn": pawn.handle})
        own.set("m_hOriginalControllerOfCurrentPawn", other.handle if is_other else own.handle)
        pawn.set("m_hController", own.handle)
        left.set("m_hController", other.handle)
        for body in (self.bodies[player.body], self.bodies[bot.body]):
            body.look_anew()

    def _spawned(self, event: events.Spawned) -> None:
        pawn = self.pawn(event.player)
        pawn.update({"m_bKilledByHeadshot": False, "m_unRoundStartEquipmentValue": event.player.equipment_value})

    def _item_made(self, event: events.ItemMade) -> None:
        item, player = event.item, event.player
        known = ITEM_CLASSES[item.kind.name]
        self._items[item] = self._writer.create(
            known.class_name,
            item.edict,
            {
                "m_iItemDefinitionIndex": known.definition_index,
                "m_hOwnerEntity": self.pawn(player).handle,
                "m_iTeamNum": SIDE_NUMBERS[player.side],
                "m_OriginalOwnerXuidLow": item.owner_steam_id & 0xFFFFFFFF,
                "m_OriginalOwnerXuidHigh": item.owner_steam_id >> 32,
                "CBodyComponent.m_hModel": known.model,
            },
        )
        show_item(self._items[item], item)

    def _item_gone(self, event: events.ItemGone) -> None:
        self._writer.delete(self._items.pop(event.item))

    def _let_go(self, event: events.LetGo) -> None:
        entity = self.item(event.item)
        show_item(entity, event.item)
        entity.update({"m_hOwnerEntity": NO_HANDLE, "m_flDroppedAtTime": self._server.game_time_s})
        entity.set("m_hPrevOwner", self.pawn(event.player).handle)
        entity.set_position(*event.position)

    def _taken_up(self, event: events.TakenUp) -> None:
        self.item(event.item).update({"m_hOwnerEntity": self.pawn(event.player).handle, "m_flDroppedAtTime": 0.0})

    def _killed(self, event: events.Killed) -> None:
        self.pawn(event.victim).set("m_bKilledByHeadshot", event.flags.is_headshot)

    def _blinded(self, event: events.Blinded) -> None:
        self.pawn(event.victim).set("m_flFlashMaxAlpha", _FLASH_ALPHA)

    def _thrown(self, event: events.Thrown) -> None:
        thrown = event.grenade
        pawn = self.pawn(thrown.thrower)
        fields: dict[str, Any] = {
            **dict.fromkeys(("m_hThrower", "m_hOwnerEntity", "m_nOwnerId"), pawn.handle),
            "m_iTeamNum": SIDE_NUMBERS[thrown.thrower.side],
            "m_vInitialPosition": thrown.throw_position,
            "m_vInitialVelocity": thrown.throw_velocity,
            "CBodyComponent.m_hModel": ITEM_CLASSES[thrown.item].model,
            "m_bIsLive": True,
        }
        if thrown.item in {"molotov", "incgrenade"}:
            fields["m_bIsIncGrenade"] = thrown.item == "incgrenade"
        entity = self._writer.create(PROJECTILES[thrown.item], thrown.edict, fields)
        entity.set_position(*thrown.position)
        self.grenades[thrown] = entity

    def _went_off(self, event: events.WentOff) -> None:
        thrown = event.grenade
        if thrown.fire is not None:
            fields = {
                "m_hOwnerEntity": self.pawn(thrown.thrower).handle,
                "m_nInfernoType": int(thrown.kind == "incendiary"),
                "m_nFireEffectTickBegin": self._server.server_tick,
            }
            fire = self.fires[thrown] = self._writer.create("CInferno", thrown.fire, fields)
            fire.set_position(*thrown.fire_position)
            _show_fire(fire, thrown)
        elif thrown.kind == "smoke":
            smoke = {"m_bDidSmokeEffect": True, "m_nSmokeEffectTickBegin": self._server.server_tick}
            self.grenades[thrown].update(smoke)

    def _fire_spread(self, event: events.FireSpread) -> None:
        _show_fire(self.fires[event.grenade], event.grenade)

    def _projectile_gone(self, event: events.ProjectileGone) -> None:
        entity = self.grenades.pop(event.grenade)
        self._writer.delete(entity)

    def _fire_gone(self, event: events.FireGone) -> None:
        self._writer.delete(self.fires.pop(event.grenade))

    def _bomb_told(self, event: events.BombTold) -> None:
        if event.word == "plant_begin":
            zone = 1 + SITES.index(event.site or "a")
            self.pawn(event.player).set("m_nWhichBombZone", zone)
        elif event.word == "planted" and event.bomb is not None:
            bomb = event.bomb
            fields = {
                "m_nBombSite": SITES.index(bomb.site),
                "m_hOwnerEntity": self.pawn(bomb.planter).handle,
                "m_flC4Blow": self._server.game_time_s + BOMB_TIMER_S,
                "m_flTimerLength": BOMB_TIMER_S,
                "m_flDefuseLength": DEFUSE_S,
            }
            self.bomb = self._writer.create("CPlantedC4", bomb.edict, fields)
            self.bomb.set_position(*bomb.position)

    def _bomb_gone(self, event: events.BombGone) -> None:
        del event
        if self.bomb is not None:
            self._writer.delete(self.bomb)
            self.bomb = None


def show_grenade(entity: Entity, grenade: Grenade) -> None:
    """Where a grenade flies, and how often it has struck something."""
    entity.set_position(*grenade.position)
    if grenade.velocity is not None:
        entity.update({f"m_vecVelocity.m_vec{axis}": v for axis, v in zip("XYZ", grenade.velocity, strict=True)})
    if grenade.bounces:
        entity.set("m_nBounces", grenade.bounces)


def _show_fire(fire: Entity, grenade: Grenade) -> None:
    for at, cell in enumerate(grenade.cells):
        fire.set(f"m_firePositions.{at}", cell)
        fire.set(f"m_bFireIsBurning.{at}", value=True)
    for at in range(len(grenade.cells), int(fire.get("m_fireCount") or 0)):
        fire.set(f"m_bFireIsBurning.{at}", value=False)
    fire.set("m_fireCount", len(grenade.cells))
