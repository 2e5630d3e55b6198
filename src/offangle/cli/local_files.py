"""Match files on this machine, unpacked for a parser without store or database."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from offangle.core.errors import BadInputError, LimitExceededError
from offangle.parsing.terms import MatchFileKind
from offangle.storage.containers import COMPRESSED, HEAD_BYTES, FileKind, refuse, sniff, unpacked
from offangle.storage.limits import FileMeter, Limits, Meter
from offangle.storage.zips import ZipMember, ZipReader

SPARE_BYTES = 256 * 1024 * 1024
"""What the disk must keep free while a file is unpacked: tables have to fit as well."""


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


def local_matches(path: Path, folder: Path, limits: Limits | None = None) -> Iterator[LocalMatch]:
    """The match files in the file at `path`, one by one; each is deleted when the next is asked for.

    A `.dem` or match zip is read where it lies; a packed one is unpacked into `folder`.

    Raises:
        BadInputError: There is no such file, or nothing in it can be read.
        LimitExceededError: It is, or unpacks to, more than Offangle reads.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise BadInputError(f"{path} {what}", hint="Give one match file; `offangle import` takes folders too.")
    meter = Meter(limits or Limits())
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
        file.seek(0)
        if kind is FileKind.DEMO:
            yield LocalMatch(path.name, path, "demo")
        elif kind is FileKind.ZIP:
            yield from _in_zip(file, path, folder, meter)
        elif kind in COMPRESSED:
            pieces = _metered(unpacked(file, kind), meter.start(path.stat().st_size))
            yield _spooled(pieces, folder, path.stem)
        else:
            raise refuse(kind)


def _in_zip(file: BinaryIO, path: Path, folder: Path, meter: Meter) -> Iterator[LocalMatch]:
    reader = ZipReader(file, max_members=meter.limits.zip_members)
    if reader.is_match_zip(meter):
        yield LocalMatch(path.name, path, "match_zip")
        return
    demos = [member for member in reader.members if member.name.lower().endswith(".dem")]
    if not demos:
        raise BadInputError("The zip holds no demo", hint="It should hold .dem files, or be a cs2-demo-format match.")
    if len(demos) > meter.limits.zip_demos:
        raise LimitExceededError(f"More than {meter.limits.zip_demos} demos in one zip")
    for member in demos:
        yield _member(reader, member, folder, meter)


def _member(reader: ZipReader, member: ZipMember, folder: Path, meter: Meter) -> LocalMatch:
    return _spooled(reader.pieces(member, meter.start(member.info.compress_size)), folder, member.name)


def _spooled(pieces: Iterable[bytes], folder: Path, name: str) -> LocalMatch:
    target = folder / "match.dem"
    with target.open("wb") as file:
        for piece in pieces:
            if shutil.disk_usage(folder).free < SPARE_BYTES:
                raise BadInputError(f"no room to unpack {name} in {folder}", hint="Make room or set TMPDIR.")
            file.write(piece)
    with target.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    if kind is not FileKind.DEMO:
        raise refuse(kind)
    return LocalMatch(name, target, "demo")


def _metered(pieces: Iterable[bytes], meter: FileMeter) -> Iterator[bytes]:
    for piece in pieces:
        meter.add(len(piece))
        yield piece
