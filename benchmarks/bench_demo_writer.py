"""How long a full match takes to write, and how much memory it needs.

Run as `PYTHONPATH=src:tests python benchmarks/bench_demo_writer.py [BYTES]`: every tick is padded by so many bytes.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from makers.scripted_match import Script, write_script

KILOBYTES_PER_MEGABYTE = 1000


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES_PER_MEGABYTE


def main() -> None:
    padding = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    script = Script(rounds=24, live_ticks=5500, freeze_ticks=480, post_ticks=320, ticks_every=4)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "match.dem"
        began, worked = time.perf_counter(), time.process_time()
        recorder = write_script(path, script, padding_bytes=padding)
        took, cpu = time.perf_counter() - began, time.process_time() - worked
        print(f"{recorder.tick} ticks, {path.stat().st_size / 1e6:.0f} MB, {took:.1f} s wall, {cpu:.1f} s CPU")
    print(f"peak while writing {peak_mb():.0f} MB")
    recorder.truth()
    print(f"peak with the truth {peak_mb():.0f} MB")


if __name__ == "__main__":
    main()
