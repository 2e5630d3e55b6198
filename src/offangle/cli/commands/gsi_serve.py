"""`offangle gsi serve`: the ingest alone."""

import typer

from offangle.cli.processes import run_gsi

app = typer.Typer(add_completion=False)


@app.command()
def serve() -> None:
    """Take posts of game clients, and serve nothing else.

    For servers that keep the posts apart from the pages: it answers `/gsi`, `/gsi/health` and `/metrics`.
    """
    raise typer.Exit(run_gsi())
