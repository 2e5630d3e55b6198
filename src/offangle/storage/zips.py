"""Zip files: their list of members, and each member as a stream, with bounded memory also for hostile zips.

Only the list comes from `zipfile`; the members are unpacked by `containers`, because `zipfile` unpacks bzip2 and LZMA
members without a bound.
"""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final

from offangle.core.errors import BadInputError, LimitExceededError
from offangle.storage.containers import (
    Decoder,
    bzip2_decoder,
    deflate_decoder,
    raw_pieces,
    unpacked_stream,
)
from offangle.storage.limits import FileMeter, Meter

MATCH_ZIP_SCHEMA: Final = "cs2-demo-format/"
"""How the `schemaVersion` of an open match zip's manifest starts."""
MANIFEST: Final = "manifest.json"
MAX_MANIFEST_BYTES: Final = 1024**2
MAX_LIST_BYTES: Final = 1024**2
"""The zip's list of members, which is read at once: room for some 10 000."""

_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")  # signature, …, name length, extra length
_LOCAL_MAGIC: Final = b"PK\x03\x04"
_ENCRYPTED_FLAGS: Final = 0x1 | 0x40 | 0x2000  # encrypted, strongly encrypted, header masked
_DAMAGED_HINT: Final = "Download or pack it again."
_METHOD_NAMES: Final = {9: "deflate64", 14: "lzma", 93: "zstd", 95: "xz", 98: "ppmd"}
_METHODS: Final[dict[int, Callable[[], Decoder]]] = {
    zipfile.ZIP_DEFLATED: deflate_decoder,
    zipfile.ZIP_BZIP2: bzip2_decoder,
}


@dataclass(frozen=True, slots=True)
class ZipMember:
    """One file in a zip.

    Attributes:
        path: Its path in the zip, for messages.
        info: The zip's entry.
    """

    path: str
    info: zipfile.ZipInfo

    @property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name

    @property
    def is_encrypted(self) -> bool:
        """Whether a password is needed."""
        return bool(self.info.flag_bits & _ENCRYPTED_FLAGS)


class ZipReader:
    """An open zip.

    Args:
        file: The zip, seekable.
        max_members: Entries read at most.

    Attributes:
        members: Its files, without what packers add on their own.

    Raises:
        BadInputError: The list of members is damaged or cut off.
        LimitExceededError: There are too many members.
    """

    def __init__(self, file: BinaryIO, *, max_members: int) -> None:
        self._file = file
        infos = _listed(file)
        if len(infos) > max_members:
            raise LimitExceededError(f"The zip has {len(infos)} entries; at most {max_members} are read")
        files = [ZipMember(plain_path(info.filename), info) for info in infos if not info.is_dir()]
        self.members = [member for member in files if not is_clutter(member.path)]

    def pieces(self, member: ZipMember, meter: FileMeter) -> Iterator[bytes]:
        """The member's content in pieces, counted by `meter`, checked against the zip's own size and checksum.

        Raises:
            BadInputError: The member is encrypted, packed in an unknown way, damaged or cut off.
            LimitExceededError: It is larger than read, or a bomb.
        """
        crc, size = 0, 0
        for piece in self._unpacked(member):
            meter.add(len(piece))
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            yield piece
        if (crc, size) != (member.info.CRC, member.info.file_size):
            raise BadInputError(f"{member.path} in the zip is damaged: its checksum differs", hint=_DAMAGED_HINT)

    def match_folders(self, meter: Meter) -> list[str]:
        """The folders that hold an open match: those with a manifest that names a `cs2-demo-format/` schema.

        Each ends with a slash; the top is empty. Whatever lies under one belongs to it.
        """
        found = {
            member.path.removesuffix(MANIFEST)
            for member in self.members
            if member.name == MANIFEST and self._is_match_manifest(member, meter)
        }
        return sorted(
            folder for folder in found if not any(folder != other and folder.startswith(other) for other in found)
        )

    def _is_match_manifest(self, manifest: ZipMember, meter: Meter) -> bool:
        if manifest.is_encrypted or manifest.info.file_size > MAX_MANIFEST_BYTES:
            return False
        # A lying size is caught by the meter and by the comparison with the declared size.
        text = b"".join(self.pieces(manifest, meter.start(manifest.info.compress_size)))
        return _schema_version(text).startswith(MATCH_ZIP_SCHEMA)

    def _unpacked(self, member: ZipMember) -> Iterator[bytes]:
        if member.is_encrypted:
            raise BadInputError(f"{member.path} in the zip is encrypted", hint="Pack it without a password.")
        source = _Window(self._file, self._data_start(member), member.info.compress_size)
        if member.info.compress_type == zipfile.ZIP_STORED:
            return raw_pieces(source)
        decoder = _METHODS.get(member.info.compress_type)
        if decoder is None:
            method = _METHOD_NAMES.get(member.info.compress_type, str(member.info.compress_type))
            raise BadInputError(
                f"{member.path} in the zip is packed with the method {method!r}, which is not read",
                hint="Pack it with deflate, every zip program's default.",
            )
        return unpacked_stream(source, decoder)

    def _data_start(self, member: ZipMember) -> int:
        self._file.seek(member.info.header_offset)
        header = self._file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or not header.startswith(_LOCAL_MAGIC):
            raise BadInputError(f"{member.path} is not where the zip's list says", hint=_DAMAGED_HINT)
        _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        return member.info.header_offset + _LOCAL_HEADER.size + int(name_length) + int(extra_length)


def plain_path(path: str) -> str:
    """A member's path with the slashes that zips should have, also where a packer wrote backslashes."""
    return path.replace("\\", "/")


def is_clutter(path: str) -> bool:
    """What packers add on their own: macOS resource forks and hidden files."""
    return any(part == "__MACOSX" or part.startswith(".") for part in PurePosixPath(path).parts)


class _Window:
    """Part of a file as a source of its own; it seeks for each read, so several can share the file."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self._file = file
        self._at = start
        self._end = start + length

    def read(self, size: int, /) -> bytes:
        self._file.seek(self._at)
        data = self._file.read(min(size, self._end - self._at))
        self._at += len(data)
        return data


class _BoundedReads(io.RawIOBase):
    """Refuses to read much at once: `zipfile` reads a zip's whole list of members, however long it claims to be."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(MAX_LIST_BYTES + 1 if size < 0 else min(size, MAX_LIST_BYTES + 1))
        if len(data) > MAX_LIST_BYTES:
            raise LimitExceededError("The zip's list of members is longer than Offangle reads")
        return data


def _listed(file: BinaryIO) -> list[zipfile.ZipInfo]:
    try:
        # ZipFile wants an IO[bytes]; it only seeks, tells and reads.
        bounded: Any = _BoundedReads(file)
        with zipfile.ZipFile(bounded) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, UnicodeDecodeError, OSError) as error:
        raise BadInputError(f"The zip is damaged or cut off: {error}", hint=_DAMAGED_HINT) from error


def _schema_version(manifest: bytes) -> str:
    try:
        document = json.loads(manifest)
    except (ValueError, RecursionError):
        return ""
    return str(document.get("schemaVersion", "")) if isinstance(document, dict) else ""
