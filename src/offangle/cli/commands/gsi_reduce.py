"""`offangle gsi reduce`: a recording in, its matches out; no server, no database, no settings."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from offangle.cli.output import out, print_json
from offangle.cli.recordings import BrokenLine, RecordedPost, read_recording, say_broken
from offangle.gsi.wire import provider_steam_id
from offangle.live.document import matches_document, sessions_of
from offangle.live.reduce import reduce_all
from offangle.live.state import Session

app = typer.Typer(add_completion=False)


@app.command()
def reduce(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording: one post per line.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")] = False,
) -> None:
    """Follow a recording's matches without a server.

    Prints each match from one (re)start to the next with its score, rounds and own kills. With --json one document:
    matches with map, mode, aborted, rounds, kills with weapon and confidence, own figures and score. A line that is no
    post is left out and named, on standard error and under broken_lines.
    """
    broken: list[BrokenLine] = []

    def note(line: BrokenLine) -> None:
        broken.append(line)
        say_broken(line)

    matches = matches_document(recorded_sessions(file, note))
    if as_json:
        print_json({"matches": matches, "broken_lines": [{"line": one.line, "why": one.why} for one in broken]})
        return
    table = Table("Map", "Mode", "Score", "Rounds", "Kills", "Deaths", "", box=None)
    for match in matches:
        table.add_row(*_row(match))
    out().print(table if matches else "No rounds were played in this recording.")


def recorded_sessions(file: Path, on_broken: Callable[[BrokenLine], None] = say_broken) -> list[Session]:
    """All sessions of a recording, of every client in it, in the order in which they began.

    Raises:
        BadInputError: The file cannot be read, or no line of it is a post.
    """
    clients: defaultdict[int, list[RecordedPost]] = defaultdict(list)
    for post in read_recording(file, on_broken):
        clients[provider_steam_id(post.body) or 0].append(post)
    folded = [reduce_all(post.observation() for post in posts) for posts in clients.values()]
    sessions = [session for state, events in folded for session in sessions_of(events, state)]
    return sorted(sessions, key=lambda session: session.first_sequence)


def _row(match: dict[str, Any]) -> list[str]:
    own, enemy = match["score"]["own"], match["score"]["enemy"]
    score = "" if own is None else f"{own}:{enemy}"
    figures = [match["own"][name] for name in ("kills", "deaths")]
    return [
        escape(match["map"]),
        escape(match["mode"]),
        score,
        str(len(match["rounds"])),
        *("" if figure is None else str(figure) for figure in figures),
        "restarted" if match["aborted"] else "",
    ]
