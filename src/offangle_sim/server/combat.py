"""Shots, hits, deaths, blindness."""

from typing import Final

from offangle.core.weapons import GRENADE_ITEMS
from offangle_sim.server.core import ServerCore
from offangle_sim.server.events import (
    Blinded,
    BulletTrace,
    Fired,
    Hurt,
    Jumped,
    Killed,
    KillFlags,
    ReloadBegun,
    Stepped,
)
from offangle_sim.server.setup import TICK_RATE, Vec3
from offangle_sim.server.state import Item, Player

SCORE_PER_KILL: Final = 2
"""Of the scoreboard's points; a team kill takes as many off, though no kill."""
_UTILITY: Final = frozenset({*GRENADE_ITEMS, "inferno"})


class Combat(ServerCore):
    """What players do to each other."""

    def shot(
        self, slot: int, *, trace: BulletTrace | None = None, impacts: tuple[Vec3, ...] = (), silenced: bool = False
    ) -> None:
        """The active weapon is used: a bullet, a swing. One weapon fires at most once a tick.

        Args:
            slot: Who.
            trace: What the server traced; None leaves it out.
            impacts: Where it struck the world.
            silenced: The silencer is on.

        Raises:
            RuntimeError: The player holds nothing.
        """
        player = self.player(slot)
        item = player.active
        if item is None:
            raise RuntimeError(f"slot {slot} cannot shoot: nothing in hand")
        if item.clip > 0:
            item.clip -= 1
        item.last_shot_s = self.game_time_s
        player.revision += 1
        self.tell(Fired(player, item, trace, impacts, silenced))

    def reload_begun(self, slot: int) -> None:
        """The clip is taken out; until `reloaded` or another item in hand the weapon cannot fire."""
        player = self.player(slot)
        if player.active is not None:
            player.reloading = player.active
            player.revision += 1
            self.tell(ReloadBegun(player))

    def reloaded(self, slot: int) -> None:
        """The clip is full again, or holds what was left beside it."""
        player = self.player(slot)
        item = player.active
        if item is None:
            return
        if player.reloading is not item:  # nobody saw it begin
            self.tell(ReloadBegun(player))
        player.reloading = None
        taken = min(item.kind.clip - item.clip, item.reserve)
        item.clip, item.reserve = item.clip + taken, item.reserve - taken
        player.revision += 1

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
        removed = min(damage, victim.health)
        self.set_health(victim, victim.health - removed)
        self.set_armor(victim, max(0, victim.armor - armor_damage), helmet=victim.has_helmet)
        self.tell(Hurt(victim, attacker, weapon, hit_group, damage, removed, armor_damage))
        if attacker is not None and attacker.side != victim.side:
            attacker.totals.damage += removed
            attacker.totals.utility_damage += removed * (weapon in _UTILITY)
            attacker.revision += 1
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
        self.last_kill_tick = self.tick
        self.tell(Killed(victim, attacker, assister, weapon, how))
        self._count_kill(victim, attacker, assister, how)
        self._die(victim)

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
        thrown = self.grenades[grenade]
        if thrown.effect_tick != self.tick:
            raise RuntimeError(f"grenade {grenade} blinds nobody in tick {self.tick}: it did not burst in it")
        victim, attacker = self.player(victim_slot), self.player(attacker_slot)
        victim.flash_s = duration_s
        victim.flash_ends_tick = self.tick + int(duration_s * TICK_RATE)
        victim.revision += 1
        if attacker.side != victim.side:
            attacker.totals.enemies_flashed += 1
            attacker.revision += 1
        self.tell(Blinded(victim, attacker, thrown, duration_s))

    def footstep(self, slot: int) -> None:
        """A step that can be heard."""
        self.tell(Stepped(self.players[slot]))

    def jumped(self, slot: int) -> None:
        """A jump that can be heard."""
        self.tell(Jumped(self.player(slot)))

    # --- inside

    def bomb_fell(self, player: Player) -> None:
        """The bomb leaves its carrier's hands."""
        raise NotImplementedError

    def _count_kill(self, victim: Player, attacker: Player | None, assister: Player | None, how: KillFlags) -> None:
        """A team kill is no kill, and takes none off; it costs points."""
        victim.totals.deaths += 1
        if attacker is not None and attacker is not victim:
            is_enemy = attacker.side != victim.side
            attacker.totals.kills += is_enemy
            attacker.totals.score += SCORE_PER_KILL if is_enemy else -SCORE_PER_KILL
            attacker.totals.headshot_kills += is_enemy and how.is_headshot
            attacker.revision += 1
        if assister is not None:
            assister.totals.assists += 1
            assister.totals.score += 1
            assister.revision += 1

    def _die(self, victim: Player) -> None:
        victim.is_alive = False
        self.set_health(victim, 0)
        self.set_armor(victim, 0, helmet=False)
        victim.has_kit = False
        if victim.item("c4") is not None:
            self.bomb_fell(victim)
        gone: list[Item] = list(victim.items)
        victim.items.clear()
        for item in gone:
            self._end_item(item)
        self._items_changed(victim)
        victim.is_scoped = False
        victim.velocity = (0.0, 0.0, 0.0)
