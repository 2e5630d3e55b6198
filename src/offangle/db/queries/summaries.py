"""Summaries of players over the matches that somebody sees."""

import hashlib
import json
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from offangle.db.models import Match, PlayerSummary, User
from offangle.db.queries.access import visible_matches
from offangle.db.queries.simulated import matches_of

ASKED_AGAIN_AFTER: Final = timedelta(days=1)
"""Being asked for is noted no more often than this: a look at a page should not write."""
KEPT_FOR: Final = timedelta(days=30)
"""A summary that nobody has asked for so long is worked out anew when somebody does."""


def find_summary(user: User, steam_id: int, version: str, *, without: UUID | None = None) -> PlayerSummary:
    """The row for a player over the matches that `user` sees now; one that is not there yet is not saved either.

    Only reads.

    Args:
        user: Who asks.
        steam_id: The player.
        version: Of figures and words; another one is another summary.
        without: A match that is left out: the one under way.
    """
    matches = matches_of(visible_matches(user), steam_id)
    told = _told(matches.exclude(pk=without) if without else matches)
    key = {
        "steam_account_id": steam_id,
        "fingerprint": hashlib.sha256(json.dumps([version, told]).encode()).hexdigest(),
    }
    found = PlayerSummary.objects.filter(**key).first()
    return found or PlayerSummary(**key, match_ids=[match_id for match_id, *_ in told])


def keep_summary(row: PlayerSummary) -> PlayerSummary:
    """The saved row of `row`, with a note that somebody asked for it."""
    now = timezone.now()
    if row.pk is None:
        kept, _ = PlayerSummary.objects.get_or_create(
            steam_account_id=row.steam_account_id,
            fingerprint=row.fingerprint,
            defaults={"match_ids": row.match_ids, "asked_at": now},
        )
        return kept
    if now - row.asked_at > ASKED_AGAIN_AFTER:
        PlayerSummary.objects.filter(pk=row.pk).update(asked_at=now)
    return row


def _told(matches: QuerySet[Match]) -> list[list[Any]]:
    """What changes when a match is analysed anew, or plays another round."""
    rows = matches.order_by("pk").values_list("pk", "analysis__computed_at", "published_at", "rounds_played")
    return [[str(match_id), str(computed), str(published), rounds] for match_id, computed, published, rounds in rows]


def forget_summaries(match: Match) -> None:
    """Forget what was worked out from a match that is about to go: of all who played in it."""
    players = match.player_stats.values("steam_account")
    PlayerSummary.objects.filter(steam_account__in=players).delete()


def prune_summaries() -> int:
    """Forget those that nobody has asked for in a long while. Returns how many."""
    count, _ = PlayerSummary.objects.filter(asked_at__lt=timezone.now() - KEPT_FOR).delete()
    return count
