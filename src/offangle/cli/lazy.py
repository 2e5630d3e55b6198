"""A group of commands that loads a command's module when it is asked for, and none to list them."""

import importlib
from typing import Any, ClassVar, Final

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from offangle.cli.registry import COMMANDS, CommandEntry
from offangle.core.imports import spared


class LazyGroup(TyperGroup):
    """The commands of the registry, in its order; a group within it names its own."""

    entries: ClassVar[tuple[CommandEntry, ...]] = COMMANDS

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 -- the framework's signature
        """Their names."""
        return [entry.name for entry in self.entries]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, loaded now; while the list is being shown, only its name and summary."""
        entry = next((entry for entry in self.entries if entry.name == cmd_name), None)
        if entry is None:
            return None
        if ctx.meta.get(LISTING):
            return TyperCommand(entry.name, help=entry.summary)
        with spared(entry.spares):
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
