"""The whole `offangle analyze` against awpy alone loading the same datasets, in the same run.

`python benchmarks/bench_analyze.py [DEMO] [--zip ZIP]`: without DEMO a padded demo of about 250 MB is written first, as
for `bench_parse`. The time is that of the whole command, from start to exit; the peak is that of all its processes
together, sampled from the system. With a match zip its time is measured too.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

from bench_parse import AWPY_ALONE, DEMOWRITER, MEMORY_TARGET_MB, RATIO_TARGET, RUNS, best, measure, write_demo

ZIP_TARGET_S: Final = 3.0
SAMPLE_EVERY_S: Final = 0.02
KIB_PER_MB: Final = 1024
RESIDENT: Final = "VmRSS:"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("demo", nargs="?", type=Path, help="a recording; written when not given")
    arguments.add_argument("--zip", type=Path, help="a cs2-demo-format match")
    arguments.add_argument("--runs", type=int, default=RUNS)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="offangle-bench-") as folder:
        demo = given.demo or write_demo(Path(folder))
        if demo is None:
            print(f"skipped: no demo writer at {DEMOWRITER}; name its folder in OFFANGLE_DEMOWRITER")
        else:
            report(demo, given.runs)
    if given.zip:
        report_zip(given.zip, given.runs)
    return 0


def report(demo: Path, runs: int) -> None:
    alone, whole = [], []
    for _ in range(runs):  # in turns, so that a busy moment of the machine meets both
        alone.append(measure(AWPY_ALONE, demo))
        whole.append(analyze(demo))
    base_s, wall_s = best(alone, "wall_s"), best(whole, "wall_s")
    peak_mb = max(row["peak_mb"] for row in whole)
    print(f"analyze {demo.stat().st_size / 1e6:.0f} MB, best of {runs}")
    print(f"  awpy alone             {base_s:6.2f} s         peak {best(alone, 'peak_mb'):6.0f} MB")
    print(f"  offangle analyze       {wall_s:6.2f} s  x{wall_s / base_s:4.2f}  peak {peak_mb:6.0f} MB, all processes")
    judge("time ratio", wall_s / base_s, RATIO_TARGET)
    judge("peak MB", peak_mb, MEMORY_TARGET_MB)


def report_zip(path: Path, runs: int) -> None:
    measured = [analyze(path) for _ in range(runs)]
    print(f"analyze {path.name} ({path.stat().st_size / 1e6:.1f} MB), best of {runs}")
    judge("seconds", best(measured, "wall_s"), ZIP_TARGET_S)


def judge(what: str, found: float, target: float) -> None:
    print(f"  {what} {found:.2f} (target <= {target:g}): {'ok' if found <= target else 'MISSED'}")


def analyze(path: Path) -> dict[str, float]:
    command = [sys.executable, "-c", "from offangle.cli.main import run; run()", "analyze", "--json", str(path)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        sampler = PeakMemory(process.pid)
        sampler.start()
        status = process.wait()
        wall_s = time.perf_counter() - began
        sampler.end()
    if status != 0:
        raise SystemExit(f"offangle analyze ended with status {status}")
    return {"wall_s": wall_s, "peak_mb": sampler.peak_kib / KIB_PER_MB}


class PeakMemory(threading.Thread):
    """The most that a process and all below it held at one moment, pages shared between them counted twice."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._ended = threading.Event()
        self.peak_kib = 0

    def run(self) -> None:
        """Look until told to end."""
        while not self._ended.wait(SAMPLE_EVERY_S):
            self.peak_kib = max(self.peak_kib, sum(resident_kib(pid) for pid in family(self._pid)))

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
        self.join()


def family(pid: int) -> list[int]:
    """A process and everything below it; one that has just ended has nothing below it."""
    try:
        lists = [path.read_text(encoding="ascii") for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return [pid]
    return [pid, *(each for text in lists for child in text.split() for each in family(int(child)))]


def resident_kib(pid: int) -> int:
    """Resident memory now, 0 for a process that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(RESIDENT)), 0)


if __name__ == "__main__":
    sys.exit(main())
