"""`offangle sim load` against servers of every temper, and a real ingest."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from makers.gsi_server import GsiServer, free_port
from makers.gsi_truth import Watched, watch
from makers.scripted_match import Script
from offangle.cli.main import main
from offangle_sim.gsi.load import Identity, LoadOrder, LoadReport, recording_of, run_load
from offangle_sim.gsi.sinks import iso_time

TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
Answer = Callable[[int], bytes]


@contextmanager
def server(answer: Answer) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says to its n-th request what `answer` tells, and hangs up after an empty answer."""
    bodies: list[bytes] = []
    lock = threading.Lock()

    def serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as file:
            while line := file.readline():
                length = 0
                while line.strip():
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                    line = file.readline()
                body = file.read(length)
                with lock:
                    bodies.append(body)
                    said = answer(len(bodies))
                if not said:
                    return
                connection.sendall(said)
                if b"connection: close" in said.lower() or b"HTTP/1.0" in said:
                    return

    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/gsi", bodies
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def loaded(url: str, *, clients: int = 1, seconds: float = 0.3, timeout_s: float = 5.0) -> LoadReport:
    body = {"provider": {"appid": 730, "steamid": "1", "timestamp": 1}, "map": {"round": 1}}
    told = {**body, "previously": {"map": {"round": 2}}}
    recording = recording_of([(number, told) for number in range(50)])
    identities = tuple(Identity(76561198000000001 + number, f"token {number}") for number in range(clients))
    return run_load([recording], LoadOrder(url, identities, seconds, speed=0.0, timeout_s=timeout_s))


def test_every_client_posts_as_itself_one_post_at_a_time() -> None:
    with server(lambda _: TAKEN) as (url, bodies):
        report = loaded(url, clients=5, seconds=1.0)
    assert report.accepted == len(bodies) == len(report.latencies_ms)
    assert not report.failures
    pairs = {(row["provider"]["steamid"], row["auth"]["token"]) for row in map(json.loads, bodies)}
    assert pairs == {(str(76561198000000001 + number), f"token {number}") for number in range(5)}
    assert report.accepted > 50  # each began its recording again
    assert report.seconds < 4.0


@pytest.mark.parametrize(
    "taken",
    [
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n1;x=y\r\n \r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n",
    ],
)
def test_every_form_of_a_good_answer_is_understood(taken: bytes) -> None:
    with server(lambda _: taken) as (url, bodies):
        report = loaded(url)
    assert report.accepted == len(bodies) > 3
    assert not report.failures


def test_a_connection_that_was_let_go_while_idle_is_opened_again() -> None:
    with server(lambda number: b"" if number % 5 == 0 else TAKEN) as (url, bodies):
        report = loaded(url)
    assert not report.failures
    assert len(bodies) > report.accepted > 4


def test_a_failure_is_counted_and_followed_by_a_full_state() -> None:
    refused = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
    with server(lambda number: refused if number == 2 else TAKEN) as (url, bodies):
        report = loaded(url, seconds=0.5)
    assert report.failures == {"answered with 503": 1}
    rows = [json.loads(body) for body in bodies[:4]]
    assert ["previously" in row for row in rows] == [False, True, False, True]


def test_who_is_refused_for_good_stops() -> None:
    refused = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
    with server(lambda _: refused) as (url, bodies):
        report = loaded(url, clients=3, seconds=30.0)
    assert report.failures == {"answered with 401": 3}
    assert len(bodies) == 3
    assert report.seconds < 5.0


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "no HTTP answer"),
        (b"HTTP/1.1 abc\r\n\r\n", "no HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "no answer in time"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "no HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "no HTTP answer"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "answered with 302"),
        (b"", "no HTTP answer"),
    ],
)
def test_bad_answers_are_failures(said: bytes, failure: str) -> None:
    with server(lambda _: said) as (url, _bodies):
        report = loaded(url)
    assert set(report.failures) == {failure}
    assert not report.accepted


def test_a_server_that_does_not_answer_or_is_not_there_is_a_failure() -> None:
    with server(lambda _: b"HTTP/1.1 200 OK\r\n") as (url, _bodies):
        assert set(loaded(url, timeout_s=0.05).failures) == {"no answer in time"}
    report = loaded(f"http://127.0.0.1:{free_port()}/gsi")
    assert set(report.failures) == {"not reached: ConnectError"}


# --- the command


@pytest.fixture(scope="module")
def match() -> Watched:
    return watch(Script(rounds=2, live_ticks=448, inputs=False))


def written(match: Watched, folder: Path) -> Path:
    """The match's streams as `offangle sim match` leaves them."""
    (folder / "gsi").mkdir(parents=True)
    for slot in (0, 1, 5):
        lines = [json.dumps({"received_at": iso_time(ns), "body": body}) for ns, body in match.posts[slot]]
        path = folder / "gsi" / f"{match.steam_id(slot)}.jsonl"
        path.write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_many_clients_load_a_real_ingest_and_nothing_is_lost(
    match: Watched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(match, tmp_path / "match")
    ingest = GsiServer(tmp_path)
    posters = ingest.make_posters(8)
    tokens = tmp_path / "tokens"
    tokens.write_text("\n".join(f"{one.steam_id} {one.secret}" for one in posters), encoding="utf-8")
    ingest.start()
    options = ["--url", f"http://127.0.0.1:{ingest.port}/gsi", "--tokens", str(tokens), "--seconds", "1.5", "--json"]
    try:
        assert main(["sim", "load", str(folder), "--clients", "7", "--speed", "0", *options]) == 0
        said = json.loads(capsys.readouterr().out)
        wrong = tmp_path / "wrong"
        wrong.write_text(f"{posters[7].steam_id} no-such-token", encoding="utf-8")
        options[options.index(str(tokens))] = str(wrong)
        assert main(["sim", "load", str(folder), *options]) == 1
        assert "answered with 401 (1)" in capsys.readouterr().err
    finally:
        ingest.kill()
    assert said["clients"] == 7
    assert said["failures"] == {}
    assert 0 < said["p50_ms"] <= said["p99_ms"]
    stored = {one.steam_id: ingest.journal(one.steam_id) for one in posters}
    assert sum(len(rows) for rows in stored.values()) == said["accepted"] > 50
    assert not stored[posters[7].steam_id]
    for one in posters[:7]:
        rows = [json.loads(body) for _, _, body in stored[one.steam_id]]
        assert {row["provider"]["steamid"] for row in rows} == {str(one.steam_id)}
        assert one.secret not in json.dumps(rows)


def test_the_command_says_what_it_measured(match: Watched, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(match, tmp_path / "match")
    tokens = tmp_path / "tokens"
    tokens.write_text("76561198000000001 a\n76561198000000002 b", encoding="utf-8")
    with server(lambda _: TAKEN) as (url, _bodies):
        options = ["--url", url, "--tokens", str(tokens), "--seconds", "0.3", "--speed", "0"]
        assert main(["sim", "load", str(next((folder / "gsi").iterdir())), *options]) == 0
    said = capsys.readouterr()
    assert "posts of 2 players in 0." in said.out
    assert said.err == ""


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"--clients": "3"}, "has 2 accounts, not 3"),
        ({"--url": "nowhere"}, "is no address"),
        ({"--tokens": "none"}, "none cannot be read"),
        ({"--seconds": "99999"}, "no time to post"),
        ({"RECORDINGS": "empty"}, "holds no recordings"),
        ({"RECORDINGS": "bad.jsonl"}, "bad.jsonl: line 1: not JSON"),
        ({"RECORDINGS": "blank.jsonl"}, "the recording holds no posts"),
    ],
)
def test_what_cannot_be_used_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tokens").write_text("76561198000000001 a\n76561198000000002 b", encoding="utf-8")
    Path("empty").mkdir()
    Path("bad.jsonl").write_text("{", encoding="utf-8")
    Path("blank.jsonl").write_text("\n", encoding="utf-8")
    body: dict[str, Any] = {"provider": {"appid": 730, "steamid": "76561198000000009", "timestamp": 1}}
    Path("good.jsonl").write_text(json.dumps({"body": body}), encoding="utf-8")
    options = {"--url": "http://127.0.0.1:1/gsi", "--tokens": "tokens", "--seconds": "1", "RECORDINGS": "good.jsonl"}
    options |= changes
    recordings = options.pop("RECORDINGS")
    flat = [word for pair in options.items() for word in pair]
    assert main(["sim", "load", recordings, *flat, "--json"]) == 1
    assert says in json.loads(capsys.readouterr().err)["error"]["message"]
