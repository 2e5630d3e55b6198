"""Somebody without a match presses one button and explores a simulated one, played by the real simulator."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.conftest import DESKTOP, Installation, watched_page
from browser.desk import ARTIFACTS

pytestmark = pytest.mark.browser

SIMULATED_WITHIN_MS = 120_000
"""Two rounds take some seconds; a busy machine is slow, not wrong."""


@pytest.fixture
def newcomer(installation: Installation, browser: Browser) -> Iterator[Page]:
    """Somebody who has just got an account."""
    context = browser.new_context(base_url=installation.url, viewport=DESKTOP)
    page = context.new_page()
    page.goto(installation.command("user", "create", "newcomer").strip())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{installation.url}/")
    page.close()
    yield from watched_page(context)


def test_one_press_brings_a_match_that_says_that_it_is_simulated(newcomer: Page) -> None:
    newcomer.goto("/")
    newcomer.screenshot(path=ARTIFACTS / "sample-offer.png")
    newcomer.get_by_role("button", name="Explore a sample match").click()
    tray = newcomer.get_by_role("region", name="Files being added")
    expect(tray.get_by_role("listitem")).to_have_count(1)
    expect(tray).to_contain_text(re.compile("simulat", re.IGNORECASE))
    expect(newcomer.get_by_text("Your sample match is on its way")).to_be_visible()
    newcomer.screenshot(path=ARTIFACTS / "sample-simulating.png")

    row = newcomer.locator("tr.match-row")
    expect(row).to_have_count(1, timeout=SIMULATED_WITHIN_MS)
    expect(row).to_contain_text("Simulated")
    expect(newcomer.get_by_role("button", name="Explore a sample match")).to_have_count(0)
    expect(tray.get_by_role("listitem"), "one line from the simulation to the match").to_have_count(1)
    tray.get_by_role("link", name="Open match").click()
    expect(newcomer).to_have_title(re.compile("^Simulated · Quarry "))
    newcomer.screenshot(path=ARTIFACTS / "sample-match.png")
    for tab in ("Rounds", "Economy", "Checks"):
        newcomer.get_by_role("navigation", name="Match").get_by_role("link", name=tab).click()
        expect(newcomer).to_have_title(re.compile(f"^Simulated · .*{tab}"))
        expect(newcomer.get_by_text("Simulated", exact=True).first).to_be_visible()
    newcomer.goto("/players/")
    expect(newcomer.locator("tbody tr").filter(has_text="Simulated")).to_have_count(10)
    newcomer.goto("/settings/")
    newcomer.get_by_role("button", name="Open your sample match").click()
    expect(newcomer).to_have_url(re.compile("/matches/[0-9a-f-]{36}/$"))
