"""The process that reads one match file: `python -m offangle.parsing.demo_worker FILE OUT_DIR RATE NICENESS`.

There is one module to run per kind of file (`demo_worker`, `zip_worker`), so that a kind does not wait for the
parsers of another to load; this one is what they share. It writes one parquet file per table and speaks JSON lines on
its standard output, nothing else: `progress`, then `error` or `done`. Whatever a library prints goes to standard
error. It ends as soon as its standard input closes, so that it never outlives the process that started it.
"""

import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from offangle.core.errors import OffangleError
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.terms import Progress, is_rust_panic

ALL_TICKS: Final = "all"
"""How the command line says "every tick" instead of a rate."""

_OOM_SCORE: Final = Path("/proc/self/oom_score_adj")
_MOST_LIKELY_VICTIM: Final = "1000"

_CHUNK: Final = 4096
_ABANDONED: Final = 3  # exit status when the parent is gone

Send = Callable[..., None]
Read = Callable[[Path, float | None, Progress], MatchFrames]


def run(arguments: list[str], read: Read) -> int:
    """Read the file named by `arguments` with `read`; exit status 0 when `done` was said, 1 after `error`."""
    send = _open_channel()
    _follow_parent()
    path, out_dir, rate, niceness = arguments
    if hasattr(os, "nice"):
        os.nice(int(niceness))
    with suppress(OSError):  # only Linux has it; there the kernel should sacrifice the parser and not the worker
        _OOM_SCORE.write_text(_MOST_LIKELY_VICTIM)
    try:
        sample_rate_hz = None if rate == ALL_TICKS else float(rate)
        frames = check(
            read(Path(path), sample_rate_hz, lambda stage, share: send("progress", stage=stage, share=share))
        )
        send("progress", stage="write", share=0.0)
        rows = write_tables(frames, Path(out_dir))
    except OffangleError as error:
        send("error", kind=type(error).__name__, message=error.message, hint=error.hint, permanent=error.permanent)
        return 1
    except OSError as error:  # a full disk, a file that went away: another time it may work
        send("error", kind="TransientError", message=str(error), hint="", permanent=False)
        return 1
    except BaseException as error:
        traceback.print_exc()
        if not (isinstance(error, Exception) or is_rust_panic(error)):
            raise
        send("error", kind="ParserCrashError", message=f"{type(error).__name__}: {error}", hint="", permanent=True)
        return 1
    send("done", rows=rows)
    return 0


def write_tables(frames: MatchFrames, out_dir: Path) -> dict[str, int]:
    """Write each table to `out_dir/<table>.parquet`; its number of rows by name."""
    rows = {}
    for name in frames:
        table = frames[name]
        table.write_parquet(out_dir / f"{name}.parquet", compression="zstd")
        rows[name] = table.height
    return rows


def _open_channel() -> Send:
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
