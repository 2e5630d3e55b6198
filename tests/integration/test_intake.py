import bz2
import gzip
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makers.containers import (
    CSGO_MAGIC,
    PACKINGS,
    encrypted,
    fake_demo,
    in_chunks,
    match_zip,
    tar_of,
    with_method,
    zip_of,
    zst,
    zstd_bomb,
)
from offangle.core.errors import BadInputError, LimitExceededError
from offangle.storage.intake import Intake
from offangle.storage.limits import Limits
from offangle.storage.links import LinkSigner
from offangle.storage.objects import local_store
from offangle.storage.unpacking import shown_name
from offangle.storage.work import WorkArea

SMALL = Limits(
    packed_bytes=200_000,
    unpacked_bytes=300_000,
    total_unpacked_bytes=500_000,
    ratio=100,
    ratio_free_bytes=50_000,
    zip_members=20,
    zip_demos=3,
)
ZEROS = fake_demo(100) + bytes(10_000_000)


def made_intake(folder: Path, limits: Limits | None = None) -> Intake:
    store = local_store(folder / "objects", LinkSigner(b"a signing key of tests"))
    return Intake(store, WorkArea(folder / "work"), limits)


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    """An intake that is empty again whenever it refused something."""
    intake = made_intake(tmp_path)
    yield intake
    assert list(intake.work.root.iterdir()) == []


@pytest.fixture
def small(tmp_path: Path) -> Intake:
    return made_intake(tmp_path, SMALL)


BAD_FILES = {
    "empty": (b"", "The file is empty"),
    "text": (b"not found", "Not a CS2 demo"),
    "html": (b"<!doctype html>", "Not a CS2 demo"),
    "CS:GO": (CSGO_MAGIC + b"x", "CS:GO demo; Offangle reads CS2 demos only"),
    "CS:GO in gzip": (gzip.compress(CSGO_MAGIC + b"x"), "CS:GO demo; Offangle reads CS2 demos only"),
    "empty gzip": (gzip.compress(b""), "The file is empty"),
    "text in gzip": (gzip.compress(b"text"), "Not a CS2 demo"),
    "gzip in zstd": (zst(gzip.compress(fake_demo())), "An archive inside an archive (gzip)"),
    "zip in gzip": (gzip.compress(zip_of({"a.dem": fake_demo()})), "An archive inside an archive (zip)"),
    "tar": (tar_of({"a.dem": fake_demo()}), "tar archives are not read"),
    "tar in gzip": (gzip.compress(tar_of({"a.dem": fake_demo()})), "tar archives are not read"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(40), "7z archives are not read"),
    "rar": (b"Rar!\x1a\x07\x01\0" + bytes(40), "rar archives are not read"),
    "cut off gzip": (gzip.compress(fake_demo())[:-100], "The compressed file is cut off"),
    "cut off bzip2": (bz2.compress(fake_demo())[:-100], "The compressed file is cut off"),
    "cut off zstd": (zst(fake_demo())[:-100], "The compressed file is cut off"),
    "damaged gzip": (gzip.compress(fake_demo())[:-8] + bytes(8), "The compressed file is damaged"),
    "cut off zip": (zip_of({"a.dem": fake_demo()})[:-100], "The zip is damaged or cut off"),
    "empty zip": (zip_of({}), "The zip holds no demo"),
    "zip without a demo": (zip_of({"a.txt": b"x", "b.json": b"{}"}), "The zip holds no demo"),
    "zip with clutter": (zip_of({"__MACOSX/._a.dem": fake_demo(), ".b.dem": fake_demo()}), "The zip holds no demo"),
    "zip with a false demo": (zip_of({"a.dem": b"x"}), "a.dem: Not a CS2 demo"),
    "zip with an empty demo": (zip_of({"a.dem": b""}), "a.dem: The file is empty"),
    "zip with a CS:GO demo": (zip_of({"a.dem": CSGO_MAGIC}), "a.dem: CS:GO demo"),
    "zip in zip": (zip_of({"b.zip": zip_of({"a.dem": fake_demo()})}), "b.zip: An archive inside an archive (zip)"),
    "gzip in zip": (zip_of({"a.dem.gz": gzip.compress(fake_demo())}), "a.dem.gz: An archive inside an archive (gzip)"),
    "encrypted zip": (encrypted(zip_of({"a.dem": fake_demo()})), "a.dem in the zip is encrypted"),
    "LZMA zip": (zip_of({"a.dem": fake_demo()}, method=zipfile.ZIP_LZMA), "the method 'lzma', which is not read"),
    "deflate64 zip": (with_method(zip_of({"a.dem": fake_demo()}), 9), "the method 'deflate64', which is not read"),
    "unknown zip method": (with_method(zip_of({"a.dem": fake_demo()}), 77), "the method '77', which is not read"),
    "gzip bomb": (gzip.compress(fake_demo(100) + bytes(100_000_000)), "a decompression bomb"),
    "zstd bomb": (zst(fake_demo(100)) + zstd_bomb(1000), "a decompression bomb"),
    "bzip2 bomb in zip": (
        zip_of({"a.dem": fake_demo(100) + bytes(100_000_000)}, method=zipfile.ZIP_BZIP2),
        "a decompression bomb",
    ),
    "match zip that is a bomb": (match_zip(extra={"ticks.json": bytes(100_000_000)}), "a decompression bomb"),
    "match zip with a locked member": (encrypted(match_zip()), "is encrypted"),
    "manifest of something else": (match_zip(schema="something-else/1.0"), "The zip holds no demo"),
    "manifest that is no object": (zip_of({"manifest.json": b"[1]"}), "The zip holds no demo"),
    "manifest that is no JSON": (zip_of({"manifest.json": b"\xff{"}), "The zip holds no demo"),
    "manifest too deep": (zip_of({"manifest.json": b"[" * 100_000}), "The zip holds no demo"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_each_bad_file_is_refused_with_its_own_message(intake: Intake, case: str) -> None:
    data, message = BAD_FILES[case]
    with pytest.raises(BadInputError) as raised:
        intake.take_stream([data], name="upload")
    assert message in raised.value.message
    assert raised.value.permanent
    assert intake.store.list() == []


def test_a_bad_member_does_not_lose_the_good_ones(intake: Intake) -> None:
    good = {"1.dem": fake_demo(seed=1), "4.dem": fake_demo(seed=4)}
    bad = {"2.dem": b"text", "3.dem": CSGO_MAGIC, "sub/5.dem.gz": gzip.compress(fake_demo())}
    result = intake.take_stream([zip_of(dict(sorted((good | bad).items())))], name="series.zip")
    assert [(file.original_name, file.sha256) for file in result.files] == [
        (name, hashlib.sha256(data).hexdigest()) for name, data in good.items()
    ]
    assert [(member.name, member.error.message.split(":")[0].split(" (")[0]) for member in result.rejected] == [
        ("2.dem", "Not a CS2 demo"),
        ("3.dem", "CS"),
        ("sub/5.dem.gz", "An archive inside an archive"),
    ]


def test_a_damaged_member_is_rejected_alone(intake: Intake) -> None:
    archive = bytearray(zip_of({"1.dem": fake_demo(seed=1), "2.dem": fake_demo(seed=2)}, method=zipfile.ZIP_STORED))
    archive[archive.find(fake_demo(seed=1)) + 10_000] ^= 1
    result = intake.take_stream([bytes(archive)], name="series.zip")
    assert [file.original_name for file in result.files] == ["2.dem"]
    assert [member.error.message for member in result.rejected] == ["1.dem in the zip is damaged: its checksum differs"]
    assert len(intake.store.list()) == 1


def test_several_bad_members_are_all_named(intake: Intake) -> None:
    with pytest.raises(BadInputError, match=r"None of the 2 match files .* a\.dem: .*; b\.dem: "):
        intake.take_stream([zip_of({"a.dem": b"x", "b.dem": b""})], name="x.zip")


def test_a_damaged_match_zip_is_refused(intake: Intake) -> None:
    archive = bytearray(match_zip(extra={"a.json": b"[" + b"1," * 10_000 + b"1]"}))
    archive[archive.find(b"a.json") + 20] ^= 0xFF
    with pytest.raises(BadInputError, match="damaged"):
        intake.take_stream([bytes(archive)], name="match.zip")
    assert intake.store.list() == []


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_common_zip_methods_are_read(intake: Intake, method: int) -> None:
    archive = zip_of({"a.dem": fake_demo()}, method=method)
    assert intake.take_stream([archive], name="x.zip").files[0].sha256 == hashlib.sha256(fake_demo()).hexdigest()


def test_a_zip_written_as_a_stream_is_read(intake: Intake) -> None:
    class OneWay(io.RawIOBase):
        written = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes, /) -> int:  # type: ignore[override]  # a narrower buffer is enough here
            OneWay.written += bytes(data)
            return len(data)

    with zipfile.ZipFile(OneWay(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.dem", fake_demo())
    assert intake.take_stream([OneWay.written], name="x.zip").files[0].size_bytes == 20_000


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(PACKINGS)), st.lists(st.integers(0, 3000), max_size=10), st.integers(9, 30_000))
def test_any_cut_into_chunks_gives_the_same_object(
    tmp_path_factory: pytest.TempPathFactory, packing: str, sizes: list[int], length: int
) -> None:
    intake = made_intake(tmp_path_factory.mktemp("any"))
    demo = fake_demo(length)
    result = intake.take_stream(in_chunks(PACKINGS[packing](demo), sizes), name="x")
    assert result.files[0].sha256 == hashlib.sha256(demo).hexdigest()
    assert result.files[0].size_bytes == length


def test_files_and_binary_streams_are_taken_too(intake: Intake, tmp_path: Path) -> None:
    path = tmp_path / "match.dem.gz"
    path.write_bytes(gzip.compress(fake_demo()))
    from_path = intake.take_file(path).files[0]
    assert from_path.original_name == "match.dem.gz"
    with path.open("rb") as file:
        from_stream = intake.take_stream(file, name="other").files[0]
    assert from_stream.key == from_path.key
    assert path.exists()


def test_the_upload_limit_holds_while_it_arrives(small: Intake) -> None:
    session = small.session("x.dem")
    session.write(bytes(SMALL.packed_bytes))
    with pytest.raises(LimitExceededError, match="larger than"):
        session.write(b"x")
    assert list(small.work.root.iterdir()) == []


def test_the_upload_limit_holds_for_files(small: Intake, tmp_path: Path) -> None:
    path = tmp_path / "x.dem"
    path.write_bytes(fake_demo(SMALL.packed_bytes + 1))
    with pytest.raises(LimitExceededError, match="larger than"):
        small.take_file(path)
    path.write_bytes(fake_demo(SMALL.packed_bytes))
    assert small.take_file(path).files[0].size_bytes == SMALL.packed_bytes


def test_unpacked_limits_hold(small: Intake) -> None:
    with pytest.raises(LimitExceededError, match="unpacks to more than"):
        small.take_stream([gzip.compress(fake_demo(10_000) * 31)], name="x")
    series = {f"{number}.dem": fake_demo(5000, seed=number) * 50 for number in range(3)}
    result = small.take_stream([zip_of(series)], name="x.zip")
    assert [file.original_name for file in result.files] == ["0.dem", "1.dem"]
    assert [type(member.error) for member in result.rejected] == [LimitExceededError]


def test_zip_limits_hold(small: Intake) -> None:
    many = zip_of({f"{number}.txt": b"" for number in range(21)})
    with pytest.raises(LimitExceededError, match="has 21 entries; at most 20"):
        small.take_stream([many], name="x.zip")
    series = zip_of({f"{number}.dem": fake_demo(100, seed=number) for number in range(4)})
    result = small.take_stream([series], name="x.zip")
    assert len(result.files) == 3
    assert [member.name for member in result.rejected] == ["3.dem"]


def test_a_zip_with_an_endless_list_of_members_is_refused(intake: Intake) -> None:
    archive = zip_of({f"{number:0200d}.txt": b"" for number in range(5000)})
    with pytest.raises(LimitExceededError, match="list of members"):
        intake.take_stream([archive], name="x.zip")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a.dem", "a.dem"),
        ("../../etc/passwd", "passwd"),
        ("C:\\demos\\a.dem", "a.dem"),
        ("a\x00\n\u202eb.dem", "ab.dem"),
        ("", "upload"),
        ("..", "upload"),
        ("x" * 300 + ".dem", "x" * 196 + ".dem"),
    ],
)
def test_names_are_made_fit_to_show(name: str, shown: str) -> None:
    assert shown_name(name) == shown


@pytest.mark.shared
def test_real_files_are_taken_or_refused_by_name(intake: Intake, shared_data: Path) -> None:
    for path in sorted((shared_data / "matches").rglob("*.zip")):
        (stored,) = intake.take_file(path).files
        assert (stored.kind, stored.size_bytes) == ("match_zip", path.stat().st_size)
    for path in sorted((shared_data / "demos" / "tiny").glob("*.dem")):
        (stored,) = intake.take_file(path).files
        assert stored.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(BadInputError, match="CS:GO demo"):
        intake.take_file(shared_data / "demos" / "negative" / "csgo_gotv_hl2demo.dem")
