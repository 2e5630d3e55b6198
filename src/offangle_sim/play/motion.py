"""How agents move: paths, the game's own friction and acceleration, walls, falls; and how they turn their heads."""

import math
from functools import lru_cache
from typing import Final

from offangle.core.errors import NotFoundError
from offangle_sim.play.agent import Agent, angles_to
from offangle_sim.play.stage import Stage
from offangle_sim.server.setup import TICK_RATE
from offangle_sim.world.nav import Point

DT_S: Final = 1.0 / TICK_RATE
FRICTION: Final = 5.2
ACCELERATION: Final = 5.5
STOP_SPEED_U: Final = 80.0
"""Below this speed friction is as at it: one comes to rest soon."""
GRAVITY_U: Final = 800.0
WALK_SHARE: Final = 0.52
DUCK_SHARE: Final = 0.34
BODY_U: Final = 12.0
"""What of a body is kept out of walls; ways keep 16 units from corners."""
STEP_UP_U: Final = 18.0
SAFE_FALL_U: Final = 220.0
FALL_DAMAGE_PER_U: Final = 0.25
TAG_RECOVERY_S: Final = 0.6
STEEPEST_DEG: Final = 89.0
"""Nobody looks further up or down."""
_REACHED_U: Final = 14.0
_STUCK_TICKS: Final = 64
_STUCK_U: Final = 12.0
_LOOK_AHEAD_U: Final = 420.0
_HEAD_U: Final = 62.0
_STILL: Final = 0.5


def go(stage: Stage, agent: Agent, goal: Point, *, pace: str = "run") -> None:
    """Set out for a place, unless already on the way."""
    agent.pace = "walk" if pace == "walk" else "run"
    agent.holds = False
    if agent.goal is not None and _near(agent.goal, goal, 40.0):
        return
    agent.goal = goal
    try:
        agent.path, agent.path_at = stage.world.path(agent.position, goal), 1
    except NotFoundError:
        agent.path, agent.path_at = [], 0
    agent.moved_tick, agent.moved_from = stage.tick, agent.position


def halt(agent: Agent) -> None:
    """Stay here."""
    agent.goal, agent.path, agent.path_at = None, [], 0


def has_arrived(agent: Agent) -> bool:
    """Whether the way is at its end."""
    return agent.path_at >= len(agent.path)


def steer(stage: Stage, agent: Agent) -> None:
    """What the keys say: along the path."""
    agent.wish_x = agent.wish_y = 0.0
    while agent.path_at < len(agent.path):
        x, y, _ = agent.path[agent.path_at]
        dx, dy = x - agent.x, y - agent.y
        far = math.hypot(dx, dy)
        if far > _REACHED_U:
            speed = agent.max_speed * (WALK_SHARE if agent.pace == "walk" else 1.0)
            agent.wish_x, agent.wish_y = dx / far * speed, dy / far * speed
            _unstick(stage, agent)
            return
        agent.path_at += 1


def _unstick(stage: Stage, agent: Agent) -> None:
    """Who wants to move and does not looks for another way."""
    if stage.tick - agent.moved_tick < _STUCK_TICKS:
        return
    if _near(agent.moved_from, agent.position, _STUCK_U) and agent.goal is not None:
        goal, agent.goal = agent.goal, None
        middle = stage.world.nav.middle(stage.world.nav.nearest_area(agent.position))
        go(stage, agent, goal)
        agent.path.insert(1, middle)
        jitter = stage.rng.uniform(-20.0, 20.0, 2)
        free = stage.world.solids.can_stand(agent.x + jitter[0], agent.y + jitter[1], agent.z, BODY_U)
        if free:
            agent.x, agent.y = agent.x + float(jitter[0]), agent.y + float(jitter[1])
    agent.moved_tick, agent.moved_from = stage.tick, agent.position


def brake(agent: Agent) -> None:
    """Counter-strafe: press against the own movement until it is gone."""
    speed = agent.speed
    agent.wish_x = agent.wish_y = 0.0
    if speed > agent.max_speed * 0.2:
        agent.wish_x, agent.wish_y = -agent.vx / speed * agent.max_speed, -agent.vy / speed * agent.max_speed


def sidestep(agent: Agent, direction: float) -> None:
    """Step to the left (positive) or right of where one looks."""
    yaw = math.radians(agent.yaw + 90.0)
    speed = agent.max_speed * direction
    agent.wish_x, agent.wish_y = math.cos(yaw) * speed, math.sin(yaw) * speed


def step(stage: Stage, agent: Agent) -> float:
    """Move for one tick; the damage of a fall comes back."""
    if agent.tag < 1.0:
        agent.tag = min(1.0, agent.tag + DT_S / TAG_RECOVERY_S)
    is_at_rest = agent.is_on_ground and not agent.wish_x and not agent.wish_y
    if is_at_rest and abs(agent.vx) + abs(agent.vy) < _STILL:
        agent.vx = agent.vy = 0.0
        return 0.0
    _accelerate(agent)
    _advance(stage, agent)
    return _settle(stage, agent)


def _accelerate(agent: Agent) -> None:
    if not agent.is_on_ground:
        return
    vx, vy = agent.vx, agent.vy
    share = agent.tag * (DUCK_SHARE if agent.is_ducking else 1.0)
    wish_x, wish_y = agent.wish_x * share, agent.wish_y * share
    speed = math.hypot(vx, vy)
    if speed > 0.0:
        left = max(0.0, speed - max(speed, STOP_SPEED_U) * FRICTION * DT_S) / speed
        vx, vy = vx * left, vy * left
    wish = math.hypot(wish_x, wish_y)
    if wish > 0.0:
        dir_x, dir_y = wish_x / wish, wish_y / wish
        missing = wish - (vx * dir_x + vy * dir_y)
        if missing > 0.0:
            gained = min(ACCELERATION * wish * DT_S, missing)
            vx, vy = vx + dir_x * gained, vy + dir_y * gained
    agent.vx, agent.vy = vx, vy


def _advance(stage: Stage, agent: Agent) -> None:
    x, y = agent.x + agent.vx * DT_S, agent.y + agent.vy * DT_S
    free = stage.world.solids.can_stand
    if free(x, y, agent.z, BODY_U) or not free(agent.x, agent.y, agent.z, BODY_U):
        agent.x, agent.y = x, y
    elif free(x, agent.y, agent.z, BODY_U):
        agent.x, agent.vy = x, 0.0
    elif free(agent.x, y, agent.z, BODY_U):
        agent.y, agent.vx = y, 0.0
    else:
        agent.vx = agent.vy = 0.0


def _settle(stage: Stage, agent: Agent) -> float:
    """Stand on the ground, or fall towards it."""
    ground = stage.world.solids.ground_height(agent.x, agent.y, agent.z)
    if ground is None:
        return 0.0
    if agent.z - ground <= STEP_UP_U and agent.is_on_ground:
        agent.z, agent.vz = ground, 0.0
        return 0.0
    if agent.is_on_ground:
        agent.is_on_ground, agent.falls_from_z = False, agent.z
    agent.vz -= GRAVITY_U * DT_S
    agent.z += agent.vz * DT_S
    if agent.z > ground:
        return 0.0
    fall = agent.falls_from_z - ground
    agent.z, agent.vz, agent.is_on_ground = ground, 0.0, True
    return max(0.0, (fall - SAFE_FALL_U) * FALL_DAMAGE_PER_U)


@lru_cache(maxsize=16)
def _turned_in_a_tick(tau_s: float) -> float:
    return 1.0 - math.exp(-DT_S / tau_s)


def look(agent: Agent, pitch: float, yaw: float, tau_s: float) -> None:
    """Turn the head towards a direction; after `tau_s` a third of the way is left."""
    share = _turned_in_a_tick(tau_s)
    now = agent.yaw
    agent.yaw = (now + ((yaw - now + 180.0) % 360.0 - 180.0) * share + 180.0) % 360.0 - 180.0
    raised = agent.pitch + (pitch - agent.pitch) * share
    agent.pitch = raised if abs(raised) < STEEPEST_DEG else math.copysign(STEEPEST_DEG, raised)


def look_around(stage: Stage, agent: Agent) -> None:
    """Where one looks without anybody to fight: at what was heard, at what is watched, along the way."""
    eye = agent.eye
    point = _interest(stage, agent)
    if point is None:
        look(agent, 0.0, agent.idle_yaw, 0.25)
        return
    pitch, yaw = angles_to(eye, (point[0], point[1], point[2] + _HEAD_U))
    if stage.tick % 32 == agent.slot:
        agent.error_yaw = float(stage.rng.normal(0.0, 3.5 - 2.5 * agent.profile.skill))
        agent.error_pitch = float(stage.rng.normal(0.0, 1.6 - 1.1 * agent.profile.skill))
    look(agent, pitch + agent.error_pitch, yaw + agent.error_yaw, 0.14)
    agent.idle_yaw = agent.yaw


def _interest(stage: Stage, agent: Agent) -> Point | None:
    if agent.heard is not None and stage.tick - agent.heard_tick < 4 * TICK_RATE:
        return agent.heard
    if agent.watch is not None and (agent.holds or has_arrived(agent)):
        return agent.watch
    if not has_arrived(agent):
        return _ahead(agent)
    return agent.watch


def _ahead(agent: Agent) -> Point:
    """The point of the path a little further on than the next corner."""
    left = _LOOK_AHEAD_U
    x, y, z = agent.position
    for point in agent.path[agent.path_at :]:
        far = math.hypot(point[0] - x, point[1] - y)
        if far >= left:
            share = left / far
            return x + (point[0] - x) * share, y + (point[1] - y) * share, z + (point[2] - z) * share
        left -= far
        x, y, z = point
    return x, y, z


def _near(one: Point, other: Point, within: float) -> bool:
    return abs(one[0] - other[0]) < within and abs(one[1] - other[1]) < within and abs(one[2] - other[2]) < within + 40
