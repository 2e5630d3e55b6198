"""`offangle export`: the tables of matches as files of one's own."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from offangle.bootstrap.build import start
from offangle.cli.output import notes, out
from offangle.cli.people import UserOption, acting_user
from offangle.core.errors import BadInputError
from offangle.db.models import Match, User
from offangle.db.queries.access import visible_match
from offangle.db.queries.match_list import MatchFilter, listed_matches
from offangle.flows.recorded.export import FILE_FORMATS, FileFormat, export_match
from offangle.storage.objects import ObjectStore

app = typer.Typer(add_completion=False)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; made if missing.")],
    *,
    match: Annotated[
        list[str] | None, typer.Option("--match", metavar="ID", help="Only this match; may be given several times.")
    ] = None,
    map_name: Annotated[str | None, typer.Option("--map", metavar="MAP", help="Only this map.")] = None,
    table: Annotated[
        list[str] | None, typer.Option("--table", metavar="NAME", help="Only this table; may be given several times.")
    ] = None,
    file_format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="parquet or csv.")] = "parquet",
    user: UserOption = None,
) -> None:
    """Write the tables of matches to a folder.

    Each match gets a folder of its own, DIR/MAP-ID (DIR/simulated-MAP-ID for one by Offangle's simulator), with a file
    per table.
    """
    known = {name: name for name in FILE_FORMATS}
    if file_format not in known:
        raise typer.BadParameter(f"{file_format!r} is not one of {', '.join(FILE_FORMATS)}", param_hint="--format")
    services = start()
    matches = _wanted(acting_user(user), match or [], map_name)
    written = _write(services.store, matches, folder, known[file_format], table)
    out().print(f"{written} files of {len(matches)} {'match' if len(matches) == 1 else 'matches'} in {folder}")


def _wanted(user: User, match_ids: list[str], map_name: str | None) -> list[Match]:
    if match_ids:
        return [visible_match(user, match_id) for match_id in match_ids]
    found = list(listed_matches(user, MatchFilter(map_name=map_name)))
    if not found:
        raise BadInputError("there is no match to export", hint="`offangle import` brings matches in.")
    return found


def _write(
    store: ObjectStore, matches: list[Match], folder: Path, file_format: FileFormat, tables: list[str] | None
) -> int:
    console = notes()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    written = 0
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        for match in progress.track(matches, description="exporting"):
            target = folder / f"{'simulated-' if match.is_simulated else ''}{match.map_name}-{match.pk}"
            written += len(export_match(store, match, target, file_format=file_format, tables=tables))
    return written
