"""What each client can show at each frame, as far as packets and clocks decide it: drawn ahead in blocks of ticks.

A frame is named by the newest tick that the server has finished; what the client does while it shows the frame is
its command for the next tick. Since that command is on its way for a while, and the client's predicted self is ahead
of the server by as much, what a frame shows of others is a whole round trip old, and the interpolation on top.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from offangle_sim.net.links import Link
from offangle_sim.net.packets import BLOCK_TICKS, Booleans, ClientLine, Floats, Integers, Outage, round_trip_ticks

HISTORY_TICKS: Final = 128
"""States that are kept, two seconds; a client that waits longer shows its last frame again."""
OLDEST_SHOWN_TICKS: Final = HISTORY_TICKS - 8
EXTRAPOLATION_MAX_S: Final = 0.25
"""Where packets are missing, others go on as they moved for this long, then stand (the game's own limit)."""
CLOCK_CORRECTION_MS: Final = 30.0
"""A client whose clock has drifted this far sets it anew."""
PING_WINDOW_TICKS: Final = 64
"""The scoreboard's ping is the mean of about the last second."""

_SLACK: Final = 1e-6  # ticks; an update that comes a hair after a frame by rounding is still in it
_NEVER: Final = np.iinfo(np.int64).max // 4


@dataclass(frozen=True, slots=True)
class Timing:
    """What a client's figures come to, in ticks; arrays over clients.

    Attributes:
        round_trip: From an update until a command can answer it.
        batch: Updates in a packet.
        behind: How far behind the newest tick others are shown when nothing goes wrong.
        offset: How far the clock is ahead.
        drift: What the clock gains in a tick.
        correction: The gain at which the clock is set anew.
    """

    round_trip: Floats
    batch: Integers
    behind: Floats
    offset: Floats
    drift: Floats
    correction: float

    @classmethod
    def of(cls, links: Sequence[Link], tick_rate: int) -> "Timing":
        """The timing of clients with these links."""
        per_ms = tick_rate / 1000.0
        round_trip = np.array([round_trip_ticks(link, tick_rate) for link in links])
        batch = np.array([link.batch_ticks for link in links], dtype=np.int64)
        interpolation = np.array([link.interpolation_ticks for link in links])
        return cls(
            round_trip,
            batch,
            round_trip + (batch - 1) + interpolation,
            np.array([link.clock_offset_ms for link in links]) * per_ms,
            np.array([link.clock_drift_ppm for link in links]) * 1e-6,
            CLOCK_CORRECTION_MS * per_ms,
        )

    def clock_error(self, frames: Floats) -> Floats:
        """How far each client's clock is ahead at each frame, in ticks: (frames, 1) to (frames, clients)."""
        return self.offset + np.fmod(self.drift * frames, self.correction)

    def newest(self, frames: Floats) -> Integers:
        """The newest update that each client has at each frame when nothing goes wrong."""
        whole = np.floor(frames - self.round_trip + 1.0 + _SLACK).astype(np.int64)
        found: Integers = whole // self.batch * self.batch - 1
        return found


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of frames; arrays are (frames, clients) unless said otherwise.

    Attributes:
        first: The tick of the first frame.
        newest: The newest update received.
        ideal_newest: What it would be if nothing were late or lost.
        render: The time that others are shown at, in ticks; before the first tick it is below zero.
        ideal_render: What it would be with a clock that is right.
        lower: The update that is shown, or the one before the time shown.
        upper: The update after it; the same one where there is none.
        fraction: How far from `lower` to `upper`.
        ahead_s: How long others are moved on beyond `lower` for want of packets.
        is_lacking: Others are shown from incomplete updates: something is late or lost.
        is_frozen: The client has waited so long that its last frame is shown again.
        has_command: The client's command for this tick came in time.
        is_received: The update of this tick reaches the client, sooner or later.
        ping_ms: As the scoreboard shows it.
    """

    first: int
    newest: Integers
    ideal_newest: Integers
    render: Floats
    ideal_render: Floats
    lower: Integers
    upper: Integers
    fraction: Floats
    ahead_s: Floats
    is_lacking: Booleans
    is_frozen: Booleans
    has_command: Booleans
    is_received: Booleans
    ping_ms: Integers


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A block of packets: see `ClientLine.take`; (ticks, clients)."""

    frames: Floats
    in_time: Booleans
    late: Floats


class Schedule:
    """The blocks, one after the other."""

    def __init__(
        self,
        slots: Sequence[int],
        links: Sequence[Link],
        seed: int,
        tick_rate: int,
        outages: Sequence[Outage],
    ) -> None:
        """`links` go with `slots`; each client's packets follow from the seed and its slot alone."""
        self.timing = Timing.of(links, tick_rate)
        self._tick_rate = tick_rate
        self._lines = [
            ClientLine(link, tick_rate, (seed, slot), [outage for outage in outages if outage.slot == slot])
            for slot, link in zip(slots, links, strict=True)
        ]
        self._next_tick = 0
        self._before = self._undisturbed()
        self._now = self._draw()
        self._after = self._draw()
        self._newest = self.timing.newest(np.array([[0.0]]))[0]
        self._way_ms = 2.0 * np.array([link.delay_ms for link in links])
        self._ping_ms = np.rint(self._way_ms)

    def next_block(self) -> Block:
        """The next stretch of frames; the first starts at tick 0."""
        first = self._next_tick - 2 * BLOCK_TICKS
        drawn = np.concatenate((self._before.frames, self._now.frames, self._after.frames))
        received = _not_overtaken(drawn)
        newest = self._newest_received(drawn, received, first)
        block = self._block(first, newest, received)
        self._before, self._now, self._after = self._now, self._after, self._draw()
        return block

    def _undisturbed(self) -> _Drawn:
        """Before the first tick everything came as it should."""
        ticks = np.arange(-BLOCK_TICKS, 0, dtype=np.float64)[:, None]
        batch = self.timing.batch
        frames = ticks - ticks % batch + batch - 1 + self.timing.round_trip
        return _Drawn(frames, np.ones(frames.shape, dtype=np.bool_), np.zeros(frames.shape))

    def _draw(self) -> _Drawn:
        frames, in_time, late = zip(*(line.take(self._next_tick) for line in self._lines), strict=True)
        self._next_tick += BLOCK_TICKS
        return _Drawn(np.stack(frames, 1), np.stack(in_time, 1), np.stack(late, 1))

    def _newest_received(self, drawn: Floats, received: Booleans, first: int) -> Integers:
        clients = drawn.shape[1]
        found = np.full((BLOCK_TICKS, clients), -_NEVER, dtype=np.int64)
        at, client = np.nonzero(received & (drawn < first + BLOCK_TICKS - 1 + _SLACK))
        frame = np.ceil(drawn[at, client] - _SLACK).astype(np.int64) - first
        np.maximum.at(found, (np.maximum(frame, 0), client), at + first - BLOCK_TICKS)
        found[0] = np.maximum(found[0], self._newest)
        newest: Integers = np.maximum.accumulate(found)
        self._newest = newest[-1]
        return newest

    def _block(self, first: int, newest: Integers, received: Booleans) -> Block:
        frames = np.arange(first, first + BLOCK_TICKS, dtype=np.float64)[:, None]
        ideal_newest = self.timing.newest(frames)
        ideal_render = frames - self.timing.behind
        render = np.minimum(ideal_render + self.timing.clock_error(frames), frames)
        lower, upper = _around(render, newest, received, first - BLOCK_TICKS)
        oldest = frames.astype(np.int64) - OLDEST_SHOWN_TICKS
        has_upper = upper <= newest
        beyond = np.where(has_upper, 0.0, np.maximum(render - lower, 0.0))
        gap = np.where(has_upper, upper - lower, 1)
        return Block(
            first=first,
            newest=np.maximum(newest, oldest),
            ideal_newest=ideal_newest,
            render=render,
            ideal_render=ideal_render,
            lower=np.maximum(lower, oldest),
            upper=np.maximum(np.where(has_upper, upper, lower), oldest),
            fraction=np.where(has_upper, (render - lower) / gap, 0.0),
            ahead_s=np.minimum(beyond / self._tick_rate, EXTRAPOLATION_MAX_S),
            is_lacking=(gap > 1) | ((ideal_newest > newest) & (beyond > 0.0)),
            is_frozen=(lower < oldest) | (newest < oldest),
            has_command=self._now.in_time,
            is_received=received[BLOCK_TICKS : 2 * BLOCK_TICKS],
            ping_ms=self._pings(),
        )

    def _pings(self) -> Integers:
        late = self._now.late.reshape(-1, PING_WINDOW_TICKS, self._now.late.shape[1]).mean(1)
        measured = np.rint(self._way_ms + late * 1000.0 / self._tick_rate)
        shown = np.concatenate((self._ping_ms[None], measured[:-1]))
        self._ping_ms = measured[-1]
        pings: Integers = np.repeat(shown, PING_WINDOW_TICKS, axis=0).astype(np.int64)
        return pings


def _not_overtaken(frames: Floats) -> Booleans:
    """Which updates a client takes: those that arrive, and not after a later one, which the game then drops."""
    soonest_later = np.minimum.accumulate(frames[::-1])[::-1]
    taken: Booleans = np.isfinite(frames) & (frames <= soonest_later + _SLACK)
    return taken


def _around(render: Floats, newest: Integers, received: Booleans, base: int) -> tuple[Integers, Integers]:
    """The updates around each time that is shown: the last received one up to it, and the next received one.

    `received` has rows from tick `base` on. The last one is no later than `newest`; the next one may be.
    """
    ticks = np.arange(base, base + len(received), dtype=np.int64)[:, None]
    last = np.maximum.accumulate(np.where(received, ticks, -_NEVER))
    following = np.minimum.accumulate(np.where(received, ticks, _NEVER)[::-1])[::-1]
    clients = np.arange(received.shape[1])
    whole = np.clip(np.minimum(np.floor(render).astype(np.int64), newest) - base, 0, len(received) - 2)
    return last[whole, clients], following[whole + 1, clients]
