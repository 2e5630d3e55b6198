"""`offangle`: finds the command, runs it, and turns every error into one message and an exit code.

0: done. 1: what was given cannot be used. 2: wrong usage or settings. 3: an error inside Offangle.
"""

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer
from typer.main import get_command

from offangle.cli.lazy import LazyGroup
from offangle.cli.output import INTERNAL, OK, USAGE, exit_code, out, report
from offangle.core.errors import OffangleError

INTERRUPTED = 130
DEBUG_OPTION = "--debug"
JSON_OPTION = "--json"

app = typer.Typer(
    name="offangle",
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Counter-Strike 2 matches: import, analyse, look at them in the browser.",
    epilog="Exit codes: 0 done, 1 bad input, 2 wrong usage or settings, 3 internal error.",
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 -- the framework's callback signature
    if wanted:
        out().print(f"offangle {version('offangle')}")
        raise typer.Exit


@app.callback()
def root(
    *,
    debug: Annotated[bool, typer.Option(DEBUG_OPTION, help="Show the traceback of an error.")] = False,
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Read the options that stand before a command; `main` looks at them itself, also when parsing fails."""
    del debug, show_version


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; nothing is raised unless `--debug` asks for it."""
    debug, as_json = DEBUG_OPTION in arguments, JSON_OPTION in arguments
    try:
        code = get_command(app).main(args=list(arguments), prog_name="offangle", standalone_mode=False)
    except typer.TyperException as error:
        if error.exit_code == USAGE and error.format_message():
            report(error.format_message(), _usage_hint(error), as_json=as_json, code=USAGE)
        return error.exit_code
    except OffangleError as error:
        if debug:
            raise
        report(error.message, error.hint, as_json=as_json, code=exit_code(error))
        return exit_code(error)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:  # the last resort of the program
        if debug:
            raise
        hint = f"This is a fault of Offangle. Run it again as `offangle {DEBUG_OPTION} …` and report what it prints."
        report(f"{type(error).__name__}: {error}", hint, as_json=as_json, code=INTERNAL)
        return INTERNAL
    return code if isinstance(code, int) else OK


def _usage_hint(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f"`{context.command_path if context else 'offangle'} --help` tells how it is used."


def run() -> None:
    """Entry point of the program."""
    sys.exit(main(sys.argv[1:]))
