"""Tokens of game clients: made, rotated, revoked, loaded. Only a hash is kept; the secret itself is shown once."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils import timezone

from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import GsiToken, SteamAccount, User

SECRET_START: Final = "ofg_"  # noqa: S105 -- how secrets begin, not one
"""How every secret begins, so that scanners for leaked secrets and people recognise one."""
SECRET_BYTES: Final = 32
"""256 random bits: no guessing, so a plain hash is enough to keep."""
PREFIX_CHARS: Final = 10
MAX_NAME_CHARS: Final = 100
_LIVE: Final = Q(revoked_at=None, user__is_active=True, steam_account__user=F("user"))
"""Good: not revoked, its user may sign in, and the Steam account is still this user's."""


class LiveToken(NamedTuple):
    """What a web process keeps in memory of a token that is good."""

    token_id: int
    steam_id: int
    secret_hash: str


class TokenFingerprint(NamedTuple):
    """Changes whenever the set of good tokens does, however that came about: rows deleted and users barred included."""

    tokens: int
    ids: int
    generations: int


def create_gsi_token(user: User, steam_id: int, name: str = "") -> tuple[GsiToken, str]:
    """Make a token for posts of one of the user's Steam accounts; return it with its secret, shown only now.

    Raises:
        BadInputError: The name is too long or not printable.
        NotFoundError: The Steam account is not the user's.
    """
    name = name.strip() or "Game client"
    if len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise BadInputError(
            f"a token's name has at most {MAX_NAME_CHARS} printable characters", hint="Name the computer that plays."
        )
    account = SteamAccount.objects.filter(pk=steam_id, user=user).first()
    if account is None:
        raise NotFoundError("no such Steam account", hint="Link the Steam account first.")
    secret, kept = _new_secret()
    return GsiToken.objects.create(user=user, steam_account=account, name=name, **kept), secret


def rotate_gsi_token(user: User, token_id: int) -> tuple[GsiToken, str]:
    """Give a token a new secret; the old one is refused within a second.

    Raises:
        NotFoundError: The user has no such token, or it is revoked.
    """
    secret, kept = _new_secret()
    changed = GsiToken.objects.filter(user=user, pk=token_id, revoked_at=None).update(
        rotated_at=timezone.now(), generation=F("generation") + 1, former_hash=F("secret_hash"), **kept
    )
    if not changed:
        raise NotFoundError("no such token, or it is revoked", hint="Create a new one.")
    return GsiToken.objects.get(pk=token_id), secret


def revoke_gsi_token(user: User, token_id: int) -> GsiToken:
    """End a token; it is refused within a second. One already revoked stays as it is.

    Raises:
        NotFoundError: The user has no such token.
    """
    with transaction.atomic():
        token = GsiToken.objects.select_for_update().filter(user=user, pk=token_id).first()
        if token is None:
            raise NotFoundError("no such token", hint="List your tokens to see their numbers.")
        if token.revoked_at is None:
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
    return token


def gsi_tokens_of(user: User) -> QuerySet[GsiToken]:
    """The user's tokens with their Steam accounts, newest first, revoked ones too."""
    return GsiToken.objects.filter(user=user).select_related("steam_account").order_by("-created_at", "-pk")


def hash_gsi_secret(secret: str) -> str:
    """What is kept of a secret: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode("utf-8", errors="surrogatepass")).hexdigest()


def token_fingerprint() -> TokenFingerprint:
    """One cheap look that tells whether `live_tokens` would answer differently."""
    found = GsiToken.objects.filter(_LIVE).aggregate(tokens=Count("pk"), ids=Sum("pk"), generations=Sum("generation"))
    return TokenFingerprint(found["tokens"], int(found["ids"] or 0), int(found["generations"] or 0))


def live_tokens() -> list[LiveToken]:
    """Every token that is good now."""
    rows = GsiToken.objects.filter(_LIVE).values_list("pk", "steam_account_id", "secret_hash")
    return [LiveToken(*row) for row in rows]


def find_live_token(secret_hash: str) -> LiveToken | None:
    """The good token with this hash, if there is one."""
    row = GsiToken.objects.filter(_LIVE, secret_hash=secret_hash).values_list("pk", "steam_account_id", "secret_hash")
    found = row.first()
    # The database compared hashes, whose order tells nothing about secrets; the second look is constant in time.
    return LiveToken(*found) if found is not None and hmac.compare_digest(found[2], secret_hash) else None


def note_gsi_tokens_used(token_ids: Iterable[int], at: datetime) -> None:
    """Remember when tokens were last used; callers come at most once a minute per token."""
    GsiToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=at), pk__in=list(token_ids)).update(
        last_used_at=at
    )


def _new_secret() -> tuple[str, dict[str, str]]:
    secret = SECRET_START + secrets.token_urlsafe(SECRET_BYTES)
    return secret, {"secret_hash": hash_gsi_secret(secret), "prefix": secret[:PREFIX_CHARS]}
