"""The reference page of the metrics, written from the registry so that the two cannot differ."""

from typing import Final

from offangle.analysis.metrics.metric import Group, Metric
from offangle.analysis.registry import PLAYER_METRICS

GROUP_TITLES: Final[dict[Group, str]] = {
    "rounds": "Rounds",
    "combat": "Combat",
    "ratings": "Ratings",
    "opening": "Opening duels",
    "trades": "Trades",
    "multi_kills": "Multi-kills",
    "clutches": "Clutches",
    "utility": "Utility",
    "apart": "Listed apart",
}

INTRODUCTION: Final = """# Metrics

Every figure of a player, per side and over both. Only counted rounds enter: knife rounds, warmup, restored and aborted
rounds are kept and left out. A figure the source does not know is empty, not zero. What had to be decided where a
definition leaves room stands in [definitions: choices](../explain/definitions-choices.md). Rating names of other
companies are their trademarks.

Those marked * are promoted: columns to sort by in the database and the SQL explorer, and fields beside the player's
name in the API and in the document of `offangle analyze --json`. All of them stand under `metrics` there.
"""


def metrics_page() -> str:
    """The page `docs/reference/metrics.md` as Markdown."""
    sections = [_section(title, group) for group, title in GROUP_TITLES.items()]
    return "\n".join([INTRODUCTION, *sections])


def _section(title: str, group: Group) -> str:
    rows = [_row(metric) for metric in PLAYER_METRICS if metric.group == group]
    head = ["| column | label | unit | divided by | meaning |", "|---|---|---|---|---|"]
    return "\n".join([f"## {title}", "", *head, *rows, ""])


def _row(metric: Metric) -> str:
    name = f"`{metric.name}`{' *' if metric.promoted else ''}"
    return f"| {name} | {metric.label} | {metric.unit} | {metric.denominator} | {metric.definition} |"
