"""A group of commands that loads a command's module when it is asked for, and none to list them."""

import importlib
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from offangle.cli.registry import COMMANDS

BY_NAME: Final = {entry.name: entry for entry in COMMANDS}


class LazyGroup(TyperGroup):
    """The commands of the registry, in its order."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 -- the framework's signature
        """Their names."""
        return list(BY_NAME)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, loaded now; while the list is being shown, only its name and summary."""
        entry = BY_NAME.get(cmd_name)
        if entry is None:
            return None
        if ctx.meta.get(LISTING):
            return TyperCommand(entry.name, help=entry.summary)
        command = get_command(importlib.import_module(entry.module).app)
        command.name = entry.name
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the help without loading a module."""
        ctx.meta[LISTING] = True
        try:
            super().format_help(ctx, formatter)
        finally:
            del ctx.meta[LISTING]


LISTING: Final = "offangle.cli.lazy.listing"
