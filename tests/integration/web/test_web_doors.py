"""Getting in, settings, headers, and pages for errors."""

import logging
from datetime import timedelta

import pytest
from django.test import Client, RequestFactory

from makers.api_world import World
from offangle.core.errors import BadInputError, LimitExceededError, NotFoundError, OffangleError, TransientError
from offangle.db.models import SignInLink, User
from offangle.db.queries import tokens
from offangle.flows.people.sign_in import make_sign_in_link
from offangle.web.shared.middleware import viewer_zone
from offangle.web.shared.problems import server_error, status_of

PASSWORD = "seven small horses"


def test_a_link_signs_in_once_and_only_by_a_press(world: World, anonymous: Client) -> None:
    address = f"/sign-in/{make_sign_in_link(world.member)}/"
    for _ in range(2):  # a preview in a chat opens it too
        assert anonymous.get(address).status_code == 200
        assert anonymous.get("/").status_code == 302
    assert anonymous.post(address).status_code == 302
    assert anonymous.get("/").status_code == 200
    again = Client().post(address)
    assert again.status_code == 410
    assert b"does not work any more" in again.content


def test_an_expired_or_wrong_link_signs_nobody_in(world: World, anonymous: Client) -> None:
    expired = make_sign_in_link(world.member, life=timedelta(seconds=-1))
    assert SignInLink.objects.count() == 1
    for secret in (expired, "guess"):
        assert anonymous.post(f"/sign-in/{secret}/").status_code == 410
    assert anonymous.get("/").status_code == 302


def test_the_press_needs_our_own_form(world: World) -> None:
    careful = Client(enforce_csrf_checks=True)
    assert careful.post(f"/sign-in/{make_sign_in_link(world.member)}/").status_code == 403
    assert SignInLink.objects.filter(used_at=None).count() == 1


def test_a_password_signs_in_and_leads_on(world: World, anonymous: Client) -> None:
    world.member.set_password(PASSWORD)
    world.member.save()
    wrong = anonymous.post("/sign-in/", {"username": "member", "password": "wrong"})
    assert wrong.status_code == 422
    assert b"Please enter a correct" in wrong.content
    right = anonymous.post("/sign-in/?next=/jobs/", {"username": "member", "password": PASSWORD, "next": "/jobs/"})
    assert right["Location"] == "/jobs/"


def test_sign_in_does_not_lead_away_from_here(world: World, anonymous: Client) -> None:
    world.member.set_password(PASSWORD)
    world.member.save()
    answer = anonymous.post("/sign-in/", {"username": "member", "password": PASSWORD, "next": "https://example.org/"})
    assert answer["Location"] == "/"


def test_sign_out(member: Client) -> None:
    assert member.get("/sign-out/").status_code == 405
    assert member.post("/sign-out/").status_code == 302
    assert member.get("/").status_code == 302


def test_a_part_of_a_page_sends_the_anonymous_to_the_whole_sign_in_page(anonymous: Client) -> None:
    answer = anonymous.get("/jobs/", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/sign-in/?next=/jobs/"
    assert anonymous.get("/events/", headers={"Accept": "text/event-stream"}).status_code == 401


@pytest.mark.parametrize("address", ["/", "/jobs/", "/settings/", "/players/", "/sign-in/", "/nowhere/"])
def test_every_page_forbids_foreign_and_inline_scripts(member: Client, address: str) -> None:
    page = member.get(address)
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    body = page.content.decode()
    assert "<script>" not in body
    assert " style=" not in body
    assert " onclick=" not in body
    assert page["X-Content-Type-Options"] == "nosniff"
    assert page["Referrer-Policy"] == "same-origin"


def test_the_first_password_needs_no_old_one_and_the_next_does(world: World, member: Client) -> None:
    world.member.set_unusable_password()
    world.member.save()
    member.force_login(world.member)
    first = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert member.post("/settings/password/", first).status_code == 302
    assert member.get("/settings/").status_code == 200  # still signed in
    refused = member.post("/settings/password/", first)
    assert refused.status_code == 422
    changed = {"old_password": PASSWORD, "new_password1": PASSWORD + "!", "new_password2": PASSWORD + "!"}
    assert member.post("/settings/password/", changed).status_code == 302
    assert User.objects.get(pk=world.member.pk).check_password(PASSWORD + "!")


def test_a_weak_password_is_refused_with_the_reason(world: World, member: Client) -> None:
    world.member.set_unusable_password()
    world.member.save()
    member.force_login(world.member)
    refused = member.post("/settings/password/", {"new_password1": "short", "new_password2": "short"})
    assert refused.status_code == 422
    assert b"too short" in refused.content


def test_tokens_are_shown_once_and_end_when_revoked(member: Client, stranger: Client) -> None:
    made = member.post("/settings/tokens/", {"name": "overlay"})
    assert made.status_code == 201
    secret = made.context["new_secret"]
    assert secret in made.content.decode()
    assert secret not in member.get("/settings/").content.decode()
    token = tokens.authenticate(secret)
    assert token is not None
    assert stranger.post(f"/settings/tokens/{token.pk}/revoke/").status_code == 404
    assert member.get(f"/settings/tokens/{token.pk}/revoke/").status_code == 405
    assert member.post(f"/settings/tokens/{token.pk}/revoke/").status_code == 302
    assert tokens.authenticate(secret) is None


def test_a_token_needs_a_name(member: Client) -> None:
    assert member.post("/settings/tokens/", {"name": ""}).status_code == 422


def test_the_data_folder_is_the_owners_to_know(owner: Client, member: Client) -> None:
    assert b"Data folder" in owner.get("/settings/").content
    assert b"Data folder" not in member.get("/settings/").content


def test_times_follow_the_setting_then_the_browser(world: World, member: Client) -> None:
    request = RequestFactory().get("/")
    request.user = world.member
    assert viewer_zone(request).key == "UTC"
    request.COOKIES["zone"] = "Asia/Tokyo"
    assert viewer_zone(request).key == "Asia/Tokyo"
    assert member.post("/settings/time-zone/", {"time_zone": "Europe/Berlin"}).status_code == 302
    world.member.refresh_from_db()
    assert viewer_zone(request).key == "Europe/Berlin"
    assert member.post("/settings/time-zone/", {"time_zone": "Mars/Olympus"}).status_code == 422


@pytest.mark.parametrize("zone", ["../../etc/passwd", "/etc/localtime", "Europe", "x" * 5000, "\x00", ""])
def test_a_cookie_that_names_no_zone_means_utc(world: World, zone: str) -> None:
    request = RequestFactory().get("/")
    request.user = world.member
    request.COOKIES["zone"] = zone
    assert viewer_zone(request).key == "UTC"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError("x"), 404),
        (LimitExceededError("x"), 413),
        (BadInputError("x"), 400),
        (TransientError("x"), 503),
        (OffangleError("x"), 500),
    ],
)
def test_each_kind_of_error_has_its_status(error: OffangleError, status: int) -> None:
    assert status_of(error) == status


def test_an_error_nobody_foresaw_names_the_remedy(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    request = RequestFactory().get("/")
    request.user = world.member
    page = server_error(request)
    assert page.status_code == 500
    assert b"<code>offangle doctor</code>" in page.content
