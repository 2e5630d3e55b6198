"""`offangle reanalyse`: after an update."""

from typing import Annotated

import typer

from offangle.bootstrap.build import start
from offangle.cli.output import out
from offangle.flows.recorded.reanalyse import reanalyse as queue_matches

app = typer.Typer(add_completion=False)


@app.command()
def reanalyse(
    *,
    force: Annotated[bool, typer.Option("--force", help="Also those that this version analysed.")] = False,
) -> None:
    """Queue matches that an older version analysed.

    A worker runs them again from their stored files, behind all other work; what is published stays until then.
    """
    number = queue_matches(start().jobs, force=force)
    out().print(f"{number} {'file' if number == 1 else 'files'} queued for the worker.")
