"""Match files on this machine, unpacked for a parser without store or database."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from offangle.core.errors import BadInputError
from offangle.parsing.terms import MatchFileKind
from offangle.storage.limits import Limits
from offangle.storage.unpacking import PackedMatch, Unpacked, unpack_each

SPARE_BYTES: Final = 256 * 1024 * 1024
"""What the disk must keep free while a file is unpacked: tables have to fit as well."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LocalMatch:
    """A match file ready for a parser.

    Attributes:
        name: As the user knows it; for a member of a zip, the member's.
        path: The unpacked file.
        kind: What it is.
    """

    name: str
    path: Path
    kind: MatchFileKind


def each_local_match(
    path: Path, folder: Path, take: Callable[[LocalMatch], T], limits: Limits | None = None
) -> Unpacked[T]:
    """Hand each match file in the file at `path` to `take`; each is deleted when the next is asked for.

    A `.dem` or match zip is read where it lies; what is packed is unpacked into `folder`.

    Raises:
        BadInputError: There is no such file, or nothing in it can be read.
        LimitExceededError: It is, or unpacks to, more than Offangle reads.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise BadInputError(f"{path} {what}", hint="Give one match file; `offangle import` takes folders too.")

    def take_local(match: PackedMatch) -> T:
        place = match.path or _spooled(match.pieces, folder / "match.dem", match.name)
        return take(LocalMatch(match.name, place, match.kind))

    return unpack_each(path, take_local, name=path.name, folder=folder, limits=limits or Limits())


def _spooled(pieces: Iterable[bytes], target: Path, name: str) -> Path:
    with target.open("wb") as file:
        for piece in pieces:
            if shutil.disk_usage(target.parent).free < SPARE_BYTES:
                raise BadInputError(f"no room to unpack {name} in {target.parent}", hint="Make room or set TMPDIR.")
            file.write(piece)
    return target
