"""Whose Steam account it is: proven through Steam, or typed by the owner of a closed installation.

Only a proven account lets its holder in. A typed one is a claim without proof: were it enough, whoever holds that
account at Steam could sign in as the owner who mistyped a digit.
"""

from collections.abc import Iterable
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import GsiToken, OpenIdNonce, SteamAccount, User
from offangle.db.queries.people import claim_steam_account
from offangle.flows.people.form_post import post_form
from offangle.flows.people.secrets import hashed
from offangle.flows.people.steam_openid import NONCE_LIFE, Refused, verify

NONCES_KEPT_FOR: Final = 4 * NONCE_LIFE
"""Longer than a statement is believed, whichever way two clocks differ."""
HINTS: Final = {
    "cancelled": "Start again when you want to.",
    "stale": "Start again. If it stays so, set the clock of the machine that runs Offangle.",
}


class AccountTakenError(BadInputError):
    """The Steam account is another user's."""


def prove_steam_account(pairs: Iterable[tuple[str, str]], *, endpoint: str, return_to: str) -> int:
    """The SteamID64 that Steam vouches for; each statement counts once.

    Args:
        pairs: The parameters that the browser came back with.
        endpoint: Steam's address for sign-in.
        return_to: The address that was given for the way back.

    Raises:
        BadInputError: The statement does not count.
        TransientError: Steam did not answer.
    """
    now = timezone.now()
    result = verify(pairs, endpoint=endpoint, return_to=return_to, now=now, fetch=post_form)
    if isinstance(result, Refused):
        hint = HINTS.get(result.cause, "Start again from the sign-in page.")
        raise BadInputError(f"Steam sign-in did not succeed: {result.detail}", hint=hint)
    _use_nonce(result.nonce)
    return result.steam_id


def _use_nonce(nonce: str) -> None:
    now = timezone.now()
    OpenIdNonce.objects.filter(used_at__lt=now - NONCES_KEPT_FOR).delete()
    try:
        with transaction.atomic():
            OpenIdNonce.objects.create(nonce_hash=hashed(nonce), used_at=now)
    except IntegrityError as error:
        raise BadInputError(
            "Steam sign-in did not succeed: this statement was used before", hint="Start again from the sign-in page."
        ) from error


def holder_of(steam_id: int) -> User | None:
    """The user who signs in with this Steam account; None when it is nobody's.

    Raises:
        AccountTakenError: It is claimed without proof, or its user may not sign in.
    """
    account = SteamAccount.objects.select_related("user").filter(pk=steam_id).first()
    if account is None or account.user is None:
        return None
    if account.proven_at is None:
        raise AccountTakenError(
            "this Steam account was entered by another user without proof, so it cannot sign in",
            hint="That user can link it through Steam, or unlink it, in their settings.",
        )
    if not account.user.is_active:
        raise AccountTakenError("the account may not sign in", hint="Ask the owner of this installation.")
    return account.user


def link_steam_account(user: User, steam_id: int) -> SteamAccount:
    """Make a proven Steam account the user's.

    Raises:
        AccountTakenError: It is another user's.
        BadInputError: It is no SteamID64 of a person.
    """
    with transaction.atomic():
        owner_id = SteamAccount.objects.filter(pk=steam_id).values_list("user_id", flat=True).first()
        if owner_id not in {None, user.pk}:
            raise AccountTakenError(
                "this Steam account is linked to another user", hint="Sign in as that user and unlink it there first."
            )
        account = claim_steam_account(user, steam_id)
        account.proven_at = timezone.now()
        account.save(update_fields=["proven_at"])
    return account


def unlink_steam_account(user: User, steam_id: int) -> SteamAccount:
    """Give a Steam account up: its game tokens end, and its matches are no longer the user's to see.

    Raises:
        NotFoundError: It is not the user's.
        BadInputError: It is the user's only way in.
    """
    with transaction.atomic():
        # All rows of the user, so that of two accounts unlinked at once one stays.
        mine = {account.pk: account for account in SteamAccount.objects.select_for_update().filter(user=user)}
        account = mine.get(steam_id)
        if account is None:
            raise NotFoundError("no such Steam account", hint="It is not linked to you.")
        _refuse_to_lock_out(user, account, mine.values())
        GsiToken.objects.filter(steam_account=account, revoked_at=None).update(revoked_at=timezone.now())
        account.user = account.claimed_at = account.proven_at = None
        account.save(update_fields=["user", "claimed_at", "proven_at"])
    return account


def _refuse_to_lock_out(user: User, account: SteamAccount, mine: Iterable[SteamAccount]) -> None:
    """The owner has the command line; everybody else needs a password or a Steam account that lets in."""
    others = [each for each in mine if each.proven_at is not None and each.pk != account.pk]
    if account.proven_at is None or others or user.has_usable_password() or user.is_superuser:
        return
    raise BadInputError("this Steam account is your only way to sign in", hint="Set a password first, then unlink it.")
