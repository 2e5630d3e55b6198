"""In place of the simulator: hands out a recording that a test has written, or fails as the seed says.

    python -m makers.sample_script FOLDER SEED ROUNDS

What it needs to know beside lies in a file among its modules, for a child gets none of the environment. Each run adds
its process id to a file.
"""

import json
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
ORDERS = "sample_orders.json"
GOOD, BROKEN, ENDLESS = 1, 13, 99
"""Seeds."""


def give_orders(folder: Path, *, runs: Path, recording: Path) -> str:
    """Say where the runs are noted and the recording lies. Returns the PYTHONPATH that lets a child find it."""
    folder.mkdir()
    (folder / ORDERS).write_text(json.dumps({"runs": str(runs), "recording": str(recording)}))
    return os.pathsep.join([str(Path(__file__).resolve().parents[1]), str(folder)])


def _orders() -> dict[str, str]:
    found = next(path for folder in sys.path if (path := Path(folder) / ORDERS).exists())
    orders: dict[str, str] = json.loads(found.read_text())
    return orders


def main(arguments: list[str]) -> int:
    """Do what the seed says."""
    folder, seed = Path(arguments[0]), int(arguments[1])
    orders = _orders()
    with Path(orders["runs"]).open("a", encoding="ascii") as runs:
        runs.write(f"{os.getpid()}\n")

    def work(progress: Progress) -> Mapping[str, Any]:
        progress("playing", 0.5)
        if seed == ENDLESS:
            threading.Event().wait()
        if seed == BROKEN:
            raise ZeroDivisionError("nobody foresaw this")
        shutil.copy(orders["recording"], folder / "match.dem")
        return {"file": "match.dem"}

    return serve(work, error=OffangleError)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
