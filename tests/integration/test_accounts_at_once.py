"""Several people, or one attacker with many hands, at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from makers.steam_provider import STEAM_ID
from offangle.core.errors import OffangleError
from offangle.db.models import AttemptCounter, Invitation, SteamAccount, User
from offangle.db.queries.attempts import Budget, spend
from offangle.flows.people.secrets import hashed
from offangle.flows.people.sign_up import make_invitation, sign_up
from offangle.flows.people.steam_accounts import _use_nonce, link_steam_account, unlink_steam_account

pytestmark = pytest.mark.django_db(transaction=True)

HANDS = 6


def at_once(act: Callable[[int], object]) -> list[object]:
    """What each of `HANDS` threads gets that begin together; a refusal we foresaw is its class."""
    together = Barrier(HANDS)

    def one(number: int) -> object:
        together.wait(20)
        try:
            return act(number)
        except OffangleError as error:
            return type(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as pool:
        return list(pool.map(one, range(HANDS)))


def test_attempts_made_together_are_all_counted() -> None:
    budgets = [Budget("test", subject, 4, timedelta(minutes=5)) for subject in ("name", "address")]
    granted = [wait is None for wait in at_once(lambda number: spend(budgets if number % 2 else budgets[::-1]))]
    assert granted.count(True) == 4
    assert set(AttemptCounter.objects.values_list("count", flat=True)) == {4}


def test_one_invitation_makes_one_account() -> None:
    _, secret = make_invitation(User.objects.create_superuser("owner"))
    made = at_once(lambda number: sign_up(f"guest{number}", is_open=False, invitation_hash=hashed(secret)))
    assert sum(isinstance(each, User) for each in made) == 1
    assert User.objects.filter(username__startswith="guest").count() == 1
    assert Invitation.objects.get().used_by is not None


def test_one_name_makes_one_account() -> None:
    made = at_once(lambda number: sign_up("Rowan" if number % 2 else "rowan", is_open=True))
    assert sum(isinstance(each, User) for each in made) == 1
    assert User.objects.count() == 1


def test_one_statement_counts_once() -> None:
    assert at_once(lambda _number: _use_nonce("2026-05-17T12:00:00Zsame")).count(None) == 1


def test_one_steam_account_goes_to_one_user() -> None:
    users = [User.objects.create_user(f"user{number}") for number in range(HANDS)]
    linked = at_once(lambda number: link_steam_account(users[number], STEAM_ID))
    assert sum(isinstance(each, SteamAccount) for each in linked) == 1
    assert SteamAccount.objects.get().user in users


def test_the_last_way_in_stays_when_all_are_given_up_together() -> None:
    user = User.objects.create(username="member", password="!")
    for number in range(HANDS):
        link_steam_account(user, STEAM_ID + number)
    at_once(lambda number: unlink_steam_account(user, STEAM_ID + number))
    assert user.steam_accounts.count() == 1
