"""API tokens: made, recognised, revoked. Only a token's hash is kept; the secret itself is shown once."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import ApiToken, User

SECRET_START: Final = "ofa_"  # noqa: S105 -- how secrets begin, not one
"""How every secret begins, so that scanners for leaked secrets and people recognise one."""
SECRET_BYTES: Final = 32
"""256 random bits: no guessing, so a plain hash is enough to keep."""
PREFIX_CHARS: Final = 10
"""Shown in lists to tell tokens apart; six random characters of it, far too few to guess the rest."""
MAX_NAME_CHARS: Final = 100
LAST_USED_EVERY: Final = timedelta(minutes=1)
"""`last_used_at` is no finer than this, so that a busy program does not write at each request."""


def create_token(user: User, name: str) -> tuple[ApiToken, str]:
    """Make a token of `user` and return it with its secret, which cannot be had again.

    Raises:
        BadInputError: The name is empty or too long.
    """
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME_CHARS or not name.isprintable():
        raise BadInputError(
            f"a token's name has 1 to {MAX_NAME_CHARS} printable characters", hint="Name the program that will use it."
        )
    secret = SECRET_START + secrets.token_urlsafe(SECRET_BYTES)
    token = ApiToken.objects.create(user=user, name=name, secret_hash=hash_secret(secret), prefix=secret[:PREFIX_CHARS])
    return token, secret


def authenticate(secret: str) -> ApiToken | None:
    """The token with this secret, if it is neither revoked nor of an inactive user; notes that it was used."""
    digest = hash_secret(secret)
    token = ApiToken.objects.select_related("user").filter(secret_hash=digest).first()
    # The database compared hashes, whose order tells nothing about secrets; the second look is constant in time.
    if token is None or not hmac.compare_digest(token.secret_hash, digest):
        return None
    if token.revoked_at is not None or not token.user.is_active:
        return None
    _note_use(token)
    return token


def revoke(user: User, token_id: int) -> ApiToken:
    """End a token of `user` at once; one already revoked stays as it is.

    Raises:
        NotFoundError: The user has no such token.
    """
    token = ApiToken.objects.filter(user=user, pk=token_id).first()
    if token is None:
        raise NotFoundError("no such token", hint="List your tokens to see their numbers.")
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
    return token


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The user's tokens, newest first, revoked ones too."""
    return ApiToken.objects.filter(user=user).order_by("-created_at", "-pk")


def hash_secret(secret: str) -> str:
    """What is kept of a secret: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode("utf-8", errors="surrogatepass")).hexdigest()


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - LAST_USED_EVERY:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
