"""Many live clients against a server: recordings of a few, posted by as many as wanted."""

import asyncio
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import numpy as np

from offangle.core.errors import BadInputError
from offangle_sim.gsi.settings import NS_PER_S, Body, ClientSettings

MOST_CLIENTS: Final = 5_000
MOST_SECONDS: Final = 3_600.0
MOST_POSTS: Final = 10_000_000
"""After so many posts it is enough, whatever the time."""
RETRY_AT_LEAST_S: Final = 0.2
REFUSED_FOR_GOOD: Final = frozenset({400, 401, 403, 404, 405, 413})
"""Who is answered so need not ask again."""
SPREAD_S: Final = 10.0
"""Clients begin within so many recorded seconds, not all at once."""
GOLDEN: Final = 0.618_033_988_75
"""Multiples of it lie evenly between whole numbers, however many there are."""
TOLD_EVERY_S: Final = 0.2
TOKENS_HINT: Final = "Each line is a Steam account and its token: 76561198000000001 SECRET."
LONGEST_ANSWER: Final = 1024 * 1024
LAST_PORT: Final = 65_535
ADDRESS_HINT: Final = "As http://127.0.0.1:8730/gsi."
LET_GO: Final = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
_HEADERS: Final = {"Content-Type": "application/json", "User-Agent": "offangle-sim-load"}
_CLAIMS: Final = ("previously", "added")
_NOT_BLOCKS: Final = ("provider", "auth", *_CLAIMS)
_encode: Final = msgspec.json.Encoder().encode

Progress = Callable[[float, int], None]
"""Told which share of the time is over and how many posts were taken."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who posts."""

    steam_id: int
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoadPost:
    """A recorded post, encoded but for what each client puts in.

    Attributes:
        offset_ns: Since the recording began.
        provider: Its provider, whose account and time are replaced.
        blocks: What it says, as `"map":{…},"player":{…}`.
        told: What it says of the post before; empty for a full state.
    """

    offset_ns: int
    provider: Body
    blocks: bytes
    told: bytes

    def body(self, recorded_id: str, identity: Identity, *, now_s: float, is_full: bool) -> bytes:
        """The post as another client's."""
        provider = {**self.provider, "steamid": str(identity.steam_id), "timestamp": int(now_s)}
        parts = [self.blocks, b"" if is_full else self.told]
        said = b"".join(part + b"," for part in parts if part)
        own = said.replace(f'"{recorded_id}"'.encode(), f'"{identity.steam_id}"'.encode())
        return b'{"provider":%b,%b"auth":%b}' % (_encode(provider), own, _encode({"token": identity.token}))


@dataclass(frozen=True, slots=True)
class LoadRecording:
    """One recorded client's posts in order; at least one."""

    recorded_id: str
    posts: tuple[LoadPost, ...]


@dataclass(frozen=True, slots=True)
class LoadOrder:
    """What is wanted.

    Attributes:
        url: Where to post.
        clients: Who posts.
        seconds: For how long; whoever comes to the end of a recording before begins again.
        speed: Times faster than recorded; 0: without pauses.
        timeout_s: Until a post is given up.
    """

    url: str
    clients: tuple[Identity, ...]
    seconds: float
    speed: float = 1.0
    timeout_s: float = 5.0

    def __post_init__(self) -> None:
        """Refuse what is out of bounds.

        Raises:
            BadInputError: The message says what.
        """
        if not 1 <= len(self.clients) <= MOST_CLIENTS:
            raise BadInputError(f"{len(self.clients)} clients cannot be played", hint=f"From 1 to {MOST_CLIENTS}.")
        if not 0 < self.seconds <= MOST_SECONDS:
            raise BadInputError(f"{self.seconds:g} seconds is no time to post", hint=f"At most {MOST_SECONDS:g}.")
        if self.speed < 0:
            raise BadInputError("Time does not run backwards.", hint="Choose a speed of 1, or 0 for no pauses.")


@dataclass(slots=True)
class LoadReport:
    """How it went.

    Attributes:
        accepted: Posts that were answered with success.
        failures: The others, by what came instead.
        latencies_ms: From each accepted post to its answer.
        seconds: How long it took.
    """

    clients: int
    accepted: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    latencies_ms: "array[float]" = field(default_factory=lambda: array("f"))
    seconds: float = 0.0

    def latency_ms(self, percent: float) -> float | None:
        """The time within which so many percent were answered."""
        return float(np.percentile(np.frombuffer(self.latencies_ms, np.float32), percent)) if self.accepted else None

    def document(self) -> dict[str, Any]:
        """Everything as a plain document."""
        p50, p99 = self.latency_ms(50), self.latency_ms(99)
        return {
            "clients": self.clients,
            "seconds": round(self.seconds, 3),
            "posts": self.accepted + self.failures.total(),
            "accepted": self.accepted,
            "posts_per_s": round(self.accepted / self.seconds, 1) if self.seconds else 0.0,
            "p50_ms": None if p50 is None else round(p50, 3),
            "p99_ms": None if p99 is None else round(p99, 3),
            "failures": dict(self.failures.most_common()),
        }


def recording_of(posts: Iterable[tuple[int, Body]]) -> LoadRecording:
    """A recording to post again, from when each post arrived (nanoseconds) and what it said.

    Raises:
        BadInputError: It holds no posts.
    """
    found: list[LoadPost] = []
    recorded_id, first_ns = "", 0
    for received_ns, body in posts:
        if not found:
            recorded_id, first_ns = str(body["provider"]["steamid"]), received_ns
        blocks = {name: value for name, value in body.items() if name not in _NOT_BLOCKS}
        told = {name: body[name] for name in _CLAIMS if name in body}
        offset_ns = max(0, received_ns - first_ns)
        found.append(LoadPost(offset_ns, body["provider"], _encode(blocks)[1:-1], _encode(told)[1:-1]))
    if not found:
        raise BadInputError("the recording holds no posts", hint="Name one that `offangle sim match` wrote.")
    return LoadRecording(recorded_id, tuple(found))


def read_tokens(path: Path) -> list[Identity]:
    """Who may post, from lines `steam_id token`; empty lines and those that begin with # are passed over.

    Raises:
        BadInputError: The file cannot be read, or a line is something else; its number is named, the token is not.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} cannot be read: {error}", hint=TOKENS_HINT) from error
    found: dict[int, Identity] = {}
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or not (words[0].isascii() and words[0].isdigit()):  # noqa: PLR2004 -- account and token
            raise BadInputError(f"{path}, line {number}: not an account and a token", hint=TOKENS_HINT)
        found[int(words[0])] = Identity(int(words[0]), words[1])
    if not found:
        raise BadInputError(f"{path} holds no tokens", hint=TOKENS_HINT)
    return list(found.values())


def postable(url: str) -> httpx.URL:
    """An address that can be posted to.

    Raises:
        BadInputError: It is none.
    """
    try:
        address = httpx.URL(url)
        address.host.encode("idna")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise BadInputError(f"{url!r} is no address: {error}", hint=ADDRESS_HINT) from error
    is_web = address.scheme in {"http", "https"} and address.host and (address.port or 0) <= LAST_PORT
    if not is_web or address.userinfo:
        raise BadInputError(f"{url!r} is no address that can be posted to", hint=ADDRESS_HINT)
    return address


def run_load(recordings: Sequence[LoadRecording], order: LoadOrder, progress: Progress | None = None) -> LoadReport:
    """Post until the time is over, each client one post at a time.

    A client whose post is refused for good stops; after any other failure it waits for its heartbeat and then sends a
    full state, as the game does.

    Raises:
        BadInputError: The address is none.
    """
    return asyncio.run(_Load(recordings, order).run(progress))


class _Load:
    """One run."""

    def __init__(self, recordings: Sequence[LoadRecording], order: LoadOrder) -> None:
        self._recordings, self._order = recordings, order
        self._address = postable(order.url)
        self._report = LoadReport(clients=len(order.clients))
        self._begin_s = self._end_s = 0.0
        self._posts = 0
        heartbeat_s = ClientSettings().heartbeat_s
        self._retry_s = max(RETRY_AT_LEAST_S, heartbeat_s / order.speed if order.speed else 0.0)

    async def run(self, progress: Progress | None) -> LoadReport:
        """Let all clients post."""
        self._begin_s = time.perf_counter()
        self._end_s = self._begin_s + self._order.seconds
        count = len(self._order.clients)
        limits = httpx.Limits(max_connections=count, max_keepalive_connections=count)
        async with httpx.AsyncClient(
            headers=_HEADERS, limits=limits, timeout=self._order.timeout_s, trust_env=False
        ) as http:
            clients = [asyncio.create_task(self._play(http, number)) for number in range(count)]
            pending: set[asyncio.Task[None]] = set(clients)
            while pending:
                _, pending = await asyncio.wait(pending, timeout=TOLD_EVERY_S)
                if progress is not None:
                    share = min(1.0, (time.perf_counter() - self._begin_s) / self._order.seconds)
                    progress(share, self._report.accepted)
        self._report.seconds = time.perf_counter() - self._begin_s
        for client in clients:
            client.result()
        return self._report

    async def _play(self, http: httpx.AsyncClient, number: int) -> None:
        """One client, from its first post until the time is over or it is refused."""
        identity = self._order.clients[number]
        recording = self._recordings[number % len(self._recordings)]
        begin_s = self._begin_s + self._recorded_s(number * GOLDEN % 1.0 * SPREAD_S)
        while await self._play_once(http, recording, identity, begin_s):
            begin_s = time.perf_counter()

    async def _play_once(
        self, http: httpx.AsyncClient, recording: LoadRecording, identity: Identity, begin_s: float
    ) -> bool:
        """From the first post to the last; whether the client may go on."""
        is_full = True
        for post in recording.posts:
            if not await self._wait_until(begin_s + self._recorded_s(post.offset_ns / NS_PER_S)):
                return False
            body = post.body(recording.recorded_id, identity, now_s=time.time(), is_full=is_full)
            status = await self._post(http, body)
            if status in REFUSED_FOR_GOOD:
                return False
            is_full = status is None
            if is_full:
                await self._wait_until(time.perf_counter() + self._retry_s)
        return True

    def _recorded_s(self, seconds: float) -> float:
        """How long recorded seconds last now."""
        return seconds / self._order.speed if self._order.speed else 0.0

    def _is_over(self) -> bool:
        return time.perf_counter() >= self._end_s or self._posts >= MOST_POSTS

    async def _wait_until(self, due_s: float) -> bool:
        """Wait, at most to the end; whether there is time left."""
        left_s = min(due_s, self._end_s) - time.perf_counter()
        await asyncio.sleep(max(0.0, left_s))
        return not self._is_over()

    async def _post(self, http: httpx.AsyncClient, body: bytes) -> int | None:
        """The status when the post was taken or refused for good; None after another failure."""
        report = self._report
        self._posts += 1
        sent_s = time.perf_counter()
        try:
            async with asyncio.timeout(self._order.timeout_s):
                try:
                    status = await self._exchange(http, body)
                except LET_GO:  # the connection was idle for too long and the server let go of it: that is no failure
                    status = await self._exchange(http, body)
        except (TimeoutError, httpx.TimeoutException):
            report.failures["no answer in time"] += 1
            return None
        except (httpx.ProtocolError, httpx.DecodingError):
            report.failures["no HTTP answer"] += 1
            return None
        except httpx.TransportError as error:
            report.failures[f"not reached: {type(error).__name__}"] += 1
            return None
        if 200 <= status < 300:  # noqa: PLR2004 -- success, as HTTP numbers it
            report.accepted += 1
            report.latencies_ms.append((time.perf_counter() - sent_s) * 1000.0)
            return status
        report.failures[f"answered with {status}"] += 1
        return status if status in REFUSED_FOR_GOOD else None

    async def _exchange(self, http: httpx.AsyncClient, body: bytes) -> int:
        """Post and read the answer, as much as an answer may have."""
        async with http.stream("POST", self._address, content=body) as answer:
            read = 0
            async for part in answer.aiter_raw():
                read += len(part)
                if read > LONGEST_ANSWER:
                    raise httpx.DecodingError("the answer is too long")
            return answer.status_code
