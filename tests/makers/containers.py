"""Small match files in every packing, good and bad. A fake demo has a real demo's first bytes and noise after them."""

import bz2
import gzip
import io
import json
import lzma
import random
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import zstandard

DEMO_MAGIC: Final = b"PBDEMS2\0"
CSGO_MAGIC: Final = b"HL2DEMO\0"
MATCH_SCHEMA: Final = "cs2-demo-format/3.0"

_LOCAL_FLAGS_AT: Final = 6
_CENTRAL_FLAGS_AT: Final = 8
_LOCAL_METHOD_AT: Final = 8
_CENTRAL_METHOD_AT: Final = 10


def fake_demo(size: int = 20_000, *, seed: int = 1) -> bytes:
    """`size` bytes that start like a CS2 demo; another seed makes another demo."""
    noise = random.Random(seed)  # noqa: S311 - the same bytes in every run, no secret
    return (DEMO_MAGIC + noise.randbytes(max(size - len(DEMO_MAGIC), 0)))[:size]


def zst(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


PACKINGS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "dem": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zst,
    "zip": lambda data: zip_of({"match.dem": data}),
}
"""How a demo may come, by file ending."""


def zip_of(members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def match_zip(*, schema: str = MATCH_SCHEMA, extra: dict[str, bytes] | None = None) -> bytes:
    """An open match zip with nothing but a manifest and `extra`."""
    manifest = json.dumps({"schemaVersion": schema}).encode()
    return zip_of({"manifest.json": manifest, "rounds.json": b"[]", **(extra or {})})


def encrypted(archive: bytes) -> bytes:
    """The zip with every member marked as encrypted, which is what a reader sees first."""
    return _patched(archive, _LOCAL_FLAGS_AT, _CENTRAL_FLAGS_AT, 1)


def with_method(archive: bytes, method: int) -> bytes:
    """The zip with every member marked as packed with another method."""
    return _patched(archive, _LOCAL_METHOD_AT, _CENTRAL_METHOD_AT, method)


def tar_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zstd_bomb(blocks: int, *, window_log: int = 23) -> bytes:
    """A zstd frame of `blocks` blocks, each four bytes packed and 128 KiB unpacked, and 2**window_log of memory."""
    header = b"\x28\xb5\x2f\xfd" + b"\x00" + bytes([(window_log - 10) << 3])
    size = 128 * 1024
    block = struct.pack("<I", (size << 3) | (1 << 1))[:3] + b"\0"
    last = struct.pack("<I", (size << 3) | (1 << 1) | 1)[:3] + b"\0"
    return header + block * (blocks - 1) + last


def in_chunks(data: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    """`data` cut after each of `sizes` bytes, the rest as one piece."""
    start = 0
    for size in sizes:
        yield data[start : start + size]
        start += size
    yield data[start:]


def _patched(archive: bytes, local_at: int, central_at: int, value: int) -> bytes:
    data = bytearray(archive)
    for info in zipfile.ZipFile(io.BytesIO(archive)).infolist():
        struct.pack_into("<H", data, info.header_offset + local_at, value)
    at = data.find(b"PK\x01\x02")
    while at != -1:
        struct.pack_into("<H", data, at + central_at, value)
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)
