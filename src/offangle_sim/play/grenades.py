"""Grenades in play: thrown, flying, going off; smoke that blocks sight, fire that burns, flashes that blind."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from offangle.core.weapons import GRENADE_ITEMS
from offangle_sim.play import motion
from offangle_sim.play.agent import Agent, Throw, angles_to, turn
from offangle_sim.play.ballistics import Flight, aimed_throw
from offangle_sim.play.guns import armored
from offangle_sim.play.harm import harm
from offangle_sim.play.rules import ticks
from offangle_sim.play.stage import Cloud, Stage
from offangle_sim.world.nav import Point

FUSE_S: Final = {"flash": 1.63, "he": 1.63, "smoke": 4.0, "decoy": 4.0, "molotov": 2.0, "incendiary": 2.0}
BREAKS: Final = frozenset({"molotov", "incendiary"})
SMOKE_S: Final = 18.0
FIRE_S: Final = 7.0
DECOY_S: Final = 15.0
WIND_UP_S: Final = 0.85
FLASH_REACH_U: Final = 1500.0
LONGEST_FLASH_S: Final = 4.9
FLASH_FADING: Final = 0.8
"""The power with which a flash grows weaker over its reach."""
SHORTEST_FLASH_S: Final = 0.15
BLIND_SHARE: Final = 0.62
"""Of a flash's duration in which nothing is seen at all."""
HE_DAMAGE: Final = 98.0
HE_SIGMA_U: Final = 128.0
HE_ARMOR_RATIO: Final = 1.2
FIRE_REACH_U: Final = 38.0
FIRE_TICKS: Final = 13
FIRE_DAMAGE: Final = 8
FIRST_FIRE_DAMAGE: Final = 4
FIRE_CELL_U: Final = 40.0
FIRE_CELLS: Final = 16
FIRE_SPREAD_TICKS: Final = 8
_ANGLE_SHARES: Final = ((53.0, 1.0), (72.0, 0.55), (101.0, 0.3), (360.0, 0.12))
_FIRE_HEIGHT_U: Final = 70.0
_SMOKE_PUTS_OUT_U: Final = 130.0
_FIRE_RINGS: Final = 3
_FIRE_STEP_U: Final = 40.0
"""Fire does not climb or fall further than this from its centre."""
_FLEES_FIRE_U: Final = 200.0
_MATE_SHARE: Final = 0.4
_LIFT_U: Final = 8.0


@dataclass(slots=True)
class Flying:
    """A grenade that has not gone off."""

    number: int
    kind: str
    thrower: int
    flight: Flight
    thrown_tick: int
    goes_off_tick: int


@dataclass(slots=True)
class Decoy:
    """A decoy that shoots."""

    number: int
    until_tick: int


class Grenades:
    """All grenades of a match."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.flying: list[Flying] = []
        self.decoys: list[Decoy] = []

    def plan(self, agent: Agent, item: str, target: Point) -> bool:
        """Prepare a throw; False when no throw from here lands there, or the hands are not free."""
        stage, kind = self.stage, GRENADE_ITEMS[item]
        if agent.last_shot_tick == stage.tick or agent.slot in stage.passive:
            return False
        start = _rounded(agent.eye)
        velocity = aimed_throw(
            stage.world.solids, start, _rounded(target), fuse_ticks=ticks(FUSE_S[kind]), breaks=kind in BREAKS
        )
        if velocity is None:
            return False
        agent.throw = Throw(item, velocity, stage.tick + ticks(WIND_UP_S))
        agent.job = "throw"
        if agent.player.is_scoped:
            stage.server.set_player_state(agent.slot, is_scoped=False)
        stage.server.weapon_selected(agent.slot, item)
        return True

    def act(self, agent: Agent) -> None:
        """One tick of somebody who is about to throw."""
        throw = agent.throw
        if throw is None:
            agent.job = ""
            return
        motion.brake(agent)
        vx, vy, vz = throw.velocity
        yaw = math.degrees(math.atan2(vy, vx))
        motion.look(agent, -math.degrees(math.atan2(vz, math.hypot(vx, vy))), yaw, 0.12)
        if self.stage.tick >= throw.release_tick:
            self._release(agent, throw)

    def _release(self, agent: Agent, throw: Throw) -> None:
        stage = self.stage
        agent.throw, agent.job = None, ""
        agent.ready_tick = stage.tick + ticks(0.5)
        if not agent.has(throw.item):
            return
        noise = stage.rng.normal(0.0, 6.0 * (1.2 - agent.profile.skill), 3)
        vx, vy, vz = (part + float(off) for part, off in zip(throw.velocity, noise, strict=True))
        number = stage.server.grenade_thrown(agent.slot, throw.item, position=agent.eye, velocity=(vx, vy, vz))
        kind = GRENADE_ITEMS[throw.item]
        flight = Flight(*agent.eye, vx, vy, vz)
        self.flying.append(Flying(number, kind, agent.slot, flight, stage.tick, stage.tick + ticks(FUSE_S[kind])))

    def tick(self) -> None:
        """One tick of everything that flies, smokes or burns."""
        for grenade in list(self.flying):
            if grenade.thrown_tick < self.stage.tick:  # in its first tick it is where it left the hand
                self._fly(grenade)
        for smoke in [cloud for cloud in self.stage.smokes if cloud.until_tick <= self.stage.tick]:
            self.stage.smokes.remove(smoke)
            self.stage.server.grenade_expired(smoke.grenade)
        for decoy in [decoy for decoy in self.decoys if decoy.until_tick <= self.stage.tick]:
            self.decoys.remove(decoy)
            self.stage.server.grenade_expired(decoy.number)
        for fire in list(self.stage.fires):
            self._burn(fire)

    def clear(self) -> None:
        """A new round: nothing flies, smokes or burns."""
        self.flying.clear()
        self.decoys.clear()
        self.stage.smokes.clear()
        self.stage.fires.clear()
        self.stage.server.clear_grenades()

    # --- inside

    def _fly(self, grenade: Flying) -> None:
        server, flight = self.stage.server, grenade.flight
        if flight.step(self.stage.world.solids):
            server.grenade_bounced(grenade.number)
        server.grenade_moved(grenade.number, flight.position, flight.velocity)
        breaks = grenade.kind in BREAKS and flight.has_hit_ground
        rests = flight.is_resting and grenade.kind in {"smoke", "decoy"}
        if breaks or rests or self.stage.tick >= grenade.goes_off_tick:
            self.flying.remove(grenade)
            self._goes_off(grenade)

    def _goes_off(self, grenade: Flying) -> None:
        stage, kind = self.stage, grenade.kind
        if kind in BREAKS:
            self._ignite(grenade)
            return
        stage.server.grenade_detonated(grenade.number)
        if kind == "smoke":
            until = stage.tick + ticks(SMOKE_S)
            stage.smokes.append(Cloud(grenade.number, grenade.thrower, grenade.flight.position, until))
        elif kind == "flash":
            self._flash(grenade)
        elif kind == "he":
            self._blast(grenade)
        else:
            self.decoys.append(Decoy(grenade.number, stage.tick + ticks(DECOY_S)))

    def _flash(self, grenade: Flying) -> None:
        stage = self.stage
        x, y, z = grenade.flight.position
        burst = (x, y, z + _LIFT_U)
        near = [agent for agent in stage.living() if math.dist(agent.eye, burst) < FLASH_REACH_U]
        for agent, blocked in zip(near, self._walls(burst, near), strict=True):
            seconds = 0.0 if blocked or stage.in_smoke(burst, agent.eye) else _flash_s(agent, burst)
            if seconds >= SHORTEST_FLASH_S and seconds > agent.player.flash_s:
                stage.server.blinded(
                    agent.slot, attacker_slot=grenade.thrower, grenade=grenade.number, duration_s=round(seconds, 3)
                )
                agent.blind_until_tick = stage.tick + ticks(seconds * BLIND_SHARE)
                agent.flashed_by = grenade.thrower
                agent.target = None

    def _blast(self, grenade: Flying) -> None:
        stage = self.stage
        x, y, z = grenade.flight.position
        centre = (x, y, z + _LIFT_U)
        thrower = stage.agents[grenade.thrower]
        near = [agent for agent in stage.living() if math.dist(agent.position, centre) < 3.0 * HE_SIGMA_U]
        for agent, blocked in zip(near, self._walls(centre, near), strict=True):
            if blocked:
                continue
            chest = (agent.x, agent.y, agent.z + 40.0)
            raw = HE_DAMAGE * math.exp(-((math.dist(chest, centre) / HE_SIGMA_U) ** 2) / 2.0)
            armor = agent.player.armor
            damage = armored(raw, HE_ARMOR_RATIO, armor) if armor else (int(raw), 0)
            harm(stage, agent, thrower, "hegrenade", _for_mates(thrower, agent, damage))

    def _ignite(self, grenade: Flying) -> None:
        stage = self.stage
        x, y, z = grenade.flight.position
        ground = stage.world.solids.ground_height(x, y, z)
        centre = (x, y, z if ground is None else ground)
        if any(math.dist(centre, smoke.centre) < _SMOKE_PUTS_OUT_U for smoke in stage.smokes):
            self._fizzle(grenade, centre)
            return
        cells = _fire_cells(stage, centre)
        stage.server.inferno_started(grenade.number, cells[:2])
        fire = Cloud(grenade.number, grenade.thrower, centre, stage.tick + ticks(FIRE_S), cells, stage.tick)
        stage.fires.append(fire)

    def _fizzle(self, grenade: Flying, centre: Point) -> None:
        """Smoke puts fire out at once."""
        self.stage.server.inferno_started(grenade.number, [centre])
        fire = Cloud(grenade.number, grenade.thrower, centre, self.stage.tick + 1, [centre], self.stage.tick)
        self.stage.fires.append(fire)

    def _burn(self, fire: Cloud) -> None:
        stage = self.stage
        if fire.until_tick <= stage.tick:
            stage.fires.remove(fire)
            stage.server.grenade_expired(fire.grenade)
            return
        age = stage.tick - fire.from_tick
        if age % FIRE_SPREAD_TICKS == 0 and 2 + age // FIRE_SPREAD_TICKS <= len(fire.cells):
            stage.server.inferno_spread(fire.grenade, fire.cells[: 2 + age // FIRE_SPREAD_TICKS])
        if age % FIRE_TICKS:
            return
        burning = fire.cells[: 2 + age // FIRE_SPREAD_TICKS]
        thrower = stage.agents[fire.thrower]
        amount = FIRST_FIRE_DAMAGE if age < 2 * FIRE_TICKS else FIRE_DAMAGE
        for agent in stage.living():
            if any(in_fire(agent.position, cell) for cell in burning):
                harm(stage, agent, thrower, "inferno", _for_mates(thrower, agent, (amount, 0)))

    def _walls(self, start: Point, agents: list[Agent]) -> list[bool]:
        if not agents:
            return []
        eyes = np.array([agent.eye for agent in agents])
        starts = np.broadcast_to(np.array(start), eyes.shape)
        return [bool(wall) for wall in self.stage.world.solids.blocked(starts, eyes)]


def in_fire(position: Point, cell: Point) -> bool:
    """Whether feet stand in a burning cell."""
    dx, dy, dz = position[0] - cell[0], position[1] - cell[1], position[2] - cell[2]
    return dx * dx + dy * dy < FIRE_REACH_U * FIRE_REACH_U and abs(dz) < _FIRE_HEIGHT_U


def _for_mates(thrower: Agent, agent: Agent, damage: tuple[int, int]) -> tuple[int, int]:
    """Team-mates take less; the thrower himself takes all."""
    if thrower is agent or thrower.player.side != agent.player.side:
        return damage
    return int(damage[0] * _MATE_SHARE), int(damage[1] * _MATE_SHARE)


def _flash_s(agent: Agent, burst: Point) -> float:
    far = math.dist(agent.eye, burst)
    pitch, yaw = angles_to(agent.eye, burst)
    off = math.hypot(turn(agent.yaw, yaw), agent.pitch - pitch)
    share = next(share for within, share in _ANGLE_SHARES if off < within)
    return LONGEST_FLASH_S * share * math.pow(1.0 - far / FLASH_REACH_U, FLASH_FADING)


def _fire_cells(stage: Stage, centre: Point) -> list[Point]:
    """Cells around a fire's centre on walkable ground, the nearest first."""
    solids = stage.world.solids
    cells: list[Point] = [centre]
    reach = range(-_FIRE_RINGS, _FIRE_RINGS + 1)
    ring = [(dx, dy) for dx in reach for dy in reach if 0 < dx * dx + dy * dy <= _FIRE_RINGS**2]
    for dx, dy in sorted(ring, key=lambda at: (at[0] ** 2 + at[1] ** 2, at)):
        x, y = centre[0] + dx * FIRE_CELL_U, centre[1] + dy * FIRE_CELL_U
        ground = solids.ground_height(x, y, centre[2] + 16.0)
        if ground is not None and abs(ground - centre[2]) < _FIRE_STEP_U and not solids.is_solid(x, y, ground + 4.0):
            cells.append((x, y, ground))
        if len(cells) >= FIRE_CELLS:
            break
    return cells


def _rounded(point: Point) -> Point:
    """To a grid, so that throws from nearly one place to nearly one place are worked out once."""
    x, y, z = point
    return round(x / 32.0) * 32.0, round(y / 32.0) * 32.0, round(z, 0)


def leave_fire(stage: Stage, agent: Agent) -> bool:
    """Run out of the fire, if one stands in it."""
    for fire in stage.fires:
        if math.dist(fire.centre, agent.position) > _FLEES_FIRE_U:
            continue
        if any(in_fire(agent.position, cell) for cell in fire.cells):
            dx, dy = agent.x - fire.centre[0], agent.y - fire.centre[1]
            far = math.hypot(dx, dy) or 1.0
            agent.wish_x, agent.wish_y = dx / far * agent.max_speed, dy / far * agent.max_speed
            return True
    return False
