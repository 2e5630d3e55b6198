"""Any upload, however large or hostile, passes through less than 100 MB of memory."""

import bz2
import gzip
import lzma
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

from makers import intake_memory
from makers.containers import fake_demo, zip_of, zstd_bomb

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the peak memory of a process is read from Linux's /proc"
)

MOST_MEMORY_MB = 100
BLOCK = fake_demo(8 * 1024**2)  # longer than any packer looks back at these levels, so that repeats do not shrink
BLOCKS = 50


def large_demo() -> Iterator[bytes]:
    """400 MiB."""
    for _ in range(BLOCKS):
        yield BLOCK


def write_plain(path: Path) -> None:
    with path.open("wb") as file:
        file.writelines(large_demo())


def write_gzip(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.writelines(large_demo())


def write_zstd(path: Path) -> None:
    with path.open("wb") as file, zstandard.ZstdCompressor(level=1).stream_writer(file) as writer:
        for block in large_demo():
            writer.write(block)


def write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("large.dem", "w", force_zip64=True) as member:
            for block in large_demo():
                member.write(block)
        archive.writestr("small.dem", fake_demo())


def write_xz(path: Path) -> None:
    # Mostly zeros: packing 400 MiB of noise as xz takes minutes, and the memory is that of the level, not the content.
    content = fake_demo(4 * 1024**2) + bytes(60 * 1024**2)
    path.write_bytes(lzma.compress(content, preset=8))


LARGE: dict[str, Callable[[Path], None]] = {
    "dem": write_plain,
    "gz": write_gzip,
    "zst": write_zstd,
    "zip": write_zip,
    "xz": write_xz,
}
BOMBS: dict[str, Callable[[], bytes]] = {
    "zstd": lambda: fake_zst_head() + zstd_bomb(200_000),
    "zstd window": lambda: fake_zst_head() + zstd_bomb(20_000, window_log=25),
    "gzip": lambda: gzip.compress(fake_demo(100) + bytes(300_000_000)),
    "bzip2": lambda: bz2.compress(fake_demo(100)) + bz2.compress(bytes(100_000_000)) * 10,
    "bzip2 in zip": lambda: zip_of({"a.dem": fake_demo(100) + bytes(300_000_000)}, method=zipfile.ZIP_BZIP2),
    "list of members": lambda: zip_of({f"{number:060d}": b"" for number in range(20_000)}),
}


def fake_zst_head() -> bytes:
    return zstandard.compress(fake_demo(100))


def peak(path: Path, folder: Path, way: str) -> tuple[int, str]:
    """The most memory in MB that taking `path` needed, and what came of it."""
    command = [sys.executable, intake_memory.__file__, str(path), str(folder), way]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    memory, outcome = done.stdout.splitlines()
    return int(memory), outcome


@pytest.mark.slow
@pytest.mark.parametrize(
    ("packing", "way"), [("dem", "open"), ("gz", "stream"), ("zst", "file"), ("zip", "file"), ("xz", "file")]
)
def test_large_files_need_little_memory(tmp_path: Path, packing: str, way: str) -> None:
    path = tmp_path / f"large.{packing}"
    LARGE[packing](path)
    memory_mb, outcome = peak(path, tmp_path / "taken", way)
    shutil.rmtree(tmp_path)
    assert outcome == "taken"
    assert memory_mb < MOST_MEMORY_MB


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_need_little_memory(tmp_path: Path, bomb: str) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[bomb]())
    memory_mb, outcome = peak(path, tmp_path / "taken", "stream")
    assert outcome != "taken"
    assert memory_mb < MOST_MEMORY_MB
