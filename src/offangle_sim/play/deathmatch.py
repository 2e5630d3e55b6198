"""Deathmatch: no rounds, no money; who dies is back a moment later, somewhere else."""

import math
from typing import Final

from offangle.core.sides import Side
from offangle_sim.play import motion
from offangle_sim.play.agent import Agent
from offangle_sim.play.game import Game
from offangle_sim.play.rounds import PISTOLS
from offangle_sim.play.rules import ticks
from offangle_sim.play.stage import Stage
from offangle_sim.world.nav import Point

RESPAWN_S: Final = 2.0
MINUTES: Final = 10
STARTS_AFTER_S: Final = 0.5
"""Everybody connects, the match starts, people move: readers tell these apart by their ticks."""
SAFE_SPAWN_U: Final = 900.0
TRIES: Final = 12
_GUNS: Final[dict[Side, tuple[str, ...]]] = {"t": ("ak47", "awp", "mac10"), "ct": ("m4a1", "awp", "mp9")}


class Wanderer:
    """What an agent of a deathmatch wants: to be somewhere else."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def think(self, agent: Agent) -> None:
        """Choose the next place."""
        if agent.goal is None or motion.has_arrived(agent):
            points = self.stage.ground.points
            motion.go(self.stage, agent, points[int(self.stage.rng.integers(len(points)))])


def play_deathmatch(game: Game) -> None:
    """From the first player who joins until the time is up."""
    stage = game.stage
    game.join()
    game.idle(STARTS_AFTER_S)
    server = game.begin_tick()
    server.match_started()
    server.round_started()
    game.idle(STARTS_AFTER_S)
    game.begin_tick()
    wanderer = Wanderer(stage)
    game.live.minds = {"t": wanderer, "ct": wanderer}
    game.live.bombing.begin_round(None)
    for agent in stage.agents.values():
        _spawn(game, agent)
    server.freeze_ended()
    stage.freeze_end_tick, stage.is_peaceful = stage.tick, False
    died: dict[int, int] = {}
    for number in range(ticks(60.0 * (game.order.rounds or MINUTES))):
        game.begin_tick()
        game.live.tick()
        _respawn(game, died)
        game.end_tick()
        if game.progress is not None and number % ticks(60.0) == 0:
            game.progress(number // ticks(60.0), game.order.rounds or MINUTES)
    game.begin_tick().match_ended()
    game.idle(1.0)


def _respawn(game: Game, died: dict[int, int]) -> None:
    stage = game.stage
    for agent in stage.agents.values():
        if agent.is_alive:
            died.pop(agent.slot, None)
        elif stage.tick - died.setdefault(agent.slot, stage.tick) > ticks(RESPAWN_S):
            _spawn(game, agent)


def _spawn(game: Game, agent: Agent) -> None:
    stage, server = game.stage, game.stage.server
    server.stripped(agent.slot)
    game.rounds.spawn_at(agent, _free_point(stage, agent), float(stage.rng.uniform(-180.0, 180.0)))
    gun = str(stage.rng.choice(_GUNS[agent.side]))
    server.given(agent.slot, gun)
    server.set_player_state(agent.slot, armor=100, has_helmet=True)
    server.weapon_selected(agent.slot, gun if agent.has(gun) else PISTOLS[agent.side])


def _free_point(stage: Stage, agent: Agent) -> Point:
    """A place without enemies near."""
    points = stage.ground.points
    enemies = stage.enemies(agent)
    for _ in range(TRIES):
        point = points[int(stage.rng.integers(len(points)))]
        if all(math.dist(point, enemy.position) > SAFE_SPAWN_U for enemy in enemies):
            return point
    return points[int(stage.rng.integers(len(points)))]
