"""Builds: what is read while a match is analysed again, what is left when that fails, and what goes when."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import ProtectedError

from makers.house import services
from makers.installation import Installation, match_of, quick_jobs, write_match
from offangle.analysis.run import Analysis
from offangle.analysis.run import analyse as derive
from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import Build, Demo, Match, Notification, User
from offangle.flows.recorded import analyse, delete, publish
from offangle.flows.recorded.builds import BuildGoneError, DeletedError, begin_build, collect_builds, place_of, writing
from offangle.flows.recorded.delete import delete_match
from offangle.flows.recorded.export import export_match
from offangle.flows.recorded.garbage import collect_garbage
from offangle.flows.recorded.queueing import DEMO_KIND, DEMO_QUEUE, enqueue_demo, sweep_demos
from offangle.flows.recorded.reanalyse import reanalyse
from offangle.flows.recorded.tables import BuildTables, MatchTables, TableGoneError
from offangle.frames.collection import MatchFrames
from offangle.jobs.engine import JobEngine
from offangle.jobs.kinds import JobKind, JobRequest, JsonValue, Step, StepContext

NOW = timedelta(0)
OLD_VERSION = "3-awpy3.0-demoparser0.41"


@pytest.fixture
def working(installation: Installation) -> Installation:
    installation.work()
    return installation


@pytest.fixture
def published(working: Installation, owner: User, tmp_path: Path) -> Demo:
    """A match that went all the way."""
    demo = working.bring(owner, write_match(tmp_path / "match.zip"))
    demo = working.wait_for(demo.sha256)
    working.wait_for_job(demo.job_id, "done")
    return demo


def keys_of(build: Build) -> set[str]:
    tables = BuildTables(services().store, build)
    return {place_of(build).key(name, kind) for name, kind in tables.kinds.items()}


def stored_tables(installation: Installation) -> set[str]:
    return {info.key for prefix in ("frames", "derived") for info in installation.services.store.list(prefix)}


def run_again(installation: Installation, demo: Demo, end: str = "done") -> None:
    assert reanalyse(services().jobs, force=True) == 1
    installation.wait_for_job(demo.job_id, end)


def test_a_match_analysed_again_moves_to_a_new_build_and_leaves_the_old_one_to_its_readers(
    working: Installation, published: Demo
) -> None:
    old_match = match_of(published.sha256)
    old, old_tables = Build.objects.get(), MatchTables(services().store, old_match)
    kills = old_tables.read("kills")
    run_again(working, published)
    new = match_of(published.sha256).build
    assert new is not None
    assert new.name != old.name
    assert old_tables.read("kills").equals(kills), "who opened the old build reads on"
    assert MatchTables(services().store, match_of(published.sha256)).read("kills").equals(kills)
    assert stored_tables(working) == keys_of(old) | keys_of(new)

    assert collect_builds(services()) == 0, "too young"
    assert collect_builds(services(), grace=NOW) == 1
    assert stored_tables(working) == keys_of(new)
    assert list(Build.objects.all()) == [new]
    with pytest.raises(TableGoneError):
        old_tables.read("kills")


def test_an_analysis_that_fails_leaves_the_published_match_as_it_was(
    working: Installation, published: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_frames: object) -> None:
        raise BadInputError("no such luck")

    before = match_of(published.sha256)
    with monkeypatch.context() as patched:
        patched.setattr(analyse, "derive", fail)
        run_again(working, published, "dead")
    published.refresh_from_db()
    assert (published.state, published.failure) == (Demo.State.PUBLISHED, "no such luck")
    assert published.failure_is_permanent
    match = match_of(published.sha256)
    assert match.build == before.build
    assert all(
        MatchTables(services().store, match).read(name) is not None
        for name in MatchTables(services().store, match).names
    )
    assert Build.objects.count() == 2
    assert collect_builds(services()) == 0, "its job may be retried"
    assert collect_builds(services(), grace=NOW) == 1
    assert match.build is not None
    assert stored_tables(working) == keys_of(match.build)
    run_again(working, published)
    published.refresh_from_db()
    assert (published.state, published.failure) == (Demo.State.PUBLISHED, "")


def test_a_build_whose_job_is_under_way_is_kept_however_old(
    installation: Installation, owner: User, tmp_path: Path
) -> None:
    demo = installation.bring(owner, write_match(tmp_path / "match.zip"))
    demo.refresh_from_db()
    begin_build(demo.sha256, demo.job_id, "de_mirage", ["kills"])
    assert collect_builds(services(), grace=NOW) == 0
    installation.services.jobs.cancel(demo.job_id)
    assert collect_builds(services(), grace=NOW) == 1
    assert not Build.objects.exists()


def test_another_try_of_the_same_job_gives_the_first_ones_build_up(
    installation: Installation, owner: User, tmp_path: Path
) -> None:
    demo = installation.bring(owner, write_match(tmp_path / "match.zip"))
    first = begin_build(demo.sha256, "job", "de_mirage", ["kills"])
    second = begin_build(demo.sha256, "job", "de_mirage", ["kills"])
    other = begin_build(demo.sha256, "another", "de_mirage", ["kills"])
    with pytest.raises(BuildGoneError):
        publish.publish(services().store, demo.sha256, Done(first))
    assert list(Build.objects.filter(retired_at=None).order_by("pk")) == [second, other]


class Done:
    """The context of a step whose job has made a build."""

    job_id = "by hand"
    attempt = 1
    is_cancelled = False

    def __init__(self, build: Build) -> None:
        self.results: dict[str, JsonValue] = {"build": {"build": build.pk}}

    def check_cancelled(self) -> None:
        """Nobody cancels."""

    def progress(self, stage: str, fraction: float, message: str = "") -> None:
        """Nobody looks."""


def copy_of(build: Build, job_id: str) -> Build:
    """Another build with the same tables."""
    copied = begin_build(build.demo_id, job_id, build.partition, build.tables)
    store = services().store
    for name, kind in BuildTables(store, build).kinds.items():
        store.put_bytes(place_of(copied).key(name, kind), store.get_bytes(place_of(build).key(name, kind)))
    return copied


def test_a_worker_that_slept_does_not_bring_an_older_build_back(published: Demo) -> None:
    made = Build.objects.get()
    older, newer = copy_of(made, "slept"), copy_of(made, "awake")
    publish.publish(services().store, published.sha256, Done(newer))
    publish.publish(services().store, published.sha256, Done(older))
    assert match_of(published.sha256).build == newer
    older.refresh_from_db()
    assert older.published_at is None


def test_publishing_the_same_build_twice_is_publishing_it_once(published: Demo) -> None:
    before = list(Match.objects.get().rounds.values_list("pk", flat=True))
    publish.publish(services().store, published.sha256, Done(Build.objects.get()))
    assert list(Match.objects.get().rounds.values_list("pk", flat=True)) == before
    assert Notification.objects.count() == 1


def write_late(build: Build, before: Callable[[], object]) -> None:
    with writing(services().store, build):
        before()
        services().store.put_bytes(place_of(build).key("kills"), b"late")


def test_who_writes_under_a_build_that_was_given_up_takes_it_back(working: Installation, published: Demo) -> None:
    build = begin_build(published.sha256, "nobody's", "de_mirage", ["kills"])
    with pytest.raises(BuildGoneError):
        write_late(build, lambda: collect_builds(services(), grace=NOW))
    assert stored_tables(working) == keys_of(Build.objects.get())


def test_an_analysis_whose_build_is_removed_meanwhile_ends_with_that_reason(
    working: Installation, published: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = copy_of(Build.objects.get(), "nobody's")

    def removed_meanwhile(frames: MatchFrames) -> Analysis:
        collect_builds(working.services, grace=NOW)
        return derive(frames)

    monkeypatch.setattr(analyse, "derive", removed_meanwhile)
    with pytest.raises(BuildGoneError):
        analyse.analyse(working.services, published.sha256, Done(build))
    assert stored_tables(working) == keys_of(Build.objects.get())


def test_who_writes_while_the_file_is_deleted_leaves_nothing(
    working: Installation, published: Demo, owner: User
) -> None:
    build = begin_build(published.sha256, "nobody's", "de_mirage", ["kills"])
    with pytest.raises(DeletedError):
        write_late(build, lambda: delete_match(services(), owner, match_of(published.sha256).pk))
    assert working.services.store.list() == []


def test_deleting_a_match_removes_all_of_its_builds(working: Installation, published: Demo, owner: User) -> None:
    run_again(working, published)
    copy_of(Build.objects.latest("pk"), "unfinished")
    assert Build.objects.count() == 3
    delete_match(services(), owner, match_of(published.sha256).pk)
    assert not Build.objects.exists()
    assert working.services.store.list() == []


def test_a_file_brought_again_in_the_middle_of_its_deletion_has_no_build_that_counts(
    working: Installation, published: Demo, owner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(delete, "_finish_now_or_later", lambda _services, _sha256: True)
        delete_match(services(), owner, match_of(published.sha256).pk)
    working.bring(owner, tmp_path / "match.zip")
    assert working.wait_for(published.sha256).state == Demo.State.PUBLISHED
    working.wait_for_job(published.job_id, "done")
    collect_builds(services(), grace=NOW)
    build = match_of(published.sha256).build
    assert build is not None
    assert stored_tables(working) == keys_of(build)


def test_a_build_that_counts_cannot_be_removed(published: Demo) -> None:
    del published
    with pytest.raises(ProtectedError):
        Build.objects.get().delete()


def test_tables_that_no_build_knows_are_swept(working: Installation, published: Demo) -> None:
    match_id = match_of(published.sha256).pk
    kept = stored_tables(working)
    for key in (
        f"frames/kills/map=de_mirage/{match_id}-0123456789abcdef.parquet",
        f"derived/checks/map=de_mirage/{match_id}.parquet",
        f"parsed/{published.sha256}/3-old/kills.parquet",
    ):
        working.services.store.put_bytes(key, b"left behind")
    collect_garbage(services())
    assert len(stored_tables(working)) == len(kept) + 2, "too young"
    collect_garbage(services(), older_than=NOW)
    assert stored_tables(working) == kept
    assert working.services.store.list("parsed") == []


def test_a_job_that_an_older_version_asked_for_hands_its_file_over(
    installation: Installation, owner: User, tmp_path: Path
) -> None:
    demo = installation.bring(owner, write_match(tmp_path / "match.zip"))
    installation.services.jobs.cancel(job_of(demo))
    installation.services.jobs.forget(job_of(demo))
    old = installation.services.jobs.enqueue(JobRequest(DEMO_KIND, demo.sha256, OLD_VERSION, queue=DEMO_QUEUE))
    Demo.objects.update(state=Demo.State.QUEUED, job_id=old.job_id)
    installation.work()
    assert installation.wait_for(demo.sha256).state == Demo.State.PUBLISHED
    installation.wait_for_job(old.job_id, "done")
    installation.wait_for_job(job_of(demo), "done")
    assert job_of(demo) != old.job_id
    assert Build.objects.count() == Notification.objects.count() == 1


def job_of(demo: Demo) -> str:
    demo.refresh_from_db()
    return demo.job_id


@pytest.fixture
def half_done_by_an_older_version(installation: Installation, owner: User, tmp_path: Path) -> Demo:
    """A file whose job stopped behind the first of steps that there are no more."""
    demo = installation.bring(owner, write_match(tmp_path / "match.zip"))
    installation.services.jobs.cancel(job_of(demo))
    installation.services.jobs.forget(job_of(demo))

    def nothing(_subject: str, _context: StepContext) -> JsonValue:
        return None

    def wait(_subject: str, context: StepContext) -> JsonValue:
        while True:
            context.check_cancelled()

    old_kind = JobKind(DEMO_KIND, (Step("parse", nothing), Step("check", wait)), queue=DEMO_QUEUE)
    old = installation.services.jobs.enqueue(old_kind.request(demo.sha256, version=OLD_VERSION))
    Demo.objects.update(state=Demo.State.PROCESSING, job_id=old.job_id)
    worker = JobEngine(quick_jobs(installation.settings)).worker([old_kind])
    worker.start()
    try:
        installation.wait_for_stage(old.job_id, "check")
    finally:
        worker.stop()
    demo.refresh_from_db()
    return demo


def test_a_job_half_done_by_steps_that_are_no_more_is_begun_anew(
    half_done_by_an_older_version: Demo, installation: Installation
) -> None:
    demo = half_done_by_an_older_version
    old_job = demo.job_id
    Demo.objects.update(stored_at=demo.stored_at - timedelta(minutes=5))  # old enough for the sweep
    installation.work()
    installation.wait_for_job(old_job, "dead")
    assert installation.wait_for(demo.sha256).state == Demo.State.PUBLISHED
    installation.wait_for_job(job_of(demo), "done")
    assert job_of(demo) != old_job
    assert Build.objects.count() == 1


def test_a_dead_job_of_this_version_is_not_begun_anew(installation: Installation, owner: User, tmp_path: Path) -> None:
    path = tmp_path / "broken.dem"
    path.write_bytes(b"PBDEMS2\0" + bytes(5000))
    demo = installation.bring(owner, path)
    installation.work()
    installation.wait_for(demo.sha256, Demo.State.FAILED)
    installation.wait_for_job(job_of(demo), "dead")
    Demo.objects.update(state=Demo.State.PROCESSING, stored_at=demo.stored_at - timedelta(minutes=5))
    assert list(sweep_demos(services().jobs)) == []
    demo.refresh_from_db()
    assert demo.state == Demo.State.FAILED
    assert demo.failure


def test_asking_again_for_a_published_match_clears_an_old_failure(published: Demo) -> None:
    Demo.objects.update(failure="it went wrong")
    enqueue_demo(services().jobs, published.sha256, again=True)
    assert Demo.objects.get().failure == ""


def test_tables_are_named_by_the_build_alone(published: Demo) -> None:
    match = match_of(published.sha256)
    tables = MatchTables(services().store, match)
    assert "kills" in tables
    assert tables.find("nothing_of_the_kind") is None
    with pytest.raises(NotFoundError, match="no table"):
        tables.read("nothing_of_the_kind")
    with pytest.raises(NotFoundError, match="no table"):
        tables.link("../../secret", expires_s=60)
    assert MatchTables(services().store, Match(pk=match.pk)).names == [], "a live match has none"


def test_an_export_takes_the_build_of_its_own_moment(working: Installation, published: Demo, tmp_path: Path) -> None:
    listed_before = match_of(published.sha256)
    run_again(working, published)
    collect_builds(working.services, grace=NOW)
    store = working.services.store
    paths = export_match(store, listed_before, tmp_path / "out")
    assert {path.stem for path in paths} == set(MatchTables(store, match_of(published.sha256)).names)
    Match.objects.all().delete()
    with pytest.raises(NotFoundError, match="deleted meanwhile"):
        export_match(store, listed_before, tmp_path / "out")
