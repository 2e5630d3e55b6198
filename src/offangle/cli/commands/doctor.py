"""`offangle doctor`: can this installation work."""

from dataclasses import asdict

import typer
from rich.markup import escape

from offangle.bootstrap.checks import run_checks
from offangle.cli.output import BAD_INPUT, out, print_json
from offangle.cli.people import JsonOption
from offangle.config.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def doctor(*, as_json: JsonOption = False) -> None:
    """Check this installation; says the remedy.

    Looks at Python, versions, database, store, worker and disk, and changes nothing. Exits with 1 if one is wrong.
    """
    results = run_checks(load_settings())
    if as_json:
        print_json([asdict(result) for result in results])
    else:
        for result in results:
            mark = "[green]ok[/]   " if result.ok else "[red]wrong[/]"
            out().print(f"{mark} [bold]{result.name}[/]: {escape(result.found)}", soft_wrap=True)
            if result.remedy:
                out().print(f"      [dim]remedy:[/] {escape(result.remedy)}", soft_wrap=True)
    if not all(result.ok for result in results):
        raise typer.Exit(BAD_INPUT)
