"""A worker process that misbehaves on purpose: the first line of the file that it is given names the fault."""

import ctypes
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import polars as pl


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


if __name__ == "__main__":
    globals()[Path(sys.argv[1]).read_text().strip()](Path(sys.argv[2]))
