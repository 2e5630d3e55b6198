"""`offangle sim load`: many live clients against a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from offangle.cli.output import notes, out, print_json
from offangle.cli.recordings import read_recording
from offangle.core.errors import BadInputError
from offangle_sim.gsi import load as posting
from offangle_sim.gsi.load import Identity, LoadOrder, LoadRecording, LoadReport

app = typer.Typer(add_completion=False)

GSI_FOLDER: Final = "gsi"
"""Where `offangle sim match` puts what its players' games post."""
DEFAULT_SECONDS: Final = 60.0


@app.command()
def load(  # noqa: PLR0913 -- options of a command
    recordings: Annotated[
        Path, typer.Argument(metavar="RECORDINGS", help="A recording, or a folder that `offangle sim match` wrote.")
    ],
    *,
    url: Annotated[str, typer.Option("--url", help="Where to post, with /gsi at its end.")],
    tokens: Annotated[Path, typer.Option("--tokens", metavar="FILE", help="Lines of a Steam account and its token.")],
    clients: Annotated[
        int | None, typer.Option("--clients", min=1, help="How many of the accounts post; all of them if left out.")
    ] = None,
    speed: Annotated[
        float, typer.Option("--speed", min=0.0, help="Times faster than recorded; 0: without pauses.")
    ] = 1.0,
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="For how long to post.")] = DEFAULT_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print what happened as JSON.")] = False,
) -> None:
    """Let many simulated players post to a server.

    Each account plays one of the recordings as its own, over and over, one post at a time. Prints how many posts per
    second were taken, within which time half of them and 99 of 100 were answered, and what failed.
    """
    order = LoadOrder(url, _identities(tokens, clients), seconds, speed)
    found = [_recording(path) for path in _files(recordings)]
    with _progress(len(order.clients)) as told:
        report = posting.run_load(found, order, told)
    if not report.accepted:
        raise BadInputError(
            f"{url} took no post: {_failures(report) or 'none was due'}",
            hint="`offangle gsi token create STEAM_ID` makes a token; the address ends with /gsi.",
        )
    if as_json:
        print_json(report.document())
    else:
        _print(report)


def _identities(tokens: Path, wanted: int | None) -> tuple[Identity, ...]:
    known = posting.read_tokens(tokens)
    if wanted is not None and wanted > len(known):
        raise BadInputError(
            f"{tokens} has {len(known)} accounts, not {wanted}", hint="Each client needs an account and its token."
        )
    return tuple(known[:wanted])


def _files(recordings: Path) -> list[Path]:
    if not recordings.is_dir():
        return [recordings]
    folder = recordings / GSI_FOLDER
    found = sorted((folder if folder.is_dir() else recordings).glob("*.jsonl"))
    if not found:
        raise BadInputError(f"{recordings} holds no recordings", hint="Name a folder that `offangle sim match` wrote.")
    return found


def _recording(path: Path) -> LoadRecording:
    try:
        return posting.recording_of((post.received_ns, post.body) for post in read_recording(path))
    except BadInputError as error:
        raise BadInputError(f"{path}: {error.message}", hint=error.hint) from error


def _print(report: LoadReport) -> None:
    said = report.document()
    out().print(
        f"{said['accepted']} posts of {said['clients']} players in {said['seconds']:.1f} s: {said['posts_per_s']:.0f} "
        f"posts/s, answered within {said['p50_ms']:.1f} ms (half) and {said['p99_ms']:.1f} ms (99 of 100)."
    )
    if report.failures:
        out().print(f"Not taken: {_failures(report)}.", markup=False)


def _failures(report: LoadReport) -> str:
    return ", ".join(f"{what} ({count})" for what, count in report.failures.most_common())


@contextmanager
def _progress(clients: int) -> Iterator[posting.Progress]:
    """A bar on standard error while somebody watches; it leaves nothing behind."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[posts]}"), TimeElapsedColumn())
    console = notes()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"{clients} players", total=1.0, posts="")
        yield lambda share, posts: progress.update(task, completed=share, posts=f"{posts} posts")
