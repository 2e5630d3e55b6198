"""What is in a file, however it came packed: the same answer for the command line and the server."""

import gzip
import hashlib
from pathlib import Path

import pytest

from makers.containers import fake_demo, match_zip, zip_of
from offangle.core.errors import BadInputError, LimitExceededError
from offangle.storage.limits import Limits
from offangle.storage.unpacking import PackedMatch, Unpacked, unpack_each

Seen = tuple[str, str, str]
MANIFEST = b'{"schemaVersion": "cs2-demo-format/3.0"}'
FORK = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        "
"""How macOS's resource forks begin."""


def seen(match: PackedMatch) -> Seen:
    """Name, kind and the digest of the bytes."""
    return match.name, match.kind, hashlib.sha256(b"".join(match.pieces)).hexdigest()


def unpack(tmp_path: Path, content: bytes, name: str = "upload.zip", limits: Limits | None = None) -> Unpacked[Seen]:
    path, folder = tmp_path / "file", tmp_path / "folder"
    path.write_bytes(content)
    folder.mkdir(exist_ok=True)
    return unpack_each(path, seen, name=name, folder=folder, limits=limits or Limits())


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("content", [fake_demo(), gzip.compress(fake_demo())], ids=["plain", "gzip"])
def test_a_demo_is_itself(tmp_path: Path, content: bytes) -> None:
    assert unpack(tmp_path, content, "a/match.dem").taken == (("match.dem", "demo", digest(fake_demo())),)


def test_a_plain_demo_and_a_match_zip_are_read_where_they_lie(tmp_path: Path) -> None:
    for number, content in enumerate((fake_demo(), match_zip())):
        path = tmp_path / str(number)
        path.write_bytes(content)
        found = unpack_each(path, lambda match: match.path, name="x", folder=tmp_path, limits=Limits())
        assert found.taken == (path,)


@pytest.mark.parametrize(
    "content",
    [
        match_zip(),
        match_zip(extra={"readme.txt": b"hello"}),
        zip_of({"export/manifest.json": MANIFEST, "export/rounds.json": b"[]"}),
        zip_of({"a/b/manifest.json": MANIFEST, "readme.txt": b"hello"}),
        zip_of({"export\\manifest.json": MANIFEST, "export\\rounds.json": b"[]"}),
        zip_of({"export/manifest.json": MANIFEST, "__MACOSX/export/._manifest.json": FORK, "export/.DS_Store": b"x"}),
        zip_of({"manifest.json": b"\xef\xbb\xbf" + MANIFEST, "rounds.json": b"[]"}),
        zip_of({"manifest.json": MANIFEST, "copy/manifest.json": MANIFEST}),
    ],
    ids=["top", "something beside", "folder", "deep folder", "backslashes", "macOS", "mark before text", "copy inside"],
)
def test_a_match_zip_is_kept_as_it_is(tmp_path: Path, content: bytes) -> None:
    assert unpack(tmp_path, content, "match.zip").taken == (("match.zip", "match_zip", digest(content)),)


def test_what_macos_adds_to_demos_is_passed_over(tmp_path: Path) -> None:
    content = zip_of({"match.dem": fake_demo(), "__MACOSX/._match.dem": FORK, "._match.dem": FORK, ".hidden.dem": b"x"})
    found = unpack(tmp_path, content)
    assert found.taken == (("match.dem", "demo", digest(fake_demo())),)
    assert found.rejected == ()


def test_everything_that_is_a_match_is_taken(tmp_path: Path) -> None:
    inner = match_zip(extra={"x.json": b"[1]"})
    content = zip_of(
        {
            "first/manifest.json": MANIFEST,
            "first/rounds.json": b"[1]",
            "second/manifest.json": MANIFEST,
            "demos/one.dem": fake_demo(seed=1),
            "two.dem": fake_demo(seed=2),
            "three.zip": inner,
            "notes.txt": b"hello",
        }
    )
    found = unpack(tmp_path, content)
    assert [(name, kind) for name, kind, _ in found.taken] == [
        ("first.zip", "match_zip"),
        ("second.zip", "match_zip"),
        ("one.dem", "demo"),
        ("two.dem", "demo"),
        ("three.zip", "match_zip"),
    ]
    assert [sha256 for *_, sha256 in found.taken[2:]] == [
        digest(fake_demo(seed=1)),
        digest(fake_demo(seed=2)),
        digest(inner),
    ]
    assert found.rejected == ()


def test_a_match_beside_demos_does_not_hide_them(tmp_path: Path) -> None:
    content = zip_of({"export/manifest.json": MANIFEST, "one.dem": fake_demo()})
    assert [name for name, *_ in unpack(tmp_path, content).taken] == ["export.zip", "one.dem"]


def test_the_same_folder_is_the_same_zip_again(tmp_path: Path) -> None:
    files = {"first/manifest.json": MANIFEST, "first/a.json": b"[1]", "second/manifest.json": MANIFEST}
    straight, turned = zip_of(files), zip_of(dict(reversed(files.items())))
    assert sorted(unpack(tmp_path, straight).taken) == sorted(unpack(tmp_path, turned).taken)


def test_a_bad_member_and_a_refusing_taker_lose_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "zip"
    path.write_bytes(zip_of({"1.dem": fake_demo(seed=1), "2.dem": b"text", "3.dem": fake_demo(seed=3)}))

    def take(match: PackedMatch) -> str:
        if match.name == "3.dem":
            raise BadInputError("no")
        return seen(match)[0]

    found = unpack_each(path, take, name="x.zip", folder=tmp_path, limits=Limits())
    assert found.taken == ("1.dem",)
    assert [(member.name, member.error.message.split(":")[0]) for member in found.rejected] == [
        ("2.dem", "Not a CS2 demo"),
        ("3.dem", "no"),
    ]


def test_matches_of_all_kinds_are_counted_together(tmp_path: Path) -> None:
    content = zip_of({"a/manifest.json": MANIFEST, "b/manifest.json": MANIFEST, "c.dem": fake_demo()})
    found = unpack(tmp_path, content, limits=Limits(zip_demos=2))
    assert len(found.taken) == 2
    assert isinstance(found.rejected[0].error, LimitExceededError)
