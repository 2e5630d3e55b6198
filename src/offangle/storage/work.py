"""Folders for files in passing: spools, decompressed demos, tables on their way to the store."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

STALE_AFTER_S: Final = 24 * 3600
"""Seconds; no upload and no job runs this long, so an older folder is a dead process's."""


class WorkArea:
    """Scratch folders below one root, each gone when its work is done.

    Args:
        root: Made if missing. It should lie on a disk with room for the largest demo, not in memory.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def folder(self, purpose: str) -> Iterator[Path]:
        """A new empty folder, deleted with all its content on leaving, also after an error."""
        path = self.make_folder(purpose)
        try:
            yield path
        finally:
            self.remove(path)

    def make_folder(self, purpose: str) -> Path:
        """A new empty folder for work that outlives one block; give it back with `remove`."""
        return Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=self.root))

    def remove(self, path: Path) -> None:
        """Delete a folder of this area; one already gone is fine."""
        if path.exists():
            shutil.rmtree(path)

    def sweep(self, *, older_than_s: float = STALE_AFTER_S) -> int:
        """Delete folders that killed processes left: nothing in them changed for `older_than_s`. Returns how many."""
        limit = time.time() - older_than_s
        stale = [path for path in self.root.iterdir() if path.is_dir() and _last_change(path) < limit]
        for path in stale:
            self.remove(path)
        return len(stale)


def _last_change(folder: Path) -> float:
    return max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))
