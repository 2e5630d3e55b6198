"""The first bytes of a recording: is it a Counter-Strike 2 demo, and what does its own header say."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from offangle.core.errors import BadInputError

CS2_MAGIC: Final = b"PBDEMS2\0"
CSGO_MAGIC: Final = b"HL2DEMO\0"

_PREAMBLE_BYTES: Final = 16  # magic and two offsets
_HEADER_WINDOW_BYTES: Final = 8192  # the header frame of real recordings takes about 250
_FILE_HEADER_COMMAND: Final = 1
_PATCH_VERSION_FIELD: Final = 2
_SERVER_START_TICK_FIELD: Final = 15
_CONTINUATION: Final = 0x80
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
        BadInputError: The file is empty, too short, a CS:GO demo, or no demo at all.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER_WINDOW_BYTES)
    _refuse_other_files(head)
    try:
        command, at = _varint(head, _PREAMBLE_BYTES)
        _, at = _varint(head, at)
        size, at = _varint(head, at)
        if command != _FILE_HEADER_COMMAND:
            raise BadInputError("the recording does not begin with its header; it is damaged")
        numbers = _number_fields(head[at : at + size])
    except IndexError as error:
        raise BadInputError("the recording is cut off inside its header; fetch it again") from error
    build = numbers.get(_PATCH_VERSION_FIELD)
    return FileHeader(build or None, numbers.get(_SERVER_START_TICK_FIELD, 0))


def _refuse_other_files(head: bytes) -> None:
    if not head:
        raise BadInputError("the file is empty")
    if head.startswith(CSGO_MAGIC):
        raise BadInputError("this is a CS:GO demo (HL2DEMO); Offangle reads Counter-Strike 2 demos only")
    if not head.startswith(CS2_MAGIC):
        raise BadInputError("this is not a demo: a Counter-Strike 2 recording begins with PBDEMS2")
    if len(head) <= _PREAMBLE_BYTES:
        raise BadInputError("the recording is cut off inside its header; fetch it again")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at `at` and the place after it."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & ~_CONTINUATION) << shift
        at += 1
        if not byte & _CONTINUATION:
            return value, at
        shift += 7


def _number_fields(message: bytes) -> dict[int, int]:
    """The varint fields of a protobuf message by number; all others are stepped over."""
    found: dict[int, int] = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        match tag & 7:
            case kind if kind == _VARINT:
                found[tag >> 3], at = _varint(message, at)
            case kind if kind == _BYTES:
                size, at = _varint(message, at)
                at += size
            case kind if kind == _FIXED64:
                at += 8
            case kind if kind == _FIXED32:
                at += 4
            case _:
                raise BadInputError("the recording's header is damaged")
    return found
