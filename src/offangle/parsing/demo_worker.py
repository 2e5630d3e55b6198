"""The process that reads a recording; see `worker`."""

import sys
from pathlib import Path

from offangle.core.imports import spared
from offangle.parsing.terms import Progress

with spared(("sqlalchemy",)):  # dataframely would load it, a third of a second that no file needs
    from offangle.frames.collection import MatchFrames
    from offangle.parsing.demo.reader import read_demo
    from offangle.parsing.worker import run


def read(path: Path, sample_rate_hz: float | None, progress: Progress) -> MatchFrames:
    """The tables of the recording, unchecked."""
    return read_demo(path, sample_rate_hz=sample_rate_hz, progress=progress)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], read))
