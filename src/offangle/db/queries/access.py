"""Who may see and change what.

Three kinds of people look at a match: its *owners* (they brought it), its *team-mates* (a Steam account of theirs
played in it) and *strangers*. Owners see and delete, team-mates see, strangers learn nothing, not even that it exists.
The instance's owner (superuser) sees and deletes everything.
"""

from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet

from offangle.core.errors import NotFoundError
from offangle.db.models import Match, Observation, PlayerMatchStat, User

COUNTED: Final = Q(superseded_by=None) & (Q(live_state=None) | ~Q(live_state="aborted"))
"""Matches that lists and sums are about."""


def visible_matches(user: User, *, is_whole: bool = False) -> QuerySet[Match]:
    """The matches that `user` may see.

    Args:
        user: Who asks.
        is_whole: Also live matches that the server restarted, and those that another match tells better: a list or a
            sum with them would count rounds that did not count, or twice.
    """
    matches = Match.objects.all() if is_whole else Match.objects.filter(COUNTED)
    if user.is_superuser:
        return matches
    owned = Observation.objects.filter(match=OuterRef("pk"), user=user)
    played = PlayerMatchStat.objects.filter(match=OuterRef("pk"), steam_account__user=user)
    return matches.filter(Q(Exists(owned)) | Q(Exists(played)))


def visible_match(user: User, match_id: UUID | str) -> Match:
    """The match if `user` may see it, with the build whose tables belong to its row.

    Raises:
        NotFoundError: There is none, or it is not theirs to see: both look the same from outside.
    """
    try:
        return visible_matches(user, is_whole=True).select_related("build").get(pk=match_id)
    except (Match.DoesNotExist, ValidationError, ValueError) as error:
        raise NotFoundError("no such match", hint="It may have been deleted, or belongs to somebody else.") from error


def may_delete(user: User, match: Match) -> bool:
    """Whether `user` may delete `match`: its owners and the instance's owner may."""
    return user.is_superuser or Observation.objects.filter(match=match, user=user).exists()
