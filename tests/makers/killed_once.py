"""In place of the reader of zips: is killed by the system the first time, and reads the second.

It remembers in the folder `killed-once` somewhere among its modules, for a child gets none of the environment.
"""

import os
import signal
import sys
from pathlib import Path

from offangle.parsing.worker import run
from offangle.parsing.zip_worker import read

FOLDER = "killed-once"


def main() -> int:
    """Die or read."""
    folder = next(found for place in sys.path if (found := Path(place) / FOLDER).is_dir())
    try:
        (folder / "died").touch(exist_ok=False)
    except FileExistsError:
        return run(sys.argv[1:], read)
    os.kill(os.getpid(), signal.SIGKILL)
    return 1


if __name__ == "__main__":
    sys.exit(main())
