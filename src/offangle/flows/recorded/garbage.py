"""Remove what killed processes left: scratch folders, and objects that belong to no row."""

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from offangle.db.models import Demo, Match
from offangle.flows.recorded.delete import finish_deletion
from offangle.flows.recorded.identity import PARSED_PREFIX, match_id_of
from offangle.flows.services import services
from offangle.storage.tables import TABLE_PREFIXES

logger = logging.getLogger(__name__)

ORPHAN_AFTER: Final = timedelta(hours=24)
"""An object is written before its row; no upload and no job takes this long."""
FILE_PREFIXES: Final = {Demo.Kind.DEMO: "demos", Demo.Kind.MATCH_ZIP: "matches"}
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_MATCH_ID: Final = re.compile(r"([0-9a-f-]{36})\.parquet$")


def collect_garbage(*, older_than: timedelta = ORPHAN_AFTER) -> None:
    """Delete scratch folders and orphaned objects untouched for `older_than`."""
    tools = services()
    tools.work.sweep()
    limit = datetime.now(UTC) - older_than
    removed = sum(_remove_file(key, kind) for kind, prefix in FILE_PREFIXES.items() for key in _orphans(prefix, limit))
    for prefix in (PARSED_PREFIX, *TABLE_PREFIXES):
        for key in _orphans(prefix, limit):
            tools.store.delete(key)
            removed += 1
    if removed:
        logger.info("removed %d objects that belonged to nothing", removed)


def _remove_file(key: str, kind: str) -> bool:
    """Delete a match file without a row the way one with a row goes, so that an upload of the same bytes is safe."""
    found = _HASH.search(key)
    if found is None:
        return False
    sizes = {"size_bytes": 0, "stored_bytes": 0}
    marked = Demo(sha256=found[0], kind=kind, object_key=key, original_name=key, state=Demo.State.DELETING, **sizes)
    Demo.objects.bulk_create([marked], ignore_conflicts=True)
    return finish_deletion(found[0])


def _orphans(prefix: str, limit: datetime) -> list[str]:
    keys = [info.key for info in services().store.list(prefix) if info.modified_at < limit]
    if not keys:
        return []
    files = set(Demo.objects.values_list("pk", flat=True))
    if prefix not in TABLE_PREFIXES:
        return [key for key in keys if (found := _HASH.search(key)) is not None and found[0] not in files]
    matches = {str(pk) for pk in Match.objects.values_list("pk", flat=True)}
    known = matches | {str(match_id_of(sha256)) for sha256 in files}
    return [key for key in keys if (found := _MATCH_ID.search(key)) is not None and found[1] not in known]
