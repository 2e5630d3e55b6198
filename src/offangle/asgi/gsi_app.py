"""The ingest alone: for servers that take posts apart from the pages."""

from typing import Any, Final

import msgspec

from offangle.asgi.life import Receive, Scope, Send, live
from offangle.bootstrap.database import prepare_database
from offangle.bootstrap.ingest import build_ingest
from offangle.bootstrap.lifeline import end_with_parent
from offangle.config.settings import load_settings
from offangle.gsi.endpoint import PATHS, GsiEndpoint

_NOT_HERE: Final = msgspec.json.encode({"status": 404, "detail": "Only /gsi, /gsi/health and /metrics are here."})


class IngestApplication:
    """Answers game clients and nobody else.

    Args:
        ingest: The posts of game clients.
    """

    def __init__(self, ingest: GsiEndpoint) -> None:
        self._ingest = ingest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "lifespan":
            await live(receive, send, start=self._ingest.start, stop=self._ingest.stop)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["path"] in PATHS:
            await self._ingest(scope, receive, send)
        else:
            headers: Any = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(_NOT_HERE))]
            await send({"type": "http.response.start", "status": 404, "headers": headers})
            await send({"type": "http.response.body", "body": _NOT_HERE, "more_body": False})


def create_application() -> IngestApplication:
    """Prepare the database and build the ingest of this process."""
    end_with_parent()
    prepare_database(load_settings())
    return IngestApplication(build_ingest())


application: Final = create_application()
