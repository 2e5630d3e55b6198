"""Bits as the recordings pack them: little-endian, not aligned, built up as whole numbers.

A `Chunk` is a value and how many bits it takes; Python's big integers join chunks faster than any list of bits.
"""

import struct
from collections.abc import Iterable
from typing import TypeAlias

Chunk: TypeAlias = tuple[int, int]
"""The value, and its width in bits."""


def varint(value: int) -> Chunk:
    """Seven bits a byte, the high bit says that more follow."""
    packed = width = 0
    while value > 0x7F:  # noqa: PLR2004 -- what seven bits hold
        packed |= ((value & 0x7F) | 0x80) << width
        value >>= 7
        width += 8
    return packed | (value << width), width + 8


def signed_varint(value: int) -> Chunk:
    """Zigzag: small negative numbers stay short."""
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def ubitvar(value: int) -> Chunk:
    """Four low bits, two that choose the length, then 0, 4, 8 or 28 more; below 2**32."""
    low = value & 15
    if value < 1 << 4:
        return value, 6
    if value < 1 << 8:
        return low | 0x10 | (value >> 4) << 6, 10
    if value < 1 << 12:
        return low | 0x20 | (value >> 4) << 6, 14
    return low | 0x30 | (value >> 4) << 6, 34


def path_number(value: int) -> Chunk:
    """The numbers inside operations on field paths: a unary choice of 2, 4, 10, 17 or 31 bits."""
    for zeros, width in enumerate((2, 4, 10, 17)):
        if value < 1 << width:
            return 1 << zeros | value << (zeros + 1), zeros + 1 + width
    return value << 4, 35


def float32(value: float) -> Chunk:
    """An IEEE single as it is."""
    return struct.unpack("<I", struct.pack("<f", value))[0], 32


def text(value: str) -> Chunk:
    """UTF-8, ended by a zero byte."""
    return raw(value.encode() + b"\0")


def raw(data: bytes) -> Chunk:
    """Whole bytes at any bit."""
    return int.from_bytes(data, "little"), 8 * len(data)


def join(chunks: Iterable[Chunk]) -> Chunk:
    """One chunk after the other."""
    value = width = 0
    for part, part_width in chunks:
        value |= part << width
        width += part_width
    return value, width


def to_bytes(chunk: Chunk) -> bytes:
    """The chunk as bytes, its last byte filled with zeros."""
    value, width = chunk
    return value.to_bytes((width + 7) // 8, "little")
