"""The bomb in play: carried, dropped, planted, defused, blown up."""

import math
from typing import TYPE_CHECKING, Final

from offangle_sim.play import motion
from offangle_sim.play.agent import Agent
from offangle_sim.play.guns import armored
from offangle_sim.play.harm import harm
from offangle_sim.play.rules import (
    BOMB_S,
    DEFUSE_S,
    DEFUSER_BONUS,
    KIT_DEFUSE_S,
    PLANT_S,
    PLANTER_BONUS,
    ticks,
)
from offangle_sim.play.stage import Bomb, Stage
from offangle_sim.server.setup import TICK_RATE

if TYPE_CHECKING:
    from offangle.core.sides import Side

PICK_UP_U: Final = 48.0
DEFUSE_REACH_U: Final = 58.0
FALLS_S: Final = 0.5
"""A dropped bomb is in the air before anybody can take it."""
BLAST_DAMAGE: Final = 500.0
BLAST_SIGMA_U: Final = 560.0
BLAST_ARMOR_RATIO: Final = 1.0
_STILL_U: Final = 30.0


class Bombing:
    """What becomes of the bomb of a round."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.outcome: tuple[Side, str] | None = None
        self._lies_since_tick: int | None = None

    def begin_round(self, carrier: int | None) -> None:
        """The bomb is given to a carrier; None: a round without one."""
        self.outcome = self._lies_since_tick = None
        self.stage.bomb = Bomb(carrier=carrier)
        if carrier is not None:
            self.stage.server.bomb_given(carrier)

    @property
    def is_planted(self) -> bool:
        """Whether it ticks, or has."""
        return bool(self.stage.bomb.site)

    def begin_plant(self, agent: Agent) -> None:
        """Start to plant here, if this is a site."""
        site = self.stage.world.site_at(agent.position)
        if site is None or agent.job or self.stage.tick < agent.ready_tick or agent.slot in self.stage.passive:
            return
        agent.job, agent.job_ends_tick = "plant", self.stage.tick + ticks(PLANT_S)
        self.stage.server.weapon_selected(agent.slot, "c4")
        self.stage.server.bomb_plant_begun(agent.slot, site)

    def begin_defuse(self, agent: Agent) -> None:
        """Start to defuse."""
        bomb = self.stage.bomb
        is_free = bomb.defuser is None and not agent.job and agent.slot not in self.stage.passive
        if not is_free or math.dist(agent.position, bomb.position) > DEFUSE_REACH_U:
            return
        seconds = KIT_DEFUSE_S if agent.player.has_kit else DEFUSE_S
        agent.job, agent.job_ends_tick = "defuse", self.stage.tick + ticks(seconds)
        bomb.defuser = agent.slot
        self.stage.server.bomb_defuse_begun(agent.slot)

    def act(self, agent: Agent) -> None:
        """One tick of planting or defusing."""
        motion.brake(agent)
        if agent.speed < _STILL_U:
            agent.wish_x = agent.wish_y = 0.0
        if self.stage.tick < agent.job_ends_tick:
            return
        if agent.job == "plant":
            self._planted(agent)
        else:
            self._defused(agent)

    def stop(self, agent: Agent) -> None:
        """Stop planting or defusing."""
        server, bomb = self.stage.server, self.stage.bomb
        if agent.job == "plant":
            site = self.stage.world.site_at(agent.position)
            server.bomb_plant_aborted(agent.slot, site or "a")
        elif agent.job == "defuse":
            server.bomb_defuse_aborted(agent.slot)
            bomb.defuser = None
        agent.job = ""

    def tick(self) -> None:
        """The bomb is picked up, or goes off."""
        stage, bomb = self.stage, self.stage.bomb
        if bomb.site:
            if self.outcome is None and stage.tick >= bomb.blows_tick and stage.decided_tick is None:
                self._explode()
        elif bomb.carrier is not None or stage.server.bomb_on_ground is None:
            self._lies_since_tick = None
        elif self._lies_since_tick is None:
            self._lies_since_tick = stage.tick
        elif stage.tick - self._lies_since_tick >= ticks(FALLS_S):
            self._pick_up()

    # --- inside

    def _pick_up(self) -> None:
        stage, bomb = self.stage, self.stage.bomb
        near = [agent for agent in stage.alive("t") if math.dist(agent.position, bomb.position) < PICK_UP_U]
        if near:
            stage.server.bomb_picked_up(near[0].slot)
            bomb.carrier = near[0].slot

    def _planted(self, agent: Agent) -> None:
        stage, bomb = self.stage, self.stage.bomb
        site = stage.world.site_at(agent.position)
        agent.job = ""
        if site is None or stage.decided_tick is not None:
            return
        stage.server.bomb_planted(agent.slot, site)
        bomb.site, bomb.position, bomb.carrier = site, agent.position, None
        bomb.planted_tick, bomb.planter = stage.tick, agent.slot
        bomb.blows_tick = stage.tick + ticks(BOMB_S)
        stage.server.set_player_state(agent.slot, money=agent.player.money + PLANTER_BONUS)
        agent.ready_tick = stage.tick + TICK_RATE // 2

    def _defused(self, agent: Agent) -> None:
        stage = self.stage
        agent.job = ""
        if stage.decided_tick is not None:
            self.stop(agent)
            return
        stage.server.bomb_defused(agent.slot)
        stage.bomb.defuser = None
        stage.server.set_player_state(agent.slot, money=agent.player.money + DEFUSER_BONUS)
        self.outcome = ("ct", "bomb_defused")

    def _explode(self) -> None:
        stage, bomb = self.stage, self.stage.bomb
        if bomb.defuser is not None:
            self.stop(stage.agents[bomb.defuser])
        stage.server.bomb_exploded()
        self.outcome = ("t", "bomb_exploded")
        for agent in stage.living():
            raw = BLAST_DAMAGE * math.exp(-((math.dist(agent.position, bomb.position) / BLAST_SIGMA_U) ** 2) / 2.0)
            armor = agent.player.armor
            damage = armored(raw, BLAST_ARMOR_RATIO, armor) if armor else (int(raw), 0)
            harm(stage, agent, None, "c4", damage)
