"""A person connects their game: Steam account, token, file, first post, green."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.desk import ARTIFACTS, REPOSITORY
from makers.gsi_posts import GsiClient
from makers.steam_provider import SteamProvider

pytestmark = pytest.mark.browser

STEAM_ID = 76561198000000077
AXE = REPOSITORY / "viewer" / "node_modules" / "axe-core" / "axe.min.js"


def post(url: str, token: str) -> int:
    """Send what the game sends first."""
    client = GsiClient(steam_id=STEAM_ID)
    client.warmup()
    body = client.posts[-1] | {"auth": {"token": token}}
    return httpx.post(url, json=body, timeout=20).status_code


def faults(page: Page) -> list[str]:
    """Serious faults by the rules of WCAG 2 A and AA."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `npm ci` in viewer/")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })")
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"][:3]
    ]


def make_token(page: Page, name: str) -> None:
    """Enter the Steam account, if it is not there yet, and connect a game."""
    page.goto("/settings/steam/")
    if not page.get_by_text("Entered without proof").is_visible():
        page.get_by_label("SteamID64").fill(str(STEAM_ID))
        page.get_by_role("button", name="Enter", exact=True).click()
        expect(page.get_by_text("Entered without proof")).to_be_visible()
    page.get_by_label("Name of the computer that plays").fill(name)
    page.get_by_role("button", name="Connect a game").click()
    expect(page.get_by_role("heading", name="Connect your game")).to_be_visible()


def test_a_game_is_connected_and_the_page_turns_green_by_itself(page: Page, tmp_path: Path) -> None:
    make_token(page, "Desk")
    page.screenshot(path=ARTIFACTS / "game-token.png", full_page=True)
    with page.expect_download() as waited:
        page.get_by_role("button", name="Download gamestate_integration_offangle.cfg").click()
    assert waited.value.suggested_filename == "gamestate_integration_offangle.cfg"
    file = tmp_path / "file.cfg"
    waited.value.save_as(file)
    text = file.read_text(encoding="utf-8")
    found = re.search(r'"uri" "([^"]+)"', text), re.search(r'"token" "([^"]+)"', text)
    assert found[0] is not None
    assert found[1] is not None
    page.get_by_role("link", name="Check connection").click()
    row = page.get_by_role("row").filter(has_text="Desk")
    expect(row).to_contain_text("Waiting for the first post")
    page.screenshot(path=ARTIFACTS / "connect-waiting.png", full_page=True)
    assert post(found[0][1], found[1][1]) == 200
    expect(row.get_by_text("Connected")).to_be_visible(timeout=5_000)
    page.screenshot(path=ARTIFACTS / "connect-green.png", full_page=True)


def test_the_new_pages_keep_to_what_screen_readers_and_keyboards_need(page: Page) -> None:
    make_token(page, "Laptop")
    assert faults(page) == []
    for address in ("/live/connect/", "/settings/steam/", "/settings/invitations/"):
        page.goto(address)
        assert faults(page) == [], address
        page.screenshot(path=ARTIFACTS / f"{address.strip('/').replace('/', '-')}.png", full_page=True)


def test_the_pages_fit_a_phone(phone: Page) -> None:
    make_token(phone, "Phone's desk")
    for address in ("", "/live/connect/", "/settings/steam/"):
        if address:
            phone.goto(address)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, address
        phone.screenshot(path=ARTIFACTS / f"phone{address.replace('/', '-')}game.png", full_page=True)


def test_sign_in_offers_steam_and_a_closed_sign_up_says_whom_to_ask(anonymous: Page) -> None:
    anonymous.goto("/sign-in/")
    expect(anonymous.get_by_role("button", name="Sign in through Steam")).to_be_visible()
    assert faults(anonymous) == []
    anonymous.screenshot(path=ARTIFACTS / "sign-in.png")
    anonymous.goto("/sign-up/")
    expect(anonymous.get_by_text("Ask the person who runs it")).to_be_visible()
    anonymous.screenshot(path=ARTIFACTS / "sign-up-closed.png")


def test_the_owner_links_steam_and_comes_in_by_it(page: Page, anonymous: Page, steam: SteamProvider) -> None:
    page.goto("/settings/steam/")
    page.get_by_role("button", name=re.compile("account through Steam")).click()
    expect(page.get_by_text(f"The Steam account {steam.steam_id} is linked to you.")).to_be_visible()
    expect(page.get_by_text("Linked through Steam")).to_be_visible()
    page.screenshot(path=ARTIFACTS / "steam-linked.png")
    anonymous.goto("/jobs/")
    anonymous.get_by_role("button", name="Sign in through Steam").click()
    expect(anonymous.get_by_role("heading", name="Jobs")).to_be_visible()
