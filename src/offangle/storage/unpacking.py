"""The match files in a file, however they came packed: the one unpacker of the command line and the server.

A file may be a demo, a compressed demo, an open match zip, or a zip of any number of these: demos, match zips, and
folders that hold an unpacked match. What packers add on their own (`__MACOSX/._…`, hidden files) and what else lies
beside is passed over.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Generic, Literal, TypeVar

from offangle.core.errors import BadInputError, LimitExceededError
from offangle.storage.containers import COMPRESSED, HEAD_BYTES, FileKind, raw_pieces, refuse, sniff, unpacked
from offangle.storage.limits import FileMeter, Limits, Meter
from offangle.storage.zips import ZipMember, ZipReader

MatchFileKind = Literal["demo", "match_zip"]

MAX_NAME_LENGTH: Final = 200
SHOWN_REASONS: Final = 3
_DEMO_ENDING: Final = ".dem"
_ZIP_ENDING: Final = ".zip"
_INNER_ZIP: Final = "inner.zip"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""Every member's time in a zip that is packed here: the same files are the same zip."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PackedMatch:
    """A match file inside a file, good until the next one is asked for.

    Attributes:
        name: The file's name as it came; for a member of a zip, the member's.
        kind: `demo` or `match_zip`.
        path: Where it lies unpacked already; None for what has to be unpacked.
        pieces: Its bytes, unpacked and held to the limits. They can be read once.
    """

    name: str
    kind: MatchFileKind
    path: Path | None
    pieces: Iterator[bytes]


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
class Unpacked(Generic[T]):
    """What became of a file.

    Attributes:
        taken: What was made of each match file in it, at least one, in the order of the zip.
        rejected: Members that could not be taken; only a zip has any.
    """

    taken: tuple[T, ...]
    rejected: tuple[RejectedMember, ...] = ()


def unpack_each(
    path: Path, take: Callable[[PackedMatch], T], *, name: str, folder: Path, limits: Limits
) -> Unpacked[T]:
    """Hand each match file in the file at `path` to `take`, one after the other.

    A member of a zip that cannot be read, or that `take` refuses as bad input, is rejected; the others are not lost.

    Args:
        path: The file.
        take: Told of each match file.
        name: The file's name as people know it.
        folder: An empty folder for what has to be unpacked on the way.
        limits: What the file may cost.

    Raises:
        BadInputError: Nothing in it can be taken; says why.
        LimitExceededError: It unpacks to more than Offangle reads.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
        file.seek(0)
        opened = _Opened(file, path, shown_name(name), folder, Meter(limits))
        return opened.zip(take) if kind is FileKind.ZIP else Unpacked((take(opened.single(kind)),))


@dataclass(frozen=True, slots=True)
class _Opened:
    """The file on its way."""

    file: BinaryIO
    path: Path
    name: str
    folder: Path
    meter: Meter

    def single(self, kind: FileKind) -> PackedMatch:
        """The demo that the file is, or holds compressed."""
        counted = self.meter.start(self.path.stat().st_size)
        if kind is FileKind.DEMO:
            return PackedMatch(self.name, "demo", self.path, _metered(raw_pieces(self.file), counted))
        if kind in COMPRESSED:
            return PackedMatch(self.name, "demo", None, _demo(_metered(unpacked(self.file, kind), counted)))
        raise refuse(kind)

    def zip(self, take: Callable[[PackedMatch], T]) -> Unpacked[T]:
        """The match that the zip is, or everything that it holds."""
        reader = ZipReader(self.file, max_members=self.meter.limits.zip_members)
        matches = reader.match_folders(self.meter)
        if len(matches) == 1 and not any(_is_beside(member, matches[0]) for member in reader.members):
            return Unpacked((take(_whole(reader, self.file, self.path, self.name, self.meter)),))
        taken: list[T] = []
        rejected: list[RejectedMember] = []
        for where, packed in self._packed(reader, matches):
            try:
                if (match := packed()) is not None:
                    self._count(len(taken))
                    taken.append(take(match))
            except BadInputError as error:
                rejected.append(RejectedMember(printable(where), error))
        if not taken:
            raise _nothing_in_zip(rejected)
        return Unpacked(tuple(taken), tuple(rejected))

    def _packed(self, reader: ZipReader, matches: list[str]) -> Iterator[tuple[str, Callable[[], PackedMatch | None]]]:
        """Each thing that may be a match, by its place in the zip, and how to get at it."""
        for folder in matches:
            yield folder, lambda folder=folder: self._folder(reader, folder)  # type: ignore[misc]  # bound now
        for member in reader.members:
            if not any(member.path.startswith(folder) for folder in matches):
                yield member.path, lambda member=member: self._member(reader, member)  # type: ignore[misc]  # see above

    def _count(self, taken: int) -> None:
        if taken >= self.meter.limits.zip_demos:
            raise LimitExceededError(f"More than {self.meter.limits.zip_demos} demos in one zip")

    def _folder(self, reader: ZipReader, folder: str) -> PackedMatch:
        """The match in a folder of the zip, as a zip of its own."""
        name = PurePosixPath(folder).name or PurePosixPath(self.name).stem
        inside = [member for member in reader.members if member.path.startswith(folder)]
        target = self.folder / _INNER_ZIP
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for member in sorted(inside, key=lambda member: member.path):
                info = zipfile.ZipInfo(member.path.removeprefix(folder), _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(info, "w", force_zip64=True) as packed:
                    packed.writelines(reader.pieces(member, self.meter.start(member.info.compress_size)))
        return PackedMatch(shown_name(f"{name}{_ZIP_ENDING}"), "match_zip", target, _file_pieces(target))

    def _member(self, reader: ZipReader, member: ZipMember) -> PackedMatch | None:
        """The match that a member is; None if it is something else that may lie beside matches."""
        head, pieces = _peeked(reader.pieces(member, self.meter.start(member.info.compress_size)))
        kind = sniff(head)
        if kind in {FileKind.UNKNOWN, FileKind.EMPTY} and not member.name.lower().endswith(_DEMO_ENDING):
            return None
        if kind is FileKind.ZIP:
            return self._inner_zip(member, pieces)
        return PackedMatch(shown_name(member.name), "demo", None, _demo(pieces))

    def _inner_zip(self, member: ZipMember, pieces: Iterator[bytes]) -> PackedMatch:
        """The match zip that a member is; any other archive in an archive is refused."""
        target = self.folder / _INNER_ZIP
        with target.open("wb") as file:
            file.writelines(pieces)
        with target.open("rb") as file:
            reader = ZipReader(file, max_members=self.meter.limits.zip_members)
            if len(reader.match_folders(self.meter)) != 1:
                raise refuse(FileKind.ZIP)
            _read_through(reader, self.meter)
        return PackedMatch(shown_name(member.name), "match_zip", target, _file_pieces(target))


def shown_name(name: str) -> str:
    """The last part of a file's name, printable and of bounded length; `upload` if nothing remains."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return printable("" if last == ".." else last) or "upload"


def printable(text: str) -> str:
    """`text` as far as it can be shown, its end where it is long."""
    return "".join(character for character in text if character.isprintable())[-MAX_NAME_LENGTH:]


def _whole(reader: ZipReader, file: BinaryIO, path: Path, name: str, meter: Meter) -> PackedMatch:
    """The zip itself, which is kept as it is."""
    _read_through(reader, meter)
    file.seek(0)
    return PackedMatch(name, "match_zip", path, raw_pieces(file))


def _read_through(reader: ZipReader, meter: Meter) -> None:
    """Read everything once, so that nothing damaged or explosive gets further."""
    for member in reader.members:
        for _ in reader.pieces(member, meter.start(member.info.compress_size)):
            pass


def _is_beside(member: ZipMember, folder: str) -> bool:
    """Whether a member lies outside the match's folder and may be a match itself."""
    return not member.path.startswith(folder) and member.name.lower().endswith((_DEMO_ENDING, _ZIP_ENDING))


def _file_pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from raw_pieces(file)


def _demo(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces of a demo.

    Raises:
        BadInputError: They are of something else.
    """
    head, pieces = _peeked(pieces)
    if (kind := sniff(head)) is not FileKind.DEMO:
        raise refuse(kind)
    yield from pieces


def _peeked(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first `HEAD_BYTES`, or all of less, and the whole again."""
    head: list[bytes] = []
    while sum(map(len, head)) < HEAD_BYTES and (piece := next(pieces, b"")):
        head.append(piece)
    return b"".join(head)[:HEAD_BYTES], chain(head, pieces)


def _metered(pieces: Iterable[bytes], meter: FileMeter) -> Iterator[bytes]:
    for piece in pieces:
        meter.add(len(piece))
        yield piece


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
