"""The first bytes of a file decide what it is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offangle.core.errors import BadInputError
from offangle.parsing.demo.header import CS2_MAGIC, CSGO_MAGIC, FileHeader, read_header

NOBODY = b"\xff\xff\xff\xff\x0f"  # tick -1


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def recording(fields: bytes, *, command: int = 1) -> bytes:
    return CS2_MAGIC + bytes(8) + varint(command) + NOBODY + varint(len(fields)) + fields


def read(folder: Path, content: bytes) -> FileHeader:
    path = folder / "file.dem"
    path.write_bytes(content)
    return read_header(path)


def test_build_and_start_tick_are_read_past_other_fields(tmp_path: Path) -> None:
    fields = (
        b"\x0a\x08PBDEMS2\0" + b"\x10" + varint(14160) + b"\x1d\0\0\0\0" + b"\x21" + bytes(8) + b"\x78" + varint(3122)
    )
    assert read(tmp_path, recording(fields)) == FileHeader(14160, 3122)


@pytest.mark.parametrize(
    "folder",
    ["csgo", "C:\\Steam\\Counter-Strike Global Offensive\\game\\csgo", "/srv/cs2/game/csgo/", "CSGO", ""],
)
def test_game_folders_of_this_game(folder: str, tmp_path: Path) -> None:
    assert read(tmp_path, recording(b"\x32" + varint(len(folder)) + folder.encode())) == FileHeader(None, 0)


@pytest.mark.parametrize(
    "folder", ["citadel", "dota", "/home/csgo/game/citadel", "D:\\Deadlock\\game\\citadel\\", "hlvr"]
)
def test_recordings_of_other_games_are_refused(folder: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="not a Counter-Strike 2 recording: its game folder is"):
        read(tmp_path, recording(b"\x32" + varint(len(folder)) + folder.encode()))


@pytest.mark.parametrize("build", [2**31, 2**63])
def test_numbers_that_count_nothing_are_unknown(build: int, tmp_path: Path) -> None:
    assert read(tmp_path, recording(b"\x10" + varint(build) + b"\x78" + varint(build))) == FileHeader(None, 0)


def test_absent_fields_are_unknown(tmp_path: Path) -> None:
    assert read(tmp_path, recording(b"")) == FileHeader(None, 0)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (CSGO_MAGIC + bytes(100), "CS:GO demo"),
        (b"PK\x03\x04" + bytes(100), "not a demo"),
        (b"PBDEM", "not a demo"),
        (CS2_MAGIC + bytes(8), "incomplete"),
        (recording(b"\x10" + varint(14160))[:-1], "incomplete|damaged"),
        (recording(b"", command=7), "damaged"),
        (recording(b"\x0b"), "damaged"),
    ],
)
def test_other_files_are_refused_by_name(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        read(tmp_path, content)


@given(tail=st.binary(max_size=300))
def test_no_bytes_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, tail: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        header = read(folder, CS2_MAGIC + bytes(8) + tail)
    except BadInputError:
        return
    assert header.server_start_tick >= 0
