"""Put the checked tables in their place: one parquet file per table and match."""

from typing import Any

from offangle.flows.recorded.identity import match_id_of
from offangle.flows.recorded.parse import parsed_manifest
from offangle.flows.recorded.parsed import Manifest, settle
from offangle.flows.recorded.presence import writing_for
from offangle.flows.recorded.version import PIPELINE_VERSION
from offangle.flows.services import services
from offangle.jobs.kinds import JsonValue, StepContext
from offangle.storage.tables import prune_tables

STAGE = "storing"


def store(sha256: str, context: StepContext) -> JsonValue:
    """Write `frames/<table>/map=<map>/<match id>.parquet` over what an older version left there."""
    manifest = parsed_manifest(sha256, context)
    tools = services()
    with writing_for(sha256), tools.work.folder("store") as folder:
        for number, table in enumerate(manifest.tables):
            context.check_cancelled()
            context.progress(STAGE, number / len(manifest.tables))
            settle(sha256, manifest, table, folder)
        prune_tables(tools.store, str(match_id_of(sha256)), manifest.map_name, manifest.tables)
    return {"map_name": manifest.map_name, "tables": list(manifest.tables), "version": PIPELINE_VERSION}


def stored_manifest(sha256: str, context: StepContext) -> Manifest:
    """What the store step of this job left, done again where an older version of Offangle did it."""
    kept: Any = context.results["store"]
    return Manifest.read(kept if kept["version"] == PIPELINE_VERSION else store(sha256, context))
