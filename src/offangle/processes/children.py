"""Work in a process of its own, so that nothing it does can hurt the process that asks for it.

Native code over hostile input may panic, crash, hang, or eat all memory; long computations would keep everybody else
waiting. Each piece of work gets a short-lived child with limits on time, memory, output and open files, that steps back
for others, holds no secret of the environment and ends with its parent. The child sets what the kernel can hold before
it loads anything (`inside`); the parent looks at time, memory and output all the while. The child leaves files behind
and speaks JSON lines (`channel` is its side). Windows has no such limits of the kernel and tells no process's memory;
there only the parent's clock and its look at the output hold.
"""

import contextlib
import json
import math
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

LAST_MOMENT_S: Final = 0.005
"""Between two looks at a process that has said everything and is about to be gone."""
POLL_S: Final = 0.05
"""How often limits and cancellation are looked at."""
STDERR_TAIL_BYTES: Final = 16_384
"""How much of a dead child's last words is kept for the error."""
MOST_MESSAGE_BYTES: Final = 64 * 1024**2
"""The longest message; a child that says more in one breath is stopped."""
MOST_WAITING_MESSAGES: Final = 1000
"""Progress beyond this many that nobody has read yet is dropped."""
BACKGROUND_NICENESS: Final = 10
"""How far a child steps back for other processes: a page request must not wait for it."""

INSIDE: Final = "offangle.processes.inside"
ENVIRONMENT: Final = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS",
)  # fmt: skip
"""What a child gets of the environment: what programs need to start; nothing that may be secret."""

_TOLD_TO_STOP: Final = ("SIGTERM", "SIGINT", "SIGHUP")
_OUT_OF_MEMORY: Final = "memory allocation of"  # a Rust program's last words when the system gives it none
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
        cpu_s: Seconds of computing on all cores together; None for all that fit into `wall_s`.
        memory_bytes: Memory of its own that the child may hold; mapped pages of files are not counted.
        reserve_bytes: What it may have the system promise beyond `memory_bytes` and never touch: allocators and stacks
            of threads reserve some 2 GiB here. The kernel refuses more at once, before it can be touched.
        output_bytes: Size of all files together that it leaves.
        open_files: Files and pipes that it may have open.
        niceness: How far it steps back for other processes; 0 where a person waits for nothing else.
    """

    wall_s: float = 600.0
    cpu_s: float | None = None
    memory_bytes: int = 4 * 1024**3
    reserve_bytes: int = 4 * 1024**3
    output_bytes: int = 2 * 1024**3
    open_files: int = 256
    niceness: int = BACKGROUND_NICENESS

    @property
    def whole_cpu_s(self) -> int:
        """The limit on computing as the kernel takes it."""
        return math.ceil(self.wall_s * (os.cpu_count() or 1) if self.cpu_s is None else self.cpu_s) + 1


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
    out_dir: Path | None,
    *,
    words: ChildWords,
    limits: ChildLimits | None = None,
    given: bytes = b"",
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> ChildResult:
    """Run `python -m module arguments` to its end; it leaves files in the existing folder `out_dir`.

    Args:
        module: What the child runs; it uses `channel`.
        arguments: Its command line.
        out_dir: Whose files are held against the limits; None where it may write none.
        words: How errors speak of it.
        limits: What it may cost.
        given: What it finds as `channel.given()`.
        progress: Told the stage and the share done, in the caller's thread.
        is_cancelled: Asked every `POLL_S`; True stops the child at once.

    Raises:
        OffangleError: What the child met, of the same class; `words.error` where it died or cost too much. It is not
            permanent where the system or somebody else ended the child: another time it may live.
        LimitExceededError: The files are larger than allowed.
        ChildCancelledError: `is_cancelled` said so.
    """
    limits = limits or ChildLimits()
    child = _Child([sys.executable, "-P", "-m", INSIDE, _terms(limits, out_dir, given), module, *arguments], given)
    watch = _Watch(words, limits, out_dir, is_cancelled or _never)
    try:
        told = _follow(child, watch, progress)
    except BaseException:
        child.kill()
        raise
    return ChildResult(told, watch.peak_memory_bytes, watch.elapsed_s())


def _never() -> bool:
    return False


def _terms(limits: ChildLimits, out_dir: Path | None, given: bytes) -> str:
    """What the child binds itself to, as `inside` reads it."""
    return json.dumps(
        {
            "parent": os.getpid(),
            "niceness": limits.niceness,
            "given_bytes": len(given),
            "RLIMIT_CPU": limits.whole_cpu_s,
            "RLIMIT_DATA": limits.memory_bytes + limits.reserve_bytes,
            "RLIMIT_FSIZE": 0 if out_dir is None else limits.output_bytes + 1,  # so that the parent sees it exceeded
            "RLIMIT_NOFILE": limits.open_files,
            "RLIMIT_CORE": 0,
        }
    )


class _Child:
    """The running process and the threads that serve its pipes."""

    def __init__(self, command: list[str], given: bytes) -> None:
        self.process = subprocess.Popen(  # noqa: S603 -- our own interpreter and module, arguments as a list
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name == "posix",
            env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        )
        self.messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.is_overlong = False
        self._stderr = bytearray()
        self._drains = [
            threading.Thread(target=self._read_messages, args=(self.process.stdout,), daemon=True),
            threading.Thread(target=self._read_stderr, args=(self.process.stderr,), daemon=True),
            threading.Thread(target=self._hand_over, args=(self.process.stdin, given), daemon=True),
        ]
        for drain in self._drains:
            drain.start()

    def has_ended(self) -> bool:
        """Whether the process is gone; then all it said is in `messages`."""
        if self.process.returncode is None:
            if not self._is_over():
                return False
            self._reap()
        return True

    def kill(self) -> None:
        """End the process and whatever it started."""
        if self.process.returncode is None:
            self._reap()

    def linger(self, seconds: float) -> None:
        """Let it end, for at most about so long; an ending process closes its output a moment before it is gone."""
        if self._drains[0].is_alive():
            self._drains[0].join(seconds)
        else:
            time.sleep(min(seconds, LAST_MOMENT_S))

    def _is_over(self) -> bool:
        """Whether it ended, without taking its status: until that is taken, its number is nobody else's."""
        if os.name != "posix":
            return self.process.poll() is not None
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _reap(self) -> None:
        self._end_group()  # whoever it left behind holds the pipes open
        self.process.kill()
        self.process.wait()
        self._close()

    def _end_group(self) -> None:
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody left; a zombie, on macOS
                os.killpg(self.process.pid, signal.SIGKILL)

    def last_words(self) -> str:
        """The last line of its standard error."""
        lines = self._stderr.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def ran_out_of_memory(self) -> bool:
        """Whether the system gave it no more memory, by its own words."""
        return _OUT_OF_MEMORY in self._stderr.decode("utf-8", "replace")

    def _close(self) -> None:
        for drain in self._drains:
            drain.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # what was given and not taken
                    pipe.close()

    def _hand_over(self, pipe: IO[bytes], given: bytes) -> None:
        """Write what the child is given. The pipe stays open: its end tells the child that we are gone."""
        with contextlib.suppress(BrokenPipeError):
            pipe.write(given)
            pipe.flush()

    def _read_messages(self, pipe: IO[bytes]) -> None:
        while line := pipe.readline(MOST_MESSAGE_BYTES):
            self.is_overlong |= len(line) == MOST_MESSAGE_BYTES
            message = _message(line)
            if message is not None and not self._is_too_much(message):
                self.messages.put(message)

    def _is_too_much(self, message: dict[str, Any]) -> bool:
        return message["event"] == "progress" and self.messages.qsize() >= MOST_WAITING_MESSAGES

    def _read_stderr(self, pipe: IO[bytes]) -> None:
        while chunk := pipe.read1(_KIB):  # type: ignore[attr-defined] # Popen's pipes are buffered readers
            self._stderr += chunk
            del self._stderr[:-STDERR_TAIL_BYTES]


def _message(line: bytes) -> dict[str, Any] | None:
    """What the child said; None for the torn last line of one that was killed."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) and "event" in message else None


@dataclass(slots=True)
class _Watch:
    """Holds the limits against a running child."""

    words: ChildWords
    limits: ChildLimits
    out_dir: Path | None
    is_cancelled: Callable[[], bool]
    peak_memory_bytes: int = 0
    started: float = field(default_factory=time.monotonic)

    def elapsed_s(self) -> float:
        return time.monotonic() - self.started

    def check(self, child: _Child) -> None:
        """Raise when the child has to be stopped."""
        words, limits = self.words, self.limits
        if self.is_cancelled():
            raise ChildCancelledError(f"{words.work} was cancelled")
        if self.elapsed_s() > limits.wall_s:
            raise self._too_long(f"took longer than {limits.wall_s:g} s")
        self.peak_memory_bytes = max(self.peak_memory_bytes, own_memory_bytes(child.process.pid))
        if self.peak_memory_bytes > limits.memory_bytes:
            raise self._too_much_memory()
        if child.is_overlong:
            raise words.error(f"{words.worker} said more than {MOST_MESSAGE_BYTES:,} bytes at once", hint=words.hint)
        self.check_output()

    def check_output(self) -> None:
        """Raise when what it leaves has grown too large."""
        if self.out_dir is not None and _output_bytes(self.out_dir) > self.limits.output_bytes:
            raise LimitExceededError(
                f"{self.words.output} are larger than {self.limits.output_bytes:,} bytes", hint=self.words.output_hint
            )

    def death(self, child: _Child) -> OffangleError:
        """The error for a child that ended without a result."""
        words, code = self.words, child.process.returncode
        ended_by = signal.Signals(-code).name if code < 0 else ""
        if ended_by in _TOLD_TO_STOP:
            return words.error(f"{words.worker} was told to stop from outside", permanent=False)
        if ended_by == "SIGKILL":
            # Whether the file is to blame shows when it happens every time: then its tries are used up.
            return words.error(
                f"{words.worker} was killed by the system, most likely for lack of memory",
                hint=f"{words.hint} More memory for the worker may help as well.",
                permanent=False,
            )
        if ended_by == "SIGXCPU":
            return self._too_long(f"computed longer than {self.limits.whole_cpu_s} s")
        if ended_by and child.ran_out_of_memory():
            return self._too_much_memory()
        if ended_by:
            return words.error(f"{words.worker} crashed ({ended_by})", hint=words.hint)
        return words.error(f"{words.worker} ended with status {code}: {child.last_words()}", hint=words.hint)

    def _too_long(self, what: str) -> OffangleError:
        return self.words.error(f"{self.words.work} {what} and was stopped", hint=self.words.hint)

    def _too_much_memory(self) -> OffangleError:
        limit = f"more than {self.limits.memory_bytes:,} bytes of memory"
        return self.words.error(f"{self.words.work} took {limit} and was stopped", hint=self.words.hint)


def _follow(child: _Child, watch: _Watch, progress: Progress | None) -> dict[str, Any]:
    """Wait for the child's `done`, passing progress on and holding the limits."""
    while True:
        ended = child.has_ended()
        if not ended:
            watch.check(child)
        message = _next_message(child, wait_s=0.0 if ended else POLL_S)
        if message is None:
            if ended:
                watch.check_output()
                raise watch.death(child)
        elif message["event"] == "progress":
            if progress is not None:
                progress(message["stage"], message["share"])
        elif message["event"] == "error":
            watch.check_output()
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
        watch.check(child)
        child.linger(POLL_S)
    if child.process.returncode != 0:
        raise watch.death(child)
    watch.check_output()
    return {name: value for name, value in message.items() if name != "event"}


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
    """Size of all files in a folder and those below it; one that goes away meanwhile counts nothing."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 -- looked at 20 times a second
    return total
