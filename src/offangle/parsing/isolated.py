"""Reading a match file in a process of its own, so that no file can hurt the process that asks.

The parsers are native code over hostile input. Each file is read by a short-lived child with limits on time, memory and
output; it leaves parquet files behind, and tables never travel through a pipe.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from offangle.core.errors import ParserCrashError
from offangle.frames.collection import MatchFrames
from offangle.parsing.terms import DEFAULT_SAMPLE_RATE_HZ, MatchFileKind, Progress
from offangle.processes.children import ChildLimits, ChildWords, run_child

WORKER_MODULES: Final[Mapping[MatchFileKind, str]] = MappingProxyType(
    {"demo": "offangle.parsing.demo_worker", "match_zip": "offangle.parsing.zip_worker"}
)
ALL_TICKS: Final = "all"
WORDS: Final = ChildWords(
    work="reading the file",
    worker="the parser",
    output="the tables of this file",
    output_hint="Read it at a lower sample rate, or allow larger results.",
    hint="The file is kept and tried again when the parser is upgraded.",
    error=ParserCrashError,
)


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
    limits: ChildLimits | None = None,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
    sample_rate_hz: float | None = DEFAULT_SAMPLE_RATE_HZ,
    worker_module: str | None = None,
) -> ParsedTables:
    """Read `path` in a child process into parquet files under `out_dir`, which must be empty.

    Args:
        path: The uncompressed file.
        kind: A `.dem` recording, or a `cs2-demo-format` zip.
        out_dir: Where the tables go; emptied of them again when reading fails.
        limits: What the file may cost.
        progress: Told the stage and the share done, in the caller's thread.
        is_cancelled: Asked often; True stops the child at once.
        sample_rate_hz: Rate of a recording's ticks table; None keeps every tick.
        worker_module: The module that the child runs; by default the one for `kind`.

    Raises:
        BadInputError: The file cannot be read.
        LimitExceededError: The tables are larger than allowed.
        ParserCrashError: The child crashed, hung, ran out of memory, or its parser refused the file.
        ChildCancelledError: `is_cancelled` said so.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    rate = ALL_TICKS if sample_rate_hz is None else repr(sample_rate_hz)
    module = worker_module or WORKER_MODULES[kind]
    try:
        result = run_child(
            module,
            [str(path), str(out_dir), rate],
            out_dir,
            words=WORDS,
            limits=limits,
            progress=progress,
            is_cancelled=is_cancelled,
        )
    except BaseException:
        _remove_tables(out_dir)
        raise
    return ParsedTables(out_dir, result.told["rows"], result.peak_memory_bytes, result.wall_s)


def _remove_tables(directory: Path) -> None:
    for file in directory.glob("*.parquet"):
        file.unlink(missing_ok=True)
