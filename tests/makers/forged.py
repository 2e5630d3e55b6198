"""Recordings of scripted matches in which something is not as the game would write it."""

import struct
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from makers.recorded import RecordedMatch
from makers.scripted_match import Script, ScriptedMatch, setup_of
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.demo.reader import read_demo
from offangle_sim.server.setup import MatchSetup

Change = Callable[[RecordedMatch], None]

FILE_INFO_OFFSET_AT = 8
BRIEF = Script(rounds=3, live_ticks=300, freeze_ticks=64, post_ticks=40, inputs=False)


def forge(path: Path, script: Script, change: Change | None = None, setup: MatchSetup | None = None) -> RecordedMatch:
    """Play a script; before each tick is written, `change` may alter what its entities say."""
    with RecordedMatch.open(path, setup or setup_of(script)) as match:
        end_tick = match.writer.end_tick

        def changed() -> None:
            if change is not None:
                change(match)
            end_tick()

        with patch.object(match.writer, "end_tick", changed):
            ScriptedMatch(script, match).play()
    return match


def read_forged(
    path: Path, script: Script, change: Change | None = None, setup: MatchSetup | None = None
) -> MatchFrames:
    """The checked tables of a forged match."""
    forge(path, script, change, setup)
    return check(read_demo(path))


def unfinish(path: Path, *, cut_bytes: int = 0) -> None:
    """Take the end from a recording, as if the server had died: no place of its end in its head, and bytes missing."""
    content = bytearray(path.read_bytes())
    (end,) = struct.unpack_from("<I", content, FILE_INFO_OFFSET_AT)
    struct.pack_into("<II", content, FILE_INFO_OFFSET_AT, 0, 0)
    path.write_bytes(content[: end - cut_bytes])
