"""The defenders' round: who holds what, who comes to help, the retake, the defuse."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from offangle_sim.play import motion
from offangle_sim.play.agent import Agent
from offangle_sim.play.bombing import DEFUSE_REACH_U
from offangle_sim.play.buying import BuyPlan
from offangle_sim.play.dice import chance, pick, shuffled
from offangle_sim.play.minds import FLASH_HEIGHT_U, KNOWN_S, Mind, Orders
from offangle_sim.play.rules import DEFUSE_S, KIT_DEFUSE_S, ticks
from offangle_sim.server.setup import TICK_RATE
from offangle_sim.world.nav import Point

if TYPE_CHECKING:
    from offangle_sim.world.world import SiteName

RUN_U: Final = 220.0
"""What a way costs in time: units per second."""
NEAR_SITE_U: Final = 1500.0
ROTATE_FROM: Final = 2
"""So many attackers seen near a site call the others ..."""
ROTATE_AFTER_S: Final = (0.5, 2.5)
"""... who come after a moment."""
FORWARD_SHARE: Final = 0.12
FORWARD_UNTIL_S: Final = 28.0
STACK_SHARE: Final = 0.3
EARLY_REACH_U: Final = 700.0
EARLY_S: Final = 24.0
"""Until then defenders throw where attackers are likely to come."""
KNOWN_NEAR_U: Final = 1900.0
GATHER_U: Final = (900.0, 1300.0, 2600.0)
"""A retake waits within the second distance of the bomb for mates who are between the first and the third."""
WAIT_LEFT_S: Final = 9.0
SNEAK_U: Final = 700.0
SNEAK_LEFT_S: Final = 8.0
RISK_LEFT_S: Final = 3.0
"""With less time than this to spare a defuse begins, seen or not."""
COVER_U: Final = 900.0
QUIET_S: Final = 2.0
TOO_LATE_S: Final = 0.5
THROW_SHARES: Final = {"early": 0.8, "holding": 0.10, "contact": 0.3, "retaking": 0.45}
CONTACT_SHARE: Final = 0.5


@dataclass(slots=True)
class Defence(Mind):
    """The defenders."""

    preferred: tuple[str, ...] = ("flashbang", "hegrenade", "incgrenade", "smokegrenade", "decoy")

    def plan(self, plan: BuyPlan) -> None:
        """Spread over the sites and their lanes; a poor team may stack one site."""
        stage, rng = self.stage, self.stage.rng
        names = list(stage.ground.lanes)
        stacks = plan in {"eco", "force"} and chance(rng, STACK_SHARE)
        offset = int(rng.integers(len(names)))
        used: dict[SiteName, int] = {name: int(rng.integers(len(stage.ground.lanes[name]))) for name in names}
        for at, agent in enumerate(shuffled(rng, list(stage.on_side("ct")))):
            site = names[(offset + (0 if stacks else at)) % len(names)]
            index = used[site] % len(stage.ground.lanes[site])
            used[site] += 1
            order = Orders(stage.ground.lanes[site][index], spot=pick(rng, stage.ground.holds[site][index]))
            forward = stage.ground.forward[site][index]
            if forward and chance(rng, FORWARD_SHARE):
                order.forward = pick(rng, forward)
            self.orders[agent.slot] = order

    def act(self, agent: Agent, order: Orders) -> None:
        """What a defender does now."""
        if self.stage.bomb.site:
            self._retake(agent, order)
        else:
            self._listen(order)
            self._hold(agent, order)

    def target_of(self, item: str, order: Orders) -> Point:
        """Down the lane: where it enters the site, or where the attackers gather."""
        near = item == "flashbang" or chance(self.stage.rng, CONTACT_SHARE)
        x, y, z = order.lane.contact if near else order.lane.gather
        return (x, y, z + FLASH_HEIGHT_U) if item == "flashbang" else (x, y, z)

    # --- inside

    def _hold(self, agent: Agent, order: Orders) -> None:
        early = self.stage.since_freeze_s() < FORWARD_UNTIL_S
        spot = order.forward if early and order.forward is not None else order.spot
        if spot is None:
            return
        agent.pace = "run"
        self.stay_near(agent, order, spot.position)
        agent.watch = spot.watches
        known = self.nearest_known(agent, KNOWN_NEAR_U)
        near = math.dist(agent.position, spot.position) < EARLY_REACH_U
        if near or known is not None:
            calm = "early" if self.stage.since_freeze_s() < EARLY_S else "holding"
            share = THROW_SHARES[calm if known is None else "contact"]
            self.throw(agent, order, share=share, at=known, is_early=known is None)

    def _listen(self, order: Orders) -> None:
        """Help where many attackers were seen."""
        stage = self.stage
        if order.rotates_to is None:
            for site, middle in stage.ground.sites.items():
                if site != order.lane.site and self._seen_near(middle) >= ROTATE_FROM:
                    order.rotates_to = site
                    order.rotates_tick = stage.tick + ticks(float(stage.rng.uniform(*ROTATE_AFTER_S)))
        elif stage.tick >= order.rotates_tick:
            lanes = stage.ground.lanes[order.rotates_to]
            index = int(stage.rng.integers(len(lanes)))
            order.spot = pick(stage.rng, stage.ground.holds[order.rotates_to][index])
            order.lane, order.forward, order.rotates_to = lanes[index], None, None

    def _seen_near(self, middle: Point) -> int:
        stage = self.stage
        return sum(
            stage.tick - tick < KNOWN_S * TICK_RATE and math.dist(place, middle) < NEAR_SITE_U
            for tick, place in stage.known["ct"].values()
        )

    def _retake(self, agent: Agent, order: Orders) -> None:
        stage, bomb = self.stage, self.stage.bomb
        far = math.dist(agent.position, bomb.position)
        left_s = (bomb.blows_tick - stage.tick) / TICK_RATE
        spare_s = left_s - (KIT_DEFUSE_S if agent.player.has_kit else DEFUSE_S) - far / RUN_U
        if spare_s < -TOO_LATE_S or self.should_save(order, is_late=True):
            order.is_saving = True
            self.flee(agent, order, bomb.position)
        elif self._waits_for_mates(agent, far) and spare_s > WAIT_LEFT_S:
            motion.halt(agent)
            agent.watch = bomb.position
            self.throw(agent, order, share=THROW_SHARES["retaking"], at=bomb.position)
        else:
            sneaks = far < SNEAK_U and spare_s > SNEAK_LEFT_S
            motion.go(stage, agent, bomb.position, pace="walk" if sneaks else "run")
            agent.watch = bomb.position
            self._defuse_if_there(agent, far, spare_s)

    def _waits_for_mates(self, agent: Agent, far: float) -> bool:
        near, here, late = GATHER_U
        stage = self.stage
        coming = (math.dist(mate.position, stage.bomb.position) for mate in stage.alive("ct") if mate is not agent)
        return far < here and any(near < distance < late for distance in coming)

    def _defuse_if_there(self, agent: Agent, far: float, spare_s: float) -> None:
        free = agent.target is None and self.stage.bomb.defuser is None
        if far < DEFUSE_REACH_U and free and (self._is_quiet(agent) or spare_s < RISK_LEFT_S):
            self.bombing.begin_defuse(agent)

    def _is_quiet(self, agent: Agent) -> bool:
        """Nobody seen for a moment, or a mate is there to cover."""
        stage = self.stage
        recent = any(stage.tick - tick < QUIET_S * TICK_RATE for tick, _ in stage.known["ct"].values())
        mates = [mate for mate in stage.alive("ct") if mate is not agent]
        covered = any(math.dist(mate.position, agent.position) < COVER_U for mate in mates)
        return not recent or covered or not stage.alive("t")
