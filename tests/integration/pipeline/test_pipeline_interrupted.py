"""What dies half-way outside of jobs: imports between object, row and job; deletions between rows and objects."""

from datetime import timedelta
from pathlib import Path

import pytest

from makers.house import services
from makers.installation import Installation, write_match
from offangle.core.errors import TransientError
from offangle.db.models import Demo, ImportRecord, Match, User
from offangle.flows.recorded import acquire
from offangle.flows.recorded.acquire import import_path
from offangle.flows.recorded.delete import delete_match, finish_deletion, sweep_deletions
from offangle.flows.recorded.garbage import collect_garbage
from offangle.flows.recorded.identity import match_id_of
from offangle.storage.objects import ObjectStore


class PowerCutError(BaseException):
    """Ends a use case as a power cut would: nothing catches it."""


def power_cut(*_arguments: object, **_keywords: object) -> None:
    raise PowerCutError


def test_a_cut_between_object_and_row_promises_nothing_and_leaves_no_garbage(
    installation: Installation, owner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_match(tmp_path / "match.zip")
    with monkeypatch.context() as patched:
        patched.setattr(acquire, "_demo_row", power_cut)
        with pytest.raises(PowerCutError):
            import_path(services(), owner, path, ImportRecord.Source.CLI)
    assert Demo.objects.count() == ImportRecord.objects.count() == 0
    assert len(installation.services.store.list()) == 1
    collect_garbage(services())
    assert len(installation.services.store.list()) == 1, "too young: its row may still come"
    collect_garbage(services(), older_than=timedelta(0))
    assert installation.services.store.list() == []
    installation.work()
    demo = installation.bring(owner, path)
    assert installation.wait_for(demo.sha256).state == Demo.State.PUBLISHED


def test_a_cut_between_row_and_job_loses_no_file(
    installation: Installation, owner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_match(tmp_path / "match.zip")
    with monkeypatch.context() as patched:
        patched.setattr(acquire, "enqueue_after_commit", power_cut)
        with pytest.raises(PowerCutError):
            import_path(services(), owner, path, ImportRecord.Source.CLI)
    demo = Demo.objects.get()
    assert (demo.state, demo.job_id) == (Demo.State.STORED, "")
    Demo.objects.update(stored_at=demo.stored_at - timedelta(minutes=5))
    installation.work()
    assert installation.wait_for(demo.sha256).state == Demo.State.PUBLISHED


def test_garbage_collection_keeps_what_belongs_to_a_match(
    installation: Installation, owner: User, tmp_path: Path
) -> None:
    installation.work()
    demo = installation.bring(owner, write_match(tmp_path / "match.zip"))
    demo = installation.wait_for(demo.sha256)
    installation.wait_for_job(demo.job_id, "done")
    before = installation.services.store.list()
    collect_garbage(services(), older_than=timedelta(0))
    assert installation.services.store.list() == before


def test_a_deletion_that_the_store_interrupts_is_finished_by_the_sweep(
    installation: Installation, owner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.work()
    demo = installation.bring(owner, write_match(tmp_path / "match.zip"))
    demo = installation.wait_for(demo.sha256)
    installation.wait_for_job(demo.job_id, "done")

    def unreachable(_store: ObjectStore, _key: str) -> None:
        raise TransientError("the store does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(ObjectStore, "delete", unreachable)
        assert delete_match(services(), owner, match_id_of(demo.sha256)), "gone from sight is gone for its owner"
        assert Match.objects.count() == 0
        assert Demo.objects.get().state == Demo.State.DELETING
    sweep_deletions(services())
    assert Demo.objects.count() == 0
    assert installation.services.store.list() == []


def test_a_file_brought_again_in_the_middle_of_its_deletion_stays(
    installation: Installation, owner: User, tmp_path: Path
) -> None:
    path = write_match(tmp_path / "match.zip")
    demo = installation.bring(owner, path)
    Demo.objects.update(state=Demo.State.DELETING)
    again = installation.bring(owner, path)
    assert finish_deletion(services(), demo.sha256) is False
    assert installation.services.store.exists(again.object_key)
    installation.work()
    assert installation.wait_for(demo.sha256).state == Demo.State.PUBLISHED


def test_an_upload_overtaken_by_a_deletion_is_not_answered_for(
    installation: Installation, owner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del installation
    monkeypatch.setattr(ObjectStore, "exists", lambda _store, _key: False)
    path = write_match(tmp_path / "match.zip")
    with pytest.raises(TransientError, match="being deleted"):
        import_path(services(), owner, path, ImportRecord.Source.CLI)
    assert Demo.objects.count() == ImportRecord.objects.count() == 0
