"""Links that sign somebody in once, and the owner's account."""

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from offangle.core.errors import NotFoundError
from offangle.db.models import SignInLink, User
from offangle.flows.people.sign_in import create_owner, make_sign_in_link, redeem, sign_in_url

pytestmark = pytest.mark.django_db


def test_the_owner_is_made_once() -> None:
    owner = create_owner()
    assert owner.is_superuser
    assert not owner.has_usable_password()
    assert create_owner() == owner
    assert User.objects.count() == 1


def test_a_plain_user_with_the_owners_name_gets_no_more_rights() -> None:
    plain = User.objects.create_user("Owner")
    owner = create_owner()
    assert owner != plain
    plain.refresh_from_db()
    assert not plain.is_superuser


def test_a_link_works_once() -> None:
    owner = create_owner()
    secret = make_sign_in_link(owner)
    assert sign_in_url("http://x", secret) == f"http://x/sign-in/{secret}/"
    assert redeem(secret) == owner
    with pytest.raises(NotFoundError):
        redeem(secret)


def test_only_the_hash_of_a_secret_is_kept() -> None:
    secret = make_sign_in_link(create_owner())
    link = SignInLink.objects.get()
    assert link.secret_hash == hashlib.sha256(secret.encode()).hexdigest()
    assert timezone.now() + timedelta(minutes=59) < link.expires_at <= timezone.now() + timedelta(hours=1)


def test_an_expired_link_and_one_of_a_barred_user_do_not_work() -> None:
    owner = create_owner()
    late = make_sign_in_link(owner, life=timedelta(seconds=-1))
    barred = make_sign_in_link(User.objects.create_user("barred", is_active=False))
    for secret in (late, barred, "", "guess"):
        with pytest.raises(NotFoundError):
            redeem(secret)


def test_old_links_are_cleared_away() -> None:
    owner = create_owner()
    make_sign_in_link(owner, life=timedelta(days=-8))
    make_sign_in_link(owner)
    assert SignInLink.objects.count() == 1
