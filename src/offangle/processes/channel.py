"""The child's side of `children`: JSON lines on standard output, nothing else: `progress`, then `error` or `done`.

Whatever a library prints goes to standard error. The process ends as soon as its standard input closes, so that it
never outlives the one that started it.
"""

import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from offangle.core.errors import OffangleError

_OOM_SCORE: Final = Path("/proc/self/oom_score_adj")
_MOST_LIKELY_VICTIM: Final = "1000"

_CHUNK: Final = 4096
_ABANDONED: Final = 3  # exit status when the parent is gone

Progress = Callable[[str, float], None]


def serve(
    work: Callable[[Progress], Mapping[str, Any]],
    *,
    niceness: int,
    error: type[OffangleError],
    is_failure: Callable[[BaseException], bool] = lambda met: isinstance(met, Exception),
) -> int:
    """Do `work` and say what came of it; exit status 0 when `done` was said, 1 after `error`.

    Args:
        work: Told how to tell its progress; gives the values of `done`.
        niceness: How far to step back for other processes.
        error: What the parent raises for what nobody foresaw.
        is_failure: Whether what was raised is the work's failure rather than the end of the process.
    """
    send = _open_channel()
    _follow_parent()
    _step_back(niceness)
    try:
        told = work(lambda stage, share: send("progress", stage=stage, share=share))
    except OffangleError as met:
        send("error", kind=type(met).__name__, message=met.message, hint=met.hint, permanent=met.permanent)
        return 1
    except OSError as met:  # a full disk, a file that went away: another time it may work
        send("error", kind="TransientError", message=str(met), hint="", permanent=False)
        return 1
    except BaseException as met:
        traceback.print_exc()
        if not is_failure(met):
            raise
        send("error", kind=error.__name__, message=f"{type(met).__name__}: {met}", hint="", permanent=True)
        return 1
    send("done", **told)
    return 0


def _open_channel() -> Callable[..., None]:
    """Keep standard output for messages; everything else that prints there goes to standard error."""
    channel: IO[str] = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="\n")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(event: str, **values: Any) -> None:
        channel.write(json.dumps({"event": event, **values}) + "\n")
        channel.flush()

    return send


def _follow_parent() -> None:
    """End when the parent closes our standard input, which happens however it dies."""

    def wait() -> None:
        # os.read and not sys.stdin: a thread inside a buffered reader aborts the interpreter on its way out
        while os.read(sys.stdin.fileno(), _CHUNK):
            pass
        os._exit(_ABANDONED)

    threading.Thread(target=wait, daemon=True).start()


def _step_back(niceness: int) -> None:
    """Let other processes go first, and let the kernel sacrifice this one for lack of memory, not the worker."""
    if hasattr(os, "nice"):
        os.nice(niceness)
    with suppress(OSError):  # only Linux has it
        _OOM_SCORE.write_text(_MOST_LIKELY_VICTIM)
