import bz2
import gzip
import io
import lzma
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from makers.containers import PACKINGS, fake_demo, tar_of, zip_of, zstd_bomb
from offangle.core.errors import BadInputError, LimitExceededError
from offangle.storage import containers
from offangle.storage.containers import COMPRESSED, PIECE_BYTES, FileKind, refuse, sniff, unpacked
from offangle.storage.limits import FileMeter, Limits, Meter

KINDS = {"gz": FileKind.GZIP, "bz2": FileKind.BZIP2, "xz": FileKind.XZ, "zst": FileKind.ZSTD}
SKIPPABLE_FRAME = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"

packings = st.sampled_from(sorted(KINDS))
contents = st.binary(max_size=2000) | st.tuples(st.binary(max_size=3), st.integers(0, 400_000)).map(
    lambda t: t[0] * t[1]
)


class Dripping:
    """A source that gives what it likes, as sockets do."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data = io.BytesIO(data)
        self._sizes = sizes

    def read(self, size: int, /) -> bytes:
        wanted = self._sizes.pop() if self._sizes else size
        return self._data.read(min(wanted, size))


def same(found: bytes, wanted: bytes) -> bool:
    """Whether both are equal, without a test report comparing megabytes by the letter."""
    return found == wanted


def opened(packed: bytes, packing: str) -> bytes:
    return b"".join(unpacked(io.BytesIO(packed), KINDS[packing]))


@settings(deadline=None)
@given(packings, contents, st.lists(st.integers(1, 5000), max_size=30))
def test_any_cut_into_chunks_gives_the_same(packing: str, content: bytes, sizes: list[int]) -> None:
    packed = PACKINGS[packing](content)
    pieces = list(unpacked(Dripping(packed, sizes), KINDS[packing]))
    assert same(b"".join(pieces), content)


@settings(deadline=None)
@given(packings, st.lists(contents, min_size=1, max_size=4), st.integers(0, 600))
def test_streams_one_after_the_other_are_one_file(packing: str, contents: list[bytes], padding: int) -> None:
    packed = b"".join(PACKINGS[packing](content) for content in contents) + b"\0" * padding
    assert same(opened(packed, packing), b"".join(contents))


@pytest.mark.parametrize("packing", sorted(KINDS))
def test_a_stream_of_many_pieces_hands_over_to_the_next(packing: str) -> None:
    contents = [b"a", b"b" * (PIECE_BYTES + 7), b"c" * (2 * PIECE_BYTES), b"d"]
    packed = b"".join(PACKINGS[packing](content) for content in contents)
    assert same(opened(packed, packing), b"".join(contents))


@settings(deadline=None)
@given(packings, st.binary(min_size=1, max_size=3000), st.data())
def test_every_cut_off_file_is_noticed(packing: str, content: bytes, data: st.DataObject) -> None:
    packed = PACKINGS[packing](content)
    end = data.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(BadInputError, match="cut off"):
        opened(packed[:end], packing)


@settings(deadline=None)
@given(packings, st.data())
def test_a_flipped_bit_never_passes_as_other_content(packing: str, data: st.DataObject) -> None:
    content = fake_demo(3000)
    packed = bytearray(PACKINGS[packing](content))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        assert opened(bytes(packed), packing) == content  # a bit nobody reads, such as gzip's time of packing
    except BadInputError as error:
        assert "damaged" in error.message or "cut off" in error.message or "memory" in error.message  # noqa: PT017


@pytest.mark.parametrize("packing", sorted(KINDS))
def test_something_else_behind_the_end_is_noticed(packing: str) -> None:
    with pytest.raises(BadInputError, match=r"damaged|cut off"):
        opened(PACKINGS[packing](b"content") + b"something else", packing)


@pytest.mark.parametrize("packing", sorted(KINDS))
def test_pieces_of_bombs_stay_small(packing: str) -> None:
    zeros = bytes(30 * 1024**2)
    pieces = [len(piece) for piece in unpacked(io.BytesIO(PACKINGS[packing](zeros)), KINDS[packing])]
    assert sum(pieces) == len(zeros)
    assert max(pieces) <= (PIECE_BYTES if packing != "zst" else 9 * 1024**2)


def test_pieces_of_the_densest_zstd_bomb_stay_small() -> None:
    pieces = unpacked(io.BytesIO(zstd_bomb(1000)), FileKind.ZSTD)
    assert max(len(piece) for piece in pieces) <= 9 * 1024**2


def test_skippable_zstd_frames_are_skipped() -> None:
    packed = SKIPPABLE_FRAME + zstandard.compress(b"a") + SKIPPABLE_FRAME + zstandard.compress(b"b")
    assert sniff(packed) is FileKind.ZSTD
    assert opened(packed, "zst") == b"ab"


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param((lzma.compress(b"x" * 1000, preset=9), FileKind.XZ), id="xz -9"),
        pytest.param((zstd_bomb(1, window_log=27), FileKind.ZSTD), id="zstd --long=27"),
    ],
)
def test_files_that_need_much_memory_are_refused(packed: tuple[bytes, FileKind]) -> None:
    with pytest.raises(LimitExceededError, match="memory to unpack"):
        list(unpacked(io.BytesIO(packed[0]), packed[1]))


def test_the_highest_levels_that_fit_are_read() -> None:
    assert opened(lzma.compress(b"x" * 1000, preset=8), "xz") == b"x" * 1000
    assert opened(zstandard.ZstdCompressor(level=20).compress(b"x" * 1000), "zst") == b"x" * 1000
    assert opened(gzip.compress(b"x", 9) + bz2.compress(b"")[:0], "gz") == b"x"


def test_endless_tiny_streams_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MAX_FRAMES", 10)
    with pytest.raises(LimitExceededError, match="more than 10 streams"):
        opened(gzip.compress(b"") * 11, "gz")
    assert opened(gzip.compress(b"a") * 10, "gz") == b"a" * 10


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (fake_demo(), FileKind.DEMO),
        (b"HL2DEMO\0\4", FileKind.CSGO_DEMO),
        (b"PBDEMS2", FileKind.UNKNOWN),
        (b"PBDEMS2 ", FileKind.UNKNOWN),
        (b"", FileKind.EMPTY),
        (b"\x1f\x8b", FileKind.GZIP),
        (b"BZh9", FileKind.BZIP2),
        (b"7z\xbc\xaf\x27\x1c\0", FileKind.SEVEN_ZIP),
        (b"Rar!\x1a\x07\x01\0", FileKind.RAR),
        (b"Rar!\x1a\x07\0", FileKind.RAR),
        (tar_of({"a.dem": b"x"}), FileKind.TAR),
        (zip_of({}), FileKind.ZIP),
        (zip_of({"a": b"b"}), FileKind.ZIP),
        (b"<html>not found</html>", FileKind.UNKNOWN),
    ],
)
def test_files_are_known_by_their_first_bytes(head: bytes, kind: FileKind) -> None:
    assert sniff(head) is kind


@pytest.mark.parametrize("kind", sorted(set(FileKind) - {FileKind.DEMO}, key=str))
def test_each_refusal_has_its_own_words(kind: FileKind) -> None:
    others = {refuse(other).message for other in FileKind if other is not kind and other is not FileKind.DEMO}
    assert refuse(kind).message not in others
    assert refuse(kind).permanent


def meter(limits: Limits, packed: int) -> FileMeter:
    return Meter(limits).start(packed)


def test_the_meter_stops_at_the_first_byte_too_many() -> None:
    limits = Limits(unpacked_bytes=100, total_unpacked_bytes=150, ratio=10, ratio_free_bytes=50)
    meter(limits, 50).add(100)
    with pytest.raises(LimitExceededError, match="more than 0 MiB"):
        meter(limits, 50).add(101)
    meter(limits, 1).add(50)
    with pytest.raises(LimitExceededError, match="bomb"):
        meter(limits, 1).add(51)
    meter(limits, 6).add(60)
    with pytest.raises(LimitExceededError, match="bomb"):
        meter(limits, 6).add(61)


def test_the_meter_counts_all_files_together() -> None:
    whole = Meter(Limits(unpacked_bytes=100, total_unpacked_bytes=150))
    whole.start(50).add(100)
    second = whole.start(50)
    second.add(50)
    with pytest.raises(LimitExceededError, match="together"):
        second.add(1)


@pytest.mark.shared
def test_real_demos_are_known(shared_data: Path) -> None:
    kinds = {path.name: sniff(path.read_bytes()[:512]) for path in (shared_data / "demos").rglob("*.dem*")}
    csgo = {name for name, kind in kinds.items() if kind is FileKind.CSGO_DEMO}
    assert csgo == {"csgo_gotv_hl2demo.dem", *(f"source_1_{number}.dem.data" for number in range(1, 5))}
    assert {kind for name, kind in kinds.items() if name not in csgo} == {FileKind.DEMO}


def test_every_compressed_kind_has_a_decoder() -> None:
    assert set(containers.DECODERS) == COMPRESSED
