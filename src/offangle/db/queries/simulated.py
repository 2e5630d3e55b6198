"""Simulated matches and real ones are never counted together."""

from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from offangle.db.models import Match, PlayerRoundState

Row = TypeVar("Row", bound=Model)


def told_apart(rows: QuerySet[Row], column: str = "is_simulated") -> QuerySet[Row]:
    """Those of `rows` that are of real matches; of simulated ones only where there is nothing else.

    Args:
        rows: Matches, or rows that belong to matches.
        column: Where a row says whether its match was simulated.
    """
    real = Q(**{column: False})
    return rows.filter(real | ~Exists(rows.filter(real).order_by()))


def matches_of(matches: QuerySet[Match], steam_id: int) -> QuerySet[Match]:
    """Those of `matches` that a player's sums are about: all that they played in, `told_apart`."""
    played = PlayerRoundState.objects.filter(match=OuterRef("pk"), steam_account=steam_id)
    return told_apart(matches.filter(Exists(played)))
