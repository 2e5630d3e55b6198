"""The zip itself: opened within limits, its manifest read, its files handed out one at a time."""

import codecs
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from offangle.core.errors import BadInputError, LimitExceededError
from offangle.storage.zips import is_clutter, plain_path

MANIFEST: Final = "manifest.json"
FORMAT_NAME: Final = "cs2-demo-format"
READABLE: Final = "2.0, 3.x"

MAX_MEMBERS: Final = 64
"""Files in a zip; the format names fourteen."""

MAX_MEMBER_BYTES: Final = 256 * 1024 * 1024
"""Unpacked size of one file; a replay of 35 rounds at 8 Hz takes 12 MB."""

MAX_TOTAL_BYTES: Final = 512 * 1024 * 1024
"""Unpacked size of all files together."""

MAX_RATIO: Final = 200
"""Unpacked to packed size; real files reach 25, delta-coded zeros somewhat more, bombs a thousand."""

RATIO_FREE_BYTES: Final = 1024 * 1024
"""Below this size a file may be packed as tightly as it likes."""

ENCRYPTED_BIT: Final = 0x1
PACKINGS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
NEWEST_MAJOR: Final = 3
VERSION_2: Final = (2, 0)

_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)
_NO_NUMBERS: Final = re.compile(rb"NaN|Infinity")
_VERSION: Final = re.compile(rf"{FORMAT_NAME}/(\d{{1,4}})\.(\d{{1,4}})")


def reader_of(shape: Any) -> msgspec.json.Decoder[Any]:
    """A reader of JSON of that shape. It takes `3272.0` for a whole number, as JSON does."""
    return msgspec.json.Decoder(shape, strict=False)


class _Tool(msgspec.Struct):
    name: str = "unknown"
    version: str = "unknown"


class Manifest(msgspec.Struct):
    """What the zip says of itself."""

    schema_version: str = msgspec.field(name="schemaVersion")
    files: dict[str, str]
    exporter: _Tool = msgspec.field(default_factory=_Tool)
    parser: _Tool = msgspec.field(default_factory=_Tool)


class Archive(AbstractContextManager["Archive"]):
    """An opened zip of a readable version.

    Attributes:
        manifest: The zip's own description.
        is_columnar: True for 3.x: players are indices and streams are delta-coded columns.

    Raises:
        BadInputError: The file is no zip, is damaged or encrypted, lacks its manifest or has a version not read here.
        LimitExceededError: It holds more, or unpacks to more, than Offangle reads.
    """

    def __init__(self, path: Path) -> None:
        self._zip = _open(path)
        try:
            self._members = _members(self._zip)
            self._prefix = _prefix(self._members)
            self.manifest = self._decode_manifest()
            self.is_columnar = _major(self.manifest.schema_version) == NEWEST_MAJOR
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def name_of(self, key: str) -> str | None:
        """The name in the zip of the manifest's file `key`; null when the zip does not have it."""
        name = self.manifest.files.get(key)
        return name if name is not None and self._prefix + name in self._members else None

    def read(self, name: str) -> bytes:
        """The content of the file `name`.

        Raises:
            BadInputError: It cannot be unpacked.
        """
        try:
            return self._zip.read(self._members[self._prefix + name])
        except _DAMAGED as error:
            raise BadInputError(
                f"{name}: cannot be unpacked: {error}", hint="The zip is damaged: export or copy it again."
            ) from error

    def decode(self, name: str, decoder: msgspec.json.Decoder[Any]) -> Any:
        """The JSON document `name`, in the shape that `decoder` holds it to.

        Raises:
            BadInputError: It is not JSON of that shape; the message names the field.
        """
        try:
            return _decoded(_plain_json(self.read(name)), decoder)
        except msgspec.ValidationError as error:
            raise BadInputError(f"{name}: {error}") from error
        except (msgspec.DecodeError, ValueError) as error:
            raise BadInputError(f"{name}: not valid JSON: {error}") from error
        except RecursionError as error:
            raise LimitExceededError(f"{name}: nested too deeply") from error

    def _decode_manifest(self) -> Manifest:
        manifest: Manifest = self.decode(MANIFEST, reader_of(Manifest))
        _major(manifest.schema_version)
        return manifest


def _decoded(content: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    """The document; numbers that are none, which some programs write and JSON does not know, are null."""
    try:
        return decoder.decode(content)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        if not _NO_NUMBERS.search(content):
            raise
        document = json.loads(content, parse_constant=lambda _: None)
        return msgspec.convert(document, decoder.type, strict=False)


def _plain_json(content: bytes) -> bytes:
    """The document in UTF-8 without the mark that some programs begin a text with, which JSON does not know.

    Raises:
        UnicodeDecodeError: It begins with the mark of UTF-16 and is none.
    """
    if content.startswith(codecs.BOM_UTF8):
        return content.removeprefix(codecs.BOM_UTF8)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16").encode()
    return content


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except _DAMAGED as error:
        raise BadInputError(f"not a zip, or a damaged one: {error}") from error


def _members(archive: zipfile.ZipFile) -> Mapping[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    entries = [
        entry for entry in archive.infolist() if not entry.is_dir() and not is_clutter(plain_path(entry.filename))
    ]
    if len(entries) > MAX_MEMBERS:
        raise LimitExceededError(f"the zip holds {len(entries)} files; at most {MAX_MEMBERS} are read")
    for entry in entries:
        path = plain_path(entry.filename)
        if path in found:
            raise BadInputError(f"{path}: is in the zip twice")
        _check_member(entry)
        found[path] = entry
    total = sum(entry.file_size for entry in entries)
    if total > MAX_TOTAL_BYTES:
        raise LimitExceededError(f"the zip unpacks to {total} bytes; at most {MAX_TOTAL_BYTES} are read")
    return found


def _check_member(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if entry.flag_bits & ENCRYPTED_BIT:
        raise BadInputError(f"{name}: is encrypted", hint="Unpack it with its password and pack it again without.")
    if entry.compress_type not in PACKINGS:
        raise BadInputError(f"{name}: is packed by a method that is not read", hint="Pack it again as an ordinary zip.")
    if entry.file_size > MAX_MEMBER_BYTES:
        raise LimitExceededError(f"{name}: unpacks to {entry.file_size} bytes; at most {MAX_MEMBER_BYTES} are read")
    if entry.file_size > max(RATIO_FREE_BYTES, MAX_RATIO * entry.compress_size):
        raise LimitExceededError(
            f"{name}: unpacks {entry.compress_size} bytes to {entry.file_size}; more than {MAX_RATIO} times is refused"
        )


def _prefix(members: Mapping[str, zipfile.ZipInfo]) -> str:
    """The folder that holds the manifest: the top, or the one folder that somebody packed."""
    if MANIFEST in members:
        return ""
    folders = [name.removesuffix(MANIFEST) for name in members if name.endswith(f"/{MANIFEST}")]
    if len(folders) != 1:
        raise BadInputError(
            f"{MANIFEST} is missing", hint=f"Offangle reads zips in the {FORMAT_NAME} ({READABLE}) and .dem files."
        )
    return folders[0]


def _major(schema_version: str) -> int:
    found = _VERSION.fullmatch(schema_version)
    if found is None:
        raise BadInputError(f"{MANIFEST}: schemaVersion {schema_version[:80]!r} is not a version of {FORMAT_NAME}")
    version = (int(found[1]), int(found[2]))
    if version == VERSION_2 or version[0] == NEWEST_MAJOR:
        return version[0]
    age = "newer" if version[0] > NEWEST_MAJOR else "not one"
    than = "than" if age == "newer" else "that"
    raise BadInputError(f"{MANIFEST}: {schema_version} is {age} {than} Offangle reads ({READABLE})")
