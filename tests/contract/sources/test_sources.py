"""What every source keeps to, the fake first: a new source adds itself to WORLDS."""

from collections.abc import Callable
from pathlib import Path

import pytest

from makers.fake_source import FakeSource
from offangle.core.errors import NotFoundError
from offangle.sources.folder import FolderSource
from offangle.sources.registry import SOURCES
from offangle.sources.source import Offer, Source
from offangle.sources.upload import API, UploadSource

NAME = "de_mirage.dem"
CONTENT = bytes(range(256)) * 40


def fake(folder: Path) -> Source:
    del folder
    return FakeSource({NAME: CONTENT})


def folder_source(folder: Path) -> Source:
    (folder / "inner").mkdir()
    (folder / "inner" / NAME).write_bytes(CONTENT)
    (folder / "notes.txt").write_text("no match")
    return FolderSource([folder])


def upload(folder: Path) -> Source:
    del folder
    return UploadSource(NAME, iter([CONTENT[:100], CONTENT[100:]]), size_bytes=len(CONTENT))


def api(folder: Path) -> Source:
    del folder
    return UploadSource(NAME, iter([CONTENT]), entry=API)


WORLDS: dict[str, Callable[[Path], Source]] = {"fake": fake, "cli": folder_source, "upload": upload, "api": api}


@pytest.fixture(params=list(WORLDS))
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    return WORLDS[request.param](tmp_path)


@pytest.fixture
def offer(source: Source) -> Offer:
    (offer,) = source.find("").offers
    return offer


def test_every_source_of_the_registry_is_held_to_this() -> None:
    assert {entry.name for entry in SOURCES} | {"fake"} == set(WORLDS)


def test_names_are_unique_and_fit_their_column() -> None:
    names = [entry.name for entry in SOURCES]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name == name.lower() and len(name) <= 16 for name in names)
    assert all(entry.label and entry.how.endswith(".") for entry in SOURCES)


def test_what_it_has_is_found_under_the_same_key_each_time(source: Source, offer: Offer) -> None:
    assert source.find("").offers == (offer,)
    assert offer.name == NAME


def test_a_description_agrees_with_what_arrives(source: Source, offer: Offer) -> None:
    described = source.describe(offer)
    assert described.name == NAME
    with source.stream(offer) as pieces:
        content = b"".join(pieces)
    assert content == CONTENT
    assert described.size_bytes in {None, len(CONTENT)}
    assert described.path is None or described.path.read_bytes() == CONTENT
    assert (described.played_at is None) == (described.played_at_basis == "")
    assert described.played_at is None or described.played_at.tzinfo is not None


def test_what_is_done_is_not_offered_again_after_the_cursor(source: Source, offer: Offer) -> None:
    found = source.find("")
    with source.stream(offer) as pieces:
        assert list(pieces)
    source.done(offer)
    assert found.cursor == "" or source.find(found.cursor).offers == ()


def test_letting_go_in_the_middle_leaves_nothing_open(source: Source, offer: Offer) -> None:
    with source.stream(offer) as pieces:
        assert next(pieces)


def test_what_is_not_there_says_so(source: Source) -> None:
    nowhere = Offer("nowhere/at-all.dem", "at-all.dem")
    with pytest.raises(NotFoundError):
        source.describe(nowhere)
    with pytest.raises(NotFoundError), source.stream(nowhere):
        pass
