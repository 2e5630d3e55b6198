"""Processes that end when the one that started them is gone, however it died."""

import os
import signal
import sys
import threading
import time
from typing import Final

LIFELINE: Final = "OFFANGLE_LIFELINE"
"""Set for children that end when their standard input closes: the starter holds its other end and nothing else does."""
LOOK_EVERY_S: Final = 0.5
GRACE_S: Final = 10.0
"""How long a process that was told to end may take before it is made to."""


def end_with_input() -> None:
    """End this process when its standard input closes, if its starter asked for that."""
    if os.environ.pop(LIFELINE, ""):
        threading.Thread(target=_wait_for_input_end, name="offangle-lifeline", daemon=True).start()


def end_with_parent() -> None:
    """End this process when its parent is gone; for processes that others fork (Windows tells no such thing)."""
    if sys.platform != "win32":
        threading.Thread(target=_wait_for_parent_end, args=(os.getppid(),), name="offangle-parent", daemon=True).start()


def _wait_for_input_end() -> None:
    while os.read(0, 1024):
        pass
    _end()


def _wait_for_parent_end(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_S)
    _end()


def _end() -> None:
    """Ask this process to stop, and insist."""
    signal.raise_signal(signal.SIGTERM) if sys.platform == "win32" else os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os._exit(1)
