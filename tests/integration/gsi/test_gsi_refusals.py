"""Who is told of a refused post, and of what; never a stranger, and never the token itself."""

import logging
import secrets
from typing import Any

import pytest
from django.db import DatabaseError

from makers.gsi_posts import MATE, OWN, GsiClient
from makers.gsi_probe import Probe, ask, encoded, make_owner
from offangle.db.models import GsiRefusal, SteamAccount, User
from offangle.db.queries.gsi_refusals import REVOKED, ROTATED, refusals_of
from offangle.db.queries.gsi_tokens import create_gsi_token, revoke_gsi_token, rotate_gsi_token
from offangle.gsi import tokens
from offangle.gsi.refusals import REFUSALS, TOKEN_UNKNOWN
from offangle.gsi.refused import MOST_KEPT, TOLD, RefusedPosts, secret_in
from offangle.gsi.tokens import TokenCache
from offangle.web.connect.words import REFUSALS as WORDS

pytestmark = pytest.mark.django_db(transaction=True)


def a_post(steam_id: int = OWN) -> dict[str, Any]:
    client = GsiClient(steam_id=steam_id)
    client.freeze()
    return client.posts[-1]


def send(*bodies: bytes) -> list[int]:
    async def scenario(probe: Probe) -> list[int]:
        return [(await probe.post(body)).status for body in bodies]

    return ask(scenario)


def told(user: User) -> list[tuple[int | None, str, int | None]]:
    return [(row.token_id, row.cause, row.steam_id) for row in refusals_of(user)]


def test_every_cause_that_is_told_has_words() -> None:
    assert {refusal.cause for refusal in REFUSALS} >= TOLD
    assert TOLD | {REVOKED, ROTATED} == WORDS.keys()


def test_a_post_of_another_account_is_told_to_the_tokens_owner_alone() -> None:
    user, token_id, secret = make_owner(OWN)
    mate, _, _ = make_owner(MATE, "mate")
    assert send(encoded(a_post(MATE), secret)) == [403]
    assert told(user) == [(token_id, "other_account", MATE)]
    assert told(mate) == []


def test_an_old_file_and_a_revoked_token_are_told_apart() -> None:
    user, rotated_id, old = make_owner(OWN)
    rotate_gsi_token(user, rotated_id)
    revoked, gone = create_gsi_token(user, OWN)
    revoke_gsi_token(user, revoked.pk)
    assert send(encoded(a_post(), old), encoded(a_post(), gone)) == [401, 401]
    assert sorted(told(user)) == sorted([(rotated_id, ROTATED, OWN), (revoked.pk, REVOKED, OWN)])
    revoke_gsi_token(user, rotated_id)
    send(encoded(a_post(), old))
    assert (rotated_id, REVOKED, OWN) in told(user)


def test_an_unknown_token_and_none_are_told_to_whose_account_it_is() -> None:
    user, _, _ = make_owner(OWN)
    SteamAccount.objects.create(steam_id=MATE)
    assert send(encoded(a_post(), "ofg_of-another-installation")) == [401]
    assert told(user) == [(None, "token_unknown", OWN)]
    assert send(encoded(a_post(), None)) == [401]
    assert told(user) == [(None, "token_missing", OWN)]
    assert send(encoded(a_post(MATE), "ofg_of-another-installation")) == [401]  # nobody's account
    assert GsiRefusal.objects.count() == 1


@pytest.mark.parametrize(
    ("cause", "broken"),
    [
        ("not_json", lambda post, secret: encoded(post, secret)[:-3]),
        ("not_cs2", lambda post, secret: encoded(post | {"provider": {"appid": 440, "steamid": str(OWN)}}, secret)),
        ("no_provider", lambda post, secret: encoded(post | {"provider": {"appid": 730}}, secret)),
        ("stray_token", lambda post, secret: encoded(post | {"player": {"name": secret}}, secret)),
    ],
)
def test_a_bad_body_is_told_to_the_owner_of_the_token_in_it(cause: str, broken: Any) -> None:
    user, token_id, secret = make_owner(OWN)
    assert send(broken(a_post(), secret)) == [400]
    assert told(user) == [(token_id, cause, OWN if cause == "stray_token" else None)]


def test_only_the_last_refusal_of_a_token_is_kept_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    user, token_id, secret = make_owner(OWN)
    with caplog.at_level(logging.DEBUG):
        send(encoded(a_post(MATE), secret), encoded(a_post(), secret)[:-3], encoded(a_post(MATE), secret))
        send(encoded(a_post(), secret)[:-3])
    assert told(user) == [(token_id, "not_json", None)]
    assert secret not in str(list(GsiRefusal.objects.values()))
    assert secret not in caplog.text


def test_a_post_that_is_taken_tells_nobody_anything() -> None:
    user, _, secret = make_owner(OWN)
    assert send(encoded(a_post(), secret)) == [200]
    assert told(user) == []


def test_guesses_are_bounded_and_what_could_not_be_written_is_written_later(monkeypatch: pytest.MonkeyPatch) -> None:
    user, _, _ = make_owner(OWN)
    kept = RefusedPosts()
    for _ in range(2 * MOST_KEPT):
        kept.note(TOKEN_UNKNOWN, secret=secrets.token_urlsafe(), steam_id=OWN)
    assert len(kept.take()) == MOST_KEPT
    cache = TokenCache()
    cache.refused.note(TOKEN_UNKNOWN, secret="ofg_guess", steam_id=OWN)

    def away(_posts: Any) -> None:
        raise DatabaseError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(tokens, "note_refusals", away)
        with pytest.raises(DatabaseError):
            cache._write_refused()
    cache._write_refused()
    assert told(user) == [(None, "token_unknown", OWN)]


@pytest.mark.parametrize("steam_id", [2**63 - 1, 10**18])
def test_a_number_that_is_no_steam_account_is_not_kept(steam_id: int) -> None:
    user, token_id, secret = make_owner(OWN)
    post = a_post()
    post["provider"]["steamid"] = steam_id
    assert send(encoded(post, secret)) == [403]
    assert told(user) == [(token_id, "other_account", None)]


def test_a_secret_is_found_in_a_body_that_is_no_json() -> None:
    secret = "ofg_" + secrets.token_urlsafe(32)
    assert secret_in(b'{"auth": {"token": "' + secret.encode() + b'"') == secret
    assert secret_in(b"nothing here") is None
