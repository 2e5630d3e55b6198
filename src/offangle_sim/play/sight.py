"""What agents see and hear."""

import math
from typing import Final

import numpy as np

from offangle.core.sides import other_side
from offangle_sim.play.agent import Agent, Sighting, turn
from offangle_sim.play.dice import chance, pick
from offangle_sim.play.stage import Stage
from offangle_sim.server.setup import TICK_RATE
from offangle_sim.world.nav import Point

SIGHT_TICKS: Final = 4
"""Everybody looks 16 times a second."""
HALF_VIEW_DEG: Final = 50.0
NOTICE_RANGE_U: Final = 4200.0
PLAIN_U: Final = 560.0
FADING: Final = 3.5
"""Beyond `PLAIN_U` each look notices with a chance that falls with this power of the distance."""
DRIFT_SHARE: Final = 0.6
DRIFT_U: Final = (72.0, 94.0)
"""Who stops to shoot mostly creeps on: what he wishes, in units per second; friction leaves less of it."""
KEEP_TICKS: Final = 32
"""A sighting that is broken for less than half a second goes on."""
STEPS_HEARD_U: Final = 1100.0
SHOTS_HEARD_U: Final = 2400.0
RUNNING_U: Final = 150.0
HEARD_ERROR_DEG: Final = 6.0
HOLDING_POISE, MOVING_POISE = 0.66, 1.25
"""... and his crosshair is steadier: of the errors of his hand."""
STANDING_U: Final = 60.0
HOLDING_FACTOR, MOVING_FACTOR = 0.42, 1.6
"""Who stands and waits reacts sooner than who comes round a corner."""
_BODY_U: Final = 58.0
_BLIND_NOTICE_U: Final = 120.0


def look(stage: Stage) -> None:
    """Everybody looks; the sides learn what their players see."""
    pairs = [(viewer, enemy) for viewer in stage.living() for enemy in _in_view(stage, viewer)]
    if not pairs:
        return
    starts = [viewer.eye for viewer, _ in pairs]
    ends = [_shown_body(stage, viewer, enemy) for viewer, enemy in pairs]
    blocked = stage.world.solids.blocked(np.array(starts), np.array(ends))
    for (viewer, enemy), start, end, wall in zip(pairs, starts, ends, blocked.tolist(), strict=True):
        if (
            not wall
            and _catches_eye(stage, viewer, enemy.slot, start, end)
            and not (stage.smokes and stage.in_smoke(start, end))
        ):
            _notice(stage, viewer, enemy, (end[0], end[1], end[2] - _BODY_U))


def _catches_eye(stage: Stage, viewer: Agent, enemy: int, eye: Point, body: Point) -> bool:
    """Far away somebody new is noticed only after a while."""
    sighting = viewer.seen.get(enemy)
    if sighting is not None and stage.tick - sighting.last_tick <= KEEP_TICKS:
        return True
    far = math.dist(eye, body)
    return far < PLAIN_U or chance(stage.rng, (PLAIN_U / far) ** FADING)


def _shown_body(stage: Stage, viewer: Agent, enemy: Agent) -> Point:
    x, y, z = stage.wire.displayed(viewer.slot, enemy.slot)
    return x, y, z + _BODY_U


def _in_view(stage: Stage, viewer: Agent) -> list[Agent]:
    """Enemies inside the field of view, walls or not."""
    if viewer.blind_until_tick > stage.tick or viewer.player.side is None:
        return []
    found = []
    x, y, _ = viewer.position
    for enemy in stage.agents.values():
        if not enemy.player.is_alive or enemy.player.side == viewer.player.side:
            continue
        dx, dy = enemy.x - x, enemy.y - y
        far = dx * dx + dy * dy
        if far > NOTICE_RANGE_U * NOTICE_RANGE_U:
            continue
        if abs(turn(viewer.yaw, math.degrees(math.atan2(dy, dx)))) < HALF_VIEW_DEG or far < _BLIND_NOTICE_U**2:
            found.append(enemy)
    return found


def _notice(stage: Stage, viewer: Agent, enemy: Agent, position: Point) -> None:
    tick = stage.tick
    sighting = viewer.seen.get(enemy.slot)
    if sighting is None or tick - sighting.last_tick > KEEP_TICKS:
        viewer.seen[enemy.slot] = Sighting(tick, tick, position)
    else:
        sighting.last_tick, sighting.position = tick, position
    stage.tell(viewer.side, enemy.slot, position)


def hear_steps(stage: Stage) -> None:
    """Running is heard; called twice a second."""
    for runner in stage.living():
        if runner.speed > RUNNING_U:
            _heard_by_enemies(stage, runner, STEPS_HEARD_U)


def hear_shot(stage: Stage, shooter: Agent) -> None:
    """A shot is heard far."""
    _heard_by_enemies(stage, shooter, SHOTS_HEARD_U)


def _heard_by_enemies(stage: Stage, source: Agent, reach: float) -> None:
    for listener in stage.alive(other_side(source.side)):
        far = math.dist(source.position, listener.position)
        if far > reach or (listener.heard_tick > stage.tick - TICK_RATE and listener.target is not None):
            continue
        spread = far * math.radians(HEARD_ERROR_DEG)
        dx, dy = stage.rng.normal(0.0, spread, 2)
        listener.heard = (source.x + float(dx), source.y + float(dy), source.z)
        listener.heard_tick = stage.tick
        known = stage.known[listener.side].get(source.slot)
        if known is None or stage.tick - known[0] > TICK_RATE:
            stage.tell(listener.side, source.slot, listener.heard)


def choose_target(stage: Stage, agent: Agent) -> None:
    """Whom to fight: who is seen, the nearest to the crosshair first; a new one takes time to react to."""
    tick = stage.tick
    visible = [
        (slot, sighting)
        for slot, sighting in agent.seen.items()
        if tick - sighting.last_tick <= SIGHT_TICKS and stage.agents[slot].player.is_alive
    ]
    if agent.target is not None:
        current = agent.seen.get(agent.target)
        if not stage.agents[agent.target].player.is_alive or current is None or tick - current.last_tick > KEEP_TICKS:
            agent.target = None
        elif any(slot == agent.target for slot, _ in visible):
            return
    if not visible:
        return
    slot, sighting = min(visible, key=lambda entry: _off_crosshair(agent, entry[1].position))
    if slot != agent.target:
        _begin_fight(stage, agent, slot, sighting)


def _off_crosshair(agent: Agent, position: Point) -> float:
    yaw = math.degrees(math.atan2(position[1] - agent.y, position[0] - agent.x))
    return abs(turn(agent.yaw, yaw)) + math.dist(position, agent.position) / 60.0


def _begin_fight(stage: Stage, agent: Agent, slot: int, sighting: Sighting) -> None:
    rng, profile = stage.rng, agent.profile
    fresh = agent.target is None
    agent.target = slot
    expected = stage.known[agent.side].get(slot)
    is_expected = (
        expected is not None and expected[0] < sighting.first_tick and stage.tick - expected[0] < 3 * TICK_RATE
    )
    off = _off_crosshair(agent, sighting.position)
    holds = agent.watch is not None and (agent.holds or agent.speed < STANDING_U)
    median = profile.reaction_s * (1.0 if fresh else 0.6) * (1.0 + off / 120.0)
    median *= (0.85 if is_expected else 1.0) * (HOLDING_FACTOR if holds else MOVING_FACTOR)
    delay = float(median * np.exp(rng.normal(0.0, 0.28)))
    agent.reacts_tick = stage.tick + max(2, round(delay * TICK_RATE))
    agent.aims_at_head = bool(rng.random() < profile.head_share)
    agent.corrects_tick = agent.reacts_tick
    agent.burst_left = 0
    agent.poise = HOLDING_POISE if holds else MOVING_POISE
    agent.drift = float(rng.uniform(*DRIFT_U)) * pick(rng, (-1.0, 1.0)) if chance(rng, DRIFT_SHARE) else 0.0
