"""The web process: one ASGI application."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from django.core.asgi import get_asgi_application

from offangle.bootstrap.build import start
from offangle.bootstrap.lifeline import end_with_parent
from offangle.web.streaming import StreamingHandler

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Application:
    """Hands each connection to what answers it: pages and the API to Django, the server's own life here.

    Args:
        pages: Django.
    """

    def __init__(self, pages: App) -> None:
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._pages(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})


async def _live(receive: Receive, send: Send) -> None:
    """Start and stop with the server."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return


def create_application() -> Application:
    """Build the services of this process and the application on top."""
    end_with_parent()
    start()
    return Application(StreamingHandler(get_asgi_application()))


application: Final = create_application()
