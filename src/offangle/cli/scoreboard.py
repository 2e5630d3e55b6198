"""A match on a terminal: one table per team, then what was checked."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table

from offangle.core.sides import TEAMS

UNKNOWN: Final = "-"
NAME_WIDTH: Final = 16
"""Cells; with the other columns a table fits a terminal of 80."""
NOTE: Final = (
    "[dim]KAST in %; R2.0* is Rating 2.0 (est.), a public fit of an unpublished formula;\n"
    "Op, Tr, Cl: opening kills, trade kills, clutches won[/]"
)
SIDE_NAMES: Final = {"a": "Team A", "b": "Team B"}


def whole(number: Any) -> str:
    """A count."""
    return UNKNOWN if number is None else str(number)


def one_decimal(number: Any) -> str:
    """A figure with one digit after the point."""
    return UNKNOWN if number is None else f"{number:.1f}"


def two_decimals(number: Any) -> str:
    """A rating."""
    return UNKNOWN if number is None else f"{number:.2f}"


COLUMNS: Final[tuple[tuple[str, str, Callable[[Any], str]], ...]] = (
    ("K", "kills", whole),
    ("D", "deaths", whole),
    ("A", "assists", whole),
    ("HS", "headshot_kills", whole),
    ("ADR", "adr", one_decimal),
    ("KAST", "kast", one_decimal),
    ("R1.0", "rating_1", two_decimals),
    ("R2.0*", "rating_2_est", two_decimals),
    ("Op", "opening_kills", whole),
    ("Tr", "trade_kills", whole),
    ("Cl", "clutches_won", whole),
)


def print_match(console: Console, document: Mapping[str, Any], name: str) -> None:
    """The scoreboard and the checks of a document of `analysis.document`."""
    match = document["match"]
    score = match["score"]
    console.print(
        f"[bold]{escape(match['map'])}[/]  [bold]{score['a']}:{score['b']}[/]  "
        f"{match['rounds_played']} rounds  [dim]{escape(name)}[/]"
    )
    if match["is_simulated"]:
        console.print("[yellow]simulated[/]: by Offangle's simulator, nobody in it is real")
    if not match["rounds_played"]:
        console.print("[yellow]no completed round[/]")
    for team in (*TEAMS, None):
        players = [player for player in document["players"] if player["team"] == team]
        if players:
            console.print(_team_table(players, _team_name(match, team)))
    if document["players"]:
        console.print(NOTE)
    console.print(_checks(document["checks"]))


def _team_name(match: Mapping[str, Any], team: str | None) -> str:
    return "No team" if team is None else match[f"team_{team}_name"] or SIDE_NAMES[team]


def _team_table(players: list[dict[str, Any]], title: str) -> Table:
    table = Table(title=escape(title), title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    table.add_column("Player", width=NAME_WIDTH, no_wrap=True)
    for heading, _, _ in COLUMNS:
        table.add_column(heading, justify="right", no_wrap=True)
    for player in players:
        cells = [show(player[field]) for _, field, show in COLUMNS]
        table.add_row(escape(player["name"] or player["steam_id"]), *cells)
    return table


def _checks(checks: list[dict[str, Any]]) -> Group:
    failed = [check for check in checks if check["ok"] is False]
    unknown = sum(check["ok"] is None for check in checks)
    explained = sum(check["explained"] for check in checks)
    fine = len(checks) - len(failed) - unknown - explained
    words = [f"{fine} of {len(checks)} agree"]
    words += [f"{explained} explained"] if explained else []
    words += [f"{unknown} could not be checked"] if unknown else []
    lines = [f"checks: {', '.join(words)}"]
    lines += [
        f"[yellow]differs:[/] {escape(check['label'])}: expected {escape(check['expected'])}, "
        f"found {escape(check['found'])}" + (f" ({escape(check['detail'])})" if check["detail"] else "")
        for check in failed
    ]
    return Group(*lines)
