"""The ingest in this process, asked through ASGI, without a server."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection

from offangle.bootstrap.ingest import build_ingest
from offangle.db.models import SteamAccount, User
from offangle.db.queries.gsi_tokens import create_gsi_token
from offangle.gsi.endpoint import GsiEndpoint
from offangle.gsi.tokens import TokenCache

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def cause(self) -> str | None:
        return json.loads(self.body)["cause"] if self.body else None


@dataclass(slots=True)
class Probe:
    """Sends requests to an endpoint."""

    endpoint: GsiEndpoint

    async def post(self, body: bytes | Sequence[bytes], **options: Any) -> Answer:
        return await self.request("POST", "/gsi", body, **options)

    async def get(self, path: str) -> Answer:
        return await self.request("GET", path, b"")

    async def request(
        self,
        method: str,
        path: str,
        body: bytes | Sequence[bytes],
        *,
        headers: Sequence[tuple[bytes, bytes]] = (),
        hangs: bool = False,
        leaves: bool = False,
    ) -> Answer:
        """One request; its body comes in one piece or several, and may never end (`hangs`) or break off (`leaves`)."""
        pieces = [body] if isinstance(body, bytes) else list(body)
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            if pieces:
                more = len(pieces) > 1 or hangs or leaves
                return {"type": "http.request", "body": pieces.pop(0), "more_body": more}
            if hangs:
                await asyncio.Event().wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
        await asyncio.create_task(_call(self.endpoint, scope, receive, send))
        if not sent:
            return Answer(0, {}, b"")
        start, *rest = sent
        told = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], told, b"".join(message["body"] for message in rest))


async def _call(endpoint: GsiEndpoint, *arguments: Any) -> None:
    await endpoint(*arguments)


def ask(scenario: Callable[[Probe], Awaitable[T]], endpoint: GsiEndpoint | None = None) -> T:
    """Run a scenario against a started endpoint, and stop it."""

    async def play() -> T:
        asked = endpoint if endpoint is not None else build_ingest()
        await asked.start()
        try:
            await wait_until_fresh(asked._tokens)
            return await scenario(Probe(asked))
        finally:
            await asked.stop()

    return asyncio.run(play())


async def wait_until_fresh(tokens: TokenCache) -> None:
    """Wait until the tokens are loaded."""
    async with asyncio.timeout(20):
        while not tokens.is_fresh:  # noqa: ASYNC110 -- another thread's state
            await asyncio.sleep(0.01)


async def aside(function: Callable[..., T], *arguments: Any) -> T:
    """Call what talks to the database in a thread, which gives its connection back."""

    def call() -> T:
        try:
            return function(*arguments)
        finally:
            connection.close()

    return await asyncio.to_thread(call)


def make_owner(steam_id: int, name: str = "owner") -> tuple[User, int, str]:
    """A player with a token: the user, the token's id and its secret."""
    user, _ = User.objects.get_or_create(username=name)
    SteamAccount.objects.update_or_create(steam_id=steam_id, defaults={"user": user})
    token, secret = create_gsi_token(user, steam_id)
    return user, token.pk, secret


def encoded(body: dict[str, Any], secret: str | None) -> bytes:
    """A post as the game sends it: indented with tabs, authentication last."""
    return json.dumps(body if secret is None else {**body, "auth": {"token": secret}}, indent="\t").encode()
