"""The child's side of `children`: JSON lines on standard output, nothing else: `progress`, then `error` or `done`.

Whatever a library prints goes to standard error.
"""

import errno
import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import IO, Any, Final

from offangle.core.errors import OffangleError, TransientError

_NATIVE_ERROR: Final = re.compile(r"\(os error (\d+)\)")
"""How native code ends its words about an error of the system."""
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_LIMITS: Final = MappingProxyType(
    {errno.EMFILE: "it opened more files than it may", errno.EFBIG: "it wrote a larger file than it may"}
)

Progress = Callable[[str, float], None]

_given = b""


def hold(given: bytes) -> None:
    """Keep what the parent gave for the work."""
    global _given  # noqa: PLW0603 -- one process, one piece of work; written once, before it begins
    _given = given


def given() -> bytes:
    """What the parent gave."""
    return _given


def serve(
    work: Callable[[Progress], Mapping[str, Any]],
    *,
    error: type[OffangleError],
    is_failure: Callable[[BaseException], bool] = lambda met: isinstance(met, Exception),
) -> int:
    """Do `work` and say what came of it; exit status 0 when `done` was said, 1 after `error`.

    Args:
        work: Told how to tell its progress; gives the values of `done`.
        error: What the parent raises for what nobody foresaw.
        is_failure: Whether what was raised is the work's failure rather than the end of the process.
    """
    send = _open_channel()
    try:
        told = work(lambda stage, share: send("progress", stage=stage, share=share))
    except BaseException as met:
        if not is_failure(met):
            raise
        found = _foreseen(met, error)
        if found is None:
            traceback.print_exc()
            found = error(f"{type(met).__name__}: {met}", permanent=True)
        send("error", kind=type(found).__name__, message=found.message, hint=found.hint, permanent=found.permanent)
        return 1
    send("done", **told)
    return 0


def _foreseen(met: BaseException, error: type[OffangleError]) -> OffangleError | None:
    """What was met as an error of ours, where it is one or the system is to blame for it."""
    if isinstance(met, OffangleError):
        return met
    if isinstance(met, MemoryError):
        return error("it needs more memory than it may have")
    number = _system_error(met)
    if number in _NO_ROOM:
        return TransientError(f"the disk is full: {met}", hint="Make room on the disk; it is tried again.")
    if number is not None and number in _LIMITS:
        return error(f"{_LIMITS[number]}: {met}")
    # a file that went away, a disk that does not answer: another time it may work
    return TransientError(str(met)) if isinstance(met, OSError) else None


def _system_error(met: BaseException) -> int | None:
    """The number of the system's error that was met, if it was one: native libraries only write it into their words."""
    if isinstance(met, OSError):
        return met.errno
    told = _NATIVE_ERROR.search(str(met))
    return int(told[1]) if told else None


def _open_channel() -> Callable[..., None]:
    """Keep standard output for messages; everything else that prints there goes to standard error."""
    channel: IO[str] = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="\n")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(event: str, **values: Any) -> None:
        channel.write(json.dumps({"event": event, **values}) + "\n")
        channel.flush()

    return send
