"""Tokens and the journal as the other rooms use them."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from makers.gsi_posts import MATE, OWN
from makers.gsi_probe import make_owner
from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import GsiJournal, GsiToken, SteamAccount, User
from offangle.db.queries.gsi_tokens import (
    TokenFingerprint,
    create_gsi_token,
    find_live_token,
    gsi_tokens_of,
    hash_gsi_secret,
    live_tokens,
    note_gsi_tokens_used,
    revoke_gsi_token,
    rotate_gsi_token,
    token_fingerprint,
)
from offangle.db.queries.journal import MOST_PER_APPEND, JournalEntry, append_many, observers_after, read_after
from offangle.gsi.tokens import TokenCache

WRITERS = 4
APPENDS = 60
ROWS = 5


def entries(steam_id: int, count: int, token_id: int | None = None) -> list[JournalEntry]:
    return [JournalEntry(steam_id, token_id, number, 7, b'{"n":%d}' % number) for number in range(count)]


@pytest.mark.django_db
def test_every_change_of_who_may_post_changes_the_fingerprint() -> None:
    user, token_id, _ = make_owner(OWN)
    seen: list[TokenFingerprint] = [token_fingerprint()]

    def changed() -> bool:
        seen.append(token_fingerprint())
        return seen[-1] != seen[-2]

    other, _ = create_gsi_token(user, OWN, "second")
    assert changed()
    rotate_gsi_token(user, token_id)
    assert changed()
    revoke_gsi_token(user, token_id)
    assert changed()
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert changed()
    assert live_tokens() == []
    User.objects.filter(pk=user.pk).update(is_active=True)
    assert changed()
    SteamAccount.objects.filter(pk=OWN).update(user=None)
    assert changed()
    SteamAccount.objects.filter(pk=OWN).update(user=user)
    assert changed()
    GsiToken.objects.filter(pk=other.pk).delete()
    assert changed()
    revoke_gsi_token(user, token_id)
    assert not changed()


@pytest.mark.django_db
def test_only_ones_own_accounts_and_tokens() -> None:
    user, token_id, secret = make_owner(OWN)
    stranger, stranger_token_id, _ = make_owner(MATE, "stranger")
    with pytest.raises(NotFoundError):
        create_gsi_token(user, MATE)
    with pytest.raises(NotFoundError):
        revoke_gsi_token(user, stranger_token_id)
    with pytest.raises(NotFoundError):
        rotate_gsi_token(stranger, token_id)
    with pytest.raises(BadInputError):
        create_gsi_token(user, OWN, "x" * 101)
    with pytest.raises(BadInputError):
        create_gsi_token(user, OWN, "two\nlines")
    assert [token.pk for token in gsi_tokens_of(user)] == [token_id]
    found = find_live_token(hash_gsi_secret(secret))
    assert found is not None
    assert (found.token_id, found.steam_id) == (token_id, OWN)
    revoke_gsi_token(user, token_id)
    assert find_live_token(hash_gsi_secret(secret)) is None
    with pytest.raises(NotFoundError):
        rotate_gsi_token(user, token_id)


@pytest.mark.django_db
def test_use_is_noted_and_never_goes_back() -> None:
    user, token_id, secret = make_owner(OWN)
    cache = TokenCache()
    cache._look()
    assert cache.known(secret) is not None
    cache._noted_s -= 120.0
    cache._note_used()
    noted = gsi_tokens_of(user).get().last_used_at
    assert noted is not None
    assert datetime.now(UTC) - noted < timedelta(minutes=1)
    note_gsi_tokens_used([token_id], noted - timedelta(hours=1))
    assert gsi_tokens_of(user).get().last_used_at == noted


@pytest.mark.django_db
def test_an_append_is_whole_bounded_and_in_order() -> None:
    append_many([])
    append_many(entries(OWN, 300) + entries(MATE, 2))
    posts = read_after(OWN, 0, 1000)
    assert [post.received_ns for post in posts] == list(range(300))
    assert read_after(OWN, posts[99].id, 5) == posts[100:105]
    assert posts[3].body == b'{"n":3}'
    assert {news.steam_id for news in observers_after(posts[-1].id)} == {MATE}
    with pytest.raises(ValueError, match="at most"):
        append_many(entries(OWN, MOST_PER_APPEND + 1))
    append_many(entries(OWN, MOST_PER_APPEND))
    assert GsiJournal.objects.count() == 302 + MOST_PER_APPEND


@pytest.mark.django_db(transaction=True)
def test_a_reader_that_remembers_its_last_id_misses_nothing() -> None:
    running = threading.Semaphore(0)

    def write(steam_id: int) -> None:
        try:
            for _ in range(APPENDS):
                append_many(entries(steam_id, ROWS))
        finally:
            running.release()
            connection.close()

    writers = [threading.Thread(target=write, args=(OWN + number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    cursor, seen, ended = 0, 0, 0
    while ended < WRITERS:
        ended += running.acquire(blocking=False)
        cursor, seen = follow(cursor, seen)
    for writer in writers:
        writer.join()
    assert follow(cursor, seen)[1] == WRITERS * APPENDS * ROWS


def follow(cursor: int, seen: int) -> tuple[int, int]:
    """One look of a reader: the newest id it saw, and how many rows so far."""
    found = list(GsiJournal.objects.filter(pk__gt=cursor).order_by("pk").values_list("pk", flat=True))
    return (found[-1] if found else cursor), seen + len(found)
