"""The built files, as the web process serves them."""

import asyncio
import gzip

import pytest
from django.test import AsyncClient, Client


@pytest.mark.parametrize("name", ["app.css", "app.js", "logo.svg"])
def test_a_built_file_is_served_whole_and_cacheable(client: Client, name: str) -> None:
    answer = client.get(f"/static/offangle/{name}")
    assert answer.status_code == 200
    assert len(answer.content) == int(answer["Content-Length"]) > 0
    assert "max-age" in answer["Cache-Control"]


def test_only_the_headers_for_head_and_nothing_when_unchanged(client: Client) -> None:
    whole = client.get("/static/offangle/app.css")
    assert client.head("/static/offangle/app.css").content == b""
    unchanged = client.get("/static/offangle/app.css", headers={"If-Modified-Since": whole["Last-Modified"]})
    assert unchanged.status_code == 304


def test_no_warning_under_asgi(async_client: AsyncClient) -> None:
    answer = asyncio.run(async_client.get("/static/offangle/app.css"))
    assert answer.status_code == 200
    assert not answer.streaming


def test_a_missing_file_is_not_found(client: Client) -> None:
    assert client.get("/static/offangle/nothing.css").status_code in {302, 404}


GZIP = {"Accept-Encoding": "gzip, deflate"}


@pytest.mark.parametrize("name", ["app.css", "app.js", "icons.svg", "logo.svg"])
def test_a_built_file_is_compressed_where_the_browser_takes_it(client: Client, name: str) -> None:
    plain, packed = client.get(f"/static/offangle/{name}"), client.get(f"/static/offangle/{name}", headers=GZIP)
    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) == int(packed["Content-Length"]) < len(plain.content)
    assert plain["Vary"] == packed["Vary"] == "Accept-Encoding"
    assert packed.content == client.get(f"/static/offangle/{name}", headers=GZIP).content


def test_a_part_of_a_built_file_stays_as_it_is(client: Client) -> None:
    part = client.get("/static/offangle/app.css", headers={**GZIP, "Range": "bytes=0-999"})
    assert (part.status_code, len(part.content)) == (206, 1000)
    assert "Content-Encoding" not in part
