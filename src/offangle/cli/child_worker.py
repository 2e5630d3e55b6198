"""The worker process: does jobs and follows live matches."""

import os
import sys
from typing import Final

from offangle.bootstrap.build import close_connections, start
from offangle.bootstrap.follow import build_follower
from offangle.bootstrap.lifeline import end_with_input
from offangle.bootstrap.worker import build_worker
from offangle.config.settings import load_settings

NICENESS: Final = 10
"""Decoding takes all the processor it gets, here and in its own process, which inherits this: pages go first."""


def main() -> int:
    """Work until told to stop; returns the exit status."""
    end_with_input()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    settings = load_settings()
    services = start(settings)
    follower = build_follower()
    follower.start()
    clean = build_worker(settings, services).run()
    follower.stop()
    services.jobs.close()
    close_connections()
    if not clean:
        # A step still runs in a thread that cannot be stopped; its job has been handed back already.
        sys.stdout.flush()
        os._exit(0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
