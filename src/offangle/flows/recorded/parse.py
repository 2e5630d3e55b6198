"""Decode a stored match file into tables, in a short-lived process of its own with limits."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

import polars as pl

from offangle.flows.recorded.parsed import Manifest, find_manifest, keep_parsed
from offangle.flows.recorded.presence import writing_for
from offangle.flows.services import services
from offangle.jobs.kinds import JsonValue, StepContext
from offangle.parsing.isolated import ParsedTables, parse_isolated
from offangle.parsing.terms import MatchFileKind
from offangle.processes.children import ChildCancelledError, ChildLimits
from offangle.storage.intake import open_match_file

RECEIVED: Final = "received"
STAGE: Final = "decoding"
WRITE_STAGE: Final = "write"
"""The parser's last stage: writing its tables."""
DECODED_SHARE: Final = 0.9
"""The part of this step's progress that decoding is; the rest is putting the tables into the store."""


def parse(sha256: str, context: StepContext) -> JsonValue:
    """Leave the file's tables, and then their manifest, in the store for the next steps.

    Raises:
        BadInputError, LimitExceededError, ParserCrashError, ContractError: The file cannot be read; says why.
        TransientError: The store does not answer.
    """
    return asdict(parsed_manifest(sha256, context))


def parsed_manifest(sha256: str, context: StepContext) -> Manifest:
    """What the parser gave for a file, decoded now if that has not been done or is gone again."""
    return find_manifest(sha256) or _decode(sha256, context)


def _decode(sha256: str, context: StepContext) -> Manifest:
    tools = services()
    with writing_for(sha256) as demo, tools.work.folder("parse") as folder:
        path = folder / ("match.zip" if demo.kind == demo.Kind.MATCH_ZIP else "match.dem")
        open_match_file(tools.store, demo.object_key, path)
        kind: MatchFileKind = "match_zip" if demo.kind == demo.Kind.MATCH_ZIP else "demo"
        parsed = _read(path, kind, folder / "tables", context)
        map_name = str(parsed.scan("match").select(pl.col("map_name").cast(pl.String)).collect().item())
        context.progress(STAGE, DECODED_SHARE)
        return keep_parsed(sha256, map_name, ((name, parsed.path(name)) for name in parsed.rows))


def _read(path: Path, kind: MatchFileKind, out_dir: Path, context: StepContext) -> ParsedTables:
    limits = services().limits
    try:
        return parse_isolated(
            path,
            kind,
            out_dir,
            limits=ChildLimits(wall_s=limits.parse_wall_s, memory_bytes=limits.parse_memory_bytes),
            progress=_progress(context),
            is_cancelled=lambda: context.is_cancelled,
        )
    except ChildCancelledError:
        context.check_cancelled()
        raise


def _progress(context: StepContext) -> Callable[[str, float], None]:
    """Hand the parser's shares on; they never run backwards when it begins its next stage."""
    reached = 0.0

    def tell(stage: str, share: float) -> None:
        nonlocal reached
        reached = max(reached, DECODED_SHARE if stage == WRITE_STAGE else share * DECODED_SHARE)
        context.progress(STAGE, reached)

    return tell
