"""The process that reads a `cs2-demo-format` zip; see `worker`. It loads no demo parser."""

import sys
from pathlib import Path

from offangle.core.imports import spared
from offangle.parsing.terms import Progress

with spared(("sqlalchemy",)):  # dataframely would load it, a third of a second that no file needs
    from offangle.frames.collection import MatchFrames
    from offangle.parsing.interchange.reader import read_interchange
    from offangle.parsing.worker import run


def read(path: Path, _sample_rate_hz: float | None, progress: Progress) -> MatchFrames:
    """The tables of the zip, unchecked; it brings its own rate."""
    return read_interchange(path, progress=progress)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], read))
