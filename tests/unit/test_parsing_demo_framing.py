"""Recordings without an end: frames are stepped over, and a half one is left out."""

import struct
from pathlib import Path

import pytest

from offangle.core.errors import BadInputError
from offangle.parsing.demo.framing import Frames, finished, is_finalised, walk_frames
from offangle.parsing.demo.header import CS2_MAGIC

NOBODY = b"\xff\xff\xff\xff\x0f"  # tick -1
HEAD = 16


def frame(tick: bytes, body: bytes) -> bytes:
    return b"\x07" + tick + bytes([len(body)]) + body


FRAMES = (frame(NOBODY, b"head"), frame(b"\x05", b"five"), frame(b"\x80\x01", b"a hundred and twenty-eight"))


def write(path: Path, content: bytes, *, end: int = 0) -> Path:
    path.write_bytes(CS2_MAGIC + struct.pack("<II", end, 0) + content)
    return path


@pytest.mark.parametrize(
    ("size", "end", "says"),
    [
        (300_000, 800_000, r"file incomplete \(0\.3 of 0\.8 MB\)"),
        (4_096, 312_000_000, r"file incomplete \(0 of 312 MB\)"),
        (300_000, 300_000, "file incomplete"),
    ],
)
def test_a_file_that_ends_before_its_last_part_is_incomplete(tmp_path: Path, size: int, end: int, says: str) -> None:
    path = write(tmp_path / "cut.dem", bytes(size - HEAD), end=end)
    with pytest.raises(BadInputError, match=says) as caught:
        is_finalised(path)
    assert caught.value.hint == "Download it again."


def test_frames_tell_the_last_tick(tmp_path: Path) -> None:
    path = write(tmp_path / "whole.dem", b"".join(FRAMES))
    assert walk_frames(path) == Frames(128, path.stat().st_size)


@pytest.mark.parametrize("missing", range(1, len(FRAMES[2])))
def test_a_frame_cut_short_is_left_out(missing: int, tmp_path: Path) -> None:
    path = write(tmp_path / "cut.dem", b"".join(FRAMES)[:-missing])
    assert walk_frames(path) == Frames(5, HEAD + len(FRAMES[0]) + len(FRAMES[1]))
    with finished(path) as whole:
        assert whole.read_bytes() == path.read_bytes()[: HEAD + len(FRAMES[0]) + len(FRAMES[1])]
        assert whole != path
    assert not whole.exists()


def test_a_number_without_end_ends_the_walk(tmp_path: Path) -> None:
    path = write(tmp_path / "odd.dem", FRAMES[0] + b"\xff" * 100)
    assert walk_frames(path).whole_bytes == HEAD + len(FRAMES[0])


@pytest.mark.parametrize("end", [0, HEAD])
def test_a_whole_file_is_read_where_it_lies(end: int, tmp_path: Path) -> None:
    path = write(tmp_path / "whole.dem", b"".join(FRAMES), end=end)
    with finished(path) as whole:
        assert whole == path
    assert is_finalised(path) == bool(end)
