"""What is asked of the simulator, before anything is played."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from offangle.core.errors import BadInputError

GameMode = Literal["competitive", "wingman", "deathmatch"]
GAME_MODES: Final[tuple[GameMode, ...]] = ("competitive", "wingman", "deathmatch")

Incident = Literal[
    "warmup",
    "knife",
    "overtime",
    "timeout",
    "restore",
    "restart",
    "takeover",
    "disconnect",
    "coach",
    "surrender",
    "bots",
    "team_kill",
    "late_kill",
]
"""Something out of the ordinary that a match is asked to contain."""

Part = Literal["demo", "gsi", "pov", "truth", "displayed"]
"""What is written: the server's recording, live posts of each client, their own recordings, the truth, and what every
client showed at every frame."""

INCIDENTS: Final[tuple[Incident, ...]] = Incident.__args__  # type: ignore[attr-defined]  # the words, written once
PARTS: Final[tuple[Part, ...]] = Part.__args__  # type: ignore[attr-defined]  # see above
DEFAULT_PARTS: Final[frozenset[Part]] = frozenset({"demo", "gsi", "pov", "truth"})
LOCAL_NETWORK: Final = "local"
MIN_ROUNDS: Final = 2
DEFAULT_MAP: Final = "of_quarry"


@dataclass(frozen=True, slots=True)
class MatchOrder:
    """One match to simulate; the same order gives the same bytes.

    Attributes:
        seed: Of everything that is drawn at random.
        map_name: One of `sim.world.arena.ARENA_NAMES`.
        mode: `competitive`, `wingman` or `deathmatch`.
        rounds: Play so many counted rounds; None plays the match to its end.
        incidents: What has to happen.
        parts: What is written.
        pad_to_bytes: Bring the recording to about this size; 0 leaves it.
        network: Name of the network between server and clients, one of `sim.net.links.NETWORKS`; `local` plays without
            one.
        max_rounds: Rounds of regulation; None takes the mode's own.
        povs: How many clients' own recordings are written.
        commands: The server's recording has what each client sent, tick by tick: three quarters of its size.
    """

    seed: int
    map_name: str = DEFAULT_MAP
    mode: GameMode = "competitive"
    rounds: int | None = None
    incidents: frozenset[Incident] = frozenset()
    parts: frozenset[Part] = DEFAULT_PARTS
    pad_to_bytes: int = 0
    network: str = "mixed"
    max_rounds: int | None = None
    povs: int = 1
    commands: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be played.

        Raises:
            BadInputError: A negative number, or an incident or part that nobody knows.
        """
        if self.seed < 0 or self.pad_to_bytes < 0:
            raise BadInputError("Seed and size are not negative.", hint="Choose a seed such as 1.")
        if self.rounds is not None and self.rounds < 1:
            raise BadInputError("A match has at least one round.", hint="Leave --rounds out to play to the end.")
        if self.max_rounds is not None and (self.max_rounds < MIN_ROUNDS or self.max_rounds % MIN_ROUNDS):
            raise BadInputError("Regulation has an even number of rounds.", hint="Choose 24, or 4 for a short match.")
        if "pov" in self.parts and "demo" not in self.parts:
            raise BadInputError("Clients' own recordings are made beside the server's.", hint="Ask for `demo` too.")
        _refuse_unknown("incident", self.incidents, INCIDENTS)
        _refuse_unknown("part", self.parts, PARTS)


def incidents_of(words: Iterable[str]) -> frozenset[Incident]:
    """Incidents by their names.

    Raises:
        BadInputError: Nobody knows one of them.
    """
    _refuse_unknown("incident", words := frozenset(words), INCIDENTS)
    return frozenset(known for known in INCIDENTS if known in words)


def parts_of(words: Iterable[str]) -> frozenset[Part]:
    """Parts by their names.

    Raises:
        BadInputError: Nobody knows one of them.
    """
    _refuse_unknown("part", words := frozenset(words), PARTS)
    return frozenset(known for known in PARTS if known in words)


def _refuse_unknown(what: str, given: frozenset[str], known: tuple[str, ...]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise BadInputError(f"Nobody knows the {what} {unknown[0]}.", hint=f"Choose from {', '.join(known)}.")
