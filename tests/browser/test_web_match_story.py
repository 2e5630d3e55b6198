"""A person at the keyboard: sign in, drop a match, watch it through, read everything, delete it."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.desk import ARTIFACTS, hold_over, let_go

pytestmark = pytest.mark.browser

STAGES = ("Received", "Decoding", "Storing", "Analysing", "Publishing", "Ready")

WATCH_STAGES = """() => {
    window.seenStages = [];
    const tray = document.getElementById("tray");
    new MutationObserver(() => {
        for (const status of tray.querySelectorAll(".status")) {
            const stage = status.textContent.split(" · ")[0];
            if (window.seenStages.at(-1) !== stage) window.seenStages.push(stage);
        }
    }).observe(tray, { subtree: true, childList: true, characterData: true });
}"""


def shot(page: Page, name: str) -> None:
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)


def import_by_drop(page: Page, path: Path) -> list[str]:
    """Drop the file, wait until its match is ready, and return the stages that the page showed."""
    page.goto("/")
    page.evaluate(WATCH_STAGES)
    hold_over(page, path)
    expect(page.get_by_text("Drop match files to add them")).to_be_visible()
    shot(page, "drop-overlay")
    let_go(page)
    expect(page.get_by_text("Drop match files to add them")).to_be_hidden()
    tray = page.get_by_role("region", name="Files being added")
    expect(tray.get_by_text(path.name)).to_be_visible()
    shot(page, "upload-under-way")
    expect(tray.get_by_role("link", name="Open match")).to_be_visible()
    expect(page.locator("#id_map option")).not_to_have_count(1)  # the filter offers its map without a new visit
    shot(page, "upload-ready")
    seen: list[str] = page.evaluate("window.seenStages")
    return seen


def read_all_tabs(page: Page, name: str) -> None:
    expect(page.get_by_role("region", name=re.compile("Scoreboard of"))).to_have_count(2)
    expect(page.locator("table.scoreboard tbody tr")).to_have_count(10)
    shot(page, f"{name}-overview")
    tabs = page.get_by_role("navigation", name="Match")
    tabs.get_by_role("link", name="Rounds").click()
    expect(page.get_by_role("heading", name="All rounds")).to_be_visible()
    page.get_by_role("navigation", name="Rounds").get_by_role("link").nth(1).click()
    expect(page.get_by_role("heading", name="Round 2", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("/rounds/2/$"))
    shot(page, f"{name}-round")
    tabs.get_by_role("link", name="Economy").click()
    expect(page.get_by_role("heading", name="Equipment at freeze end")).to_be_visible()
    shot(page, f"{name}-economy")
    tabs.get_by_role("link", name="Checks").click()
    expect(page.get_by_role("heading", name="Where the figures come from")).to_be_visible()
    shot(page, f"{name}-checks")


def delete_match(page: Page, name: str) -> None:
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("cannot be undone")
    shot(page, f"{name}-delete")
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete match").click()
    expect(page.get_by_role("status").filter(has_text="was deleted")).to_be_visible()


def whole_story(page: Page, path: Path, name: str) -> None:
    seen = import_by_drop(page, path)
    assert seen[-1] == "Ready"
    assert set(seen) >= {"Decoding", "Ready"}, f"stages shown: {seen}"
    places = [STAGES.index(stage) for stage in seen if stage in STAGES]
    assert places == sorted(places), f"stages out of order: {seen}"
    page.get_by_role("link", name="Open match").click()
    page.wait_for_url("**/matches/*/")
    match_url = page.url
    read_all_tabs(page, name)
    delete_match(page, name)
    gone = page.goto(match_url)
    assert gone is not None
    assert gone.status == 404
    expect(page.get_by_role("heading", name="Not here")).to_be_visible()


def test_drop_a_match_read_it_and_delete_it(page: Page, make_zip: Any) -> None:
    whole_story(page, make_zip(77), "synthetic")


@pytest.mark.shared
def test_drop_a_real_match_read_it_and_delete_it(page: Page, shared_data: Path) -> None:
    found = sorted(shared_data.glob("matches/**/2026-05-17_de_mirage*.zip"))
    assert found, "the match of 2026-05-17 on Mirage is not among the real matches"
    whole_story(page, found[0], "mirage")


def test_the_sign_in_link_works_once(anonymous: Page, installation: Any, session_state: Any) -> None:
    del session_state  # the session that used the link up
    anonymous.goto(installation.sign_in_url)
    anonymous.get_by_role("button", name="Sign in").click()
    expect(anonymous.get_by_role("heading", name="Link used up")).to_be_visible()
    anonymous.goto("/")
    expect(anonymous.get_by_role("heading", name="Sign in")).to_be_visible()
    shot(anonymous, "sign-in")
