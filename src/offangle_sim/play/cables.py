"""A network without any delay: clients show what the server decides."""

from offangle_sim.net.inputs import InputEntry
from offangle_sim.play.agent import Agent
from offangle_sim.world.nav import Point

_LOCAL_PING_MS = 5


class Cables:
    """Everybody sits at the server; see `stage.Wire`."""

    def __init__(self, agents: dict[int, Agent]) -> None:
        """Who plays."""
        self._agents = agents

    def begin_tick(self, tick: int) -> None:
        """Commands are there at once."""

    def has_command(self, slot: int) -> bool:
        """Always."""
        return slot in self._agents

    def displayed(self, slot: int, other: int) -> Point:
        """Where the server has him."""
        del slot
        return self._agents[other].position

    def rewound(self, slot: int, other: int) -> Point:
        """Where the server has him."""
        return self.displayed(slot, other)

    def inputs(self, agent: Agent, server_tick: int) -> tuple[InputEntry, ...]:
        """One input at the tick itself."""
        return (InputEntry(server_tick, 0.0, server_tick, 0.0, agent.pitch, agent.yaw),)

    def ping_ms(self, slot: int) -> int:
        """Of a local network."""
        del slot
        return _LOCAL_PING_MS

    def note_shot(self, slot: int, target: int | None, *, hit_on_client: bool, hit_on_server: bool) -> None:
        """Client and server always agree."""

    def note_hit(self, attacker: int | None, victim: int, *, is_fatal: bool) -> None:
        """Nothing comes late."""

    def end_tick(self, agents: dict[int, Agent], tick: int) -> None:
        """Nothing has to travel."""
