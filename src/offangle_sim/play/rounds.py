"""Rounds from freeze time to the next one: spawns, purchases, the clock, who wins, what it pays."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from offangle.core.sides import SIDES, Side, other_side
from offangle.core.weapons import weapon_class
from offangle_sim.play.agent import Agent
from offangle_sim.play.buying import Gift, Purchase, gifts, shopping, team_plan
from offangle_sim.play.live import Live
from offangle_sim.play.rules import PLANT_BONUS, WIN_MONEY, LossCount, ticks
from offangle_sim.play.stage import Stage
from offangle_sim.server.setup import TICK_RATE
from offangle_sim.world.nav import Point

if TYPE_CHECKING:
    from offangle_sim.world.world import Spawn

Outcome = tuple[Side, str]
PISTOLS: Final[dict[Side, str]] = {"t": "glock", "ct": "usp_silencer"}
HAND_OVER_S: Final = 0.4
"""From buying a gift to dropping it, and from there to its being taken."""
ITEM_S: Final = 0.35
"""Between two purchases of one player."""
_PRIMARY: Final = frozenset({"rifle", "sniper", "smg", "heavy"})


class Rounds:
    """Plays rounds on a stage; somebody else counts them."""

    def __init__(self, stage: Stage, live: Live, *, wingman: bool = False) -> None:
        self.stage, self.live = stage, live
        self.losses = LossCount()
        self._wingman = wingman
        self._shopping: dict[int, list[tuple[int, str, int]]] = {}
        self._gifts: list[Gift] = []
        self._errand: tuple[int, Callable[[], None]] | None = None
        self._last_gift_tick = 0

    # --- before

    def spawn_all(self) -> None:
        """Everybody who is there stands at his spawn with what he has kept, and a pistol."""
        stage = self.stage
        spawns = stage.world.wingman_spawns if self._wingman else stage.world.spawns
        taken: dict[Side, list[Spawn]] = {side: list(spawns[side]) for side in SIDES}
        for side in SIDES:
            stage.rng.shuffle(taken[side])
        for agent in stage.agents.values():
            if agent.player.side is not None and agent.player.is_connected:
                spawn = taken[agent.side].pop()
                self.spawn_at(agent, spawn.position, spawn.yaw_deg)

    def spawn_at(self, agent: Agent, position: Point, yaw_deg: float) -> None:
        """One player stands somewhere, whole, with a knife and a pistol at least."""
        server = self.stage.server
        agent.forget_round()
        agent.x, agent.y, agent.z = position
        agent.yaw = agent.idle_yaw = yaw_deg
        agent.pitch = 0.0
        place = self.stage.world.place_at(position)
        server.spawned(agent.slot, agent.position, yaw_deg=agent.yaw, place=place)
        if not agent.has("knife"):
            server.given(agent.slot, "knife")
        if not any(weapon_class(item.kind.name) == "pistol" for item in agent.player.items):
            server.given(agent.slot, PISTOLS[agent.side])
        server.refilled(agent.slot)
        best = agent.best_gun()
        if best:
            server.weapon_selected(agent.slot, best)
        server.set_player_state(agent.slot, is_ducking=False, is_walking=False, is_scoped=False, in_buy_zone=True)

    def begin(self, *, kind: str = "regular", is_pistol: bool = False, is_last: bool = False) -> None:
        """Freeze time begins, in the tick that is being written."""
        stage = self.stage
        self.live.grenades.clear()
        stage.server.clear_bomb()
        stage.server.clear_dropped()
        stage.server.round_started(kind=kind)
        stage.is_peaceful, stage.freeze_end_tick, stage.decided_tick = True, 0, None
        stage.kills_of_round.clear()
        stage.known["t"].clear()
        stage.known["ct"].clear()
        stage.is_knife_round = kind == "knife"
        self.spawn_all()
        if stage.is_knife_round:
            self._knives_only()
        attackers = [agent.slot for agent in stage.on_side("t") if agent.is_alive]
        carrier = int(stage.rng.choice(attackers)) if attackers and not stage.is_knife_round else None
        self.live.bombing.begin_round(carrier)
        self._plan(is_pistol=is_pistol, is_last=is_last)

    def _knives_only(self) -> None:
        server = self.stage.server
        for agent in self.stage.living():
            server.stripped(agent.slot)
            server.given(agent.slot, "knife")
            server.set_player_state(agent.slot, money=0)

    def _plan(self, *, is_pistol: bool, is_last: bool) -> None:
        stage = self.stage
        self._shopping.clear()
        self._gifts, self._errand = [], None
        self._last_gift_tick = stage.tick + ticks(stage.rules.freeze_s - 3.0 * HAND_OVER_S)
        for side in SIDES:
            agents = [agent for agent in stage.on_side(side) if agent.is_alive]
            losses = self.losses.t if side == "t" else self.losses.ct
            plan = team_plan(stage.rng, agents, side, is_pistol=is_pistol, is_last=is_last, losses=losses)
            self.live.teams[side].begin_round(plan)
            if not stage.is_knife_round:
                baskets = [shopping(stage.rng, agent, plan) for agent in agents]
                self._gifts = [*self._gifts, *(gifts(agents, baskets) if plan == "full" else ())]
                for agent, basket in zip(agents, baskets, strict=True):
                    self._shop(agent, basket)

    def _shop(self, agent: Agent, basket: Purchase) -> None:
        """When in freeze time an agent buys what."""
        stage = self.stage
        first = stage.tick + ticks(float(stage.rng.uniform(0.5, max(0.6, stage.rules.freeze_s * 0.6))))
        self._shopping[agent.slot] = [
            (first + number * ticks(ITEM_S), name, cost) for number, (name, cost) in enumerate(basket.items)
        ]

    def freeze_tick(self) -> None:
        """One tick of freeze time: people buy."""
        stage = self.stage
        self.live.still_tick()
        shops = False
        for slot, items in self._shopping.items():
            while items and items[0][0] <= stage.tick:
                _, name, cost = items.pop(0)
                self._buy(stage.agents[slot], name, cost)
                shops = True
        if not shops:
            self._gift_tick()

    def _gift_tick(self) -> None:
        """Gifts follow when everybody has bought for himself, one step after the other."""
        stage = self.stage
        if self._errand is not None:
            due_tick, act = self._errand
            if due_tick <= stage.tick:
                self._errand = None
                act()
        elif self._gifts and not any(self._shopping.values()) and stage.tick < self._last_gift_tick:
            self._buy_gift(self._gifts.pop(0))

    def _buy_gift(self, gift: Gift) -> None:
        """One buys, then drops, and the other takes it."""
        server, giver = self.stage.server, self.stage.agents[gift.giver]
        kept = giver.weapon
        server.bought(gift.giver, gift.item)
        if kept:
            server.weapon_selected(gift.giver, kept)
        self._later(partial(self._drop_gift, gift))

    def _drop_gift(self, gift: Gift) -> None:
        server = self.stage.server
        self._drop_guns(self.stage.agents[gift.taker], gift.item)
        self._later(partial(self._take_gift, gift, server.dropped(gift.giver, gift.item)))

    def _take_gift(self, gift: Gift, number: int) -> None:
        server, taker = self.stage.server, self.stage.agents[gift.taker]
        server.picked_up(gift.taker, number)
        server.weapon_selected(gift.taker, taker.best_gun())

    def _later(self, act: Callable[[], None]) -> None:
        self._errand = (self.stage.tick + ticks(HAND_OVER_S), act)

    def _drop_guns(self, agent: Agent, wanted: str) -> None:
        """One holds one gun and one pistol: what stands in the way of another one is dropped."""
        kinds = {"pistol"} if weapon_class(wanted) == "pistol" else _PRIMARY
        for old in [item.kind.name for item in agent.player.items if weapon_class(item.kind.name) in kinds]:
            self.stage.server.dropped(agent.slot, old)

    def _buy(self, agent: Agent, name: str, cost: int) -> None:
        server = self.stage.server
        if weapon_class(name) in _PRIMARY | {"pistol"}:
            self._drop_guns(agent, name)
        server.bought(agent.slot, name, cost)
        best = agent.best_gun()
        if best and agent.weapon != best:
            server.weapon_selected(agent.slot, best)

    def end_freeze(self) -> None:
        """Go."""
        stage = self.stage
        for slot, items in self._shopping.items():
            for _, name, cost in items:
                self._buy(stage.agents[slot], name, cost)
        self._shopping.clear()
        self._gifts = []
        stage.server.freeze_ended()
        stage.freeze_end_tick, stage.is_peaceful = stage.tick, False

    # --- during

    def outcome(self) -> Outcome | None:
        """Who has won, and why; None while it goes on."""
        stage, bombing = self.stage, self.live.bombing
        if bombing.outcome is not None:
            return bombing.outcome
        attackers, defenders = len(stage.alive("t")), len(stage.alive("ct"))
        if not defenders:
            return "t", "elimination"
        if not attackers and not bombing.is_planted:
            return "ct", "elimination"
        if not bombing.is_planted and stage.time_left_s() <= 0.0:
            return ("ct", "elimination") if stage.is_knife_round else ("ct", "time_expired")
        return None

    def decide(self, outcome: Outcome, *, pays: bool = True) -> None:
        """The round is won: score, stars, money."""
        stage, (winner, reason) = self.stage, outcome
        stage.decided_tick = stage.tick
        self.stop_jobs()
        stage.server.round_decided(winner, reason)
        star = self._star(winner)
        if star is not None:
            stage.server.round_mvp(star)
        if pays:
            self._pay(winner, reason)
            self.losses.after(winner)

    def stop_jobs(self) -> None:
        """Nobody plants or defuses any longer."""
        for agent in self.stage.living():
            if agent.job in {"plant", "defuse"}:
                self.live.bombing.stop(agent)

    def _star(self, winner: Side) -> int | None:
        stage = self.stage
        slots = [agent.slot for agent in stage.on_side(winner)]
        return max(slots, key=lambda slot: stage.kills_of_round.get(slot, 0), default=None)

    def _pay(self, winner: Side, reason: str) -> None:
        """Money for the round, into every player's account."""
        stage, loser = self.stage, other_side(winner)
        for agent in stage.agents.values():
            if agent.player.side == winner:
                self._add_money(agent, WIN_MONEY[reason])
            elif agent.player.side == loser:
                self._add_money(agent, self._consolation(agent, reason))

    def _consolation(self, agent: Agent, reason: str) -> int:
        stage = self.stage
        if agent.side == "t" and reason == "time_expired" and agent.is_alive:
            return 0  # who lives when the time is up without a plant gets nothing
        planted = PLANT_BONUS if agent.side == "t" and self.live.bombing.is_planted else 0
        return self.losses.bonus(agent.side) + planted if stage.decided_tick else 0

    def _add_money(self, agent: Agent, amount: int) -> None:
        if amount:
            self.stage.server.set_player_state(agent.slot, money=agent.player.money + amount)

    @property
    def seconds_played(self) -> float:
        """Since freeze end."""
        return (self.stage.tick - self.stage.freeze_end_tick) / TICK_RATE
