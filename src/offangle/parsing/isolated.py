"""Reading a match file in a process of its own, so that no file can hurt the process that asks.

The parsers are native code over hostile input: they may panic, crash, hang, or eat all memory. Each file is read by a
short-lived child with limits on time, memory and output; it leaves parquet files behind, and tables never travel
through a pipe. Where the system tells no process's memory (Windows), that limit is not held; the others are.
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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Final

import polars as pl

from offangle.core import errors
from offangle.core.errors import LimitExceededError, OffangleError, ParserCrashError, TransientError
from offangle.frames.collection import MatchFrames
from offangle.parsing.terms import DEFAULT_SAMPLE_RATE_HZ, MatchFileKind, Progress

WORKER_MODULES: Final[Mapping[MatchFileKind, str]] = MappingProxyType(
    {"demo": "offangle.parsing.demo_worker", "match_zip": "offangle.parsing.zip_worker"}
)
ALL_TICKS: Final = "all"

POLL_S: Final = 0.05
"""How often limits and cancellation are looked at."""
STDERR_TAIL_BYTES: Final = 4096
"""How much of a dead child's last words is kept for the error."""
BACKGROUND_NICENESS: Final = 10
"""How far the child steps back for other processes: a page request must not wait for a demo."""
KEPT_HINT: Final = "The file is kept and tried again when the parser is upgraded."

_PAGE_FIELDS: Final = ("RssAnon:", "RssShmem:", "VmSwap:")
_KIB: Final = 1024


class ParseCancelledError(TransientError):
    """Somebody asked to stop; the file is as good as before."""


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """What one file may cost.

    Attributes:
        wall_s: Seconds from start to end.
        memory_bytes: Memory of its own that the child may hold; the file's mapped pages are not counted.
        output_bytes: Size of all parquet files together.
    """

    wall_s: float = 600.0
    memory_bytes: int = 4 * 1024**3
    output_bytes: int = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class ParsedTables:
    """The parquet files that the child left, one per table.

    Attributes:
        directory: Where they lie.
        rows: Number of rows by table.
        peak_memory_bytes: Most memory of its own that the child was seen with; 0 where the system does not tell.
        wall_s: How long it took.
    """

    directory: Path
    rows: Mapping[str, int]
    peak_memory_bytes: int
    wall_s: float

    def path(self, name: str) -> Path:
        """The parquet file of table `name`."""
        return self.directory / f"{name}.parquet"

    def scan(self, name: str) -> pl.LazyFrame:
        """Table `name`, read only as far as the query needs."""
        return pl.scan_parquet(self.path(name))

    def load(self) -> MatchFrames:
        """All tables; each is read from its file when it is first asked for."""
        return MatchFrames(_TablesOnDisk(self))


class _TablesOnDisk(Mapping[str, pl.DataFrame]):
    """Tables by name that are read on first use and then kept."""

    def __init__(self, parsed: ParsedTables) -> None:
        self._parsed = parsed
        self._read: dict[str, pl.DataFrame] = {}

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self._parsed.rows:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = pl.read_parquet(self._parsed.path(name))
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._parsed.rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._parsed.rows)

    def __len__(self) -> int:
        return len(self._parsed.rows)


def parse_isolated(  # noqa: PLR0913 -- a file, a place, and independent switches, all named
    path: Path,
    kind: MatchFileKind,
    out_dir: Path,
    *,
    limits: ParseLimits | None = None,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
    sample_rate_hz: float | None = DEFAULT_SAMPLE_RATE_HZ,
    niceness: int = BACKGROUND_NICENESS,
    worker_module: str | None = None,
) -> ParsedTables:
    """Read `path` in a child process into parquet files under `out_dir`, which must be empty.

    Args:
        path: The uncompressed file.
        kind: A `.dem` recording, or a `cs2-demo-format` zip.
        out_dir: Where the tables go; emptied of them again when reading fails.
        limits: What the file may cost.
        progress: Told the stage and the share done, in the caller's thread.
        is_cancelled: Asked every `POLL_S`; True stops the child at once.
        sample_rate_hz: Rate of a recording's ticks table; None keeps every tick.
        niceness: How far the child steps back for other processes; 0 where a person waits for nothing else.
        worker_module: The module that the child runs; by default the one for `kind`.

    Raises:
        BadInputError: The file cannot be read.
        LimitExceededError: The tables are larger than allowed.
        ParserCrashError: The child crashed, hung, ran out of memory, or its parser refused the file.
        ContractError: What was read breaks the declaration of a table.
        ParseCancelledError: `is_cancelled` said so.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    rate = ALL_TICKS if sample_rate_hz is None else repr(sample_rate_hz)
    module = worker_module or WORKER_MODULES[kind]
    child = _Child([sys.executable, "-m", module, str(path), str(out_dir), rate, str(niceness)])
    watch = _Watch(limits or ParseLimits(), out_dir, is_cancelled or _never)
    try:
        result = _follow(child, watch, progress)
    except BaseException:
        child.kill()
        _remove_tables(out_dir)
        raise
    return ParsedTables(out_dir, result["rows"], watch.peak_memory_bytes, watch.elapsed_s())


def _never() -> bool:
    return False


class _Child:
    """The running worker and the threads that drain its pipes."""

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

    limits: ParseLimits
    out_dir: Path
    is_cancelled: Callable[[], bool]
    peak_memory_bytes: int = 0
    started: float = field(default_factory=time.monotonic)

    def elapsed_s(self) -> float:
        return time.monotonic() - self.started

    def check(self, pid: int) -> None:
        """Raise when the child has to be stopped."""
        if self.is_cancelled():
            raise ParseCancelledError("reading the file was cancelled")
        if self.elapsed_s() > self.limits.wall_s:
            raise ParserCrashError(
                f"reading the file took longer than {self.limits.wall_s:g} s and was stopped", hint=KEPT_HINT
            )
        self.peak_memory_bytes = max(self.peak_memory_bytes, own_memory_bytes(pid))
        if self.peak_memory_bytes > self.limits.memory_bytes:
            raise ParserCrashError(
                f"reading the file took more than {self.limits.memory_bytes:,} bytes of memory and was stopped",
                hint=KEPT_HINT,
            )
        self.check_output()

    def check_output(self) -> None:
        """Raise when the tables have grown too large."""
        if _output_bytes(self.out_dir) > self.limits.output_bytes:
            raise LimitExceededError(
                f"the tables of this file are larger than {self.limits.output_bytes:,} bytes",
                hint="Read it at a lower sample rate, or allow larger results.",
            )


def _follow(child: _Child, watch: _Watch, progress: Progress | None) -> dict[str, Any]:
    """Wait for the child's `done`, passing progress on and holding the limits."""
    while True:
        ended = child.has_ended()
        if not ended:
            watch.check(child.process.pid)
        message = _next_message(child, wait_s=0.0 if ended else POLL_S)
        if message is None:
            if ended:
                raise _death(child)
        elif message["event"] == "progress":
            if progress is not None:
                progress(message["stage"], message["share"])
        elif message["event"] == "error":
            raise _reported(message)
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
        raise _death(child)
    watch.check_output()
    return message


def _reported(message: dict[str, Any]) -> OffangleError:
    """The error that the child met, of the same class."""
    found = getattr(errors, message["kind"], None)
    error_class: type[OffangleError] = ParserCrashError
    if isinstance(found, type) and issubclass(found, OffangleError):
        error_class = found
    return error_class(message["message"], hint=message["hint"], permanent=message["permanent"])


def _death(child: _Child) -> ParserCrashError:
    """The error for a child that ended without a result."""
    code = child.process.returncode
    if code == -signal.SIGTERM:
        return ParserCrashError("the parser was told to stop from outside", permanent=False)
    if os.name == "posix" and code == -signal.SIGKILL:
        return ParserCrashError(
            "the parser was killed by the system, most likely for lack of memory",
            hint=f"{KEPT_HINT} More memory for the worker may help as well.",
        )
    if code < 0:
        return ParserCrashError(f"the parser crashed ({signal.Signals(-code).name})", hint=KEPT_HINT)
    return ParserCrashError(f"the parser ended with status {code}: {child.last_words()}", hint=KEPT_HINT)


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


def _remove_tables(directory: Path) -> None:
    for file in directory.glob("*.parquet"):
        file.unlink(missing_ok=True)
