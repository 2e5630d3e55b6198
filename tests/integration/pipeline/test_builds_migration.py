"""Matches that were published before builds: readable after the update, moved to a build when analysed again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from makers.house import services
from makers.installation import Installation, match_of, write_match
from makers.synthetic import make_match
from offangle.db.models import Build, Demo, Match, User
from offangle.flows.recorded.builds import collect_builds
from offangle.flows.recorded.delete import delete_match
from offangle.flows.recorded.garbage import collect_garbage
from offangle.flows.recorded.identity import match_id_of
from offangle.flows.recorded.reanalyse import reanalyse
from offangle.flows.recorded.tables import MatchTables

BEFORE = ("db", "0009_promoted_metrics")
OLD_VERSION = "3-awpy3.0-demoparser0.41"
WORKSHOP = "workshop/3070/de_Foo"
NOW = timedelta(0)


@pytest.fixture
def before_builds(installation: Installation) -> Iterator[Any]:
    """The models as they were, on the database as it was; it is brought up to date again whatever the test does."""
    del installation
    executor = MigrationExecutor(connection)
    executor.migrate([BEFORE])
    try:
        yield executor.loader.project_state([BEFORE]).apps
    finally:
        update()


def update() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def publish_as_before(models: Any, sha256: str, map_name: str) -> None:
    """The row of a published match, with its analysis."""
    demo = models.get_model("db", "Demo").objects.get(pk=sha256)
    match = models.get_model("db", "Match").objects.create(
        pk=match_id_of(sha256),
        demo=demo,
        source="demo",
        map_name=map_name,
        published_at=timezone.now(),
        tick_rate=64.0,
        pipeline_version=OLD_VERSION,
    )
    analysis = models.get_model("db", "Analysis")
    analysis.objects.create(
        match=match, pipeline_version=OLD_VERSION, parsers=[], checks=[], tables=["kills", "checks"]
    )


def write_as_before(match_id: object, partition: str) -> set[str]:
    kills = make_match(seed=1)["kills"].head(3)
    keys = {f"{prefix}/map={partition}/{match_id}.parquet" for prefix in ("frames/kills", "derived/checks")}
    for key in keys:
        path = services().work_dir / "kills.parquet"
        kills.write_parquet(path)
        services().store.put_file(key, path)
        path.unlink()
    return keys


@pytest.fixture
def old_match(before_builds: Any, installation: Installation, owner_before: Any, tmp_path: Path) -> str:
    """A match of an older version, after the update."""
    sha256 = stored_file(before_builds, installation, owner_before, write_match(tmp_path / "match.zip"))
    publish_as_before(before_builds, sha256, WORKSHOP)
    write_as_before(match_id_of(sha256), "workshop_3070_de_foo")
    models = before_builds.get_model("db", "Match").objects
    models.create(source="gsi", map_name="de_nuke", published_at=timezone.now(), tick_rate=64.0, pipeline_version="1")
    update()
    return sha256


@pytest.fixture
def owner_before(before_builds: Any) -> Any:
    return before_builds.get_model("db", "User").objects.create(username="owner", is_superuser=True)


def stored_file(models: Any, installation: Installation, owner: Any, path: Path) -> str:
    (file,) = installation.services.intake.take_file(path).files
    demo = models.get_model("db", "Demo").objects.create(
        sha256=file.sha256,
        kind=file.kind,
        object_key=file.key,
        size_bytes=file.size_bytes,
        stored_bytes=file.stored_size_bytes,
        original_name=file.original_name,
        state="published",
        pipeline_version=OLD_VERSION,
    )
    record = models.get_model("db", "ImportRecord")
    record.objects.create(user=owner, source="upload", original_name=file.original_name, demo=demo)
    return str(file.sha256)


def test_the_tables_of_an_older_version_are_read_until_the_match_is_analysed_again(
    old_match: str, installation: Installation
) -> None:
    match = match_of(old_match)
    assert match.build is not None
    assert (match.build.name, match.build.pipeline_version) == ("", OLD_VERSION)
    assert MatchTables(services().store, match).names == ["checks", "kills"]
    assert MatchTables(services().store, match).read("kills").height == 3
    assert MatchTables(services().store, match).read("checks").height == 3
    assert Match.objects.get(demo=None).build is None, "a live match has none"
    collect_builds(services(), grace=NOW)
    collect_garbage(services(), older_than=NOW)
    assert MatchTables(services().store, match).read("kills").height == 3, "it counts, so nobody removes it"

    installation.work()
    assert reanalyse(services().jobs) == 1
    installation.wait_for_job(Demo.objects.get().job_id, "done")
    new = match_of(old_match)
    assert new.build is not None
    assert new.build.name
    assert MatchTables(services().store, new).read("kills").height > 3
    assert MatchTables(services().store, match).read("kills").height == 3, "who opened it reads on"
    assert collect_builds(services(), grace=NOW) == 1
    assert list(Build.objects.all()) == [new.build]
    stored = [info.key for prefix in ("frames", "derived") for info in installation.services.store.list(prefix)]
    assert all(key.endswith(f"-{new.build.name}.parquet") for key in stored)
    assert len(stored) == len(MatchTables(services().store, new).names)


def test_a_match_of_an_older_version_is_deleted_with_its_tables(old_match: str, installation: Installation) -> None:
    assert delete_match(services(), User.objects.get(), match_of(old_match).pk)
    assert installation.services.store.list() == []
    assert not Build.objects.exists()


def test_an_installation_without_matches_is_updated(before_builds: Any) -> None:
    assert not before_builds.get_model("db", "Match").objects.exists()
    update()
    assert not Build.objects.exists()
