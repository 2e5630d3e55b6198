"""Deadlines for many short waits: a timer for each request would cost more than reading its body."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

T = TypeVar("T")
SWEEP_EVERY_S: Final = 0.5


class Deadlines:
    """Ends waits that take longer than a limit, to about `SWEEP_EVERY_S`; belongs to the event loop's thread.

    Args:
        limit_s: How long a wait may take.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._since_s: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()
        self._now_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to look, in the running event loop."""
        loop = asyncio.get_running_loop()
        self._now_s = loop.time()
        self._timer = loop.call_later(SWEEP_EVERY_S, self._sweep, loop)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    async def wait(self, work: Callable[[], Awaitable[T]]) -> T:
        """The result of `work`.

        Raises:
            TimeoutError: It took too long and was cancelled.
        """
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("deadlines are for tasks")
        self._since_s[task] = self._now_s
        try:
            return await work()
        except asyncio.CancelledError:
            if task in self._late and not task.uncancel():
                raise TimeoutError from None
            raise
        finally:
            del self._since_s[task]
            self._late.discard(task)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._now_s = loop.time()
        for task, since_s in self._since_s.items():  # in the order of their beginning
            if self._now_s - since_s <= self._limit_s:
                break
            if task not in self._late:
                self._late.add(task)
                task.cancel()
        self._timer = loop.call_later(SWEEP_EVERY_S, self._sweep, loop)
