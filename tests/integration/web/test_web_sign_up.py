"""New accounts, invitations, and how often one may try."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from makers.api_world import World
from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import AttemptCounter, Invitation, User
from offangle.db.queries.attempts import Budget, forget, forgive, spend
from offangle.flows.people.secrets import hashed
from offangle.flows.people.sign_up import SignUpClosedError, make_invitation, sign_up
from offangle.web.people import attempts
from offangle.web.people.attempts import address_of

PASSWORD = "seven small horses"
NEWCOMER = {"username": "Rowan", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def open_to_all(settings: Any) -> None:
    settings.SIGNUP_OPEN = True


def test_sign_up_is_closed_unless_opened_and_says_whom_to_ask(anonymous: Client) -> None:
    for answer in (anonymous.get("/sign-up/"), anonymous.post("/sign-up/", NEWCOMER)):
        assert answer.status_code == 403
        assert b"Sign-up is closed" in answer.content
        assert b"Ask the person who runs it" in answer.content
    assert not User.objects.filter(username="Rowan").exists()
    assert b"Make an account" not in anonymous.get("/sign-in/").content


@pytest.mark.usefixtures("open_to_all")
def test_a_newcomer_makes_an_account_and_is_signed_in(anonymous: Client) -> None:
    assert b"Make an account" in anonymous.get("/sign-in/").content
    assert anonymous.get("/sign-up/").status_code == 200
    answer = anonymous.post("/sign-up/", NEWCOMER)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert anonymous.get("/").status_code == 200
    user = User.objects.get(username="Rowan")
    assert user.check_password(PASSWORD)
    assert (user.is_superuser, user.is_staff) == (False, False)
    assert anonymous.get("/sign-up/").status_code == 302  # who is signed in needs none


@pytest.mark.usefixtures("open_to_all")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"username": "MEMBER"}, "This name is taken."),
        ({"username": ""}, "This field is required."),
        ({"username": "two words"}, "Enter a valid username."),
        ({"username": "x" * 41}, "at most 40 characters"),
        ({"username": "nul\x00l"}, "Null characters are not allowed"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password1": "passwordpassword", "password2": "different!"}, "differ"),
        ({"password1": "password123", "password2": "password123"}, "too common"),
        ({"password2": ""}, "This field is required."),
    ],
)
def test_a_refused_account_says_why(anonymous: Client, changes: dict[str, str], said: str) -> None:
    before = User.objects.count()
    answer = anonymous.post("/sign-up/", NEWCOMER | changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert User.objects.count() == before


@pytest.mark.usefixtures("open_to_all", "world")
def test_forms_come_from_our_own_pages() -> None:
    careful = Client(enforce_csrf_checks=True)
    for address in ("/sign-up/", "/sign-in/", "/steam/sign-in/", "/steam/welcome/"):
        assert careful.post(address, NEWCOMER).status_code == 403


def test_an_invitation_lets_one_person_in(world: World, owner: Client, anonymous: Client) -> None:
    made = owner.post("/settings/invitations/", {"note": "Rowan"})
    assert made.status_code == 201
    link = made.context["new_link"]
    assert link.startswith("http://testserver/sign-up/")
    assert link not in owner.get("/settings/invitations/").content.decode()
    assert b"Rowan" in owner.get("/settings/invitations/").content
    assert b"You were invited" in anonymous.get(link).content
    wrong = anonymous.post(link, NEWCOMER | {"username": "member"})
    assert wrong.status_code == 422  # and the invitation is not used up
    assert anonymous.post(link, NEWCOMER).status_code == 302
    again = Client().post(link, NEWCOMER | {"username": "Second"})
    assert again.status_code == 410
    assert b"does not work any more" in again.content
    invitation = Invitation.objects.get()
    assert invitation.used_by == User.objects.get(username="Rowan")
    assert link.split("/")[-2] not in invitation.secret_hash
    assert b"Rowan" not in owner.get("/settings/invitations/").content
    del world


def test_a_withdrawn_expired_or_guessed_invitation_lets_nobody_in(world: World, owner: Client) -> None:
    withdrawn, first = make_invitation(world.owner)
    assert owner.post(f"/settings/invitations/{withdrawn.pk}/withdraw/").status_code == 302
    assert owner.post(f"/settings/invitations/{withdrawn.pk}/withdraw/").status_code == 404
    _, late = make_invitation(world.owner, life=timedelta(seconds=-1))
    for secret in (first, late, "guess", "%00", "x" * 3000):
        assert Client().get(f"/sign-up/{secret}/").status_code == 410
        assert Client().post(f"/sign-up/{secret}/", NEWCOMER).status_code == 410


def test_invitations_of_somebody_who_was_barred_end(world: World) -> None:
    _, secret = make_invitation(world.owner)
    world.owner.is_active = False
    world.owner.save()
    with pytest.raises(NotFoundError):
        sign_up("Rowan", is_open=False, invitation_hash=hashed(secret))
    assert not User.objects.filter(username="Rowan").exists()


def test_only_the_owner_invites(member: Client, stranger: Client, anonymous: Client, world: World) -> None:
    made, _ = make_invitation(world.owner)
    for client in (member, stranger):
        assert client.get("/settings/invitations/").status_code == 403
        assert client.post("/settings/invitations/", {"note": "me"}).status_code == 403
        assert client.post(f"/settings/invitations/{made.pk}/withdraw/").status_code == 403
        assert b"/settings/invitations/" not in client.get("/settings/").content
    assert anonymous.get("/settings/invitations/")["Location"].startswith("/sign-in/")
    assert Invitation.objects.count() == 1


def test_invitations_have_their_methods(owner: Client) -> None:
    assert owner.put("/settings/invitations/").status_code == 405
    assert owner.get("/settings/invitations/1/withdraw/").status_code == 405
    assert owner.get("/settings/invitations/x/withdraw/").status_code == 404
    assert owner.post(f"/settings/invitations/{10**30}/withdraw/").status_code == 404
    assert owner.post("/settings/invitations/", {"note": "x" * 101}).status_code == 422


def test_the_use_case_itself_holds_the_door(world: World) -> None:
    with pytest.raises(SignUpClosedError):
        sign_up("Rowan", is_open=False, password=PASSWORD)
    with pytest.raises(BadInputError, match="taken"):
        sign_up("Member", is_open=True, password=PASSWORD)
    _, secret = make_invitation(world.owner)
    with pytest.raises(BadInputError, match="taken"):
        sign_up("Member", is_open=False, password=PASSWORD, invitation_hash=hashed(secret))
    assert Invitation.objects.get().used_at is None  # rolled back with the account
    assert not sign_up("Rowan", is_open=False, invitation_hash=hashed(secret)).has_usable_password()


def test_after_ten_wrong_passwords_even_the_right_one_waits(world: World, anonymous: Client) -> None:
    world.member.set_password(PASSWORD)
    world.member.save()
    wrong = {"username": "member", "password": "wrong"}
    for _ in range(attempts.SIGN_IN_AT_ONE_NAME):
        assert anonymous.post("/sign-in/", wrong).status_code == 422
    refused = anonymous.post("/sign-in/", {"username": "Member", "password": PASSWORD})
    assert refused.status_code == 429
    assert b"Too many attempts. Try again in 15 minutes." in refused.content
    assert 0 < int(refused["Retry-After"]) <= 900
    assert anonymous.get("/").status_code == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post("/sign-in/", {"username": "member", "password": PASSWORD}).status_code == 302


def test_the_window_passes(world: World, anonymous: Client) -> None:
    del world
    wrong = {"username": "member", "password": "wrong"}
    for _ in range(attempts.SIGN_IN_AT_ONE_NAME + 1):
        anonymous.post("/sign-in/", wrong)
    AttemptCounter.objects.update(began_at=timezone.now() - attempts.WINDOW)
    assert anonymous.post("/sign-in/", wrong).status_code == 422


def test_the_right_password_forgives_the_wrong_ones(world: World) -> None:
    world.member.set_password(PASSWORD)
    world.member.save()
    for _ in range(3):
        for _ in range(attempts.SIGN_IN_AT_ONE_NAME - 1):
            Client().post("/sign-in/", {"username": "member", "password": "wrong"})
        assert Client().post("/sign-in/", {"username": "member", "password": PASSWORD}).status_code == 302


def test_many_names_from_one_address_wait_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    del world
    monkeypatch.setattr(attempts, "SIGN_IN_FROM_ONE_ADDRESS", 3)
    statuses = [Client().post("/sign-in/", {"username": f"n{n}", "password": "x"}).status_code for n in range(5)]
    assert statuses == [422, 422, 422, 429, 429]


@pytest.mark.usefixtures("open_to_all", "world")
def test_accounts_from_one_address_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "SIGN_UP_FROM_ONE_ADDRESS", 2)
    answers = [Client().post("/sign-up/", NEWCOMER | {"username": f"n{n}"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert b"Too many attempts" in answers[-1].content


def test_counters_hold_no_names_and_no_addresses(anonymous: Client) -> None:
    anonymous.post("/sign-in/", {"username": "member", "password": "wrong"})
    keys = set(AttemptCounter.objects.values_list("key", flat=True))
    assert len(keys) == 3
    assert all(len(key) == 64 for key in keys)


@pytest.mark.django_db
def test_a_budget_is_spent_and_forgiven_and_old_ones_are_forgotten() -> None:
    budget = Budget("test", "somebody", 2, timedelta(minutes=1))
    other = Budget("test", "somebody else", 2, timedelta(minutes=1))
    assert [spend([budget, other]) is None for _ in range(3)] == [True, True, False]
    wait = spend([budget])
    assert wait is not None
    assert timedelta(0) < wait <= timedelta(minutes=1)
    forgive(budget)
    assert spend([budget]) is None
    AttemptCounter.objects.update(began_at=timezone.now() - timedelta(days=2))
    assert spend([Budget("test", "third", 2, timedelta(minutes=1))]) is None
    assert forget(timedelta(days=1)) == 2
    assert AttemptCounter.objects.count() == 1


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "expected"),
    [
        (0, "", "192.0.2.1", "192.0.2.1"),
        (0, "198.51.100.9", "192.0.2.1", "192.0.2.1"),
        (1, "198.51.100.9", "192.0.2.1", "198.51.100.9"),
        (1, "10.9.9.9, 198.51.100.9", "192.0.2.1", "198.51.100.9"),
        (2, "198.51.100.9, 10.0.0.1", "192.0.2.1", "198.51.100.9"),
        (2, "198.51.100.9", "192.0.2.1", "192.0.2.1"),
        (1, "nonsense", "192.0.2.1", "unknown"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (0, "", "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        (0, "", "::ffff:192.0.2.1", "192.0.2.1"),
        (0, "", "", "unknown"),
    ],
)
def test_the_address_that_counts(settings: Any, proxies: int, forwarded: str, remote: str, expected: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": forwarded} if forwarded else {})
    assert address_of(request) == expected
