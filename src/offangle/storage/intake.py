"""The way in for match files: unpack, check, hash and store whatever a person or a source hands over.

A match file is stored once, under the SHA-256 of its unpacked bytes: `demos/<sha256>.dem.zst` for a demo, however it
came packed, and `matches/<sha256>.zip` for an open match zip, which is kept as it is.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import zstandard

from offangle.core.errors import BadInputError, LimitExceededError
from offangle.storage.containers import ByteSource, FileKind, raw_pieces, unpacked
from offangle.storage.limits import Limits
from offangle.storage.objects import ObjectStore
from offangle.storage.unpacking import MatchFileKind, PackedMatch, RejectedMember, unpack_each
from offangle.storage.work import WorkArea

DEMO_SUFFIX: Final = ".dem.zst"
ZSTD_LEVEL: Final = 3
"""Demos hardly shrink further at higher levels, at several times the time."""
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
        with self.work.folder("intake") as folder, self.work.folder("unpacked") as inner:
            taking = _Taking(self, folder)
            found = unpack_each(path, taking.take, name=name or path.name, folder=inner, limits=self.limits)
        return IntakeResult(found.taken, found.rejected)

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

    def __init__(self, intake: Intake, folder: Path) -> None:
        self._store = intake.store
        self._packed = folder / "demo.zst"

    def take(self, match: PackedMatch) -> StoredMatchFile:
        if match.kind == "demo" or match.path is None:
            return self._take_demo(match)
        return self._take_zip(match, match.path)

    def _take_demo(self, match: PackedMatch) -> StoredMatchFile:
        size, digest = 0, hashlib.sha256()
        with self._packed.open("wb") as file, _compressor().stream_writer(file) as writer:
            for piece in match.pieces:
                digest.update(piece)
                writer.write(piece)
                size += len(piece)
        return self._keep("demo", self._packed, sha256=digest.hexdigest(), size=size, name=match.name)

    def _take_zip(self, match: PackedMatch, path: Path) -> StoredMatchFile:
        digest = hashlib.sha256()
        for piece in match.pieces:
            digest.update(piece)
        size = path.stat().st_size
        return self._keep("match_zip", path, sha256=digest.hexdigest(), size=size, name=match.name)

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


def _too_large(limits: Limits) -> LimitExceededError:
    return LimitExceededError(
        f"The upload is larger than {limits.packed_bytes // _MIB} MiB",
        hint="Pack the demo, or upload demos one by one.",
    )
