"""Taking a post apart: what is kept, what is removed, what is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makers.gsi_posts import OWN, GsiClient
from offangle.gsi.refusals import NO_PROVIDER, NOT_CS2, NOT_JSON, REFUSALS, Refusal
from offangle.gsi.wire import MOST_DEPTH, Post, decode_post, observation_of, read_post

PROVIDER = {"appid": 730, "steamid": str(OWN), "timestamp": 1_760_000_000}
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def read(body: dict[str, Any]) -> Post:
    post = read_post(json.dumps(body).encode())
    assert isinstance(post, Post)
    return post


@given(
    rest=st.dictionaries(
        st.text(max_size=12).filter(lambda key: key not in {"auth", "provider"}), JSON_VALUES, max_size=6
    )
)
def test_everything_but_the_authentication_is_kept(rest: dict[str, Any]) -> None:
    body = {"provider": PROVIDER, **rest}
    post = read({**body, "auth": {"token": "ofg_secret"}})
    for claims in (body.get("previously"), body.get("added")):
        if isinstance(claims, dict):
            claims.pop("auth", None)
    assert (post.token, post.steam_id, post.provider_timestamp) == ("ofg_secret", OWN, 1_760_000_000)
    assert json.loads(post.body) == body


@given(raw=st.binary(max_size=200))
def test_any_bytes_are_a_post_or_a_refusal(raw: bytes) -> None:
    assert isinstance(read_post(raw), Post | Refusal)


def test_what_is_stored_takes_less_room_than_what_came() -> None:
    client = GsiClient()
    client.freeze()
    raw = json.dumps({**client.posts[-1], "auth": {"token": "x" * 47}}, indent="\t").encode()
    post = read_post(raw)
    assert isinstance(post, Post)
    assert len(post.body) < 0.8 * len(raw)


@pytest.mark.parametrize("steam_id", [str(OWN), OWN])
@pytest.mark.parametrize("app_id", [730, "730"])
@pytest.mark.parametrize(("timestamp", "kept"), [(5, 5), ("5", 5), (None, 0), ("soon", 0), (2**40, 0), (5.0, 5)])
def test_numbers_may_come_as_text(steam_id: Any, app_id: Any, timestamp: Any, kept: int) -> None:
    post = read({"provider": {"steamid": steam_id, "appid": app_id, "timestamp": timestamp}})
    assert (post.steam_id, post.provider_timestamp, post.token) == (OWN, kept, None)


def test_the_last_of_two_equal_keys_counts_and_no_authentication_stays() -> None:
    raw = b'{"auth":{"token":"one"},"provider":%b,"auth":{"token":"two"}}' % json.dumps(PROVIDER).encode()
    post = read_post(raw)
    assert isinstance(post, Post)
    assert (post.token, json.loads(post.body)) == ("two", {"provider": PROVIDER})


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (b"\xef\xbb\xbf{}", NOT_JSON),
        (b'{"a":1e999}', NOT_JSON),
        (b'{"a":"\\ud800"}', NOT_JSON),
        (b'{"a":NaN}', NOT_JSON),
        (b"[" * 100_000, NOT_JSON),
        (b"5", NOT_JSON),
        (b'{"provider":{"appid":440}}', NOT_CS2),
        (b'{"provider":{"appid":730,"steamid":""}}', NO_PROVIDER),
    ],
)
def test_refused(raw: bytes, refusal: Refusal) -> None:
    assert read_post(raw) is refusal


def test_a_deep_post_can_be_observed() -> None:
    deep: Any = 1
    for _ in range(400):
        deep = {"w": deep}
    post = read({"provider": PROVIDER, "map": deep})
    facts = observation_of(decode_post(post.body), sequence=1, received_ns=1).facts
    assert all(path.count(".") <= MOST_DEPTH for path in facts)


def test_every_refusal_says_what_to_do_in_json() -> None:
    assert len({refusal.cause for refusal in REFUSALS}) == len(REFUSALS)
    for refusal in REFUSALS:
        said = json.loads(refusal.body)
        assert said == {"status": refusal.status, "cause": refusal.cause, "detail": refusal.detail}
        assert dict(refusal.headers)[b"content-length"] == str(len(refusal.body)).encode()
        assert (b"retry-after" in dict(refusal.headers)) == (refusal.status == 503)
