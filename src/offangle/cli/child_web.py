"""The web process: granian serving the ASGI application."""

import sys
from typing import Final

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from offangle.bootstrap.lifeline import end_with_input
from offangle.config.settings import load_settings

APPLICATION: Final = "offangle.asgi.app:application"
KILL_AFTER_S: Final = 8
"""A server process that does not end by itself is ended after this long."""
BACKLOG: Final = 1024


def main() -> int:
    """Serve until told to stop; returns the exit status."""
    end_with_input()
    settings = load_settings()
    Server(
        APPLICATION,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.web_workers,
        backlog=BACKLOG,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_AFTER_S,
    ).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
