"""The process that starts the others, restarts what dies, merges their logs and stops them all.

It does no work of its own and imports little: a second start has to be quick, and what does nothing does not crash.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO, Final

from offangle.bootstrap.lifeline import LIFELINE

LOOK_EVERY_S: Final = 0.1
FIRST_BACKOFF_S: Final = 0.5
LONGEST_BACKOFF_S: Final = 30.0
STEADY_AFTER_S: Final = 30.0
"""A child that lived this long has recovered: its next crash is its first again."""
STOP_GRACE_S: Final = 20.0
"""A worker gives its steps 10 s to notice, then hands its jobs back."""

IS_POSIX: Final = os.name == "posix"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Program:
    """What a child runs.

    Attributes:
        name: What its lines in the merged log begin with.
        command: Program and arguments.
    """

    name: str
    command: Sequence[str]


@dataclass(slots=True)
class _Child:
    """A program and the process that runs it now, if one does."""

    program: Program
    process: "subprocess.Popen[str] | None" = None
    started_s: float = 0.0
    start_at_s: float = 0.0
    crashes: int = 0
    readers: list[threading.Thread] = field(default_factory=list)


class Supervisor:
    """Keeps programs running until it is told to stop.

    Each child leads a process group of its own, so that Ctrl-C reaches only the supervisor and a child's own children
    go with it. Each holds one end of a pipe as its standard input: if the supervisor dies, however, the pipe closes and
    the children end themselves (see `offangle.bootstrap.lifeline`).

    Args:
        programs: What to run, in the order of starting; stopped in the reverse order.
        say: Takes each line of the merged log.
        on_look: Called at every look, in the main thread.
    """

    def __init__(self, programs: Sequence[Program], *, say: Say, on_look: Callable[[], None] | None = None) -> None:
        self._children = [_Child(program) for program in programs]
        self._say = say
        self._on_look = on_look
        self._asked = threading.Event()
        self._width = max(len(program.name) for program in programs)

    def stop(self) -> None:
        """Ask `run` to stop everything and return; may be called from a signal handler."""
        self._asked.set()

    def run(self) -> None:
        """Start all programs, restart those that end, and stop them all on SIGINT or SIGTERM. Main thread only."""
        previous = {sig: signal.signal(sig, lambda *_: self.stop()) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            self._watch()
        finally:
            self._stop_all()
            for sig, handler in previous.items():
                signal.signal(sig, handler)

    def _watch(self) -> None:
        while not self._asked.is_set():
            for child in self._children:
                self._tend(child)
            if self._on_look is not None:
                self._on_look()
            self._asked.wait(LOOK_EVERY_S)

    def _tend(self, child: _Child) -> None:
        """Start a child that is due, and plan the restart of one that has ended."""
        now_s = time.monotonic()
        if child.process is None:
            if now_s >= child.start_at_s:
                self._start(child)
            return
        status = child.process.poll()
        if status is None:
            return
        _end_group(child.process)
        child.crashes = 1 if now_s - child.started_s >= STEADY_AFTER_S else child.crashes + 1
        delay_s = min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** min(child.crashes - 1, 16))
        self._say(f"{child.program.name} ended ({_status(status)}); starting it again in {delay_s:g} s")
        child.process, child.start_at_s = None, now_s + delay_s

    def _start(self, child: _Child) -> None:
        flags = 0 if IS_POSIX else subprocess.CREATE_NEW_PROCESS_GROUP  # type: ignore[attr-defined,unused-ignore] # Windows only
        child.process = subprocess.Popen(  # noqa: S603 -- our own programs, arguments as a list
            child.program.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, LIFELINE: "1", "PYTHONUNBUFFERED": "1"},
            start_new_session=IS_POSIX,
            creationflags=flags,
        )
        child.started_s = time.monotonic()
        reader = threading.Thread(target=self._merge, args=(child.program.name, child.process.stdout), daemon=True)
        reader.start()
        child.readers = [*(thread for thread in child.readers if thread.is_alive()), reader]

    def _merge(self, name: str, output: IO[str]) -> None:
        with output:
            for line in output:
                self._say(f"{name:<{self._width}} | {line.rstrip()}")

    def _stop_all(self) -> None:
        """Ask every child to end, last started first, and make those end that do not."""
        running = [child for child in reversed(self._children) if child.process is not None]
        for child in running:
            _ask_to_end(child.process)
        deadline_s = time.monotonic() + STOP_GRACE_S
        for child in running:
            self._await_end(child, deadline_s)
        for child in self._children:
            for reader in child.readers:
                reader.join(1.0)

    def _await_end(self, child: _Child, deadline_s: float) -> None:
        process = child.process
        if process is None:
            return
        try:
            process.wait(max(0.0, deadline_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._say(f"{child.program.name} did not stop within {STOP_GRACE_S:g} s and is ended")
            process.kill()
            process.wait()
        _end_group(process)
        if process.stdin is not None:
            process.stdin.close()


def _ask_to_end(process: "subprocess.Popen[str] | None") -> None:
    if process is not None and process.poll() is None:
        process.terminate()


def _end_group(process: "subprocess.Popen[str]") -> None:
    """End what a dead child's own children are, so that they hold no port and no file."""
    if IS_POSIX:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _status(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def python(*arguments: str) -> list[str]:
    """A command that runs our own interpreter."""
    return [sys.executable, *arguments]
