"""What many clients make of one recording, and which wishes are refused."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from makers.gsi_posts import GsiClient
from offangle.core.errors import BadInputError
from offangle_sim.gsi.load import (
    MOST_CLIENTS,
    MOST_SECONDS,
    Identity,
    LoadOrder,
    LoadReport,
    postable,
    read_tokens,
    recording_of,
)

ME = Identity(76561198000000777, "my-secret")
URL = "http://127.0.0.1:8730/gsi"


def posts() -> list[tuple[int, dict[str, Any]]]:
    client = GsiClient()
    client.play_round("CT", kills=1)
    client.spectate_mate()
    return [(number * 10**9, {**body, "auth": {"token": "recorded"}}) for number, body in enumerate(client.posts)]


def test_a_post_is_the_recorded_one_with_account_token_and_time_of_the_client() -> None:
    given = posts()
    recording = recording_of(given)
    for post, (received_ns, body) in zip(recording.posts, given, strict=True):
        sent = json.loads(post.body(recording.recorded_id, ME, now_s=1_800_000_000.9, is_full=False))
        assert post.offset_ns == received_ns
        assert sent.pop("auth") == {"token": ME.token}
        assert sent["provider"] == {**body["provider"], "steamid": str(ME.steam_id), "timestamp": 1_800_000_000}
        expected = json.loads(json.dumps(body).replace(f'"{recording.recorded_id}"', f'"{ME.steam_id}"'))
        del sent["provider"], expected["provider"], expected["auth"]
        assert sent == expected


def test_a_full_state_tells_nothing_of_the_post_before() -> None:
    recording = recording_of(posts())
    sent = [json.loads(post.body(recording.recorded_id, ME, now_s=1.0, is_full=True)) for post in recording.posts]
    assert not any("previously" in body or "added" in body for body in sent)
    assert any(post.told for post in recording.posts)


def test_a_spectated_mate_keeps_the_own_account() -> None:
    recording = recording_of(posts())
    last = json.loads(recording.posts[-1].body(recording.recorded_id, ME, now_s=1.0, is_full=True))
    assert last["player"]["steamid"] not in {str(ME.steam_id), recording.recorded_id}


def test_an_empty_recording_is_refused() -> None:
    with pytest.raises(BadInputError, match="no posts"):
        recording_of([])


def test_tokens_are_read_and_never_shown(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text("# mine\n\n76561198000000001 first\n76561198000000002\tsecond\n", encoding="utf-8")
    found = read_tokens(path)
    assert [(one.steam_id, one.token) for one in found] == [(76561198000000001, "first"), (76561198000000002, "second")]
    assert "first" not in repr(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no tokens"),
        ("# nothing\n", "holds no tokens"),
        ("76561198000000001 a\n76561198000000002", "line 2: not an account"),
        ("alder very-secret", "line 1: not an account"),
        ("76561198000000001 very-secret more", "line 1: not an account"),
    ],
)
def test_a_bad_line_of_tokens_is_named_without_its_secret(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "tokens"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=says) as raised:
        read_tokens(path)
    assert "very-secret" not in raised.value.message


def test_tokens_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        read_tokens(tmp_path / "none")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInputError, match="cannot be read"):
        read_tokens(tmp_path / "binary")


@pytest.mark.parametrize(
    ("clients", "seconds", "speed", "says"),
    [
        (0, 1.0, 1.0, "0 clients"),
        (MOST_CLIENTS + 1, 1.0, 1.0, "clients cannot be played"),
        (1, 0.0, 1.0, "no time"),
        (1, MOST_SECONDS + 1, 1.0, "no time"),
        (1, float("nan"), 1.0, "no time"),
        (1, 1.0, -1.0, "backwards"),
    ],
)
def test_what_is_out_of_bounds_is_refused(clients: int, seconds: float, speed: float, says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        LoadOrder(URL, (ME,) * clients, seconds, speed)


@pytest.mark.parametrize("url", [URL, "https://example.org/gsi?x=1", "http://[::1]:80"])
def test_addresses(url: str) -> None:
    assert str(postable(url)).startswith(url.removesuffix(":80"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gsi",
        "ftp://example.org/gsi",
        "file:///etc/passwd",
        "http://",
        "http:///gsi",
        "http://example.org:99999/gsi",
        "http://example.org:x/gsi",
        "http://user:pass@example.org/gsi",
        "http://example.org/gsi\r\nX: 1",
        "http://[::1/gsi",
        "http://exa..mple/gsi",
        f"http://{'a' * 64}.org/gsi",
    ],
)
def test_what_cannot_be_posted_to_is_no_address(url: str) -> None:
    with pytest.raises(BadInputError, match="no address"):
        postable(url)


def test_a_report_tells_rates_and_percentiles() -> None:
    report = LoadReport(clients=2, accepted=100, seconds=4.0, failures=Counter({"answered with 503": 2}))
    report.latencies_ms.extend(range(1, 101))
    assert report.document() == {
        "clients": 2,
        "seconds": 4.0,
        "posts": 102,
        "accepted": 100,
        "posts_per_s": 25.0,
        "p50_ms": 50.5,
        "p99_ms": 99.01,
        "failures": {"answered with 503": 2},
    }


def test_a_report_of_nothing_tells_no_percentiles() -> None:
    said = LoadReport(clients=1).document()
    assert (said["posts_per_s"], said["p50_ms"], said["p99_ms"]) == (0.0, None, None)
