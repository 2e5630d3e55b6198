"""Pages and JSON leave compressed; what happens as it happens, and files, do not."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.http import HttpRequest, StreamingHttpResponse
from django.test import AsyncClient, Client

from makers.api_world import World, publish
from offangle.web.shared.compression import CompressPages

GZIP = {"Accept-Encoding": "gzip, deflate, br, zstd"}


def without_tokens(page: bytes) -> bytes:
    return re.sub(rb'(value|content)="[A-Za-z0-9]{64}"', b"", page)


@pytest.mark.parametrize("address", ["/", "/players/", "/jobs/", "/settings/", "/nowhere/", "/api/v1/openapi.json"])
def test_pages_and_json_are_compressed(owner: Client, address: str) -> None:
    plain, packed = owner.get(address), owner.get(address, headers=GZIP)
    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert without_tokens(gzip.decompress(packed.content)) == without_tokens(plain.content)
    assert len(packed.content) == int(packed["Content-Length"]) < len(plain.content)
    assert "Accept-Encoding" in packed["Vary"]


def test_a_match_of_two_rounds_weighs_a_quarter(world: World, owner: Client) -> None:
    address = f"/matches/{publish(world.owner).pk}/rounds/"
    assert 4 * len(owner.get(address, headers=GZIP).content) < len(owner.get(address).content)


def test_the_length_of_a_page_tells_nothing_of_its_secrets(owner: Client) -> None:
    """The same page again: tokens are masked anew, and random bytes blur the length."""
    pages = [owner.get("/settings/", headers=GZIP) for _ in range(8)]
    tokens = {re.search(rb'csrf-token" content="(\w+)"', gzip.decompress(page.content)) for page in pages}
    assert len({token.group(1) for token in tokens if token}) == len(pages)
    assert len({len(page.content) for page in pages}) > 1


@pytest.mark.parametrize("address", ["/events/", "/live/events/"])
@pytest.mark.django_db(transaction=True)
def test_news_are_never_compressed(world: World, address: str) -> None:
    client = AsyncClient()

    async def first() -> tuple[bool, bytes]:
        await client.aforce_login(world.owner)
        answer: Any = await client.get(address, headers=GZIP)
        async for piece in answer.streaming_content:
            return answer.has_header("Content-Encoding"), bytes(piece)
        raise AssertionError("the stream ended at once")

    is_packed, piece = asyncio.run(first())
    assert not is_packed
    assert piece.startswith(b"retry: ")


def test_streams_pass_untouched() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x" * 1000

    stream = StreamingHttpResponse(pieces(), content_type="text/csv")
    request = HttpRequest()
    request.META["HTTP_ACCEPT_ENCODING"] = "gzip"
    passed = CompressPages(lambda _: stream)(request)
    assert passed is stream
    assert "Content-Encoding" not in stream
