"""Which fields of an entity changed: paths into its tables, each step one Huffman-coded operation.

The code is part of the format: a tree over forty operations with the weights below, where ties go to the operation
with the higher number, a weight of zero counts as one, and inner nodes are numbered upwards from forty.
"""

import heapq
from functools import lru_cache
from typing import Final, TypeAlias

from offangle_sim.demo.bits import Chunk, join, path_number, signed_varint, ubitvar

Path: TypeAlias = tuple[int, ...]

_OPERATIONS: Final[tuple[tuple[str, int], ...]] = (
    ("PlusOne", 36271),
    ("PlusTwo", 10334),
    ("PlusThree", 1375),
    ("PlusFour", 646),
    ("PlusN", 4128),
    ("PushOneLeftDeltaZeroRightZero", 35),
    ("PushOneLeftDeltaZeroRightNonZero", 3),
    ("PushOneLeftDeltaOneRightZero", 521),
    ("PushOneLeftDeltaOneRightNonZero", 2942),
    ("PushOneLeftDeltaNRightZero", 560),
    ("PushOneLeftDeltaNRightNonZero", 471),
    ("PushOneLeftDeltaNRightNonZeroPack6Bits", 10530),
    ("PushOneLeftDeltaNRightNonZeroPack8Bits", 251),
    ("PushTwoLeftDeltaZero", 0),
    ("PushTwoPack5LeftDeltaZero", 0),
    ("PushThreeLeftDeltaZero", 0),
    ("PushThreePack5LeftDeltaZero", 0),
    ("PushTwoLeftDeltaOne", 0),
    ("PushTwoPack5LeftDeltaOne", 0),
    ("PushThreeLeftDeltaOne", 0),
    ("PushThreePack5LeftDeltaOne", 0),
    ("PushTwoLeftDeltaN", 0),
    ("PushTwoPack5LeftDeltaN", 0),
    ("PushThreeLeftDeltaN", 0),
    ("PushThreePack5LeftDeltaN", 0),
    ("PushN", 0),
    ("PushNAndNonTopological", 310),
    ("PopOnePlusOne", 2),
    ("PopOnePlusN", 0),
    ("PopAllButOnePlusOne", 1837),
    ("PopAllButOnePlusN", 149),
    ("PopAllButOnePlusNPack3Bits", 300),
    ("PopAllButOnePlusNPack6Bits", 634),
    ("PopNPlusOne", 0),
    ("PopNPlusN", 0),
    ("PopNAndNonTopographical", 1),
    ("NonTopoComplex", 76),
    ("NonTopoPenultimatePlusOne", 271),
    ("NonTopoComplexPack4Bits", 99),
    ("FieldPathEncodeFinish", 25474),
)
_FIRST_PATH: Final[Path] = (-1,)
_PLUS: Final = ("PlusOne", "PlusTwo", "PlusThree", "PlusFour")


def _huffman() -> dict[str, Chunk]:
    codes: dict[str, Chunk] = dict.fromkeys((name for name, _ in _OPERATIONS), (0, 0))
    heap = [(max(weight, 1), -number, [name]) for number, (name, weight) in enumerate(_OPERATIONS)]
    heapq.heapify(heap)
    number = len(_OPERATIONS)
    while len(heap) > 1:
        left, right = heapq.heappop(heap), heapq.heappop(heap)
        for bit, node in enumerate((left, right)):
            for name in node[2]:  # built from the leaves up: each new bit comes first
                value, width = codes[name]
                codes[name] = (value << 1 | bit, width + 1)
        heapq.heappush(heap, (left[0] + right[0], -number, left[2] + right[2]))
        number += 1
    return codes


OPERATION_CODES: Final = _huffman()
"""Each operation's code; the first bit read is the lowest."""


def _same_depth(delta: int) -> list[Chunk]:
    if delta <= len(_PLUS):
        return [OPERATION_CODES[_PLUS[delta - 1]]]
    return [OPERATION_CODES["PlusN"], path_number(delta - 5)]


def _one_deeper(delta: int, right: int) -> list[Chunk]:
    code = OPERATION_CODES
    if delta <= 1:
        word = ("Zero", "One")[delta]
        if right == 0:
            return [code[f"PushOneLeftDelta{word}RightZero"]]
        return [code[f"PushOneLeftDelta{word}RightNonZero"], path_number(right)]
    if right == 0:
        return [code["PushOneLeftDeltaNRightZero"], path_number(delta)]
    for bits in (3, 4):
        if delta < 2 + (1 << bits) and right <= 1 << bits:
            name = f"PushOneLeftDeltaNRightNonZeroPack{2 * bits}Bits"
            return [code[name], (delta - 2, bits), (right - 1, bits)]
    return [code["PushOneLeftDeltaNRightNonZero"], path_number(delta - 2), path_number(right - 1)]


def _shallower(popped: int, depth: int, delta: int) -> list[Chunk]:
    code = OPERATION_CODES
    if depth > 1:
        if popped > 1:
            return [code["PopNPlusN"], path_number(popped), signed_varint(delta)]
        return [code["PopOnePlusOne"]] if delta == 1 else [code["PopOnePlusN"], path_number(delta - 1)]
    if delta == 1:
        return [code["PopAllButOnePlusOne"]]
    for bits in (3, 6):
        if delta <= 1 << bits:
            return [code[f"PopAllButOnePlusNPack{bits}Bits"], (delta - 1, bits)]
    return [code["PopAllButOnePlusN"], path_number(delta - 1)]


def _anything(old: Path, new: Path) -> list[Chunk]:
    """The forms that say every element: needed seldom, always possible."""
    deeper = len(new) - len(old)
    push = deeper >= 0
    out = [OPERATION_CODES["PushNAndNonTopological" if push else "PopNAndNonTopographical"]]
    if not push:
        out.append(path_number(-deeper))
    for a, b in zip(old, new, strict=False):
        out += [(0, 1)] if a == b else [(1, 1), signed_varint(b - a - int(push))]
    if push:
        out += [ubitvar(deeper), *(path_number(element) for element in new[len(old) :])]
    return out


def path_step(old: Path, new: Path) -> list[Chunk]:
    """The one operation, with its numbers, that leads from `old` to `new`."""
    depth, new_depth = len(old), len(new)
    last = min(depth, new_depth) - 1
    if old[:last] == new[:last]:
        delta = new[last] - old[last]
        if depth == new_depth and delta > 0:
            return _same_depth(delta)
        if new_depth == depth + 1 and delta >= 0:
            return _one_deeper(delta, new[-1])
        if new_depth < depth and delta > 0:
            return _shallower(depth - new_depth, new_depth, delta)
    return _anything(old, new)


@lru_cache(maxsize=1 << 16)
def delta_plan(paths: tuple[Path, ...]) -> tuple[int, int, tuple[Path, ...]]:
    """What is written before the values of `paths`: value and width of all operations, and the order of the values.

    Paths may come in any order; the same sets of fields change again and again, so that plans are kept.
    """
    ordered = tuple(sorted(paths))
    chunks: list[Chunk] = []
    previous = _FIRST_PATH
    for path in ordered:
        chunks += path_step(previous, path)
        previous = path
    chunks.append(OPERATION_CODES["FieldPathEncodeFinish"])
    value, width = join(chunks)
    return value, width, ordered
