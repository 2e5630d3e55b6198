"""A match is analysed again while people read it: every page and every answer is of one build.

OFFANGLE_TEST_REANALYSES says how often; the default is what a test run can spare.
"""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from makers.house import services
from makers.installation import Installation
from makers.reanalyses import open_study, signed_in
from offangle.db.models import Build, Match, User
from offangle.flows.recorded.builds import collect_builds
from offangle.flows.recorded.garbage import collect_garbage
from offangle.flows.recorded.tables import MatchTables

COUNT = int(os.environ.get("OFFANGLE_TEST_REANALYSES", "12"))
READERS = 4


@pytest.mark.slow
def test_readers_of_a_match_under_analysis_never_see_two_builds_in_one_answer(
    installation: Installation, owner: User, tmp_path: Path
) -> None:
    study = open_study(tmp_path / "tellings", owner)
    study.run(COUNT, [signed_in(owner) for _ in range(READERS)])
    assert not study.mixed, study.mixed[0]
    assert len({telling for _, telling in study.seen}) == 2, "both were seen"

    collect_builds(services(), grace=timedelta(0))
    collect_garbage(services(), older_than=timedelta(0))
    match = Match.objects.get()
    assert list(Build.objects.filter(retired_at=None, published_at__isnull=False)) == [match.build]
    stored = [info.key for prefix in ("frames", "derived") for info in installation.services.store.list(prefix)]
    assert len(stored) == len(MatchTables(services().store, match).names), "nothing is left of the others"
    print(f"{COUNT} analyses, {study.seen.total()} answers checked")  # noqa: T201 -- for who asked for many
