"""The network between the server and its clients, tick by tick."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from offangle.core.errors import BadInputError
from offangle_sim.net.inputs import InputEntry
from offangle_sim.net.links import Link
from offangle_sim.net.notes import DeathNote, HitNote, Notes, Point, ShotNote
from offangle_sim.net.packets import BLOCK_TICKS, Booleans, Floats, Integers, Outage
from offangle_sim.net.schedule import HISTORY_TICKS, Block, Schedule
from offangle_sim.net.states import POSITION, VELOCITY, VIEW, History, ServerState, between, wrapped

__all__ = ["MAX_UNLAG_S", "Network", "Outage", "ServerState"]

MAX_UNLAG_S: Final = 0.2
"""The server turns time back for a shot at most this far (`sv_maxunlag`)."""


class Network:
    """Carries states to the clients and commands to the server.

    Call `begin_tick` and `end_tick` for each tick from 1 on. A client's frame is named by the newest tick that the
    server has finished: what the accessors say between `end_tick(t)` and `end_tick(t + 1)` is what the client shows
    while it makes its command for tick t + 1. Its own player is predicted; the others are a round trip and the
    interpolation old. The same seed, links and states give the same frames.

    Arrays have the players in the order of `slots`. They are to be read only, and stay as they are when time goes on.

    Attributes:
        slots: Of the players.
        links: In the same order.
        tick: The tick begun last.
        frame: The tick finished last, and so the name of the frames shown.
        block: The network's timing around it.
        notes: Shots, hits and deaths so far.
    """

    def __init__(
        self,
        slots: Sequence[int],
        links: Mapping[int, Link],
        seed: int,
        *,
        tick_rate: int = 64,
        outages: Sequence[Outage] = (),
    ) -> None:
        """Join the players in `slots` by their links.

        Raises:
            BadInputError: A slot has no link.
        """
        missing = [slot for slot in slots if slot not in links]
        if missing:
            raise BadInputError(f"slots {missing} have no link; bots can be given links.PERFECT_LINK")
        self.slots = tuple(slots)
        self.links = tuple(links[slot] for slot in slots)
        self.tick_rate = tick_rate
        self.tick = self.frame = 0
        self.notes = Notes()
        self._rows = {slot: row for row, slot in enumerate(slots)}
        self._schedule = Schedule(self.slots, self.links, seed, tick_rate, outages)
        self.timing = self._schedule.timing
        self.block: Block = self._schedule.next_block()
        self._coming = self.block
        self._at = 0
        self._commands = self.block.has_command[0]
        count = len(self.slots)
        self._own = np.arange(count)
        self._history = History(count, HISTORY_TICKS)
        self._errors = np.zeros((HISTORY_TICKS, count, 3))
        self._vitals = np.zeros((HISTORY_TICKS, count, 2), dtype=np.int64)
        self._shown = np.zeros((count, count, 9))
        self._told = np.zeros((count, count, 2), dtype=np.int64)
        self._unlag_ticks = MAX_UNLAG_S * tick_rate

    # --- one tick

    def begin_tick(self, tick: int) -> None:
        """Start a tick: it is decided whose commands for it come in time.

        Raises:
            BadInputError: The tick does not follow the last one.
        """
        if tick != self.tick + 1 or self.frame != self.tick:
            raise BadInputError(f"tick {tick} cannot begin after tick {self.tick} began and {self.frame} ended")
        self.tick = tick
        block = self.block if tick < self.block.first + BLOCK_TICKS else self._schedule.next_block()
        self._coming = block
        self._commands = block.has_command[tick - block.first]

    def end_tick(self, tick: int, state: ServerState) -> None:
        """The server publishes what it decided, and each client shows its next frame.

        Raises:
            BadInputError: Another tick was begun.
        """
        if tick != self.tick or tick == self.frame:
            raise BadInputError(f"tick {tick} cannot end: tick {self.tick} is the one begun, {self.frame} has ended")
        self.frame = tick
        self.block, self._at = self._coming, tick - self._coming.first
        self._publish(tick, state)
        self._show(tick)

    # --- what a client knows and shows

    def row(self, slot: int) -> int:
        """The place of a player in all arrays."""
        return self._rows[slot]

    def has_command(self, slot: int) -> bool:
        """Whether the client's command for the tick begun came in time; else the server repeats the last input."""
        return bool(self._commands[self._rows[slot]])

    def is_received(self, slot: int) -> bool:
        """Whether the update of the tick begun reaches the client, sooner or later."""
        return bool(self._coming.is_received[self.tick - self._coming.first, self._rows[slot]])

    def displayed_positions(self, slot: int) -> Floats:
        """Where the client shows everybody, (n, 3) in units."""
        return self._shown[self._rows[slot], :, POSITION]

    def displayed_views(self, slot: int) -> Floats:
        """Where the client shows everybody looking: pitch and yaw, (n, 2) in degrees."""
        return wrapped(self._shown[self._rows[slot], :, VIEW])

    def displayed_alive(self, slot: int) -> Booleans:
        """Whom the client shows alive, (n,)."""
        alive: Booleans = self._told[self._rows[slot], :, 1] != 0
        return alive

    def displayed_health(self, slot: int) -> Integers:
        """The health that the client was told of, (n,)."""
        return self._told[self._rows[slot], :, 0]

    @property
    def shown(self) -> Floats:
        """All frames at once: clients by players by the columns of `states`; the yaw may leave -180 to 180."""
        return self._shown

    @property
    def state(self) -> Floats:
        """What the server decided in the frame's tick: players by the columns of `states`; the next ticks reuse it."""
        return self._history.of(self.frame)

    @property
    def vitals(self) -> Integers:
        """Health and life on the server, players by (health, is alive); the next ticks reuse it."""
        vitals: Integers = self._vitals[self.frame & HISTORY_TICKS - 1]
        return vitals

    @property
    def told(self) -> Integers:
        """Health and life in all frames: clients by players by (health, is alive)."""
        return self._told

    def render_time(self, slot: int) -> tuple[int, float]:
        """The time at which the client shows the others: a tick, and how far towards the next."""
        return _split(float(self.block.render[self._at, self._rows[slot]]))

    def rewound_positions(self, slot: int) -> Floats:
        """Where the server puts the others when it judges the client's shot, (n, 3) in units.

        It goes back to the client's render time, at most `MAX_UNLAG_S`; the shooter stays where the server has him.
        """
        row = self._rows[slot]
        time = max(float(self.block.render[self._at, row]), self.frame - self._unlag_ticks)
        positions = self._history.at_time(time, self.frame)[:, POSITION]
        positions[row] = self.state[row, POSITION]
        return positions

    def inputs(
        self, slot: int, views: Sequence[tuple[float, float]], server_tick_of: Callable[[int], int]
    ) -> tuple[InputEntry, ...]:
        """The inputs of the client's command for the tick begun.

        Args:
            slot: The client's.
            views: Pitch and yaw at each input, evenly over a tick's time; the last one belongs to the frame shown.
            server_tick_of: The server's tick of a recording's tick, `header.server_start_tick + tick`.
        """
        render = float(self.block.render[self._at, self._rows[slot]])
        entries = []
        for at, (pitch, yaw) in enumerate(views, start=1):
            earlier = 1.0 - at / len(views)
            render_tick, render_fraction = _split(render - earlier)
            tick, fraction = _split(self.frame - earlier)
            entries.append(
                InputEntry(server_tick_of(render_tick), render_fraction, server_tick_of(tick), fraction, pitch, yaw)
            )
        return tuple(entries)

    def ping_ms(self, slot: int) -> int:
        """The round trip as the scoreboard shows it."""
        return int(self.block.ping_ms[self._at, self._rows[slot]])

    # --- what happened in the game

    def note_shot(
        self, slot: int, tick: int, *, target_slot: int | None, hit_on_client: bool, hit_on_server: bool
    ) -> None:
        """A shot that the server judged in `tick`; whom the client aimed at, and what both say of it."""
        target = None if target_slot is None else self._rows[target_slot]
        is_refused = target is not None and hit_on_client and not hit_on_server
        self.notes.shots.append(ShotNote(tick, self._rows[slot], target, is_refused))

    def note_hit(self, slot: int, tick: int, attacker_slot: int | None) -> None:
        """The player in `slot` was hit in `tick`, by another or by the world."""
        self.notes.hits.append(HitNote(tick, self._row_or_none(attacker_slot), self._rows[slot]))

    def note_death(self, slot: int, tick: int, attacker_slot: int | None) -> None:
        """The player in `slot` died in `tick`; to be said before the tick ends, while his last frame is shown."""
        victim, attacker = self._rows[slot], self._row_or_none(attacker_slot)
        shown = None if attacker is None else _point(self._shown[victim, attacker])
        self.notes.deaths.append(DeathNote(tick, attacker, victim, _point(self._shown[victim, victim]), shown))

    # --- inside

    def _row_or_none(self, slot: int | None) -> int | None:
        return None if slot is None else self._rows[slot]

    def _publish(self, tick: int, state: ServerState) -> None:
        self._history.add(tick, state)
        now = tick & HISTORY_TICKS - 1
        unforeseen = (state.wish_velocity - state.velocity) / self.tick_rate
        np.add(self._errors[now - 1], unforeseen, out=self._errors[now])
        if tick == 1:
            self._errors[:] = self._errors[now]
            self._vitals[:, :, 0], self._vitals[:, :, 1] = state.health, state.is_alive
        else:
            self._vitals[now, :, 0], self._vitals[now, :, 1] = state.health, state.is_alive

    def _show(self, tick: int) -> None:
        block, at, own = self.block, self._at, self._own
        low, high = self._history.at(block.lower[at]), self._history.at(block.upper[at])
        shown = between(low, high, block.fraction[at][:, None, None])
        ahead_s = block.ahead_s[at]
        if ahead_s.any():
            shown[:, :, POSITION] += low[:, :, VELOCITY] * ahead_s[:, None, None]
        newest = block.newest[at] & HISTORY_TICKS - 1
        errors = self._errors[tick & HISTORY_TICKS - 1] - self._errors[newest, own]
        shown[own, own] = self.state
        shown[own, own, POSITION] += errors
        told = self._vitals[newest]
        frozen = block.is_frozen[at]
        if frozen.any():
            shown[frozen], told[frozen] = self._shown[frozen], self._told[frozen]
        self._shown, self._told = shown, told


def _split(time: float) -> tuple[int, float]:
    """A time as a tick and the fraction towards the next; before the recording it is the recording's start."""
    bounded = max(time, 0.0)
    return int(bounded), bounded - int(bounded)


def _point(state: Floats) -> Point:
    x, y, z = state[POSITION].tolist()
    return x, y, z
