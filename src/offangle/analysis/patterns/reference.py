"""The reference page of the patterns, written from their registry so that the two cannot differ."""

from typing import Final

from offangle.analysis.patterns.findings import FALSE_DISCOVERY_RATE, MIN_ROUNDS
from offangle.analysis.patterns.registry import PATTERN_TABLES, PatternTable
from offangle.analysis.patterns.situations import SITUATIONS, Situation

INTRODUCTION: Final = """# Patterns

What repeats over a player's matches, recorded and live alike. A figure with an interval has two columns beside it,
`_low` and `_high`, its 95 % interval. What a live client cannot tell is empty, not zero. How the figures are made and
why stands in [patterns](../explain/patterns.md).
"""


def patterns_page() -> str:
    """The page `docs/reference/patterns.md` as Markdown."""
    return "\n".join([INTRODUCTION, *(_section(table) for table in PATTERN_TABLES), _situations()])


def _section(table: PatternTable) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    head = ["| column | unit | divided by | interval | meaning |", "|---|---|---|---|---|"]
    rows = [
        f"| `{one.name}` | {one.unit} | {one.denominator} | {one.interval} | {one.definition} |"
        for one in table.figures
    ]
    return "\n".join([f"## {table.title}", "", f"{table.definition} Key: {key}.", "", *head, *rows, ""])


def _situations() -> str:
    text = (
        f"Each is tested from {MIN_ROUNDS} rounds on; shown is what survives a false discovery rate of "
        f"{FALSE_DISCOVERY_RATE:.0%}."
    )
    head = ["| situation | named by | measures | compared with |", "|---|---|---|---|"]
    return "\n".join(["## Situations", "", text, "", *head, *(_row(one) for one in SITUATIONS), ""])


def _row(one: Situation) -> str:
    keys = ", ".join(f"`{key}`" + (f" = {one.only[key]}" if key in one.only else "") for key in one.keys)
    measures = ", ".join(f"`{measure}`" for measure in one.measures)
    return f"| `{one.name}` | {keys} | {measures} | {one.compared_with} |"
