"""The list of matches: who may see them, filtered, newest first, page by page.

Shared by the pages and the API. The order is the time of play (of publishing where that is unknown), then the id: both
never change for a published match, so a page's end is a place that new matches do not move.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from offangle.db.models import Match, PlayerMatchStat, User
from offangle.db.queries.access import visible_matches

Result = Literal["win", "loss", "draw"]


@dataclass(frozen=True, slots=True)
class MatchFilter:
    """Which matches are wanted; None asks nothing.

    Attributes:
        map_name: This map.
        steam_id: This player took part.
        player_name: Somebody whose name contains this took part.
        from_time: Played at or after.
        to_time: Played before.
        result: How it ended for the player, or without one for the user's own Steam accounts.
    """

    map_name: str | None = None
    steam_id: int | None = None
    player_name: str | None = None
    from_time: datetime | None = None
    to_time: datetime | None = None
    result: Result | None = None


def listed_matches(user: User, wanted: MatchFilter) -> QuerySet[Match]:
    """The matches that `user` may see and that fit, newest first, annotated with `sort_time`."""
    matches = visible_matches(user).annotate(sort_time=Coalesce("played_at", "published_at"))
    if wanted.map_name is not None:
        matches = matches.filter(map_name=wanted.map_name)
    if wanted.from_time is not None:
        matches = matches.filter(sort_time__gte=wanted.from_time)
    if wanted.to_time is not None:
        matches = matches.filter(sort_time__lt=wanted.to_time)
    if wanted.steam_id is not None or wanted.player_name is not None:
        matches = matches.filter(Exists(_took_part(user, wanted)))
    if wanted.result is not None:
        matches = matches.filter(_ended(user, wanted, wanted.result))
    return matches.order_by("-sort_time", "-pk")


def after(matches: QuerySet[Match], sort_time: datetime, match_id: UUID) -> QuerySet[Match]:
    """What of `listed_matches` comes after the match with this time and id."""
    return matches.filter(Q(sort_time__lt=sort_time) | Q(sort_time=sort_time, pk__lt=match_id))


def _took_part(user: User, wanted: MatchFilter) -> QuerySet[PlayerMatchStat]:
    rows = PlayerMatchStat.objects.filter(match=OuterRef("pk"), side="all")
    if wanted.steam_id is not None:
        return rows.filter(steam_account=wanted.steam_id)
    if wanted.player_name is not None:
        return rows.filter(name__icontains=wanted.player_name)
    return rows.filter(steam_account__user=user)


def _ended(user: User, wanted: MatchFilter, result: Result) -> Q:
    if result == "draw":
        return Q(score_a=F("score_b")) & Q(Exists(_took_part(user, wanted)))
    on_a = Exists(_took_part(user, wanted).filter(team="a"))
    on_b = Exists(_took_part(user, wanted).filter(team="b"))
    a_won, b_won = Q(score_a__gt=F("score_b")), Q(score_a__lt=F("score_b"))
    if result == "win":
        return (a_won & Q(on_a)) | (b_won & Q(on_b))
    return (b_won & Q(on_a)) | (a_won & Q(on_b))
