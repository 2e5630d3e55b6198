"""Posts that were refused, told to whose game it was: without this a wrong token looks like a game that is off."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from offangle.db.models import GsiRefusal, GsiToken, SteamAccount, User

UNKNOWN: Final = "token_unknown"
"""A cause as the door tells it; here it is known better, to the token's owner only."""
REVOKED: Final = "token_revoked"
ROTATED: Final = "token_rotated"
LISTED_AT_MOST: Final = 100
STEAM_ID_BELOW: Final = 10**18
"""Steam's own numbers have 17 digits; a larger one is nobody's."""


class RefusedPost(NamedTuple):
    """A post that was refused. Of its token only the hash is left."""

    cause: str
    secret_hash: str | None
    steam_id: int | None
    at_s: float


class _Known(NamedTuple):
    token: GsiToken
    is_former_secret: bool


def note_refusals(posts: Sequence[RefusedPost]) -> None:
    """Keep the last refusal of each token, and of each claimed Steam account whose posts came with no known token.

    A post that leads to nobody is forgotten: anybody may post anything.
    """
    tokens = _tokens_of(post.secret_hash for post in posts)
    owners = _owners_of(post.steam_id for post in posts)
    for post in posts:
        known = tokens.get(post.secret_hash or "")
        if known is not None:
            _keep(known.token.user_id, known.token.pk, post, _cause(post.cause, known))
        elif post.steam_id in owners:
            _keep(owners[post.steam_id], None, post, post.cause)


def refusals_of(user: User) -> QuerySet[GsiRefusal]:
    """The last refusals of the user's tokens and accounts, newest first."""
    return GsiRefusal.objects.filter(user=user).select_related("token").order_by("-at", "-pk")[:LISTED_AT_MOST]


def _tokens_of(hashes: Iterable[str | None]) -> dict[str, _Known]:
    """Tokens by the hash of their present secret or the one before, those that let nobody in included."""
    asked = {secret_hash for secret_hash in hashes if secret_hash}
    former = GsiToken.objects.filter(former_hash__in=asked)
    present = GsiToken.objects.filter(secret_hash__in=asked)
    return {token.former_hash: _Known(token, is_former_secret=True) for token in former} | {
        token.secret_hash: _Known(token, is_former_secret=False) for token in present
    }


def _owners_of(steam_ids: Iterable[int | None]) -> Mapping[int | None, int]:
    claimed = SteamAccount.objects.filter(pk__in={steam_id for steam_id in steam_ids if steam_id}, user__isnull=False)
    return dict(claimed.values_list("pk", "user_id"))


def _cause(told: str, known: _Known) -> str:
    if told != UNKNOWN:
        return told
    return ROTATED if known.is_former_secret and known.token.revoked_at is None else REVOKED


def _keep(user_id: int, token_id: int | None, post: RefusedPost, cause: str) -> None:
    # Where a token is known there is one row of it, whoever it was used for.
    key = {"user_id": user_id, "token_id": token_id, **({} if token_id is not None else {"steam_id": post.steam_id})}
    steam_id = post.steam_id if post.steam_id is not None and post.steam_id < STEAM_ID_BELOW else None
    values = {"cause": cause, "steam_id": steam_id, "at": datetime.fromtimestamp(post.at_s, tz=UTC)}
    if GsiRefusal.objects.filter(**key).update(**values):
        return
    try:
        with transaction.atomic():
            GsiRefusal.objects.create(**key | values)
    except IntegrityError:  # another process was quicker, or the token is gone
        GsiRefusal.objects.filter(**key).update(**values)
