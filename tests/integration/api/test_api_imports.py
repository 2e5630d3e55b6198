"""Handing over files, and the jobs that follow."""

import gzip
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from makers.api_world import MIB, World, publish
from makers.problems import assert_problem
from offangle.db.models import Demo, ImportRecord
from offangle.flows.services import Services

DEMO = b"PBDEMS2\0" + bytes(range(256)) * 40


def test_a_raw_upload_is_stored_and_queued(member: Any, installed: Services) -> None:
    answer = member.post("/imports?name=match.dem.gz", gzip.compress(DEMO))
    assert answer.status_code == 202, answer.content
    (file,) = answer.json()["files"]
    assert (file["name"], file["is_duplicate"], file["match_id"]) == ("match.dem.gz", False, None)
    assert installed.store.exists(f"demos/{file['sha256']}.dem.zst")
    record = member.get(f"/imports/{file['import_id']}").json()
    assert record["sha256"] == file["sha256"]


@pytest.mark.django_db(transaction=True)
def test_the_job_of_an_upload_can_be_watched(member: Any) -> None:
    (file,) = member.post("/imports?name=match.dem", DEMO).json()["files"]
    assert file["state"] == "queued"
    job = member.get(file["job_url"].removeprefix("/api/v1")).json()
    assert (job["id"], job["state"], job["subject"]) == (file["job_id"], "queued", file["sha256"])


def test_several_files_in_one_form(member: Any) -> None:
    files = [SimpleUploadedFile(f"{name}.dem", DEMO + name.encode()) for name in ("one", "two")]
    answer = member.send_form("/imports", {"file": files})
    assert [file["name"] for file in answer.json()["files"]] == ["one.dem", "two.dem"]


def test_a_form_with_one_bad_file_tells_which(member: Any) -> None:
    files = [SimpleUploadedFile("good.dem", DEMO), SimpleUploadedFile("bad.dem", b"HL2DEMO\0 and more")]
    answer = member.send_form("/imports", {"file": files})
    assert answer.status_code == 202
    assert [file["name"] for file in answer.json()["files"]] == ["good.dem"]
    (refused,) = answer.json()["refused"]
    assert refused["name"] == "bad.dem"
    assert "CS:GO" in refused["reason"]


def test_the_same_bytes_twice_are_one_file(member: Any) -> None:
    member.post("/imports?name=a.dem", DEMO)
    (file,) = member.post("/imports?name=b.dem.gz", gzip.compress(DEMO)).json()["files"]
    assert file["is_duplicate"]
    assert Demo.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "word"), [(b"", "empty"), (b"HL2DEMO\0xxxx", "CS:GO"), (b"plain text", "Not a CS2 demo")]
)
def test_what_cannot_be_read_is_refused_with_reason_and_kept(member: Any, content: bytes, word: str) -> None:
    document = assert_problem(member.post("/imports?name=x.dem", content), 422, "bad-input")
    assert word in document["detail"]
    record = member.get(document["instance"].removeprefix("/api/v1")).json()
    assert record["state"] == "refused"
    assert word in record["error"]


def test_an_upload_that_is_too_large_is_refused_and_kept(member: Any, installed: Services) -> None:
    assert_problem(member.post("/imports?name=big.dem", bytes(9 * MIB)), 413, "too-large")
    assert ImportRecord.objects.get().error
    assert list(installed.work_dir.iterdir()) == []


def test_a_form_without_a_file(member: Any) -> None:
    assert_problem(member.send_form("/imports", {"other": "text"}), 422, "bad-input")


def test_a_form_that_is_none(member: Any) -> None:
    assert_problem(member.post("/imports", b"garbage", "multipart/form-data"), 400, "bad-request")


def test_nobody_sees_the_imports_of_others(member: Any, stranger: Any) -> None:
    (file,) = member.post("/imports?name=a.dem", DEMO).json()["files"]
    assert_problem(stranger.get(f"/imports/{file['import_id']}"), 404, "not-found")
    assert stranger.get("/imports").json()["items"] == []
    assert [item["import_id"] for item in member.get("/imports").json()["items"]] == [file["import_id"]]


def test_imports_are_paged(member: Any) -> None:
    for number in range(3):
        member.post(f"/imports?name={number}.dem", DEMO + bytes([number]))
    first = member.get("/imports", limit=2).json()
    second = member.get("/imports", limit=2, cursor=first["next_cursor"]).json()
    assert [item["name"] for item in first["items"] + second["items"]] == ["2.dem", "1.dem", "0.dem"]
    assert second["next_cursor"] is None


def job_ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [job["id"] for job in answer.json()["items"]]


def test_jobs_are_those_of_ones_own_files(owner: Any, member: Any, stranger: Any, world: World) -> None:
    mine, theirs = publish(world.member, 1).demo, publish(world.stranger, 2).demo
    assert mine is not None
    assert theirs is not None
    assert job_ids(member.get("/jobs")) == [mine.job_id]
    assert job_ids(stranger.get("/jobs")) == [theirs.job_id]
    assert set(job_ids(owner.get("/jobs"))) == {mine.job_id, theirs.job_id}
    assert job_ids(member.get("/jobs", state="dead")) == []
    for address in ("", "/retry", "/cancel"):
        call = stranger.post if address else stranger.get
        assert_problem(call(f"/jobs/{mine.job_id}{address}"), 404, "not-found")


def test_jobs_are_paged_also_between_those_of_others(member: Any, world: World) -> None:
    for number in range(6):
        publish((world.member, world.stranger)[number % 2], number)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = member.get("/jobs", limit=1, **({"cursor": cursor} if cursor else {}))
        seen += job_ids(page)
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 3


def test_a_queued_job_is_cancelled_and_retried(member: Any, world: World) -> None:
    demo = publish(world.member).demo
    assert demo is not None
    path = f"/jobs/{demo.job_id}"
    assert_problem(member.post(f"{path}/retry"), 409, "conflict")
    assert member.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert member.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert member.post(f"{path}/retry").json()["state"] == "queued"


def test_health_says_what_is_missing_without_asking_who(world: World, client: Any) -> None:
    del world
    answer = client.get("/api/v1/health")
    assert answer.status_code == 503
    document = answer.json()
    assert (document["database"], document["store"], document["jobs"], document["workers_alive"]) == (
        True,
        True,
        False,
        0,
    )
    assert "worker" in document["problem"]
