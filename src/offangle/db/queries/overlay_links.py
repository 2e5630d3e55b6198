"""Links of overlays: made, recognised, revoked. Only a hash is kept; the secret itself is shown once."""

import hmac
import secrets
from datetime import timedelta
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import LiveSnapshot, OverlayLink, User
from offangle.db.queries.live_events import LiveNews, since
from offangle.db.queries.tokens import MAX_NAME_CHARS, PREFIX_CHARS, SECRET_BYTES, hash_secret

SECRET_START: Final = "ofo_"  # noqa: S105 -- how secrets begin, not one
LAST_USED_EVERY: Final = timedelta(minutes=1)
"""`last_used_at` is no finer than this: an overlay asks many times a minute."""


def create_overlay_link(user: User, name: str) -> tuple[OverlayLink, str]:
    """Make a link of `user` and return it with its secret, which cannot be had again.

    Raises:
        BadInputError: The name is too long or not printable.
    """
    name = name.strip() or "OBS"
    if len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise BadInputError(
            f"an overlay's name has at most {MAX_NAME_CHARS} printable characters", hint="Name the scene it is for."
        )
    secret = SECRET_START + secrets.token_urlsafe(SECRET_BYTES)
    link = OverlayLink.objects.create(
        user=user, name=name, secret_hash=hash_secret(secret), prefix=secret[:PREFIX_CHARS]
    )
    return link, secret


def overlay_user(secret: str) -> User:
    """Whose overlay this secret opens; notes that it was used.

    Raises:
        NotFoundError: There is no such link, it is revoked, or its owner may no longer sign in.
    """
    digest = hash_secret(secret)
    link = OverlayLink.objects.select_related("user").filter(secret_hash=digest, revoked_at=None).first()
    if link is None or not hmac.compare_digest(link.secret_hash, digest) or not link.user.is_active:
        raise NotFoundError("no such overlay", hint="Make a new address under Live, Overlay.")
    now = timezone.now()
    if link.last_used_at is None or link.last_used_at < now - LAST_USED_EVERY:
        OverlayLink.objects.filter(pk=link.pk).update(last_used_at=now)
    return link.user


def revoke_overlay_link(user: User, link_id: int) -> OverlayLink:
    """End a link of `user` at once; one already revoked stays as it is.

    Raises:
        NotFoundError: The user has no such link.
    """
    link = OverlayLink.objects.filter(user=user, pk=link_id).first()
    if link is None:
        raise NotFoundError("no such overlay", hint="It may have been deleted.")
    if link.revoked_at is None:
        link.revoked_at = timezone.now()
        link.save(update_fields=["revoked_at"])
    return link


def overlay_links_of(user: User) -> QuerySet[OverlayLink]:
    """The user's links that work, newest first."""
    return OverlayLink.objects.filter(user=user, revoked_at=None).order_by("-created_at", "-pk")


def own_snapshot(user: User) -> LiveSnapshot | None:
    """What the user's own clients told last; nobody else's, whatever else the user may see."""
    own = LiveSnapshot.objects.filter(steam_account__user=user).select_related("steam_account", "match")
    return own.order_by("-received_ns").first()


def own_news(user: User, cursor: int) -> tuple[list[LiveNews], int]:
    """What the user's own clients told after `cursor`, and the next cursor."""
    own = set(user.steam_accounts.values_list("pk", flat=True))
    news, following = since(cursor, user)
    return [each for each in news if each.steam_id in own], following
