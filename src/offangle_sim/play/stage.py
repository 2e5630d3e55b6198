"""What all parts of a match being played share."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from offangle.core.sides import Side, other_side
from offangle_sim.net.inputs import InputEntry
from offangle_sim.play.agent import Agent
from offangle_sim.play.ground import Ground
from offangle_sim.play.rules import Rules
from offangle_sim.server.server import Server
from offangle_sim.world.nav import Point
from offangle_sim.world.world import World

SMOKE_RADIUS_U: Final = 144.0
Floats = npt.NDArray[np.float64]


class Wire(Protocol):
    """What play asks of the network between the server and its clients."""

    def begin_tick(self, tick: int) -> None:
        """Commands of the clients arrive."""

    def has_command(self, slot: int) -> bool:
        """Whether this tick's command of a client has arrived."""

    def displayed(self, slot: int, other: int) -> Point:
        """Where a client shows another player."""

    def rewound(self, slot: int, other: int) -> Point:
        """Where the server puts another player when it judges a client's shot."""

    def inputs(self, agent: Agent, server_tick: int) -> tuple[InputEntry, ...]:
        """The inputs of this tick's command."""

    def ping_ms(self, slot: int) -> int:
        """As the scoreboard shows it."""

    def note_shot(self, slot: int, target: int | None, *, hit_on_client: bool, hit_on_server: bool) -> None:
        """A client shot at somebody."""

    def note_hit(self, attacker: int | None, victim: int, *, is_fatal: bool) -> None:
        """The server decided a hit."""

    def end_tick(self, agents: dict[int, Agent], tick: int) -> None:
        """The server tells its clients."""


@dataclass(slots=True)
class Cloud:
    """A smoke while it blocks sight, or a fire while it burns."""

    grenade: int
    thrower: int
    centre: Point
    until_tick: int
    cells: list[Point] = field(default_factory=list)
    from_tick: int = 0


@dataclass(slots=True)
class Bomb:
    """The bomb of the round.

    Attributes:
        carrier: Who has it; None while it lies or ticks.
        position: Where it lies or ticks.
        site: Where it was planted; empty before.
        blows_tick: When it goes off.
        defuser: Who is at it.
    """

    carrier: int | None = None
    position: Point = (0.0, 0.0, 0.0)
    site: str = ""
    planted_tick: int = 0
    blows_tick: int = 0
    planter: int | None = None
    defuser: int | None = None


@dataclass(slots=True)
class Stage:
    """The match as it stands.

    Attributes:
        tick: The tick being played.
        rng: Source of everything random but the network.
        freeze_end_tick: Of the round; 0 during freeze time.
        decided_tick: When the round was decided; None before.
        known: What each side knows of its enemies: tick and place, by slot.
        is_peaceful: Nobody fights (freeze time, pauses).
        passive: Slots that hold their fire, to let a match come out as ordered.
    """

    server: Server
    world: World
    ground: Ground
    rules: Rules
    wire: Wire
    rng: np.random.Generator
    agents: dict[int, Agent]
    tick: int = 0
    bomb: Bomb = field(default_factory=Bomb)
    smokes: list[Cloud] = field(default_factory=list)
    fires: list[Cloud] = field(default_factory=list)
    known: dict[Side, dict[int, tuple[int, Point]]] = field(default_factory=lambda: {"t": {}, "ct": {}})
    freeze_end_tick: int = 0
    decided_tick: int | None = None
    is_peaceful: bool = True
    is_knife_round: bool = False
    passive: set[int] = field(default_factory=set)
    kills_of_round: dict[int, int] = field(default_factory=dict)

    def on_side(self, side: Side) -> Iterator[Agent]:
        """Who plays on a side, dead or alive."""
        return (agent for agent in self.agents.values() if agent.player.side == side)

    def alive(self, side: Side) -> list[Agent]:
        """Who lives on a side."""
        return [agent for agent in self.agents.values() if agent.player.side == side and agent.player.is_alive]

    def living(self) -> list[Agent]:
        """Who lives."""
        return [agent for agent in self.agents.values() if agent.player.is_alive]

    def enemies(self, agent: Agent) -> list[Agent]:
        """The living enemies of an agent."""
        return self.alive(other_side(agent.side))

    def since_freeze_s(self) -> float:
        """Seconds since freeze end."""
        return (self.tick - self.freeze_end_tick) / 64.0

    def time_left_s(self) -> float:
        """Seconds until the round is over without a plant."""
        return self.rules.round_s - self.since_freeze_s()

    def in_smoke(self, start: Point, end: Point) -> bool:
        """Whether the line between two points passes through smoke."""
        return any(_passes(start, end, smoke.centre, SMOKE_RADIUS_U) for smoke in self.smokes)

    def tell(self, side: Side, enemy: int, position: Point) -> None:
        """A side learns where an enemy is."""
        self.known[side][enemy] = (self.tick, position)


def _passes(start: Point, end: Point, centre: Point, radius: float) -> bool:
    sx, sy, sz = start
    wx, wy, wz = end[0] - sx, end[1] - sy, end[2] - sz
    ox, oy, oz = centre[0] - sx, centre[1] - sy, centre[2] + 40.0 - sz
    length = wx * wx + wy * wy + wz * wz
    along = 0.0 if length == 0.0 else max(0.0, min(1.0, (ox * wx + oy * wy + oz * wz) / length))
    dx, dy, dz = ox - along * wx, oy - along * wy, oz - along * wz
    return dx * dx + dy * dy + dz * dz < radius * radius
