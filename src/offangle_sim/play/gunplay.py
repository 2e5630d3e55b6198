"""Fights: aiming, stopping, shooting, reloading."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from offangle.core.weapons import weapon_class
from offangle_sim.play import motion
from offangle_sim.play.agent import Agent, Sighting, angles_to, turn
from offangle_sim.play.dice import chance, pick
from offangle_sim.play.guns import (
    GUNS,
    KNIFE_CYCLE_S,
    KNIFE_DAMAGE,
    KNIFE_RANGE_U,
    TASER_RANGE_U,
    UNSCOPED_MRAD,
    Gun,
    armored,
    bullet_damage,
)
from offangle_sim.play.harm import harm
from offangle_sim.play.hits import direction_of, hit_group, passing
from offangle_sim.play.rules import ticks
from offangle_sim.play.sight import SIGHT_TICKS, hear_shot
from offangle_sim.play.stage import Stage
from offangle_sim.server.events import BulletTrace, KillFlags
from offangle_sim.server.setup import TICK_RATE
from offangle_sim.world.nav import Point

DRAW_S: Final = 0.7
"""From taking a gun in hand to its first shot."""
HANDS_TICKS: Final = 8
"""Whoever has nothing else to do looks eight times a second whether the right gun is in hand."""
SCOPE_S: Final = 0.22
ACCURATE_SHARE: Final = 0.34
"""Below this share of the full speed a gun shoots as at rest."""
HEAD_AT_U: Final = 64.0
CHEST_AT_U: Final = 47.5
BODY_HALF_U: Final = 9.0
SPAM_TICKS: Final = 32
"""A spray goes on for so long after its target is out of sight."""
OVERSPRAY_SHARE: Final = 0.8
"""How likely each further bullet of a burst is once its target is dead."""
PREFIRE_SHARE: Final = 0.015
"""How often in a tick somebody on his way shoots at what he has heard; who holds a place keeps quiet."""
PREFIRE_WITHIN_DEG: Final = 5.0
CLOSE_U: Final = 350.0
"""Nearer than this small guns are fired on the move."""
HASTE, SNIPER_HASTE = 0.35, 0.03
"""How often in a tick somebody who never stops shoots while he moves."""
SNIPER_PATIENCE: Final = 1.1
"""A sniper presses once the crosshair is within this many half bodies."""
STRAFE_SHARE: Final = 0.6
CORRECTION_S: Final = (0.10, 0.17)
STEADY_SHARE: Final = 0.34
"""Of the first error that no correction takes away."""
FLICK_FULL_DEG: Final = 50.0
HAND_TAU_S: Final = 0.034
SPRAY_FORGOTTEN_S: Final = 0.35
BULLET_REACH_U: Final = 8192.0
TEAM_DAMAGE_SHARE: Final = 0.33
SPRAY_RANGE_U, BURST_RANGE_U = 650.0, 1500.0
PRESS_S: Final = (0.17, 0.34)
"""Between two presses of the button, near and far."""
_DUCK_SHARE: Final = 0.75
_BURST_GAP_TICKS: Final = 14
_MATE_WIDTH_U, _MATE_LOW_U, _MATE_HIGH_U = 30.0, -10.0, 80.0
_HEALTHY_CLIP, _LEAST_CLIP = 0.35, 0.15
_QUIET_S: Final = 4.0
"""A clip with less than this share is filled when it is quiet."""
_KNIFE_ARMOR: Final = 1.7


def fight(stage: Stage, agent: Agent) -> None:
    """One tick of a fight with the agent's target."""
    if agent.target is None:
        return
    sighting = agent.seen[agent.target]
    gun = agent.gun
    if gun is None or (agent.clip == 0 and not agent.reloading):
        _change_gun(stage, agent)
        gun = agent.gun
    if gun is None:
        _stab(stage, agent, sighting)
        return
    point = _aim_point(stage, agent, sighting)
    eye = agent.eye
    pitch, yaw = angles_to(eye, point)
    _correct(stage, agent, abs(turn(agent.yaw, yaw)))
    motion.look(agent, pitch + agent.error_pitch, yaw + agent.error_yaw, HAND_TAU_S)
    far = math.dist(eye, point)
    _feet(stage, agent, far, sighting)
    if _may_shoot(stage, agent, gun, sighting) and _is_on(agent, pitch, yaw, far):
        shoot(stage, agent, gun, far)


def _aim_point(stage: Stage, agent: Agent, sighting: Sighting) -> Point:
    """What the client shows of the target: head or chest."""
    assert agent.target is not None  # noqa: S101 -- fight has asked
    if stage.tick - sighting.last_tick <= SIGHT_TICKS:
        sighting.position = stage.wire.displayed(agent.slot, agent.target)
    x, y, z = sighting.position
    ducks = stage.agents[agent.target].is_ducking
    up = HEAD_AT_U if agent.aims_at_head else CHEST_AT_U
    return x, y, z + up * (_DUCK_SHARE if ducks else 1.0)


def _correct(stage: Stage, agent: Agent, off_deg: float) -> None:
    """Every tenth of a second or so the hand corrects what the eye sees to be wrong."""
    if stage.tick < agent.corrects_tick:
        return
    rng, base = stage.rng, agent.profile.aim_error_deg
    is_first = agent.corrects_tick == agent.reacts_tick
    if is_first:
        spread = base * agent.poise * (0.35 + 0.65 * min(1.0, off_deg / FLICK_FULL_DEG))
    else:
        spread = max(base * agent.poise * STEADY_SHARE, 0.5 * math.hypot(agent.error_yaw, agent.error_pitch))
    agent.error_yaw = float(rng.normal(0.0, spread))
    agent.error_pitch = float(rng.normal(0.0, spread * 0.75))
    agent.corrects_tick = stage.tick + ticks(float(rng.uniform(*CORRECTION_S)))


def _feet(stage: Stage, agent: Agent, far: float, sighting: Sighting) -> None:
    """Stop to shoot, strafe between bursts, close in or back off."""
    tick = stage.tick
    if stage.tick - sighting.last_tick > SIGHT_TICKS:  # lost from sight: hold the angle for a moment
        motion.brake(agent)
        return
    if tick < agent.strafe_until_tick:
        motion.sidestep(agent, agent.strafe)
        return
    wants = far < CLOSE_U and weapon_class(agent.weapon) in {"smg", "heavy", "pistol"}
    if wants and chance(stage.rng, 0.5 - 0.3 * agent.profile.stop_share):
        motion.sidestep(agent, agent.strafe or 1.0)
        return
    motion.brake(agent)
    if agent.drift and agent.speed < ACCURATE_SHARE * agent.max_speed:
        motion.sidestep(agent, agent.drift / agent.max_speed)


def _may_shoot(stage: Stage, agent: Agent, gun: Gun, sighting: Sighting) -> bool:
    tick = stage.tick
    if tick < agent.ready_tick or agent.reloading or agent.clip == 0 or agent.slot in stage.passive:
        return False
    if tick - sighting.last_tick > (SPAM_TICKS if agent.spray > 0.0 and gun.is_automatic else SIGHT_TICKS):
        return False
    if gun.is_scoped and not agent.player.is_scoped:
        stage.server.set_player_state(agent.slot, is_scoped=True)
        agent.ready_tick = tick + ticks(SCOPE_S)
        return False
    if agent.speed > ACCURATE_SHARE * agent.max_speed and not _shoots_moving(stage, agent):
        return False
    return not _mate_in_line(stage, agent)


def _shoots_moving(stage: Stage, agent: Agent) -> bool:
    """Now and then somebody does not stop."""
    if agent.has_scope():
        return chance(stage.rng, SNIPER_HASTE * (1.0 - agent.profile.stop_share))
    return chance(stage.rng, HASTE * (1.0 - agent.profile.stop_share))


def _mate_in_line(stage: Stage, agent: Agent) -> bool:
    direction = direction_of(agent.pitch, agent.yaw)
    target = stage.agents[agent.target] if agent.target is not None else None
    far = math.dist(agent.position, target.position) if target is not None else BULLET_REACH_U
    for mate in stage.agents.values():
        if mate is agent or not mate.player.is_alive or mate.player.side != agent.player.side:
            continue
        passed = passing(agent.eye, direction, mate.position)
        if (
            passed is not None
            and passed[0] < far
            and abs(passed[1]) < _MATE_WIDTH_U
            and _MATE_LOW_U < passed[2] < _MATE_HIGH_U
        ):
            return True
    return False


def _is_on(agent: Agent, pitch: float, yaw: float, far: float) -> bool:
    """Whether the crosshair is near enough to press: a spray goes on longer than it should."""
    size = math.degrees(math.atan2(BODY_HALF_U, far))
    if agent.has_scope():
        return math.hypot(turn(agent.yaw, yaw), agent.pitch - pitch) < size * SNIPER_PATIENCE
    allowed = size * (3.6 if agent.spray < 1.0 else 6.5) + 0.9
    return math.hypot(turn(agent.yaw, yaw), agent.pitch - pitch) < allowed


def shoot(stage: Stage, agent: Agent, gun: Gun, far: float) -> None:
    """One shot, and what it hits."""
    tick, rng = stage.tick, stage.rng
    _settle_hands(agent, gun, tick)
    cone = _cone_mrad(agent, gun)
    kick_pitch, kick_yaw = _recoil(rng, agent, gun)
    pitch, yaw = agent.pitch - kick_pitch, agent.yaw + kick_yaw
    struck = [_bullet(stage, agent, _spread(rng, pitch, yaw, cone)) for _ in range(gun.pellets)]
    _record_shot(stage, agent, (pitch, yaw), cone, struck[0][1])
    for (victim, group, distance, smoke), _ in struck:
        if victim is not None:
            _strike(stage, agent, victim, group, distance, through_smoke=smoke)
    agent.fired_mrad += gun.fire_mrad
    agent.spray += 1.0
    agent.last_shot_tick = tick
    agent.ready_tick = tick + _next_shot(rng, agent, gun, far)
    hear_shot(stage, agent)


def _settle_hands(agent: Agent, gun: Gun, tick: int) -> None:
    """What the time since the last shot has taken off."""
    rest_s = (tick - agent.last_shot_tick) / TICK_RATE
    agent.fired_mrad *= 0.1 ** (rest_s / gun.recovery_s)
    if rest_s > SPRAY_FORGOTTEN_S:
        agent.spray = 0.0


def _cone_mrad(agent: Agent, gun: Gun) -> float:
    share = agent.speed / max(1.0, agent.max_speed)
    moving = max(0.0, (share - ACCURATE_SHARE) / (1.0 - ACCURATE_SHARE))
    cone = gun.standing_mrad * (_DUCK_SHARE if agent.is_ducking else 1.0) + gun.moving_mrad * math.sqrt(moving)
    if gun.is_scoped and not agent.player.is_scoped:
        cone += UNSCOPED_MRAD
    return cone + agent.fired_mrad + (0.0 if agent.is_on_ground else gun.moving_mrad * 1.5)


def _recoil(rng: np.random.Generator, agent: Agent, gun: Gun) -> tuple[float, float]:
    """How far off the view the spray has climbed, in degrees: what the hand did not take back."""
    shots = min(agent.spray, 12.0)
    if shots == 0.0:
        return 0.0, 0.0
    loose = 1.0 - agent.profile.steadiness
    noise = rng.normal(0.0, 1.0, 2) * gun.kick_deg * math.sqrt(shots) * (0.18 + 0.45 * loose)
    return gun.kick_deg * shots * loose * 0.6 + float(noise[0]), float(noise[1])


def _spread(rng: np.random.Generator, pitch: float, yaw: float, cone_mrad: float) -> tuple[float, float]:
    radius = math.degrees(cone_mrad / 1000.0) * float(rng.random())
    angle = float(rng.uniform(0.0, 2.0 * math.pi))
    return pitch + radius * math.sin(angle), yaw + radius * math.cos(angle)


_Struck = tuple[Agent | None, str, float, bool]


def _bullet(stage: Stage, shooter: Agent, angles: tuple[float, float]) -> tuple[_Struck, Point]:
    """Whom a bullet hits, and where it ends."""
    eye, direction = shooter.eye, direction_of(*angles)
    wall = float(
        stage.world.solids.first_hits(
            np.array([eye]), np.array([[at + way * BULLET_REACH_U for at, way in zip(eye, direction, strict=True)]])
        )[0]
    )
    reach = BULLET_REACH_U * min(1.0, wall)
    best = _first_body(stage, shooter, direction, reach, stage.wire.rewound)
    _tell_shot(stage, shooter, direction, reach, None if best is None else best[1])
    far = reach if best is None else best[0]
    end = (eye[0] + direction[0] * far, eye[1] + direction[1] * far, eye[2] + direction[2] * far)
    if best is None:
        return (None, "", reach, False), end
    return (best[1], best[2], best[0], bool(stage.smokes) and stage.in_smoke(eye, end)), end


def _first_body(
    stage: Stage, shooter: Agent, direction: Point, reach: float, where: Callable[[int, int], Point]
) -> tuple[float, Agent, str] | None:
    """How far away which body is hit first, and where, with bodies as `where` has them."""
    best: tuple[float, Agent, str] | None = None
    for body in stage.agents.values():
        if body is shooter or not body.player.is_alive:
            continue
        passed = passing(shooter.eye, direction, where(shooter.slot, body.slot))
        if passed is None or passed[0] > reach or (best is not None and passed[0] > best[0]):
            continue
        group = hit_group(passed[1], passed[2], is_ducking=body.is_ducking)
        if group is not None:
            best = (passed[0], body, group)
    return best


def _tell_shot(stage: Stage, shooter: Agent, direction: Point, reach: float, struck: Agent | None) -> None:
    """The network is told whether the client saw a hit on its target and the server agreed."""
    if shooter.target is None:
        return
    shown = _first_body(stage, shooter, direction, reach, stage.wire.displayed)
    stage.wire.note_shot(
        shooter.slot,
        shooter.target,
        hit_on_client=shown is not None and shown[1].slot == shooter.target,
        hit_on_server=struck is not None and struck.slot == shooter.target,
    )


def _record_shot(stage: Stage, agent: Agent, view: tuple[float, float], cone: float, impact: Point) -> None:
    trace = BulletTrace(
        agent.eye,
        view[0],
        view[1],
        inaccuracy=cone / 1000.0,
        spread=0.0006,
        recoil_index=agent.spray,
        seed=stage.tick & 0xFF,
    )
    silenced = agent.weapon.endswith("_silencer")
    stage.server.shot(agent.slot, trace=trace, impacts=(impact,), silenced=silenced)


def _strike(stage: Stage, agent: Agent, victim: Agent, group: str, far: float, *, through_smoke: bool) -> None:
    gun = GUNS[agent.weapon]
    if agent.weapon == "taser" and far > TASER_RANGE_U:
        return
    player = victim.player
    health, armor = bullet_damage(gun, group, far, armor=player.armor, has_helmet=player.has_helmet)
    if player.side == agent.player.side:
        health = int(health * TEAM_DAMAGE_SHARE)
    flags = KillFlags(
        is_headshot=group == "head",
        is_through_smoke=through_smoke,
        is_no_scope=gun.is_scoped and not agent.player.is_scoped,
        is_attacker_blind=agent.blind_until_tick > stage.tick,
    )
    harm(stage, victim, agent, agent.weapon, (health, armor), hit_group=group, flags=flags)


def _next_shot(rng: np.random.Generator, agent: Agent, gun: Gun, far: float) -> int:
    """Ticks until the button is down again; between bursts the feet move."""
    cycle = max(1, round(gun.cycle_s * TICK_RATE))
    if not gun.is_automatic:
        share = min(1.0, far / BURST_RANGE_U)
        press = PRESS_S[0] + (PRESS_S[1] - PRESS_S[0]) * share
        return max(cycle, ticks(press * float(rng.uniform(0.85, 1.3))))
    if agent.burst_left <= 0:
        agent.burst_left = _burst(rng, far)
    agent.burst_left -= 1
    if agent.burst_left > 0:
        return cycle
    pause = ticks(float(rng.uniform(0.22, 0.42)))
    if chance(rng, STRAFE_SHARE):
        agent.strafe = pick(rng, (-1.0, 1.0))
        agent.strafe_until_tick = agent.last_shot_tick + ticks(float(rng.uniform(0.12, 0.3)))
    return cycle + pause


def _burst(rng: np.random.Generator, far: float) -> int:
    if far < SPRAY_RANGE_U:
        return int(rng.integers(8, 20))
    return int(rng.integers(4, 11)) if far < BURST_RANGE_U else int(rng.integers(2, 6))


# --- hands without a target


def spam(stage: Stage, agent: Agent) -> None:
    """A burst goes on after its target has died, or begins at what was only heard."""
    gun = agent.gun
    if gun is None or not gun.is_automatic or agent.reloading or not agent.clip or agent.slot in stage.passive:
        return
    tick = stage.tick
    if agent.burst_left <= 0 and not agent.holds and agent.heard is not None and tick - agent.heard_tick < TICK_RATE:
        pitch, yaw = angles_to(agent.eye, (agent.heard[0], agent.heard[1], agent.heard[2] + CHEST_AT_U))
        near = abs(turn(agent.yaw, yaw)) < PREFIRE_WITHIN_DEG and abs(agent.pitch - pitch) < PREFIRE_WITHIN_DEG
        if near and tick >= agent.ready_tick and chance(stage.rng, PREFIRE_SHARE):
            agent.burst_left = _burst(stage.rng, math.dist(agent.position, agent.heard))
            agent.last_shot_tick = tick
    is_bursting = agent.burst_left > 0 and tick - agent.last_shot_tick < _BURST_GAP_TICKS
    if not is_bursting or tick < agent.ready_tick or _mate_in_line(stage, agent):
        return
    if chance(stage.rng, OVERSPRAY_SHARE):
        shoot(stage, agent, gun, SPRAY_RANGE_U)
    else:
        agent.burst_left = 0


def tend(stage: Stage, agent: Agent) -> None:
    """Reload when it is quiet, take the right thing in hand, lower the scope."""
    tick = stage.tick
    if agent.reloading:
        _finish_reload(stage, agent)
        return
    if tick < agent.ready_tick or agent.throw is not None:
        return
    if agent.player.is_scoped and not motion.has_arrived(agent):
        stage.server.set_player_state(agent.slot, is_scoped=False)
    kind = agent.player.active.kind if agent.player.active is not None else None
    if kind is not None and kind.name in GUNS and agent.clip < kind.clip * _wanted_clip(agent, tick):
        if tick - agent.last_shot_tick > TICK_RATE // 2:
            _begin_reload(stage, agent)
        return
    if (tick + agent.slot) % HANDS_TICKS == 0 and not agent.job:
        best = agent.best_gun()
        if best and agent.weapon != best:
            _take(stage, agent, best)


def _wanted_clip(agent: Agent, tick: int) -> float:
    """Below which share of the clip one reloads: later with somebody about."""
    return _LEAST_CLIP if tick - agent.heard_tick < _QUIET_S * TICK_RATE else _HEALTHY_CLIP


def _change_gun(stage: Stage, agent: Agent) -> None:
    """An empty gun is reloaded, or another one is drawn."""
    best = agent.best_gun()
    if best and best != agent.weapon:
        _take(stage, agent, best)
    elif agent.gun is not None:
        _begin_reload(stage, agent)


def _take(stage: Stage, agent: Agent, name: str) -> None:
    stage.server.weapon_selected(agent.slot, name)
    if agent.player.is_scoped:
        stage.server.set_player_state(agent.slot, is_scoped=False)
    agent.ready_tick = max(agent.ready_tick, stage.tick + ticks(DRAW_S))
    agent.spray = agent.fired_mrad = 0.0


def _begin_reload(stage: Stage, agent: Agent) -> None:
    gun = agent.gun
    if gun is None or agent.player.active is None:
        return
    if not agent.player.active.reserve:
        return
    agent.reloading = agent.weapon
    agent.reload_ends_tick = stage.tick + ticks(gun.reload_s)
    stage.server.reload_begun(agent.slot)
    if agent.player.is_scoped:
        stage.server.set_player_state(agent.slot, is_scoped=False)


def _finish_reload(stage: Stage, agent: Agent) -> None:
    if agent.weapon != agent.reloading:
        agent.reloading = ""
    elif stage.tick >= agent.reload_ends_tick:
        agent.reloading = ""
        stage.server.reloaded(agent.slot)


def _stab(stage: Stage, agent: Agent, sighting: Sighting) -> None:
    """Run at the enemy and cut."""
    x, y, z = sighting.position
    eye = agent.eye
    pitch, yaw = angles_to(eye, (x, y, z + CHEST_AT_U))
    motion.look(agent, pitch, yaw, HAND_TAU_S)
    far = math.hypot(x - agent.x, y - agent.y)
    if far > KNIFE_RANGE_U * 0.7:
        speed = agent.max_speed
        agent.wish_x, agent.wish_y = (x - agent.x) / far * speed, (y - agent.y) / far * speed
    else:
        agent.wish_x = agent.wish_y = 0.0
    assert agent.target is not None  # noqa: S101 -- fight has asked
    victim = stage.agents[agent.target]
    near = math.dist(agent.position, victim.position) < KNIFE_RANGE_U
    if near and stage.tick >= agent.ready_tick and agent.weapon and agent.slot not in stage.passive:
        stage.server.shot(agent.slot)
        agent.ready_tick = stage.tick + ticks(KNIFE_CYCLE_S)
        if chance(stage.rng, 0.6 + 0.3 * agent.profile.skill):
            armor = victim.player.armor
            damage = armored(KNIFE_DAMAGE, _KNIFE_ARMOR, armor) if armor else (KNIFE_DAMAGE, 0)
            harm(stage, victim, agent, "knife", damage)
