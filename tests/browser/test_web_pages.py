"""What pages promise everybody: sorting, filters, refusals that help, phones, keyboards, contrast."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.desk import ARTIFACTS, REPOSITORY, hold_over, let_go

pytestmark = pytest.mark.browser

AXE = REPOSITORY / "viewer" / "node_modules" / "axe-core" / "axe.min.js"
TABS = ("", "rounds/", "rounds/1/", "economy/", "checks/")
PAGES = (
    *("/", "/players/", "/jobs/", "/settings/", "/settings/steam/", "/settings/invitations/", "/nowhere/"),
    *("/live/", "/live/connect/", "/live/overlay/", "/sql/", "/sql/?query=SELECT+*+FROM+matches"),
)


def column(page: Page, number: int) -> list[float]:
    cells = page.locator("table.scoreboard").first.locator(f"tbody tr td:nth-child({number})")
    return [float(cell.get_attribute("data-value") or "nan") for cell in cells.all()]


def test_the_scoreboard_sorts_and_filters_by_side(page: Page, published: str) -> None:
    page.goto(published)
    page.get_by_role("button", name="K", exact=True).first.click()
    kills = column(page, 2)
    assert kills == sorted(kills, reverse=True)
    page.get_by_role("button", name="K", exact=True).first.click()
    assert column(page, 2) == sorted(kills)
    page.get_by_role("navigation", name="Side").get_by_role("link", name="CT").click()
    expect(page).to_have_url(re.compile(r"\?side=ct$"))
    expect(page.locator("#side-ct")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.locator("#side-all")).to_have_attribute("aria-current", "true")


def test_every_number_explains_itself(page: Page, published: str) -> None:
    page.goto(published)
    page.get_by_role("button", name="KAST").first.focus()
    expect(page.get_by_role("tooltip")).to_contain_text("Share of rounds")
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_be_hidden()


def test_filters_narrow_the_list_and_can_be_shared(page: Page, published: str) -> None:
    del published
    page.goto("/")
    page.get_by_label("Player").fill("nobody is called this")
    expect(page.get_by_role("heading", name="No match fits these filters")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/\?player=nobody[^&]*$"))
    page.screenshot(path=ARTIFACTS / "filters-empty.png")
    page.get_by_role("link", name="Show all matches").click()
    expect(page.locator("tr.match-row").first).to_be_visible()


def test_a_file_that_is_no_match_is_refused_with_reason_and_hint(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "holiday.dem"
    path.write_bytes(b"not a demo at all" * 100)
    page.goto("/jobs/")
    hold_over(page, path)
    let_go(page)
    status = page.locator("#tray .is-failed .status")
    expect(status).not_to_be_empty()
    page.screenshot(path=ARTIFACTS / "upload-refused.png")
    page.reload()
    expect(page.get_by_role("heading", name="Files that were not taken")).to_be_visible()
    expect(page.get_by_role("rowheader", name="holiday.dem").first).to_be_visible()
    page.screenshot(path=ARTIFACTS / "jobs.png", full_page=True)


def test_several_files_at_once_and_one_that_is_here_already(page: Page, published: str, make_zip: Any) -> None:
    page.goto("/players/")
    page.locator("input[data-upload]").set_input_files([make_zip(1), make_zip(2), make_zip(3)])
    tray = page.get_by_role("region", name="Files being added")
    expect(tray.get_by_role("link", name="Open match")).to_have_count(3)
    known = tray.get_by_role("listitem").filter(has_text="match-1.zip")
    expect(known).to_contain_text("Already here")
    assert published.endswith(known.get_by_role("link").get_attribute("href") or "?")
    page.screenshot(path=ARTIFACTS / "upload-several.png")


def test_the_list_of_jobs_moves_by_itself(page: Page, published: str, make_zip: Any) -> None:
    del published
    page.goto("/jobs/")
    page.locator("input[data-upload]").set_input_files(make_zip(4))
    expect(page.get_by_role("row", name=re.compile("match-4.zip")).get_by_text("Done")).to_be_visible()


def test_too_large_a_file_is_refused_before_it_is_sent(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "large.dem"
    with path.open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    page.goto("/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/upload/" in request.url else None)
    page.locator("input[data-upload]").set_input_files(path)
    expect(page.locator("#tray .is-failed .status")).to_contain_text("is more than the")
    assert sent == []


def test_a_token_is_shown_once(page: Page) -> None:
    page.goto("/settings/")
    page.get_by_label("Name of the program").fill("stream overlay")
    page.get_by_role("button", name="Create token").click()
    secret = page.locator("#token-secret").inner_text()
    assert len(secret) > 30
    page.screenshot(path=ARTIFACTS / "settings-token.png", full_page=True)
    page.goto("/settings/")
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke stream overlay").click()
    expect(page.get_by_role("status")).to_contain_text("was revoked")


def test_a_phone_reads_every_page_without_sideways_scrolling(phone: Page, published: str) -> None:
    for number, address in enumerate([*PAGES, *(published + tab for tab in TABS)]):
        phone.goto(address)
        width = phone.evaluate("document.documentElement.scrollWidth")
        phone.screenshot(path=ARTIFACTS / f"phone-{number}.png", full_page=True)
        assert width <= 390, f"{address} is {width} px wide on a phone of 390 px"


def test_the_keyboard_alone_reaches_and_works_everything(page: Page, published: str) -> None:
    page.goto(published)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    assert {"Matches", "Players", "Add matches", "Sign out", "Delete", "tab-rounds", "side-ct", "K", "KAST"} <= reached
    page.locator("#tab-rounds").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="All rounds")).to_be_visible()
    expect(page.locator("#tab-rounds")).to_be_focused()
    page.locator("#go-2").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Round 2", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Delete")).to_be_focused()


def violations(page: Page) -> list[str]:
    """Serious faults by the rules of WCAG 2 A and AA."""
    # Through the debugger's own channel, since the page's policy lets no foreign script in.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(
        "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })"
    )
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"][:3]
    ]


def test_no_page_has_an_accessibility_fault(page: Page, published: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `npm ci` in viewer/")
    player = None
    for address in [*PAGES, *(published + tab for tab in TABS)]:
        page.goto(address)
        assert violations(page) == [], address
        link = page.locator("a[href^='/players/7']").first
        player = player or (link.get_attribute("href") if link.count() else None)
    assert player is not None
    page.goto(player)
    page.screenshot(path=ARTIFACTS / "player.png", full_page=True)
    assert violations(page) == []
    for part in ("weapons/", "economy/"):
        page.goto(player + part)
        expect(page.locator("#worked-out[hx-trigger]")).to_have_count(0)
        assert violations(page) == [], part


def test_times_are_in_the_viewers_zone(page: Page, published: str) -> None:
    page.goto("/")  # the first page tells the server where the viewer is
    page.goto(f"{published}checks/")
    title = page.locator("dl.facts time").get_attribute("title")
    assert title is not None
    assert title.endswith(("CET", "CEST"))
