"""A token made a moment ago: every post of it is let in, also before memory has loaded it."""

import asyncio

import pytest

from offangle.db.queries.gsi_tokens import LiveToken, hash_gsi_secret
from offangle.gsi import tokens
from offangle.gsi.tokens import TokenCache

SECRET = "ofg_fresh"
FRESH = LiveToken(1, 76561198000000001, hash_gsi_secret(SECRET))


def test_the_second_post_of_a_fresh_token_is_no_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_find", lambda _digest: FRESH)
    cache = TokenCache()
    found = [asyncio.run(cache.find(SECRET)) for _ in range(2)]
    assert found == [FRESH, FRESH]


def test_a_wrong_token_is_not_asked_for_twice_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(tokens, "_find", asked.append)
    cache = TokenCache()
    for _ in range(2):
        assert asyncio.run(cache.find("ofg_guess")) is None
    assert len(asked) == 1
