"""The pages of docs/reference that are made from the code: commands, settings, metrics, patterns, the API's document.

`make docs` writes them; a test holds the committed ones to what this makes.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from typer.main import get_command

import offangle.bootstrap.framework  # noqa: F401 -- sets Django up, which the API rests on
from offangle.analysis.patterns.reference import patterns_page
from offangle.analysis.reference import metrics_page
from offangle.cli.main import app
from offangle.config.settings import Settings
from offangle.web.api.app import api

PREFIX: Final = "OFFANGLE_"
CLI_HEAD: Final = """\
# Commands

`offangle --help` and `offangle COMMAND --help` show the same. Results go to standard output, everything else to
standard error, so that output can be piped.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | what was given cannot be used: a broken or missing file, an unknown name, a refused import, a failed check |
| 2 | wrong usage or a wrong setting |
| 3 | an error inside Offangle; `--debug` before the command shows its traceback |

An error is one message and a hint. With `--json` it is `{"error": {"message", "hint", "exit_code"}}`, also on standard
error.
"""
SETTINGS_HEAD: Final = """\
# Settings

Environment variables, read once at the start; a value that makes no sense is refused by name.

| variable | default | meaning |
|---|---|---|
"""


def cli_page() -> str:
    """Every command with its help, arguments and options."""
    return CLI_HEAD + "".join(_sections(get_command(app), "offangle"))


def _sections(group: Any, path: str) -> Iterator[str]:
    context = group.make_context(path, [], resilient_parsing=True)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if hasattr(command, "list_commands"):
            yield from _sections(command, f"{path} {name}")
        else:
            yield _section(command, f"{path} {name}")


def _section(command: Any, path: str) -> str:
    context = command.make_context(path, [], resilient_parsing=True)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    records = [found for each in command.get_params(context) if (found := each.get_help_record(context))]
    rows = "".join(f"| `{_cell(names)}` | {_cell(text)} |\n" for names, text in records if names != "--help")
    table = f"\n| option | meaning |\n|---|---|\n{rows}" if rows else ""
    return f"\n## `{path}`\n\n    {usage}\n\n{_paragraphs(command.help or '')}\n{table}"


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def settings_page() -> str:
    """Every setting with its default and meaning."""
    fields = Settings.model_fields.items()
    return SETTINGS_HEAD + "".join(
        f"| `{PREFIX}{name.upper()}` | {_default(field.default)} | {field.description} |\n" for name, field in fields
    )


def _default(value: Any) -> str:
    plain = value.get_secret_value() if hasattr(value, "get_secret_value") else value
    return f"`{str(plain).lower() if isinstance(plain, bool) else plain}`" if str(plain) else "empty"


def openapi_document() -> str:
    """The API's OpenAPI document."""
    return json.dumps(json.loads(json.dumps(api.get_openapi_schema())), indent=1, sort_keys=True) + "\n"


PAGES: Final[dict[str, Callable[[], str]]] = {
    "cli.md": cli_page,
    "settings.md": settings_page,
    "openapi.json": openapi_document,
    "metrics.md": metrics_page,
    "patterns.md": patterns_page,
}


def write(folder: Path) -> None:
    """Write every page into `folder`."""
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
