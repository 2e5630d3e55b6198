"""The follower at work: quick, alone or with others, killed and started again."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from makers.gsi_posts import MATE, OWN, GsiClient
from makers.installation import _database_url
from makers.live_journal import append as append_entries
from makers.live_journal import entries_of, follow, owner_of, rows, store
from makers.waiting import until
from offangle.bootstrap.follow import build_follower, read_journal_post
from offangle.db.models import LiveEvent, LiveObserver, LiveSnapshot, Match, Round, User
from offangle.db.queries.journal import JournalEntry, newest_id
from offangle.db.queries.live_events import newest_event_id, prune_events, since
from offangle.flows.following.follow import follow_observer, leave_silent, rebuild

pytestmark = pytest.mark.django_db(transaction=True)

TESTS = Path(__file__).resolve().parents[2]
WINNERS = ("T", "CT", "T", "CT", "CT", "T")


def played(steam_id: int = OWN, now_s: float = 0.0) -> GsiClient:
    client = GsiClient(steam_id=steam_id, now_s=now_s)
    for winner in WINNERS:
        client.play_round(winner, 1)
    client.freeze()
    return client


def now(client: GsiClient) -> list[JournalEntry]:
    """The client's posts, received this moment."""
    return [entry._replace(received_ns=time.time_ns()) for entry in entries_of(client)]


@pytest.fixture
def follower() -> Iterator[None]:
    running = build_follower()
    running.start()
    yield
    running.stop()


@pytest.mark.timed
def test_a_round_is_seen_within_a_second_of_its_post(follower: None) -> None:
    del follower
    user = owner_of(OWN, "alder")
    entries = now(played())
    delays_s: list[float] = []
    cursor = newest_event_id()
    for entry in entries:
        append_entries([entry])
        stored_s, sequence = time.monotonic(), newest_id()
        news: list[Any] = []

        def told(sequence: int = sequence, news: list[Any] = news) -> bool:
            nonlocal cursor
            found, cursor = since(cursor, user)
            news += found
            return any(each.sequence >= sequence for each in news)

        until(told, what="the post is told of")
        delays_s.append(time.monotonic() - stored_s)
    assert Round.objects.count() == len(WINNERS)
    assert LiveSnapshot.objects.get().document["round"] == len(WINNERS) + 1
    delays_s.sort()
    sys.stdout.write(
        f"post to row and event: median {delays_s[len(delays_s) // 2]:.3f} s, longest {delays_s[-1]:.3f} s\n"
    )
    assert delays_s[-1] < 1.0


def test_events_are_for_those_who_may_see_them() -> None:
    alder, birch = owner_of(OWN, "alder"), owner_of(MATE, "birch")
    admin = User.objects.create_superuser("admin")
    append_entries(now(played()))
    follow(OWN)
    kinds = [each.kind for each in since(0, alder)[0]]
    assert kinds[0] == "session_started"
    assert kinds.count("round_decided") == kinds.count("kill") == len(WINNERS)
    assert kinds[-1] == "snapshot"
    assert since(0, birch) == ([], newest_event_id())
    assert [each.kind for each in since(0, admin)[0]] == kinds
    match_id = Match.objects.get().pk
    assert {each.match_id for each in since(0, alder, match_id)[0]} == {match_id}
    LiveEvent.objects.update(created_at="2020-01-01T00:00:00Z")
    assert prune_events() == len(kinds)


def test_two_followers_count_each_post_once() -> None:
    owner_of(OWN, "alder"), owner_of(MATE, "birch")
    store(played(), played(MATE, now_s=1.0))
    failures: list[BaseException] = []

    def chase() -> None:
        try:
            for steam_id in (OWN, MATE) * 40:
                follow_observer(steam_id, read_journal_post, most_posts=3)
        except BaseException as error:  # noqa: BLE001 -- told to the test below
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=chase) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    follow(OWN, MATE)
    found = rows()
    for steam_id in (OWN, MATE):
        rebuild(steam_id)
    follow(OWN, MATE)
    assert rows() == found
    assert sum(row["kills"] for row in found["stats"] if row["side"] == "all") == 2 * len(WINNERS)


@pytest.mark.slow
def test_a_follower_killed_at_any_moment_loses_and_doubles_nothing() -> None:
    owner_of(OWN, "alder"), owner_of(MATE, "birch")
    clients = played(), played(MATE, now_s=1.0)
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    if connection.vendor == "postgresql":
        environment["OFFANGLE_DATABASE_URL"] = _database_url()
    entries = sorted((each for client in clients for each in entries_of(client)), key=lambda each: each.received_ns)
    moments = random.Random(7)  # noqa: S311 -- moments to kill at
    per_life = len(entries) // 5 + 1
    for start in range(0, len(entries), per_life):
        with subprocess.Popen(
            [sys.executable, "-m", "makers.follow_victim"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as victim:
            assert victim.stdout is not None
            assert victim.stdout.readline() == b"following\n"
            for entry in entries[start : start + per_life]:
                append_entries([entry])
            until(partial(_has_reached, newest_id() - moments.randrange(per_life)), what="the follower gets so far")
            victim.kill()
    follow(OWN, MATE)
    found = rows()
    for steam_id in (OWN, MATE):
        rebuild(steam_id)
    follow(OWN, MATE)
    assert rows() == found
    assert Match.objects.get(superseded_by=None).rounds_played == len(WINNERS)


def _has_reached(sequence: int) -> bool:
    return max(LiveObserver.objects.values_list("cursor", flat=True), default=0) >= sequence


def test_a_post_that_cannot_be_read_is_passed_over_and_counted() -> None:
    owner_of(OWN, "alder")
    entries = entries_of(played())
    entries[4] = entries[4]._replace(body=b'{"provider": {"appid": 730}}')
    append_entries(entries)
    follow(OWN)
    observer = LiveObserver.objects.get()
    assert (observer.posts_unread, observer.cursor) == (1, newest_id())
    assert Match.objects.get().rounds_played == len(WINNERS)


def test_clients_that_fall_silent_have_left() -> None:
    owner_of(OWN, "alder")
    append_entries(now(played()))
    follow(OWN)
    assert leave_silent() == 0
    LiveObserver.objects.update(last_post_ns=1)
    assert leave_silent() == 1
    assert Match.objects.get().live_state == "left"
