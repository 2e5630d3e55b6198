"""The players somebody may know of, and one player over all their matches."""

from dataclasses import dataclass
from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import Count, F, FloatField, Max, QuerySet, Sum
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from offangle.analysis.metrics.metric import Metric
from offangle.analysis.registry import METRICS_BY_NAME
from offangle.db.models import PlayerMatchStat, SteamAccount, User
from offangle.db.queries.access import visible_matches
from offangle.db.queries.player_figures import counted_rows, player_figures, player_rows
from offangle.flows.summaries.summary import summary_of
from offangle.web.matches.tabs.overview import value_of
from offangle.web.matches.views import outcome
from offangle.web.players.asking import asks_for_summary, parse_steam_id
from offangle.web.players.patterns import PlayerPatterns
from offangle.web.shared.one_state import of_one_state
from offangle.web.shared.signed_in import signed_in

PLAYERS_PER_PAGE: Final = 50
MATCHES_PER_PAGE: Final = 25
TREND_MATCHES: Final = 30
TREND_LEAST: Final = 2
"""A line needs two points."""
AVERAGES: Final = (
    "rating_2_est",
    "rating_1",
    "adr",
    "kast",
    "hs_percent",
    "kd_ratio",
    "kills",
    "deaths",
    "assists",
    "opening_success",
    "trade_success",
    "clutch_success",
    "last_duel_success",
)
TRENDS: Final = ("rating_2_est", "adr", "kast", "hs_percent")
SPARK_WIDTH: Final = 100
SPARK_HEIGHT: Final = 30
SPARK_MARGIN: Final = 2


@dataclass(frozen=True, slots=True)
class Trend:
    """A metric over the latest matches, oldest first, as points of a small chart."""

    metric: Metric
    average: float | None
    points: str
    average_y: float | None
    matches: int
    lowest: float
    highest: float


@require_GET
@of_one_state
def player_list(request: HttpRequest) -> HttpResponse:
    """Players of the matches that this person may see, most matches first, searched by name."""
    search = request.GET.get("search", "").strip()[:64]
    page = Paginator(listed_players(signed_in(request), search), PLAYERS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "offangle/players/list.html", {"page": page, "search": search})


def listed_players(user: User, search: str) -> QuerySet[PlayerMatchStat, Any]:
    """One row per player: steam id, latest name, matches, rounds, averages weighted by rounds.

    Whoever is in real and in simulated matches has a row for each.
    """
    rows = PlayerMatchStat.objects.filter(side="all", match__in=visible_matches(user).values("pk"))
    if search:
        rows = rows.filter(name__icontains=search)
    rounds_played = Sum(Cast("rounds_played", FloatField()))  # whole numbers would divide to whole numbers
    weighted = Sum(F("rating_2_est") * F("rounds_played"), output_field=FloatField())
    return (
        rows.values("steam_account_id", "match__is_simulated")
        .annotate(
            name=Max("name"),
            matches=Count("match"),
            rounds=Sum("rounds_played"),
            kill_count=Sum("kills"),
            death_count=Sum("deaths"),
            adr_mean=Sum(Cast("damage", FloatField())) / rounds_played,
            rating=weighted / rounds_played,
        )
        .filter(rounds__gt=0)
        .order_by("-matches", "-rounds", "name", "steam_account_id", "match__is_simulated")
    )


@require_GET
@asks_for_summary
@of_one_state
def player(request: HttpRequest, steam_id: str) -> HttpResponse:
    """One player: averages over rounds, trends, and the matches behind them."""
    user = signed_in(request)
    rows = player_rows(user, parse_steam_id(steam_id)).order_by("-match__played_at", "-match__published_at")
    counted = counted_rows(rows)
    figures = player_figures(counted)
    page = Paginator(rows, MATCHES_PER_PAGE).get_page(request.GET.get("page"))
    latest = list(reversed(counted[:TREND_MATCHES]))
    summary = summary_of(user, latest[-1].steam_account_id)
    context = {
        "player": latest[-1],
        "account": SteamAccount.objects.filter(pk=latest[-1].steam_account_id).first(),
        "figures": figures,
        "left_out": page.paginator.count - counted.count(),
        "averages": [(METRICS_BY_NAME[name], figures[name]) for name in AVERAGES],
        "trends": [trend for name in TRENDS if (trend := trend_of(latest, name)) is not None],
        "summary": summary,
        "patterns": PlayerPatterns(summary.document).findings() if summary.document is not None else None,
        "page": page,
        "rows": [(row, outcome(row.match, {row.team or ""}) if row.team else None) for row in page.object_list],
    }
    return render(request, "offangle/players/player.html", context)


def trend_of(rows: list[PlayerMatchStat], name: str) -> Trend | None:
    """The trend of a metric over `rows`, oldest first; None with fewer than two known values."""
    found = ((place, value_of(row, name), row.rounds_played) for place, row in enumerate(rows))
    known = [(place, float(value), rounds) for place, value, rounds in found if value is not None]
    if len(known) < TREND_LEAST:
        return None
    values = [value for _, value, _ in known]
    low, high = min(values), max(values)
    weight = sum(rounds for *_, rounds in known)
    average = sum(value * rounds for _, value, rounds in known) / weight if weight else None
    step = SPARK_WIDTH / max(1, len(rows) - 1)

    def y(value: float) -> float:
        span = (high - low) or 1.0
        return round(SPARK_HEIGHT - SPARK_MARGIN - (value - low) / span * (SPARK_HEIGHT - 2 * SPARK_MARGIN), 2)

    points = " ".join(f"{place * step:.2f},{y(value)}" for place, value, _ in known)
    line = None if average is None else y(average)
    return Trend(METRICS_BY_NAME[name], average, points, line, len(known), low, high)
