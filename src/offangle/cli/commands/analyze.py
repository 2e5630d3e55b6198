"""`offangle analyze`: a match file in, its figures out; no server, no database, no settings."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from offangle.analysis.document import match_document
from offangle.analysis.run import Analysis, analyse
from offangle.cli.local_files import LocalMatch, local_matches
from offangle.cli.output import notes, out, print_json
from offangle.cli.scoreboard import print_match
from offangle.core.errors import BadInputError, ParserCrashError
from offangle.parsing.isolated import ParsedTables, parse_isolated
from offangle.processes.children import ChildLimits

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
    of several demos); docs/reference/analyze-json.md describes it.
    """
    documents = list(_documents(file, out_dir, as_json=as_json))
    if as_json:
        print_json(documents[0] if len(documents) == 1 else documents)


def _documents(file: Path, out_dir: Path | None, *, as_json: bool) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="offangle-analyze-") as name:
        folder = Path(name)
        taken: set[str] = set()
        for number, match in enumerate(local_matches(file, folder)):
            target = None if out_dir is None else _target(out_dir, file, match, taken)
            tables = (target or folder / str(number)) / FRAMES_FOLDER
            document, analysis = _analysed(_parsed(match, tables))
            if target is not None:
                _write_derived(analysis, target / DERIVED_FOLDER)
            if not as_json:
                print_match(out(), document, match.name)
            yield document


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


def _target(out_dir: Path, file: Path, match: LocalMatch, taken: set[str]) -> Path:
    """Where this match's tables go: the folder itself, or one per demo for a zip of demos.

    Raises:
        BadInputError: There are tables already, or two demos have one name.
    """
    target = out_dir if match.name in {file.name, file.stem} else out_dir / Path(match.name).stem
    folders = (target / FRAMES_FOLDER, target / DERIVED_FOLDER)
    if str(target) in taken or any(folder.exists() and any(folder.iterdir()) for folder in folders):
        raise BadInputError(f"{target} already holds tables", hint="Give --out an empty or new folder.")
    taken.add(str(target))
    return target


def _write_derived(analysis: Analysis, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in analysis.tables.items():
        table.write_parquet(folder / f"{name}.parquet", compression="zstd")
