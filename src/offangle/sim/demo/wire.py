"""Protobuf on the wire: just the writing of tagged fields."""

import struct

_NEGATIVE_WRAP = 1 << 64


def varint_bytes(value: int) -> bytes:
    """A varint; negative numbers take ten bytes, as protobuf's int32 does."""
    if 0 <= value < 0x80:  # noqa: PLR2004 -- one byte, the usual case
        return bytes((value,))
    if value < 0:
        value += _NEGATIVE_WRAP
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 -- what seven bits hold
        out.append((value & 0x7F) | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(field: int, value: int) -> bytes:
    """A varint field."""
    return varint_bytes(field << 3) + varint_bytes(int(value))


def data(field: int, value: bytes | str) -> bytes:
    """A field of bytes, text or a nested message."""
    encoded = value.encode() if isinstance(value, str) else value
    return varint_bytes(field << 3 | 2) + varint_bytes(len(encoded)) + encoded


def float32(field: int, value: float) -> bytes:
    """A single."""
    return varint_bytes(field << 3 | 5) + struct.pack("<f", value)


def fixed64(field: int, value: int) -> bytes:
    """Eight bytes, such as a SteamID."""
    return varint_bytes(field << 3 | 1) + struct.pack("<Q", value)


def fixed32(field: int, value: int) -> bytes:
    """Four bytes, such as an entity handle."""
    return varint_bytes(field << 3 | 5) + struct.pack("<I", value)


def vector(field: int, xyz: tuple[float, float, float]) -> bytes:
    """A nested message of three singles: CMsgVector and CMsgQAngle alike."""
    x, y, z = xyz
    return varint_bytes(field << 3 | 2) + struct.pack("<BBfBfBf", 15, 0x0D, x, 0x15, y, 0x1D, z)
