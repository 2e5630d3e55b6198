import hashlib
from pathlib import Path

import pytest

from makers.containers import PACKINGS, fake_demo, in_chunks, match_zip, zip_of
from offangle.core.errors import BadInputError, NotFoundError, TransientError
from offangle.storage.intake import Intake, demo_key, match_zip_key, open_demo, open_match_file
from offangle.storage.objects import ObjectStore, S3Settings, s3_store
from offangle.storage.work import WorkArea


@pytest.fixture
def intake(store: ObjectStore, work: WorkArea) -> Intake:
    return Intake(store, work)


def test_a_demo_is_the_same_object_however_it_came(intake: Intake, work: WorkArea, tmp_path: Path) -> None:
    demo = fake_demo(700_000)
    sha256 = hashlib.sha256(demo).hexdigest()
    results = [
        intake.take_stream(in_chunks(pack(demo), [1, 100_000]), name=f"m.{ending}") for ending, pack in PACKINGS.items()
    ]
    files = [result.files[0] for result in results]
    assert {(file.key, file.sha256, file.kind, file.size_bytes) for file in files} == {
        (demo_key(sha256), sha256, "demo", len(demo))
    }
    assert [file.was_new for file in files] == [True] + [False] * (len(files) - 1)
    assert [info.key for info in intake.store.list()] == [f"demos/{sha256}.dem.zst"]
    assert files[0].stored_size_bytes == intake.store.list()[0].size_bytes
    open_demo(intake.store, files[0].key, tmp_path / "work.dem")
    assert (tmp_path / "work.dem").read_bytes() == demo
    assert list(work.root.iterdir()) == []


def test_a_match_zip_is_kept_as_it_is(intake: Intake, tmp_path: Path) -> None:
    archive = match_zip()
    (stored,) = intake.take_stream([archive], name="match.zip").files
    assert (stored.kind, stored.key) == ("match_zip", match_zip_key(hashlib.sha256(archive).hexdigest()))
    assert intake.store.get_bytes(stored.key) == archive
    open_match_file(intake.store, stored.key, tmp_path / "match.zip")
    assert (tmp_path / "match.zip").read_bytes() == archive
    assert not intake.take_stream([archive], name="again.zip").files[0].was_new


def test_a_zip_of_demos_stores_each(intake: Intake) -> None:
    demos = {"one.dem": fake_demo(seed=1), "sub/two.dem": fake_demo(seed=2), "readme.txt": b"hello"}
    result = intake.take_stream([zip_of(demos)], name="series.zip")
    assert [file.original_name for file in result.files] == ["one.dem", "two.dem"]
    assert len(intake.store.list("demos")) == 2
    assert result.rejected == ()


def test_an_upload_arrives_piece_by_piece(intake: Intake, work: WorkArea) -> None:
    session = intake.session("upload.dem")
    for piece in in_chunks(fake_demo(), [10, 1000]):
        session.write(piece)
    assert session.received_bytes == 20_000
    assert intake.store.list() == []
    assert session.finish().files[0].was_new
    assert list(work.root.iterdir()) == []


def test_an_aborted_upload_leaves_nothing(intake: Intake, work: WorkArea) -> None:
    with intake.session("upload.dem") as session:
        session.write(fake_demo())
    session.abort()
    assert list(work.root.iterdir()) == []
    assert intake.store.list() == []


def test_a_missing_demo_is_said(intake: Intake, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        open_demo(intake.store, demo_key("0" * 64), tmp_path / "work.dem")


def test_a_damaged_object_is_said(intake: Intake, tmp_path: Path) -> None:
    (stored,) = intake.take_stream([fake_demo()], name="x.dem").files
    packed = intake.store.get_bytes(stored.key)
    for damaged in (packed[:-20], packed[:5000] + b"\0\0" + packed[5002:], b""):
        intake.store.put_bytes(stored.key, damaged)
        with pytest.raises(BadInputError, match="stored demo"):
            open_demo(intake.store, stored.key, tmp_path / "work.dem")


def test_a_store_that_does_not_answer_is_worth_another_try(work: WorkArea) -> None:
    store = s3_store(S3Settings("bucket", "key", "secret", endpoint="http://127.0.0.1:1"))
    with pytest.raises(TransientError):
        Intake(store, work).take_stream([fake_demo()], name="x.dem")
    assert list(work.root.iterdir()) == []
