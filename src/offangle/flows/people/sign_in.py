"""The instance's owner, and links that sign somebody in once."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from offangle.core.errors import NotFoundError
from offangle.db.models import SignInLink, User

OWNER_NAME: Final = "owner"
LINK_LIFE: Final = timedelta(hours=1)
SECRET_BYTES: Final = 32
KEPT_FOR: Final = timedelta(days=7)
"""Used and expired links are kept this long, so that a second click can be told from a wrong address in the log."""


def create_owner() -> User:
    """The owner's account: the first superuser, made without a password at the first start."""
    owner = _owner()
    if owner is not None:
        return owner
    try:
        with transaction.atomic():
            made: User = User.objects.create_superuser(OWNER_NAME)
    except IntegrityError:
        # Another process made it since we looked; or the name is a plain user's, who gets no more rights.
        return _owner() or User.objects.create_superuser(f"{OWNER_NAME}-{secrets.token_hex(3)}")
    return made


def _owner() -> User | None:
    return User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()


def make_sign_in_link(user: User, *, life: timedelta = LINK_LIFE) -> str:
    """A new secret that signs `user` in once within `life`; only its hash is kept."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    now = timezone.now()
    SignInLink.objects.filter(expires_at__lt=now - KEPT_FOR).delete()
    SignInLink.objects.create(user=user, secret_hash=_hashed(secret), expires_at=now + life)
    return secret


def sign_in_url(base_url: str, secret: str) -> str:
    """Where a browser takes `secret`."""
    return f"{base_url}/sign-in/{secret}/"


def redeem(secret: str) -> User:
    """The user whom `secret` signs in; it works no second time.

    Raises:
        NotFoundError: It is wrong, used or expired, or its user may not sign in: all look the same from outside.
    """
    now = timezone.now()
    found = SignInLink.objects.filter(
        secret_hash=_hashed(secret), used_at=None, expires_at__gt=now, user__is_active=True
    )
    # One statement decides, so that of two clicks at once only one gets in.
    if found.update(used_at=now) != 1:
        raise NotFoundError("this sign-in link does not work any more", hint="Start Offangle again to get a new one.")
    return SignInLink.objects.select_related("user").get(secret_hash=_hashed(secret)).user


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
