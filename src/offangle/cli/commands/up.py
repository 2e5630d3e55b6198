"""`offangle up`: everything on this machine."""

from typing import Annotated

import typer

from offangle.cli.processes import run_up

app = typer.Typer(add_completion=False)


@app.command()
def up(
    *,
    open_browser: Annotated[
        bool | None,
        typer.Option("--open/--no-open", help="Open the pages in a browser; by default where there is a desktop."),
    ] = None,
) -> None:
    """Start everything: pages and worker, one supervisor.

    Creates the data folder, brings the database up to date, prints the address with a one-time sign-in link for the
    owner, and runs until Ctrl-C.
    """
    raise typer.Exit(run_up(open_browser=open_browser))
