"""Whether game clients get through: what arrived with each token."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from django.utils import timezone

from offangle.db.models import GsiJournal, GsiRefusal, GsiToken, User
from offangle.db.queries.gsi_refusals import refusals_of
from offangle.db.queries.gsi_tokens import gsi_tokens_of

NANOSECONDS: Final = 10**9
ROTATED_WITHIN: Final = timedelta(seconds=2)
"""So long after a rotation posts with the old secret may still have been taken: they say nothing of the new one."""
TOLD_FOR: Final = timedelta(days=7)
"""A refusal of long ago says nothing of how the game is set up now."""
POSTS_LOOKED_AT: Final = 64
"""Of each Steam account, the newest: several computers may play with it, but hardly at once."""


class Connection(NamedTuple):
    """A token and the newest post that came with its present secret, if any did."""

    token: GsiToken
    last_post_at: datetime | None

    @property
    def is_connected(self) -> bool:
        """Whether the game was heard of since the token was made or got its present secret."""
        return self.last_post_at is not None


def connections_of(user: User) -> list[Connection]:
    """The user's tokens that let in, newest first, each with what arrived."""
    tokens = list(gsi_tokens_of(user).filter(revoked_at=None, steam_account__user=user))
    seen: dict[int, datetime] = {}
    for steam_id in {token.steam_account_id for token in tokens}:
        seen |= _newest_by_token(steam_id)
    return [Connection(token, _since_secret(token, seen.get(token.pk))) for token in tokens]


def troubles_of(user: User, connections: Sequence[Connection]) -> list[GsiRefusal]:
    """Refusals of the user's tokens and accounts that nothing was taken after, newest first: what is wrong still."""
    since = timezone.now() - TOLD_FOR
    by_token = {each.token.pk: each.last_post_at for each in connections}
    by_account: dict[int | None, datetime] = {}
    for each in connections:
        if each.last_post_at is not None:
            known = by_account.get(each.token.steam_account_id, each.last_post_at)
            by_account[each.token.steam_account_id] = max(known, each.last_post_at)
    found = []
    for refusal in refusals_of(user):
        heard = by_token[refusal.token_id] if refusal.token_id in by_token else by_account.get(refusal.steam_id)
        if refusal.at > max(since, heard or since):
            found.append(refusal)
    return found


def _newest_by_token(steam_id: int) -> dict[int, datetime]:
    """When each token was last seen among the newest posts of an account; one look into the journal's index."""
    newest = GsiJournal.objects.filter(steam_id=steam_id).order_by("-pk").values_list("token_id", "received_ns")
    found: dict[int, datetime] = {}
    for token_id, received_ns in newest[:POSTS_LOOKED_AT]:
        if token_id is not None:
            found.setdefault(token_id, datetime.fromtimestamp(received_ns / NANOSECONDS, tz=UTC))
    return found


def _since_secret(token: GsiToken, seen_at: datetime | None) -> datetime | None:
    """The newest sign of life, if it is younger than the secret; the token's own note is only to about a minute."""
    signs = [at for at in (seen_at, token.last_used_at) if at is not None]
    newest = max(signs, default=None)
    began = token.rotated_at + ROTATED_WITHIN if token.rotated_at else token.created_at
    return newest if newest is not None and newest >= began else None
