"""Keeps the truth of a match while it is played: rows as they happen, and where everybody is at every n-th tick."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from offangle.core.sides import Side
from offangle.core.weapons import canonical_weapon
from offangle.frames.collection import MatchFrames
from offangle_sim.server import events
from offangle_sim.server.grid import on_angle_grid, on_position_grid, on_velocity_grid
from offangle_sim.server.server import Server
from offangle_sim.server.setup import SERVER_START_TICK, Vec3
from offangle_sim.server.state import Grenade, Player
from offangle_sim.truth.log import TruthLog
from offangle_sim.truth.tables import SIDE_NUMBERS, truth_frames

NOWHERE: Final = (None, None, None)
BOMB_ROLE: Final = "bomb"
"""Whoever is at the bomb: the columns of his place have no word before them."""


class TruthKeeper:
    """Keeps one match (`server.events.Sink`); ask for `truth()` when it is over."""

    def __init__(self, server: Server) -> None:
        """Keep what `server` tells from now on."""
        self.server = server
        self.log = TruthLog()
        self._ticks_every = server.setup.ticks_every
        self._grenades: dict[Grenade, dict[str, Any]] = {}
        self._areas: dict[Grenade, dict[str, Any]] = {}
        self._noted: dict[Grenade, Vec3] = {}
        self._last_seen: dict[Grenade, dict[str, Any]] = {}
        self._of_tick: list[tuple[dict[str, Any], Mapping[str, Player | None]]] = []
        self._acts: Mapping[type[events.Event], Callable[[Any], None]] = {
            events.Fired: self._fired,
            events.Hurt: self._hurt,
            events.Killed: self._killed,
            events.Blinded: self._blinded,
            events.Thrown: self._thrown,
            events.WentOff: self._went_off,
            events.WoreOff: self._wore_off,
            events.Swept: lambda event: self._area_ends(event.grenade),
            events.ProjectileGone: lambda event: self._keep_last_seen(event.grenade),
            events.BombTold: self._bomb_told,
            events.Bought: self._bought,
            events.LetGo: self._let_go,
            events.TakenUp: self._taken_up,
            events.Said: self._said,
        }

    # --- as a sink

    def tick_begun(self) -> None:
        """Nothing is known of it yet."""

    def told(self, event: events.Event) -> None:
        """A row, where a table has one for it."""
        act = self._acts.get(type(event))
        if act is not None:
            act(event)

    def tick_ended(self) -> None:
        """Rows of this tick name players; where those stand is settled now."""
        self._note_flights()
        for row, roles in self._of_tick:
            for role, player in roles.items():
                row.update(_place(player, role))
        self._of_tick.clear()
        self._note_players()
        self._note_inputs()

    def close(self) -> None:
        """Nothing has to be closed."""

    def truth(self) -> MatchFrames:
        """The tables of the match so far, with `match.source` = `simulator`."""
        for grenade in list(self._last_seen):  # those that still fly have been seen as far as here
            self._keep_last_seen(grenade)
        return truth_frames(self.server, self.log)

    def write(self, folder: Path) -> MatchFrames:
        """The same as files, a table each."""
        frames = self.truth()
        folder.mkdir(parents=True, exist_ok=True)
        for name in frames:
            frames[name].write_parquet(folder / f"{name}.parquet", compression="zstd")
        return frames

    # --- fights

    def _add(self, table: str, roles: Mapping[str, Player | None], **row: Any) -> None:
        """A row of the tick being played; `roles`: of whom it tells the place, by the columns' beginning."""
        self._of_tick.append((self.log.add(table, **row), roles))

    def _fired(self, event: events.Fired) -> None:
        player, item, trace, tick = event.player, event.item, event.trace, self.server.tick
        clip = item.clip if item.clip >= 0 else None
        self._add("shots", {"": player}, tick=tick, **_who(player), weapon=item.kind.name, ammo_clip=clip)
        if trace is not None:
            self.log.add(
                "bullets",
                tick=tick,
                steam_id=player.truth_id,
                weapon=item.kind.name,
                **dict(zip(("origin_x", "origin_y", "origin_z"), trace.origin, strict=True)),
                pitch_deg=trace.pitch_deg,
                yaw_deg=trace.yaw_deg,
                inaccuracy=trace.inaccuracy,
                spread=trace.spread,
                recoil_index=trace.recoil_index,
            )

    def _hurt(self, event: events.Hurt) -> None:
        self._add(
            "damages",
            {"attacker": event.attacker, "victim": event.victim},
            tick=self.server.tick,
            **_who(event.attacker, "attacker_"),
            **_who(event.victim, "victim_"),
            weapon=canonical_weapon(event.weapon),
            hit_group=event.hit_group,
            health_damage=event.removed,
            health_damage_raw=event.damage,
            armor_damage=event.armor_damage,
            victim_health_after=event.victim.health,
            victim_armor_after=event.victim.armor,
        )

    def _killed(self, event: events.Killed) -> None:
        attacker, how = event.attacker, event.flags
        self._add(
            "kills",
            {"attacker": attacker, "victim": event.victim},
            tick=self.server.tick,
            **_who(attacker, "attacker_"),
            **_who(event.victim, "victim_"),
            **_who(event.assister, "assister_"),
            weapon=canonical_weapon(event.weapon),
            is_headshot=how.is_headshot,
            is_flash_assist=how.is_flash_assist,
            penetrated_objects=how.penetrated_objects,
            is_through_smoke=how.is_through_smoke,
            is_no_scope=how.is_no_scope,
            is_attacker_blind=how.is_attacker_blind,
            is_attacker_airborne=attacker is not None and not attacker.is_on_ground,
            is_attacker_controlling_bot=None if attacker is None else attacker.plays_bot is not None,
            is_victim_controlling_bot=event.victim.plays_bot is not None,
        )

    def _blinded(self, event: events.Blinded) -> None:
        self.log.add(
            "blinds",
            tick=self.server.tick,
            **_who(event.attacker, "attacker_"),
            **_who(event.victim, "victim_"),
            duration_s=event.duration_s,
            grenade_id=event.grenade.name,
        )

    # --- grenades

    def _thrown(self, event: events.Thrown) -> None:
        grenade = event.grenade
        self._grenades[grenade] = self.log.add(
            "grenades",
            grenade_id=grenade.name,
            kind=grenade.kind,
            **_who(grenade.thrower, "thrower_"),
            throw_tick=grenade.throw_tick,
            effect_tick=None,
            end_tick=None,
            **_at(grenade.position, "throw_"),
        )

    def _went_off(self, event: events.WentOff) -> None:
        grenade, tick = event.grenade, self.server.tick
        place = grenade.position if grenade.fire is None else grenade.fire_position
        row = self._grenades[grenade]
        row.update(effect_tick=tick, **_at(place, "effect_"))
        if grenade.kind in {"flash", "he"}:
            row["end_tick"] = tick
        if grenade.kind == "smoke" or grenade.fire is not None:
            self._areas[grenade] = self.log.add(
                "smokes" if grenade.fire is None else "fires",
                grenade_id=grenade.name,
                **_who(grenade.thrower, "thrower_"),
                start_tick=tick,
                end_tick=None,
                **_at(place),
            )

    def _wore_off(self, event: events.WoreOff) -> None:
        self._grenades[event.grenade]["end_tick"] = self.server.tick
        self._area_ends(event.grenade)

    def _area_ends(self, grenade: Grenade) -> None:
        if grenade in self._areas:
            self._areas[grenade]["end_tick"] = self.server.tick

    def _note_flights(self) -> None:
        """Where the grenades are; one that lies still is told of no more."""
        tick = self.server.tick
        for grenade in self.server.grenades.values():
            self._note_flight(grenade, tick, is_burst=grenade.effect_tick == tick and grenade.fire is None)

    def _note_flight(self, grenade: Grenade, tick: int, *, is_burst: bool) -> None:
        has_moved = self._noted.get(grenade) != grenade.position
        self._noted[grenade] = grenade.position
        if has_moved and (grenade.is_flying or is_burst):
            self._last_seen[grenade] = {"grenade_id": grenade.name, "tick": tick, **_at(grenade.position)}
            if is_burst or (tick - grenade.throw_tick) % self._ticks_every == 0:
                self._keep_last_seen(grenade)

    def _keep_last_seen(self, grenade: Grenade) -> None:
        """A flight is kept at every n-th tick, and where it ended."""
        row = self._last_seen.pop(grenade, None)
        if row is not None:
            self.log.add("projectiles", **row)

    # --- the bomb, items, words

    def _bomb_told(self, event: events.BombTold) -> None:
        player = event.player
        row = {"event": event.word, "steam_id": player.truth_id, "site": event.site}
        self._add("bomb_events", {BOMB_ROLE: player}, tick=self.server.tick, **row)

    def _bought(self, event: events.Bought) -> None:
        self._item_row(event.player, "purchase", event.name, event.player.truth_id, cost=event.price)

    def _let_go(self, event: events.LetGo) -> None:
        self._item_row(event.player, "drop", event.item.kind.name, event.item.original_owner)

    def _taken_up(self, event: events.TakenUp) -> None:
        self._item_row(event.player, "pickup", event.item.kind.name, event.item.original_owner)

    def _item_row(self, player: Player, action: str, item: str, owner: int, *, cost: int | None = None) -> None:
        row = {"action": action, "item": item, "cost": cost, "original_owner_steam_id": owner}
        self.log.add("item_events", tick=self.server.tick, steam_id=player.truth_id, **row)

    def _said(self, event: events.Said) -> None:
        player = event.player
        self.log.add(
            "chat",
            tick=self.server.tick,
            steam_id=player.truth_id,
            name=player.entry.name,
            is_team_only=event.is_team_only,
            message=event.text,
        )

    # --- every tick

    def _note_players(self) -> None:
        tick, log = self.server.tick, self.log
        if (tick - 1) % self._ticks_every:
            return
        for slot, player in self.server.players.items():
            if player.side is not None:
                log.ticks.add(self._tick_row(tick, slot, player))

    def _tick_row(self, tick: int, slot: int, player: Player) -> tuple[Any, ...]:
        """As the state has it; `tables` puts numbers on the recording's grids."""
        names = self.log.names
        return (
            tick,
            slot,
            SIDE_NUMBERS[player.side],
            *player.position,
            *player.velocity,
            player.pitch_deg,
            player.yaw_deg,
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

    def _note_inputs(self) -> None:
        tick, add, start = self.server.tick, self.log.inputs.add, SERVER_START_TICK
        for _, command in self.server.commands:
            for sequence, entry in enumerate(command.inputs):
                add(
                    (
                        tick,
                        command.slot,
                        sequence,
                        entry.render_tick - start,
                        entry.render_fraction,
                        entry.player_tick - start,
                        entry.player_fraction,
                        entry.pitch_deg,
                        entry.yaw_deg,
                    )
                )


def _who(player: Player | None, role: str = "") -> dict[str, int | Side | None]:
    return {
        f"{role}steam_id": None if player is None else player.truth_id,
        f"{role}side": None if player is None else player.side,
    }


def _at(place: Sequence[float | None], role: str = "") -> dict[str, float | None]:
    return {f"{role}{axis}": value for axis, value in zip("xyz", place, strict=True)}


def _place(player: Player | None, role: str) -> dict[str, float | None]:
    """Where somebody is; who shoots is told with his speed and view."""
    place = NOWHERE if player is None else on_position_grid(player.position)
    if role == BOMB_ROLE:
        return _at(place)
    if role or player is None:
        return _at(place, f"{role}_")
    velocity = zip("xyz", player.velocity, strict=True)
    return {
        **_at(place),
        **{f"velocity_{axis}": on_velocity_grid(part) for axis, part in velocity},
        "pitch_deg": on_angle_grid(player.pitch_deg),
        "yaw_deg": on_angle_grid(player.yaw_deg),
    }
