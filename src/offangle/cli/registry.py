"""The commands, each a module that is loaded only when it is asked for: `analyze` needs no database and starts fast.

Adding one is a module in `commands` with a typer `app`, and a line here.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A command.

    Attributes:
        name: What is typed.
        module: Where it is.
        summary: Its line in the list of commands.
        spares: Packages that libraries load where they find them and that this command has no use for.
    """

    name: str
    module: str
    summary: str
    spares: tuple[str, ...] = ()


COMMANDS: Final = (
    CommandEntry("up", "offangle.cli.commands.up", "Start everything: pages and worker, one supervisor."),
    CommandEntry("web", "offangle.cli.commands.web", "Start only the pages and the API."),
    CommandEntry("worker", "offangle.cli.commands.worker", "Start only a worker."),
    CommandEntry("import", "offangle.cli.commands.import_files", "Import match files and folders of them."),
    CommandEntry(
        "analyze",
        "offangle.cli.commands.analyze",
        "Analyse a match file without server and database.",
        spares=("sqlalchemy",),  # dataframely loads it, half a second
    ),
    CommandEntry("reanalyse", "offangle.cli.commands.reanalyse", "Queue matches that an older version analysed."),
    CommandEntry("export", "offangle.cli.commands.export", "Write the tables of matches to a folder."),
    CommandEntry("user", "offangle.cli.commands.user", "People: create, list, passwords, links, Steam accounts."),
    CommandEntry("token", "offangle.cli.commands.token", "API tokens: create, list, revoke."),
    CommandEntry(
        "gsi",
        "offangle.cli.commands.gsi",
        "Live play: replay and reduce recordings, tokens of game clients, the ingest alone.",
    ),
    CommandEntry(
        "sim",
        "offangle.cli.commands.sim",
        "Simulated matches with a known truth, and simulated players against a server.",
    ),
    CommandEntry("doctor", "offangle.cli.commands.doctor", "Check this installation; says the remedy."),
)
