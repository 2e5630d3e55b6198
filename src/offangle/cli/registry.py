"""The commands, each a module that is loaded only when it is asked for: `analyze` needs no database and starts fast.

Adding one is a module in `commands` with a typer `app`, and a line here.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A command: its name, where it is, and its line in the list of commands."""

    name: str
    module: str
    summary: str


COMMANDS: Final = (
    CommandEntry("up", "offangle.cli.commands.up", "Start everything: pages and worker, one supervisor."),
    CommandEntry("web", "offangle.cli.commands.web", "Start only the pages and the API."),
    CommandEntry("worker", "offangle.cli.commands.worker", "Start only a worker."),
    CommandEntry("import", "offangle.cli.commands.import_files", "Import match files and folders of them."),
    CommandEntry("analyze", "offangle.cli.commands.analyze", "Analyse a match file without server and database."),
    CommandEntry("reanalyse", "offangle.cli.commands.reanalyse", "Queue matches that an older version analysed."),
    CommandEntry("export", "offangle.cli.commands.export", "Write the tables of matches to a folder."),
    CommandEntry("user", "offangle.cli.commands.user", "People: create, list, passwords, links, Steam accounts."),
    CommandEntry("token", "offangle.cli.commands.token", "API tokens: create, list, revoke."),
    CommandEntry("doctor", "offangle.cli.commands.doctor", "Check this installation; says the remedy."),
)
