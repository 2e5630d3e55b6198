"""People by name, and the Steam accounts that are theirs."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import SteamAccount, User

FIRST_STEAM_ID = 76561197960265729
"""The smallest SteamID64 of a person's account."""
MAX_NAME_CHARS = 150
LAST_STEAM_ID = 76561202255233023


def user_named(name: str) -> User:
    """The user of this name, whatever its case.

    Raises:
        NotFoundError: There is none.
    """
    found = User.objects.filter(username__iexact=name).first()
    if found is None:
        raise NotFoundError(f"there is no user {name!r}", hint="`offangle user list` names all.")
    return found


def create_user(name: str, *, email: str = "", is_admin: bool = False) -> User:
    """Make a user without a password: a sign-in link or a password lets them in.

    Raises:
        BadInputError: The name or the address is taken, or the name is none.
    """
    if not name.strip() or not name.isprintable() or len(name) > MAX_NAME_CHARS:
        raise BadInputError(f"{name!r} cannot be a user's name", hint="Use 1 to 150 printable characters.")
    make = User.objects.create_superuser if is_admin else User.objects.create_user
    try:
        with transaction.atomic():
            made: User = make(name.strip(), email=email)
    except IntegrityError as error:
        raise BadInputError(
            f"the name {name!r} or the address is taken", hint="`offangle user list` names all."
        ) from error
    return made


def claim_steam_account(user: User, steam_id: int) -> SteamAccount:
    """Say that a Steam account is this user's: matches it played in become visible to them.

    Raises:
        BadInputError: It is no SteamID64 of a person, or somebody else's.
    """
    if not FIRST_STEAM_ID <= steam_id <= LAST_STEAM_ID:
        raise BadInputError(f"{steam_id} is not a SteamID64", hint="It has 17 digits and begins with 7656119.")
    with transaction.atomic():
        account, _ = SteamAccount.objects.select_for_update().get_or_create(steam_id=steam_id)
        if account.user_id not in {None, user.pk}:
            raise BadInputError(f"{steam_id} is already another user's", hint="Ask them to give it up.")
        if account.user_id is None:
            account.proven_at = None  # a proof that an earlier user gave says nothing of this one
        account.user = user
        account.claimed_at = account.claimed_at or timezone.now()
        account.save(update_fields=["user", "claimed_at", "proven_at"])
    return account
