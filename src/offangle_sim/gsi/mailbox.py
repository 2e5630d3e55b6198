"""When a client posts, and what: changes are collected, one post is under way at a time, silence ends with a beat."""

from collections.abc import Callable
from typing import Final

import numpy as np

from offangle_sim.gsi.delta import claims
from offangle_sim.gsi.settings import NS_PER_S, Body, ClientSettings, nanoseconds
from offangle_sim.gsi.sinks import Sink

FRAME_NS: Final = NS_PER_S // 64
"""A post leaves somewhere within a tick, not at its begin."""
LEAST_DELAY_S: Final = 0.004
MEAN_DELAY_S: Final = 0.015
"""On top of the least: the way to a server near by."""
SLOW_DELAY_S: Final = (0.3, 2.9)
"""Real recordings hold posts that arrive up to 3 s after their time stamp."""
ANSWER_S: Final = (0.001, 0.012)
"""Until the server has stored a post."""
TIMEOUT_SHARE: Final = 0.5
"""Of the posts that fail so many are never answered; the others are refused at once."""


class Mailbox:
    """The posts of one client; times are nanoseconds since 1970 and never go back.

    Attributes:
        free_ns: Before it no post may leave.
        next_beat_ns: When the same is said again if nothing changes.
    """

    def __init__(self, sink: Sink, provider: Body, settings: ClientSettings, rng: np.random.Generator) -> None:
        self._sink, self._provider, self._settings, self._rng = sink, provider, settings, rng
        self._buffer_ns = nanoseconds(settings.buffer_s)
        self._throttle_ns = nanoseconds(settings.throttle_s)
        self._heartbeat_ns = nanoseconds(settings.heartbeat_s)
        self._key: object = None
        self._base: Body | None = None
        self._failed = False
        self.free_ns = 0
        self.next_beat_ns = 0
        self._due_ns: int | None = None

    def look(self, now_ns: int, key: object, build: Callable[[], Body]) -> None:
        """The client looks at its game; it posts if something changed and the time has come.

        Args:
            now_ns: The time.
            key: Equal as long as what `build` makes is the same.
            build: The blocks of a post, without provider and authentication.
        """
        if key != self._key:
            self._key = key
            if self._due_ns is None:
                self._due_ns = max(now_ns, self.free_ns) + self._buffer_ns
        if self._failed:
            if now_ns >= self.next_beat_ns:
                self.post(now_ns, build())
        elif self._due_ns is not None and now_ns >= self._due_ns:
            self._due_ns = None
            body = build()
            if body != self._base:
                self.post(now_ns, body)
        elif now_ns >= self.next_beat_ns:
            self.beat(now_ns)

    def beat(self, now_ns: int) -> None:
        """Say the same again if it was said long ago, in full."""
        if now_ns >= self.next_beat_ns and self._base is not None:
            self.post(now_ns, self._base, is_beat=True)

    def forget(self) -> None:
        """The game ended: when it posts again, it says everything anew."""
        self._base = self._key = self._due_ns = None
        self._failed = False

    def post(self, now_ns: int, body: Body, *, is_beat: bool = False) -> None:
        """Post now: as a change of what was posted before, or in full where nothing was and as a heartbeat."""
        settings, rng = self._settings, self._rng
        sent_ns = now_ns + int(rng.random() * FRAME_NS)
        received_ns = sent_ns + self._delay_ns()
        self._failed = bool(rng.random() < settings.loss_rate)
        if self._failed:
            is_silent = rng.random() < TIMEOUT_SHARE
            answered_ns = sent_ns + nanoseconds(settings.timeout_s) if is_silent else received_ns
            self._base = None
        else:
            answered_ns = received_ns + nanoseconds(float(rng.uniform(*ANSWER_S)))
            told = {} if is_beat or self._base is None else claims(self._base, body)
            provider = {**self._provider, "timestamp": sent_ns // NS_PER_S}
            self._sink(received_ns, {"provider": provider, **body, **told, "auth": {"token": settings.token}})
            self._base = body
        self.free_ns = answered_ns + self._throttle_ns
        self.next_beat_ns = answered_ns + self._heartbeat_ns

    def _delay_ns(self) -> int:
        rng = self._rng
        if rng.random() < self._settings.slow_rate:
            return nanoseconds(float(rng.uniform(*SLOW_DELAY_S)))
        return nanoseconds(LEAST_DELAY_S + float(rng.exponential(MEAN_DELAY_S)))
