"""How our server processes are served: one place for what granian is told."""

import contextlib
import sys
from typing import Final

from granian.constants import Interfaces, RuntimeModes
from granian.log import LogLevels
from granian.server import Server

from offangle.bootstrap.lifeline import end_with_input
from offangle.config.settings import load_settings

if sys.platform != "win32":
    import resource

KILL_AFTER_S: Final = 8
"""A server process that does not end by itself is ended after this long."""
BACKLOG: Final = 1024
MOST_CONNECTIONS: Final = 8_192
"""Requests in progress per process; a slow client holds one for as long as it sends, and must not shut others out."""


def serve(application: str) -> None:
    """Serve an ASGI application, named `module:variable`, until told to stop."""
    end_with_input()
    settings = load_settings()
    allow_connections(MOST_CONNECTIONS * 2)
    Server(
        application,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        # Our work happens in Python's event loop: a pool of threads beside it only makes it wait (a tenth slower).
        runtime_mode=RuntimeModes.st,
        workers=settings.web_workers,
        backlog=BACKLOG,
        backpressure=MOST_CONNECTIONS,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_AFTER_S,
    ).serve()


def allow_connections(wanted: int) -> None:
    """Raise this process's limit of open files to `wanted`, or as far as the system lets it."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(ValueError, OSError):  # some systems have a limit that they do not tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
