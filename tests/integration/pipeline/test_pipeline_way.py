"""The way of a match file, from its bytes to its rows and out again: real store, real jobs, a real worker."""

import os
import zipfile
from pathlib import Path

import polars as pl
import pytest

from makers import killed_once
from makers.house import services
from makers.installation import TESTS, Installation, match_of, write_match
from makers.synthetic import make_match
from offangle.core.errors import NotAllowedError, NotFoundError
from offangle.db.models import (
    Analysis,
    Build,
    Demo,
    ImportRecord,
    Match,
    Notification,
    Observation,
    PlayerMatchStat,
    PlayerRoundState,
    PlayerWeapon,
    Round,
    User,
    Weapon,
)
from offangle.flows.recorded import notify
from offangle.flows.recorded import reanalyse as reanalyse_module
from offangle.flows.recorded.acquire import begin_import, import_path
from offangle.flows.recorded.delete import delete_demo, delete_match
from offangle.flows.recorded.export import export_match
from offangle.flows.recorded.identity import match_id_of
from offangle.flows.recorded.queueing import cancel_demo, retry_demo
from offangle.flows.recorded.tables import MatchTables
from offangle.flows.recorded.version import PIPELINE_VERSION
from offangle.jobs.kinds import JobFailure
from offangle.parsing import isolated


@pytest.fixture
def published(installation: Installation, owner: User, tmp_path: Path) -> Demo:
    """A match that went all the way."""
    demo = installation.bring(owner, write_match(tmp_path / "match.zip"))
    installation.work()
    return installation.wait_for(demo.sha256)


def test_a_match_is_published_as_it_was_played(installation: Installation, published: Demo, owner: User) -> None:
    truth = make_match(seed=1)
    assert published.state == Demo.State.PUBLISHED, published.failure
    match = match_of(published.sha256)
    assert (match.map_name, match.score_a, match.score_b, match.rounds_played) == ("de_mirage", 13, 8, 21)
    assert list(match.rounds.values_list("number", flat=True)) == list(range(1, 22))
    board = {row["steam_id"]: row for row in truth["scoreboard"].iter_rows(named=True)}
    stats = {row.steam_account_id: row for row in match.player_stats.filter(side="all")}
    assert stats.keys() == board.keys()
    for steam_id, row in stats.items():
        expected = board[steam_id]
        assert (row.kills, row.deaths, row.damage) == (expected["kills"], expected["deaths"], expected["damage"])
        assert row.metrics["kills"] == row.kills
    assert match.player_stats.count() == 30
    assert match.player_round_states.count() == 210
    assert Observation.objects.get(match=match).user == owner
    assert match.analysis.pipeline_version == match.pipeline_version == published.pipeline_version == PIPELINE_VERSION
    assert {"kills", "player_stats"} <= set(MatchTables(services().store, match).names)
    assert match.checks_failed == sum(check["ok"] is False for check in match.analysis.checks)
    installation.wait_for_job(published.job_id, "done")
    assert Notification.objects.get(user=owner).subject == str(match.pk)


def test_weapons_of_a_player_add_up_to_the_player(published: Demo) -> None:
    match = match_of(published.sha256)
    for state in match.player_round_states.prefetch_related("weapons"):
        uses = list(state.weapons.all())
        assert sum(use.kills for use in uses) == state.kills
        assert sum(use.headshot_kills for use in uses) == state.headshot_kills
        assert sum(use.damage for use in uses) == state.damage
    assert set(PlayerWeapon.objects.values_list("weapon_id", flat=True)) <= set(
        Weapon.objects.values_list("pk", flat=True)
    )


def test_nothing_waits_in_the_store_once_a_match_is_published(installation: Installation, published: Demo) -> None:
    installation.wait_for_job(published.job_id, "done")
    kept = installation.objects_of(published.sha256)
    assert f"matches/{published.sha256}.zip" in kept
    build = Build.objects.get()
    assert f"frames/kills/map=de_mirage/{match_id_of(published.sha256)}-{build.name}.parquet" in kept
    assert f"derived/player_stats/map=de_mirage/{match_id_of(published.sha256)}-{build.name}.parquet" in kept


def test_the_same_bytes_again_link_to_the_match(
    installation: Installation, published: Demo, friend: User, tmp_path: Path
) -> None:
    installation.wait_for_job(published.job_id, "done")
    before = match_of(published.sha256)
    copy = tmp_path / "the same under another name.zip"
    copy.write_bytes((tmp_path / "match.zip").read_bytes())
    (record,) = import_path(services(), friend, copy, ImportRecord.Source.API).records
    assert record.is_duplicate
    assert record.demo == published
    assert Demo.objects.count() == 1
    assert Match.objects.get().published_at == before.published_at
    assert Observation.objects.filter(user=friend, match=before).exists()
    jobs = installation.services.jobs.list_jobs(limit=500).jobs
    assert [job.state for job in jobs if job.subject == published.sha256] == ["done"]


def test_an_upload_in_pieces_is_the_same_file(installation: Installation, owner: User, tmp_path: Path) -> None:
    data = write_match(tmp_path / "match.zip").read_bytes()
    with begin_import(services(), owner, "C:\\games\\match.zip", ImportRecord.Source.UPLOAD) as session:
        for start in range(0, len(data), 10_000):
            session.write(data[start : start + 10_000])
        (record,) = session.finish().accepted
    assert record.original_name == "match.zip"
    assert record.demo is not None
    record.demo.refresh_from_db()
    assert record.demo.state == Demo.State.QUEUED
    assert installation.services.jobs.job(record.demo.job_id).state == "queued"


def test_a_refused_file_leaves_its_reason(installation: Installation, owner: User, tmp_path: Path) -> None:
    path = tmp_path / "holiday.dem"
    path.write_bytes(b"no demo at all")
    outcome = import_path(services(), owner, path, ImportRecord.Source.UPLOAD)
    assert outcome.accepted == ()
    record = ImportRecord.objects.get()
    assert record == outcome.refused[0]
    assert "Not a CS2 demo" in record.error
    assert record.error_hint
    assert Demo.objects.count() == 0
    assert installation.services.store.list() == []


def test_an_unreadable_file_fails_with_a_reason_and_is_kept(
    installation: Installation, owner: User, tmp_path: Path
) -> None:
    path = tmp_path / "broken.dem"
    path.write_bytes(b"PBDEMS2\0" + bytes(5000))
    demo = installation.bring(owner, path)
    installation.work()
    failed = installation.wait_for(demo.sha256)
    assert failed.state == Demo.State.FAILED
    assert failed.failure
    assert failed.failure_is_permanent
    assert installation.services.store.exists(failed.object_key)
    installation.wait_for_job(failed.job_id, "dead")
    assert Notification.objects.get(user=owner).kind == Notification.Kind.IMPORT_FAILED
    (again,) = import_path(services(), owner, path, ImportRecord.Source.CLI).records
    assert again.is_duplicate
    assert installation.services.jobs.job(failed.job_id).state == "dead", "the same version would fail the same way"


@pytest.mark.parametrize("permanent", [True, False])
def test_whether_a_failure_is_permanent_is_what_the_error_said_not_what_its_class_usually_is(
    installation: Installation, owner: User, tmp_path: Path, *, permanent: bool
) -> None:
    demo = installation.bring(owner, write_match(tmp_path / "match.zip"))
    notify.fail(demo.sha256, JobFailure("ParserCrashError", "killed", "", "parse", "", permanent=permanent))
    demo.refresh_from_db()
    assert (demo.state, demo.failure_is_permanent) == (Demo.State.FAILED, permanent)


def test_a_parser_that_the_system_killed_once_is_tried_again(
    installation: Installation, owner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "modules" / killed_once.FOLDER).mkdir(parents=True)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), str(tmp_path / "modules")]))
    monkeypatch.setattr(isolated, "WORKER_MODULES", {"match_zip": "makers.killed_once"})
    demo = installation.bring(owner, write_match(tmp_path / "match.zip"))
    installation.work()
    published = installation.wait_for(demo.sha256)
    assert (tmp_path / "modules" / killed_once.FOLDER / "died").exists()
    assert (published.state, published.failure) == (Demo.State.PUBLISHED, "")


def test_a_row_that_was_never_queued_is_swept(installation: Installation, owner: User, tmp_path: Path) -> None:
    demo = installation.bring(owner, write_match(tmp_path / "match.zip"))
    installation.services.jobs.cancel(demo_job(demo))
    installation.services.jobs.forget(demo_job(demo))
    hour_ago = demo.stored_at.replace(year=demo.stored_at.year - 1)
    Demo.objects.update(state=Demo.State.STORED, job_id="", stored_at=hour_ago)
    installation.work()
    assert installation.wait_for(demo.sha256).state == Demo.State.PUBLISHED


def demo_job(demo: Demo) -> str:
    demo.refresh_from_db()
    return demo.job_id


def test_a_newer_pipeline_runs_every_match_again(installation: Installation, published: Demo) -> None:
    installation.wait_for_job(published.job_id, "done")
    first = match_of(published.sha256)
    assert reanalyse_module.reanalyse(services().jobs) == 0
    Demo.objects.update(pipeline_version="0-older")
    Match.objects.update(pipeline_version="0-older", score_a=99)
    PlayerMatchStat.objects.all().delete()
    installation.services.jobs.forget(published.job_id)
    assert reanalyse_module.reanalyse(services().jobs) == 1
    installation.wait_for_job(published.job_id, "done")
    second = match_of(published.sha256)
    assert second.pk == first.pk
    assert second.published_at == first.published_at
    assert (second.score_a, second.pipeline_version) == (13, PIPELINE_VERSION)
    assert second.player_stats.count() == 30
    assert Notification.objects.count() == 1
    assert reanalyse_module.reanalyse(services().jobs) == 0
    assert reanalyse_module.reanalyse(services().jobs, force=True) == 1


def test_deleting_a_match_leaves_nothing(installation: Installation, published: Demo, owner: User) -> None:
    installation.wait_for_job(published.job_id, "done")
    assert delete_match(services(), owner, match_id_of(published.sha256))
    for model in (Build, Demo, Match, Round, PlayerMatchStat, PlayerRoundState, PlayerWeapon, Analysis, Observation):
        assert not model._default_manager.exists(), model
    assert ImportRecord.objects.count() == 0
    assert Notification.objects.count() == 0
    assert installation.services.store.list() == []
    assert installation.services.jobs.find(published.job_id) is None
    with pytest.raises(NotFoundError):
        delete_match(services(), owner, match_id_of(published.sha256))


def test_a_deleted_match_can_be_brought_again(
    installation: Installation, published: Demo, owner: User, tmp_path: Path
) -> None:
    installation.wait_for_job(published.job_id, "done")
    delete_match(services(), owner, match_id_of(published.sha256))
    demo = installation.bring(owner, tmp_path / "match.zip")
    assert installation.wait_for(demo.sha256).state == Demo.State.PUBLISHED


def test_one_of_two_owners_only_leaves(
    installation: Installation, published: Demo, owner: User, friend: User, tmp_path: Path
) -> None:
    installation.wait_for_job(published.job_id, "done")
    import_path(services(), friend, tmp_path / "match.zip", ImportRecord.Source.CLI)
    match_id = match_id_of(published.sha256)
    assert delete_match(services(), owner, match_id) is False
    assert list(Observation.objects.values_list("user", flat=True)) == [friend.pk]
    assert list(ImportRecord.objects.values_list("user", flat=True)) == [friend.pk]
    reanalyse_module.reanalyse(services().jobs, force=True)
    installation.wait_for_job(published.job_id, "done")
    assert list(Observation.objects.values_list("user", flat=True)) == [friend.pk], "a re-run must not bring it back"
    assert delete_match(services(), friend, match_id) is True
    assert installation.services.store.list() == []


def test_who_played_may_see_and_not_delete_and_strangers_learn_nothing(
    installation: Installation, published: Demo, friend: User
) -> None:
    del installation
    match = match_of(published.sha256)
    with pytest.raises(NotFoundError):
        delete_match(services(), friend, match.pk)
    account = match.player_stats.filter(side="all").first()
    assert account is not None
    account.steam_account.user = friend
    account.steam_account.save()
    with pytest.raises(NotAllowedError):
        delete_match(services(), friend, match.pk)
    with pytest.raises(NotFoundError):
        delete_demo(services(), friend, published.sha256)
    assert Match.objects.count() == 1


def test_a_cancelled_import_can_be_retried(installation: Installation, owner: User, tmp_path: Path) -> None:
    demo = installation.bring(owner, write_match(tmp_path / "match.zip"))
    assert cancel_demo(services().jobs, demo.sha256).state == "cancelled"
    demo.refresh_from_db()
    assert demo.state == Demo.State.FAILED
    assert "cancelled" in demo.failure
    retry_demo(services().jobs, demo.sha256)
    installation.work()
    assert installation.wait_for(demo.sha256).state == Demo.State.PUBLISHED


def test_tables_come_out_as_parquet_and_csv(published: Demo, tmp_path: Path) -> None:
    match = match_of(published.sha256)
    kills = MatchTables(services().store, match).read("kills")
    assert kills.height == make_match(seed=1)["kills"].height
    paths = export_match(services().store, match, tmp_path / "out", file_format="csv")
    assert {path.stem for path in paths} == set(MatchTables(services().store, match).names)
    read = pl.read_csv(tmp_path / "out" / "kills.csv")
    assert read["victim_steam_id"].to_list() == kills["victim_steam_id"].to_list()
    with pytest.raises(NotFoundError):
        MatchTables(services().store, match).read("../../secret")


def test_a_zip_of_demos_is_one_record_each(installation: Installation, owner: User, tmp_path: Path) -> None:
    del installation
    path = tmp_path / "series.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.dem", b"PBDEMS2\0" + bytes(100))
        archive.writestr("two.dem", b"PBDEMS2\0" + bytes(200))
        archive.writestr("three.dem", b"HL2DEMO\0" + bytes(200))
    outcome = import_path(services(), owner, path, ImportRecord.Source.CLI)
    assert sorted(record.original_name for record in outcome.accepted) == ["one.dem", "two.dem"]
    assert [record.original_name for record in outcome.refused] == ["three.dem"]
    assert Demo.objects.count() == 2
