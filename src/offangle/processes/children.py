"""Work in a process of its own, so that nothing it does can hurt the process that asks for it.

Native code over hostile input may panic, crash, hang, or eat all memory; long computations would keep everybody else
waiting. Each piece of work gets a short-lived child with limits on time, memory and output. It leaves files behind and
speaks JSON lines (`channel` is its side). Where the system tells no process's memory (Windows), that limit is not held;
the others are.
"""

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from offangle.core import errors
from offangle.core.errors import LimitExceededError, OffangleError, TransientError

POLL_S: Final = 0.05
"""How often limits and cancellation are looked at."""
STDERR_TAIL_BYTES: Final = 4096
"""How much of a dead child's last words is kept for the error."""
BACKGROUND_NICENESS: Final = 10
"""How far a child steps back for other processes: a page request must not wait for it."""

_PAGE_FIELDS: Final = ("RssAnon:", "RssShmem:", "VmSwap:")
_KIB: Final = 1024

Progress = Callable[[str, float], None]
"""Told the stage and the share done, from 0 to 1."""


class ChildCancelledError(TransientError):
    """Somebody asked to stop; the work is as good as before."""


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What one piece of work may cost.

    Attributes:
        wall_s: Seconds from start to end.
        memory_bytes: Memory of its own that the child may hold; mapped pages of files are not counted.
        output_bytes: Size of all files together that it leaves.
    """

    wall_s: float = 600.0
    memory_bytes: int = 4 * 1024**3
    output_bytes: int = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class ChildWords:
    """How errors speak of the work, and what they are.

    Attributes:
        work: What is done, as in "reading the file took longer than …".
        worker: Who does it, as in "the parser crashed".
        output: What it leaves, as in "the tables of this file are larger than …".
        output_hint: What to do when that is too large.
        hint: What to do when the child dies.
        error: What is raised when it dies or costs too much.
    """

    work: str
    worker: str
    output: str
    output_hint: str
    hint: str
    error: type[OffangleError]


@dataclass(frozen=True, slots=True)
class ChildResult:
    """What a child said at its end, and what it cost.

    Attributes:
        told: The values of its `done`.
        peak_memory_bytes: Most memory of its own that it was seen with; 0 where the system does not tell.
        wall_s: How long it took.
    """

    told: Mapping[str, Any]
    peak_memory_bytes: int
    wall_s: float


def run_child(  # noqa: PLR0913 -- a program, a place, and independent switches, all named
    module: str,
    arguments: Sequence[str],
    out_dir: Path,
    *,
    words: ChildWords,
    limits: ChildLimits | None = None,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> ChildResult:
    """Run `python -m module arguments` to its end; it leaves files in the existing folder `out_dir`.

    Args:
        module: What the child runs; it uses `channel`.
        arguments: Its command line.
        out_dir: Whose files are held against the limits.
        words: How errors speak of it.
        limits: What it may cost.
        progress: Told the stage and the share done, in the caller's thread.
        is_cancelled: Asked every `POLL_S`; True stops the child at once.

    Raises:
        OffangleError: What the child met, of the same class.
        LimitExceededError: The files are larger than allowed.
        ChildCancelledError: `is_cancelled` said so.
    """
    child = _Child([sys.executable, "-m", module, *arguments])
    watch = _Watch(words, limits or ChildLimits(), out_dir, is_cancelled or _never)
    try:
        told = _follow(child, watch, progress)
    except BaseException:
        child.kill()
        raise
    return ChildResult(told, watch.peak_memory_bytes, watch.elapsed_s())


def _never() -> bool:
    return False


class _Child:
    """The running process and the threads that drain its pipes."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(  # noqa: S603 -- our own interpreter and module, arguments as a list
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name == "posix",
        )
        self.messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._stderr = bytearray()
        self._drains = [
            threading.Thread(target=self._read_messages, args=(self.process.stdout,), daemon=True),
            threading.Thread(target=self._read_stderr, args=(self.process.stderr,), daemon=True),
        ]
        for drain in self._drains:
            drain.start()

    def has_ended(self) -> bool:
        """Whether the process is gone; then all it said is in `messages`."""
        if self.process.poll() is None:
            return False
        self._close()
        return True

    def kill(self) -> None:
        """End the process and whatever it started."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                if os.name == "posix":
                    os.killpg(self.process.pid, signal.SIGKILL)
                else:
                    self.process.kill()
            self.process.wait()
        self._close()

    def last_words(self) -> str:
        """The last line of its standard error."""
        lines = self._stderr.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def _close(self) -> None:
        for drain in self._drains:
            drain.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def _read_messages(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            with contextlib.suppress(ValueError):  # a torn last line of a child that was killed
                self.messages.put(json.loads(line))

    def _read_stderr(self, pipe: IO[bytes]) -> None:
        while chunk := pipe.read1(_KIB):  # type: ignore[attr-defined] # Popen's pipes are buffered readers
            self._stderr += chunk
            del self._stderr[:-STDERR_TAIL_BYTES]


@dataclass(slots=True)
class _Watch:
    """Holds the limits against a running child."""

    words: ChildWords
    limits: ChildLimits
    out_dir: Path
    is_cancelled: Callable[[], bool]
    peak_memory_bytes: int = 0
    started: float = field(default_factory=time.monotonic)

    def elapsed_s(self) -> float:
        return time.monotonic() - self.started

    def check(self, pid: int) -> None:
        """Raise when the child has to be stopped."""
        words, limits = self.words, self.limits
        if self.is_cancelled():
            raise ChildCancelledError(f"{words.work} was cancelled")
        if self.elapsed_s() > limits.wall_s:
            raise words.error(f"{words.work} took longer than {limits.wall_s:g} s and was stopped", hint=words.hint)
        self.peak_memory_bytes = max(self.peak_memory_bytes, own_memory_bytes(pid))
        if self.peak_memory_bytes > limits.memory_bytes:
            raise words.error(
                f"{words.work} took more than {limits.memory_bytes:,} bytes of memory and was stopped", hint=words.hint
            )
        self.check_output()

    def check_output(self) -> None:
        """Raise when what it leaves has grown too large."""
        if _output_bytes(self.out_dir) > self.limits.output_bytes:
            raise LimitExceededError(
                f"{self.words.output} are larger than {self.limits.output_bytes:,} bytes", hint=self.words.output_hint
            )

    def death(self, child: _Child) -> OffangleError:
        """The error for a child that ended without a result."""
        words, code = self.words, child.process.returncode
        if code == -signal.SIGTERM:
            return words.error(f"{words.worker} was told to stop from outside", permanent=False)
        if os.name == "posix" and code == -signal.SIGKILL:
            return words.error(
                f"{words.worker} was killed by the system, most likely for lack of memory",
                hint=f"{words.hint} More memory for the worker may help as well.",
            )
        if code < 0:
            return words.error(f"{words.worker} crashed ({signal.Signals(-code).name})", hint=words.hint)
        return words.error(f"{words.worker} ended with status {code}: {child.last_words()}", hint=words.hint)


def _follow(child: _Child, watch: _Watch, progress: Progress | None) -> dict[str, Any]:
    """Wait for the child's `done`, passing progress on and holding the limits."""
    while True:
        ended = child.has_ended()
        if not ended:
            watch.check(child.process.pid)
        message = _next_message(child, wait_s=0.0 if ended else POLL_S)
        if message is None:
            if ended:
                raise watch.death(child)
        elif message["event"] == "progress":
            if progress is not None:
                progress(message["stage"], message["share"])
        elif message["event"] == "error":
            raise _reported(message, watch.words)
        elif message["event"] == "done":
            return _finish(child, watch, message)


def _next_message(child: _Child, wait_s: float) -> dict[str, Any] | None:
    try:
        return child.messages.get(timeout=wait_s) if wait_s else child.messages.get_nowait()
    except queue.Empty:
        return None


def _finish(child: _Child, watch: _Watch, message: dict[str, Any]) -> dict[str, Any]:
    """Let the child end by itself, and trust its result only if it ended well."""
    while not child.has_ended():
        watch.check(child.process.pid)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(POLL_S)
    if child.process.returncode != 0:
        raise watch.death(child)
    watch.check_output()
    return message


def _reported(message: dict[str, Any], words: ChildWords) -> OffangleError:
    """The error that the child met, of the same class."""
    found = getattr(errors, message["kind"], None)
    error_class = found if isinstance(found, type) and issubclass(found, OffangleError) else words.error
    return error_class(message["message"], hint=message["hint"], permanent=message["permanent"])


def own_memory_bytes(pid: int) -> int:
    """Memory that belongs to process `pid` alone (not the files it has mapped); 0 where nobody tells."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return _resident_by_ps(pid)
    return sum(int(line.split()[1]) * _KIB for line in lines if line.startswith(_PAGE_FIELDS))


def _resident_by_ps(pid: int) -> int:
    """Resident memory as `ps` tells it, where there is no /proc but a ps: macOS and the BSDs."""
    program = shutil.which("ps")
    if program is None or Path("/proc/self/status").exists():
        return 0
    asked = subprocess.run(  # noqa: S603 -- a system program and a number
        [program, "-o", "rss=", "-p", str(pid)], capture_output=True, check=False, text=True
    )
    text = asked.stdout.strip()
    return int(text) * _KIB if text.isdigit() else 0


def _output_bytes(directory: Path) -> int:
    return sum(entry.stat().st_size for entry in os.scandir(directory) if entry.is_file(follow_symlinks=False))
