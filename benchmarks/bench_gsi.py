"""The ingest under load: durable posts per second, slow clients beside fast ones, and a plain Django view as a ratio.

`make bench-gsi`, or `python benchmarks/bench_gsi.py [--seconds 6] [--runs 3] [--database sqlite|postgres]`. Needs `wrk`
(Debian, Ubuntu: `apt-get install wrk`) and says so where it is absent. Load and server share the machine. All sides get
the same bodies, 64 connections and the same disk; its rows are counted in the database afterwards.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests"))

from makers.gsi_posts import RIFLE, GsiClient  # noqa: E402 -- the tests' makers lie beside the package
from makers.gsi_server import GsiServer, Poster  # noqa: E402 -- see above
from makers.postgres import DURABLE_SETTINGS, run_server  # noqa: E402 -- see above
from offangle.cli.serving import allow_connections  # noqa: E402 -- see above

CONNECTIONS: Final = 64
BODIES_EACH: Final = 6
SLOW_CLIENTS: Final = 2_000
SLOW_S: Final = 10.0
SLOW_PIECES: Final = 20
TARGET_PER_S: Final = 8_000
TARGET_P99_MS: Final = 25.0
SCRIPT: Final = REPOSITORY / "benchmarks" / "bench_gsi.lua"
SIDES: Final = {
    "ingest alone": "offangle.cli.child_gsi",
    "web process": "offangle.cli.child_web",
    "plain view": "plain_django",
}


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of wrk measured."""

    per_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    refused: int
    requests: int


def real_size_posts(poster: Poster) -> Iterator[bytes]:
    """Posts with all the blocks that a client sends in a match: 1.6 KB each."""
    client = GsiClient(steam_id=poster.steam_id)
    for team in ("team_ct", "team_t"):
        client.body["map"][team] |= {
            "consecutive_round_losses": 1, "timeouts_remaining": 1, "matches_won_this_series": 0
        }  # fmt: skip
    client.body["map"] |= {"num_matches_to_win_series": 0}
    client.body["map"]["round_wins"] = {str(number): "ct_win_elimination" for number in range(1, 8)}
    for number in range(BODIES_EACH):
        weapons = {f"weapon_{slot}": {**RIFLE, "ammo_clip_max": 30, "state": "holstered"} for slot in range(2, 5)}
        client.body["player"]["weapons"] |= weapons
        client.body["player"]["state"] |= {"flashed": 0, "smoked": 0, "burning": 0, "money": 4000 + number}
        client.post()
        yield json.dumps({**client.posts[-1], "auth": {"token": poster.secret}}, separators=(",", ":")).encode()


def load(server: GsiServer, bodies: Path, seconds: float) -> Run:
    """One run of wrk."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}", "-s", str(SCRIPT)]
    command += [f"http://127.0.0.1:{server.port}/gsi", "--", str(bodies)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, Any] = json.loads(printed.split("RESULT ")[1])
    per_s = (found["requests"] - found["refused"]) / found["seconds"]
    return Run(per_s, found["p50_ms"], found["p99_ms"], found["max_ms"], found["refused"], found["requests"])


def measure(server: GsiServer, posters: list[Poster], options: argparse.Namespace) -> list[Run]:
    """Warm up, run, and check that what was answered with 200 is there."""
    bodies = server.folder / "bodies"
    bodies.write_bytes(b"".join(body + b"\n" for poster in posters for body in real_size_posts(poster)))
    runs = [load(server, bodies, seconds) for seconds in (1.0, *[options.seconds] * options.runs)]
    stored = sum(len(server.journal_ids(poster.steam_id)) for poster in posters)
    accepted = sum(run.requests - run.refused for run in runs)
    if stored < accepted:
        raise SystemExit(f"{accepted} posts were answered with 200, but only {stored} are stored")
    return runs[1:]


@contextlib.contextmanager
def serving(module: str, database_url: str) -> Iterator[tuple[GsiServer, list[Poster]]]:
    """A server with an installation of its own."""
    folder = Path(tempfile.mkdtemp(prefix="offangle-bench-"))
    paths = os.pathsep.join([str(REPOSITORY / "tests"), str(REPOSITORY / "benchmarks")])
    server = GsiServer(folder, database_url, module=module, settings={"PYTHONPATH": paths})
    try:
        posters = server.make_posters(CONNECTIONS)
        server.start()
        yield server, posters
        server.stop()
    finally:
        server.kill()
        shutil.rmtree(folder)


async def slow_client(port: int, raw: bytes, statuses: Counter[str]) -> None:
    """Send one body in small pieces over `SLOW_S` seconds."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"POST /gsi HTTP/1.1\r\nHost: x\r\nContent-Length: {len(raw)}\r\n\r\n".encode())
        step = len(raw) // SLOW_PIECES + 1
        for at in range(0, len(raw), step):
            writer.write(raw[at : at + step])
            await writer.drain()
            await asyncio.sleep(SLOW_S / SLOW_PIECES)
        statuses[(await reader.readline()).decode().strip()] += 1
        writer.close()
    except OSError as error:
        statuses[type(error).__name__] += 1


async def slow_beside_fast(server: GsiServer, posters: list[Poster]) -> tuple[Counter[str], Run]:
    """All slow clients at once, and wrk while they send."""
    statuses: Counter[str] = Counter()
    raws = [next(real_size_posts(poster)) for poster in posters]
    clients = [
        asyncio.create_task(slow_client(server.port, raws[number % len(raws)], statuses))
        for number in range(SLOW_CLIENTS)
    ]
    await asyncio.sleep(1.0)
    run = await asyncio.to_thread(load, server, server.folder / "bodies", SLOW_S - 4)
    await asyncio.gather(*clients)
    return statuses, run


def report(name: str, runs: list[Run]) -> float:
    per_s = statistics.median(run.per_s for run in runs)
    p99_ms = statistics.median(run.p99_ms for run in runs)
    best = max(runs, key=lambda run: run.per_s)
    print(
        f"  {name:<14} {per_s:>7.0f} posts/s, p50 {statistics.median(run.p50_ms for run in runs):5.1f} ms, "
        f"p99 {p99_ms:5.1f} ms; best run {best.per_s:.0f}/s, p99 {best.p99_ms:.1f} ms; "
        f"refused {sum(run.refused for run in runs)}"
    )
    return per_s


def bench(database: str, database_urls: Iterator[str], options: argparse.Namespace) -> None:
    print(f"{database}: {CONNECTIONS} connections, {options.runs} runs of {options.seconds:g} s each, medians")
    rates: dict[str, float] = {}
    for name, module in SIDES.items():
        with serving(module, next(database_urls)) as (server, posters):
            runs = measure(server, posters, options)
            rates[name] = report(name, runs)
            if name == "ingest alone":
                met = rates[name] >= TARGET_PER_S and statistics.median(run.p99_ms for run in runs) <= TARGET_P99_MS
                print(f"  target {TARGET_PER_S}/s with p99 <= {TARGET_P99_MS:g} ms: {'met' if met else 'MISSED'}")
                began_s = time.monotonic()
                statuses, run = asyncio.run(slow_beside_fast(server, posters))
                print(
                    f"  {SLOW_CLIENTS} clients taking {SLOW_S:g} s each: {dict(statuses)} after "
                    f"{time.monotonic() - began_s:.1f} s; beside them {run.per_s:.0f} posts/s, p99 {run.p99_ms:.1f} ms"
                )
    print(f"  ratio to the plain view: {rates['ingest alone'] / rates['plain view']:.1f} x alone, "
          f"{rates['web process'] / rates['plain view']:.1f} x in the web process")  # fmt: skip


def sizes() -> str:
    lengths = [len(body) for body in real_size_posts(Poster(76561198000000001, 1, "ofg_" + "x" * 43))]
    return f"bodies of {min(lengths)} to {max(lengths)} bytes"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--database", choices=("sqlite", "postgres"))
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        print("skipped: wrk is not installed (Debian, Ubuntu: apt-get install wrk)")
        return
    allow_connections(SLOW_CLIENTS * 4)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; {sizes()}")
    if options.database in {None, "sqlite"}:
        bench("SQLite", iter([""] * len(SIDES)), options)
    if options.database in {None, "postgres"}:
        with run_server(DURABLE_SETTINGS) as postgres:
            bench("PostgreSQL", iter([postgres.create_database() for _ in SIDES]), options)


if __name__ == "__main__":
    main()
