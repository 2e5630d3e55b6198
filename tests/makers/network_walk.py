"""Players who walk about under a network: small states made by hand, for tests of what clients show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from offangle_sim.net.links import Link
from offangle_sim.net.network import Network, Outage, ServerState
from offangle_sim.net.packets import Floats

TICK_RATE = 64
SPEED_U_S = 250.0


@dataclass
class Walk:
    """Players from slot 0 on, each on his own way; `turns` makes them change direction."""

    links: Mapping[int, Link]
    seed: int = 1
    turns: float = 0.2
    still: tuple[int, ...] = ()
    network: Network = field(init=False)
    states: list[ServerState] = field(default_factory=list)
    outages: tuple[Outage, ...] = ()
    before_end: dict[int, Callable[["Walk"], None]] = field(default_factory=dict)
    after_tick: Callable[["Walk"], None] | None = None
    heading: Floats = field(init=False)
    position: Floats = field(init=False)
    health: list[int] = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.links)
        self.network = Network(tuple(self.links), self.links, self.seed, outages=self.outages)
        self.rng = np.random.default_rng((self.seed, 99))
        self.heading = self.rng.uniform(0.0, 2 * np.pi, count)
        self.position = self.rng.uniform(-1000.0, 1000.0, (count, 3))
        self.velocity = np.zeros((count, 3))
        self.health = [100] * count
        self.tick = 0

    def run(self, ticks: int) -> "Walk":
        for _ in range(ticks):
            self.one_tick()
        return self

    def one_tick(self) -> None:
        """The server repeats the last velocity of whoever's command does not come."""
        self.tick += 1
        network = self.network
        network.begin_tick(self.tick)
        self.heading = (
            self.heading + self.rng.normal(0.0, self.turns, len(self.heading)) if self.turns else self.heading
        )
        wish = np.stack((np.cos(self.heading), np.sin(self.heading), 0.0 * self.heading), 1) * SPEED_U_S
        wish[list(self.still)] = 0.0
        came = np.array([network.has_command(slot) for slot in network.slots])
        self.velocity = np.where(came[:, None], wish, self.velocity)
        self.position = self.position + self.velocity / TICK_RATE
        act = self.before_end.get(self.tick)
        if act is not None:
            act(self)
        view = np.stack((0.0 * self.heading, (np.degrees(self.heading) + 180.0) % 360.0 - 180.0), 1)
        health = np.array(self.health)
        state = ServerState(self.position.copy(), self.velocity.copy(), view, health, health > 0, wish)
        self.states.append(state)
        network.end_tick(self.tick, state)
        if self.after_tick is not None:
            self.after_tick(self)

    def place(self, time: float, player: int) -> Floats:
        """Where the server had a player, the plain slow way: on a straight line between ticks."""
        tick = int(np.floor(time))
        low, high = (self.states[min(max(at, 1), len(self.states)) - 1].position[player] for at in (tick, tick + 1))
        found: Floats = low + (high - low) * (time - tick)
        return found
