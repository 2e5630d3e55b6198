"""Group commit: many requests wait for one write to the disk.

The event loop gathers entries while a thread of its own writes the group before; when that is on the disk, all its
requests go on and the next group is handed over. So a group is whatever arrived during the last commit: nobody waits
for a timer, and the slower the disk the larger the groups.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from django.db import IntegrityError

from offangle.db.queries.journal import JournalEntry
from offangle.gsi.refusals import NOT_STORED, OVERLOADED, STOPPING, TOKEN_UNKNOWN, Refusal

logger: Final = logging.getLogger(__name__)
MOST_ROWS: Final = 512
MOST_WAITING: Final = 4_096
"""Posts; half a second's work. A client that waits longer than its time-out has gone anyway."""

NoteCommit = Callable[[int, float], None]
Outcome = Refusal | None
"""None: stored."""


class Store(Protocol):
    """Where groups are written; called by the committer's thread only."""

    def append(self, entries: Sequence[JournalEntry]) -> None:
        """Store all entries in one transaction, or raise."""

    def close(self) -> None:
        """No more will come."""


@dataclass(slots=True)
class _Group:
    """Entries that are written together, the futures of their requests, and how each ended."""

    entries: list[JournalEntry] = field(default_factory=list)
    waiters: "list[asyncio.Future[Outcome]]" = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0


class GroupCommitter:
    """Writes entries in groups; all methods belong to the event loop's thread.

    Args:
        store: Where entries go.
        note_commit: Told of each group's size and the seconds it took.
        most_rows: A group's limit.
        most_waiting: Entries that may wait, the group being written included; more are refused.
    """

    def __init__(
        self,
        store: Store,
        note_commit: NoteCommit,
        *,
        most_rows: int = MOST_ROWS,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._store = store
        self._note_commit = note_commit
        self._most_rows = most_rows
        self._most_waiting = most_waiting
        self._loop: asyncio.AbstractEventLoop | None = None
        self._inbox: queue.SimpleQueue[_Group | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="gsi-journal", daemon=True)
        self._gathering = _Group()
        self._waiting = 0
        self._is_scheduled = False
        self._is_stopping = False
        self._idle = asyncio.Event()
        self._idle.set()
        self.last_failed = False

    @property
    def depth(self) -> int:
        """Entries that wait, the group being written included."""
        return self._waiting

    @property
    def is_alive(self) -> bool:
        """Whether the writer runs and its last group was stored."""
        return self._thread.is_alive() and not self.last_failed and not self._is_stopping

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """Refuse what comes, finish what waits, end the thread."""
        self._is_stopping = True
        await self._idle.wait()
        self._inbox.put(None)
        await asyncio.to_thread(self._thread.join)

    async def commit(self, entry: JournalEntry) -> Outcome:
        """Store one entry; returns when it is on the disk, or says why it is not."""
        if self._is_stopping:
            return STOPPING
        if self._waiting >= self._most_waiting or self._loop is None:
            return OVERLOADED
        waiter: asyncio.Future[Outcome] = self._loop.create_future()
        self._gathering.entries.append(entry)
        self._gathering.waiters.append(waiter)
        self._waiting += 1
        if not self._is_scheduled:
            self._is_scheduled = True
            self._idle.clear()
            # Not at once: what else this turn of the loop brings joins the group.
            self._loop.call_soon(self._hand_over)
        return await waiter

    def _hand_over(self) -> None:
        gathered, most = self._gathering, self._most_rows
        self._gathering = _Group(gathered.entries[most:], gathered.waiters[most:])
        self._inbox.put(_Group(gathered.entries[:most], gathered.waiters[:most]))

    def _release(self, group: _Group) -> None:
        """A group is done: let its requests go on, and hand the next one over."""
        self._waiting -= len(group.waiters)
        self._note_commit(len(group.entries), group.seconds)
        for waiter, outcome in zip(group.waiters, group.outcomes, strict=True):
            if not waiter.done():  # its client may have left
                waiter.set_result(outcome)
        if self._gathering.entries:
            self._hand_over()
        else:
            self._is_scheduled = False
            self._idle.set()

    def _write(self) -> None:
        """The thread: one group after the other, on a database connection of its own."""
        loop = self._loop
        while loop is not None and (group := self._inbox.get()) is not None:
            began_s = time.perf_counter()
            group.outcomes = self._write_group(group.entries)
            group.seconds = time.perf_counter() - began_s
            loop.call_soon_threadsafe(self._release, group)
        self._store.close()

    def _write_group(self, entries: list[JournalEntry]) -> list[Outcome]:
        try:
            self._store.append(entries)
        except IntegrityError:
            return self._write_each(entries)
        except Exception:
            # Whatever it was: the requests must be told, and the thread must live to try the next group.
            logger.exception("%d posts could not be stored", len(entries))
            self.last_failed = True
            return [NOT_STORED] * len(entries)
        self.last_failed = False
        return [None] * len(entries)

    def _write_each(self, entries: list[JournalEntry]) -> list[Outcome]:
        """A token has gone since its post was let in: only that post is refused."""
        if len(entries) > 1:
            return [outcome for entry in entries for outcome in self._write_group([entry])]
        return [TOKEN_UNKNOWN]
