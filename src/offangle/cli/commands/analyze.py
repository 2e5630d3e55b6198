"""`offangle analyze`: a match file in, its figures out; no server, no database, no settings."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from offangle.analysis.document import match_document
from offangle.analysis.run import Analysis, analyse
from offangle.cli.local_files import LocalMatch, each_local_match
from offangle.cli.output import notes, out, print_json
from offangle.cli.scoreboard import print_match
from offangle.core.errors import BadInputError, ParserCrashError
from offangle.parsing.isolated import ParsedTables, parse_isolated
from offangle.processes.children import ChildLimits
from offangle.storage.unpacking import RejectedMember

app = typer.Typer(add_completion=False)

FRAMES_FOLDER = "frames"
DERIVED_FOLDER = "derived"


@app.command()
def analyze(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .dem (also .gz .bz2 .zst .xz .zip) or a cs2-demo-format zip.")
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")] = False,
    out_dir: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Also write every table as parquet into this folder.")
    ] = None,
) -> None:
    """Analyse a match file without server and database.

    Prints a scoreboard per team and what was checked. With --json, one document (a list of them when the file is a zip
    of several matches); docs/reference/analyze-json.md describes it.
    """
    with tempfile.TemporaryDirectory(prefix="offangle-analyze-") as name:
        told = _Telling(file, out_dir, Path(name), as_json=as_json)
        found = each_local_match(file, _folder(Path(name), "unpacked"), told.document)
    if as_json:
        documents = found.taken
        print_json(documents[0] if len(documents) == 1 else documents)
    if found.rejected:
        raise _partly_read(found.rejected, len(found.taken))


def _partly_read(rejected: Sequence[RejectedMember], read: int) -> BadInputError:
    """What to say at the end, so that nobody takes the matches that could be read for all."""
    reasons = "; ".join(f"{member.name}: {member.error.message}" for member in rejected)
    return BadInputError(
        f"{len(rejected)} of {len(rejected) + read} match files in the zip cannot be read: {reasons}",
        hint="The others were read; their results stand above.",
    )


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


class _Telling:
    """The matches of a file, each analysed and printed when its turn comes."""

    def __init__(self, file: Path, out_dir: Path | None, scratch: Path, *, as_json: bool) -> None:
        self._file = file
        self._out_dir = out_dir
        self._scratch = scratch
        self._as_json = as_json
        self._taken: set[Path] = set()

    def document(self, match: LocalMatch) -> dict[str, Any]:
        """Analyse one match, print it or keep quiet, and write its tables where they are asked for."""
        target = None if self._out_dir is None else self._target(self._out_dir, match)
        with tempfile.TemporaryDirectory(dir=self._scratch) as name:
            tables = (target or Path(name)) / FRAMES_FOLDER
            document, analysis = _analysed(_parsed(match, tables))
        if target is not None:
            _write_derived(analysis, target / DERIVED_FOLDER)
        if not self._as_json:
            print_match(out(), document, match.name)
        return document

    def _target(self, out_dir: Path, match: LocalMatch) -> Path:
        """Where this match's tables go: the folder itself, or one per match for a zip of matches.

        Raises:
            BadInputError: There are tables already.
        """
        if match.name in {self._file.name, self._file.stem}:
            target = out_dir
        else:
            target = self._free(out_dir / Path(match.name).stem)
        folders = (target / FRAMES_FOLDER, target / DERIVED_FOLDER)
        if any(folder.exists() and any(folder.iterdir()) for folder in folders):
            raise BadInputError(f"{target} already holds tables", hint="Give --out an empty or new folder.")
        self._taken.add(target)
        return target

    def _free(self, target: Path) -> Path:
        """`target`, numbered where another match of the same name was before."""
        names = (target, *(target.with_name(f"{target.name}-{number}") for number in range(2, len(self._taken) + 2)))
        return next(name for name in names if name not in self._taken)


def _analysed(parsed: ParsedTables) -> tuple[dict[str, Any], Analysis]:
    frames = parsed.load()
    analysis = analyse(frames)
    return match_document(frames, analysis), analysis


def _parsed(match: LocalMatch, folder: Path) -> ParsedTables:
    with _progress(match.name) as (progress, task):

        def told(stage: str, share: float) -> None:
            progress.update(task, completed=share, stage=stage)

        try:
            return parse_isolated(match.path, match.kind, folder, progress=told, limits=ChildLimits(niceness=0))
        except ParserCrashError as error:
            # The hint of a stored file, that it is tried again by itself, would be untrue here.
            raise ParserCrashError(error.message, hint="A newer version of Offangle may read it.") from error


@contextmanager
def _progress(name: str) -> Iterator[tuple[Progress, Any]]:
    """A bar on standard error while somebody watches; it leaves nothing behind."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[stage]}"), TimeElapsedColumn())
    console = notes()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress, progress.add_task(name, total=1.0, stage="")


def _write_derived(analysis: Analysis, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in analysis.tables.items():
        table.write_parquet(folder / f"{name}.parquet", compression="zstd")
