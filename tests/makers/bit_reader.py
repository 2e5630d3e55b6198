"""Reads what the simulator's writer packs, written apart from it: from the format's description alone."""

import struct
from collections.abc import Mapping

Path = tuple[int, ...]


class BitReader:
    """Bits of a chunk, lowest first."""

    def __init__(self, value: int, width: int) -> None:
        self.value = value
        self.width = width
        self.at = 0

    @property
    def left(self) -> int:
        return self.width - self.at

    def bits(self, count: int) -> int:
        assert count <= self.left, "read past the end"
        found = self.value >> self.at & ((1 << count) - 1)
        self.at += count
        return found

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.bits(8)
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def signed_varint(self) -> int:
        value = self.varint()
        return value >> 1 if value % 2 == 0 else -(value + 1) // 2

    def ubitvar(self) -> int:
        low, choice = self.bits(4), self.bits(2)
        return low | self.bits((0, 4, 8, 28)[choice]) << 4

    def path_number(self) -> int:
        for width in (2, 4, 10, 17):
            if self.bits(1):
                return self.bits(width)
        return self.bits(31)

    def float32(self) -> float:
        return float(struct.unpack("<f", struct.pack("<I", self.bits(32)))[0])

    def text(self) -> str:
        found = bytearray()
        while byte := self.bits(8):
            found.append(byte)
        return found.decode()


def read_paths(reader: BitReader, codes: Mapping[str, tuple[int, int]]) -> list[Path]:
    """Field paths until the finishing operation."""
    names = {(width, value): name for name, (value, width) in codes.items()}
    path = [-1]
    found: list[Path] = []
    while True:
        value = width = 0
        while (width, value) not in names:
            value |= reader.bits(1) << width
            width += 1
        name = names[width, value]
        if name == "FieldPathEncodeFinish":
            return found
        path = _apply(name, path, reader)
        found.append(tuple(path))


def _apply(name: str, path: list[int], reader: BitReader) -> list[int]:
    if name.startswith("Plus"):
        step = {"PlusOne": 1, "PlusTwo": 2, "PlusThree": 3, "PlusFour": 4}.get(name) or reader.path_number() + 5
        return [*path[:-1], path[-1] + step]
    if name.startswith("PushOne"):
        return _push_one(name, path, reader)
    if name == "PushNAndNonTopological":
        path = [part + reader.signed_varint() + 1 if reader.bits(1) else part for part in path]
        return path + [reader.path_number() for _ in range(reader.ubitvar())]
    if name == "PopNAndNonTopographical":
        path = path[: len(path) - reader.path_number()]
        return [part + reader.signed_varint() if reader.bits(1) else part for part in path]
    return _pop(name, path, reader)


def _push_one(name: str, path: list[int], reader: BitReader) -> list[int]:
    left_word, right_word = name.removeprefix("PushOneLeftDelta").split("Right")
    packed = {"NonZeroPack6Bits": 3, "NonZeroPack8Bits": 4}.get(right_word)
    if packed:
        left, right = reader.bits(packed) + 2, reader.bits(packed) + 1
        return [*path[:-1], path[-1] + left, right]
    if left_word == "N":
        left = reader.path_number() + (2 if right_word == "NonZero" else 0)
        right = reader.path_number() + 1 if right_word == "NonZero" else 0
    else:
        left = {"Zero": 0, "One": 1}[left_word]
        right = reader.path_number() if right_word == "NonZero" else 0
    return [*path[:-1], path[-1] + left, right]


def _pop(name: str, path: list[int], reader: BitReader) -> list[int]:
    if name == "PopNPlusN":
        path = path[: len(path) - reader.path_number()]
        return [*path[:-1], path[-1] + reader.signed_varint()]
    base = path[:1] if name.startswith("PopAllBut") else path[:-1]
    how = name[name.index("Plus") :]
    if how == "PlusOne":
        step = 1
    elif how == "PlusN":
        step = reader.path_number() + 1
    else:
        step = reader.bits({"PlusNPack3Bits": 3, "PlusNPack6Bits": 6}[how]) + 1
    return [*base[:-1], base[-1] + step]
