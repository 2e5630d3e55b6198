"""Grenades in the air, smoke, fire, and the bomb."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from offangle.core.weapons import GRENADE_ITEMS
from offangle_sim.demo.entities import Entity, on_position_grid
from offangle_sim.demo.items import ITEMS, PROJECTILES, model_of
from offangle_sim.demo.recorder_combat import CombatScenes
from offangle_sim.demo.recorder_core import FIRST_SITE, SIDE_NUMBERS, Item, Player, Vec3
from offangle_sim.demo.send_tables import NO_HANDLE

BOMB_TIMER_S: Final = 40.0
DEFUSE_S: Final = 10.0
KIT_DEFUSE_S: Final = 5.0
MAX_FIRE_CELLS: Final = 64
_DETONATIONS: Final = {
    "smoke": "smokegrenade_detonate",
    "flash": "flashbang_detonate",
    "he": "hegrenade_detonate",
    "decoy": "decoy_started",
}
_SITES: Final = ("a", "b")


@dataclass(slots=True)
class Grenade:
    """A grenade from the throw until its effect is gone."""

    name: str
    kind: str
    thrower: Player
    entity: Entity | None
    row: dict[str, Any]
    bounces: int = 0
    position: Vec3 = (0.0, 0.0, 0.0)
    area_row: dict[str, Any] | None = None
    fire: Entity | None = None
    fire_position: Vec3 = (0.0, 0.0, 0.0)
    is_flying: bool = True
    noted: Vec3 | None = None
    last_seen: dict[str, Any] | None = None


@dataclass(slots=True)
class Bomb:
    """The planted bomb."""

    entity: Entity
    site: str
    planter: Player
    position: Vec3
    defuser: Player | None = field(default=None)


class UtilityScenes(CombatScenes):
    """What is thrown, and the bomb."""

    grenades: dict[int, Grenade]
    bomb: Bomb | None
    bomb_on_ground: Item | None

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
        self._fired(player, item)
        self.lose_item(player, held)
        entity = self._projectile(player, item, position, velocity)
        name = f"{entity.index}.{entity.serial}@{self.tick}"
        place = entity.position()
        row = self.log.add(
            "grenades",
            grenade_id=name,
            kind=GRENADE_ITEMS[item],
            thrower_steam_id=player.truth_id,
            thrower_side=player.side,
            throw_tick=self.tick,
            effect_tick=None,
            end_tick=None,
            **{f"throw_{axis}": value for axis, value in zip("xyz", place, strict=True)},
        )
        self._grenades_thrown += 1
        self.grenades[self._grenades_thrown] = Grenade(name, GRENADE_ITEMS[item], player, entity, row, position=place)
        return self._grenades_thrown

    _grenades_thrown: int

    def grenade_moved(self, grenade: int, position: Vec3, velocity: Vec3 | None = None) -> None:
        """Where the grenade flies."""
        thrown = self.grenades[grenade]
        entity = _alive(thrown.entity)
        entity.set_position(*position)
        thrown.position = entity.position()
        if velocity is not None:
            entity.update({f"m_vecVelocity.m_vec{axis}": v for axis, v in zip("XYZ", velocity, strict=True)})

    def grenade_bounced(self, grenade: int) -> None:
        """It struck something."""
        thrown = self.grenades[grenade]
        thrown.bounces += 1
        _alive(thrown.entity).set("m_nBounces", thrown.bounces)

    def grenade_detonated(self, grenade: int) -> None:
        """It goes off where it is: smoke blooms, flash and HE burst and are gone, a decoy begins to shoot.

        Molotovs do not detonate: see `inferno_started`.
        """
        thrown = self.grenades[grenade]
        entity = _alive(thrown.entity)
        self._effect(thrown, thrown.position)
        self._grenade_event(_DETONATIONS[thrown.kind], thrown)
        if thrown.kind == "smoke":
            entity.update({"m_bDidSmokeEffect": True, "m_nSmokeEffectTickBegin": self.writer.server_tick})
            thrown.area_row = self._area_row("smokes", thrown, thrown.position)
        elif thrown.kind in {"flash", "he"}:
            thrown.row["end_tick"] = self.tick
            self._at_tick_end.append(lambda: self._gone(grenade))

    def inferno_started(self, grenade: int, cells: Sequence[Vec3]) -> None:
        """A molotov breaks; fire spreads from the first of `cells`."""
        thrown = self.grenades[grenade]
        self._remove(thrown)
        centre = tuple(on_position_grid(value) for value in (cells[0] if cells else thrown.position))
        fire = self.writer.create(
            "CInferno",
            fields={
                "m_hOwnerEntity": thrown.thrower.body.handle,
                "m_nInfernoType": int(thrown.kind == "incendiary"),
                "m_nFireEffectTickBegin": self.writer.server_tick,
            },
        )
        thrown.fire = fire
        thrown.fire_position = (centre[0], centre[1], centre[2])
        fire.set_position(*thrown.fire_position)
        self.inferno_spread(grenade, cells)
        self._effect(thrown, thrown.fire_position)
        self.writer.event("inferno_startburn", self._fire_keys(thrown))
        thrown.area_row = self._area_row("fires", thrown, thrown.fire_position)

    def inferno_spread(self, grenade: int, cells: Sequence[Vec3]) -> None:
        """The cells that burn now."""
        fire = _alive(self.grenades[grenade].fire)
        burning = cells[:MAX_FIRE_CELLS]
        for at, cell in enumerate(burning):
            fire.set(f"m_firePositions.{at}", cell)
            fire.set(f"m_bFireIsBurning.{at}", value=True)
        for at in range(len(burning), int(fire.get("m_fireCount") or 0)):
            fire.set(f"m_bFireIsBurning.{at}", value=False)
        fire.set("m_fireCount", len(burning))

    def grenade_expired(self, grenade: int) -> None:
        """The smoke thins out, the fire goes out, the decoy is done; a grenade that never went off just vanishes."""
        thrown = self.grenades[grenade]
        if thrown.row["effect_tick"] is not None:
            thrown.row["end_tick"] = self.tick
            if thrown.area_row is not None:
                thrown.area_row["end_tick"] = self.tick
            if thrown.kind == "smoke":
                self._grenade_event("smokegrenade_expired", thrown)
            elif thrown.kind == "decoy":
                self._grenade_event("decoy_detonate", thrown)
            elif thrown.fire is not None:
                self.writer.event("inferno_expire", self._fire_keys(thrown))
        self._gone(grenade)

    def grenade_entity_index(self, grenade: int) -> int:
        """The entity of a grenade in flight."""
        return _alive(self.grenades[grenade].entity).index

    def grenade_name(self, grenade: int) -> str:
        """A grenade's id in the tables."""
        return self.grenades[grenade].name

    def grenade_burst_now(self, grenade: int) -> bool:
        """Whether the grenade went off in this tick."""
        return bool(self.grenades[grenade].row["effect_tick"] == self.tick)

    def clear_grenades(self) -> None:
        """A new round sweeps the map: nothing flies, smokes or burns any more."""
        for grenade in list(self.grenades):
            thrown = self.grenades[grenade]
            if thrown.fire is not None or (thrown.area_row is not None and thrown.kind != "smoke"):
                self.grenade_expired(grenade)
                continue
            if thrown.area_row is not None:
                thrown.area_row["end_tick"] = self.tick
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
        self._bomb_row("dropped", player, None, player.body.position())
        self._item_row(player, "drop", "c4", owner=item.original_owner)
        self._let_go(player, item)
        self.bomb_on_ground = item
        self.set_rules(m_bBombDropped=True)
        self.player_event("bomb_dropped", player, entindex=item.entity.index)

    def bomb_picked_up(self, slot: int) -> None:
        """Somebody takes it from the ground."""
        player, item = self.player(slot), self.bomb_on_ground
        if item is None:
            raise RuntimeError("no bomb lies on the ground")
        self.bomb_on_ground = None
        self._take_up(player, item)
        self.set_rules(m_bBombDropped=False)
        self.writer.event("bomb_pickup", {"userid_pawn": player.body.event_handle})
        self._bomb_row("picked_up", player, None, player.body.position())
        self._item_row(player, "pickup", "c4", owner=item.original_owner)

    def bomb_plant_begun(self, slot: int, site: str) -> None:
        """The carrier starts to plant."""
        player = self.player(slot)
        player.body.update({"m_bInBombZone": True, "m_nWhichBombZone": 1 + _SITES.index(site)})
        self._carried(player).entity.set("m_bStartedArming", value=True)
        self.player_event("bomb_beginplant", player, site=_site_index(site))
        self._bomb_row("plant_begin", player, site, player.body.position())

    def bomb_plant_aborted(self, slot: int, site: str) -> None:
        """... and stops."""
        player = self.player(slot)
        self._carried(player).entity.set("m_bStartedArming", value=False)
        self.player_event("bomb_abortplant", player, site=_site_index(site))
        self._bomb_row("plant_abort", player, site, player.body.position())

    def bomb_planted(self, slot: int, site: str) -> None:
        """It ticks, at the planter's feet."""
        player = self.player(slot)
        self.lose_item(player, self._carried(player))
        entity = self.writer.create(
            "CPlantedC4",
            fields={
                "m_bBombTicking": True,
                "m_nBombSite": _SITES.index(site),
                "m_hOwnerEntity": player.body.handle,
                "m_flC4Blow": self.writer.game_time_s + BOMB_TIMER_S,
                "m_flTimerLength": BOMB_TIMER_S,
                "m_flDefuseLength": DEFUSE_S,
            },
        )
        entity.set_position(*player.body.position())
        self.bomb = Bomb(entity, site, player, entity.position())
        self.set_rules(m_bBombPlanted=True)
        self.player_event("bomb_planted", player, site=_site_index(site))
        self._bomb_row("planted", player, site, player.body.position())

    def bomb_defuse_begun(self, slot: int) -> None:
        """Somebody starts to defuse."""
        player, bomb = self.player(slot), self._ticking()
        bomb.defuser = player
        seconds = KIT_DEFUSE_S if player.has_kit else DEFUSE_S
        bomb.entity.update(
            {
                "m_hBombDefuser": player.body.handle,
                "m_bBeingDefused": True,
                "m_flDefuseLength": seconds,
                "m_flDefuseCountDown": self.writer.game_time_s + seconds,
            }
        )
        player.body.set("m_bIsDefusing", value=True)
        self.player_event("bomb_begindefuse", player, haskit=player.has_kit)
        self._bomb_row("defuse_begin", player, bomb.site, player.body.position())

    def bomb_defuse_aborted(self, slot: int) -> None:
        """... and stops."""
        player, bomb = self.player(slot), self._ticking()
        self._stop_defuse(bomb)
        self.player_event("bomb_abortdefuse", player)
        self._bomb_row("defuse_abort", player, bomb.site, player.body.position())

    def bomb_defused(self, slot: int) -> None:
        """It is harmless; the round still has to be decided."""
        player, bomb = self.player(slot), self._ticking()
        self._stop_defuse(bomb)
        bomb.entity.update({"m_bBombTicking": False, "m_bBombDefused": True})
        self.player_event("bomb_defused", player, site=_site_index(bomb.site))
        self._bomb_row("defused", player, bomb.site, player.body.position())

    def bomb_exploded(self) -> None:
        """It goes off; the round still has to be decided."""
        bomb = self._ticking()
        bomb.entity.update({"m_bBombTicking": False, "m_bHasExploded": True})
        self.player_event("bomb_exploded", bomb.planter, site=_site_index(bomb.site))
        self._bomb_row("exploded", bomb.planter, bomb.site, None)

    def clear_bomb(self) -> None:
        """A new round takes every bomb away."""
        if self.bomb is not None:
            self.writer.delete(self.bomb.entity)
            self.bomb = None
        if self.bomb_on_ground is not None:
            self.writer.delete(self.bomb_on_ground.entity)
            self.bomb_on_ground = None
        for player in self.players.values():
            if (item := player.item("c4")) is not None:
                self.lose_item(player, item)

    # --- inside

    _at_tick_end: list[Any]

    def _let_go(self, player: Player, item: Item) -> None:
        player.items.remove(item)
        self.show_items(player)
        item.entity.update({"m_hOwnerEntity": NO_HANDLE, "m_flDroppedAtTime": self.writer.game_time_s})
        item.entity.set("m_hPrevOwner", player.body.handle)
        item.entity.set_position(*player.body.position())

    def _take_up(self, player: Player, item: Item) -> None:
        item.entity.update({"m_hOwnerEntity": player.body.handle, "m_flDroppedAtTime": 0.0})
        player.items.append(item)
        self.show_items(player)

    def _item_row(self, player: Player, action: str, item: str, *, owner: int, cost: int | None = None) -> None:
        row = {"action": action, "item": item, "cost": cost, "original_owner_steam_id": owner}
        self.log.add("item_events", tick=self.tick, steam_id=player.truth_id, **row)

    def _carried(self, player: Player) -> Item:
        item = player.item("c4")
        if item is None:
            raise RuntimeError(f"slot {player.entry.slot} has no bomb to plant")
        return item

    def _ticking(self) -> Bomb:
        if self.bomb is None:
            raise RuntimeError("no bomb is planted")
        return self.bomb

    @staticmethod
    def _stop_defuse(bomb: Bomb) -> None:
        if bomb.defuser is not None:
            bomb.defuser.body.set("m_bIsDefusing", value=False)
        bomb.defuser = None
        bomb.entity.update({"m_hBombDefuser": NO_HANDLE, "m_bBeingDefused": False})

    def _bomb_row(self, event: str, player: Player, site: str | None, position: Vec3 | None) -> None:
        x, y, z = (None, None, None) if position is None else position
        row = {"event": event, "steam_id": player.truth_id, "site": site, "x": x, "y": y, "z": z}
        self.log.add("bomb_events", tick=self.tick, **row, player=player)

    def _projectile(self, player: Player, item: str, position: Vec3, velocity: Vec3) -> Entity:
        kind = ITEMS[item]
        fields: dict[str, Any] = {
            **dict.fromkeys(("m_hThrower", "m_hOwnerEntity", "m_nOwnerId"), player.body.handle),
            "m_iTeamNum": SIDE_NUMBERS[player.side],
            "m_vInitialPosition": position,
            "m_vInitialVelocity": velocity,
            "CBodyComponent.m_hModel": model_of(kind),
            "m_bIsLive": True,
        }
        if item in {"molotov", "incgrenade"}:
            fields["m_bIsIncGrenade"] = item == "incgrenade"
        entity = self.writer.create(PROJECTILES[item], fields=fields)
        entity.set_position(*position)
        return entity

    def _effect(self, thrown: Grenade, place: Vec3) -> None:
        thrown.is_flying = False
        thrown.row["effect_tick"] = self.tick
        thrown.row.update({f"effect_{axis}": value for axis, value in zip("xyz", place, strict=True)})

    def _area_row(self, table: str, thrown: Grenade, place: Vec3) -> dict[str, Any]:
        return self.log.add(
            table,
            grenade_id=thrown.name,
            thrower_steam_id=thrown.thrower.truth_id,
            thrower_side=thrown.thrower.side,
            start_tick=self.tick,
            end_tick=None,
            **dict(zip("xyz", place, strict=True)),
        )

    def _grenade_event(self, name: str, thrown: Grenade) -> None:
        x, y, z = thrown.position
        keys: dict[str, float] = {"entityid": _alive(thrown.entity).index, "x": x, "y": y, "z": z}
        keys["userid_pawn"] = thrown.thrower.body.event_handle
        if name != "decoy_started":
            keys["userid"] = thrown.thrower.entry.slot
        self.writer.event(name, keys)

    @staticmethod
    def _fire_keys(thrown: Grenade) -> dict[str, float]:
        x, y, z = thrown.fire_position
        return {"entityid": _alive(thrown.fire).index, "x": x, "y": y, "z": z}

    def _remove(self, thrown: Grenade) -> None:
        self._note_last_seen(thrown)
        if thrown.entity is not None:
            self.writer.delete(thrown.entity)
            thrown.entity = None
        thrown.is_flying = False

    def _gone(self, grenade: int) -> None:
        thrown = self.grenades.pop(grenade)
        self._remove(thrown)
        if thrown.fire is not None:
            self.writer.delete(thrown.fire)

    def _note_flights(self) -> None:
        """At the end of each tick: where the grenades are; one that lies still is told of no more."""
        for thrown in self.grenades.values():
            bursts = thrown.row["effect_tick"] == self.tick and thrown.fire is None
            has_moved, thrown.noted = thrown.position != thrown.noted, thrown.position
            if has_moved and (thrown.is_flying or bursts):
                x, y, z = thrown.position
                thrown.last_seen = {"grenade_id": thrown.name, "tick": self.tick, "x": x, "y": y, "z": z}
                if bursts or (self.tick - thrown.row["throw_tick"]) % self.ticks_every == 0:
                    self._note_last_seen(thrown)

    def _note_last_seen(self, thrown: Grenade) -> None:
        """A flight is kept at every n-th tick, and where it ended."""
        if thrown.last_seen is not None:
            self.log.add("projectiles", **thrown.last_seen)
            thrown.last_seen = None


def _alive(entity: Entity | None) -> Entity:
    if entity is None:
        raise RuntimeError("the grenade is gone")
    return entity


def _site_index(site: str) -> int:
    return FIRST_SITE + _SITES.index(site)
