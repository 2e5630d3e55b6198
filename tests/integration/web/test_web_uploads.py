"""Uploads and the event stream, through the same ASGI application that a server runs."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.db import connections
from django.test import Client

from makers.api_world import World, make_people
from makers.house import services
from makers.interchange_zips import write_interchange_zip
from makers.rows import SMALL, make_demo, publish_match, queue_job
from makers.synthetic import make_match
from offangle.core.errors import BadInputError
from offangle.db.models import Demo, ImportRecord, User
from offangle.flows.services import Services
from offangle.web.shared.streaming import BodyStream, StreamingHandler

pytestmark = pytest.mark.django_db(transaction=True)

Message = dict[str, Any]


@pytest.fixture
def people(installed: Services, transactional_db: None) -> Iterator[World]:
    del installed, transactional_db
    yield make_people()
    connections.close_all()


class Visitor:
    """Speaks ASGI with the session of a user."""

    def __init__(self, user: User | None) -> None:
        self._client = Client()
        if user is not None:
            self._client.force_login(user)
        self._client.get("/settings/", follow=True)  # a page with a form sets the token against forged requests
        self._application = StreamingHandler(get_asgi_application())

    def _headers(self, extra: dict[str, str]) -> list[tuple[bytes, bytes]]:
        jar = "; ".join(f"{name}={morsel.value}" for name, morsel in self._client.cookies.items())
        named = {"host": "testserver", "cookie": jar, **extra}
        return [(name.encode(), value.encode()) for name, value in named.items()]

    @property
    def token(self) -> str:
        morsel = self._client.cookies.get("csrftoken")
        return morsel.value if morsel else ""

    def send(self, path: str, pieces: list[bytes], *, cut: bool = False, **headers: str) -> tuple[int, Any]:
        """POST `pieces` one by one; with `cut` the connection ends after them."""
        return asyncio.run(self._send(path, pieces, cut=cut, headers=headers))

    async def _send(self, path: str, pieces: list[bytes], *, cut: bool, headers: dict[str, str]) -> tuple[int, Any]:
        waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        waiting.append(
            {"type": "http.disconnect"} if cut else {"type": "http.request", "body": b"", "more_body": False}
        )
        answer: list[Message] = []

        async def receive() -> Message:
            if waiting:
                return waiting.pop(0)
            await asyncio.Event().wait()  # the client stays and listens
            raise AssertionError

        async def send(message: Any) -> None:
            answer.append(dict(message))

        named = {"x-csrftoken": self.token, "accept": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        await self._application(self._scope("POST", path, named), receive, send)
        body = b"".join(message.get("body", b"") for message in answer)
        return int(answer[0]["status"]), json.loads(body) if body.startswith(b"{") else body.decode()

    def _scope(self, method: str, path: str, headers: dict[str, str]) -> Message:
        address, _, query = path.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": address,
            "raw_path": address.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": self._headers(headers),
            "client": ("127.0.0.1", 1),
            "server": ("testserver", 80),
        }

    def listen(self, until: int, **headers: str) -> list[Message]:
        """Read the event stream until it has told `until` events, then leave."""
        return asyncio.run(asyncio.wait_for(self._listen(until, headers), 20))

    async def _listen(self, until: int, headers: dict[str, str]) -> list[Message]:
        told: list[Message] = []
        enough, asked = asyncio.Event(), False

        async def receive() -> Message:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await enough.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            lines = message.get("body", b"").decode().splitlines()
            told.extend(json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))
            if len(told) >= until:
                enough.set()

        named = {name.replace("_", "-"): value for name, value in headers.items()}
        await self._application(self._scope("GET", "/events/", named), receive, send)
        return told


@pytest.fixture
def archive(tmp_path: Path) -> bytes:
    path = write_interchange_zip(tmp_path / "match.zip", make_match(seed=5, samples=False, **SMALL))  # type: ignore[arg-type]
    return path.read_bytes()


def in_pieces(data: bytes, size: int = 10_000) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def test_a_file_is_taken_queued_and_told(people: World, archive: bytes) -> None:
    status, answer = Visitor(people.member).send("/upload/?name=de_mirage.zip", in_pieces(archive))
    assert status == 202
    (file,) = answer["files"]
    demo = Demo.objects.get()
    assert file == {
        "name": "de_mirage.zip",
        "job_id": demo.job_id,
        "match_url": "",
        "duplicate": False,
        "error": "",
        "hint": "",
    }
    assert services().jobs.job(demo.job_id).state == "queued"
    assert demo.imports.get().user == people.member


def test_the_same_bytes_again_are_known(people: World, archive: bytes) -> None:
    visitor = Visitor(people.member)
    visitor.send("/upload/?name=a.zip", in_pieces(archive))
    status, answer = visitor.send("/upload/?name=b.zip", in_pieces(archive))
    assert status == 202
    assert answer["files"][0]["duplicate"] is True
    assert Demo.objects.count() == 1


def test_what_is_no_match_is_refused_and_remembered(people: World) -> None:
    status, answer = Visitor(people.member).send("/upload/?name=cat.jpg", [b"\xff\xd8\xff\xe0 a cat" * 1000])
    assert status == 422
    assert answer["files"][0]["error"].startswith("Not a CS2 demo")
    assert answer["files"][0]["hint"]
    assert ImportRecord.objects.get().original_name == "cat.jpg"


def test_an_upload_that_says_it_is_too_large_is_refused_unread(people: World) -> None:
    large = str(settings.UPLOAD_LIMIT_BYTES + 1)
    status, answer = Visitor(people.member).send("/upload/?name=huge.dem", [], content_length=large)
    assert status == 413
    assert "OFFANGLE_MAX_UPLOAD_MB" in answer["hint"]


def test_an_upload_that_turns_out_too_large_is_refused(people: World) -> None:
    pieces = [bytes(1024 * 1024)] * 9  # eight are accepted here
    status, answer = Visitor(people.member).send("/upload/?name=huge.dem", pieces)
    assert status == 413
    assert answer["error"]
    assert ImportRecord.objects.get().error


def test_an_empty_file_is_refused(people: World) -> None:
    status, answer = Visitor(people.member).send("/upload/?name=empty.dem", [], content_length="0")
    assert status == 400
    assert "empty" in answer["error"]


def test_an_upload_that_breaks_off_leaves_nothing(people: World, archive: bytes) -> None:
    status, _ = Visitor(people.member).send("/upload/?name=half.zip", in_pieces(archive)[:2], cut=True)
    assert status == 400
    assert Demo.objects.count() == 0
    assert [path for path in services().work_dir.rglob("*") if path.is_file()] == []


def test_uploads_need_a_session_and_a_token(people: World, archive: bytes) -> None:
    assert Visitor(None).send("/upload/?name=a.zip", in_pieces(archive))[0] == 401
    assert Visitor(people.member).send("/upload/?name=a.zip", in_pieces(archive), x_csrftoken="forged")[0] == 403
    assert Demo.objects.count() == 0


def test_only_a_post_uploads(people: World) -> None:
    client = Client()
    client.force_login(people.member)
    assert client.get("/upload/").status_code == 405


def test_behind_another_handler_the_body_is_read_from_the_request(people: World, archive: bytes) -> None:
    client = Client()
    client.force_login(people.member)
    answer = client.post("/upload/?name=plain.zip", archive, content_type="application/octet-stream")
    assert answer.status_code == 202
    assert Demo.objects.get().original_name == "plain.zip"


def test_the_stream_tells_own_jobs_only(people: World) -> None:
    mine, theirs = make_demo(people.member, "mine.dem"), make_demo(people.stranger, "theirs.dem")
    queue_job(mine)
    queue_job(theirs)
    told = Visitor(people.member).listen(1)
    assert [news["name"] for news in told] == ["mine.dem"]
    assert told[0]["state"] == "queued"
    assert {news["name"] for news in Visitor(people.owner).listen(2)} == {"mine.dem", "theirs.dem"}


def test_who_comes_back_hears_what_they_missed(people: World) -> None:
    demo = make_demo(people.member, "mine.dem")
    _, before = services().jobs.watch()
    queue_job(demo)
    services().jobs.cancel(demo.job_id)
    (news,) = Visitor(people.member).listen(1, last_event_id=str(before))
    assert (news["name"], news["state"]) == ("mine.dem", "cancelled")


def test_a_published_match_is_linked(people: World) -> None:
    match = publish_match(people.member)
    assert match.demo is not None
    _, before = services().jobs.watch()
    queue_job(match.demo)
    (news,) = Visitor(people.member).listen(1, last_event_id=str(before))
    assert news["url"] == f"/matches/{match.pk}/"


def test_a_body_that_ends_early_is_an_error_not_a_short_file() -> None:
    waiting: list[Message] = [{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return waiting.pop(0)

    async def read() -> list[bytes]:
        stream = BodyStream(receive)
        return [await stream.piece(), await stream.piece()]

    with pytest.raises(BadInputError, match="broken off"):
        asyncio.run(read())
