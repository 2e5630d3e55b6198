"""In place of the simulator: hands out a recording that a test has written, or fails as the seed says.

    python -m makers.sample_script FOLDER NICENESS SEED ROUNDS

Each run adds its process id to the file that `OFFANGLE_TEST_RUNS` names; the recording is the file that
`OFFANGLE_TEST_SAMPLE` names.
"""

import os
import shutil
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from offangle.core.errors import OffangleError
from offangle.processes.channel import Progress, serve

MODULE = "makers.sample_script"
RUNS = "OFFANGLE_TEST_RUNS"
RECORDING = "OFFANGLE_TEST_SAMPLE"
GOOD, BROKEN, ENDLESS = 1, 13, 99
"""Seeds."""


def main(arguments: list[str]) -> int:
    """Do what the seed says."""
    folder, niceness, seed = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    with Path(os.environ[RUNS]).open("a", encoding="ascii") as runs:
        runs.write(f"{os.getpid()}\n")

    def work(progress: Progress) -> Mapping[str, Any]:
        progress("playing", 0.5)
        if seed == ENDLESS:
            threading.Event().wait()
        if seed == BROKEN:
            raise ZeroDivisionError("nobody foresaw this")
        shutil.copy(os.environ[RECORDING], folder / "match.dem")
        return {"file": "match.dem"}

    return serve(work, niceness=niceness, error=OffangleError)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
