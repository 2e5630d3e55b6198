"""One door to every reader: a file and what it is, in; the checked tables of the match, out."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from offangle.frames.collection import MatchFrames, check
from offangle.parsing.demo.awpy_source import AWPY_VERSION
from offangle.parsing.demo.completion import DEMOPARSER_VERSION
from offangle.parsing.demo.reader import read_demo
from offangle.parsing.interchange.reader import read_interchange
from offangle.parsing.terms import DEFAULT_SAMPLE_RATE_HZ, MatchFileKind, Progress

__all__ = ["DEFAULT_SAMPLE_RATE_HZ", "PARSER_VERSIONS", "MatchFileKind", "Progress", "read_match_file"]

PARSER_VERSIONS: Final[Mapping[str, str]] = MappingProxyType({"awpy": AWPY_VERSION, "demoparser2": DEMOPARSER_VERSION})
"""The parsers of other people that results depend on; a result made with other versions is worth making again."""


def read_match_file(
    path: Path,
    kind: MatchFileKind,
    *,
    sample_rate_hz: float | None = DEFAULT_SAMPLE_RATE_HZ,
    progress: Progress | None = None,
) -> MatchFrames:
    """Read a match file in this process. A worker should call `isolated.parse_isolated` instead.

    Args:
        path: The uncompressed file.
        kind: A `.dem` recording, or a `cs2-demo-format` zip.
        sample_rate_hz: Rate of a recording's ticks table; None keeps every tick. A zip brings its own rate.
        progress: Told the stage and the share done, from 0 to 1.

    Raises:
        BadInputError: The file cannot be read: broken, cut off, or not what `kind` says.
        ParserCrashError: A parser cannot read this file; a newer one may.
        ContractError: What was read breaks the declaration of a table.
    """
    if kind == "demo":
        return check(read_demo(path, sample_rate_hz=sample_rate_hz, progress=progress))
    return check(read_interchange(path, progress=progress))
