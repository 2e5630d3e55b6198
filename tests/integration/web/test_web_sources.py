"""Where matches come from: each source with its own account of how it went, to its own user only."""

from django.test import Client
from django.utils import timezone

from makers.api_world import World
from offangle.db.queries.sources import note_failure, note_success
from offangle.sources.registry import SOURCES


def test_every_source_is_listed_also_before_its_first_match(member: Client) -> None:
    page = member.get("/settings/sources/").content.decode()
    assert all(entry.label in page for entry in SOURCES)
    assert page.count("Not used yet") == len(SOURCES)
    rows = member.get("/api/v1/sources").json()
    assert [row["source"] for row in rows] == [entry.name for entry in SOURCES]


def test_how_it_went_is_told_to_its_user_only(world: World, member: Client, stranger: Client) -> None:
    note_success(world.member, "upload", "", cursor="", at=timezone.now())
    note_failure(world.member, "cli", "", error="the disk is gone", hint="Plug it in.")
    page = member.get("/settings/sources/").content.decode()
    assert "Works" in page
    assert "The disk is gone" in page
    assert "Plug it in." in page
    rows = {row["source"]: row for row in member.get("/api/v1/sources").json()}
    assert rows["cli"]["error"] == "the disk is gone"
    assert rows["cli"]["failures"] == 1
    assert "The disk is gone" not in stranger.get("/settings/sources/").content.decode()
    assert all(row["error"] == "" for row in stranger.get("/api/v1/sources").json())


def test_the_page_needs_a_session_and_the_api_a_token(anonymous: Client) -> None:
    assert anonymous.get("/settings/sources/").status_code == 302
    assert anonymous.get("/api/v1/sources").status_code == 401
