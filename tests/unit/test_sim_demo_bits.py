"""The bits of a recording, read back by a reader of our own."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makers.bit_reader import BitReader, read_paths
from offangle_sim.demo import bits, wire
from offangle_sim.demo.field_paths import OPERATION_CODES, delta_plan
from offangle_sim.demo.quantized import ENCODE_ZERO, ROUND_DOWN, ROUND_UP, QuantizedFloat, quantized
from offangle_sim.demo.send_tables import encode_angles

U32 = st.integers(0, 2**32 - 1)
PATH = st.lists(st.integers(0, 300), min_size=1, max_size=4).map(tuple)
POSITION = quantized(15, 0.0, 1024.0, ROUND_DOWN)
VELOCITY = quantized(20, -16384.0, 16384.0, ENCODE_ZERO)


def reader(chunk: bits.Chunk) -> BitReader:
    return BitReader(*chunk)


@given(U32)
def test_varint(value: int) -> None:
    assert reader(bits.varint(value)).varint() == value


@given(st.integers(-(2**31), 2**31 - 1))
def test_signed_varint(value: int) -> None:
    assert reader(bits.signed_varint(value)).signed_varint() == value


@given(U32)
def test_ubitvar(value: int) -> None:
    found = reader(bits.ubitvar(value))
    assert (found.ubitvar(), found.left) == (value, 0)


@given(st.integers(0, 2**31 - 1))
def test_path_number(value: int) -> None:
    found = reader(bits.path_number(value))
    assert (found.path_number(), found.left) == (value, 0)


@pytest.mark.parametrize("value", [0, 15, 16, 255, 256, 4095, 4096, 2**32 - 1])
def test_ubitvar_edges(value: int) -> None:
    assert reader(bits.ubitvar(value)).ubitvar() == value


@given(st.floats(width=32, allow_nan=False))
def test_float32(value: float) -> None:
    assert reader(bits.float32(value)).float32() == value


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_text(value: str) -> None:
    assert reader(bits.text(value)).text() == value


@given(st.lists(U32, max_size=5), st.integers(0, 7))
def test_chunks_join_at_any_bit(values: list[int], shift: int) -> None:
    found = reader(bits.join([(0, shift), *(bits.varint(value) for value in values)]))
    found.bits(shift)
    assert [found.varint() for _ in values] == values


@given(st.integers(-(2**63), 2**63 - 1))
def test_wire_varint_is_protobufs(value: int) -> None:
    encoded = wire.varint_bytes(value)
    found = BitReader(int.from_bytes(encoded, "little"), 8 * len(encoded)).varint()
    assert found == value % 2**64


@given(st.sets(PATH, max_size=12))
def test_paths(paths: set[tuple[int, ...]]) -> None:
    value, width, ordered = delta_plan(tuple(paths))
    assert list(ordered) == sorted(paths)
    found = BitReader(value, width)
    assert read_paths(found, OPERATION_CODES) == sorted(paths)
    assert found.left == 0


@pytest.mark.parametrize(
    "paths",
    [
        [(0,), (1,), (3,), (6,), (10,), (15,), (400,)],
        [(0, 0), (0, 1), (1, 0), (2, 5), (9, 3), (20, 16), (60, 1), (200, 30)],
        [(0, 1, 2), (0, 2), (1,), (1, 0, 0), (9,), (9, 9, 9), (90,), (90, 9, 9), (1000,)],
        [(5, 2, 7), (5, 4, 0), (6, 1, 1, 1), (6, 1, 2), (6, 3)],
    ],
)
def test_every_operation(paths: list[tuple[int, ...]]) -> None:
    value, width, _ = delta_plan(tuple(reversed(paths)))
    assert read_paths(BitReader(value, width), OPERATION_CODES) == paths


def test_codes_are_the_formats() -> None:
    assert OPERATION_CODES["PlusOne"] == (0, 1)
    assert OPERATION_CODES["FieldPathEncodeFinish"][1] == 2
    used = [f"{value:0{width}b}"[::-1] for value, width in OPERATION_CODES.values()]
    assert not any(a != b and b.startswith(a) for a in used for b in used)
    assert math.isclose(sum(2.0 ** -len(code) for code in used), 1.0)


def decode(encoding: QuantizedFloat, chunk: bits.Chunk) -> float:
    found = reader(chunk)
    for flag, special in ((ROUND_DOWN, encoding.low), (ROUND_UP, encoding.high), (ENCODE_ZERO, 0.0)):
        if encoding.flags & flag and found.bits(1):
            return special
    return encoding.low + (encoding.high - encoding.low) * found.bits(encoding.bits) / ((1 << encoding.bits) - 1)


@given(st.integers(0, 1024 * 32 - 1))
def test_positions_lie_on_the_grid(step: int) -> None:
    assert POSITION.flags == 0
    assert POSITION.encode(step / 32) == (step, 15)


@given(st.floats(-16384, 16384))
def test_velocities_come_back_within_a_step(value: float) -> None:
    found = decode(VELOCITY, VELOCITY.encode(value))
    assert abs(found - value) <= 32768 / (2**20 - 1)
    assert found == pytest.approx(VELOCITY.nearest(value))


@pytest.mark.parametrize(
    ("flags", "low", "high", "kept"),
    [
        (ENCODE_ZERO, -1.0, 1.0, ENCODE_ZERO),
        (ENCODE_ZERO, 0.0, 1.0, 0),
        (ENCODE_ZERO, 1.0, 2.0, 0),
        (ROUND_UP, 0.0, 8.0, 0),
    ],
)
def test_flags_that_the_grid_makes_needless_are_dropped(flags: int, low: float, high: float, kept: int) -> None:
    assert quantized(8, low, high, flags).flags == kept


def test_zero_and_borders() -> None:
    assert VELOCITY.encode(0.0) == (1, 1)
    assert decode(VELOCITY, VELOCITY.encode(99999.0)) == VELOCITY.high
    assert decode(VELOCITY, VELOCITY.encode(-99999.0)) == VELOCITY.low


@given(st.tuples(*[st.floats(-180, 179.99)] * 3))
def test_angles(angles: tuple[float, float, float]) -> None:
    found = reader(encode_angles(angles))
    present = [found.bits(1) for _ in range(3)]
    read = [found.bits(20) * 360 / 2**20 - 180 if there else 0.0 for there in present]
    for wanted, angle in zip(angles, read, strict=True):
        assert abs((wanted - angle + 180) % 360 - 180) <= 360 / 2**20
