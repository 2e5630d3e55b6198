"""Group commit and deadlines without a database: who waits for what, and what each is told."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from django.db import IntegrityError

from offangle.db.queries.journal import JournalEntry
from offangle.gsi.committer import GroupCommitter
from offangle.gsi.deadlines import Deadlines
from offangle.gsi.refusals import NOT_STORED, OVERLOADED, STOPPING, TOKEN_UNKNOWN

T = TypeVar("T")
BAD_TOKEN = 13


def entry(number: int, token_id: int = 1) -> JournalEntry:
    return JournalEntry(number, token_id, 0, 0, b"{}")


@dataclass
class FakeStore:
    """Keeps groups; stands still while `gate` is closed."""

    groups: list[list[int]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    fails: bool = False
    closed: bool = False

    def append(self, entries: Sequence[JournalEntry]) -> None:
        assert self.gate.wait(10)
        if self.fails:
            raise OSError("no room")
        if any(entry.token_id == BAD_TOKEN for entry in entries):
            raise IntegrityError("no such token")
        self.groups.append([entry.steam_id for entry in entries])

    def close(self) -> None:
        self.closed = True


def run(store: FakeStore, scenario: Callable[[GroupCommitter], Awaitable[T]], **limits: int) -> T:
    async def play() -> T:
        committer = GroupCommitter(store, lambda _rows, _seconds: None, **limits)
        committer.start()
        try:
            return await scenario(committer)
        finally:
            store.gate.set()
            await committer.stop()

    return asyncio.run(play())


def commit_all(committer: GroupCommitter, numbers: Sequence[int]) -> "list[asyncio.Task[Any]]":
    return [asyncio.create_task(committer.commit(entry(number))) for number in numbers]


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_what_arrives_during_a_commit_is_the_next_group() -> None:
    store = FakeStore()

    async def scenario(committer: GroupCommitter) -> list[Any]:
        first = commit_all(committer, [1, 2])
        await turns()
        rest = commit_all(committer, [3, 4, 5])
        await turns()
        assert committer.depth == 5
        assert not any(task.done() for task in (*first, *rest))
        store.gate.set()
        return [await task for task in (*first, *rest)]

    assert run(store, scenario) == [None] * 5
    assert store.groups == [[1, 2], [3, 4, 5]]
    assert store.closed


def test_groups_have_a_limit_and_keep_their_order() -> None:
    store = FakeStore()
    store.gate.set()

    async def scenario(committer: GroupCommitter) -> list[Any]:
        return await asyncio.gather(*commit_all(committer, range(10)))

    assert run(store, scenario, most_rows=4) == [None] * 10
    assert store.groups == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_a_full_queue_refuses_and_recovers() -> None:
    store = FakeStore()

    async def scenario(committer: GroupCommitter) -> None:
        waiting = commit_all(committer, [1, 2, 3])
        await turns()
        assert await committer.commit(entry(4)) is OVERLOADED
        store.gate.set()
        assert [await task for task in waiting] == [None] * 3
        assert await committer.commit(entry(5)) is None

    run(store, scenario, most_waiting=3)
    assert [number for group in store.groups for number in group] == [1, 2, 3, 5]


def test_a_failed_group_is_told_so_and_the_next_one_tried(caplog: pytest.LogCaptureFixture) -> None:
    store = FakeStore(fails=True)
    store.gate.set()

    async def scenario(committer: GroupCommitter) -> None:
        assert committer.is_alive
        assert await asyncio.gather(*commit_all(committer, [1, 2])) == [NOT_STORED] * 2
        assert not committer.is_alive
        store.fails = False
        assert await committer.commit(entry(3)) is None
        assert committer.is_alive

    run(store, scenario)
    assert store.groups == [[3]]
    assert "2 posts could not be stored" in caplog.text


def test_one_bad_token_does_not_cost_the_group() -> None:
    store = FakeStore()
    store.gate.set()

    async def scenario(committer: GroupCommitter) -> list[Any]:
        entries = [entry(1), entry(2, BAD_TOKEN), entry(3)]
        return await asyncio.gather(*(committer.commit(each) for each in entries))

    assert run(store, scenario) == [None, TOKEN_UNKNOWN, None]
    assert store.groups == [[1], [3]]


def test_a_client_that_left_is_stored_all_the_same() -> None:
    store = FakeStore()

    async def scenario(committer: GroupCommitter) -> None:
        left, stayed = commit_all(committer, [1, 2])
        await turns()
        left.cancel()
        await turns()
        store.gate.set()
        assert await stayed is None
        assert left.cancelled()

    run(store, scenario)
    assert store.groups == [[1, 2]]


def test_stop_waits_for_what_is_there_and_refuses_what_comes() -> None:
    store = FakeStore()

    async def scenario(committer: GroupCommitter) -> None:
        waiting = commit_all(committer, [1])
        await turns()
        waiting += commit_all(committer, [2])
        await turns()
        stopping = asyncio.create_task(committer.stop())
        await turns()
        assert await committer.commit(entry(3)) is STOPPING
        assert not stopping.done()
        store.gate.set()
        await stopping
        assert [await task for task in waiting] == [None, None]
        assert store.closed

    run(store, scenario)
    assert store.groups == [[1], [2]]


def test_deadlines_end_what_is_late_and_nothing_else() -> None:
    async def forever() -> str:
        await asyncio.Event().wait()
        return "never"

    async def soon() -> str:
        await asyncio.sleep(0)
        return "done"

    async def scenario() -> None:
        deadlines = Deadlines(0.05)
        deadlines.start()
        late = asyncio.create_task(deadlines.wait(forever))
        cancelled = asyncio.create_task(deadlines.wait(forever))
        assert await asyncio.create_task(deadlines.wait(soon)) == "done"
        cancelled.cancel()
        with pytest.raises(TimeoutError):
            await late
        assert late.cancelling() == 0
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        assert deadlines._since_s == {}
        deadlines.stop()

    asyncio.run(scenario())
