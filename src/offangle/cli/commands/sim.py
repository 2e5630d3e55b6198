"""`offangle sim`: simulated matches and simulated players. Each command is loaded when it is asked for."""

from typing import ClassVar, Final

import typer

from offangle.cli.lazy import LazyGroup
from offangle.cli.registry import CommandEntry

ENTRIES: Final = (
    CommandEntry("match", "offangle.cli.commands.sim_match", "Simulate a match with a known truth."),
    CommandEntry("load", "offangle.cli.commands.sim_load", "Let many simulated players post to a server."),
)


class SimGroup(LazyGroup):
    """The commands above."""

    entries: ClassVar[tuple[CommandEntry, ...]] = ENTRIES


app = typer.Typer(cls=SimGroup, add_completion=False, no_args_is_help=True)


@app.callback(help="Simulated matches with a known truth, and simulated players against a server.")
def group() -> None:
    """Nothing of its own."""
