"""The process that reads one match file: `python -m offangle.parsing.demo_worker FILE OUT_DIR RATE`.

There is one module to run per kind of file (`demo_worker`, `zip_worker`), so that a kind does not wait for the
parsers of another to load; this one is what they share. It writes one parquet file per table.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from offangle.core.errors import ContractError, ParserCrashError
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.terms import Progress, is_rust_panic
from offangle.processes.channel import serve

ALL_TICKS: Final = "all"
"""How the command line says "every tick" instead of a rate."""

Read = Callable[[Path, float | None, Progress], MatchFrames]


def run(arguments: list[str], read: Read) -> int:
    """Read the file named by `arguments` with `read`; exit status 0 when `done` was said, 1 after `error`."""
    path, out_dir, rate = arguments

    def work(progress: Progress) -> Mapping[str, Any]:
        frames = _fitting(read(Path(path), None if rate == ALL_TICKS else float(rate), progress))
        progress("write", 0.0)
        return {"rows": write_tables(frames, Path(out_dir))}

    return serve(work, error=ParserCrashError, is_failure=_is_failure)


def _fitting(frames: MatchFrames) -> MatchFrames:
    """The tables, checked. What breaks them came from the file, whoever should have foreseen it."""
    try:
        return check(frames)
    except ContractError as error:
        raise ParserCrashError(
            f"the file holds what no match can: {error.message}", hint="Report it with this message."
        ) from error


def write_tables(frames: MatchFrames, out_dir: Path) -> dict[str, int]:
    """Write each table to `out_dir/<table>.parquet`; its number of rows by name."""
    rows = {}
    for name in frames:
        table = frames[name]
        table.write_parquet(out_dir / f"{name}.parquet", compression="zstd")
        rows[name] = table.height
    return rows


def _is_failure(error: BaseException) -> bool:
    return isinstance(error, Exception) or is_rust_panic(error)
