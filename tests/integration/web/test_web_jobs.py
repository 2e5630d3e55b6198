"""The jobs page: what happens, what failed and why, and whose it is to change."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from makers.api_world import World
from makers.house import services
from makers.page_text import source_of
from makers.rows import make_demo, publish_match, queue_job
from offangle.db.models import Demo, ImportRecord
from offangle.flows.recorded.version import PIPELINE_VERSION


def failed(world: World) -> Demo:
    demo = make_demo(
        world.member,
        "broken.dem",
        state=Demo.State.FAILED,
        failure="The file ends too early",
        failure_hint="Download it again.",
    )
    queue_job(demo)
    services().jobs.cancel(demo.job_id)
    Demo.objects.filter(pk=demo.pk).update(state=Demo.State.FAILED)
    return Demo.objects.get(pk=demo.pk)


def test_nothing_to_do_says_so(member: Client) -> None:
    assert b"Nothing to do" in member.get("/jobs/").content


def test_without_a_worker_the_page_names_the_remedy(world: World, owner: Client) -> None:
    queue_job(make_demo(world.member, "waiting.dem"))
    page = owner.get("/jobs/").content.decode()
    assert "No worker is running" in page
    assert "<code>offangle worker</code>" in page


def test_every_state_is_shown_to_who_brought_it_only(
    world: World, owner: Client, member: Client, stranger: Client
) -> None:
    queue_job(make_demo(world.member, "waiting.dem"))
    make_demo(
        world.member,
        "broken.dem",
        state=Demo.State.FAILED,
        failure="The file ends too early",
        failure_hint="Download it again.",
    )
    publish_match(world.member)
    page = member.get("/jobs/")
    assert {row.subject.title: row.state for row, _ in page.context["rows"]} == {
        "waiting.dem": "queued",
        "broken.dem": "dead",
        "match-1.dem": "done",
    }
    assert "The file ends too early" in page.content.decode()
    assert "Download it again." in page.content.decode()
    assert len(owner.get("/jobs/").context["rows"]) == 3
    assert stranger.get("/jobs/").context["rows"] == []


def test_refused_files_keep_their_reason(world: World, member: Client, stranger: Client) -> None:
    ImportRecord.objects.create(
        user=world.member,
        source="upload",
        original_name="cat.jpg",
        error="not a CS2 demo",
        error_hint="Send `.dem` files.",
    )
    page = member.get("/jobs/").content.decode()
    assert "cat.jpg" in page
    assert "<code>.dem</code>" in page
    assert "cat.jpg" not in stranger.get("/jobs/").content.decode()


def test_cancel_then_retry(world: World, member: Client) -> None:
    demo = make_demo(world.member, "waiting.dem")
    queue_job(demo)
    assert "was cancelled" in member.post(f"/jobs/demo/{demo.pk}/cancel/", follow=True).content.decode()
    row = member.get("/jobs/").context["rows"][0][0]
    assert (row.state, row.may_retry, row.may_cancel) == ("cancelled", True, False)
    assert "is queued again" in member.post(f"/jobs/demo/{demo.pk}/retry/", follow=True).content.decode()
    assert member.get("/jobs/").context["rows"][0][0].state == "queued"


def test_retrying_what_is_queued_is_refused_kindly(world: World, member: Client) -> None:
    demo = make_demo(world.member, "waiting.dem")
    queue_job(demo)
    page = member.post(f"/jobs/demo/{demo.pk}/retry/", follow=True).content.decode()
    assert "Wait for it or cancel it first." in page


@pytest.mark.parametrize(
    ("is_permanent", "version", "is_offered"),
    [(True, PIPELINE_VERSION, False), (True, "an older one", True), (False, PIPELINE_VERSION, True)],
)
def test_retry_is_offered_where_it_can_help(
    world: World, member: Client, *, is_permanent: bool, version: str, is_offered: bool
) -> None:
    make_demo(
        world.member,
        "broken.dem",
        state=Demo.State.FAILED,
        failure="file incomplete (0.3 of 0.8 MB)",
        failure_hint="Download it again.",
        failure_is_permanent=is_permanent,
        pipeline_version=version,
    )
    page = member.get("/jobs/")
    row = page.context["rows"][0][0]
    assert (row.state, row.may_retry, row.may_delete) == ("dead", is_offered, True)
    assert ('aria-label="Retry broken.dem"' in source_of(page)) == is_offered
    assert "file incomplete (0.3 of 0.8 MB)" in source_of(page)


def test_a_failed_file_can_be_deleted(world: World, member: Client) -> None:
    demo = failed(world)
    assert "was deleted" in member.post(f"/jobs/demo/{demo.pk}/delete/", follow=True).content.decode()
    assert not Demo.objects.filter(pk=demo.pk).exists()


@pytest.mark.parametrize("action", ["retry", "cancel", "delete"])
def test_only_who_brought_a_file_may_act_on_it(
    world: World, owner: Client, stranger: Client, anonymous: Client, action: str
) -> None:
    demo = failed(world)
    address = f"/jobs/demo/{demo.pk}/{action}/"
    assert stranger.post(address).status_code == 404
    assert anonymous.post(address).status_code == 302
    assert owner.get(address).status_code == 405
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(world.member)
    assert careful.post(address).status_code == 403
    assert Demo.objects.get(pk=demo.pk).state == Demo.State.FAILED
    assert owner.post(address).status_code == 302


@pytest.mark.parametrize("sha256", ["0" * 64, "abc"])
def test_jobs_that_are_none_are_not_found(member: Client, sha256: str) -> None:
    assert member.post(f"/jobs/demo/{sha256}/retry/").status_code == 404


def test_the_page_asks_the_database_a_bounded_number_of_times(
    world: World, member: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10):
        make_demo(world.member, f"{number}.dem")
    with django_assert_max_num_queries(6):
        assert len(member.get("/jobs/").context["rows"]) == 10
