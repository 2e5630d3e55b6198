"""The one loop behind every event stream: who is woken, what it costs to wait, and when it ends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from django.db import connections

from offangle.db.models import User
from offangle.web.shared import sse
from offangle.web.shared.sse import Event, Found, Pulse, Stream

VIEWER = User(username="somebody")


class Source:
    """Numbered news, and how often somebody asked for the newest number or looked."""

    def __init__(self) -> None:
        self.newest = 0
        self.asked = 0
        self.looked = 0
        self.fails = 0
        self.viewer: User | None = VIEWER

    def ask(self) -> int:
        self.asked += 1
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the database is away")
        return self.newest

    def look(self, user: User, cursor: int | None) -> Found:
        assert user is VIEWER
        self.looked += 1
        begin = self.newest if cursor is None else cursor
        return [Event("news", number) for number in range(begin + 1, self.newest + 1)], self.newest

    def stream(self, pulse: Pulse) -> Stream:
        return Stream(pulse, lambda: self.viewer, self.look, reconnect_ms=1000)


@pytest.fixture(autouse=True)
def no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """These streams ask no database; closing what none has opened would ask for permission."""
    monkeypatch.setattr(type(connections), "close_all", lambda _self: None)


async def take(messages: AsyncIterator[str], count: int) -> list[str]:
    async with asyncio.timeout(10):
        return [await anext(messages) for _ in range(count)]


async def soon(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 -- what is waited for are plain numbers
            await asyncio.sleep(0)


def test_many_streams_ask_as_one_and_all_are_told() -> None:
    async def run() -> None:
        source = Source()
        pulse = Pulse(source.ask, every_s=0.01)
        streams = [source.stream(pulse).messages(None) for _ in range(200)]
        await asyncio.gather(*(take(stream, 1) for stream in streams))
        waiting = [asyncio.create_task(take(stream, 1)) for stream in streams]
        await soon(lambda: source.looked == len(streams))
        asked = source.asked
        await soon(lambda: source.asked >= asked + 5)
        assert source.looked == len(streams), "nothing has happened, so nobody looks"
        source.newest = 1
        told = await asyncio.gather(*waiting)
        assert {message for (message,) in told} == {"id: 1\nevent: news\ndata: 1\n\n"}
        assert source.asked < len(streams)

    asyncio.run(run())


def test_nobody_asks_when_nobody_waits() -> None:
    async def run() -> None:
        source = Source()
        pulse = Pulse(source.ask, every_s=0.001)
        assert await pulse.after(0, 0.02) is False
        (heart,) = pulse._hearts.values()
        await soon(lambda: heart.task is None)
        source.newest = 3
        assert await pulse.after(2, 10) is True

    asyncio.run(run())


def test_an_outage_delays_what_is_told_and_ends_no_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "OUTAGE_EVERY_S", 0.001)

    async def run() -> None:
        source = Source()
        source.fails = 3
        messages = source.stream(Pulse(source.ask, every_s=0.001)).messages(0)
        await take(messages, 1)
        waiting = asyncio.create_task(take(messages, 1))
        await soon(lambda: not source.fails)
        source.newest = 1
        assert "data: 1" in (await waiting)[0]

    asyncio.run(run())


def test_a_look_that_fails_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "OUTAGE_EVERY_S", 0.001)

    class Broken(Source):
        broken = 3

        def look(self, user: User, cursor: int | None) -> Found:
            if self.broken:
                self.broken -= 1
                raise ConnectionError("the database is away")
            return super().look(user, cursor)

    async def run() -> None:
        source = Broken()
        source.newest = 4
        messages = source.stream(Pulse(source.ask, every_s=0.001)).messages(3)
        assert await take(messages, 2) == ["retry: 1000\n\n", "id: 4\nevent: news\ndata: 4\n\n"]
        messages = source.stream(Pulse(source.ask, every_s=0.001)).messages(None)
        source.broken = 3
        await take(messages, 1)
        waiting = asyncio.create_task(take(messages, 1))
        looked = source.looked
        await soon(lambda: source.looked > looked)
        source.newest = 5
        assert "data: 5" in (await waiting)[0]

    asyncio.run(run())


def test_a_stream_ends_when_its_viewer_is_gone() -> None:
    async def run() -> list[str]:
        source = Source()
        messages = source.stream(Pulse(source.ask, every_s=0.001)).messages(None)
        await take(messages, 1)
        waiting = asyncio.create_task(_rest(messages))
        await soon(lambda: source.looked > 0)
        source.viewer = None
        source.newest = 1
        return await asyncio.wait_for(waiting, 10)

    assert asyncio.run(run()) == []


def test_it_gives_signs_of_life_and_ends_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "ALIVE_EVERY_S", 0.01)
    monkeypatch.setattr(sse, "LONGEST_S", 0.1)
    source = Source()
    told = asyncio.run(_all(source.stream(Pulse(source.ask, every_s=0.001))))
    assert told[0] == "retry: 1000\n\n"
    assert len(told) > 2
    assert set(told[1:]) == {": still here\n\n"}


async def _all(stream: Stream) -> list[str]:
    return await asyncio.wait_for(_rest(stream.messages(None)), 10)


async def _rest(messages: Any) -> list[str]:
    return [message async for message in messages]
