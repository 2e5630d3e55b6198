"""Decode a stored match file into the tables of a new build, in a short-lived process of its own with limits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import polars as pl

from offangle.db.models import Build, Demo
from offangle.flows.recorded.builds import begin_build, find_build, place_of, wanted, writing
from offangle.flows.services import Services
from offangle.jobs.kinds import JsonValue, StepContext
from offangle.parsing.isolated import ParsedTables, parse_isolated
from offangle.parsing.terms import MatchFileKind
from offangle.processes.children import ChildCancelledError, ChildLimits
from offangle.storage.intake import open_match_file
from offangle.storage.objects import ObjectStore

NAME: Final = "build"
RECEIVED: Final = "received"
STAGE: Final = "decoding"
STORE_STAGE: Final = "storing"
WRITE_STAGE: Final = "write"
"""The parser's last stage: writing its tables."""


def build(services: Services, sha256: str, context: StepContext) -> JsonValue:
    """Leave the file's tables in the store, under a build that the next steps go on with.

    The parser's process has checked each table against its declaration before it wrote it; here they are only moved.

    Raises:
        BadInputError, LimitExceededError, ParserCrashError: The file cannot be read; says why.
        DeletedError: The file was deleted meanwhile.
        TransientError: The store does not answer.
    """
    demo = wanted(sha256)
    with services.work.folder("build") as folder:
        parsed = _decode(services, demo, folder, context)
        map_name = str(parsed.scan("match").select(pl.col("map_name").cast(pl.String)).collect().item())
        begun = begin_build(sha256, context.job_id, map_name, list(parsed.rows))
        _store(services.store, begun, parsed, context)
    return {"build": begun.pk, "tables": len(parsed.rows)}


def build_of(sha256: str, context: StepContext) -> Build:
    """The build that the first step of this job left.

    Raises:
        DeletedError, BuildGoneError: It is gone.
    """
    kept: Any = context.results[NAME]
    return find_build(sha256, kept["build"])


def _store(store: ObjectStore, begun: Build, parsed: ParsedTables, context: StepContext) -> None:
    place = place_of(begun)
    with writing(store, begun):
        for number, table in enumerate(parsed.rows):
            context.check_cancelled()
            context.progress(STORE_STAGE, number / len(parsed.rows))
            store.put_file(place.key(table), parsed.path(table))


def _decode(services: Services, demo: Demo, folder: Path, context: StepContext) -> ParsedTables:
    kind = _kind_of(demo)
    path = folder / ("match.zip" if kind == "match_zip" else "match.dem")
    open_match_file(services.store, demo.object_key, path)
    limits = services.limits
    try:
        return parse_isolated(
            path,
            kind,
            folder / "tables",
            limits=ChildLimits(wall_s=limits.parse_wall_s, memory_bytes=limits.parse_memory_bytes),
            progress=_progress(context),
            is_cancelled=lambda: context.is_cancelled,
        )
    except ChildCancelledError:
        context.check_cancelled()
        raise


def _kind_of(demo: Demo) -> MatchFileKind:
    return "match_zip" if demo.kind == demo.Kind.MATCH_ZIP else "demo"


def _progress(context: StepContext) -> Callable[[str, float], None]:
    """Hand the parser's shares on; they never run backwards when it begins its next stage."""
    reached = 0.0

    def tell(stage: str, share: float) -> None:
        nonlocal reached
        reached = max(reached, 1.0 if stage == WRITE_STAGE else share)
        context.progress(STAGE, reached)

    return tell
