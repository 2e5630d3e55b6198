"""One tick of play after the other: what agents decide, how they move, what the recording is told."""

import math
from typing import TYPE_CHECKING, Final, Protocol

from offangle_sim.play import gunplay, motion, sight
from offangle_sim.play.agent import Agent
from offangle_sim.play.attack import Attack
from offangle_sim.play.bombing import Bombing
from offangle_sim.play.defence import Defence
from offangle_sim.play.grenades import Grenades, leave_fire
from offangle_sim.play.harm import harm
from offangle_sim.play.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offangle.core.sides import Side
    from offangle_sim.play.minds import Mind

THINK_TICKS: Final = 8
HEARING_TICKS: Final = 32
PLACE_TICKS: Final = 32
STEP_TICKS: Final = 22
"""Between two steps that can be heard, running."""
IN_ATTACK, IN_FORWARD = 1, 8
"""Bits of the keys in a user command: fire, and forward."""
_RUNNING_U, _WALKING_U = 150.0, 10.0
_DUCK_AFTER_SHOTS, _DUCK_BELOW_U = 3.0, 40.0
"""Some crouch into a long spray, once they stand."""
_JIGGLE_SHARE: Final = 1.0 / 260.0
_PLANT_BREAKS_S: Final = 1.1


class Will(Protocol):
    """What tells an agent where to go."""

    def think(self, agent: Agent) -> None:
        """Decide where one agent goes now."""


class Live:
    """Plays ticks."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.grenades = Grenades(stage)
        self.bombing = Bombing(stage)
        self.teams: dict[Side, Mind] = {
            "t": Attack(stage, "t", self.grenades, self.bombing),
            "ct": Defence(stage, "ct", self.grenades, self.bombing),
        }
        self.minds: Mapping[Side, Will] = self.teams
        self.sends_commands = True

    def tick(self) -> None:
        """Everything that happens in the tick that the server has begun, up to its end."""
        stage, tick = self.stage, self.stage.tick
        stage.wire.begin_tick(tick)
        if not stage.is_peaceful:
            if tick % sight.SIGHT_TICKS == 0:
                sight.look(stage)
            if tick % HEARING_TICKS == 0:
                sight.hear_steps(stage)
        for agent in stage.agents.values():
            if agent.player.is_alive:
                self._one(agent)
        self.grenades.tick()
        self.bombing.tick()
        if tick % PLACE_TICKS == 0:
            self._places()

    def still_tick(self) -> None:
        """A tick in which nobody moves: freeze time, and pauses."""
        self.stage.wire.begin_tick(self.stage.tick)
        self.grenades.tick()

    def _one(self, agent: Agent) -> None:
        stage = self.stage
        if not stage.wire.has_command(agent.slot):  # a client that is not heard stands still on the server
            stage.server.move_player(agent.slot, agent.position, (0.0, 0.0, 0.0), agent.pitch, agent.yaw)
            return
        self._decide(agent)
        fall = motion.step(stage, agent)
        if fall >= 1.0:
            harm(stage, agent, None, "world", (int(fall), 0))
        if not agent.player.is_alive:
            return
        self._tell(agent)

    def _decide(self, agent: Agent) -> None:
        stage = self.stage
        if agent.blind_until_tick > stage.tick:
            self._blind(agent)
            return
        if (stage.tick + agent.slot) % sight.SIGHT_TICKS == 0:
            sight.choose_target(stage, agent)
        fights = agent.target is not None and stage.tick >= agent.reacts_tick
        if agent.job and not (fights and self._breaks_off(agent)):
            self._work(agent)
        elif fights and not stage.is_peaceful:
            self._fight(agent)
        else:
            self._go_on(agent)

    def _work(self, agent: Agent) -> None:
        if agent.job == "throw":
            self.grenades.act(agent)
        else:
            self.bombing.act(agent)

    def _breaks_off(self, agent: Agent) -> bool:
        """An enemy in sight stops a throw, and a plant or defuse unless it is all but done."""
        if agent.job == "throw":
            agent.job, agent.throw = "", None
            return True
        left = agent.job_ends_tick - self.stage.tick
        if left < _PLANT_BREAKS_S * 64:
            return False
        self.bombing.stop(agent)
        return True

    def _fight(self, agent: Agent) -> None:
        stage = self.stage
        if agent.reloading:
            gunplay.tend(stage, agent)
        gunplay.fight(stage, agent)
        ducks = agent.spray > _DUCK_AFTER_SHOTS and agent.speed < _DUCK_BELOW_U and agent.slot % 3 == 0
        if ducks != agent.is_ducking:
            agent.is_ducking = ducks
            stage.server.set_player_state(agent.slot, is_ducking=ducks)
        leave_fire(stage, agent)

    def _go_on(self, agent: Agent) -> None:
        stage = self.stage
        if agent.is_ducking:
            agent.is_ducking = False
            stage.server.set_player_state(agent.slot, is_ducking=False)
        if not stage.is_peaceful:
            gunplay.spam(stage, agent)
        gunplay.tend(stage, agent)
        if (stage.tick + agent.slot) % THINK_TICKS == 0 and not stage.is_peaceful:
            self.minds[agent.side].think(agent)
        motion.steer(stage, agent)
        if motion.has_arrived(agent) and not agent.job:
            self._jiggle(agent)
        leave_fire(stage, agent)
        motion.look_around(stage, agent)

    def _jiggle(self, agent: Agent) -> None:
        """Who holds a place does not stand like a post."""
        stage = self.stage
        if stage.tick < agent.strafe_until_tick:
            motion.sidestep(agent, agent.strafe)
        elif stage.rng.random() < _JIGGLE_SHARE:
            agent.strafe = float(stage.rng.choice((-0.5, 0.5)))
            agent.strafe_until_tick = stage.tick + int(stage.rng.integers(10, 40))
        else:
            agent.wish_x = agent.wish_y = 0.0

    def _blind(self, agent: Agent) -> None:
        """Blind: stop, or back off, and keep the gun up."""
        if agent.job in {"plant", "defuse"}:
            self.bombing.act(agent)
            return
        agent.job, agent.throw = ("", None) if agent.job == "throw" else (agent.job, agent.throw)
        motion.sidestep(agent, 0.4 if agent.slot % 2 else -0.4)

    def _tell(self, agent: Agent) -> None:
        """The recording is told where he is, and what his client sent."""
        stage, server = self.stage, self.stage.server
        server.move_player(agent.slot, agent.position, (agent.vx, agent.vy, agent.vz), agent.pitch, agent.yaw)
        player = agent.player
        if player.is_on_ground != agent.is_on_ground:
            server.set_player_state(agent.slot, is_on_ground=agent.is_on_ground)
        walks = agent.pace == "walk" and agent.speed > _WALKING_U
        if player.is_walking != walks:
            server.set_player_state(agent.slot, is_walking=walks)
        if self.sends_commands and not player.entry.is_bot:
            buttons = (IN_ATTACK if agent.last_shot_tick == stage.tick else 0) | (IN_FORWARD if agent.wish_x else 0)
            inputs = stage.wire.inputs(agent, server.server_tick)
            server.user_command(
                agent.slot, inputs, buttons=buttons, move=(math.copysign(1.0, agent.wish_x or 1.0), 0.0)
            )
        if agent.speed > _RUNNING_U and stage.tick % STEP_TICKS == agent.slot:
            server.footstep(agent.slot)

    def _places(self) -> None:
        stage = self.stage
        living = stage.living()
        if not living:
            return
        names = stage.world.places_at([agent.position for agent in living])
        for agent, name in zip(living, names, strict=True):
            zone = stage.world.can_buy_at(agent.side, agent.position)
            ping = stage.wire.ping_ms(agent.slot)
            stage.server.set_player_state(agent.slot, place=name, in_buy_zone=zone, ping_ms=ping)
