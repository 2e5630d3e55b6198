"""`offangle gsi`: live play, from a recording or a game client. Each command is loaded when it is asked for."""

from typing import ClassVar, Final

import typer

from offangle.cli.lazy import LazyGroup
from offangle.cli.registry import CommandEntry

ENTRIES: Final = (
    CommandEntry("replay", "offangle.cli.commands.gsi_replay", "Post a recording to a server, as the game does."),
    CommandEntry("reduce", "offangle.cli.commands.gsi_reduce", "Follow a recording's matches without a server."),
    CommandEntry("token", "offangle.cli.commands.gsi_token", "Tokens of game clients: create, list, rotate, revoke."),
    CommandEntry("serve", "offangle.cli.commands.gsi_serve", "Take posts of game clients, and serve nothing else."),
)


class GsiGroup(LazyGroup):
    """The commands above."""

    entries: ClassVar[tuple[CommandEntry, ...]] = ENTRIES


app = typer.Typer(cls=GsiGroup, add_completion=False, no_args_is_help=True)


@app.callback(help="Live play: replay and reduce recordings, tokens of game clients, the ingest alone.")
def group() -> None:
    """Nothing of its own."""
