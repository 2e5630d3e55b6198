"""Files and folders of this machine, as `offangle import` is given them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from offangle.core.errors import BadInputError, NotFoundError
from offangle.sources.source import Description, Finding, Offer, SourceEntry

FOLDER: Final = SourceEntry("cli", "Files of this machine", "Run offangle import PATH.")

SUFFIXES: Final = (".dem", ".dem.gz", ".dem.bz2", ".dem.zst", ".dem.xz", ".zip")
"""What is taken from a folder; a file that is named itself is taken whatever it is called."""
PIECE_BYTES: Final = 1024 * 1024


class FolderSource:
    """The match files among some paths.

    A folder has no order in which files come, so there is no cursor: each search finds everything, and what was
    brought before is known again by its content.

    Args:
        paths: Files, and folders that are searched through and through.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.entry = FOLDER
        self._paths = paths

    def find(self, cursor: str) -> Finding:  # noqa: ARG002 -- the port's; see above
        """The files in order, each once.

        Raises:
            BadInputError: A path does not exist.
        """
        found: dict[Path, None] = {}
        for path in self._paths:
            if not path.exists():
                raise BadInputError(f"{path} does not exist", hint="Check the path.")
            found |= dict.fromkeys(_inside(path) if path.is_dir() else [path])
        return Finding(tuple(Offer(str(path), path.name) for path in found))

    def describe(self, offer: Offer) -> Description:
        """Where it lies, how large it is and when it was written, which is when its match was played at the latest.

        Raises:
            NotFoundError: It is gone.
        """
        path = Path(offer.key)
        try:
            found = path.stat()
        except OSError as error:
            raise _gone(offer) from error
        written = datetime.fromtimestamp(found.st_mtime, UTC)
        return Description(
            path.name, size_bytes=found.st_size, path=path, played_at=written, played_at_basis="file time"
        )

    @contextmanager
    def stream(self, offer: Offer) -> Iterator[Iterator[bytes]]:
        """Its bytes.

        Raises:
            NotFoundError: It is gone, or may not be read.
        """
        try:
            file = Path(offer.key).open("rb")  # noqa: SIM115 -- closed below, where errors of reading are not this one
        except OSError as error:
            raise _gone(offer) from error
        with file:
            yield iter(lambda: file.read(PIECE_BYTES), b"")

    def done(self, offer: Offer) -> None:
        """Files of others stay where they are."""


def _inside(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file() and each.name.lower().endswith(SUFFIXES))


def _gone(offer: Offer) -> NotFoundError:
    return NotFoundError(f"{offer.key} cannot be read", hint="It may have been moved, or belongs to somebody else.")
