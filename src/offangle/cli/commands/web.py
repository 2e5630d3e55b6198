"""`offangle web`: the pages and the API alone."""

import typer

from offangle.cli.processes import run_web

app = typer.Typer(add_completion=False)


@app.command()
def web() -> None:
    """Start only the pages and the API.

    For servers: run any number of these beside any number of workers, on PostgreSQL and an S3-compatible store.
    """
    raise typer.Exit(run_web())
