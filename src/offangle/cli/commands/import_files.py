"""`offangle import`: match files from this machine's disk into the installation, or a simulated sample."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from offangle.bootstrap.build import start
from offangle.cli.output import BAD_INPUT, notes, out, print_json
from offangle.cli.people import JsonOption, UserOption, acting_user
from offangle.cli.waiting import wait_for_jobs
from offangle.core.errors import BadInputError
from offangle.db.models import Demo, ImportRecord, Match, User
from offangle.flows.samples.sample import ask_sample, job_of, state_of
from offangle.flows.services import Services
from offangle.flows.syncing.visit import Visit
from offangle.jobs.client import JobClient
from offangle.sources.folder import SUFFIXES, FolderSource

app = typer.Typer(add_completion=False)


@app.command()
def import_files(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Files, archives, or folders of them.")
    ] = None,
    *,
    sample: Annotated[
        bool, typer.Option("--sample", help="A match by Offangle's simulator, to look around in.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the matches are published.")] = False,
    user: UserOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import match files and folders of them.

    Each file is stored and queued; a worker (`offangle up` or `offangle worker`) reads and publishes it. Exits with 1
    if a file was refused, or with --wait if one could not be analysed.
    """
    if not paths and not sample:
        raise typer.BadParameter("nothing to import: name a PATH, or ask for --sample")
    services = start()
    importer = acting_user(user)
    records = (_taken(services, importer, paths) if paths else []) + (
        [ask_sample(services, importer)] if sample else []
    )
    if wait:
        _wait_for(services.jobs, records)
    rows = [_row(record) for record in records]
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            out().print(_line(row), soft_wrap=True)
    if any(row["error"] for row in rows):
        raise typer.Exit(BAD_INPUT)


def _taken(services: Services, user: User, paths: list[Path]) -> list[ImportRecord]:
    """Take in all files among `paths`.

    Raises:
        BadInputError: A path does not exist, or there is no match file at all.
    """
    console = notes()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    records: list[ImportRecord] = []
    with Visit(services, user, FolderSource(paths)) as visit:
        if not visit.offers:
            raise BadInputError("no match file found", hint=f"Folders are searched for {', '.join(SUFFIXES)}.")
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("", total=len(visit.offers))
            for offer in visit.offers:
                progress.update(task, description=escape(offer.name))
                records += visit.take(offer).records
                progress.advance(task)
    return records


def _wait_for(jobs: JobClient, records: list[ImportRecord]) -> None:
    """Wait for the jobs of all files; that of a sample's file begins when the simulation has ended."""
    wait_for_jobs(jobs, [job_of(record) for record in records if state_of(record) != "refused" and record.demo is None])
    for record in records:
        record.refresh_from_db()
    demos = Demo.objects.filter(pk__in=[record.demo_id for record in records if record.demo_id])
    wait_for_jobs(jobs, [demo.job_id for demo in demos if demo.job_id and demo.state != Demo.State.PUBLISHED])


def _row(record: ImportRecord) -> dict[str, Any]:
    record.refresh_from_db()
    demo = record.demo
    match = Match.objects.filter(demo=demo).first() if demo else None
    return {
        "name": record.original_name,
        "state": state_of(record),
        "is_duplicate": record.is_duplicate,
        "sha256": record.demo_id,
        "job_id": job_of(record) or None,
        "match_id": str(match.pk) if match else None,
        "map": match.map_name if match else None,
        "score": {"a": match.score_a, "b": match.score_b} if match else None,
        "error": record.error or (demo.failure if demo else ""),
        "hint": record.error_hint or (demo.failure_hint if demo else ""),
    }


def _line(row: dict[str, Any]) -> str:
    name = escape(row["name"])
    if row["error"]:
        hint = f" [dim]{escape(row['hint'])}[/]" if row["hint"] else ""
        return f"[red]{row['state']}[/] {name}: {escape(row['error'])}{hint}"
    if row["match_id"]:
        score = row["score"]
        return f"[green]published[/] {name}: {escape(row['map'])} {score['a']}:{score['b']} [dim]{row['match_id']}[/]"
    return f"{row['state']} {name}" + (" [dim](the same bytes were here before)[/]" if row["is_duplicate"] else "")
