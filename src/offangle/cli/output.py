"""What the command line prints: results on standard output, everything else on standard error."""

import json
from typing import Any, Final

import typer
from rich.console import Console
from rich.markup import escape

from offangle.core.errors import ContractError, OffangleError, SettingsError

OK: Final = 0
BAD_INPUT: Final = 1
USAGE: Final = 2
INTERNAL: Final = 3


def out() -> Console:
    """Standard output; made anew, so that whoever redirects it is heard."""
    return Console(highlight=False)


def notes() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False)


def print_json(document: Any) -> None:
    """A document on standard output, readable and plain."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def exit_code(error: OffangleError) -> int:
    """A wrong setting is misuse, a broken contract our own fault; all else is about what was given."""
    if isinstance(error, SettingsError):
        return USAGE
    return INTERNAL if isinstance(error, ContractError) else BAD_INPUT


def report(message: str, hint: str, *, as_json: bool, code: int) -> None:
    """One clear message on standard error, with what to do."""
    if as_json:
        document = {"error": {"message": message, "hint": hint, "exit_code": code}}
        typer.echo(json.dumps(document, ensure_ascii=False), err=True)
        return
    notes().print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True)
    if hint:
        notes().print(f"[dim]hint:[/]  {escape(hint)}", soft_wrap=True)
