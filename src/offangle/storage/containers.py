"""What a file is, by its first bytes, and streams of what is packed in it.

Everything here works in pieces of bounded size, also on hostile files: each decoder is fed and drained so that one
call cannot unpack more than some MiB.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final, Protocol, runtime_checkable

import zstandard

from offangle.core.errors import BadInputError, LimitExceededError

PIECE_BYTES: Final = 256 * 1024
"""Unpacked bytes handed over at a time."""
PACKED_PIECE_BYTES: Final = 64 * 1024
"""Packed bytes read at a time."""
ZSTD_FEED_BYTES: Final = 256
"""Packed bytes given to zstd at once. Its decoder cannot be told to stop; four packed bytes can become 128 KiB, so
this bounds one call to 8 MiB. Costs about a millisecond per MB."""
MAX_WINDOW_BYTES: Final = 32 * 1024**2
"""Memory for looking back that a packed file may ask for: everything up to `zstd -20`, `xz -8`."""
LZMA_MEMORY_BYTES: Final = MAX_WINDOW_BYTES + 2 * 1024**2
MAX_FRAMES: Final = 200_000
"""Streams packed one after the other in one file. Parallel packers make one per 64 KiB and more."""
HEAD_BYTES: Final = 512
"""What `sniff` wants to see: tar's mark stands at 257."""


class FileKind(Enum):
    """What the first bytes of a file say it is."""

    DEMO = "CS2 demo"
    CSGO_DEMO = "CS:GO demo"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    ZSTD = "zstd"
    XZ = "xz"
    ZIP = "zip"
    SEVEN_ZIP = "7z"
    RAR = "rar"
    TAR = "tar"
    EMPTY = "empty"
    UNKNOWN = "unknown"


COMPRESSED: Final = frozenset({FileKind.GZIP, FileKind.BZIP2, FileKind.ZSTD, FileKind.XZ})
ARCHIVES: Final = COMPRESSED | {FileKind.ZIP, FileKind.SEVEN_ZIP, FileKind.RAR, FileKind.TAR}

_MAGICS: Final = (
    (b"PBDEMS2\0", FileKind.DEMO),
    (b"HL2DEMO\0", FileKind.CSGO_DEMO),
    (b"\x1f\x8b", FileKind.GZIP),
    (b"BZh", FileKind.BZIP2),
    (b"\x28\xb5\x2f\xfd", FileKind.ZSTD),
    (b"\xfd7zXZ\0", FileKind.XZ),
    (b"PK\x03\x04", FileKind.ZIP),
    (b"PK\x05\x06", FileKind.ZIP),
    (b"PK\x07\x08", FileKind.ZIP),
    (b"7z\xbc\xaf\x27\x1c", FileKind.SEVEN_ZIP),
    (b"Rar!\x1a\x07", FileKind.RAR),
)
_ZSTD_SKIPPABLE: Final = b"\x2a\x4d\x18"  # after a first byte 0x50-0x5f; parallel packers start with such a frame
_TAR_MARK: Final = b"ustar"
_TAR_MARK_AT: Final = 257
_GZIP_WRAPPER: Final = 16  # zlib's way to ask for gzip: this much more than the window's bits


@runtime_checkable
class ByteSource(Protocol):
    """Something to read packed bytes from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


def sniff(head: bytes) -> FileKind:
    """What a file that starts with `head` is; `head` is its first `HEAD_BYTES`, or all of a shorter file."""
    if not head:
        return FileKind.EMPTY
    for magic, kind in _MAGICS:
        if head.startswith(magic):
            return kind
    if head[1:4] == _ZSTD_SKIPPABLE and head[0] >> 4 == 5:  # noqa: PLR2004 - the format's own 0x50-0x5f
        return FileKind.ZSTD
    if head[_TAR_MARK_AT:].startswith(_TAR_MARK):
        return FileKind.TAR
    return FileKind.UNKNOWN


def refuse(kind: FileKind) -> BadInputError:
    """The error for a file of a kind that is no CS2 demo, to raise."""
    if kind is FileKind.EMPTY:
        return BadInputError("The file is empty", hint="Was the download cut off? Fetch it again.")
    if kind is FileKind.CSGO_DEMO:
        return BadInputError("CS:GO demo; Offangle reads CS2 demos only")
    if kind in {FileKind.SEVEN_ZIP, FileKind.RAR, FileKind.TAR}:
        return BadInputError(
            f"{kind.value} archives are not read",
            hint="Unpack it and upload the .dem, or pack it as .zip, .gz or .zst.",
        )
    if kind in ARCHIVES:
        return BadInputError(f"An archive inside an archive ({kind.value})", hint="Unpack the outer one first.")
    return BadInputError(
        "Not a CS2 demo: the file starts with neither a demo's mark nor that of a known archive",
        hint="Offangle reads .dem files, packed as .gz, .bz2, .zst, .xz or .zip, and cs2-demo-format zips.",
    )


class Decoder(Protocol):
    """One packed stream, fed piece by piece."""

    @property
    def eof(self) -> bool:
        """The stream's end was reached."""

    @property
    def unused_data(self) -> bytes:
        """What was fed beyond the end."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data` unpacks to, in small pieces."""


class _ZlibDecoder:
    def __init__(self, wbits: int) -> None:
        self._object = zlib.decompressobj(wbits=wbits)

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    def feed(self, data: bytes) -> Iterator[bytes]:
        # Asked again after its end, zlib would report what follows the stream a second time.
        while not self._object.eof and (piece := self._object.decompress(data, PIECE_BYTES)):
            yield piece
            data = self._object.unconsumed_tail


class _BlockDecoder:
    """bz2 and xz: both have Python's common decompressor interface."""

    def __init__(self, decompressor: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._object = decompressor

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self._object.decompress(data, PIECE_BYTES)
        while not self._object.eof and not self._object.needs_input:
            yield self._object.decompress(b"", PIECE_BYTES)


class _ZstdDecoder:
    def __init__(self) -> None:
        self._object = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES).decompressobj()
        self._rest = b""

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data + self._rest

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), ZSTD_FEED_BYTES):
            yield self._object.decompress(data[start : start + ZSTD_FEED_BYTES])
            if self._object.eof:
                self._rest = data[start + ZSTD_FEED_BYTES :]
                return


def deflate_decoder() -> Decoder:
    """Deflate without a wrapper, as zip members hold it."""
    return _ZlibDecoder(-zlib.MAX_WBITS)


def gzip_decoder() -> Decoder:
    """Deflate in gzip's wrapper."""
    return _ZlibDecoder(zlib.MAX_WBITS + _GZIP_WRAPPER)


def bzip2_decoder() -> Decoder:
    """One bzip2 stream."""
    return _BlockDecoder(bz2.BZ2Decompressor())


def xz_decoder() -> Decoder:
    """One xz stream, with bounded memory."""
    return _BlockDecoder(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY_BYTES))


DECODERS: Final[dict[FileKind, Callable[[], Decoder]]] = {
    FileKind.GZIP: gzip_decoder,
    FileKind.BZIP2: bzip2_decoder,
    FileKind.XZ: xz_decoder,
    FileKind.ZSTD: _ZstdDecoder,
}
"""For each compressed kind, a decoder of one stream."""


def raw_pieces(source: ByteSource) -> Iterator[bytes]:
    """`source` as it is, in pieces."""
    while piece := source.read(PIECE_BYTES):
        yield piece


def unpacked_stream(source: ByteSource, make_decoder: Callable[[], Decoder]) -> Iterator[bytes]:
    """What the single packed stream at the start of `source` unpacks to, in pieces; what follows it is not read.

    Raises:
        BadInputError: The stream is damaged or cut off.
        LimitExceededError: It needs more memory to unpack than Offangle gives.
    """
    decoder = make_decoder()
    while not decoder.eof:
        if not (data := source.read(PACKED_PIECE_BYTES)):
            raise _cut_off()
        yield from _decoded(decoder, data)


def unpacked(source: ByteSource, kind: FileKind) -> Iterator[bytes]:
    """What `source`, compressed as `kind`, unpacks to, in pieces: all its streams one after the other.

    Zero bytes after a stream are padding and ignored.

    Raises:
        BadInputError: The file is damaged, cut off, or goes on with something else.
        LimitExceededError: It needs more memory to unpack than Offangle gives, or has more streams than it reads.
    """
    decoder: Decoder | None = None
    rest, frames = b"", 0
    while data := rest or source.read(PACKED_PIECE_BYTES):
        rest = b""
        if decoder is None:
            data = data.lstrip(b"\0") if frames else data
            if not data:
                continue
            decoder, frames = DECODERS[kind](), _next_frame(frames)
        yield from _decoded(decoder, data)
        if decoder.eof:
            rest, decoder = decoder.unused_data, None
    if decoder is not None or not frames:
        raise _cut_off()


def _decoded(decoder: Decoder, data: bytes) -> Iterator[bytes]:
    try:
        for piece in decoder.feed(data):
            if piece:
                yield piece
    except (zlib.error, OSError, EOFError, lzma.LZMAError, zstandard.ZstdError) as error:
        if "memory" in str(error).lower():
            raise LimitExceededError(
                f"The file needs more than {MAX_WINDOW_BYTES // 1024**2} MiB of memory to unpack",
                hint="Pack it with a lower level: at most zstd -20 or xz -8.",
            ) from error
        raise BadInputError(f"The compressed file is damaged: {error}", hint="Download or pack it again.") from error


def _cut_off() -> BadInputError:
    return BadInputError("The compressed file is cut off before its end", hint="Download or upload it again.")


def _next_frame(frames: int) -> int:
    if frames >= MAX_FRAMES:
        raise LimitExceededError(f"The compressed file is made of more than {MAX_FRAMES} streams")
    return frames + 1
