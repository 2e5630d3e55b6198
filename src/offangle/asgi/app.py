"""The web process: one ASGI application."""

from typing import Final

from django.core.asgi import get_asgi_application

from offangle.asgi.life import App, Receive, Scope, Send, live
from offangle.bootstrap.build import start
from offangle.bootstrap.ingest import build_ingest
from offangle.bootstrap.lifeline import end_with_parent
from offangle.flows.kinds import KINDS
from offangle.gsi.endpoint import PATHS, GsiEndpoint
from offangle.web.shared.house import House, install
from offangle.web.shared.streaming import StreamingHandler


class Application:
    """Hands each connection to what answers it: posts of game clients to the ingest, pages and the API to Django.

    Args:
        pages: Django.
        ingest: The posts of game clients.
    """

    def __init__(self, pages: App, ingest: GsiEndpoint) -> None:
        self._pages = pages
        self._ingest = ingest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "http":
            if scope["path"] in PATHS:
                await self._ingest(scope, receive, send)
            else:
                await self._pages(scope, receive, send)
        elif scope["type"] == "lifespan":
            await live(receive, send, start=self._ingest.start, stop=self._ingest.stop)
        else:
            await send({"type": "websocket.close", "code": 1000})


def create_application() -> Application:
    """Build the services of this process and the application on top."""
    end_with_parent()
    install(House(start(), KINDS))
    return Application(StreamingHandler(get_asgi_application()), build_ingest())


application: Final = create_application()
