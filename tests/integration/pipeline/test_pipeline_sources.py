"""A visit to a source: what it has comes in like an upload, and how the visit went is kept."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from makers.fake_source import FakeSource
from makers.house import services
from makers.installation import Installation, write_match
from offangle.core.errors import BadInputError, LimitExceededError, OffangleError, TransientError
from offangle.db.models import ImportRecord, SourceState, User
from offangle.flows.syncing.visit import FIRST_RETRY_S, LONGEST_RETRY_S, Visit, retry_after_s
from offangle.sources.folder import FolderSource
from offangle.sources.source import HaltedError, NotYetError
from offangle.sources.upload import UploadSource


@pytest.fixture
def archive(tmp_path: Path) -> bytes:
    return write_match(tmp_path / "match.zip").read_bytes()


def bring(user: User, source: FakeSource) -> list[ImportRecord]:
    with Visit(services(), user, source, account="acc") as visit:
        return [record for offer in visit.offers for record in visit.take(offer).records]


def state() -> SourceState:
    return SourceState.objects.get()


def test_what_it_has_is_taken_once_and_the_next_visit_goes_on(
    installation: Installation, owner: User, archive: bytes
) -> None:
    del installation
    source = FakeSource({"a.zip": archive, "b.jpg": b"no match at all"})
    taken, refused = bring(owner, source)
    assert (taken.original_name, taken.source, taken.error) == ("a.zip", "fake", "")
    assert taken.demo is not None
    assert refused.error
    assert source.finished == ["a.zip", "b.jpg"]
    assert bring(owner, source) == []
    source.files["c.zip"] = archive
    (again,) = bring(owner, source)
    assert (again.original_name, again.is_duplicate) == ("c.zip", True)
    assert (state().source, state().account, state().cursor, state().failures) == ("fake", "acc", "3", 0)
    assert state().last_seen_at is not None


def test_a_visit_that_breaks_off_is_kept_with_its_reason_and_begins_anew(
    installation: Installation, owner: User, archive: bytes
) -> None:
    source = FakeSource({"a.zip": archive}, cuts_after=2000)
    before = timezone.now()
    with pytest.raises(NotYetError):
        bring(owner, source)
    kept = state()
    assert (kept.last_error, kept.failures, kept.cursor) == ("the fake stopped in the middle", 1, "")
    assert kept.next_try_at is not None
    assert timedelta(seconds=89) < kept.next_try_at - before < timedelta(seconds=100)
    assert source.finished == []
    assert [path for path in installation.services.work_dir.rglob("*") if path.is_file()] == []
    assert len(bring(owner, source)) == 1
    kept = state()
    assert (kept.last_error, kept.failures, kept.next_try_at, kept.is_halted) == ("", 0, None, False)


def test_an_account_that_is_refused_is_left_alone(installation: Installation, owner: User) -> None:
    del installation
    source = FakeSource(fails=HaltedError("the key is wrong", hint="Enter it anew."))
    with pytest.raises(HaltedError):
        bring(owner, source)
    kept = state()
    assert (kept.is_halted, kept.next_try_at, kept.last_error_hint) == (True, None, "Enter it anew.")


def test_nobody_waits_for_what_somebody_brings(installation: Installation, owner: User, tmp_path: Path) -> None:
    del installation
    with pytest.raises(BadInputError), Visit(services(), owner, FolderSource([tmp_path / "nowhere"])):
        pass
    assert (state().source, state().next_try_at, state().is_halted) == ("cli", None, False)
    assert "does not exist" in state().last_error


def test_a_file_of_this_machine_is_read_where_it_lies(installation: Installation, owner: User, tmp_path: Path) -> None:
    del installation
    write_match(tmp_path / "match.zip")
    with Visit(services(), owner, FolderSource([tmp_path])) as visit:
        (record,) = visit.take(visit.offers[0]).records
    assert (record.source, record.error) == ("cli", "")
    assert (tmp_path / "match.zip").exists()


def test_an_upload_that_says_it_is_too_large_is_refused_unread_and_kept(
    installation: Installation, owner: User
) -> None:
    limit = installation.services.limits.upload_bytes
    unread = iter([b"never read"])
    source = UploadSource("huge.dem", unread, size_bytes=limit + 1)
    with (
        pytest.raises(LimitExceededError, match="more than the"),
        Visit(services(), owner, source) as visit,
    ):
        visit.take(visit.offers[0])
    assert next(unread) == b"never read"
    assert ImportRecord.objects.get().error


@pytest.mark.parametrize(
    ("error", "failures", "wanted"),
    [
        (TransientError("away"), 1, FIRST_RETRY_S),
        (TransientError("away"), 3, 4 * FIRST_RETRY_S),
        (OffangleError("odd"), 1_000_000, LONGEST_RETRY_S),
        (NotYetError("away", retry_after_s=5.0), 7, 5.0),
        (NotYetError("away"), 1, FIRST_RETRY_S),
        (HaltedError("no"), 1, None),
    ],
)
def test_how_long_a_source_is_left_alone(error: OffangleError, failures: int, wanted: float | None) -> None:
    assert retry_after_s(error, failures) == wanted
