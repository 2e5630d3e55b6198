"""A worker dies in the middle of each step: the match is published all the same, once and whole."""

from datetime import timedelta
from pathlib import Path

import pytest

from makers.house import services
from makers.installation import Installation, match_of, write_match
from makers.waiting import until
from offangle.db.models import Analysis, Demo, Match, Notification, Observation, User
from offangle.flows.recorded.builds import collect_builds
from offangle.flows.recorded.delete import delete_demo, sweep_deletions
from offangle.flows.recorded.tables import MatchTables

POINTS = (
    "build:write",
    "build:after",
    "analyse:write",
    "analyse:after",
    "publish:commit",
    "publish:committed",
    "notify:after",
)


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_in_a_step_publishes_once(
    point: str, installation: Installation, owner: User, tmp_path: Path
) -> None:
    victim = installation.start_worker("--hold", point)
    demo = installation.bring(owner, write_match(tmp_path / "match.zip"))
    installation.wait_until_held(victim)
    installation.kill(victim)
    installation.work()
    assert installation.wait_for(demo.sha256).state == Demo.State.PUBLISHED
    demo.refresh_from_db()
    installation.wait_for_job(demo.job_id, "done")

    match = match_of(demo.sha256)
    assert Match.objects.count() == Analysis.objects.count() == Observation.objects.count() == 1
    assert Notification.objects.count() == 1
    assert (match.rounds.count(), match.player_stats.count(), match.player_round_states.count()) == (21, 30, 210)
    collect_builds(services(), grace=timedelta(0))
    kept = installation.objects_of(demo.sha256)
    assert len([key for key in kept if key.startswith(("frames/", "derived/"))]) == len(
        MatchTables(services().store, match).names
    )


def test_a_file_deleted_while_a_worker_writes_its_tables_leaves_nothing(
    installation: Installation, owner: User, tmp_path: Path
) -> None:
    victim = installation.start_worker("--hold", "build:write")
    demo = installation.bring(owner, write_match(tmp_path / "match.zip"))
    installation.wait_until_held(victim)
    assert delete_demo(services(), owner, demo.sha256)
    (installation.folder / "release").touch()
    until(is_swept, what="the deletion ends")
    until(lambda: installation.objects_of(demo.sha256) == [], what="the objects are gone")
    assert Match.objects.count() == 0
    assert installation.services.jobs.find(demo.job_id) is None


def is_swept() -> bool:
    sweep_deletions(services())
    return not Demo.objects.exists()
