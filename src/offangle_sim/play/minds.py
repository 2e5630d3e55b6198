"""What the two teams have in common: orders, what they know, what they throw, when they save their guns."""

import math
from dataclasses import dataclass, field
from typing import Final

from offangle.core.sides import Side, other_side
from offangle_sim.play import motion
from offangle_sim.play.agent import Agent
from offangle_sim.play.bombing import Bombing
from offangle_sim.play.buying import BuyPlan
from offangle_sim.play.dice import chance, pick
from offangle_sim.play.grenades import Grenades
from offangle_sim.play.ground import Lane, Spot
from offangle_sim.play.rules import ticks
from offangle_sim.play.stage import Stage
from offangle_sim.server.setup import TICK_RATE
from offangle_sim.world.nav import Point
from offangle_sim.world.world import SiteName

KNOWN_S: Final = 6.0
"""What was seen longer ago is worth nothing."""
SAVE_BEHIND: Final = 2
SAVE_SHARE: Final = 0.03
"""In each thought, for each player that the other team has more."""
SAVE_FROM_LEFT_S: Final = 45.0
SAFE_FROM_BOMB_U: Final = 1400.0
HIDES_CONSIDERED: Final = 24
THROW_REST_S: Final = 2.0
THROW_TRY_S: Final = (0.4, 1.6)
PATROL_S: Final = (0.5, 2.4)
EARLY_ITEMS: Final = ("incgrenade", "molotov", "hegrenade", "smokegrenade")
"""What is thrown while nobody has been seen; flashes are kept for a fight."""
FLASH_HEIGHT_U: Final = 70.0
"""Flashes are thrown to burst in the air."""
GUESS_SHARE: Final = 0.75
GUESS_U: Final = 1000.0
PATROL_U: Final = 170.0
AFTER_REACH_U: Final = 2500.0


@dataclass(slots=True)
class Orders:
    """What one agent was told for the round."""

    lane: Lane
    spot: Spot | None = None
    forward: Spot | None = None
    site_point: Point | None = None
    post_plant: Spot | None = None
    hide: Point | None = None
    patrol: Point | None = None
    patrol_until_tick: int = 0
    is_saving: bool = False
    rotates_tick: int = 0
    rotates_to: SiteName | None = None


@dataclass(slots=True)
class Mind:
    """One team's round."""

    stage: Stage
    side: Side
    grenades: Grenades
    bombing: Bombing
    orders: dict[int, Orders] = field(default_factory=dict)

    preferred: tuple[str, ...] = ()
    """What is thrown first when it counts."""

    def begin_round(self, plan: BuyPlan) -> None:
        """Plan the round."""
        self.orders.clear()
        self.plan(plan)

    def plan(self, plan: BuyPlan) -> None:
        """Give everybody his orders."""
        raise NotImplementedError

    def think(self, agent: Agent) -> None:
        """Decide where one agent goes now."""
        order = self.orders.get(agent.slot)
        if order is None or agent.job:
            return
        if self.stage.decided_tick is not None:
            self._after(agent)
        else:
            self.act(agent, order)

    def act(self, agent: Agent, order: Orders) -> None:
        """The same, while the round is open."""
        raise NotImplementedError

    def target_of(self, item: str, order: Orders) -> Point:
        """Where to throw something."""
        raise NotImplementedError

    # --- what both do

    def stay_near(self, agent: Agent, order: Orders, place: Point) -> None:
        """Be at a place, and move about it at a walk: nobody stands like a post for a minute."""
        stage = self.stage
        if math.dist(agent.position, place) > PATROL_U * 2.0:
            motion.go(stage, agent, place, pace=agent.pace)
            return
        if stage.tick >= order.patrol_until_tick:
            order.patrol_until_tick = stage.tick + ticks(float(stage.rng.uniform(*PATROL_S)))
            dx, dy = stage.rng.uniform(-PATROL_U, PATROL_U, 2)
            x, y = place[0] + float(dx), place[1] + float(dy)
            order.patrol = (x, y, place[2]) if stage.world.solids.can_stand(x, y, place[2], motion.BODY_U) else place
        motion.go(stage, agent, order.patrol or place, pace="walk")
        agent.holds = self.side == "ct" or self.bombing.is_planted

    def should_save(self, order: Orders, *, is_late: bool) -> bool:
        """Whether the round is lost and the guns are worth keeping."""
        stage = self.stage
        if order.is_saving:
            return True
        mine, theirs = len(stage.alive(self.side)), len(stage.alive(other_side(self.side)))
        behind = theirs - mine
        late = is_late or stage.time_left_s() < SAVE_FROM_LEFT_S
        hopeless = behind >= SAVE_BEHIND and theirs >= 2 * mine
        if late and mine and hopeless and chance(stage.rng, SAVE_SHARE * behind):
            order.is_saving = True
        return order.is_saving

    def flee(self, agent: Agent, order: Orders, danger: Point) -> None:
        """Go and hide."""
        stage = self.stage
        if order.hide is None:
            hides = sorted(stage.ground.hides, key=lambda point: math.dist(point, agent.position))[:HIDES_CONSIDERED]
            far = [point for point in hides if math.dist(point, danger) > SAFE_FROM_BOMB_U]
            order.hide = pick(stage.rng, far or hides)
        motion.go(stage, agent, order.hide)
        agent.watch = danger

    def throw(
        self, agent: Agent, order: Orders, *, share: float, at: Point | None = None, is_early: bool = False
    ) -> bool:
        """Throw something that helps now, if there is anything; whether a throw was begun comes back."""
        stage = self.stage
        if stage.tick < agent.next_throw_tick or agent.target is not None or agent.reloading:
            return False
        agent.next_throw_tick = stage.tick + ticks(float(stage.rng.uniform(*THROW_TRY_S)))
        if not chance(stage.rng, share * (0.4 + 0.6 * agent.profile.utility_share)):
            return False
        for item in EARLY_ITEMS if is_early else self.preferred:
            if agent.has(item):
                wanted = at or self.guess(order.lane)
                target = wanted if wanted is not None and item != "smokegrenade" else self.target_of(item, order)
                if self.grenades.plan(agent, item, target):
                    agent.next_throw_tick = stage.tick + ticks(THROW_REST_S)
                    return True
        return False

    def guess(self, lane: Lane) -> Point | None:
        """Where somebody is, by habit and luck: experienced players know the usual places."""
        stage = self.stage
        if not chance(stage.rng, GUESS_SHARE):
            return None
        near = [
            agent.position
            for agent in stage.alive(other_side(self.side))
            if math.dist(agent.position, lane.contact) < GUESS_U
        ]
        return pick(stage.rng, near) if near else None

    def nearest_known(self, agent: Agent, within: float) -> Point | None:
        """The nearest enemy that the team knows of."""
        stage = self.stage
        fresh = [
            place
            for slot, (tick, place) in stage.known[self.side].items()
            if stage.tick - tick < KNOWN_S * TICK_RATE and stage.agents[slot].player.is_alive
        ]
        near = [place for place in fresh if math.dist(place, agent.position) < within]
        return min(near, key=lambda place: math.dist(place, agent.position), default=None)

    def _after(self, agent: Agent) -> None:
        """The round is decided: some hunt on, others stay where they are."""
        known = self.nearest_known(agent, AFTER_REACH_U)
        hunts = agent.slot % 2 == 0
        if known is not None and hunts:
            motion.go(self.stage, agent, known)
        elif not self.bombing.is_planted:
            motion.halt(agent)
