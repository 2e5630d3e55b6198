"""Game clients as threads: each plays a long story, one post in flight, and sends a post again until it is taken."""

import http.client
import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from makers.gsi_posts import GsiClient
from makers.gsi_server import Poster
from offangle.live.document import matches_document, sessions_of
from offangle.live.observation import Observation
from offangle.live.reduce import reduce_all

MAPS = ("de_dust2", "de_mirage", "de_nuke", "de_inferno")
ROUNDS = 24
RETRY_S = 0.02


def story(client: GsiClient) -> Iterator[dict[str, Any]]:
    """Matches without end, post by post."""
    told = 0
    for map_name in itertools.cycle(MAPS):
        client.body["map"]["name"] = map_name
        client.restart()
        client.warmup()
        for number in range(ROUNDS):
            client.play_round("CT" if number % 3 else "T", kills=number % 4)
            if number == ROUNDS // 2 - 1:
                client.switch_sides()
            yield from client.posts[told:]
            told = len(client.posts)
        client.menu()


def document(observations: list[Observation]) -> list[dict[str, Any]]:
    """What the reducer makes of a stream."""
    state, events = reduce_all(observations)
    return matches_document(sessions_of(events, state))


@dataclass
class Player:
    """One client; `accepted` counts the posts of its story that were answered with 200."""

    poster: Poster
    port: int
    stop: threading.Event
    accepted: int = 0
    statuses: set[int] = field(default_factory=set)
    errors: int = 0
    client: GsiClient = field(init=False)
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.client = GsiClient(steam_id=self.poster.steam_id)
        self.thread = threading.Thread(target=self._play, daemon=True)
        self.thread.start()

    def _play(self) -> None:
        connection = self._connect()
        for number, post in enumerate(story(self.client)):
            signed = {**post, "provider": {**post["provider"], "number": number}, "auth": {"token": self.poster.secret}}
            raw = json.dumps(signed).encode()
            while not self._send(connection, raw):
                connection.close()
                connection = self._connect()
                if self.stop.wait(RETRY_S):
                    connection.close()
                    return
            self.accepted = number + 1

    def _send(self, connection: http.client.HTTPConnection, raw: bytes) -> bool:
        try:
            connection.request("POST", "/gsi", raw, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.errors += 1
            return False
        self.statuses.add(answer.status)
        return answer.status == http.client.OK and not self.stop.is_set()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
