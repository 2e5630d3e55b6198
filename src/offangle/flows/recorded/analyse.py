"""Derive everything from the stored tables: the registry of pure functions, and the results as parquet."""

from typing import Any, Final

from offangle.analysis.run import analyse as derive
from offangle.flows.recorded.identity import match_id_of
from offangle.flows.recorded.parsed import Manifest, stored_frames
from offangle.flows.recorded.presence import writing_for
from offangle.flows.recorded.store import stored_manifest
from offangle.flows.recorded.version import PIPELINE_VERSION
from offangle.flows.services import services
from offangle.jobs.kinds import JsonValue, StepContext
from offangle.storage.tables import DERIVED_PREFIX, prune_tables, write_tables

STAGE = "analysing"

UNREAD: Final = frozenset({"input_history", "duel_ticks", "bullets", "projectiles", "chat"})
"""Tables that no analysis reads; some are large."""


def analyse(sha256: str, context: StepContext) -> JsonValue:
    """Write `derived/<table>/map=<map>/<match id>.parquet` over what an older version left there."""
    manifest = stored_manifest(sha256, context)
    context.progress(STAGE, 0.0)
    frames = stored_frames(sha256, manifest, set(manifest.tables) - UNREAD)
    context.progress(STAGE, 0.3)
    result = derive(frames)
    context.check_cancelled()
    context.progress(STAGE, 0.7)
    tools, match_id = services(), str(match_id_of(sha256))
    with writing_for(sha256):
        write_tables(tools.store, match_id, manifest.map_name, result.tables, prefix=DERIVED_PREFIX, work=tools.work)
        prune_tables(tools.store, match_id, manifest.map_name, result.tables, prefix=DERIVED_PREFIX)
    return {"derived": list(result.tables), "version": PIPELINE_VERSION}


def analysed_manifest(sha256: str, context: StepContext) -> tuple[Manifest, list[str]]:
    """The match's tables and derived tables, made again where an older version of Offangle made them."""
    kept: Any = context.results["analyse"]
    current: Any = kept if kept["version"] == PIPELINE_VERSION else analyse(sha256, context)
    return stored_manifest(sha256, context), list(current["derived"])
