"""The ingest as a process: killed, stopped, crowded by slow clients, and told of a revocation by another process."""

import http.client
import json
import os
import random
import socket
import sqlite3
import threading
import time
from contextlib import ExitStack, closing, suppress
from typing import Any

import pytest

from makers.gsi_load import Player, document
from makers.gsi_posts import GsiClient
from makers.gsi_probe import encoded
from makers.gsi_server import GsiServer, Poster
from makers.waiting import until
from offangle.cli.serving import allow_connections
from offangle.gsi.wire import decode_post, observation_of

KILLS = int(os.environ.get("OFFANGLE_TEST_KILLS", "25"))
WEB = "offangle.cli.child_web"
PLAYERS = 6
SLOW_CLIENTS = 1_200  # more than the 1 024 that granian takes at once unless told otherwise
REVOKED_WITHIN_S = 1.0


def a_post(poster: Poster, **more: Any) -> bytes:
    client = GsiClient(steam_id=poster.steam_id)
    client.freeze()
    return encoded({**client.posts[-1], **more}, poster.secret)


@pytest.mark.slow
@pytest.mark.parametrize(("module", "kills"), [("offangle.cli.child_gsi", KILLS), (WEB, max(2, KILLS // 10))])
def test_kill_9_at_random_moments_loses_nothing_that_got_200(gsi_server: GsiServer, module: str, kills: int) -> None:
    gsi_server.module = module
    posters = gsi_server.make_posters(PLAYERS)
    rng = random.Random(kills)  # noqa: S311 -- repeatable moments, no secret
    stop = threading.Event()
    gsi_server.start()
    players = [Player(poster, gsi_server.port, stop) for poster in posters]
    for _ in range(kills):
        wait_for_more(players, rng.randint(1, 200))
        spin(rng.uniform(0, 0.004))
        gsi_server.kill()
        gsi_server.launch()
    wait_for_more(players, 200)
    stop.set()
    for player in players:
        player.thread.join(20)
    assert gsi_server.stop() == 0
    for player in players:
        check_stream(gsi_server, player)
    assert sum(player.errors for player in players) >= kills  # the kills were felt


@pytest.mark.timed
@pytest.mark.slow
def test_clean_stop_answers_what_it_took(gsi_server: GsiServer) -> None:
    posters = gsi_server.make_posters(PLAYERS)
    stop = threading.Event()
    for _ in range(3):
        gsi_server.start()
        players = [Player(poster, gsi_server.port, stop) for poster in posters]
        wait_for_more(players, 200)
        before = time.monotonic()
        assert gsi_server.stop() == 0
        assert time.monotonic() - before < 8
        stop.set()
        for player in players:
            player.thread.join(20)
            assert player.statuses <= {200, 503}
        check_accepted(gsi_server, players)
        posters = gsi_server.make_posters(PLAYERS)
        stop = threading.Event()


@pytest.mark.timed
def test_revocation_is_seen_within_a_second_across_processes(gsi_server: GsiServer) -> None:
    revoked, kept = gsi_server.make_posters(2)
    gsi_server.settings = {"OFFANGLE_WEB_WORKERS": "2"}
    gsi_server.start()
    raw = a_post(revoked)
    assert gsi_server.post(raw) == (200, None)
    revoked_s = revoke_now(gsi_server, revoked)
    until(lambda: gsi_server.post(raw)[0] == 401, timeout_s=REVOKED_WITHIN_S, what="the revoked token is refused")
    while time.monotonic() < revoked_s + REVOKED_WITHIN_S:
        gsi_server.post(a_post(kept))
    for _ in range(20):  # new connections: both processes get some
        assert gsi_server.post(raw)[0] == 401
        assert gsi_server.post(a_post(kept))[0] == 200


@pytest.mark.timed
def test_slow_clients_do_not_shut_others_out(gsi_server: GsiServer) -> None:
    (poster,) = gsi_server.make_posters(1)
    gsi_server.start()
    raw = a_post(poster)
    head = f"POST /gsi HTTP/1.1\r\nHost: x\r\nContent-Length: {len(raw)}\r\n\r\n".encode()
    allow_connections(SLOW_CLIENTS * 2)
    with ExitStack() as stack:
        slow = [
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", gsi_server.port), timeout=30)))
            for _ in range(SLOW_CLIENTS)
        ]
        for connection in slow:
            connection.sendall(head + raw[:100])
        began_s = time.monotonic()
        assert gsi_server.post(raw) == (200, None)
        assert time.monotonic() - began_s < 5
        for connection in slow:
            connection.sendall(raw[100:])
        answers = [connection.recv(64) for connection in slow]
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    assert len(gsi_server.journal(poster.steam_id)) == SLOW_CLIENTS + 1


def test_chunked_body_is_counted(gsi_server: GsiServer) -> None:
    (poster,) = gsi_server.make_posters(1)
    gsi_server.start()
    for padding, status in ((10, 200), (1024**2, 413)):
        raw = a_post(poster, padding="x" * padding)
        assert post_chunked(gsi_server, cut(raw)) == status
    assert len(gsi_server.journal(poster.steam_id)) == 1


def test_another_writer_that_holds_the_database_means_503_and_recovery(gsi_server: GsiServer) -> None:
    if gsi_server.database_url:
        pytest.skip("on PostgreSQL nobody else holds the journal")
    (poster,) = gsi_server.make_posters(1)
    gsi_server.start()
    raw = a_post(poster)
    with closing(sqlite3.connect(gsi_server.folder / "data" / "offangle.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        status, problem = gsi_server.post(raw)
        assert (status, problem["cause"]) == (503, "not_stored")
        assert gsi_server.get("/gsi/health")[0] == 503
    assert gsi_server.post(raw) == (200, None)
    assert gsi_server.get("/gsi/health")[0] == 200
    assert len(gsi_server.journal(poster.steam_id)) == 1
    assert poster.secret not in gsi_server.log()


def check_stream(server: GsiServer, player: Player) -> None:
    """The journal holds the player's whole story in order, some posts perhaps twice, and reduces to the same."""
    rows = server.journal(player.poster.steam_id)
    numbers = [json.loads(body)["provider"]["number"] for _, _, body in rows]
    assert numbers == sorted(numbers)
    assert set(range(player.accepted)) <= set(numbers)
    assert set(numbers) <= set(range(player.accepted + 1))  # the last may be stored and its answer lost
    found = document([observation_of(decode_post(body), sequence=key, received_ns=at_ns) for key, at_ns, body in rows])
    undisturbed = document(player.client.observations[: numbers[-1] + 1])
    assert found == undisturbed
    assert any(match["kills"] for match in found)


def check_accepted(server: GsiServer, players: list[Player]) -> None:
    """Every post that got 200 is in the journal."""
    for player in players:
        rows = server.journal(player.poster.steam_id)
        numbers = {json.loads(body)["provider"]["number"] for _, _, body in rows}
        assert set(range(player.accepted)) <= numbers


def wait_for_more(players: list[Player], posts: int) -> None:
    before = sum(player.accepted for player in players)
    until(lambda: sum(player.accepted for player in players) >= before + posts, timeout_s=60, what="posts are taken")


def spin(seconds: float) -> None:
    """Let a moment pass that is shorter than a sleep can be."""
    end_s = time.perf_counter() + seconds
    while time.perf_counter() < end_s:
        pass


def revoke_now(server: GsiServer, poster: Poster) -> float:
    """Revoke in another process; returns when it was done."""
    server.revoke(poster)
    return time.monotonic()


def cut(raw: bytes) -> list[bytes]:
    return [raw[at : at + 4096] for at in range(0, len(raw), 4096)]


def post_chunked(server: GsiServer, pieces: list[bytes]) -> int:
    """Post without announcing a length."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before all was sent
            connection.request("POST", "/gsi", iter(pieces), encode_chunked=True)
        return connection.getresponse().status
