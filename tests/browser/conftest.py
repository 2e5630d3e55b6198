"""A whole installation as `offangle up` runs it, and a person in front of it."""

import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from browser.desk import ARTIFACTS
from makers.interchange_zips import write_interchange_zip
from makers.steam_provider import SteamProvider, steam_provider
from makers.synthetic import make_match

START_WITHIN_S = 90.0
STOP_WITHIN_S = 40.0
PATIENCE_MS = 20_000
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
expect.set_options(timeout=PATIENCE_MS)  # a busy machine is slow, not wrong

OFFANGLE = (sys.executable, "-c", "from offangle.cli.main import run; run()")

DESKTOP: ViewportSize = {"width": 1360, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}


@dataclass(frozen=True, slots=True)
class Installation:
    """Web and worker, running."""

    url: str
    sign_in_url: str
    environment: Mapping[str, str]

    def command(self, *arguments: str) -> str:
        """What an `offangle` command prints on this installation."""
        return subprocess.run(
            [*OFFANGLE, *arguments], env=self.environment, check=True, capture_output=True, text=True
        ).stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def lines_of(output: Iterable[str]) -> "queue.Queue[str]":
    """What a process prints, read all the time so that it never blocks."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in output:
            lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    return lines


def wait_for_link(process: "subprocess.Popen[str]", lines: "queue.Queue[str]") -> str:
    deadline_s = time.monotonic() + START_WITHIN_S
    said: list[str] = []
    while time.monotonic() < deadline_s and process.poll() is None:
        try:
            said.append(lines.get(timeout=0.5))
        except queue.Empty:
            continue
        if found := re.search(r"http://\S+/sign-in/\S+", said[-1]):
            return found.group()
    pytest.fail(f"`offangle up` did not come up in {START_WITHIN_S:.0f} s. It said:\n{''.join(said)}")


@pytest.fixture(scope="session")
def steam() -> Iterator[SteamProvider]:
    """Who the installation asks about Steam accounts."""
    with steam_provider() as provider:
        yield provider


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, steam: SteamProvider) -> Iterator[Installation]:
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OFFANGLE_")}
    environment |= {
        "OFFANGLE_DATA_DIR": str(tmp_path_factory.mktemp("installation")),
        "OFFANGLE_PORT": str(port),
        "OFFANGLE_OPEN_BROWSER": "false",
        "OFFANGLE_MAX_UPLOAD_MB": "64",
        "OFFANGLE_SAMPLE_ROUNDS": "2",
        "OFFANGLE_STEAM_OPENID_URL": steam.endpoint,
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        [*OFFANGLE, "up"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output: Any = process.stdout
    try:
        link = wait_for_link(process, lines_of(output))
        yield Installation(f"http://127.0.0.1:{port}", link, environment)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            output.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser: {CHROMIUM} is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS))
        yield started
        started.close()


class Watched:
    """A page whose errors fail the test: uncaught exceptions, refused scripts and styles, answers of 500."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))
        page.on("console", lambda line: self._heard(line.type, line.text))
        page.on("response", lambda answer: self._answered(answer.status, answer.url))

    def _heard(self, kind: str, text: str) -> None:
        # A refused upload and the event stream of a page that is left are not faults of the page.
        if kind == "error" and "Failed to load resource" not in text:
            self.problems.append(f"console: {text}")

    def _answered(self, status: int, url: str) -> None:
        if status >= 500:
            self.problems.append(f"{status}: {url}")


@pytest.fixture(scope="session")
def session_state(installation: Installation, browser: Browser) -> Any:
    """The owner's session, opened with the link that `offangle up` printed."""
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(installation.sign_in_url)
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "sign-in-link.png")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{installation.url}/")
    state = context.storage_state()
    context.close()
    return state


def watched_page(context: BrowserContext) -> Iterator[Page]:
    context.set_default_timeout(PATIENCE_MS)
    watched = Watched(context.new_page())
    yield watched.page
    context.close()
    assert watched.problems == []


@pytest.fixture
def page(installation: Installation, browser: Browser, session_state: Any) -> Iterator[Page]:
    """A signed-in person at a desk, in Berlin."""
    yield from watched_page(
        browser.new_context(
            base_url=installation.url, storage_state=session_state, viewport=DESKTOP, timezone_id="Europe/Berlin"
        )
    )


@pytest.fixture
def phone(installation: Installation, browser: Browser, session_state: Any) -> Iterator[Page]:
    """The same person with a phone."""
    yield from watched_page(
        browser.new_context(
            base_url=installation.url, storage_state=session_state, viewport=PHONE, has_touch=True, is_mobile=True
        )
    )


@pytest.fixture
def anonymous(installation: Installation, browser: Browser) -> Iterator[Page]:
    """Somebody who is not signed in."""
    yield from watched_page(browser.new_context(base_url=installation.url, viewport=DESKTOP))


@pytest.fixture(scope="session")
def make_zip(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Writes a synthetic match archive; each seed is another match, and always the same file."""
    folder = tmp_path_factory.mktemp("archives")

    @cache
    def write(seed: int) -> Path:
        return write_interchange_zip(folder / f"match-{seed}.zip", make_match(seed=seed))

    return write


@pytest.fixture(scope="session")
def published(installation: Installation, browser: Browser, session_state: Any, make_zip: Any) -> str:
    """The address of a match that is there for every test to read."""
    context = browser.new_context(base_url=installation.url, storage_state=session_state)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto("/")
    page.locator("input[data-upload]").set_input_files(make_zip(1))
    page.get_by_role("link", name="Open match").first.click()
    page.wait_for_url("**/matches/*/")
    url = page.url
    context.close()
    return url
