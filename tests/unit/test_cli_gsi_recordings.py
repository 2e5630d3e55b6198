"""Recordings of posts: read, reduced, and played as the game would."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from makers.gsi_posts import MATE, OWN, GsiClient
from offangle.cli.commands.gsi_reduce import recorded_sessions
from offangle.cli.commands.gsi_replay import MOST_TRIES, Sender
from offangle.cli.main import main
from offangle.cli.recordings import RecordedPost, read_recording
from offangle.core.errors import BadInputError, TransientError
from offangle.live.document import matches_document

URL = "http://offangle.test/gsi"
WINNERS = ("T", "CT", "T", "CT", "CT", "T", "CT", "T", "CT", "CT")


def ten_rounds() -> GsiClient:
    client = GsiClient(side="CT")
    for number, winner in enumerate(WINNERS):
        client.play_round(winner, 2 if number == 0 else 1)
    return client


def write(path: Path, client: GsiClient, *, is_wrapped: bool = True) -> Path:
    lines = []
    for body, observation in zip(client.posts, client.observations, strict=True):
        seconds, millis = divmod(observation.received_ns // 10**6, 1000)
        row = {"received_at": f"{_utc(seconds)}.{millis:03d}Z", "body": body} if is_wrapped else body
        lines.append(json.dumps(row))
    path.write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    return path


def _utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@pytest.mark.parametrize("is_wrapped", [True, False])
def test_the_ten_rounds_are_told_exactly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, is_wrapped: bool
) -> None:
    path = write(tmp_path / "ten.jsonl", ten_rounds(), is_wrapped=is_wrapped)
    assert main(["gsi", "reduce", str(path), "--json"]) == 0
    (match,) = json.loads(capsys.readouterr().out)["matches"]
    assert [row["winner"].upper() for row in match["rounds"]] == list(WINNERS)
    assert sum(row["own_won"] for row in match["rounds"]) == 6
    assert [kill["weapon"] for kill in match["kills"]] == ["ak47"] * 11
    assert match["own"]["kills"] == 11
    assert match["score"] == {"own": 6, "enemy": 4}


def test_two_clients_in_one_recording_are_followed_apart(tmp_path: Path) -> None:
    one, other = GsiClient(), GsiClient(steam_id=MATE, map_name="de_mirage")
    for client in (one, other):
        client.play_round("CT", 1)
    both = tmp_path / "both.jsonl"
    lines = [json.dumps(body) for pair in zip(one.posts, other.posts, strict=True) for body in pair]
    both.write_text("\n".join(lines), encoding="utf-8")
    found = matches_document(recorded_sessions(both))
    assert [(match["map"], match["own"]["kills"]) for match in found] == [("de_dust2", 1), ("de_mirage", 1)]


BROKEN_LINES = [
    ("{", "not JSON"),
    ("[]", "not a JSON object"),
    ('{"received_at": "yesterday", "body": {"provider": {"appid": 730, "steamid": "1"}}}', "no time"),
    ('{"received_at": 5, "body": {"provider": {"appid": 730, "steamid": "1"}}}', "no time"),
    ('{"provider": {"appid": 440, "steamid": "1"}}', "730"),
    ('{"provider": {"appid": 730}}', "steamid"),
    ('{"received_at": "2026-01-01T00:00:00Z", "body": 7}', "not a JSON object"),
    ("\x00\x00", "not JSON"),
    ("[" * 100_000, "not JSON"),
]


@pytest.mark.parametrize(("line", "says"), BROKEN_LINES)
def test_a_broken_line_costs_that_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, says: str
) -> None:
    path = write(tmp_path / "broken.jsonl", ten_rounds())
    lines = path.read_text("utf-8").splitlines()
    number = lines.index(next(one for one in lines if '"added": {"round": {"win_team"' in one)) + 2
    path.write_text("\n".join([*lines[: number - 1], line, *lines[number - 1 :]]), encoding="utf-8")
    assert main(["gsi", "reduce", str(path), "--json"]) == 0
    said = capsys.readouterr()
    document = json.loads(said.out)
    (match,) = document["matches"]
    assert (len(match["rounds"]), len(match["kills"])) == (10, 11)
    (broken,) = document["broken_lines"]
    assert broken["line"] == number
    assert says in broken["why"]
    assert f"line {number} is left out: " in said.err


def test_a_line_that_is_cut_and_one_without_end_cost_themselves_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offangle.cli.recordings.LONGEST_LINE", 4096)
    path = write(tmp_path / "cut.jsonl", ten_rounds())
    whole = path.read_text("utf-8").rstrip().splitlines()
    lines = ["x" * 10_000, *whole[:-1], whole[-1][:100]]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert main(["gsi", "reduce", str(path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [line["line"] for line in document["broken_lines"]] == [1, len(lines)]
    assert len(document["matches"][0]["rounds"]) == 9


def test_a_recording_may_begin_with_a_byte_order_mark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "bom.jsonl", ten_rounds())
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert main(["gsi", "reduce", str(path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["broken_lines"] == []
    assert len(document["matches"][0]["rounds"]) == 10


@pytest.mark.parametrize(("line", "says"), BROKEN_LINES)
def test_a_file_without_any_post_is_refused_and_its_first_line_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, says: str
) -> None:
    path = tmp_path / "none.jsonl"
    path.write_text(f"\n\n{line}\n", encoding="utf-8")
    assert main(["gsi", "reduce", str(path), "--json"]) == 1
    error = json.loads(capsys.readouterr().err.splitlines()[-1])["error"]
    assert error["message"].startswith("line 3:")
    assert says in error["message"]


@pytest.mark.parametrize("as_told", [str, lambda seconds: f"{seconds}.0", float])
def test_bodies_tell_their_time_as_number_or_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], as_told: Callable[[int], Any]
) -> None:
    client = GsiClient()
    client.freeze()
    client.live()
    client.over("CT", after_s=116.0)
    for body in client.posts:
        body["provider"]["timestamp"] = as_told(body["provider"]["timestamp"])
    path = write(tmp_path / "text.jsonl", client, is_wrapped=False)
    assert main(["gsi", "reduce", str(path), "--json"]) == 0
    (match,) = json.loads(capsys.readouterr().out)["matches"]
    assert [row["reason"] for row in match["rounds"]] == ["time_expired"]


def test_posts_without_a_time_are_told_in_the_order_of_their_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = ten_rounds()
    for body in client.posts:
        del body["provider"]["timestamp"]
    path = write(tmp_path / "timeless.jsonl", client, is_wrapped=False)
    assert main(["gsi", "reduce", str(path), "--json"]) == 0
    (match,) = json.loads(capsys.readouterr().out)["matches"]
    assert [row["winner"].upper() for row in match["rounds"]] == list(WINNERS)
    assert len(match["kills"]) == match["own"]["kills"] == 11


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gsi", "reduce", str(tmp_path / "none.jsonl")]) == 1
    assert "cannot be read" in capsys.readouterr().err


class Server:
    """Answers as told, then with 200; keeps what it was sent."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = list(answers)
        self.bodies: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(msgspec.json.decode(request.content))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer, json={"detail": "because"} if answer >= 300 else None)


class Clock:
    """Time that passes by sleeping."""

    def __init__(self) -> None:
        self.now_s = 2_000_000_000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


def played(
    server: Server, tmp_path: Path, client: GsiClient, *, speed: float = 1.0, steam_id: int | None = None
) -> tuple[Sender, Clock]:
    posts: list[RecordedPost] = list(read_recording(write(tmp_path / "posts.jsonl", client)))
    clock = Clock()
    with httpx.Client(transport=httpx.MockTransport(server)) as http:
        sender = Sender(
            http, URL, "secret", speed=speed, steam_id=steam_id, sleep=clock.sleep, now_s=lambda: clock.now_s
        )
        sender.send_all(posts)
    return sender, clock


def one_round() -> GsiClient:
    client = GsiClient()
    client.play_round("CT", 1)
    return client


def test_posts_keep_their_gaps_and_get_our_token_and_clock(tmp_path: Path) -> None:
    server = Server()
    sender, clock = played(server, tmp_path, one_round(), speed=2.0)
    assert (sender.accepted, sender.retries) == (4, 0)
    assert clock.slept == pytest.approx([7.5, 0.5, 10.0])
    assert {body["auth"]["token"] for body in server.bodies} == {"secret"}
    stamps = [body["provider"]["timestamp"] for body in server.bodies]
    assert stamps == [2_000_000_000, 2_000_000_007, 2_000_000_008, 2_000_000_018]


def test_without_pauses_nothing_is_waited_for(tmp_path: Path) -> None:
    _, clock = played(Server(), tmp_path, one_round(), speed=0)
    assert clock.slept == []


def test_another_player_takes_the_recorded_ones_place_but_not_the_watched_ones(tmp_path: Path) -> None:
    client = one_round()
    client.spectate_mate()
    server = Server()
    played(server, tmp_path, client, steam_id=76561198000000009)
    assert {body["provider"]["steamid"] for body in server.bodies} == {"76561198000000009"}
    assert [body["player"]["steamid"] for body in server.bodies] == ["76561198000000009"] * 4 + [str(MATE)]
    assert str(OWN) not in json.dumps(server.bodies)


@pytest.mark.parametrize("failure", [503, 500, httpx.ConnectTimeout("slow"), httpx.ReadError("gone")])
def test_a_post_that_fails_is_sent_again_as_a_full_state(tmp_path: Path, failure: int | Exception) -> None:
    server = Server(200, failure)
    sender, _ = played(server, tmp_path, one_round())
    assert (sender.accepted, sender.retries, len(server.bodies)) == (4, 1, 5)
    assert "previously" in server.bodies[1]
    assert not {"previously", "added"} & server.bodies[2].keys()
    assert server.bodies[2]["round"] == server.bodies[1]["round"]


def test_a_refusal_ends_the_replay_and_says_why(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="line 1: refused with 401: because"):
        played(Server(401), tmp_path, one_round())


def test_a_server_that_never_takes_a_post_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match="did not take the post"):
        played(Server(*[503] * MOST_TRIES), tmp_path, one_round())
