"""Remove what killed processes left: scratch folders, and objects that belong to no row."""

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from offangle.db.models import Build, Demo
from offangle.flows.recorded import states
from offangle.flows.recorded.delete import finish_deletion
from offangle.flows.recorded.identity import match_id_of
from offangle.flows.services import Services
from offangle.storage.objects import ObjectStore
from offangle.storage.tables import TABLE_PREFIXES, stem_of

logger = logging.getLogger(__name__)

ORPHAN_AFTER: Final = timedelta(hours=24)
"""An object is written before its row; no upload and no job takes this long."""
FILE_PREFIXES: Final = {Demo.Kind.DEMO: "demos", Demo.Kind.MATCH_ZIP: "matches"}
ABANDONED_PREFIX: Final = "parsed"
"""Where versions before builds kept tables between the steps of a job; nothing reads them any more."""
COPIES_PREFIX: Final = "asking"
"""Copies of rows for the SQL explorer; each is made again when somebody asks."""
_HASH: Final = re.compile(r"[0-9a-f]{64}")


def collect_garbage(services: Services, *, older_than: timedelta = ORPHAN_AFTER) -> None:
    """Delete scratch folders and orphaned objects untouched for `older_than`.

    What belongs to a build that counts no more is not found here but removed sooner, see `builds.collect_builds`.
    """
    services.work.sweep()
    limit = datetime.now(UTC) - older_than
    removed = sum(
        _remove_file(services, key, kind)
        for kind, prefix in FILE_PREFIXES.items()
        for key in _orphaned_files(services.store, prefix, limit)
    )
    store = services.store
    unread = [key for prefix in (ABANDONED_PREFIX, COPIES_PREFIX) for key in _aged(store, prefix, limit)]
    tables = [*unread, *_orphaned_tables(store, limit)]
    store.delete_all(tables)
    removed += len(tables)
    if removed:
        logger.info("removed %d objects that belonged to nothing", removed)


def _remove_file(services: Services, key: str, kind: str) -> bool:
    """Delete a match file without a row the way one with a row goes, so that an upload of the same bytes is safe."""
    found = _HASH.search(key)
    if found is None:
        return False
    states.found_orphaned(key, found[0], kind)
    return finish_deletion(services, found[0])


def _aged(store: ObjectStore, prefix: str, limit: datetime) -> list[str]:
    return [info.key for info in store.list(prefix) if info.modified_at < limit]


def _orphaned_files(store: ObjectStore, prefix: str, limit: datetime) -> list[str]:
    keys = _aged(store, prefix, limit)
    files = set(Demo.objects.values_list("pk", flat=True)) if keys else set()
    return [key for key in keys if (found := _HASH.search(key)) is not None and found[0] not in files]


def _orphaned_tables(store: ObjectStore, limit: datetime) -> list[str]:
    """Tables of builds without a row. The objects are listed first: a build's row is there before its objects are."""
    keys = [key for prefix in TABLE_PREFIXES for key in _aged(store, prefix, limit)]
    if not keys:
        return []
    known = {(str(match_id_of(sha256)), name) for sha256, name in Build.objects.values_list("demo_id", "name")}
    return [key for key in keys if stem_of(key) not in known]
