"""The sample over the API, and what simulated matches say of themselves there."""

from typing import Any
from uuid import UUID

import pytest

from makers.api_world import World, publish
from makers.problems import assert_problem
from offangle.db.models import ImportRecord, SteamAccount
from offangle.flows.samples.sample import CANCELLED, sample_request

FIRST_STEAM_ID = 76561198000000001


@pytest.mark.django_db(transaction=True)
def test_a_sample_is_an_import_whose_file_comes_later(member: Any, stranger: Any, owner: Any) -> None:
    answer = member.post("/sample")
    assert answer.status_code == 202, answer.content
    (file,) = answer.json()["files"]
    assert answer.json()["refused"] == []
    assert (file["state"], file["sha256"], file["match_id"], file["error"]) == ("queued", None, None, "")
    assert file["job_id"] == sample_request(UUID(file["import_id"])).job_id
    assert member.post("/sample").json()["files"] == [file]
    assert member.get(f"/imports/{file['import_id']}").json() == file

    job = member.get(file["job_url"].removeprefix("/api/v1")).json()
    assert (job["kind"], job["subject"], job["state"]) == ("sample", file["import_id"], "queued")
    assert [each["id"] for each in member.get("/jobs").json()["items"]] == [file["job_id"]]
    assert [each["id"] for each in owner.get("/jobs").json()["items"]] == [file["job_id"]]
    assert stranger.get("/jobs").json()["items"] == []
    for address in ("", "/retry", "/cancel"):
        call = stranger.post if address else stranger.get
        assert_problem(call(f"/jobs/{file['job_id']}{address}"), 404, "not-found")
    assert_problem(stranger.get(f"/imports/{file['import_id']}"), 404, "not-found")


@pytest.mark.django_db(transaction=True)
def test_a_sample_is_cancelled_and_retried(member: Any) -> None:
    (file,) = member.post("/sample").json()["files"]
    job = f"/jobs/{file['job_id']}"
    assert_problem(member.post(f"{job}/retry"), 409, "conflict")
    assert member.post(f"{job}/cancel").json()["state"] == "cancelled"
    record = member.get(f"/imports/{file['import_id']}").json()
    assert (record["state"], record["error"], record["job_id"]) == ("refused", CANCELLED, None)
    assert member.post(f"{job}/retry").json()["state"] == "queued"
    assert member.get(f"/imports/{file['import_id']}").json()["state"] == "queued"
    member.post(f"{job}/cancel")
    (other,) = member.post("/sample").json()["files"]
    assert other["import_id"] != file["import_id"]
    assert_problem(member.post(f"{job}/retry"), 422, "bad-input")


def test_a_sample_that_is_there_is_told_with_its_match(member: Any, world: World) -> None:
    match = publish(world.member)
    ImportRecord.objects.update(source="sample")
    (file,) = member.post("/sample").json()["files"]
    assert (file["state"], file["match_id"]) == ("published", str(match.pk))


def test_nobody_and_wrong_methods(member: Any, client: Any) -> None:
    assert_problem(client.post("/api/v1/sample"), 401, "unauthenticated")
    refused = member.get("/sample")
    assert_problem(refused, 405, "method-not-allowed")
    assert refused.headers["Allow"] == "POST"
    assert ImportRecord.objects.count() == 0


def test_matches_and_players_say_that_they_are_simulated(member: Any, world: World) -> None:
    match = publish(world.member, 1, is_simulated=True)
    assert member.get("/matches").json()["items"][0]["is_simulated"] is True
    assert member.get(f"/matches/{match.pk}").json()["is_simulated"] is True
    player = member.get(f"/players/{FIRST_STEAM_ID}").json()
    assert (player["is_simulated"], player["averages"]["matches"]) == (True, 1)
    table = member.get(f"/matches/{match.pk}/tables/kills", format="csv")
    assert b"".join(table.streaming_content)  # which closes its file
    assert 'filename="simulated-de_mirage-' in table.headers["Content-Disposition"]

    publish(world.member, 2)
    player = member.get(f"/players/{FIRST_STEAM_ID}").json()
    assert (player["is_simulated"], player["averages"]["matches"]) == (False, 1)
    listed = member.get(f"/players/{FIRST_STEAM_ID}/matches").json()["items"]
    assert [each["match"]["is_simulated"] for each in listed] == [False, True]
    assert SteamAccount.objects.count() == 2
