"""A worker process that misbehaves on purpose: the first line of the file that it is given names the fault."""

import contextlib
import ctypes
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from offangle.core.errors import ParserCrashError
from offangle.processes.channel import serve


def tell(event: str, **values: Any) -> None:
    """One message to the parent, as the real worker writes them."""
    sys.stdout.write(json.dumps({"event": event, **values}) + "\n")
    sys.stdout.flush()


def hang(_out_dir: Path) -> None:
    """Do nothing, for ever, after saying so."""
    tell("progress", stage="hanging", share=0.5)
    threading.Event().wait()


def eat_memory(_out_dir: Path) -> None:
    """Take memory and touch it until somebody objects."""
    held = []
    while True:
        held.append(b"x" * (16 << 20))


def crash(_out_dir: Path) -> None:
    """Read address zero."""
    ctypes.string_at(0)


def abort(_out_dir: Path) -> None:
    """What a Rust program does when it panics twice."""
    os.abort()


def vanish(_out_dir: Path) -> None:
    """End as if all were well, without a word."""


def complain(_out_dir: Path) -> None:
    """Die like an uncaught exception."""
    sys.stderr.write("something broke\n")
    sys.exit(7)


def flood(out_dir: Path) -> None:
    """Write more than anybody allowed, then say done."""
    (out_dir / "ticks.parquet").write_bytes(bytes(1 << 20))
    tell("done", rows={"ticks": 1})


def keep_writing(out_dir: Path) -> None:
    """Write more and more."""
    with (out_dir / "ticks.parquet").open("wb") as file:
        while True:
            file.write(bytes(1 << 16))
            file.flush()


def babble(out_dir: Path) -> None:
    """Print much to standard error and a torn line before a good result."""
    sys.stderr.write("noise\n" * 200_000)
    sys.stdout.write("{torn\n")
    pl.DataFrame({"a": [1]}).write_parquet(out_dir / "a.parquet")
    tell("done", rows={"a": 1})


def refuse(_out_dir: Path) -> None:
    """A typed error."""
    tell("error", kind="BadInputError", message="no good", hint="try another", permanent=True)
    sys.exit(1)


def panic(_out_dir: Path) -> None:
    """A typed error of a class that nobody knows."""
    tell("error", kind="SomeNewError", message="PanicException: unwrap", hint="", permanent=True)
    sys.exit(1)


def lie(_out_dir: Path) -> None:
    """Say done, then crash."""
    tell("done", rows={})
    os.abort()


def spawn(out_dir: Path) -> None:
    """Start a grandchild and hang."""
    if os.fork() == 0:
        threading.Event().wait()
    (out_dir / "group").write_text(str(os.getpgid(0)))
    tell("progress", stage="spawned", share=0.1)
    threading.Event().wait()


def be_killed(_out_dir: Path) -> None:
    """Die as the system kills, for lack of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def be_told_to_stop(_out_dir: Path) -> None:
    """Die as somebody's `kill` does it."""
    os.kill(os.getpid(), signal.SIGTERM)


def leave_somebody_behind(_out_dir: Path) -> None:
    """End well, but leave a grandchild that holds our pipes open."""
    if os.fork() == 0:
        threading.Event().wait()
    tell("done", rows={})


def hold_on(out_dir: Path) -> None:
    """Native code that lets no other thread run, for ever."""
    (out_dir / "pid").write_text(str(os.getpid()))
    ctypes.PyDLL(None).pause()


def spin(_out_dir: Path) -> None:
    """Compute without end."""
    while True:
        pass


def rant(_out_dir: Path) -> None:
    """Say something that has no end."""
    with contextlib.suppress(BrokenPipeError):
        while True:
            sys.stdout.write("x" * (1 << 20))


def chatter(_out_dir: Path) -> None:
    """Tell of more progress than anybody can read."""
    for step in range(200_000):
        tell("progress", stage="talking", share=step / 200_000)
    tell("done", rows={})


def show_environment(out_dir: Path) -> None:
    """Leave the names of what the environment holds."""
    (out_dir / "environment").write_text("\n".join(os.environ))
    tell("done", rows={})


def nest(out_dir: Path) -> None:
    """Hide what is written in a folder."""
    (out_dir / "below").mkdir()
    (out_dir / "below" / "ticks.parquet").write_bytes(bytes(1 << 20))
    tell("done", rows={})


def _served(work: Callable[[Path], object]) -> Callable[[Path], None]:
    """A fault that is met inside `serve`, as in the real workers."""
    return lambda out_dir: sys.exit(serve(lambda _progress: {"rows": work(out_dir)}, error=ParserCrashError))


def _open_all(_out_dir: Path) -> None:
    held = [Path(os.devnull).open() for _ in range(10_000)]  # noqa: SIM115 -- the fault
    del held


TABLE = pl.DataFrame({"a": range(1000)})
native_disk_full = _served(lambda _out_dir: TABLE.write_parquet("/dev/full"))
disk_full = _served(lambda _out_dir: Path("/dev/full").write_bytes(bytes(100_000)))
one_large_file = _served(lambda out_dir: (out_dir / "ticks.parquet").write_bytes(bytes(1 << 21)))
too_many_files = _served(_open_all)
grab = _served(lambda _out_dir: len(bytearray(1 << 36)))
native_grab = _served(lambda _out_dir: pl.select(pl.int_range(0, 1 << 36)).height)


if __name__ == "__main__":
    globals()[Path(sys.argv[1]).read_text().strip()](Path(sys.argv[2]))
