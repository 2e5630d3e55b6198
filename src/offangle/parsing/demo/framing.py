"""Recordings that were never finished: a server that dies writes neither the file's end nor how long it is."""

import mmap
import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from offangle.core.errors import BadInputError
from offangle.parsing.demo.header import PREAMBLE_BYTES, varint

_FILE_INFO_OFFSET_AT: Final = 8
_MAX_TICK: Final = 2**31 - 1
MEGABYTE: Final = 1_000_000
"""Larger ticks are negative ones: frames from before the first tick."""


@dataclass(frozen=True, slots=True)
class Frames:
    """What the frames of a recording tell.

    Attributes:
        last_tick: Tick of the last whole frame.
        whole_bytes: The place behind it; the file ends later where it was cut inside a frame.
    """

    last_tick: int
    whole_bytes: int


@contextmanager
def finished(path: Path) -> Iterator[Path]:
    """The recording as a file that ends with a whole frame: itself, or else a copy that lives as long as the context.

    Raises:
        BadInputError: The file says where its end lies, and it ends before.
    """
    if is_finalised(path):
        yield path
        return
    whole_bytes = walk_frames(path).whole_bytes
    if whole_bytes == path.stat().st_size:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="offangle-recording-") as folder:
        copy = Path(folder) / "whole.dem"
        shutil.copyfile(path, copy)
        with copy.open("r+b") as file:
            file.truncate(whole_bytes)
            file.seek(_FILE_INFO_OFFSET_AT)
            file.write(bytes(PREAMBLE_BYTES - _FILE_INFO_OFFSET_AT))  # what the head points at is not there
        yield copy


def is_finalised(path: Path) -> bool:
    """Whether the server wrote the recording's end; one that was never finished has no place for it in its head.

    Raises:
        BadInputError: The file says where its end lies, and it ends before: it was cut off.
    """
    with path.open("rb") as file:
        file.seek(_FILE_INFO_OFFSET_AT)
        (file_info_offset,) = struct.unpack("<I", file.read(4))
    size = path.stat().st_size
    if file_info_offset >= size:
        raise BadInputError(f"file incomplete ({_megabytes(size, file_info_offset)})", hint="Download it again.")
    return bool(file_info_offset)


def _megabytes(size: int, whole: int) -> str:
    """`0.3 of 0.8 MB`; what is large needs no tenths."""
    decimals = 1 if whole < 10 * MEGABYTE else 0
    return f"{size / MEGABYTE:.{decimals}f} of {whole / MEGABYTE:.{decimals}f} MB"


def walk_frames(path: Path) -> Frames:
    """Step over all frames of the recording without reading what is in them."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at, last_tick, size = PREAMBLE_BYTES, 0, len(data)
        while at < size:
            try:
                _, after = varint(data, at)
                tick, after = varint(data, after)
                length, after = varint(data, after)
            except IndexError:
                break
            if after + length > size:
                break
            at = after + length
            last_tick = max(last_tick, tick if tick <= _MAX_TICK else 0)
        return Frames(last_tick, at)
