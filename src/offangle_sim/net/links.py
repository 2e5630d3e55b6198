"""How clients are connected: one link each, and whole line-ups of links by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from offangle.core.errors import BadInputError

BATCHES: Final = (1, 2, 4, 8)
"""Server updates that one packet may carry."""
LONGEST_DELAY_MS: Final = 400.0
"""One way; servers drop clients that are slower, and the history of states reaches no further."""
LARGEST_JITTER_MS: Final = 50.0
LARGEST_CLOCK_OFFSET_MS: Final = 100.0
LONGEST_INTERPOLATION_TICKS: Final = 16.0


@dataclass(frozen=True, slots=True)
class Link:
    """One client's connection; delay, jitter and loss hold each way.

    Attributes:
        delay_ms: The way of a packet that nothing holds up, one way.
        jitter_ms: How much longer packets take: the spread of a normal distribution's upper half.
        loss: Share of packets that never arrive.
        loss_burst: Packets lost in a row, on average.
        reorder: Share of packets that are overtaken by later ones.
        batch_ticks: Server updates in each packet that the client receives.
        interpolation_ticks: How far behind the newest complete snapshot the client shows others.
        clock_offset_ms: How far ahead the client's clock runs of what the packets say.
        clock_drift_ppm: How much faster it runs, in millionths.
        region: Where the client is.
        data_centre: Empty for a player's home.
        rack: Empty for a player's home.
        host: The client's computer.
        connection: Such as `fibre` or `wifi`.
    """

    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    loss_burst: float = 1.0
    reorder: float = 0.0
    batch_ticks: int = 1
    interpolation_ticks: float = 0.0
    clock_offset_ms: float = 0.0
    clock_drift_ppm: float = 0.0
    region: str = ""
    data_centre: str = ""
    rack: str = ""
    host: str = ""
    connection: str = ""

    def __post_init__(self) -> None:
        limits = {
            "delay_ms": (0.0, LONGEST_DELAY_MS),
            "jitter_ms": (0.0, LARGEST_JITTER_MS),
            "loss": (0.0, self.loss_burst / (self.loss_burst + 1.0)),
            "loss_burst": (1.0, np.inf),
            "reorder": (0.0, 1.0),
            "interpolation_ticks": (0.0, LONGEST_INTERPOLATION_TICKS),
            "clock_offset_ms": (-LARGEST_CLOCK_OFFSET_MS, LARGEST_CLOCK_OFFSET_MS),
        }
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise BadInputError(f"a link's {name} must lie from {low:g} to {high:g}, not at {getattr(self, name)}")
        if self.batch_ticks not in BATCHES:
            raise BadInputError(f"a link's batch_ticks must be one of {BATCHES}, not {self.batch_ticks}")


PERFECT_LINK: Final = Link(host="lan", connection="lan")
"""Nothing comes late: the client shows what the server decided."""


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """Where the server runs."""

    region: str
    data_centre: str
    rack: str
    host: str


@dataclass(frozen=True, slots=True)
class Connection:
    """A kind of connection: from where to where each figure lies; one name for each of `Link`'s."""

    delay_ms: tuple[float, float]
    jitter_ms: tuple[float, float]
    loss: tuple[float, float]
    loss_burst: float = 1.0
    reorder: float = 0.0
    batch_ticks: int = 1
    interpolation_ticks: float = 1.5
    clock_offset_ms: float = 1.0
    clock_drift_ppm: float = 20.0
    regions: tuple[str, ...] = ("eu-north", "eu-west", "eu-central")

    def link(self, name: str, slot: int, rng: np.random.Generator) -> Link:
        """One client's connection of this kind; offset and drift lie on either side of zero."""
        return Link(
            delay_ms=float(rng.uniform(*self.delay_ms)),
            jitter_ms=float(rng.uniform(*self.jitter_ms)),
            loss=float(rng.uniform(*self.loss)),
            loss_burst=self.loss_burst,
            reorder=self.reorder,
            batch_ticks=self.batch_ticks,
            interpolation_ticks=self.interpolation_ticks,
            clock_offset_ms=float(rng.uniform(-self.clock_offset_ms, self.clock_offset_ms)),
            clock_drift_ppm=float(rng.uniform(-self.clock_drift_ppm, self.clock_drift_ppm)),
            region=str(rng.choice(self.regions)),
            host=f"home-{slot:02d}",
            connection=name,
        )


CONNECTIONS: Final[Mapping[str, Connection]] = MappingProxyType(
    {
        "fibre": Connection((4.0, 14.0), (0.2, 0.8), (0.0, 0.0003)),
        "cable": Connection((9.0, 22.0), (0.8, 2.5), (0.0003, 0.002), loss_burst=1.5),
        "wifi": Connection(
            (12.0, 28.0), (4.0, 9.0), (0.002, 0.01), 2.0, 0.002, interpolation_ticks=2.0, clock_drift_ppm=50.0
        ),
        "bursty": Connection((12.0, 28.0), (1.5, 4.0), (0.02, 0.05), 12.0, 0.001),
        "far": Connection((70.0, 95.0), (1.5, 4.0), (0.001, 0.004), 1.5, regions=("us-east", "me-south")),
        "mobile": Connection(
            (28.0, 50.0), (7.0, 14.0), (0.01, 0.03), 5.0, 0.004, 2, 2.0, clock_offset_ms=6.0, clock_drift_ppm=90.0
        ),
    }
)
"""Kinds of connection. `bursty` is a line whose modem loses packets in stretches; `far` another continent's fibre."""


@dataclass(frozen=True, slots=True)
class NetworkProfile:
    """A line-up of clients: one of each of `special`, and `usual` in turn for the rest; and where the server runs."""

    usual: tuple[str, ...]
    special: tuple[str, ...]
    server: ServerPlace


_SERVER: Final = ServerPlace("eu-north", "eu-north-1", "rack-07", "game-0713")

NETWORKS: Final[Mapping[str, NetworkProfile]] = MappingProxyType(
    {
        "perfect": NetworkProfile((), (), ServerPlace("lan", "venue", "stage", "game-lan")),
        "good": NetworkProfile(("fibre", "fibre", "cable"), (), _SERVER),
        "mixed": NetworkProfile(("fibre", "fibre", "cable"), ("wifi", "bursty", "far"), _SERVER),
        "bad": NetworkProfile(("wifi", "mobile", "bursty", "far"), (), _SERVER),
    }
)
"""Line-ups by name; in `perfect` every client shows what the server decided."""


def links_of(name: str, slots: Sequence[int], rng: np.random.Generator) -> dict[int, Link]:
    """A link for each slot; who gets the special ones is drawn.

    Raises:
        BadInputError: No line-up has that name.
    """
    if name not in NETWORKS:
        raise BadInputError(f"no network is called {name!r}; there are {', '.join(NETWORKS)}")
    profile = NETWORKS[name]
    if not profile.usual:
        return dict.fromkeys(slots, PERFECT_LINK)
    kinds = [*profile.special, *(profile.usual[at % len(profile.usual)] for at in range(len(slots)))][: len(slots)]
    order = rng.permutation(len(slots))
    return {slot: CONNECTIONS[kinds[at]].link(kinds[at], slot, rng) for slot, at in zip(slots, order, strict=True)}
