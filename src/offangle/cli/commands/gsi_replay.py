"""`offangle gsi replay`: post a recording to a server, as the game would."""

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import msgspec
import typer

from offangle.cli.output import notes, out, print_json
from offangle.cli.recordings import NS_PER_S, RecordedPost, read_recording
from offangle.core.errors import BadInputError, TransientError

app = typer.Typer(add_completion=False)

TIMEOUT_S: Final = 5.0
"""As in the configuration file that Offangle makes: the game gives up on a post after it."""
HEARTBEAT_S: Final = 30.0
RETRY_AT_LEAST_S: Final = 0.2
MOST_TRIES: Final = 10
REFUSED_FOR_GOOD: Final = frozenset({400, 401, 403, 404, 405, 413})
DELTA_BLOCKS: Final = ("previously", "added")
OK_BELOW: Final = 300


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording: one post per line.")],
    *,
    url: Annotated[str, typer.Option("--url", help="Where to post, with /gsi at its end.")],
    token: Annotated[str, typer.Option("--token", help="The token of the game client.", envvar="OFFANGLE_GSI_TOKEN")],
    speed: Annotated[
        float, typer.Option("--speed", min=0.0, help="Times faster than recorded; 0: without pauses.")
    ] = 1.0,
    steam_id: Annotated[
        int | None, typer.Option("--steam-id", metavar="STEAM_ID", help="Replaces the recorded player's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Post a recording to a server, as the game does.

    One post at a time, with the recorded gaps divided by the speed. A post that is not answered with success is sent
    again as a full state. The client's clock is moved to now, so that a recording can be replayed again and again.
    """
    posts = list(read_recording(file))
    if not posts:
        raise BadInputError(f"{file} holds no posts", hint="Name a recording, a .jsonl file.")
    with httpx.Client(timeout=TIMEOUT_S) as client:
        sender = Sender(client, url, token, speed=speed, steam_id=steam_id)
        sender.send_all(posts)
    counts = {"posts": len(posts), "accepted": sender.accepted, "retries": sender.retries}
    if as_json:
        print_json(counts)
    else:
        out().print(f"{sender.accepted} posts accepted, {sender.retries} sent again.")


@dataclass
class Sender:
    """A game client that plays a recording.

    Args:
        client: Speaks HTTP.
        url: Where to post.
        token: Put into every post in place of the recorded one.
        speed: Times faster than recorded; 0: without pauses.
        steam_id: Put into every post in place of the recorded one.
        sleep: Waits.
        now_s: The clock, seconds since 1970.
    """

    client: httpx.Client
    url: str
    token: str
    speed: float = 1.0
    steam_id: int | None = None
    sleep: Callable[[float], None] = time.sleep
    now_s: Callable[[], float] = time.time
    accepted: int = 0
    retries: int = 0
    _begin_s: float = field(default=0.0, init=False)
    _first: RecordedPost | None = field(default=None, init=False)

    def send_all(self, posts: list[RecordedPost]) -> None:
        """Send everything in order.

        Raises:
            BadInputError: The server refuses the posts.
            TransientError: It does not answer, or not well, however often it is asked.
        """
        self._first, self._begin_s = posts[0], self.now_s()
        for post in posts:
            self._wait_for(post)
            self._send(post)

    def _elapsed_s(self, post: RecordedPost) -> float:
        """When the post is due, in seconds after the first."""
        if self._first is None or self.speed == 0:
            return 0.0
        return max(0, post.received_ns - self._first.received_ns) / NS_PER_S / self.speed

    def _wait_for(self, post: RecordedPost) -> None:
        early_s = self._begin_s + self._elapsed_s(post) - self.now_s()
        if self.speed and early_s > 0:
            self.sleep(early_s)

    def _send(self, post: RecordedPost) -> None:
        body = self._body(post)
        for attempt in range(MOST_TRIES):
            problem = self._try(post, body)
            if problem is None:
                self.accepted += 1
                return
            # The game has forgotten what it sent before and sends everything anew with its next heartbeat.
            self.retries += 1
            body = {name: value for name, value in body.items() if name not in DELTA_BLOCKS}
            notes().print(f"line {post.line}: {problem}; try {attempt + 2}", markup=False)
            self.sleep(max(RETRY_AT_LEAST_S, HEARTBEAT_S / self.speed if self.speed else 0.0))
        raise TransientError(
            f"line {post.line}: {self.url} did not take the post in {MOST_TRIES} tries", hint="See the server's log."
        )

    def _try(self, post: RecordedPost, body: dict[str, Any]) -> str | None:
        """Send once; None when it was taken, else why not."""
        try:
            answer = self.client.post(
                self.url, content=msgspec.json.encode(body), headers={"Content-Type": "application/json"}
            )
        except httpx.InvalidURL as error:
            raise BadInputError(f"{self.url} is no address: {error}", hint="As http://127.0.0.1:8730/gsi.") from error
        except httpx.UnsupportedProtocol as error:
            raise BadInputError(f"{self.url} is no address", hint="As http://127.0.0.1:8730/gsi.") from error
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"
        if answer.status_code < OK_BELOW:
            return None
        if answer.status_code in REFUSED_FOR_GOOD:
            raise BadInputError(
                f"line {post.line}: refused with {answer.status_code}: {_detail(answer)}",
                hint="`offangle gsi token create STEAM_ID` makes a token; --steam-id posts as that account.",
            )
        return f"answered with {answer.status_code}"

    def _body(self, post: RecordedPost) -> dict[str, Any]:
        """The post with our token, our player and our clock."""
        recorded = str(post.body["provider"]["steamid"])
        body: dict[str, Any] = (
            deepcopy(post.body) if self.steam_id is None else _renamed(post.body, recorded, str(self.steam_id))
        )
        body["auth"] = {"token": self.token}
        body["provider"]["timestamp"] = int(self._begin_s + self._elapsed_s(post))
        return body


def _renamed(value: Any, recorded: str, wanted: str) -> Any:
    """The same with another player in place of the recorded one, wherever it is named."""
    if isinstance(value, dict):
        return {_renamed(key, recorded, wanted): _renamed(inner, recorded, wanted) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, recorded, wanted) for inner in value]
    return wanted if value == recorded else value


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase
