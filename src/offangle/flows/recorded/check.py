"""Check what the parser gave against the tables' declarations, before anything rests on it."""

from offangle.core.errors import ContractError
from offangle.flows.recorded.parse import parsed_manifest
from offangle.flows.recorded.parsed import Manifest, read_parsed
from offangle.frames.collection import check_table
from offangle.frames.registry import REQUIRED_TABLES
from offangle.jobs.kinds import JsonValue, StepContext

STAGE = "checking"

TRUSTED = frozenset({"ticks", "duel_ticks", "input_history", "projectiles"})
"""Millions of rows that the parser's process has checked as it wrote them; reading them again buys nothing."""


def check(sha256: str, context: StepContext) -> JsonValue:
    """Check each table on its own, as it came back from the store.

    Totals are reconciled with the recording's own figures by the analysis, which counts them.

    Raises:
        ContractError: A table is missing or breaks its declaration.
    """
    manifest = parsed_manifest(sha256, context)
    _refuse_missing(manifest)
    for number, name in enumerate(manifest.tables):
        context.check_cancelled()
        context.progress(STAGE, number / len(manifest.tables))
        if name in TRUSTED:
            continue
        frame = read_parsed(sha256, name)
        check_table(name, frame)
        if name == "match" and frame.height != 1:
            raise ContractError(f"table match has {frame.height} rows; exactly one is expected")
    return {"tables": len(manifest.tables)}


def _refuse_missing(manifest: Manifest) -> None:
    missing = [name for name in REQUIRED_TABLES if name not in manifest.tables]
    if missing:
        raise ContractError(f"tables missing: {', '.join(missing)}")
