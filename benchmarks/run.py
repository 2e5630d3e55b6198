"""All figures: each benchmark in a process of its own, one after the other. `make bench` runs this."""

import subprocess
import sys
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent
MATCHES: Final = FOLDER.parents[1] / "shared" / "data" / "matches" / "pro"


def main() -> int:
    zips = sorted(MATCHES.glob("*.zip"))[:3]
    with_zips = [argument for path in zips for argument in ("--zip", str(path))]
    benchmarks: list[list[str]] = [
        ["bench_parse.py"],
        ["bench_analyze.py", *with_zips[:2]],
        ["bench_import.py", *with_zips],
        ["bench_gsi.py"],
    ]
    failed = 0
    for name, *arguments in benchmarks:
        print(f"\n=== {name}", flush=True)
        failed += subprocess.run([sys.executable, str(FOLDER / name), *arguments], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
