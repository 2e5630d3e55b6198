"""Overlays: an address that needs no session, shows its owner's live match alone, and ends when it is revoked."""

import asyncio
import re
from typing import Any

import pytest
from django.test import AsyncRequestFactory, Client

from makers.api_world import World
from makers.live_world import live_match
from makers.page_text import source_of
from offangle.db.models import LiveEvent, OverlayLink, User
from offangle.db.queries.overlay_links import own_news
from offangle.web.live import overlay


def make_link(client: Client, name: str = "Main scene") -> str:
    answer = client.post("/live/overlay/new/", {"name": name})
    assert answer.status_code == 201
    found = re.search(r"/overlay/ofo_[\w-]+/", answer.content.decode())
    assert found
    return found.group()


def test_the_overlay_needs_no_session(world: World, member: Client, anonymous: Client) -> None:
    live_match(world.member)
    address = make_link(member)
    answer = anonymous.get(address)
    assert answer.status_code == 200
    text = source_of(answer)
    for said in ("Dust2", "Round 5", "4 / 0 / 0", "Freeze time"):
        assert said in text
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "sessionid" not in answer.cookies


def test_it_is_empty_while_its_owner_does_not_play(world: World, member: Client, owner: Client) -> None:
    assert "overlay-bar" not in Client().get(make_link(member)).content.decode()
    live_match(world.member)
    # Whoever owns the installation sees every match, but an overlay shows one's own.
    assert "overlay-bar" not in Client().get(make_link(owner)).content.decode()
    news, cursor = own_news(world.owner, 0)
    assert news == []
    assert cursor > 0


def test_only_a_hash_is_kept_and_the_address_is_shown_once(world: World, member: Client) -> None:
    secret = make_link(member).split("/")[2]
    link = OverlayLink.objects.get()
    assert secret not in (link.secret_hash, link.prefix)
    assert secret not in member.get("/live/overlay/").content.decode()
    assert link.user == world.member


def test_a_revoked_or_unknown_address_shows_nothing(world: World, member: Client, anonymous: Client) -> None:
    live_match(world.member)
    address = make_link(member)
    member.post(f"/live/overlay/{OverlayLink.objects.get().pk}/revoke/")
    for dead in (address, "/overlay/ofo_guess/"):
        answer = anonymous.get(dead)
        assert answer.status_code == 404
        assert "no longer valid" in answer.content.decode()
        assert "Dust2" not in answer.content.decode()
        assert anonymous.get(f"{dead}events/").status_code == 204


def test_a_barred_user_has_no_overlay(world: World, member: Client) -> None:
    address = make_link(member)
    User.objects.filter(pk=world.member.pk).update(is_active=False)
    assert Client().get(address).status_code == 404


def test_nobody_revokes_somebody_elses(member: Client, stranger: Client) -> None:
    make_link(member)
    link = OverlayLink.objects.get()
    assert stranger.post(f"/live/overlay/{link.pk}/revoke/").status_code == 404
    assert member.get(f"/live/overlay/{link.pk}/revoke/").status_code == 405
    assert member.get("/live/overlay/new/").status_code == 405
    link.refresh_from_db()
    assert link.revoked_at is None


@pytest.mark.parametrize("name", ["x" * 101, "a\nb"])
def test_names_that_are_no_names(member: Client, name: str) -> None:
    assert member.post("/live/overlay/new/", {"name": name}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_its_stream_tells_of_its_owners_game(world: World, member: Client) -> None:
    live_match(world.member)
    address = make_link(member)
    secret = address.split("/")[2]
    request = AsyncRequestFactory().get(f"{address}events/?since=0")

    async def ask() -> list[str]:
        response: Any = await overlay.overlay_events(request, secret)
        found: list[str] = []
        async with asyncio.timeout(10):
            async for piece in response.streaming_content:
                found.append(piece.decode() if isinstance(piece, bytes) else piece)
                if len(found) == 2:
                    break
        return found

    told = asyncio.run(ask())[1]
    assert f"id: {LiveEvent.objects.latest('pk').pk}\n" in told
