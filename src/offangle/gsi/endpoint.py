"""`POST /gsi`: from a client's request to a row in the journal. Raw ASGI: ten thousand posts a second leave no room."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from typing import Any, Final

import msgspec

from offangle.db.queries.journal import JournalEntry
from offangle.gsi.committer import GroupCommitter
from offangle.gsi.deadlines import Deadlines
from offangle.gsi.metrics import CONTENT_TYPE, Metrics
from offangle.gsi.refusals import (
    BROKEN,
    MOST_BODY_BYTES,
    OTHER_ACCOUNT,
    STRAY_TOKEN,
    TOKEN_MISSING,
    TOKEN_UNKNOWN,
    TOKENS_STALE,
    TOO_LARGE,
    TOO_SLOW,
    WRONG_METHOD,
    Refusal,
)
from offangle.gsi.refused import secret_in
from offangle.gsi.tokens import TokenCache
from offangle.gsi.wire import Post, read_post

logger: Final = logging.getLogger(__name__)
POST_PATH: Final = "/gsi"
HEALTH_PATH: Final = "/gsi/health"
METRICS_PATH: Final = "/metrics"
PATHS: Final = frozenset({POST_PATH, HEALTH_PATH, METRICS_PATH})
BODY_TIMEOUT_S: Final = 30.0

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_OK_START: Final = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
_OK_BODY: Final = {"type": "http.response.body", "body": b"", "more_body": False}
_JSON: Final = b"application/json"


class _ClientGoneError(Exception):
    """The client left before its body was complete."""


class GsiEndpoint:
    """Answers the paths of `PATHS`; `start` and `stop` belong to the server's life.

    Args:
        tokens: Who may post.
        committer: Stores what is posted.
        metrics: Counts what is taken and refused.
        body_timeout_s: A body that takes longer is refused.
    """

    def __init__(
        self, tokens: TokenCache, committer: GroupCommitter, metrics: Metrics, *, body_timeout_s: float = BODY_TIMEOUT_S
    ) -> None:
        self._tokens = tokens
        self._committer = committer
        self._deadlines = Deadlines(body_timeout_s)
        self._metrics = metrics

    async def start(self) -> None:
        """Start the threads, in the event loop that will answer."""
        self._deadlines.start()
        self._committer.start()
        self._tokens.start()

    async def stop(self) -> None:
        """Store what waits, then end the threads."""
        await self._committer.stop()
        self._deadlines.stop()
        await asyncio.to_thread(self._tokens.stop)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path"]
        if path == POST_PATH:
            await self._answer_post(scope, receive, send)
        elif path == HEALTH_PATH:
            await self._answer_health(send)
        else:
            await _send(send, 200, CONTENT_TYPE, self._metrics.render(queue_depth=self._committer.depth))

    async def _answer_post(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            refusal = await self._take(scope, receive)
        except _ClientGoneError:
            self._metrics.abandoned.inc()
            return
        except Exception:
            # The last resort: the client gets an answer, the log the reason.
            logger.exception("a post could not be answered")
            refusal = BROKEN
        if refusal is None:
            self._metrics.accepted.inc()
            await send(_OK_START)
            await send(_OK_BODY)
            return
        self._metrics.refused[refusal.cause].inc()
        await send({"type": "http.response.start", "status": refusal.status, "headers": refusal.headers})
        await send({"type": "http.response.body", "body": refusal.body, "more_body": False})

    async def _take(self, scope: Scope, receive: Receive) -> Refusal | None:
        """Store the post of one request; None when it is on the disk."""
        if scope["method"] != "POST":
            return WRONG_METHOD
        raw = await self._body(scope["headers"], receive)
        if isinstance(raw, Refusal):
            return raw
        received_ns = time.time_ns()
        post = read_post(raw)
        if isinstance(post, Refusal):
            self._tokens.refused.note(post, secret=secret_in(raw))
            return post
        refusal = await self._store(post, received_ns)
        if refusal is not None:
            self._tokens.refused.note(refusal, secret=post.token, steam_id=post.steam_id)
        return refusal

    async def _store(self, post: Post, received_ns: int) -> Refusal | None:
        token_id = await self._admit(post)
        if isinstance(token_id, Refusal):
            return token_id
        return await self._committer.commit(
            JournalEntry(post.steam_id, token_id, received_ns, post.provider_timestamp, post.body)
        )

    async def _body(self, headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> bytes | Refusal:
        for name, value in headers:
            if name == b"content-length" and value.isdigit() and int(value) > MOST_BODY_BYTES:
                return TOO_LARGE
        try:
            return await self._deadlines.wait(partial(_read_body, receive))
        except TimeoutError:
            return TOO_SLOW

    async def _admit(self, post: Post) -> int | Refusal:
        """The id of the token that lets this post in."""
        if post.token is None:
            return TOKEN_MISSING
        if not self._tokens.is_fresh:
            return TOKENS_STALE
        token = self._tokens.known(post.token) or await self._tokens.find(post.token)
        if token is None:
            return TOKEN_UNKNOWN
        if token.steam_id != post.steam_id:
            return OTHER_ACCOUNT
        if post.token.encode() in post.body:
            return STRAY_TOKEN
        return token.token_id

    async def _answer_health(self, send: Send) -> None:
        state = {"writer": self._committer.is_alive, "tokens": self._tokens.is_fresh, "queue": self._committer.depth}
        healthy = bool(state["writer"] and state["tokens"])
        await _send(send, 200 if healthy else 503, _JSON, msgspec.json.encode({"healthy": healthy, **state}))


async def _read_body(receive: Receive) -> bytes | Refusal:
    """All of the body, counted as it comes: a client may announce no length, or a wrong one."""
    message = await receive()
    chunk: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body", False) and len(chunk) <= MOST_BODY_BYTES:
        return chunk
    body = bytearray()
    while True:
        if message["type"] == "http.disconnect":
            raise _ClientGoneError
        body += message.get("body", b"")
        if len(body) > MOST_BODY_BYTES:
            return TOO_LARGE
        if not message.get("more_body", False):
            return bytes(body)
        message = await receive()


async def _send(send: Send, status: int, content_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
