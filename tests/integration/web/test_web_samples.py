"""The offer of a sample match: to whom, by which press, and what is told of it until it is there."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from makers.api_world import World
from makers.house import services
from makers.rows import make_demo, publish_match, queue_job
from offangle.db.models import Demo, ImportRecord, Match, User
from offangle.flows.desk import Desk
from offangle.flows.kinds import KINDS
from offangle.flows.samples.sample import CANCELLED, ask_sample, sample_request
from offangle.jobs.views import JobView
from offangle.web.jobs.events import first_look, told

OFFER = b"Explore a sample match"


def desk() -> Desk:
    return Desk(services(), KINDS)


def first_news(user: User) -> list[dict[str, Any]]:
    return [event.data for event in first_look(desk(), user)[0]]


def news(user: User, *jobs: JobView) -> list[dict[str, Any]]:
    return [event.data for event in told(desk().seen(user, jobs))]


def press(client: Client) -> Any:
    return client.post("/sample/")


def record_of(user: User) -> ImportRecord:
    return ImportRecord.objects.get(user=user, source="sample", error="")


def give_file(record: ImportRecord, **changes: Any) -> Demo:
    """The record's file, as the job would have given it; the file's own record stands beside."""
    record.demo = make_demo(record.user, "made.dem", **changes)
    record.save()
    ImportRecord.objects.filter(source="upload", demo=record.demo).delete()
    return record.demo


@pytest.mark.parametrize("address", ["/", "/players/", "/jobs/"])
def test_it_is_offered_to_whoever_has_no_match(
    world: World, member: Client, stranger: Client, anonymous: Client, address: str
) -> None:
    assert OFFER in member.get(address).content
    publish_match(world.member)
    assert OFFER not in member.get(address).content
    assert OFFER in stranger.get(address).content
    assert OFFER not in anonymous.get(address, follow=True).content
    assert OFFER in member.get("/settings/").content, "it stays within reach"


@pytest.mark.django_db(transaction=True)
def test_one_press_asks_for_it_and_a_second_changes_nothing(world: World, member: Client, stranger: Client) -> None:
    answer = press(member)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert press(member).headers["Location"] == "/"
    record = record_of(world.member)
    assert services().jobs.job(sample_request(record.pk).job_id).state == "queued"
    page = member.get("/").content
    assert b"Your sample match is on its way" in page
    assert OFFER not in page
    assert OFFER in stranger.get("/").content
    press(stranger)
    assert ImportRecord.objects.count() == 2


def test_a_sample_that_is_there_is_opened(world: World, member: Client) -> None:
    match = publish_match(world.member)
    ImportRecord.objects.update(source="sample")
    assert press(member).headers["Location"] == f"/matches/{match.pk}/"
    assert b"Open your sample match" in member.get("/settings/").content


def test_a_sample_that_failed_is_tried_again(
    world: World, member: Client, django_capture_on_commit_callbacks: Any
) -> None:
    demo = give_file(ask_sample(services(), world.member), state=Demo.State.FAILED, failure="The parser died")
    with django_capture_on_commit_callbacks(execute=True):
        press(member)
    demo.refresh_from_db()
    assert (demo.state, demo.failure) == (Demo.State.QUEUED, "")


def test_the_press_needs_our_own_form_a_person_and_the_right_method(world: World, anonymous: Client) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.member)
    assert press(client).status_code == 403
    assert client.get("/sample/").status_code == 405
    assert press(anonymous).status_code == 302
    assert ImportRecord.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_jobs_page_shows_it_and_only_its_user_stops_it(
    world: World, owner: Client, member: Client, stranger: Client
) -> None:
    press(member)
    record = record_of(world.member)
    address = f"/jobs/sample/{record.pk}/cancel/"
    for client in (member, owner):
        page = client.get("/jobs/").content
        assert record.original_name.encode() in page
        assert address.encode() in page
    assert record.original_name.encode() not in stranger.get("/jobs/").content
    assert stranger.post(address).status_code == 404
    assert member.post(f"/jobs/sample/{uuid4()}/cancel/").status_code == 404
    assert member.post("/jobs/sample/1/cancel/").status_code == 404
    assert member.get(address).status_code == 405
    assert member.post(address).status_code == 302
    page = member.get("/jobs/").content
    assert CANCELLED.encode() in page
    assert OFFER in page
    assert "had already ended" in member.post(address, follow=True).content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_event_stream_tells_of_it_under_one_job_after_the_other(world: World) -> None:
    record = ask_sample(services(), world.member)
    job_id = sample_request(record.pk).job_id
    (first,) = first_news(world.member)
    assert (first["job_id"], first["name"], first["state"], first["follows"]) == (
        job_id,
        record.original_name,
        "queued",
        "",
    )
    assert first_news(world.stranger) == []
    assert len(first_news(world.owner)) == 1

    file_job = services().jobs.job(queue_job(give_file(record)))
    (after,) = news(world.member, file_job)
    assert (after["name"], after["follows"]) == ("made.dem", job_id)
    assert news(world.stranger, file_job) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("state", "shown"), [("processing", None), ("published", "done"), ("failed", "dead")], ids=str)
def test_a_simulation_that_is_done_is_over_when_its_file_is(world: World, state: str, shown: str | None) -> None:
    record = ask_sample(services(), world.member)
    job = services().jobs.job(sample_request(record.pk).job_id)
    demo = give_file(record, state=state, failure="too short" if state == "failed" else "")
    if state == "published":
        Match.objects.create(demo=demo, source="demo", map_name="of_quarry", published_at=demo.stored_at, tick_rate=64)
    heard = news(world.member, replace(job, state="done"))
    assert [each["state"] for each in heard] == ([shown] if shown else [])
    if shown == "done":
        assert heard[0]["url"].startswith("/matches/")
    if shown == "dead":
        assert heard[0]["reason"] == "too short"
