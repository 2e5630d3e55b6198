"""Reading a recording against awpy alone, in the same run: time and memory as ratios.

`python benchmarks/bench_parse.py [DEMO]`: without DEMO a padded 24-round demo of about 250 MB is written first by the
demo writer that lies beside the repository (or where OFFANGLE_DEMOWRITER points); without the writer it says so and
ends. Each side runs in processes of its own; the best of the runs counts.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
DEMOWRITER: Final = Path(
    os.environ.get("OFFANGLE_DEMOWRITER", REPOSITORY.parent / "shared" / "reference" / "demowriter")
)
FAT_DEMO: Final = ("--rounds", "24", "--live", "90", "--fat")
RUNS: Final = 3
MEMORY_TARGET_MB: Final = 1200
RATIO_TARGET: Final = 3.0

AWPY_ALONE: Final = """
import json, resource, sys, time
import awpy
from offangle.parsing.demo.awpy_source import DATASETS
began = time.perf_counter()
demo = awpy.Demo(sys.argv[1])
demo.load(*DATASETS)
events = {name: demo.events[name] for name in demo.events.names}
states = demo.snapshots(every=4)
places = demo.ticks(["m_iPing", "m_szLastPlaceName"])
wall_s = time.perf_counter() - began
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"wall_s": wall_s, "peak_mb": peak_mb}))
"""
"""awpy loading the datasets that Offangle reads: the same tables, player states at 16 Hz, ping and place."""

OFFANGLE_IN_PROCESS: Final = """
import json, resource, sys, time
from pathlib import Path
from offangle.parsing.reader import read_match_file
began = time.perf_counter()
frames = read_match_file(Path(sys.argv[1]), "demo")
wall_s = time.perf_counter() - began
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"wall_s": wall_s, "peak_mb": peak_mb}))
"""

OFFANGLE_ISOLATED: Final = """
import json, resource, sys, tempfile, time
from pathlib import Path
from offangle.parsing.isolated import parse_isolated
began = time.perf_counter()
with tempfile.TemporaryDirectory() as out_dir:
    parsed = parse_isolated(Path(sys.argv[1]), "demo", Path(out_dir))
wall_s = time.perf_counter() - began
peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
own_mb = parsed.peak_memory_bytes / 2**20
print(json.dumps({"wall_s": wall_s, "peak_mb": peak_mb, "own_mb": own_mb}))
"""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("demo", nargs="?", type=Path, help="a recording; written when not given")
    arguments.add_argument("--runs", type=int, default=RUNS)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="offangle-bench-") as folder:
        demo = given.demo or write_demo(Path(folder))
        if demo is None:
            print(f"skipped: no demo writer at {DEMOWRITER}; name its folder in OFFANGLE_DEMOWRITER")
            return 0
        report(demo, given.runs)
    return 0


def write_demo(folder: Path) -> Path | None:
    script = DEMOWRITER / "toymatch.py"
    if not script.is_file():
        return None
    demo = folder / "fat.dem"
    subprocess.run([sys.executable, str(script), str(demo), *FAT_DEMO], check=True, stdout=subprocess.DEVNULL)
    return demo


def report(demo: Path, runs: int) -> None:
    programs = {
        "awpy alone": AWPY_ALONE,
        "offangle, in process": OFFANGLE_IN_PROCESS,
        "offangle, isolated": OFFANGLE_ISOLATED,
    }
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in programs}
    for _ in range(runs):  # in turns, so that a busy moment of the machine meets all of them
        for name, program in programs.items():
            measured[name].append(measure(program, demo))
    base_s = best(measured["awpy alone"], "wall_s")
    print(f"parse {demo.stat().st_size / 1e6:.0f} MB, best of {runs}")
    for name, rows in measured.items():
        wall_s, peak_mb = best(rows, "wall_s"), best(rows, "peak_mb")
        print(f"  {name:<22} {wall_s:6.2f} s  x{wall_s / base_s:4.2f}  peak {peak_mb:6.0f} MB")
    ratio = best(measured["offangle, isolated"], "wall_s") / base_s
    peak_mb = max(row["peak_mb"] for row in measured["offangle, isolated"])
    print(f"  time ratio {ratio:.2f} (target <= {RATIO_TARGET}): {'ok' if ratio <= RATIO_TARGET else 'MISSED'}")
    print(
        f"  peak {peak_mb:.0f} MB (target <= {MEMORY_TARGET_MB}): {'ok' if peak_mb <= MEMORY_TARGET_MB else 'MISSED'}"
    )


def best(rows: list[dict[str, float]], key: str) -> float:
    return min(row[key] for row in rows)


def measure(program: str, demo: Path) -> dict[str, float]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src")}
    done = subprocess.run(
        [sys.executable, "-c", program, str(demo)], check=True, capture_output=True, text=True, env=environment
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
