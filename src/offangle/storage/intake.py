"""The way in for match files: unpack, check, hash and store whatever a person or a source hands over.

A match file is stored once, under the SHA-256 of its unpacked bytes: `demos/<sha256>.dem.zst` for a demo, however it
came packed, and `matches/<sha256>.zip` for an open match zip, which is kept as it is.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Literal, Self

import zstandard

from offangle.core.errors import BadInputError, LimitExceededError
from offangle.storage.containers import (
    COMPRESSED,
    HEAD_BYTES,
    ByteSource,
    FileKind,
    raw_pieces,
    refuse,
    sniff,
    unpacked,
)
from offangle.storage.limits import FileMeter, Limits, Meter
from offangle.storage.objects import ObjectStore
from offangle.storage.work import WorkArea
from offangle.storage.zips import ZipMember, ZipReader

MatchFileKind = Literal["demo", "match_zip"]

DEMO_SUFFIX: Final = ".dem.zst"
ZSTD_LEVEL: Final = 3
"""Demos hardly shrink further at higher levels, at several times the time."""
MAX_NAME_LENGTH: Final = 200
SHOWN_REASONS: Final = 3
_MIB: Final = 1024**2


@dataclass(frozen=True, slots=True)
class StoredMatchFile:
    """A match file that is now in the store.

    Attributes:
        key: Where it is.
        kind: `demo` or `match_zip`.
        sha256: Of the unpacked demo, or of the match zip as it is; lower-case hex.
        size_bytes: Of those same bytes.
        stored_size_bytes: What it takes in the store.
        original_name: The file's name as it came; for a member of a zip, the member's.
        was_new: False when the store had these bytes already.
    """

    key: str
    kind: MatchFileKind
    sha256: str
    size_bytes: int
    stored_size_bytes: int
    original_name: str
    was_new: bool


@dataclass(frozen=True, slots=True)
class RejectedMember:
    """A member of a zip that looked like a match file and could not be taken.

    Attributes:
        name: Its path in the zip.
        error: Why not.
    """

    name: str
    error: BadInputError


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """What became of one upload.

    Attributes:
        files: What is stored now, at least one, in the order of the zip.
        rejected: Members that could not be taken; only a zip has any.
    """

    files: tuple[StoredMatchFile, ...]
    rejected: tuple[RejectedMember, ...] = ()


class Intake:
    """Takes match files into a store.

    Args:
        store: Where they go.
        work: Where they pass through; needs room for an upload and a packed copy.
        limits: What one upload may cost.
    """

    def __init__(self, store: ObjectStore, work: WorkArea, limits: Limits | None = None) -> None:
        self.store = store
        self.work = work
        self.limits = limits or Limits()

    def take_file(self, path: Path, *, name: str | None = None) -> IntakeResult:
        """Take the file at `path`; `name` if it goes by another.

        Raises:
            BadInputError: Nothing in it can be taken; says why.
            LimitExceededError: It is, or unpacks to, more than Offangle reads.
            TransientError: The store does not answer.
            OSError: The file cannot be read.
        """
        if path.stat().st_size > self.limits.packed_bytes:
            raise _too_large(self.limits)
        with path.open("rb") as file, self.work.folder("intake") as folder:
            return _Taking(self, folder, name or path.name).take(file, path)

    def take_stream(self, source: Iterable[bytes] | ByteSource, *, name: str) -> IntakeResult:
        """Take what `source`, pieces of any size or a binary file, yields. Raises as `take_file` does."""
        with self.session(name) as session:
            for piece in raw_pieces(source) if isinstance(source, ByteSource) else source:
                session.write(piece)
            return session.finish()

    def session(self, name: str) -> "IntakeSession":
        """A session for an upload that arrives piece by piece."""
        return IntakeSession(self, name)


class IntakeSession:
    """One upload in arrival: `write` each piece as it comes, then `finish` or `abort`.

    `write` only appends to a spool file. `finish` unpacks and stores, which takes seconds: call it in a thread from
    asynchronous code. As a context manager, leaving aborts what was not finished.

    Args:
        intake: Where it goes.
        name: The file's name as the sender says.
    """

    def __init__(self, intake: Intake, name: str) -> None:
        self._intake = intake
        self._name = name
        self._folder = intake.work.make_folder("upload")
        self._path = self._folder / "spool"
        self._file = self._path.open("wb")
        self.received_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()

    def write(self, piece: bytes) -> None:
        """Append the next piece.

        Raises:
            LimitExceededError: The upload is larger than Offangle takes; the session is over.
        """
        self.received_bytes += len(piece)
        if self.received_bytes > self._intake.limits.packed_bytes:
            self.abort()
            raise _too_large(self._intake.limits)
        self._file.write(piece)

    def finish(self) -> IntakeResult:
        """Unpack, check and store what arrived. Raises as `Intake.take_file` does; the session is over either way."""
        self._file.close()
        try:
            return self._intake.take_file(self._path, name=self._name)
        finally:
            self.abort()

    def abort(self) -> None:
        """Forget the upload; harmless after `finish`."""
        self._file.close()
        self._intake.work.remove(self._folder)


class _Taking:
    """One upload on its way through."""

    def __init__(self, intake: Intake, folder: Path, name: str) -> None:
        self._intake = intake
        self._store = intake.store
        self._limits = intake.limits
        self._meter = Meter(intake.limits)
        self._folder = folder
        self._name = shown_name(name)

    def take(self, file: BinaryIO, path: Path) -> IntakeResult:
        kind = sniff(file.read(HEAD_BYTES))
        file.seek(0)
        if kind is FileKind.ZIP:
            return self._take_zip(file, path)
        if kind is FileKind.DEMO:
            pieces = raw_pieces(file)
        elif kind in COMPRESSED:
            pieces = unpacked(file, kind)
        else:
            raise refuse(kind)
        meter = self._meter.start(path.stat().st_size)
        return IntakeResult((self._store_demo(_metered(pieces, meter), self._name),))

    def _take_zip(self, file: BinaryIO, path: Path) -> IntakeResult:
        reader = ZipReader(file, max_members=self._limits.zip_members)
        if reader.is_match_zip(self._meter):
            return IntakeResult((self._store_match_zip(reader, file, path),))
        files: list[StoredMatchFile] = []
        rejected: list[RejectedMember] = []
        for member in reader.members:
            try:
                if (stored := self._take_member(reader, member, len(files))) is not None:
                    files.append(stored)
            except BadInputError as error:
                rejected.append(RejectedMember(_shown(member.path), error))
        if not files:
            raise _nothing_in_zip(rejected)
        return IntakeResult(tuple(files), tuple(rejected))

    def _take_member(self, reader: ZipReader, member: ZipMember, taken: int) -> StoredMatchFile | None:
        """Store a member if it is a demo; None if it is something else that may lie beside demos."""
        if _is_clutter(member.path):
            return None
        head, pieces = _peeked(reader.pieces(member, self._meter.start(member.info.compress_size)))
        kind = sniff(head)
        if kind in {FileKind.UNKNOWN, FileKind.EMPTY} and not member.name.lower().endswith(".dem"):
            return None
        if kind is FileKind.DEMO and taken >= self._limits.zip_demos:
            raise LimitExceededError(f"More than {self._limits.zip_demos} demos in one zip")
        return self._store_demo(pieces, shown_name(member.name))

    def _store_demo(self, pieces: Iterator[bytes], name: str) -> StoredMatchFile:
        head, pieces = _peeked(pieces)
        if (kind := sniff(head)) is not FileKind.DEMO:
            raise refuse(kind)
        packed = self._folder / "demo.zst"
        size, digest = 0, hashlib.sha256()
        with packed.open("wb") as file, _compressor().stream_writer(file) as writer:
            for piece in pieces:
                digest.update(piece)
                writer.write(piece)
                size += len(piece)
        return self._keep("demo", packed, sha256=digest.hexdigest(), size=size, name=name)

    def _store_match_zip(self, reader: ZipReader, file: BinaryIO, path: Path) -> StoredMatchFile:
        for member in reader.members:  # all of it is read once here, so that nothing damaged or explosive gets further
            for _ in reader.pieces(member, self._meter.start(member.info.compress_size)):
                pass
        file.seek(0)
        digest = hashlib.sha256()
        for piece in raw_pieces(file):
            digest.update(piece)
        return self._keep("match_zip", path, sha256=digest.hexdigest(), size=path.stat().st_size, name=self._name)

    def _keep(self, kind: MatchFileKind, path: Path, *, sha256: str, size: int, name: str) -> StoredMatchFile:
        key = demo_key(sha256) if kind == "demo" else match_zip_key(sha256)
        was_new = not self._store.exists(key)
        if was_new:
            self._store.put_file(key, path)
        return StoredMatchFile(key, kind, sha256, size, self._store.size(key), name, was_new)


def demo_key(sha256: str) -> str:
    """Where a demo is stored, by the SHA-256 of its unpacked bytes."""
    return f"demos/{sha256}{DEMO_SUFFIX}"


def match_zip_key(sha256: str) -> str:
    """Where an open match zip is stored, by the SHA-256 of the zip."""
    return f"matches/{sha256}.zip"


def open_demo(store: ObjectStore, key: str, path: Path) -> None:
    """Write the stored demo `key`, unpacked, to the file `path`, for a parser.

    Raises:
        NotFoundError: No such demo is stored.
        TransientError: The store does not answer.
        BadInputError: The stored object is damaged.
    """
    source = _StreamSource(store.read_stream(key))
    try:
        with path.open("wb") as file:
            file.writelines(unpacked(source, FileKind.ZSTD))
    except BadInputError as error:
        raise BadInputError(
            f"The stored demo {key} is damaged", hint="Delete the match and import it again."
        ) from error


def open_match_file(store: ObjectStore, key: str, path: Path) -> None:
    """Write the stored match file `key` to `path`: a demo unpacked, a match zip as it is.

    Raises as `open_demo` does.
    """
    if key.endswith(DEMO_SUFFIX):
        open_demo(store, key, path)
    else:
        store.download(key, path)


def shown_name(name: str) -> str:
    """The last part of a file's name, printable and of bounded length; `upload` if nothing remains."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return _shown("" if last == ".." else last) or "upload"


def _shown(text: str) -> str:
    return "".join(character for character in text if character.isprintable())[-MAX_NAME_LENGTH:]


class _StreamSource:
    """A stream of pieces as something to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        data, self._rest = self._rest[:size], self._rest[size:]
        return bytes(data)


def _compressor() -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True)


def _peeked(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first `HEAD_BYTES`, or all of less, and the whole again."""
    head: list[bytes] = []
    while sum(map(len, head)) < HEAD_BYTES and (piece := next(pieces, b"")):
        head.append(piece)
    return b"".join(head)[:HEAD_BYTES], chain(head, pieces)


def _metered(pieces: Iterator[bytes], meter: FileMeter) -> Iterator[bytes]:
    for piece in pieces:
        meter.add(len(piece))
        yield piece


def _is_clutter(path: str) -> bool:
    """What packers add on their own: macOS resource forks and hidden files."""
    return any(part == "__MACOSX" or part.startswith(".") for part in PurePosixPath(path).parts)


def _too_large(limits: Limits) -> LimitExceededError:
    return LimitExceededError(
        f"The upload is larger than {limits.packed_bytes // _MIB} MiB",
        hint="Pack the demo, or upload demos one by one.",
    )


def _nothing_in_zip(rejected: list[RejectedMember]) -> BadInputError:
    if not rejected:
        return BadInputError(
            "The zip holds no demo", hint="Offangle looks for .dem files and for cs2-demo-format match files."
        )
    first = rejected[0]
    if len(rejected) == 1:
        return type(first.error)(f"{first.name}: {first.error.message}", hint=first.error.hint)
    reasons = "; ".join(f"{member.name}: {member.error.message}" for member in rejected[:SHOWN_REASONS])
    return BadInputError(f"None of the {len(rejected)} match files in the zip can be read: {reasons}")
