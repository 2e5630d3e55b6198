"""Shots, hits, deaths, blindness."""

from dataclasses import dataclass
from typing import Final

from offangle.core.terms import HIT_GROUPS, WORLD_WEAPON
from offangle.core.weapons import GRENADE_ITEMS, canonical_weapon
from offangle_sim.demo.bullets import BulletTrace, fire_bullets_message
from offangle_sim.demo.events import NO_PLAYER
from offangle_sim.demo.recorder_core import DEAD, Player, RecorderCore, Vec3
from offangle_sim.demo.send_tables import NO_HANDLE

EYE_HEIGHT_U: Final = 64.0
DUCKED_EYE_HEIGHT_U: Final = 46.0
_HIT_GROUP_CODES: Final = {name: code for code, name in enumerate(HIT_GROUPS)} | {"gear": 10}
SCORE_PER_KILL: Final = 2
_FLASH_ALPHA: Final = 255.0
_DISTANCE_M_PER_U: Final = 0.0254
_UTILITY: Final = frozenset({*GRENADE_ITEMS, "inferno"})


@dataclass(frozen=True, slots=True)
class KillFlags:
    """How a kill came about; the columns of `kills`."""

    is_headshot: bool = False
    is_flash_assist: bool = False
    penetrated_objects: int = 0
    is_through_smoke: bool = False
    is_no_scope: bool = False
    is_attacker_blind: bool = False


class CombatScenes(RecorderCore):
    """What players do to each other."""

    def shot(
        self, slot: int, *, trace: BulletTrace | None = None, impacts: tuple[Vec3, ...] = (), silenced: bool = False
    ) -> None:
        """The active weapon is used: a bullet, a swing. One weapon fires at most once a tick.

        Args:
            slot: Who.
            trace: What the server traced, for `fire_bullets`; None leaves it out.
            impacts: Where it struck the world.
            silenced: The silencer is on.

        Raises:
            RuntimeError: The player holds nothing.
        """
        player = self.player(slot)
        item = player.active
        if item is None:
            raise RuntimeError(f"slot {slot} cannot shoot: nothing in hand")
        clip = item.entity.get("m_iClip1")
        if isinstance(clip, int) and clip > 0:
            item.entity.set("m_iClip1", clip - 1)
        item.entity.set("m_fLastShotTime", self.writer.game_time_s)
        self._fired(player, item.kind.name, silenced=silenced)
        if trace is not None:
            self._traced(player, trace)
        for x, y, z in impacts:
            self.player_event("bullet_impact", player, x=x, y=y, z=z)

    def reload_begun(self, slot: int) -> None:
        """The clip is taken out; until `reloaded` or another item in hand the weapon cannot fire."""
        player = self.player(slot)
        if player.active is not None:
            player.reloading = player.active
            self.player_event("weapon_reload", player)

    def reloaded(self, slot: int) -> None:
        """The clip is full again, or holds what was left beside it."""
        player = self.player(slot)
        item = player.active
        if item is None:
            return
        if player.reloading is not item:  # nobody saw it begin
            self.player_event("weapon_reload", player)
        player.reloading = None
        left, reserve = int(item.entity.get("m_iClip1") or 0), int(item.entity.get("m_pReserveAmmo.0") or 0)
        taken = min(item.kind.clip - left, reserve)
        item.entity.update({"m_iClip1": left + taken, "m_pReserveAmmo.0": reserve - taken})

    def _fired(self, player: Player, name: str, *, silenced: bool = False) -> None:
        self.player_event("weapon_fire", player, weapon=f"weapon_{name}", silenced=silenced)
        clip = None if player.active is None else player.active.entity.get("m_iClip1")
        self.log.add(
            "shots",
            tick=self.tick,
            steam_id=player.truth_id,
            side=player.side,
            weapon=name,
            player=player,
            ammo_clip=clip if isinstance(clip, int) and clip >= 0 else None,
        )

    def _traced(self, player: Player, trace: BulletTrace) -> None:
        item = player.active
        number = 0 if item is None else item.kind.definition_index
        self.writer.fire_bullets(fire_bullets_message(trace, player.body.handle, number, self.writer.server_tick))
        self.log.add(
            "bullets",
            tick=self.tick,
            steam_id=player.truth_id,
            weapon=None if item is None else item.kind.name,
            **trace.columns(),
        )

    def hurt(
        self,
        victim_slot: int,
        *,
        attacker_slot: int | None,
        weapon: str,
        hit_group: str = "generic",
        damage: int,
        armor_damage: int = 0,
    ) -> int:
        """Somebody takes damage; the health that is left comes back.

        Args:
            victim_slot: Who is hit.
            attacker_slot: By whom; None for the world or the bomb.
            weapon: Canonical name; `inferno` for fire, `world` for a fall.
            hit_group: One of `core.terms.HIT_GROUPS`.
            damage: Before it is capped at the health that was left.
            armor_damage: Taken off the armor.
        """
        victim, attacker = self.player(victim_slot), self._maybe(attacker_slot)
        before = victim.health
        self.set_health(victim, max(0, before - damage))
        armor = max(0, victim.armor - armor_damage)
        self.set_armor(victim, armor, helmet=victim.has_helmet)
        self.player_event(
            "player_hurt",
            victim,
            **self._attacker_keys(attacker),
            health=victim.health,
            armor=armor,
            weapon="" if weapon == WORLD_WEAPON else weapon,
            dmg_health=damage,
            dmg_armor=armor_damage,
            hitgroup=_HIT_GROUP_CODES[hit_group],
        )
        self.log.add(
            "damages",
            tick=self.tick,
            attacker_steam_id=None if attacker is None else attacker.truth_id,
            victim_steam_id=victim.truth_id,
            attacker_side=None if attacker is None else attacker.side,
            victim_side=victim.side,
            weapon=canonical_weapon(weapon),
            hit_group=hit_group,
            health_damage=min(damage, before),
            health_damage_raw=damage,
            armor_damage=armor_damage,
            victim_health_after=victim.health,
            victim_armor_after=armor,
            attacker=attacker,
            victim=victim,
        )
        if attacker is not None and attacker.side != victim.side:
            self._track(attacker, "m_iDamage", min(damage, before))
            if weapon in _UTILITY:
                self._track(attacker, "m_iUtilityDamage", min(damage, before))
        return victim.health

    def killed(
        self,
        victim_slot: int,
        *,
        attacker_slot: int | None,
        weapon: str,
        assister_slot: int | None = None,
        flags: KillFlags | None = None,
    ) -> None:
        """Somebody dies; what he carried is gone, except for the bomb, which drops.

        Args:
            victim_slot: Who dies.
            attacker_slot: By whom; None for the world or the bomb.
            weapon: Canonical name.
            assister_slot: Who helped.
            flags: How it came about.
        """
        victim, attacker, assister = self.player(victim_slot), self._maybe(attacker_slot), self._maybe(assister_slot)
        how = flags or KillFlags()
        self._death_event(victim, attacker, assister, weapon, how)
        self._note_kill(victim, attacker, assister, weapon, how)
        self._count_kill(victim, attacker, assister, how)
        self._die(victim, by_headshot=how.is_headshot)

    def blinded(self, victim_slot: int, *, attacker_slot: int, grenade: int, duration_s: float) -> None:
        """A flash blinds somebody, in the tick in which it bursts.

        Args:
            victim_slot: Who sees nothing.
            attacker_slot: Who threw.
            grenade: The grenade's number from `grenade_thrown`.
            duration_s: For how long.

        Raises:
            RuntimeError: The grenade did not go off in this tick, or not yet: readers need its burst first.
        """
        if not self.grenade_burst_now(grenade):
            raise RuntimeError(f"grenade {grenade} blinds nobody in tick {self.tick}: it did not burst in it")
        victim, attacker = self.player(victim_slot), self.player(attacker_slot)
        victim.flash_s = duration_s
        victim.flash_ends_tick = self.tick + int(duration_s * self.writer.header.tick_rate)
        victim.body.update({"m_flFlashDuration": duration_s, "m_flFlashMaxAlpha": _FLASH_ALPHA, "m_bFlashing": True})
        keys = {"userid": victim_slot, "attacker": attacker_slot, "blind_duration": duration_s}
        self.writer.event("player_blind", {**keys, "entityid": self.grenade_entity_index(grenade)})
        if attacker.side != victim.side:
            self._track(attacker, "m_iEnemiesFlashed", 1)
        self.log.add(
            "blinds",
            tick=self.tick,
            attacker_steam_id=attacker.truth_id,
            victim_steam_id=victim.truth_id,
            attacker_side=attacker.side,
            victim_side=victim.side,
            duration_s=duration_s,
            grenade_id=self.grenade_name(grenade),
        )

    def footstep(self, slot: int) -> None:
        """A step that can be heard."""
        self.player_event("player_footstep", self.player(slot))

    def jumped(self, slot: int) -> None:
        """A jump that can be heard."""
        self.writer.event("player_jump", {"userid": slot})

    # --- inside

    def grenade_entity_index(self, grenade: int) -> int:
        """The entity of a grenade in flight."""
        raise NotImplementedError

    def grenade_name(self, grenade: int) -> str:
        """A grenade's id in the tables."""
        raise NotImplementedError

    def grenade_burst_now(self, grenade: int) -> bool:
        """Whether the grenade went off in this tick."""
        raise NotImplementedError

    def bomb_fell(self, player: Player) -> None:
        """The bomb leaves its carrier's hands."""
        raise NotImplementedError

    def _maybe(self, slot: int | None) -> Player | None:
        return None if slot is None else self.player(slot)

    @staticmethod
    def _attacker_keys(attacker: Player | None, role: str = "attacker") -> dict[str, int]:
        if attacker is None:
            return {role: NO_PLAYER, f"{role}_pawn": NO_HANDLE}
        return {role: attacker.entry.slot, f"{role}_pawn": attacker.body.event_handle}

    def _death_event(
        self, victim: Player, attacker: Player | None, assister: Player | None, weapon: str, how: KillFlags
    ) -> None:
        far = 0.0
        if attacker is not None:
            steps = zip(attacker.body.position(), victim.body.position(), strict=True)
            far = sum((a - b) ** 2 for a, b in steps) ** 0.5 * _DISTANCE_M_PER_U
        self.player_event(
            "player_death",
            victim,
            **self._attacker_keys(attacker),
            **self._attacker_keys(assister, "assister"),
            assistedflash=how.is_flash_assist,
            weapon={WORLD_WEAPON: "world", "c4": "planted_c4"}.get(weapon, weapon),
            weapon_itemid="0",
            weapon_fauxitemid="0",
            weapon_originalowner_xuid=str(0 if attacker is None else attacker.entry.steam_id),
            headshot=how.is_headshot,
            penetrated=how.penetrated_objects,
            noscope=how.is_no_scope,
            thrusmoke=how.is_through_smoke,
            attackerblind=how.is_attacker_blind,
            distance=far,
            hitgroup=1 if how.is_headshot else 2,
            attackerinair=attacker is not None and not attacker.is_on_ground,
        )

    def _note_kill(
        self, victim: Player, attacker: Player | None, assister: Player | None, weapon: str, how: KillFlags
    ) -> None:
        named = {"attacker": attacker, "victim": victim, "assister": assister}
        self.log.add(
            "kills",
            tick=self.tick,
            **{f"{role}_steam_id": None if who is None else who.truth_id for role, who in named.items()},
            **{f"{role}_side": None if who is None else who.side for role, who in named.items()},
            weapon=canonical_weapon(weapon),
            is_headshot=how.is_headshot,
            is_flash_assist=how.is_flash_assist,
            penetrated_objects=how.penetrated_objects,
            is_through_smoke=how.is_through_smoke,
            is_no_scope=how.is_no_scope,
            is_attacker_blind=how.is_attacker_blind,
            is_attacker_airborne=attacker is not None and not attacker.is_on_ground,
            is_attacker_controlling_bot=None if attacker is None else attacker.plays_bot is not None,
            is_victim_controlling_bot=victim.plays_bot is not None,
            attacker=attacker,
            victim=victim,
        )

    def _count_kill(self, victim: Player, attacker: Player | None, assister: Player | None, how: KillFlags) -> None:
        self._track(victim, "m_iDeaths", 1)
        if attacker is not None and attacker is not victim:
            is_enemy = attacker.side != victim.side
            self._track(attacker, "m_iKills", 1 if is_enemy else -1)
            attacker.controller.add("m_iScore", SCORE_PER_KILL if is_enemy else -SCORE_PER_KILL)
            if is_enemy and how.is_headshot:
                self._track(attacker, "m_iHeadShotKills", 1)
        if assister is not None:
            self._track(assister, "m_iAssists", 1)
            assister.controller.add("m_iScore", 1)

    @staticmethod
    def _track(player: Player, name: str, amount: int) -> None:
        player.controller.add(f"m_pActionTrackingServices.m_matchStats.{name}", amount)

    def _die(self, victim: Player, *, by_headshot: bool) -> None:
        victim.is_alive = False
        self.set_health(victim, 0)
        self.set_armor(victim, 0, helmet=False)
        self.set_kit(victim, has_kit=False)
        if victim.item("c4") is not None:
            self.bomb_fell(victim)
        for item in list(victim.items):
            victim.items.remove(item)
            self.writer.delete(item.entity)
        self.show_items(victim)
        victim.body.update({"m_lifeState": DEAD, "m_bKilledByHeadshot": by_headshot, "m_bIsScoped": False})
        victim.is_scoped = False
        victim.velocity = (0.0, 0.0, 0.0)
        victim.body.update({f"m_vecVelocity.m_vec{axis}": 0.0 for axis in "XYZ"})
        victim.controller.set("m_bPawnIsAlive", value=False)
