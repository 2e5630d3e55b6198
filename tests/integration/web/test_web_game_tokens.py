"""Tokens of games, the file that carries them, and the page that waits for the first post."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from makers.api_world import World
from makers.page_text import source_of
from makers.steam_provider import STEAM_ID
from offangle.db.models import GsiRefusal, GsiToken, User
from offangle.db.queries.connections import connections_of
from offangle.db.queries.gsi_tokens import (
    create_gsi_token,
    find_live_token,
    hash_gsi_secret,
    revoke_gsi_token,
    rotate_gsi_token,
)
from offangle.db.queries.journal import JournalEntry, append_many
from offangle.flows.people.steam_accounts import link_steam_account
from offangle.web.people import steam_accounts
from offangle.web.people.steam_accounts import DOWNLOAD_SALT

OTHER_ID = STEAM_ID + 1


@pytest.fixture
def linked(world: World) -> User:
    """The member, with a Steam account."""
    link_steam_account(world.member, STEAM_ID)
    return world.member


def create(client: Client, name: str = "Desk", steam_id: int = STEAM_ID) -> Any:
    return client.post(f"/settings/steam/{steam_id}/tokens/", {"name": name})


def download(client: Client, page: Any) -> Any:
    return client.post("/settings/game-tokens/config/", {"download": page.context["download"]})


def post_of(token: GsiToken, at: datetime | None = None, steam_id: int = STEAM_ID) -> None:
    """A post that was taken."""
    received = (at or timezone.now()).timestamp()
    append_many([JournalEntry(steam_id, token.pk, int(received * 10**9), int(received), b"{}")])


def test_a_token_is_shown_once_with_its_file(linked: User, member: Client) -> None:
    made = create(member)
    assert made.status_code == 201
    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert made["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    token = find_live_token(hash_gsi_secret(secret))
    assert token is not None
    assert token.steam_id == STEAM_ID
    for page in ("/settings/steam/", "/live/connect/", "/settings/"):
        assert secret not in member.get(page).content.decode()
    assert "Desk" in member.get("/settings/steam/").content.decode()
    del linked


def test_the_file_holds_this_installations_address_and_the_secret(linked: User, member: Client, settings: Any) -> None:
    made = create(member)
    file = download(member, made)
    assert file.status_code == 200
    assert file["Content-Disposition"] == 'attachment; filename="gamestate_integration_offangle.cfg"'
    text = file.content.decode()
    assert '"uri" "http://testserver/gsi"' in text
    assert f'"token" "{made.context["secret"]}"' in text
    settings.PUBLIC_URL = "https://offangle.example"
    assert '"uri" "https://offangle.example/gsi"' in download(member, made).content.decode()
    del linked


def test_a_rotated_token_has_a_new_file_and_the_old_one_is_not_offered(linked: User, member: Client) -> None:
    made = create(member)
    token_id = made.context["token"].pk
    rotated = member.post(f"/settings/game-tokens/{token_id}/rotate/")
    assert rotated.status_code == 200
    assert rotated.context["secret"] != made.context["secret"]
    assert find_live_token(hash_gsi_secret(made.context["secret"])) is None
    assert download(member, made).status_code == 404
    assert download(member, rotated).status_code == 200
    assert member.post(f"/settings/game-tokens/{token_id}/revoke/").status_code == 302
    assert download(member, rotated).status_code == 404
    assert member.post(f"/settings/game-tokens/{token_id}/rotate/").status_code == 404
    assert "Desk" not in member.get("/live/connect/").content.decode()
    del linked


def test_a_download_is_the_users_own_and_ends(
    linked: User, member: Client, stranger: Client, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = create(member)
    for client in (stranger, owner):
        assert download(client, made).status_code == 404
    assert Client().post("/settings/game-tokens/config/", {"download": made.context["download"]}).status_code == 302
    monkeypatch.setattr(steam_accounts, "DOWNLOAD_LIFE_S", -1)
    late = download(member, made)
    assert late.status_code == 400
    assert b"not offered any more" in late.content
    del linked


@pytest.mark.parametrize("value", ["", "x", "a:b:c", "é", "\x00"])
def test_a_made_up_download_is_refused(member: Client, value: str) -> None:
    assert member.post("/settings/game-tokens/config/", {"download": value}).status_code == 400


def test_what_was_signed_for_something_else_is_refused(linked: User, member: Client) -> None:
    token, secret = create_gsi_token(linked, STEAM_ID)
    foreign = signing.dumps({"token": token.pk, "secret": secret}, salt=f"{DOWNLOAD_SALT}.other")
    assert member.post("/settings/game-tokens/config/", {"download": foreign}).status_code == 400


def test_only_its_user_makes_rotates_and_revokes(
    linked: User, stranger: Client, owner: Client, anonymous: Client
) -> None:
    token, secret = create_gsi_token(linked, STEAM_ID)
    for client in (stranger, owner):
        assert create(client).status_code == 404
        assert client.post(f"/settings/game-tokens/{token.pk}/rotate/").status_code == 404
        assert client.post(f"/settings/game-tokens/{token.pk}/revoke/").status_code == 404
        assert token.prefix not in client.get("/settings/steam/").content.decode()
        assert token.prefix not in client.get("/live/connect/").content.decode()
    for address in (f"/settings/game-tokens/{token.pk}/rotate/", "/live/connect/", "/settings/steam/"):
        assert anonymous.get(address).status_code in (302, 405)
    assert find_live_token(hash_gsi_secret(secret)) is not None
    assert GsiToken.objects.count() == 1


def test_wrong_methods_malformed_ids_and_foreign_forms(linked: User, member: Client) -> None:
    token, _ = create_gsi_token(linked, STEAM_ID)
    for action in ("rotate", "revoke"):
        assert member.get(f"/settings/game-tokens/{token.pk}/{action}/").status_code == 405
        assert member.post(f"/settings/game-tokens/x/{action}/").status_code == 404
        assert member.post(f"/settings/game-tokens/{10**30}/{action}/").status_code == 404
    assert member.get("/settings/game-tokens/config/").status_code == 405
    assert member.get(f"/settings/steam/{STEAM_ID}/tokens/").status_code == 405
    assert create(member, steam_id=10**30).status_code == 404
    assert create(member, steam_id=OTHER_ID).status_code == 404
    assert member.post("/live/connect/").status_code == 405
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(linked)
    for address in (f"/settings/game-tokens/{token.pk}/rotate/", f"/settings/steam/{STEAM_ID}/tokens/"):
        assert careful.post(address).status_code == 403
    assert GsiToken.objects.get().rotated_at is None


@pytest.mark.parametrize("name", ["x" * 101, "two\nlines", "nul\x00l"])
def test_a_name_that_cannot_be_one(linked: User, member: Client, name: str) -> None:
    assert create(member, name).status_code in (400, 422)
    assert not GsiToken.objects.exists()
    del linked


def test_tokens_are_limited(linked: User, member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steam_accounts, "MOST_TOKENS", 2)
    assert [create(member).status_code for _ in range(3)] == [201, 201, 422]
    assert "Revoke one first." in create(member).content.decode()
    del linked


def test_without_an_account_the_page_says_what_to_do_first(member: Client) -> None:
    page = member.get("/live/connect/").content.decode()
    assert "No game is set up yet" in page
    assert "Link the Steam account" in page


def test_the_page_asks_again_by_itself_and_turns_green(linked: User, member: Client) -> None:
    token, _ = create_gsi_token(linked, STEAM_ID, "Desk")
    page = member.get("/live/connect/").content.decode()
    assert "Waiting for the first post" in page
    assert 'hx-trigger="every 1s"' in page
    asked = re.search(r'hx-get="([^"]+)"', page)
    assert asked is not None
    unchanged = member.get(asked.group(1), headers={"HX-Request": "true"})
    assert (unchanged.status_code, unchanged.content) == (204, b"")
    post_of(token)
    changed = member.get(asked.group(1), headers={"HX-Request": "true"})
    assert changed.status_code == 200
    assert "Connected" in changed.content.decode()
    assert "Waiting for the first post" not in changed.content.decode()
    assert 'hx-trigger="every 15s"' in changed.content.decode()
    assert "Connected" in member.get("/settings/steam/").content.decode()


def test_each_token_waits_for_its_own_posts(linked: User) -> None:
    link_steam_account(linked, OTHER_ID)
    desk, _ = create_gsi_token(linked, STEAM_ID, "Desk")
    laptop, _ = create_gsi_token(linked, STEAM_ID, "Laptop")
    other, _ = create_gsi_token(linked, OTHER_ID, "Other")
    post_of(desk)
    states = {each.token.pk: each.is_connected for each in connections_of(linked)}
    assert states == {desk.pk: True, laptop.pk: False, other.pk: False}


def test_a_new_secret_waits_again(linked: User) -> None:
    token, _ = create_gsi_token(linked, STEAM_ID)
    post_of(token)
    GsiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
    assert [each.is_connected for each in connections_of(linked)] == [True]
    rotate_gsi_token(linked, token.pk)
    post_of(token)  # with the old secret, in the moment before the web processes notice
    assert [each.is_connected for each in connections_of(linked)] == [False]
    post_of(token, timezone.now() + timedelta(seconds=3))
    assert [each.is_connected for each in connections_of(linked)] == [True]


def test_a_token_used_long_ago_stays_connected_when_the_journal_has_moved_on(linked: User) -> None:
    token, _ = create_gsi_token(linked, STEAM_ID)
    used = timezone.now() - timedelta(days=3)
    GsiToken.objects.filter(pk=token.pk).update(created_at=used - timedelta(days=1), last_used_at=used)
    (connection,) = connections_of(linked)
    assert connection.last_post_at == used


def test_pages_with_forms_to_steam_forbid_all_else(linked: User, member: Client) -> None:
    del linked
    for address in ("/settings/steam/", "/live/connect/"):
        page = member.get(address)
        assert "unsafe" not in page["Content-Security-Policy"]
        assert "<script>" not in page.content.decode()
        assert " style=" not in page.content.decode()
    assert "https://steamcommunity.com;" in member.get("/settings/steam/")["Content-Security-Policy"]
    assert "steamcommunity" not in member.get("/live/connect/")["Content-Security-Policy"]


def refuse(user: User, cause: str, token: GsiToken | None = None, at: datetime | None = None) -> None:
    """A post that was not taken."""
    GsiRefusal.objects.create(user=user, token=token, steam_id=STEAM_ID, cause=cause, at=at or timezone.now())


def test_the_page_says_why_the_last_post_was_refused_until_one_is_taken(
    linked: User, member: Client, stranger: Client
) -> None:
    token, _ = create_gsi_token(linked, STEAM_ID, "Desk")
    before = member.get("/live/connect/")
    assert "Refused posts" not in source_of(before)
    refuse(linked, "token_rotated", token)
    asked = member.get(f"/live/connect/?seen={before.context['seen']}", headers={"HX-Request": "true"})
    assert asked.status_code == 200
    text = source_of(asked)
    assert "Refused posts" in text
    assert "older than the token" in text
    assert "Desk" in text
    assert "older than the token" not in source_of(stranger.get("/live/connect/"))
    post_of(token)
    assert "Refused posts" not in source_of(member.get("/live/connect/"))


def test_refusals_of_an_account_without_a_known_token_and_of_a_revoked_one_are_told(
    linked: User, member: Client
) -> None:
    revoked, _ = create_gsi_token(linked, STEAM_ID, "Old desk")
    revoke_gsi_token(linked, revoked.pk)
    refuse(linked, "token_revoked", revoked)
    refuse(linked, "token_unknown")
    text = source_of(member.get("/live/connect/"))
    for said in ("Old desk", "make a new one", "none of this installation", str(STEAM_ID)):
        assert said in text
    GsiRefusal.objects.update(at=timezone.now() - timedelta(days=8))
    assert "Refused posts" not in source_of(member.get("/live/connect/"))


def test_the_page_is_about_checking_the_connection(linked: User, member: Client) -> None:
    made = create(member)
    assert "Check connection" in made.content.decode()
    text = member.get("/live/connect/").content.decode()
    assert "Check connection" in text
    assert "Still waiting?" in text
    del linked
