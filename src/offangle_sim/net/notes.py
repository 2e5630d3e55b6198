"""What happened between players while the network carried it: shots, hits and deaths, as the clients saw them."""

from dataclasses import dataclass, field
from typing import TypeAlias

Point: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ShotNote:
    """A shot; players are rows of the network.

    Attributes:
        tick: When the server judged it.
        shooter: Who fired.
        target: Whom it was aimed at; None: nobody.
        is_refused: On target on the client, and not on the server.
    """

    tick: int
    shooter: int
    target: int | None
    is_refused: bool


@dataclass(frozen=True, slots=True)
class HitNote:
    """A hit; players are rows of the network, None: the world."""

    tick: int
    attacker: int | None
    victim: int


@dataclass(frozen=True, slots=True)
class DeathNote:
    """A death; players are rows of the network.

    Attributes:
        tick: When the server decided it.
        attacker: Who killed; None: the world.
        victim: Who died.
        own_position: Where the victim's client showed its own player.
        shown_attacker: Where it showed the attacker; None without one.
    """

    tick: int
    attacker: int | None
    victim: int
    own_position: Point
    shown_attacker: Point | None


@dataclass(slots=True)
class Notes:
    """All notes of a match, each list in order of time."""

    shots: list[ShotNote] = field(default_factory=list)
    hits: list[HitNote] = field(default_factory=list)
    deaths: list[DeathNote] = field(default_factory=list)
