"""Protobuf on the wire: just the writing of tagged fields."""

import struct
from functools import lru_cache
from typing import Final

_NEGATIVE_WRAP: Final = 1 << 64
_SMALL_BELOW: Final = 1 << 14


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 -- what seven bits hold
        out.append((value & 0x7F) | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_SMALL: Final = [_varint(value) for value in range(_SMALL_BELOW)]


@lru_cache(maxsize=1 << 12)
def _large_varint(value: int) -> bytes:
    return _varint(value + _NEGATIVE_WRAP if value < 0 else value)


def varint_bytes(value: int) -> bytes:
    """A varint; negative numbers take ten bytes, as protobuf's int32 does."""
    return _SMALL[value] if 0 <= value < _SMALL_BELOW else _large_varint(value)


def integer(field: int, value: int) -> bytes:
    """A varint field."""
    return _SMALL[field << 3] + varint_bytes(int(value))


def data(field: int, value: bytes | str) -> bytes:
    """A field of bytes, text or a nested message."""
    encoded = value.encode() if isinstance(value, str) else value
    return _SMALL[field << 3 | 2] + varint_bytes(len(encoded)) + encoded


def float32(field: int, value: float) -> bytes:
    """A single."""
    return _SMALL[field << 3 | 5] + struct.pack("<f", value)


def fixed64(field: int, value: int) -> bytes:
    """Eight bytes, such as a SteamID."""
    return _SMALL[field << 3 | 1] + struct.pack("<Q", value)


def fixed32(field: int, value: int) -> bytes:
    """Four bytes, such as an entity handle."""
    return _SMALL[field << 3 | 5] + struct.pack("<I", value)


def vector(field: int, xyz: tuple[float, float, float]) -> bytes:
    """A nested message of three singles: CMsgVector and CMsgQAngle alike."""
    x, y, z = xyz
    return _SMALL[field << 3 | 2] + struct.pack("<BBfBfBf", 15, 0x0D, x, 0x15, y, 0x1D, z)
