"""Small matches played by a script, through the simulator's recorder: everything happens, nothing is believable."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from makers.recorded import RecordedMatch
from offangle.core.sides import Side, Team
from offangle_sim.net.inputs import InputEntry
from offangle_sim.order import GameMode
from offangle_sim.server.events import BulletTrace, KillFlags
from offangle_sim.server.server import Server
from offangle_sim.server.setup import MatchSetup, PlayerEntry, Vec3
from offangle_sim.server.state import Player

FIRST_STEAM_ID = 76561198000000001
PLACES = ("TSpawn", "BombsiteA", "BombsiteB", "LongA", "Middle", "CTSpawn", "Catwalk", "Tunnel")
ENDINGS = ("t_elimination", "bomb", "ct_elimination", "defuse", "time")
THROWN = ("smokegrenade", "flashbang", "hegrenade", "molotov", "incgrenade", "decoy")
FLIGHT_TICKS = 96


def entries(per_team: int = 5, *, bots: Sequence[int] = ()) -> tuple[PlayerEntry, ...]:
    """Team b in the first slots, team a in the others; `bots` are slots."""
    return tuple(
        PlayerEntry(
            slot,
            f"bot{slot:02d}" if slot in bots else f"player{slot:02d}",
            0 if slot in bots else FIRST_STEAM_ID + slot * 7919,
            "b" if slot < per_team else "a",
            slot in bots,
        )
        for slot in range(2 * per_team)
    )


@dataclass
class Script:
    """How much happens."""

    rounds: int = 5
    seed: int = 1
    mode: GameMode = "competitive"
    serials: int | None = 317
    per_team: int = 5
    freeze_ticks: int = 64
    live_ticks: int = 640
    post_ticks: int = 64
    warmup_ticks: int = 0
    knife_round: bool = False
    ticks_every: int = 1
    max_rounds: int | None = None
    overtime_rounds: int = 6
    inputs: bool = True
    bots: tuple[int, ...] = ()
    before_round: dict[int, Callable[["ScriptedMatch"], None]] = field(default_factory=dict)
    in_round: dict[tuple[int, int], Callable[["ScriptedMatch"], None]] = field(default_factory=dict)


class ScriptedMatch:
    """Plays a script tick by tick."""

    def __init__(self, script: Script, recorder: Server) -> None:
        self.script = script
        self.recorder = recorder
        self.random = random.Random(script.seed)  # noqa: S311 -- a script, no secret
        self.tick_of_round = 0
        self.number = 0
        self.plan: dict[int, list[Callable[[], None]]] = {}
        self.heading = {slot: self.random.uniform(0, 360) for slot in recorder.players}
        self.begun = False

    # --- time

    def pass_ticks(self, count: int) -> None:
        for _ in range(count):
            self.one_tick()

    def one_tick(self) -> None:
        """A tick, in which everybody moves and sends commands; `now` runs before in the same tick."""
        recorder = self.recorder
        if not self.begun:
            recorder.begin_tick()
        self.begun = False
        for slot, player in recorder.players.items():
            if player.is_connected and player.side is not None:
                self._move(slot, player)
        recorder.end_tick()

    def now(self) -> Server:
        """The recorder inside a tick that `one_tick` will end."""
        if not self.begun:
            self.recorder.begin_tick()
            self.begun = True
        return self.recorder

    def _move(self, slot: int, player: Player) -> None:
        recorder, rng, tick = self.recorder, self.random, self.recorder.tick
        if player.is_alive:
            frozen = self.tick_of_round < 0
            self.heading[slot] = (self.heading[slot] + rng.uniform(-4, 4)) % 360
            speed = 0.0 if frozen else (slot * 37 + tick // 32 * 50) % 250
            angle = math.radians(self.heading[slot])
            velocity = (math.cos(angle) * speed, math.sin(angle) * speed, 0.0)
            x, y, _ = player.position
            x = _inside(x + velocity[0] / 64, 2000.0)
            y = _inside(y + velocity[1] / 64, 2000.0)
            yaw = self.heading[slot] - 180.0
            recorder.move_player(slot, (x, y, 40.0 + slot), velocity, rng.uniform(-30, 30), yaw)
            if tick % 64 == 0:
                recorder.set_player_state(slot, place=PLACES[(slot + tick // 640) % len(PLACES)])
                recorder.set_player_state(slot, is_ducking=tick % 256 == 0, is_walking=tick % 320 == 0)
        if tick % 128 == slot:
            recorder.set_player_state(slot, ping_ms=15 + (slot * 7 + tick // 128) % 60)
        if self.script.inputs and not player.entry.is_bot and player.is_alive:
            recorder.user_command(slot, self._inputs(player))

    def _inputs(self, player: Player) -> list[InputEntry]:
        server = self.recorder.server_tick
        count = 1 + (server + player.entry.slot) % 3
        return [
            InputEntry(
                server - 2 + at, (at + 1) / 8, server - 1 + at, (at + 1) / 8, player.pitch_deg + at, player.yaw_deg
            )
            for at in range(count)
        ]

    # --- the match

    def play(self) -> None:
        script = self.script
        recorder = self.now()
        for slot, player in recorder.players.items():
            if player.entry.team is not None:
                recorder.player_joined(slot)
                recorder.set_player_state(slot, money=800)
        if script.warmup_ticks:
            recorder.warmup_started()
            self._spawn_all(self.now())
            self.pass_ticks(script.warmup_ticks)
            self.now().warmup_ended()
        else:
            self._spawn_all(recorder)
        self.pass_ticks(16)
        if script.knife_round:
            self.play_round(ending="t_elimination", kind="knife")
            self.now().sides_switched()
        self.now().match_started()
        for number in range(script.rounds):
            if number in script.before_round:
                script.before_round[number](self)
            self.play_round()
        self.now().match_ended()
        self.pass_ticks(64)

    def play_round(self, ending: str | None = None, *, kind: str = "regular", finish: bool = True) -> None:
        script, recorder = self.script, self.now()
        self._halves(recorder, kind)
        ending = ending or ENDINGS[self.number % len(ENDINGS)]
        recorder.clear_grenades()
        recorder.clear_bomb()
        recorder.clear_dropped()
        recorder.round_started(kind=kind)
        self._spawn_all(recorder)
        self.tick_of_round = -script.freeze_ticks
        bomber = self.random.choice(self._alive("t"))
        if kind == "knife":
            self._take_money()
        else:
            recorder.bomb_given(bomber)
            self._buy_plan()
        for at in range(script.freeze_ticks):
            self._act(at)
            self.one_tick()
        self.tick_of_round = 0
        self.now().freeze_ended()
        self._live_plan(ending, bomber, kind)
        for at in range(script.live_ticks):
            self.tick_of_round = at
            act = script.in_round.get((self.number, at))
            if act is not None:
                act(self)
            self._act(at)
            self.one_tick()
        self.plan.clear()
        if finish:
            self.pass_ticks(script.post_ticks)
            for player in recorder.players.values():
                if player.side is not None:
                    self.now().set_player_state(player.entry.slot, money=min(16000, player.money + 2500))
        if kind == "regular":
            self.number += 1

    def _take_money(self) -> None:
        """Nobody can buy; who does not get money again has none."""
        for slot, player in self.recorder.players.items():
            if player.side is not None:
                self.now().set_player_state(slot, money=0)

    def _halves(self, recorder: Server, kind: str) -> None:
        counted = sum(record.counts for record in recorder.rounds)
        regulation, part = recorder.max_rounds, recorder.overtime_rounds // 2
        if kind != "regular" or not counted:
            return
        if counted < regulation:
            switch = counted == regulation // 2
        else:
            switch = (counted - regulation) % (2 * part) == part
            if (counted - regulation) % (2 * part) == 0:
                recorder.overtime()
        last = recorder.rounds[-1]
        if switch and last.counts and last.half != recorder._half():
            recorder.half_time()

    def _spawn_all(self, recorder: Server) -> None:
        for slot, player in recorder.players.items():
            if not player.is_connected or player.side is None:
                continue
            base = (-1500.0, -900.0) if player.side == "t" else (1300.0, 900.0)
            spawn = (base[0] + 48.0 * slot, base[1], 40.0 + slot)
            place = "TSpawn" if player.side == "t" else "CTSpawn"
            recorder.spawned(slot, spawn, yaw_deg=90.0, place=place)
            for name in ("knife", "glock" if player.side == "t" else "usp_silencer"):
                if player.item(name) is None:
                    recorder.given(slot, name)

    # --- plans

    def _act(self, at: int) -> None:
        for act in self.plan.pop(at, ()):
            act()

    def at(self, tick: int, act: Callable[[], None]) -> None:
        self.plan.setdefault(tick, []).append(act)

    def _alive(self, side: Side) -> list[int]:
        return [slot for slot, player in self.recorder.players.items() if player.side == side and player.is_alive]

    def _buy_plan(self) -> None:
        for order, (slot, player) in enumerate(self.recorder.players.items()):
            if player.side is not None:
                self.at(4 + 4 * order, partial(self._buy, slot))

    def _buy(self, slot: int) -> None:
        recorder, player = self.now(), self.recorder.player(slot)
        rifle = "ak47" if player.side == "t" else "m4a1"
        grenade = THROWN[slot % len(THROWN)]
        if player.money >= 5000 and player.item(rifle) is None:
            recorder.bought(slot, rifle)
            recorder.weapon_selected(slot, rifle)
        elif player.money >= 1000 and player.armor < 100:
            recorder.bought(slot, "vesthelm")
        elif player.money >= 500 and player.item(grenade) is None:
            recorder.bought(slot, grenade)
        if player.active is not None and player.active.kind.name in {"knife", "c4", *THROWN}:
            recorder.weapon_selected(slot, "glock" if player.item("glock") else "usp_silencer")

    def _live_plan(self, ending: str, bomber: int, kind: str) -> None:
        live = self.script.live_ticks
        winner: Side = "t" if ending in {"t_elimination", "bomb"} else "ct"
        losers = self._alive("ct" if winner == "t" else "t")
        deaths = losers if "elimination" in ending else losers[:1]
        deaths = [slot for slot in deaths if slot != bomber or "elimination" in ending]
        for order, slot in enumerate(deaths):
            tick = live // 3 + order * (live // 2) // max(len(deaths), 1)
            self.at(tick, partial(self.duel, slot))
        if kind == "knife":
            self.at(live - 1, lambda: self._decide(winner, "elimination"))
            return
        for slot in self.recorder.players:
            for shot in range(3):
                self.at(20 + slot * 7 + shot * 6, partial(self.fire, slot))
        for order, slot in enumerate(self.recorder.players):
            self.at(60 + order * 5, partial(self.toss, slot))
        self._bomb_plan(ending, bomber, live)
        reason = {"bomb": "bomb_exploded", "defuse": "bomb_defused", "time": "time_expired"}.get(ending, "elimination")
        if ending != "none":
            self.at(live - 1, lambda: self._decide(winner, reason))

    def _bomb_plan(self, ending: str, bomber: int, live: int) -> None:
        if ending == "ct_elimination":
            self.at(30, lambda: self.now().bomb_dropped(bomber))
            mate = next(slot for slot in self._alive("t") if slot != bomber)
            self.at(50, lambda: self.now().bomb_picked_up(mate))
        if ending not in {"bomb", "defuse"}:
            return
        site = "ab"[self.number % 2]
        self.at(200, lambda: self.now().bomb_plant_begun(bomber, site))
        self.at(204, lambda: self.now().bomb_plant_aborted(bomber, site))
        self.at(210, lambda: self.now().bomb_plant_begun(bomber, site))
        self.at(260, lambda: self.now().bomb_planted(bomber, site))
        if ending == "bomb":
            self.at(live - 1, lambda: self.now().bomb_exploded())
            return
        self.at(live - 100, lambda: self.now().bomb_defuse_begun(self._defuser()))
        self.at(live - 90, lambda: self.now().bomb_defuse_aborted(self._defuser()))
        self.at(live - 80, lambda: self.now().bomb_defuse_begun(self._defuser()))
        self.at(live - 1, lambda: self.now().bomb_defused(self._defuser()))

    def _defuser(self) -> int:
        return self._alive("ct")[-1]

    def _decide(self, winner: Side, reason: str) -> None:
        recorder = self.now()
        recorder.round_decided(winner, reason)
        recorder.round_mvp(self._alive(winner)[0])
        recorder.chat(0, f"gg {recorder.tick}")
        recorder.chat(self.script.per_team, "nice", team_only=True)

    # --- acts

    def fire(self, slot: int) -> None:
        player, recorder = self.recorder.player(slot), self.now()
        if not player.is_alive or player.active is None or player.active.kind.name in {"c4", *THROWN}:
            return
        x, y, z = player.position
        trace = BulletTrace((x, y, z + 64), player.pitch_deg, player.yaw_deg, 0.01, 0.002, 1.5, recorder.tick & 0xFF)
        recorder.shot(slot, trace=trace, impacts=((x + 100, y, z),))
        recorder.footstep(slot)

    def duel(self, victim: int) -> None:
        recorder, hurt = self.now(), self.recorder.player(victim)
        if not hurt.is_alive or hurt.side is None:
            return
        rivals = self._alive("ct" if hurt.side == "t" else "t")
        if not rivals:
            return
        rng = self.random
        attacker = rng.choice(rivals)
        active = self.recorder.player(attacker).active
        assert active is not None
        weapon = active.kind.name
        headshot = rng.random() < 0.5
        if weapon != "knife":
            self.fire(attacker)
        armor = min(hurt.armor, 4)
        recorder.hurt(victim, attacker_slot=attacker, weapon=weapon, hit_group="chest", damage=27, armor_damage=armor)
        recorder.hurt(
            victim, attacker_slot=attacker, weapon=weapon, hit_group="head" if headshot else "stomach", damage=110
        )
        mates = [slot for slot in rivals if slot != attacker]
        flags = KillFlags(
            is_headshot=headshot,
            is_flash_assist=rng.random() < 0.3 and bool(mates),
            penetrated_objects=rng.randrange(2),
            is_through_smoke=rng.random() < 0.2,
        )
        helper = rng.choice(mates) if mates and (flags.is_flash_assist or rng.random() < 0.4) else None
        recorder.killed(victim, attacker_slot=attacker, weapon=weapon, assister_slot=helper, flags=flags)

    def toss(self, slot: int) -> None:
        player = self.recorder.player(slot)
        held = next((name for name in THROWN if player.item(name) is not None), None)
        if held is None or not player.is_alive:
            return
        x, y, z = player.position
        start = (x + 10, y, z + 64)
        angle = math.radians(self.heading[slot])
        speed = (600 * math.cos(angle), 600 * math.sin(angle), 300.0)
        before = player.active.kind.name if player.active is not None else "knife"
        grenade = self.now().grenade_thrown(slot, held, position=start, velocity=speed)
        self.at(self.tick_of_round + 1, lambda: self._hold_again(slot, before))
        for age in range(1, FLIGHT_TICKS + 1):
            self.at(self.tick_of_round + age, partial(self._fly, grenade, start, speed, age))
        self.at(self.tick_of_round + FLIGHT_TICKS, lambda: self._goes_off(grenade, held, slot))
        if held not in {"flashbang", "hegrenade"}:
            gone = min(self.tick_of_round + FLIGHT_TICKS + 200, self.script.live_ticks - 2)
            self.at(gone, lambda: self._ends(grenade))

    def _fly(self, grenade: int, start: Vec3, speed: Vec3, age: int) -> None:
        if grenade not in self.recorder.grenades:
            return
        seconds = age / 64
        place = (
            start[0] + speed[0] * seconds,
            start[1] + speed[1] * seconds,
            max(0.0, start[2] + speed[2] * seconds - 400 * seconds**2),
        )
        self.now().grenade_moved(grenade, place)
        if age == FLIGHT_TICKS // 2:
            self.now().grenade_bounced(grenade)

    def _goes_off(self, grenade: int, name: str, thrower: int) -> None:
        recorder = self.now()
        if name in {"molotov", "incgrenade"}:
            x, y, z = recorder.grenades[grenade].position
            recorder.inferno_started(grenade, [(x + 30 * cell, y, z) for cell in range(5)])
            self.at(
                self.tick_of_round + 20,
                lambda: recorder.inferno_spread(grenade, [(x + 30 * c, y, z) for c in range(9)]),
            )
            return
        recorder.grenade_detonated(grenade)
        if name == "flashbang":
            sighted = [slot for slot in recorder.players if not recorder.player(slot).flash_s]
            for victim in [slot for slot in self._alive("t") + self._alive("ct") if slot in sighted][::3]:
                recorder.blinded(victim, attacker_slot=thrower, grenade=grenade, duration_s=1.25)

    def _hold_again(self, slot: int, name: str) -> None:
        if self.recorder.player(slot).item(name) is not None:
            self.now().weapon_selected(slot, name)

    def _ends(self, grenade: int) -> None:
        if grenade in self.recorder.grenades:
            self.now().grenade_expired(grenade)


def _inside(value: float, edge: float) -> float:
    return max(-edge, min(edge, value))


def setup_of(script: Script) -> MatchSetup:
    """The match that a script plays."""
    return MatchSetup(
        map_name="de_dust2",
        players=entries(script.per_team, bots=script.bots),
        mode=script.mode,
        seed=script.serials,
        team_names={"a": "Alpha", "b": "Bravo"},
        server_name="script",
        max_rounds=script.max_rounds,
        overtime_rounds=script.overtime_rounds,
        buy_time_s=3.0,
        ticks_every=script.ticks_every,
    )


def write_script(
    target: Path | BinaryIO, script: Script, setup: MatchSetup | None = None, *, padding_bytes: int = 0
) -> RecordedMatch:
    """Play a script into a recording; ask the match for the truth."""
    with RecordedMatch.open(target, setup or setup_of(script)) as recorder:
        recorder.recorder.padding_bytes = padding_bytes
        ScriptedMatch(script, recorder).play()
    return recorder


def with_coach(setup: MatchSetup, slot: int) -> MatchSetup:
    """The same match with somebody who only watches."""
    coach = PlayerEntry(slot, "coach", FIRST_STEAM_ID + 999_999, None)
    return replace(setup, players=(*setup.players, coach))


def other_team_of(team: Team) -> Team:
    """The other team."""
    return "b" if team == "a" else "a"
