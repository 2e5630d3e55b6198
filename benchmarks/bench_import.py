"""From a file in the hand to the page of its match, and what people notice meanwhile.

`python benchmarks/bench_import.py [DEMO] [--zip ZIP]` starts a whole installation in a folder of its own, uploads
through the API and waits until the match's page answers. While the demo is being parsed, somebody reads pages without
a break; the answers' times then are set against those of an idle installation in the same run. Without DEMO a padded
demo of about 250 MB is written first.
"""

import argparse
import contextlib
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from bench_parse import DEMOWRITER, write_demo

OFFANGLE: Final = Path(sys.executable).with_name("offangle")
DEMO_TARGET_S: Final = 15.0
ZIP_TARGET_S: Final = 3.0
PAGE_TARGET_MS: Final = 250.0
START_TARGET_S: Final = 5.0
DEADLINE_S: Final = 300.0
POLL_EVERY_S: Final = 0.05
IDLE_REQUESTS: Final = 100
REQUEST_EVERY_S: Final = 0.05  # some people reading at once, not a load test
PERCENTILE: Final = 99
SECRET: Final = re.compile(r"\b\w[\w-]{30,}")
LINK: Final = re.compile(r"http://\S+/sign-in/\S+")


@dataclass
class Running:
    """A started installation and a signed-in reader."""

    url: str
    client: httpx.Client
    folder: Path
    environment: dict[str, str]
    paths: list[str] = field(default_factory=lambda: ["/", "/players/", "/jobs/"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Running]:
    port = free_port()
    environment = {
        **os.environ,
        "OFFANGLE_DATA_DIR": str(folder / "data"),
        "OFFANGLE_PORT": str(port),
        "OFFANGLE_OPEN_BROWSER": "false",
        "PYTHONUNBUFFERED": "1",
    }
    process = start(environment)
    try:
        link = wait_for_link(process)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        begin = time.perf_counter()
        process = start(environment)
        link = wait_for_link(process)
        print(f"second start: {time.perf_counter() - begin:.1f} s (target < {START_TARGET_S:.0f} s)")
        threading.Thread(target=drain, args=(process,), daemon=True).start()
        yield sign_in(link, folder, environment)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def start(environment: dict[str, str]) -> "subprocess.Popen[str]":
    command = [str(OFFANGLE), "up"]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def wait_for_link(process: "subprocess.Popen[str]") -> str:
    for line in process.stdout or ():
        if found := LINK.search(line):
            return found.group()
    raise SystemExit("offangle up ended without printing a sign-in link")


def drain(process: "subprocess.Popen[str]") -> None:
    for _ in process.stdout or ():
        pass


def sign_in(link: str, folder: Path, environment: dict[str, str]) -> Running:
    url = link.split("/sign-in", maxsplit=1)[0]
    client = httpx.Client(base_url=url, timeout=120, follow_redirects=True)
    page = client.get(link).text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if token is None:
        raise SystemExit("the sign-in page has no form")
    client.post(link, data={"csrfmiddlewaretoken": token.group(1)}, headers={"Referer": link}).raise_for_status()
    return Running(url, client, folder, environment)


def api_token(running: Running) -> str:
    command = [str(OFFANGLE), "token", "create", "bench"]
    made = subprocess.run(command, env=running.environment, check=True, capture_output=True, text=True)
    found = SECRET.search(made.stdout)
    if found is None:
        raise SystemExit("offangle token create printed no secret")
    return found.group()


def import_file(running: Running, path: Path, token: str) -> float:
    """Seconds from the first byte of the upload to the answer of the match's page."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
    begin = time.perf_counter()
    with httpx.Client(base_url=running.url, timeout=120, headers=headers) as api, path.open("rb") as file:
        answer = api.post("/api/v1/imports", params={"name": path.name}, content=file)
        answer.raise_for_status()
        while time.perf_counter() - begin < DEADLINE_S:
            new = [path for path in match_paths(api) if path not in running.paths]
            if new:
                running.client.get(new[0]).raise_for_status()
                running.paths += new
                return time.perf_counter() - begin
            time.sleep(POLL_EVERY_S)
    raise SystemExit(f"{path.name} was not published in {DEADLINE_S:.0f} s")


def match_paths(api: httpx.Client) -> list[str]:
    return [f"/matches/{match['id']}/" for match in api.get("/api/v1/matches").raise_for_status().json()["items"]]


def read_pages(running: Running, stop: threading.Event, times_ms: list[float], most: int | None = None) -> None:
    number = 0
    while not stop.is_set() and (most is None or number < most):
        begin = time.perf_counter()
        running.client.get(running.paths[number % len(running.paths)]).raise_for_status()
        times_ms.append((time.perf_counter() - begin) * 1000)
        number += 1
        stop.wait(REQUEST_EVERY_S)


def percentiles(times_ms: list[float]) -> tuple[float, float]:
    return statistics.median(times_ms), statistics.quantiles(times_ms, n=100)[PERCENTILE - 1]


def report_zip(running: Running, path: Path, token: str) -> None:
    seconds = import_file(running, path, token)
    print(f"match zip, upload to page: {seconds:.2f} s (target <= {ZIP_TARGET_S:.0f} s)")


def report_demo(running: Running, path: Path, token: str) -> None:
    idle: list[float] = []
    read_pages(running, threading.Event(), idle, IDLE_REQUESTS)
    busy: list[float] = []
    stop = threading.Event()
    reader = threading.Thread(target=read_pages, args=(running, stop, busy))
    reader.start()
    seconds = import_file(running, path, token)
    stop.set()
    reader.join()
    megabytes = path.stat().st_size / 1e6
    print(f"demo of {megabytes:.0f} MB, upload to page: {seconds:.1f} s (target <= {DEMO_TARGET_S:.0f} s)")
    (idle_p50, idle_p99), (busy_p50, busy_p99) = percentiles(idle), percentiles(busy)
    print(f"pages while idle: p50 {idle_p50:.0f} ms, p99 {idle_p99:.0f} ms ({len(idle)} requests)")
    print(
        f"pages while the demo is parsed: p50 {busy_p50:.0f} ms, p99 {busy_p99:.0f} ms ({len(busy)} requests, "
        f"target p99 < {PAGE_TARGET_MS:.0f} ms), ratio of p99 {busy_p99 / idle_p99:.1f}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", nargs="?", type=Path, help="a recording; written when not given")
    parser.add_argument(
        "--zip", type=Path, action="append", default=[], help="a cs2-demo-format match; may be repeated"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="offangle-bench-") as name:
        folder = Path(name)
        demo = given.demo or write_demo(folder)
        with started(folder) as running:
            token = api_token(running)
            for path in given.zip:
                report_zip(running, path, token)
            if demo is None:
                print(f"demo skipped: no demo writer at {DEMOWRITER}; name its folder in OFFANGLE_DEMOWRITER")
            else:
                report_demo(running, demo, token)
    return 0


if __name__ == "__main__":
    sys.exit(main())
