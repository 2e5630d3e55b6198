"""The file itself: its head, and frames one after the other, straight to disk."""

from collections.abc import Callable, Sequence
from typing import BinaryIO, Final

from offangle_sim.demo import bits, wire

MAGIC: Final = b"PBDEMS2\0"
PRE_RECORD_TICK: Final = 0xFFFFFFFF
"""The tick of frames before the recording starts."""

STOP, FILE_HEADER, FILE_INFO, SYNC_TICK, SEND_TABLES, CLASS_INFO, STRING_TABLES, PACKET, SIGNON_PACKET = range(9)
USER_COMMAND, FULL_PACKET, SPAWN_GROUPS = 12, 13, 15
_COMPRESSED: Final = 64
_COMPRESS_FROM_BYTES: Final = 256

Message = tuple[int, bytes]
"""The number of a network message, and its body."""

Compress = Callable[[bytes], bytes]
"""Raw Snappy."""


def packet_body(messages: Sequence[Message]) -> bytes:
    """The body of a packet frame: its messages as one stream of bits.

    Messages are whole bytes behind heads of odd widths, so that only heads are shifted one by one.
    """
    value = width = 0
    for number, body in messages:
        head, head_width = bits.join((bits.ubitvar(number), bits.varint(len(body))))
        value |= (head | int.from_bytes(body, "little") << head_width) << width
        width += head_width + 8 * len(body)
    return wire.data(3, bits.to_bytes((value, width)))


class FrameFile:
    """Writes frames to a seekable binary file.

    Frames are not compressed unless the caller brings a compressor: the format allows both, every reader takes both,
    and no dependency of Offangle compresses raw Snappy. Stored recordings are compressed as a whole anyway.
    """

    def __init__(self, file: BinaryIO, compress: Compress | None = None) -> None:
        self._file = file
        self._compress = compress
        self._start = file.tell()
        file.write(MAGIC + bytes(8))

    def write(self, command: int, body: bytes, tick: int) -> None:
        """One frame."""
        if self._compress is not None and len(body) > _COMPRESS_FROM_BYTES and command != FILE_HEADER:
            squeezed = self._compress(body)
            if len(squeezed) < len(body):
                command, body = command | _COMPRESSED, squeezed
        self._file.write(wire.varint_bytes(command) + wire.varint_bytes(tick) + wire.varint_bytes(len(body)) + body)

    def finish(self, file_info: bytes, tick: int) -> None:
        """The last frames, whose places are then written into the file's head."""
        self.write(STOP, b"", tick)
        spawn_groups = self._place()
        self.write(SPAWN_GROUPS, b"", tick)
        info = self._place()
        self.write(FILE_INFO, file_info, tick)
        self._file.seek(self._start + len(MAGIC))
        self._file.write(info.to_bytes(4, "little") + spawn_groups.to_bytes(4, "little"))
        self._file.seek(0, 2)

    @property
    def size_bytes(self) -> int:
        """Written so far."""
        return self._place()

    def _place(self) -> int:
        return self._file.tell() - self._start
