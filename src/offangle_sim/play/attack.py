"""The attackers' round: which site, when, along which lanes; the plant, and what comes after it."""

import math
from dataclasses import dataclass
from typing import Final

from offangle_sim.play import motion
from offangle_sim.play.agent import Agent
from offangle_sim.play.buying import BuyPlan
from offangle_sim.play.dice import chance, pick
from offangle_sim.play.ground import Lane, post_plant_spots
from offangle_sim.play.minds import FLASH_HEIGHT_U, Mind, Orders
from offangle_sim.play.rules import RULES
from offangle_sim.server.setup import TICK_RATE
from offangle_sim.world.nav import Point
from offangle_sim.world.world import SiteName

LATE_S: Final = 45.0
"""With less time than this attackers go, ready or not."""
PLANT_NOW_S: Final = 15.0
OPENING_S: Final = 9.0
"""Each defender who has died brings the attack forward by this."""
SETTLED_U: Final = 900.0
"""This near to where a lane gathers, people walk and throw."""
HURRY_S: Final = 12.0
THROW_BEFORE_S: Final = 7.0
EARLY_S: Final = 26.0
EARLY_THROW_U: Final = 2200.0
KNOWN_NEAR_U: Final = 1700.0
PLANT_HERE_SHARE: Final = 0.7
"""In each thought inside a site: most carriers plant where they first find it quiet."""
LURK_S: Final = 8.0
ENTRY_THROW_U: Final = 800.0
SPLIT_SHARE: Final = 0.3
LURK_SHARE: Final = 0.25
RUN_FROM_BOMB_S: Final = 9.0
BLAST_U: Final = 1500.0
THROW_SHARES: Final = {"early": 0.6, "waiting": 0.08, "opening": 0.9, "entering": 0.8, "denying": 0.5}
"""How readily grenades are thrown: while waiting, just before the attack, while entering, at a defuser."""
_STYLES: Final[dict[BuyPlan, tuple[tuple[str, float], ...]]] = {
    "pistol": (("rush", 0.25), ("default", 0.75)),
    "eco": (("rush", 0.40), ("default", 0.60)),
    "force": (("rush", 0.25), ("default", 0.75)),
    "full": (("rush", 0.10), ("default", 0.50), ("slow", 0.40)),
}
_EXECUTE_S: Final[dict[str, tuple[float, float]]] = {"rush": (0.0, 12.0), "default": (32.0, 66.0), "slow": (62.0, 80.0)}


@dataclass(slots=True)
class Attack(Mind):
    """The attackers."""

    site: SiteName = "a"
    execute_s: float = 0.0
    preferred: tuple[str, ...] = ("flashbang", "smokegrenade", "molotov", "hegrenade", "decoy")

    def plan(self, plan: BuyPlan) -> None:
        """Choose a site, a style and a lane for everybody."""
        stage, rng = self.stage, self.stage.rng
        names = list(stage.ground.lanes)
        self.site = pick(rng, names)
        styles = _STYLES[plan]
        style = styles[int(rng.choice(len(styles), p=[share for _, share in styles]))][0]
        shorter = stage.rules.round_s / RULES["competitive"].round_s
        self.execute_s = float(rng.uniform(*_EXECUTE_S[style])) * min(1.0, shorter)
        lanes = stage.ground.lanes[self.site]
        every = [lane for name in names for lane in stage.ground.lanes[name]]
        main = int(rng.integers(len(lanes)))
        splits = style != "rush" or chance(rng, SPLIT_SHARE)
        for at, agent in enumerate(stage.on_side("t")):
            lane = lanes[(main + (at % 2 if splits else 0)) % len(lanes)]
            if style != "rush" and (agent.profile.role == "lurk" or chance(rng, LURK_SHARE)):
                lane = pick(rng, every)
            self.orders[agent.slot] = Orders(lane, site_point=self._site_point())

    def _site_point(self) -> Point:
        """Somewhere in the site where one can stand."""
        stage = self.stage
        zone = stage.world.sites[self.site]
        inside = [point for point in stage.ground.points if zone.holds(point)]
        return pick(stage.rng, inside or [stage.ground.sites[self.site]])

    def act(self, agent: Agent, order: Orders) -> None:
        """What an attacker does now."""
        stage, bomb = self.stage, self.stage.bomb
        if bomb.site:
            self._guard_bomb(agent, order)
        elif bomb.carrier is None and self._is_nearest_to_bomb(agent):
            motion.go(stage, agent, bomb.position)
        elif self.should_save(order, is_late=False):
            self.flee(agent, order, stage.ground.sites[self.site])
        elif self._is_time():
            self._enter_site(agent, order)
        else:
            self._gather(agent, order)

    def target_of(self, item: str, order: Orders) -> Point:
        """At those who hold the lane; a flash where it meets the site."""
        stage, lane = self.stage, order.lane
        if item == "flashbang":
            return lane.contact[0], lane.contact[1], lane.contact[2] + FLASH_HEIGHT_U
        index = stage.ground.lanes[lane.site].index(lane)
        return pick(stage.rng, stage.ground.holds[lane.site][index]).position

    # --- inside

    def _is_time(self) -> bool:
        stage = self.stage
        lost = len(list(stage.on_side("ct"))) - len(stage.alive("ct"))
        return stage.since_freeze_s() >= self.execute_s - OPENING_S * lost or stage.time_left_s() < LATE_S

    def _gather(self, agent: Agent, order: Orders) -> None:
        since = self.stage.since_freeze_s()
        near = math.dist(agent.position, order.lane.gather) < SETTLED_U
        agent.pace = "walk" if near and since < self.execute_s - HURRY_S else "run"
        agent.watch = order.lane.contact
        self.stay_near(agent, order, order.lane.gather)
        if near or math.dist(agent.position, order.lane.gather) < EARLY_THROW_U:
            moment = "opening" if since > self.execute_s - THROW_BEFORE_S else "early" if since < EARLY_S else "waiting"
            known = self.nearest_known(agent, KNOWN_NEAR_U)
            is_early = moment != "opening" and known is None
            self.throw(agent, order, share=THROW_SHARES[moment], at=known, is_early=is_early)

    def _enter_site(self, agent: Agent, order: Orders) -> None:
        stage = self.stage
        lurks = agent.profile.role == "lurk" and stage.since_freeze_s() < self.execute_s + LURK_S
        if lurks and stage.time_left_s() > LATE_S:
            self._gather(agent, order)
            return
        lane = self._lane_in(order)
        near = math.dist(agent.position, lane.gather) < ENTRY_THROW_U
        if near and self.throw(agent, order, share=THROW_SHARES["entering"]):
            return
        motion.go(stage, agent, order.site_point or stage.ground.sites[self.site])
        agent.watch = stage.ground.sites[self.site]
        self._plant_if_there(agent)

    def _lane_in(self, order: Orders) -> Lane:
        return order.lane if order.lane.site == self.site else self.stage.ground.lanes[self.site][0]

    def _plant_if_there(self, agent: Agent) -> None:
        stage = self.stage
        if stage.bomb.carrier != agent.slot or agent.target is not None:
            return
        hurries = stage.time_left_s() < PLANT_NOW_S or chance(stage.rng, PLANT_HERE_SHARE)
        if (hurries or motion.has_arrived(agent)) and stage.world.site_at(agent.position) is not None:
            self.bombing.begin_plant(agent)

    def _guard_bomb(self, agent: Agent, order: Orders) -> None:
        stage, bomb = self.stage, self.stage.bomb
        if order.post_plant is None:
            order.post_plant = pick(stage.rng, post_plant_spots(stage.world, stage.ground, bomb.position))
        left_s = (bomb.blows_tick - stage.tick) / TICK_RATE
        near = math.dist(agent.position, bomb.position) < BLAST_U
        if left_s < RUN_FROM_BOMB_S and bomb.defuser is None and near:
            self.flee(agent, order, bomb.position)
            return
        agent.watch = bomb.position
        if bomb.defuser is None:
            self.stay_near(agent, order, order.post_plant.position)
            return
        stage.tell("t", bomb.defuser, bomb.position)
        self.throw(agent, order, share=THROW_SHARES["denying"], at=bomb.position)
        motion.go(stage, agent, bomb.position)

    def _is_nearest_to_bomb(self, agent: Agent) -> bool:
        where = self.stage.bomb.position
        return agent is min(self.stage.alive("t"), key=lambda mate: math.dist(mate.position, where))
