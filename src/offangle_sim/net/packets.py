"""The packets of one client: which arrive, and when. Nothing here depends on the game."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from offangle_sim.net.links import Link

Floats: TypeAlias = npt.NDArray[np.float64]
Booleans: TypeAlias = npt.NDArray[np.bool_]
Integers: TypeAlias = npt.NDArray[np.int64]

BLOCK_TICKS: Final = 1024
"""Packets are drawn this many ticks at a time; a multiple of every batch."""
COMMAND_CUSHION_JITTERS: Final = 3.0
"""A client sends its commands this many jitters earlier than a steady line needs: about 3 in 1000 still come late."""
_OVERTAKEN_TICKS: Final = (1.5, 3.0)
"""How much longer a packet takes that later ones overtake."""
_LONGEST_JITTER_SPREADS: Final = 5.0

Way: TypeAlias = Literal["down", "up", "both"]


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch in which a client's line is dead.

    Attributes:
        slot: The client's.
        first_tick: The first tick whose update or command is lost.
        last_tick: The last one.
        way: `down` from the server, `up` to it, or `both`.
    """

    slot: int
    first_tick: int
    last_tick: int
    way: Way = "both"


class LossProcess:
    """Losses in bursts: stretches without and with loss take turns, each of geometric length."""

    def __init__(self, loss: float, burst: float, rng: np.random.Generator) -> None:
        """`loss` is the share lost in the long run, `burst` the mean length of a stretch of losses, in packets."""
        self._rng = rng
        self._ends = 1.0 / burst
        self._begins = loss * self._ends / (1.0 - loss)
        self._is_losing = True
        self._left = 0

    def take(self, count: int) -> Booleans:
        """Whether each of the next `count` packets is lost."""
        lost = np.zeros(count, dtype=np.bool_)
        if self._begins == 0.0:
            return lost
        at = 0
        while at < count:
            if self._left == 0:
                self._is_losing = not self._is_losing
                self._left = int(self._rng.geometric(self._ends if self._is_losing else self._begins))
            step = min(self._left, count - at)
            lost[at : at + step] = self._is_losing
            self._left -= step
            at += step
        return lost


class OneWay:
    """One direction of one client's line, block after block."""

    def __init__(self, link: Link, batch: int, tick_ms: float, seed: tuple[int, ...]) -> None:
        """`batch` ticks travel in one packet; `tick_ms` is a tick's length."""
        self._link = link
        self._batch = batch
        self._tick_ms = tick_ms
        self._loss = LossProcess(link.loss, link.loss_burst, np.random.default_rng((*seed, 0)))
        self._rng = np.random.default_rng((*seed, 1))
        self._latest = -np.inf

    def take(self, first_tick: int) -> tuple[Floats, Booleans]:
        """The next block: how late beyond the line's delay each tick arrives, in ticks; and whether it is lost.

        A packet waits for the one before it, as in a queue, unless it is one of those that are overtaken.
        """
        batch, count = self._batch, BLOCK_TICKS // self._batch
        sent = first_tick + np.arange(count, dtype=np.float64) * batch + (batch - 1)
        spread = self._link.jitter_ms / self._tick_ms
        jitter = np.minimum(np.abs(self._rng.normal(size=count)), _LONGEST_JITTER_SPREADS) * spread
        arrival = np.maximum(np.maximum.accumulate(sent + jitter), self._latest)
        self._latest = float(arrival[-1])
        overtaken = self._rng.random(count) < self._link.reorder
        arrival += overtaken * self._rng.uniform(*_OVERTAKEN_TICKS, size=count)
        late = np.repeat(arrival - sent, batch)
        return late, np.repeat(self._loss.take(count), batch)


def lost_in_outages(outages: list[Outage], way: Way, first_tick: int) -> Booleans:
    """Which ticks of the block that starts at `first_tick` fall into an outage of that way."""
    ticks = np.arange(first_tick, first_tick + BLOCK_TICKS)
    lost = np.zeros(BLOCK_TICKS, dtype=np.bool_)
    for outage in outages:
        if outage.way in {way, "both"}:
            lost |= (ticks >= outage.first_tick) & (ticks <= outage.last_tick)
    return lost


class ClientLine:
    """Both directions of one client's line."""

    def __init__(self, link: Link, tick_rate: int, seed: tuple[int, ...], outages: list[Outage]) -> None:
        tick_ms = 1000.0 / tick_rate
        self._outages = outages
        self._down = OneWay(link, link.batch_ticks, tick_ms, (*seed, 0))
        self._up = OneWay(link, 1, tick_ms, (*seed, 1))
        self._cushion = COMMAND_CUSHION_JITTERS * link.jitter_ms / tick_ms
        self._batch = link.batch_ticks
        self.round_trip = round_trip_ticks(link, tick_rate)

    def take(self, first_tick: int) -> tuple[Floats, Booleans, Floats]:
        """The next block of ticks.

        Returns:
            At which frame each tick's update is there (infinite: never), whether each tick's command is there in
            time, and how late both ways together were beyond the line's delay, in ticks.
        """
        late, lost = self._down.take(first_tick)
        lost |= lost_in_outages(self._outages, "down", first_tick)
        ticks = np.arange(first_tick, first_tick + BLOCK_TICKS)
        sent = ticks - ticks % self._batch + self._batch - 1
        frames = np.where(lost, np.inf, sent + self.round_trip + late)
        late_up, lost_up = self._up.take(first_tick)
        lost_up |= lost_in_outages(self._outages, "up", first_tick)
        return frames, ~lost_up & (late_up <= self._cushion), late + late_up


def round_trip_ticks(link: Link, tick_rate: int) -> float:
    """How long an update takes until a command can answer it on a steady line: both ways and the client's cushion."""
    return (2.0 * link.delay_ms + COMMAND_CUSHION_JITTERS * link.jitter_ms) * tick_rate / 1000.0
