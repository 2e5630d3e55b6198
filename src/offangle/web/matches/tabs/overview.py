"""Overview: the best figures and the scoreboard of each team."""

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest

from offangle.analysis.metrics.metric import Metric
from offangle.analysis.registry import METRICS_BY_NAME, PLAYER_METRICS
from offangle.core.errors import BadInputError
from offangle.core.sides import TEAMS
from offangle.db.models import PlayerMatchStat, SteamAccount
from offangle.web.matches.tabs.page import MatchPage, Tab
from offangle.web.shared.signed_in import signed_in

SIDES: Final = (("all", "Both sides"), ("t", "T"), ("ct", "CT"))

MAIN_COLUMNS: Final = (
    "kills",
    "deaths",
    "assists",
    "kd_ratio",
    "adr",
    "kast",
    "hs_percent",
    "opening_kills",
    "opening_deaths",
    "trade_kills",
    "clutches_won",
    "rating_1",
    "rating_2_est",
)


def of_groups(*groups: str) -> tuple[str, ...]:
    """The metrics of some groups, in the registry's order."""
    return tuple(metric.name for metric in PLAYER_METRICS if metric.group in groups)


COLUMN_SETS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "main": ("Main", MAIN_COLUMNS),
    "combat": ("Combat", of_groups("combat", "ratings")),
    "duels": ("Openings and trades", of_groups("opening", "trades")),
    "feats": ("Multi-kills, clutches, 1v1", of_groups("multi_kills", "clutches")),
    "rest": ("Rounds and utility", of_groups("rounds", "utility", "apart")),
}
"""What the scoreboard can show; together every metric there is."""

SORTED_BY: Final = "rating_2_est"

TOPS: Final = (
    ("rating_2_est", "Highest rating"),
    ("adr", "Most damage per round"),
    ("opening_kills", "Most opening kills"),
    ("clutches_won", "Most clutches won"),
    ("kast", "Highest KAST"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A player's row: who, and the values of the columns."""

    steam_id: int
    name: str
    cells: list[tuple[Metric, float | None]]


@dataclass(frozen=True, slots=True)
class Top:
    """The best player in one figure."""

    label: str
    metric: Metric
    steam_id: int
    name: str
    value: float


def value_of(row: PlayerMatchStat, name: str) -> float | None:
    """A metric of a player: from the registry's document, or its own column."""
    value: float | None = row.metrics.get(name, getattr(row, name, None))
    return value


def chosen(request: HttpRequest, name: str, known: dict[str, Any]) -> str:
    """A choice in the address, the first where there is none.

    Raises:
        BadInputError: It is not one of those known.
    """
    value = request.GET.get(name) or next(iter(known))
    if value not in known:
        raise BadInputError(f"{name}={value[:40]!r} is not known", hint=f"One of: {', '.join(known)}.")
    return value


def build(page: MatchPage, request: HttpRequest) -> dict[str, Any]:
    """The scoreboards for the side and columns asked for, and the best figures over both sides."""
    side = chosen(request, "side", dict(SIDES))
    columns = chosen(request, "columns", COLUMN_SETS)
    rows = list(page.match.player_stats.filter(side__in={side, "all"}).order_by("name", "steam_account"))
    shown = sorted(
        (row for row in rows if row.side == side), key=lambda row: value_of(row, SORTED_BY) or 0.0, reverse=True
    )
    metrics = known_metrics(page, [METRICS_BY_NAME[name] for name in COLUMN_SETS[columns][1]], shown)
    return {
        "tops": tops([row for row in rows if row.side == "all"]),
        "side": side,
        "sides": SIDES,
        "columns": columns,
        "column_sets": [(name, label) for name, (label, _) in COLUMN_SETS.items()],
        "metrics": metrics,
        "sorted_by": SORTED_BY,
        "is_live_data": page.match.live_state is not None,
        "observers": "" if page.match.live_state is None else whose_numbers(page, request),
        "boards": [
            board
            for team in TEAMS
            if (board := _board(page, team, shown, metrics))["lines"] or page.match.live_state is None
        ],
        "without_team": [line(row, metrics) for row in shown if row.team is None],
    }


def whose_numbers(page: MatchPage, request: HttpRequest) -> str:
    """Whose figures a match that was recorded live has: those of the players whose games told them."""
    mine = set(SteamAccount.objects.filter(user=signed_in(request)).values_list("pk", flat=True))
    others = [name for steam_id, name in page.names.items() if steam_id not in mine]
    told = [*(["your"] if len(others) < len(page.names) else []), *(f"{name}'s" for name in others)]
    return f"{' and '.join(told)} numbers" if told else "rounds"


def known_metrics(page: MatchPage, metrics: list[Metric], rows: list[PlayerMatchStat]) -> list[Metric]:
    """Of a recording all metrics; of live data those that the client was told of any player."""
    if page.match.live_state is None:
        return metrics
    return [each for each in metrics if any(row.metrics.get(each.name) is not None for row in rows)]


def _board(page: MatchPage, team: Any, rows: list[PlayerMatchStat], metrics: list[Metric]) -> dict[str, Any]:
    score = page.match.score_a if team == "a" else page.match.score_b
    lines = [line(row, metrics) for row in rows if row.team == team]
    return {"team": team, "name": page.team_names[team], "score": score, "lines": lines}


def line(row: PlayerMatchStat, metrics: list[Metric]) -> Line:
    """One row of a scoreboard."""
    return Line(row.steam_account_id, row.name, [(metric, value_of(row, metric.name)) for metric in metrics])


def tops(rows: list[PlayerMatchStat]) -> list[Top]:
    """The best player of each figure in `TOPS`; a figure that nobody has is left out."""
    found = (best(rows, name, label) for name, label in TOPS)
    return [top for top in found if top is not None]


def best(rows: list[PlayerMatchStat], name: str, label: str) -> Top | None:
    """The player with the highest value above zero."""
    known = [(value, row) for row in rows if (value := value_of(row, name))]
    if not known:
        return None
    value, row = max(known, key=lambda pair: pair[0])
    return Top(label, METRICS_BY_NAME[name], row.steam_account_id, row.name, value)


TAB: Final = Tab("overview", "Overview", build)
