"""`offangle worker`: the jobs alone."""

import typer

from offangle.cli.processes import run_worker

app = typer.Typer(add_completion=False)


@app.command()
def worker() -> None:
    """Start only a worker.

    It reads demos, analyses and publishes them. A worker that dies is replaced by the others within seconds.
    """
    raise typer.Exit(run_worker())
