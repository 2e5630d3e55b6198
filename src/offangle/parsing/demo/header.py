"""The first bytes of a recording: is it a Counter-Strike 2 demo, and what does its own header say."""

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from offangle.core.errors import BadInputError

CS2_MAGIC: Final = b"PBDEMS2\0"
CSGO_MAGIC: Final = b"HL2DEMO\0"

PREAMBLE_BYTES: Final = 16  # magic and two offsets
_HEADER_WINDOW_BYTES: Final = 8192  # the header frame of real recordings takes about 250
_FILE_HEADER_COMMAND: Final = 1
_PATCH_VERSION_FIELD: Final = 2
_GAME_FOLDER_FIELD: Final = 6
_SERVER_START_TICK_FIELD: Final = 15
_GAME_FOLDERS: Final = ("csgo", "cs2")
"""How the folders of Counter-Strike 2 begin, whoever runs it; other games of its engine have other ones."""
_SHOWN_CHARACTERS: Final = 80
_LARGEST: Final = 2**31 - 1
_CONTINUATION: Final = 0x80
_LONGEST_VARINT_BITS: Final = 70
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class FileHeader:
    """What the parsers leave out of the recording's header.

    Attributes:
        build_number: The game's build that recorded, such as 14160; None where the header has none.
        server_start_tick: Server tick at demo tick 0; user commands count in server ticks.
    """

    build_number: int | None
    server_start_tick: int


def read_header(path: Path) -> FileHeader:
    """Check that `path` is a Counter-Strike 2 recording and read its header.

    Raises:
        BadInputError: The file is empty, too short, a demo of CS:GO or of another game, or no demo at all.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER_WINDOW_BYTES)
    _refuse_other_files(head)
    try:
        command, at = varint(head, PREAMBLE_BYTES)
        _, at = varint(head, at)
        size, at = varint(head, at)
        if command != _FILE_HEADER_COMMAND:
            raise BadInputError("the recording does not begin with its header; it is damaged")
        fields = _fields(head[at : at + size])
    except IndexError as error:
        raise BadInputError("file incomplete: it ends inside its header", hint="Download it again.") from error
    _refuse_other_games(fields.get(_GAME_FOLDER_FIELD, b""))
    return FileHeader(_number(fields, _PATCH_VERSION_FIELD) or None, _number(fields, _SERVER_START_TICK_FIELD))


def _number(fields: dict[int, int | bytes], field: int) -> int:
    """The number of a field; 0 where there is none, or none that counts anything."""
    found = fields.get(field)
    return found if isinstance(found, int) and found <= _LARGEST else 0


def _refuse_other_games(stated: int | bytes) -> None:
    """The games of one engine share the form of their recordings, but not the folder that the recorder ran in."""
    folder = stated.decode(errors="replace") if isinstance(stated, bytes) else ""
    name = folder.replace("\\", "/").rstrip("/").rpartition("/")[2].lower()
    if name and not name.startswith(_GAME_FOLDERS):
        raise BadInputError(
            f"this is not a Counter-Strike 2 recording: its game folder is {name[:_SHOWN_CHARACTERS]!r}",
            hint="Offangle reads recordings of Counter-Strike 2, which name the folder csgo.",
        )


def _refuse_other_files(head: bytes) -> None:
    if not head:
        raise BadInputError("the file is empty")
    if head.startswith(CSGO_MAGIC):
        raise BadInputError("this is a CS:GO demo (HL2DEMO); Offangle reads Counter-Strike 2 demos only")
    if not head.startswith(CS2_MAGIC):
        raise BadInputError("this is not a demo: a Counter-Strike 2 recording begins with PBDEMS2")
    if len(head) <= PREAMBLE_BYTES:
        raise BadInputError("file incomplete: it ends inside its header", hint="Download it again.")


def varint(data: bytes | mmap.mmap, at: int) -> tuple[int, int]:
    """The number at `at` and the place after it.

    Raises:
        IndexError: The data ends inside it, or it is longer than any number.
    """
    value = 0
    for shift in range(0, _LONGEST_VARINT_BITS, 7):
        byte = data[at]
        value |= (byte & ~_CONTINUATION) << shift
        at += 1
        if not byte & _CONTINUATION:
            return value, at
    raise IndexError("a number without an end")


def _fields(message: bytes) -> dict[int, int | bytes]:
    """The numbers and texts of a protobuf message by field; what has a fixed width is stepped over."""
    found: dict[int, int | bytes] = {}
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        match tag & 7:
            case kind if kind == _VARINT:
                found[tag >> 3], at = varint(message, at)
            case kind if kind == _BYTES:
                size, at = varint(message, at)
                found[tag >> 3] = message[at : at + size]
                at += size
            case kind if kind == _FIXED64:
                at += 8
            case kind if kind == _FIXED32:
                at += 4
            case _:
                raise BadInputError("the recording's header is damaged")
    return found
