"""The beginning of every child: `python -m offangle.processes.inside TERMS MODULE ARGUMENT…`.

Before anything of the work is loaded, the process binds itself to the limits that the kernel holds, steps back for
others, and ties its life to its parent's. Then it runs MODULE as its own program.
"""

import ctypes
import json
import os
import runpy
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from offangle.processes import channel

try:
    import resource
except ImportError:  # Windows: the parent's clock and its look at the output remain
    resource = None  # type: ignore[assignment]

_OOM_SCORE: Final = Path("/proc/self/oom_score_adj")
_MOST_LIKELY_VICTIM: Final = "1000"
_DIE_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG
_CHUNK: Final = 65_536
_ABANDONED: Final = 3  # exit status when the parent is gone


def main(arguments: Sequence[str]) -> None:
    """Bind this process, then be MODULE."""
    terms, module, *rest = arguments
    bound: Mapping[str, Any] = json.loads(terms)
    _bind(bound)
    _step_back(bound["niceness"])
    _end_with_the_parent(bound["parent"])
    channel.hold(_read(bound["given_bytes"]))
    _follow_parent()
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _bind(limits: Mapping[str, Any]) -> None:
    """Set every limit that this system knows; never above what the process was started with."""
    if resource is None:
        return
    for name in (name for name in limits if name.startswith("RLIMIT_")):
        which = getattr(resource, name, None)
        if which is not None:
            _, most = resource.getrlimit(which)
            most = sys.maxsize if most == resource.RLIM_INFINITY else most
            # One more for the hard limit: the soft one says by its signal what was exceeded, the hard one just kills.
            resource.setrlimit(which, (min(limits[name], most), min(limits[name] + 1, most)))


def _step_back(niceness: int) -> None:
    """Let other processes go first, and let the kernel sacrifice this one for lack of memory, not the worker."""
    if hasattr(os, "nice"):
        os.nice(niceness)
    with suppress(OSError):  # only Linux has it
        _OOM_SCORE.write_text(_MOST_LIKELY_VICTIM)


def _end_with_the_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent is gone, even while native code lets no thread of ours run."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # gone before we asked
        os._exit(_ABANDONED)


def _read(size: int) -> bytes:
    """What the parent gives; ends the process when the parent is gone before all is here."""
    parts = bytearray()
    while len(parts) < size:
        # os.read and not sys.stdin, which would read ahead of what is given
        part = os.read(sys.stdin.fileno(), min(_CHUNK, size - len(parts)))
        if not part:
            os._exit(_ABANDONED)
        parts += part
    return bytes(parts)


def _follow_parent() -> None:
    """End when the parent closes our standard input, which happens however it dies, on every system."""

    def wait() -> None:
        # os.read and not sys.stdin: a thread inside a buffered reader aborts the interpreter on its way out
        while os.read(sys.stdin.fileno(), _CHUNK):
            pass
        os._exit(_ABANDONED)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1:])
