"""A kind of job that nobody wrote a line for: it is on the page, in the API and in the stream as it stands."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import AsyncRequestFactory, Client

from makers.api_world import World, make_people
from makers.errand import ALONE, ERRAND, errand_for
from makers.installation import Installation, open_installation
from offangle.bootstrap.build import jobs_config
from offangle.db.models import User
from offangle.flows import kinds
from offangle.jobs.config import QueueConfig
from offangle.jobs.kinds import JobRequest
from offangle.web.jobs.events import events
from offangle.web.shared.house import installed, with_house
from offangle.web.shared.sse import Found, Pulse, Stream, in_thread, signed_in_viewer

ERRAND_KINDS = (*kinds.KINDS, ERRAND, ALONE)


@pytest.fixture
def installation(tmp_path: Path, transactional_db: None) -> Iterator[Installation]:
    del transactional_db
    with open_installation(tmp_path, ERRAND_KINDS) as opened:
        yield opened


@pytest.fixture
def people(installation: Installation) -> World:
    del installation
    return make_people()


def session_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sweeping() -> JobRequest:
    return ALONE.request("floor", version="1")


def test_its_queue_has_the_limits_that_it_says(installation: Installation) -> None:
    queues = {queue.name: queue for queue in jobs_config(installation.settings, ERRAND_KINDS).queues}
    assert queues["errands"] == QueueConfig("errands", worker_concurrency=2)
    assert queues["samples"] == QueueConfig("samples", worker_concurrency=1, global_concurrency=1)
    assert queues["demos"].worker_concurrency == installation.settings.worker_concurrency
    assert set(queues) == {kind.queue.name for kind in ERRAND_KINDS}


def test_it_is_listed_cancelled_and_tried_again_on_the_page(installation: Installation, people: World) -> None:
    installation.services.jobs.enqueue(errand_for(people.member))
    member, stranger = session_of(people.member), session_of(people.stranger)
    page = member.get("/jobs/").content.decode()
    assert "Errand of member" in page
    assert "/players/76561198000000001/" in page
    assert "Errand of member" not in stranger.get("/jobs/").content.decode()
    address = f"/jobs/errand/{people.member.pk}"
    assert stranger.post(f"{address}/cancel/").status_code == 404
    assert "was cancelled" in member.post(f"{address}/cancel/", follow=True).content.decode()
    assert "is queued again" in member.post(f"{address}/retry/", follow=True).content.decode()
    assert member.post(f"{address}/delete/").status_code == 403


def test_a_job_that_works_on_nothing_is_the_instance_owners(installation: Installation, people: World) -> None:
    installation.services.jobs.enqueue(sweeping())
    owner, member = session_of(people.owner), session_of(people.member)
    assert "Sweeping the floor" in owner.get("/jobs/").content.decode()
    assert "Sweeping the floor" not in member.get("/jobs/").content.decode()
    assert member.get(f"/api/v1/jobs/{sweeping().job_id}").status_code == 404
    assert "was cancelled" in owner.post("/jobs/sweeping/floor:1/cancel/", follow=True).content.decode()


def test_the_api_tells_of_it_to_whom_it_belongs(installation: Installation, people: World) -> None:
    job_id = installation.services.jobs.enqueue(errand_for(people.member)).job_id
    member, stranger = session_of(people.member), session_of(people.stranger)
    (item,) = member.get("/api/v1/jobs").json()["items"]
    assert (item["id"], item["kind"], item["title"], item["state"]) == (job_id, "errand", "Errand of member", "queued")
    assert stranger.get("/api/v1/jobs").json()["items"] == []
    assert stranger.get(f"/api/v1/jobs/{job_id}").status_code == 404


def test_the_stream_tells_how_it_gets_on(installation: Installation, people: World) -> None:
    job_id = installation.services.jobs.enqueue(errand_for(people.member)).job_id
    told = asyncio.run(listen(people.member, lambda: installation.work(ERRAND_KINDS), until="done"))
    assert {news["job_id"] for news in told} == {job_id}
    assert told[0]["state"] == "queued"
    assert told[0]["waiting"] == "Wanted"
    assert told[-1]["state"] == "done"
    assert told[-1]["opening"] == "Meet them"
    assert told[-1]["url"] == "/players/76561198000000001/"
    assert {news["stage"] for news in told} <= {"", "On foot"}


def test_a_stream_ends_with_its_session_and_holds_no_connection(installation: Installation, people: World) -> None:
    client = session_of(people.member)
    request = AsyncRequestFactory().get("/events/")
    request.session = client.session
    stream = Stream(Pulse(lambda: installation.services.jobs.watch()[1], 0.01), signed_in_viewer(request), nothing, 1)

    async def follow() -> list[str]:
        told = [message async for message in stream.messages(None)]
        assert await in_thread(lambda: [each.connection for each in connections.all()]) == [None]
        return told

    async def sign_out() -> None:
        await in_thread(client.post, "/sign-out/")  # whose thread keeps no connection either
        await asyncio.to_thread(installation.services.jobs.enqueue, errand_for(people.owner))

    async def both() -> list[str]:
        followed = asyncio.create_task(follow())
        await sign_out()
        return await asyncio.wait_for(followed, 10)

    assert asyncio.run(both()) == ["retry: 1\n\n"]


def nothing(user: User, cursor: int | None) -> Found:
    del user
    return [], cursor or 0


async def listen(user: Any, then: Any, *, until: str) -> list[dict[str, Any]]:
    """What the stream tells until a state is told; `then` is done once it has begun."""
    request = AsyncRequestFactory().get("/events/")
    client = await asyncio.to_thread(session_of, user)
    request.session = client.session

    async def known() -> Any:
        return user

    request.auser = known
    response = await events(with_house(request, installed()))
    told: list[dict[str, Any]] = []
    async with asyncio.timeout(60):
        async for piece in response.streaming_content:  # type: ignore[union-attr]  # an asynchronous one
            lines = str(piece if isinstance(piece, str) else piece.decode()).splitlines()
            told += [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
            if told and then is not None:
                await asyncio.to_thread(then)
                then = None
            if told and told[-1]["state"] == until:
                break
    return told
