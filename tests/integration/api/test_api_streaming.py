"""Uploads reach the API straight from the socket, whatever the pieces they come in."""

import io
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest

from offangle.core.errors import BadInputError
from offangle.web.shared.streaming import BATCH_BYTES, SCOPE_KEY, BodyStream, body_batches, is_streamed

SCOPE = {"type": "http", "method": "POST", "path": "/api/v1/imports", "headers": [], "query_string": b""}


def request_with(messages: list[dict[str, Any]]) -> ASGIRequest:
    """A request whose body comes as these messages."""
    waiting = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(waiting)

    return ASGIRequest({**SCOPE, SCOPE_KEY: BodyStream(receive)}, io.BytesIO())


def chunk(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.parametrize("size", [1000, 700_000, 3 * BATCH_BYTES])
def test_pieces_are_gathered_into_batches_and_none_is_lost(size: int) -> None:
    sent = [bytes([number]) * size for number in range(5)]
    batches = list(body_batches(request_with([*map(chunk, sent), chunk(b"", more=False)])))
    assert b"".join(batches) == b"".join(sent)
    assert all(len(batch) >= BATCH_BYTES for batch in batches[:-1])


def test_an_empty_body_has_no_batch() -> None:
    assert list(body_batches(request_with([chunk(b"", more=False)]))) == []


def test_a_sender_that_goes_away_is_bad_input() -> None:
    with pytest.raises(BadInputError, match="broken off"):
        list(body_batches(request_with([chunk(b"some"), {"type": "http.disconnect"}])))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"path": "/upload/"}, True),
        ({"headers": [(b"content-type", b"Multipart/Form-Data; boundary=x")]}, False),
        ({"path": "/upload/", "headers": [(b"content-type", b"multipart/form-data")]}, True),
        ({"path": "/api/v1/matches"}, False),
        ({"method": "GET"}, False),
        ({"type": "websocket"}, False),
    ],
)
def test_only_files_that_are_the_whole_body_are_streamed(changes: dict[str, Any], expected: bool) -> None:  # noqa: FBT001 -- a column of the table
    assert is_streamed({**SCOPE, **changes}) is expected
