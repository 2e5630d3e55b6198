"""A player over all matches that somebody may see."""

from typing import Any

import polars as pl
from django.db.models import QuerySet

from offangle.analysis.averages import player_averages
from offangle.analysis.registry import PLAYER_METRICS
from offangle.core.errors import NotFoundError
from offangle.db.models import PlayerMatchStat, User
from offangle.db.queries.access import visible_matches
from offangle.db.queries.simulated import told_apart


def player_rows(user: User, steam_id: int) -> QuerySet[PlayerMatchStat]:
    """The player's rows over both sides, one per match that `user` may see.

    Raises:
        NotFoundError: There is none, or none that they may see.
    """
    rows = PlayerMatchStat.objects.filter(
        steam_account=steam_id, side="all", match__in=visible_matches(user).values("pk")
    ).select_related("match", "steam_account")
    if not rows.exists():
        raise NotFoundError("no such player", hint="Only players of matches that you may see are known to you.")
    return rows


def counted_rows(rows: QuerySet[PlayerMatchStat]) -> QuerySet[PlayerMatchStat]:
    """Those of `player_rows` that sums and trends are about: simulated matches count only where there are no others."""
    return told_apart(rows, "match__is_simulated")


def player_figures(rows: QuerySet[PlayerMatchStat]) -> dict[str, Any]:
    """`counted_rows` added up: `matches`, and every metric of the registry with its rate taken of the sums.

    A live match tells no damage and no duels. Its rounds would thin those rates out, so it counts only for players of
    whom nothing else is known.
    """
    recorded = rows.exclude(match__source="gsi")
    rows = recorded if recorded.exists() else rows
    found = rows.order_by("match__published_at").values_list("steam_account_id", "side", "name", "metrics")
    records = [{"steam_id": steam_id, "side": side, "name": name, **metrics} for steam_id, side, name, metrics in found]
    schema = {"steam_id": pl.Int64, "side": pl.String, "name": pl.String}
    numbers = {metric.name: pl.Float64 for metric in PLAYER_METRICS}
    return player_averages(pl.DataFrame(records, schema={**schema, **numbers})).row(0, named=True)
