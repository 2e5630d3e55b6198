"""Sign-in through Steam against a provider that signs and verifies, with the attacks on it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone

from makers.api_world import World
from makers.page_text import source_of
from makers.steam_provider import STEAM_ID, SteamProvider, silent_server, steam_provider
from offangle.db.models import GsiToken, OpenIdNonce, SteamAccount, User
from offangle.db.queries.gsi_tokens import create_gsi_token, find_live_token, hash_gsi_secret
from offangle.db.queries.people import claim_steam_account
from offangle.flows.people import steam_accounts
from offangle.flows.people.form_post import post_form
from offangle.flows.people.sign_up import make_invitation
from offangle.flows.people.steam_accounts import link_steam_account, unlink_steam_account
from offangle.web.people import attempts

OTHER_ID = STEAM_ID + 1


@pytest.fixture
def provider(settings: Any) -> Iterator[SteamProvider]:
    with steam_provider() as running:
        settings.STEAM_OPENID_URL = running.endpoint
        yield running


def leave(client: Client, start: str = "/steam/sign-in/", **values: str) -> str:
    """Press the button; where the browser is sent."""
    answer = client.post(start, values)
    assert answer.status_code == 302
    return str(answer["Location"])


def there_and_back(client: Client, provider: SteamProvider, start: str = "/steam/sign-in/", **values: str) -> Any:
    return client.get(provider.way_back(leave(client, start, **values)))


def return_to_of(client: Client) -> str:
    leave(client)
    return str(client.session["steam_started"]["return_to"])


def come_back(client: Client, return_to: str, statement: dict[str, str]) -> Any:
    return client.get(f"{return_to}&{urlencode(statement)}")


def is_signed_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def said(answer: HttpResponseBase) -> str:
    return source_of(answer)


def test_the_button_leads_to_the_provider_and_the_page_allows_it(anonymous: Client, provider: SteamProvider) -> None:
    page = anonymous.get("/sign-in/")
    assert f"form-action 'self' {provider.origin};" in page["Content-Security-Policy"]
    assert b"Sign in through Steam" in page.content
    assert leave(anonymous).startswith(f"{provider.endpoint}?openid.ns=")
    assert anonymous.get("/steam/sign-in/").status_code == 405


def test_who_linked_an_account_signs_in_with_it(world: World, anonymous: Client, provider: SteamProvider) -> None:
    link_steam_account(world.member, STEAM_ID)
    answer = there_and_back(anonymous, provider, next="/jobs/")
    assert (answer.status_code, answer["Location"]) == (302, "/jobs/")
    assert anonymous.session["_auth_user_id"] == str(world.member.pk)


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_it_does_not_lead_away_from_here(world: World, anonymous: Client, provider: SteamProvider, wanted: str) -> None:
    link_steam_account(world.member, STEAM_ID)
    assert there_and_back(anonymous, provider, next=wanted)["Location"] == "/"


def test_a_signed_in_user_links_an_account(world: World, member: Client, provider: SteamProvider) -> None:
    answer = there_and_back(member, provider, "/settings/steam/link/")
    assert answer["Location"] == "/settings/steam/"
    account = SteamAccount.objects.get(pk=STEAM_ID)
    assert account.user == world.member
    assert account.proven_at is not None
    page = said(member.get("/settings/steam/"))
    assert str(STEAM_ID) in page
    assert "Linked through Steam" in page


def test_one_user_has_several(world: World, member: Client, provider: SteamProvider) -> None:
    there_and_back(member, provider, "/settings/steam/link/")
    provider.steam_id = OTHER_ID
    there_and_back(member, provider, "/settings/steam/link/")
    assert {account.pk for account in world.member.steam_accounts.all()} == {STEAM_ID, OTHER_ID}
    visitor = Client()
    there_and_back(visitor, provider)
    assert visitor.session["_auth_user_id"] == str(world.member.pk)


def test_an_account_of_another_user_cannot_be_linked(world: World, member: Client, provider: SteamProvider) -> None:
    link_steam_account(world.stranger, STEAM_ID)
    answer = there_and_back(member, provider, "/settings/steam/link/")
    assert answer.status_code == 400
    assert "linked to another user" in said(answer)
    assert SteamAccount.objects.get(pk=STEAM_ID).user == world.stranger


def test_nobody_new_comes_in_while_sign_up_is_closed(anonymous: Client, provider: SteamProvider) -> None:
    answer = there_and_back(anonymous, provider)
    assert answer.status_code == 400
    assert "need an invitation" in said(answer)
    assert not is_signed_in(anonymous)
    assert anonymous.get("/steam/welcome/")["Location"] == "/sign-in/"


def test_somebody_new_chooses_a_name_where_sign_up_is_open(
    anonymous: Client, provider: SteamProvider, settings: Any
) -> None:
    settings.SIGNUP_OPEN = True
    SteamAccount.objects.create(steam_id=STEAM_ID, last_name="Al der ☆")
    assert there_and_back(anonymous, provider)["Location"] == "/steam/welcome/"
    assert 'value="Alder"' in said(anonymous.get("/steam/welcome/"))
    taken = anonymous.post("/steam/welcome/", {"username": "OWNER"})
    assert taken.status_code == 422
    assert "This name is taken." in said(taken)
    assert anonymous.post("/steam/welcome/", {"username": "Alder"})["Location"] == "/settings/steam/"
    assert is_signed_in(anonymous)
    user = User.objects.get(username="Alder")
    assert not user.has_usable_password()
    assert SteamAccount.objects.get(pk=STEAM_ID).user == user
    assert anonymous.get("/steam/welcome/")["Location"] == "/"
    again = Client()
    there_and_back(again, provider)
    assert again.session["_auth_user_id"] == str(user.pk)


def test_an_invitation_works_through_steam_once(world: World, anonymous: Client, provider: SteamProvider) -> None:
    _, secret = make_invitation(world.owner)
    assert there_and_back(anonymous, provider, invitation=secret)["Location"] == "/steam/welcome/"
    assert secret not in repr(dict(anonymous.session))
    assert anonymous.post("/steam/welcome/", {"username": "Rowan"}).status_code == 302
    provider.steam_id = OTHER_ID
    second = Client()
    there_and_back(second, provider, invitation=secret)
    refused = second.post("/steam/welcome/", {"username": "Second"})
    assert refused.status_code == 422
    assert "does not work any more" in said(refused)
    assert not User.objects.filter(username="Second").exists()


def test_the_choice_of_a_name_ends_after_a_while(anonymous: Client, provider: SteamProvider, settings: Any) -> None:
    settings.SIGNUP_OPEN = True
    there_and_back(anonymous, provider)
    session = anonymous.session
    session["steam_proven"] = {**session["steam_proven"], "began_s": 0}
    session.save()
    assert anonymous.post("/steam/welcome/", {"username": "Rowan"})["Location"] == "/sign-in/"
    assert not User.objects.filter(username="Rowan").exists()


def test_a_typed_account_signs_nobody_in(world: World, anonymous: Client, provider: SteamProvider) -> None:
    claim_steam_account(world.owner, STEAM_ID)  # the owner mistyped a digit: it is somebody else's at Steam
    answer = there_and_back(anonymous, provider)
    assert answer.status_code == 400
    assert "without proof" in said(answer)
    assert not is_signed_in(anonymous)


def test_an_old_proof_says_nothing_of_a_new_claim(world: World, anonymous: Client, provider: SteamProvider) -> None:
    link_steam_account(world.stranger, STEAM_ID)
    world.stranger.delete()
    claim_steam_account(world.owner, STEAM_ID)
    assert there_and_back(anonymous, provider).status_code == 400
    assert not is_signed_in(anonymous)


def test_a_barred_user_stays_out(world: World, anonymous: Client, provider: SteamProvider) -> None:
    link_steam_account(world.member, STEAM_ID)
    User.objects.filter(pk=world.member.pk).update(is_active=False)
    assert there_and_back(anonymous, provider).status_code == 400
    assert not is_signed_in(anonymous)


def test_the_same_way_back_works_once(world: World, anonymous: Client, provider: SteamProvider) -> None:
    link_steam_account(world.member, STEAM_ID)
    back = provider.way_back(leave(anonymous))
    assert anonymous.get(back).status_code == 302
    replayed = Client().get(back)
    assert replayed.status_code == 400
    assert "not started in this browser" in said(replayed)
    assert anonymous.get(back).status_code == 400


def test_a_replayed_nonce_is_refused_even_if_the_provider_says_yes(
    world: World, provider: SteamProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    link_steam_account(world.member, STEAM_ID)
    nonce = f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}same"
    statuses = []
    for _ in range(2):
        client = Client()
        return_to = return_to_of(client)
        provider.used.clear()  # a provider that forgets what it was asked
        answer = come_back(client, return_to, provider.statement(return_to, response_nonce=nonce))
        statuses.append((answer.status_code, is_signed_in(client)))
    assert statuses == [(302, True), (400, False)]
    assert "used before" in said(answer)
    assert OpenIdNonce.objects.count() == 1
    OpenIdNonce.objects.update(used_at=timezone.now() - timedelta(days=1))
    monkeypatch.setattr(steam_accounts, "post_form", post_form)
    there_and_back(Client(), provider)
    assert OpenIdNonce.objects.count() == 1  # old ones are cleared away


def test_a_statement_for_somebody_elses_session_is_refused(
    world: World, anonymous: Client, provider: SteamProvider
) -> None:
    link_steam_account(world.member, STEAM_ID)
    attackers = Client()
    statement = provider.statement(return_to_of(attackers))
    answer = come_back(anonymous, return_to_of(anonymous), statement)  # slipped to another browser
    assert answer.status_code == 400
    assert "made for another address" in said(answer)
    assert not is_signed_in(anonymous)


def test_a_statement_made_for_another_site_is_refused(world: World, anonymous: Client, provider: SteamProvider) -> None:
    link_steam_account(world.member, STEAM_ID)
    return_to = return_to_of(anonymous)
    elsewhere = f"http://evil.example{urlsplit(return_to).path}?{urlsplit(return_to).query}"
    assert come_back(anonymous, return_to, provider.statement(elsewhere)).status_code == 400
    assert provider.asked == 0


@pytest.mark.parametrize(
    "changes",
    [
        {
            "openid.claimed_id": "{origin}/openid/id/76561198000000002",
            "openid.identity": "{origin}/openid/id/76561198000000002",
        },
        {"openid.op_endpoint": "http://evil.example/openid/login"},
        {"openid.signed": "signed,op_endpoint,return_to,response_nonce,assoc_handle"},
        {"openid.sig": "AAAA"},
        {"openid.mode": "cancelled"},
        {"openid.response_nonce": "2020-01-01T00:00:00Zold"},
    ],
)
def test_a_tampered_statement_is_refused(
    world: World, anonymous: Client, provider: SteamProvider, changes: dict[str, str]
) -> None:
    link_steam_account(world.member, STEAM_ID)
    link_steam_account(world.stranger, OTHER_ID)
    return_to = return_to_of(anonymous)
    statement = provider.statement(return_to)
    statement |= {name: value.format(origin=provider.origin) for name, value in changes.items()}
    assert come_back(anonymous, return_to, statement).status_code == 400
    assert not is_signed_in(anonymous)


def test_a_repeated_field_is_refused(world: World, anonymous: Client, provider: SteamProvider) -> None:
    link_steam_account(world.member, STEAM_ID)
    back = provider.way_back(leave(anonymous))
    assert anonymous.get(f"{back}&{urlencode({'openid.claimed_id': 'x'})}").status_code == 400
    assert not is_signed_in(anonymous)


def test_who_cancels_is_told_so_on_the_page_they_came_from(member: Client, provider: SteamProvider) -> None:
    provider.mood = "cancels"
    visitor = Client()
    assert there_and_back(visitor, provider)["Location"] == "/sign-in/"
    assert "was cancelled" in said(visitor.get("/sign-in/"))
    assert there_and_back(member, provider, "/settings/steam/link/")["Location"] == "/settings/steam/"


def test_a_provider_that_denies_or_is_broken(world: World, provider: SteamProvider) -> None:
    link_steam_account(world.member, STEAM_ID)
    for mood, status in (("denies", 400), ("breaks", 503)):
        provider.mood = mood
        client = Client()
        assert there_and_back(client, provider).status_code == status
        assert not is_signed_in(client)


def test_a_provider_that_is_slow_or_gone(
    world: World, anonymous: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    link_steam_account(world.member, STEAM_ID)
    monkeypatch.setattr(steam_accounts, "post_form", lambda url, body: post_form(url, body, timeout_s=0.2))
    with silent_server() as url:
        origin = url.removesuffix("/openid/login")
        settings.STEAM_OPENID_URL = url
        answer = there_and_back(anonymous, SteamProvider(origin))
    assert answer.status_code == 503
    assert "could not be asked: timed out" in said(answer)
    assert "Try again in a minute." in said(answer)
    assert there_and_back(anonymous, SteamProvider(origin)).status_code == 503


def test_a_sign_in_that_took_too_long_starts_again(world: World, anonymous: Client, provider: SteamProvider) -> None:
    link_steam_account(world.member, STEAM_ID)
    back = provider.way_back(leave(anonymous))
    session = anonymous.session
    session["steam_started"] = {**session["steam_started"], "began_s": 0}
    session.save()
    assert anonymous.get(back).status_code == 400


def test_a_link_begun_by_one_user_does_not_end_at_another(
    world: World, member: Client, provider: SteamProvider
) -> None:
    back = provider.way_back(leave(member, "/settings/steam/link/"))
    started = member.session["steam_started"]
    member.force_login(world.stranger)
    session = member.session
    session["steam_started"] = started
    session.save()
    assert member.get(back).status_code == 400
    assert not SteamAccount.objects.filter(user__isnull=False).exists()


@pytest.mark.parametrize("query", ["", "?state=", "?state=x", "?state=%ff&openid.mode=id_res", "?openid.mode=cancel"])
def test_coming_back_without_having_left(anonymous: Client, query: str) -> None:
    assert anonymous.get(f"/steam/return/{query}").status_code == 400
    assert anonymous.post("/steam/return/").status_code == 405


def test_attempts_are_limited(anonymous: Client, provider: SteamProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    del provider
    monkeypatch.setattr(attempts, "STEAM_FROM_ONE_ADDRESS", 1)
    leave(anonymous)
    refused = anonymous.post("/steam/sign-in/")
    assert refused.status_code == 429
    assert "Too many attempts" in said(refused)


def test_linking_needs_a_signed_in_user_and_our_own_form(anonymous: Client, world: World) -> None:
    assert anonymous.post("/settings/steam/link/")["Location"].startswith("/sign-in/")
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(world.member)
    assert careful.post("/settings/steam/link/").status_code == 403


def test_unlinking_ends_the_tokens_for_good(world: World, member: Client) -> None:
    world.member.set_password("seven small horses")
    world.member.save()
    member.force_login(world.member)
    link_steam_account(world.member, STEAM_ID)
    _, secret = create_gsi_token(world.member, STEAM_ID)
    assert member.post(f"/settings/steam/{STEAM_ID}/unlink/")["Location"] == "/settings/steam/"
    assert "no longer linked" in said(member.get("/settings/steam/"))
    link_steam_account(world.member, STEAM_ID)
    assert find_live_token(hash_gsi_secret(secret)) is None
    assert GsiToken.objects.get().revoked_at is not None


def test_the_only_way_in_is_not_unlinked(world: World, member: Client) -> None:
    link_steam_account(world.member, STEAM_ID)
    User.objects.filter(pk=world.member.pk).update(password="!")
    world.member.refresh_from_db()
    member.force_login(world.member)
    member.post(f"/settings/steam/{STEAM_ID}/unlink/")
    assert "only way to sign in" in said(member.get("/settings/steam/"))
    link_steam_account(world.member, OTHER_ID)
    assert unlink_steam_account(world.member, STEAM_ID).user is None


def test_strangers_unlink_nothing(world: World, stranger: Client, owner: Client, anonymous: Client) -> None:
    link_steam_account(world.member, STEAM_ID)
    for client in (stranger, owner):
        assert client.post(f"/settings/steam/{STEAM_ID}/unlink/").status_code == 404
        assert str(STEAM_ID) not in said(client.get("/settings/steam/"))
    assert anonymous.post(f"/settings/steam/{STEAM_ID}/unlink/").status_code == 302
    assert SteamAccount.objects.get(pk=STEAM_ID).user == world.member
    assert stranger.get(f"/settings/steam/{STEAM_ID}/unlink/").status_code == 405
    assert stranger.post("/settings/steam/x/unlink/").status_code == 404
    assert stranger.post(f"/settings/steam/{10**30}/unlink/").status_code == 404


def test_the_owner_of_a_closed_installation_types_a_steam_id(world: World, owner: Client, settings: Any) -> None:
    assert "Without Steam" in said(owner.get("/settings/steam/"))
    assert owner.post("/settings/steam/claim/", {"steam_id": f" {STEAM_ID} "}).status_code == 302
    account = SteamAccount.objects.get(pk=STEAM_ID)
    assert (account.user, account.proven_at) == (world.owner, None)
    assert "Entered without proof" in said(owner.get("/settings/steam/"))
    settings.SIGNUP_OPEN = True
    assert "Without Steam" not in said(owner.get("/settings/steam/"))
    assert owner.post("/settings/steam/claim/", {"steam_id": str(OTHER_ID)}).status_code == 403


@pytest.mark.parametrize(
    "typed", ["", "1", "x" * 17, "00000000000000001", "7656119800000000\N{ARABIC-INDIC DIGIT ONE}", "9" * 17]
)
def test_what_is_no_steam_id_is_refused(owner: Client, typed: str) -> None:
    answer = owner.post("/settings/steam/claim/", {"steam_id": typed})
    assert answer.status_code == 422
    assert "is-invalid" in said(answer)


def test_others_prove_theirs(world: World, member: Client, stranger: Client, owner: Client) -> None:
    for client in (member, stranger):
        assert client.post("/settings/steam/claim/", {"steam_id": str(STEAM_ID)}).status_code == 403
    link_steam_account(world.member, STEAM_ID)
    taken = owner.post("/settings/steam/claim/", {"steam_id": str(STEAM_ID)})
    assert taken.status_code == 422
    assert "already another user" in said(taken)
