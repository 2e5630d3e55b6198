"""Derive everything from the tables of a build: the registry of pure functions, and the results as parquet."""

from typing import Final

from offangle.analysis.run import analyse as derive
from offangle.flows.recorded.build import build_of
from offangle.flows.recorded.builds import add_tables, place_of, writing
from offangle.flows.recorded.tables import BuildTables
from offangle.flows.services import Services
from offangle.frames.registry import TABLES
from offangle.jobs.kinds import JsonValue, StepContext
from offangle.storage.tables import DERIVED_PREFIX, write_tables

STAGE: Final = "analysing"

UNREAD: Final = frozenset({"input_history", "duel_ticks", "bullets", "projectiles", "chat"})
"""Tables that no analysis reads; some are large."""


def analyse(services: Services, sha256: str, context: StepContext) -> JsonValue:
    """Add the derived tables to the build that the step before left.

    Raises:
        DeletedError, BuildGoneError: Nobody waits for the build any more.
        TransientError: The store does not answer.
    """
    context.progress(STAGE, 0.0)
    build = build_of(sha256, context)
    frames = BuildTables(services.store, build).frames(set(TABLES) - UNREAD)
    context.progress(STAGE, 0.3)
    result = derive(frames)
    context.check_cancelled()
    context.progress(STAGE, 0.7)
    add_tables(build, list(result.tables))
    with writing(services.store, build):
        write_tables(services.store, place_of(build), result.tables, prefix=DERIVED_PREFIX, work=services.work)
    return {"derived": len(result.tables)}
