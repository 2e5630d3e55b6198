"""New accounts: by anybody where that is allowed, else by invitation."""

import secrets
from datetime import timedelta
from typing import Final

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import Invitation, SteamAccount, User
from offangle.flows.people.secrets import SECRET_BYTES, hashed
from offangle.flows.people.steam_accounts import link_steam_account

INVITATION_LIFE: Final = timedelta(days=7)
MAX_NOTE_CHARS: Final = 100


class SignUpClosedError(BadInputError):
    """Nobody may make an account without an invitation: the page tells whom to ask."""


def make_invitation(owner: User, note: str = "", *, life: timedelta = INVITATION_LIFE) -> tuple[Invitation, str]:
    """A link with which one person may make an account, and its secret, which is shown only now."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    made = Invitation.objects.create(
        created_by=owner,
        note=note.strip()[:MAX_NOTE_CHARS],
        secret_hash=hashed(secret),
        expires_at=timezone.now() + life,
    )
    return made, secret


def open_invitations() -> QuerySet[Invitation]:
    """Those that still work, newest first; one whose maker was barred works no more."""
    usable = Invitation.objects.filter(used_at=None, expires_at__gt=timezone.now(), created_by__is_active=True)
    return usable.filter(created_by__is_superuser=True).select_related("created_by").order_by("-created_at", "-pk")


def withdraw_invitation(invitation_id: int) -> None:
    """End an invitation that was not used.

    Raises:
        NotFoundError: There is none.
    """
    deleted, _ = Invitation.objects.filter(pk=invitation_id, used_at=None).delete()
    if not deleted:
        raise NotFoundError("no such invitation", hint="It may have been used or withdrawn.")


def find_invitation(secret_hash: str) -> Invitation:
    """The invitation whose secret has this hash.

    Raises:
        NotFoundError: It is wrong, used, expired or withdrawn: all look the same from outside.
    """
    found = open_invitations().filter(secret_hash=secret_hash).first()
    if found is None:
        raise NotFoundError(
            "this invitation does not work any more", hint="Ask the owner of this installation for a new one."
        )
    return found


def sign_up(
    name: str, *, is_open: bool, password: str | None = None, steam_id: int | None = None, invitation_hash: str = ""
) -> User:
    """Make an account that signs in with a password, through Steam, or both.

    Args:
        name: Of the user.
        is_open: Whether anybody may.
        password: Already checked against the rules; None: none.
        steam_id: A Steam account that the person has proven to hold.
        invitation_hash: Of the secret of an invitation, which is used up.

    Raises:
        SignUpClosedError: Sign-up is closed and there is no invitation.
        NotFoundError: The invitation does not work.
        BadInputError: The name or the Steam account is taken.
    """
    if not invitation_hash and not is_open:
        raise SignUpClosedError("new accounts need an invitation", hint="Ask the owner of this installation for one.")
    hashed_password = make_password(password)  # outside of the transaction: it takes long on purpose
    with transaction.atomic():
        used = _use_invitation(invitation_hash) if invitation_hash else None
        user = _create(name, hashed_password)
        if steam_id is not None:
            link_steam_account(user, steam_id)
        if used is not None:
            Invitation.objects.filter(pk=used.pk).update(used_by=user)
    return user


def suggested_name(steam_id: int) -> str:
    """A name for somebody who came through Steam: as last seen in a match, if it is free."""
    known = SteamAccount.objects.filter(pk=steam_id).values_list("last_name", flat=True).first() or ""
    name = "".join(sign for sign in known if sign.isalnum() or sign in "_-.")
    return "" if not name or User.objects.filter(username__iexact=name).exists() else name


def _use_invitation(secret_hash: str) -> Invitation:
    invitation = find_invitation(secret_hash)
    # One statement decides, so that of two people at once only one gets in.
    if Invitation.objects.filter(pk=invitation.pk, used_at=None).update(used_at=timezone.now()) != 1:
        raise NotFoundError("this invitation was used just now", hint="Ask the owner for a new one.")
    return invitation


def _create(name: str, hashed_password: str) -> User:
    try:
        with transaction.atomic():
            return User.objects.create(username=User.normalize_username(name), password=hashed_password)
    except IntegrityError as error:
        raise BadInputError(f"the name {name!r} is taken", hint="Choose another one.") from error
