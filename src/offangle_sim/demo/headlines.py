"""What happens, as the recording's game events and messages tell it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from offangle.core.sides import Side
from offangle.core.terms import HIT_GROUPS, WORLD_WEAPON
from offangle_sim.demo.bodies import SIDE_NUMBERS
from offangle_sim.demo.bullets import fire_bullets_message
from offangle_sim.demo.cast import SITES, Cast
from offangle_sim.demo.events import NO_PLAYER
from offangle_sim.demo.items import ITEM_CLASSES
from offangle_sim.demo.send_tables import NO_HANDLE
from offangle_sim.demo.writer import DemoWriter
from offangle_sim.server import events
from offangle_sim.server.grid import on_position_grid
from offangle_sim.server.server import Server
from offangle_sim.server.setup import Vec3
from offangle_sim.server.state import Grenade, Player

FIRST_SITE: Final = 82
"""The entity of bomb site A; B follows."""
_HIT_GROUP_CODES: Final = {name: code for code, name in enumerate(HIT_GROUPS)} | {"gear": 10}
_DISTANCE_M_PER_U: Final = 0.0254
_DETONATIONS: Final = {
    "smoke": "smokegrenade_detonate",
    "flash": "flashbang_detonate",
    "he": "hegrenade_detonate",
    "decoy": "decoy_started",
}
_BOMB_EVENTS: Final = {
    "dropped": "bomb_dropped",
    "plant_begin": "bomb_beginplant",
    "plant_abort": "bomb_abortplant",
    "planted": "bomb_planted",
    "defuse_begin": "bomb_begindefuse",
    "defuse_abort": "bomb_abortdefuse",
    "defused": "bomb_defused",
    "exploded": "bomb_exploded",
}
_AT_SITE: Final = frozenset({"plant_begin", "plant_abort", "planted", "defused", "exploded"})
_CHANNELS: Final[Mapping[Side | None, str]] = {
    "t": "Cstrike_Chat_T",
    "ct": "Cstrike_Chat_CT",
    None: "Cstrike_Chat_Spec",
}


class Headlines:
    """Writes what is told as events and messages."""

    def __init__(self, server: Server, writer: DemoWriter, cast: Cast) -> None:
        self._server, self._writer, self._cast = server, writer, cast
        self._tells: Mapping[type[events.Event], Callable[[Any], None]] = {
            events.Joined: self._joined,
            events.Left: self._left,
            events.SwitchedTeam: self._switched_team,
            events.TookOverBot: self._took_over_bot,
            events.Spawned: lambda event: self._of("player_spawn", event.player),
            events.Stepped: lambda event: self._of("player_footstep", event.player),
            events.Jumped: lambda event: writer.event("player_jump", {"userid": event.player.entry.slot}),
            events.ReloadBegun: lambda event: self._of("weapon_reload", event.player),
            events.Said: self._said,
            events.Bought: self._bought,
            events.TakenUp: self._taken_up,
            events.Fired: self._fired,
            events.Hurt: self._hurt,
            events.Killed: self._killed,
            events.Blinded: self._blinded,
            events.WentOff: self._went_off,
            events.WoreOff: self._wore_off,
            events.BombTold: self._bomb_told,
            events.MatchStarted: lambda _: self._plain("begin_new_match", "round_announce_match_start"),
            events.RoundStarted: lambda _: self._plain("round_prestart", "round_poststart"),
            events.FreezeEnded: lambda _: self._plain("round_freeze_end"),
            events.StarNamed: self._star_named,
            events.PhaseEnded: lambda _: self._plain("announce_phase_end"),
            events.MatchEnded: self._match_ended,
        }

    def told(self, event: events.Event) -> None:
        """Write what players would be told of it."""
        tell = self._tells.get(type(event))
        if tell is not None:
            tell(event)

    # --- inside

    def _plain(self, *names: str) -> None:
        for name in names:
            self._writer.event(name)

    def _of(self, name: str, player: Player, **values: float | str) -> None:
        """An event about one player."""
        pawn = self._cast.pawn(player).event_handle
        self._writer.event(name, {"userid": player.entry.slot, "userid_pawn": pawn, **values})

    def _joined(self, event: events.Joined) -> None:
        self._writer.event("player_connect_full", {"userid": event.player.entry.slot})

    def _left(self, event: events.Left) -> None:
        entry = event.player.entry
        keys: dict[str, str | float] = {"userid": entry.slot, "name": entry.name, "xuid": entry.steam_id}
        self._writer.event("player_disconnect", {**keys, "networkid": str(entry.steam_id)})

    def _switched_team(self, event: events.SwitchedTeam) -> None:
        sides = {"team": SIDE_NUMBERS[event.player.side], "oldteam": SIDE_NUMBERS[event.old_side]}
        self._of("player_team", event.player, **sides)

    def _took_over_bot(self, event: events.TookOverBot) -> None:
        self._writer.event("bot_takeover", {"userid": event.player.entry.slot, "botid": event.bot.entry.slot})

    def _said(self, event: events.Said) -> None:
        player = event.player
        channel = _CHANNELS[player.side] if event.is_team_only else "Cstrike_Chat_All"
        self._writer.chat(self._cast.controller(player), player.entry.name, event.text, channel=channel)

    def _bought(self, event: events.Bought) -> None:
        if event.item is not None:
            self._writer.event("item_pickup", {"userid": event.player.entry.slot, "item": event.name})

    def _taken_up(self, event: events.TakenUp) -> None:
        """The bomb has an event of its own."""
        name = event.item.kind.name
        if name != "c4":
            self._writer.event("item_pickup", {"userid": event.player.entry.slot, "item": name})

    # --- fights

    def _fired(self, event: events.Fired) -> None:
        player, name = event.player, event.item.kind.name
        self._of("weapon_fire", player, weapon=f"weapon_{name}", silenced=event.is_silenced)
        if event.trace is not None:
            pawn, number = self._cast.pawn(player), ITEM_CLASSES[name].definition_index
            message = fire_bullets_message(event.trace, pawn.handle, number, self._writer.server_tick)
            self._writer.fire_bullets(message)
        for x, y, z in event.impacts:
            self._of("bullet_impact", player, x=x, y=y, z=z)

    def _hurt(self, event: events.Hurt) -> None:
        self._of(
            "player_hurt",
            event.victim,
            **self._by(event.attacker),
            health=event.victim.health,
            armor=event.victim.armor,
            weapon="" if event.weapon == WORLD_WEAPON else event.weapon,
            dmg_health=event.damage,
            dmg_armor=event.armor_damage,
            hitgroup=_HIT_GROUP_CODES[event.hit_group],
        )

    def _by(self, who: Player | None, role: str = "attacker") -> dict[str, int]:
        if who is None:
            return {role: NO_PLAYER, f"{role}_pawn": NO_HANDLE}
        return {role: who.entry.slot, f"{role}_pawn": self._cast.pawn(who).event_handle}

    def _killed(self, event: events.Killed) -> None:
        victim, attacker, how = event.victim, event.attacker, event.flags
        self._of(
            "player_death",
            victim,
            **self._by(attacker),
            **self._by(event.assister, "assister"),
            assistedflash=how.is_flash_assist,
            weapon={WORLD_WEAPON: "world", "c4": "planted_c4"}.get(event.weapon, event.weapon),
            weapon_itemid="0",
            weapon_fauxitemid="0",
            weapon_originalowner_xuid=str(0 if attacker is None else attacker.entry.steam_id),
            headshot=how.is_headshot,
            penetrated=how.penetrated_objects,
            noscope=how.is_no_scope,
            thrusmoke=how.is_through_smoke,
            attackerblind=how.is_attacker_blind,
            distance=0.0 if attacker is None else _metres(attacker.position, victim.position),
            hitgroup=1 if how.is_headshot else 2,
            attackerinair=attacker is not None and not attacker.is_on_ground,
        )

    def _blinded(self, event: events.Blinded) -> None:
        keys = {"userid": event.victim.entry.slot, "attacker": event.attacker.entry.slot}
        index = self._index(event.grenade)
        self._writer.event("player_blind", {**keys, "blind_duration": event.duration_s, "entityid": index})

    # --- grenades and the bomb

    def _index(self, grenade: Grenade) -> int:
        return self._cast.grenades[grenade].index

    def _went_off(self, event: events.WentOff) -> None:
        if event.grenade.fire is not None:
            self._writer.event("inferno_startburn", self._fire_keys(event.grenade))
        else:
            self._grenade_event(_DETONATIONS[event.grenade.kind], event.grenade)

    def _wore_off(self, event: events.WoreOff) -> None:
        grenade = event.grenade
        if grenade.kind == "smoke":
            self._grenade_event("smokegrenade_expired", grenade)
        elif grenade.kind == "decoy":
            self._grenade_event("decoy_detonate", grenade)
        elif grenade.fire is not None:
            self._writer.event("inferno_expire", self._fire_keys(grenade))

    def _grenade_event(self, name: str, grenade: Grenade) -> None:
        x, y, z = grenade.position
        keys: dict[str, float] = {"entityid": self._index(grenade), "x": x, "y": y, "z": z}
        keys["userid_pawn"] = self._cast.pawn(grenade.thrower).event_handle
        if name != "decoy_started":
            keys["userid"] = grenade.thrower.entry.slot
        self._writer.event(name, keys)

    def _fire_keys(self, grenade: Grenade) -> dict[str, float]:
        x, y, z = grenade.fire_position
        return {"entityid": self._cast.fires[grenade].index, "x": x, "y": y, "z": z}

    def _bomb_told(self, event: events.BombTold) -> None:
        if event.word == "picked_up":
            self._writer.event("bomb_pickup", {"userid_pawn": self._cast.pawn(event.player).event_handle})
            return
        values: dict[str, float] = {}
        if event.word in _AT_SITE and event.site is not None:
            values["site"] = FIRST_SITE + SITES.index(event.site)
        if event.word == "dropped" and event.item is not None:
            values["entindex"] = self._cast.item(event.item).index
        if event.word == "defuse_begin":
            values["haskit"] = event.player.has_kit
        self._of(_BOMB_EVENTS[event.word], event.player, **values)

    # --- the match

    def _star_named(self, event: events.StarNamed) -> None:
        self._writer.event("round_mvp", {"userid": event.player.entry.slot, "reason": 1})

    def _match_ended(self, event: events.MatchEnded) -> None:
        del event
        players = self._server.players.values()
        self._writer.end_of_match(
            [(p.entry.slot, p.entry.steam_id, p.entry.name, SIDE_NUMBERS[p.side]) for p in players]
        )


def _metres(one: Vec3, other: Vec3) -> float:
    steps = zip(on_position_grid(one), on_position_grid(other), strict=True)
    apart: float = sum((a - b) ** 2 for a, b in steps) ** 0.5
    return apart * _DISTANCE_M_PER_U
