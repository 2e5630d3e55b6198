"""Play over a network: what agents see is what their clients show."""

from typing import Final

import numpy as np

from offangle_sim.net.inputs import InputEntry
from offangle_sim.net.network import Network, ServerState
from offangle_sim.play.agent import Agent
from offangle_sim.world.nav import Point

DEATH_KNOWN_TICKS: Final = 20
"""About a long round trip: so long the client of somebody who has died still runs on."""
_BOT_PING_MS: Final = 0


class Wires:
    """The network as play knows it (`stage.Wire`)."""

    def __init__(self, network: Network, bots: frozenset[int]) -> None:
        """Take a network of all agents; bots play on the server itself."""
        self.network = network
        self._bots = bots
        self._rewound: dict[int, list[list[float]]] = {}
        self._shown: list[list[list[float]]] | None = None
        self._row = {slot: network.row(slot) for slot in network.slots}
        self._stalled: set[int] = set()
        self.state: ServerState | None = None

    def begin_tick(self, tick: int) -> None:
        """Commands of the clients arrive."""
        self.network.begin_tick(tick)
        self._rewound.clear()
        self._shown = None
        self._stalled.clear()

    def has_command(self, slot: int) -> bool:
        """Whether this tick's command of a client has arrived; without one the player stands still."""
        if slot in self._bots or self.network.has_command(slot):
            return True
        self._stalled.add(slot)
        return False

    def displayed(self, slot: int, other: int) -> Point:
        """Where a client shows another player."""
        if self._shown is None:
            self._shown = self.network.shown[:, :, :3].tolist()
        x, y, z = self._shown[self._row[slot]][self._row[other]]
        return x, y, z

    def rewound(self, slot: int, other: int) -> Point:
        """Where the server puts another player when it judges a client's shot."""
        positions = self._rewound.get(slot)
        if positions is None:
            positions = self._rewound[slot] = self.network.rewound_positions(slot).tolist()
        x, y, z = positions[self._row[other]]
        return x, y, z

    def inputs(self, agent: Agent, server_tick: int) -> tuple[InputEntry, ...]:
        """The inputs of this tick's command."""
        start = server_tick - self.network.tick
        return self.network.inputs(agent.slot, ((agent.pitch, agent.yaw),), lambda tick: start + tick)

    def ping_ms(self, slot: int) -> int:
        """As the scoreboard shows it."""
        return _BOT_PING_MS if slot in self._bots else self.network.ping_ms(slot)

    def note_shot(self, slot: int, target: int | None, *, hit_on_client: bool, hit_on_server: bool) -> None:
        """A client shot at somebody."""
        self.network.note_shot(
            slot, self.network.tick, target_slot=target, hit_on_client=hit_on_client, hit_on_server=hit_on_server
        )

    def note_hit(self, attacker: int | None, victim: int, *, is_fatal: bool) -> None:
        """The server decided a hit."""
        note = self.network.note_death if is_fatal else self.network.note_hit
        note(victim, self.network.tick, attacker)

    def end_tick(self, agents: dict[int, Agent], tick: int) -> None:
        """The server tells its clients."""
        self.state = self._state([agents[slot] for slot in self.network.slots])
        self.network.end_tick(tick, self.state)

    def _state(self, agents: list[Agent]) -> ServerState:
        wish = np.array([(agent.vx, agent.vy, agent.vz) for agent in agents])
        velocity = wish.copy()
        for at, agent in enumerate(agents):
            if agent.slot in self._stalled or not agent.player.is_alive:
                velocity[at] = 0.0
            if self.network.tick - agent.died_tick > DEATH_KNOWN_TICKS and not agent.player.is_alive:
                wish[at] = 0.0
        return ServerState(
            position=np.array([agent.position for agent in agents]),
            velocity=velocity,
            view=np.array([(agent.pitch, agent.yaw) for agent in agents]),
            health=np.array([agent.player.health for agent in agents]),
            is_alive=np.array([agent.player.is_alive for agent in agents]),
            wish_velocity=wish,
        )
