"""Workers die at random acts of every kind of job: all is published once and whole, and nothing is left lying about.

OFFANGLE_TEST_KILLS says how many, OFFANGLE_TEST_KILLS_SEED where; the default is what a test run can spare.
"""

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from django.utils import timezone

from makers import sample_script
from makers.house import install, services
from makers.installation import Installation, match_of
from makers.scripted_match import Script, write_script
from makers.synthetic import FIRST_ID, make_match, write_interchange_zip
from makers.waiting import until
from offangle.db.models import Analysis, Build, Demo, ImportRecord, Match, Notification, PlayerSummary, User
from offangle.flows.recorded.builds import collect_builds
from offangle.flows.recorded.delete import delete_demo, sweep_deletions
from offangle.flows.recorded.queueing import enqueue_demo
from offangle.flows.recorded.tables import MatchTables
from offangle.flows.samples.sample import ask_sample, sample_request
from offangle.flows.services import Sample
from offangle.flows.summaries.summary import ask_summary, summary_request

KILLS: Final = int(os.environ.get("OFFANGLE_TEST_KILLS", "4"))
SEED: Final = os.environ.get("OFFANGLE_TEST_KILLS_SEED", "")
SMALL: Final = {"score": (3, 1), "half_rounds": 2, "samples": False}
PATIENCE_S: Final = 120.0
IN_A_ROW: Final = 2
"""Deaths before a worker may finish: a job during whose same step three workers died is given up on purpose."""


@dataclass
class Scene:
    """One installation, whose worker dies again and again.

    Attributes:
        installation: The installation.
        owner: Who asks for everything.
        folder: For the files.
        files: Hashes of the files that are there to stay.
    """

    installation: Installation
    owner: User
    folder: Path
    files: list[str] = field(default_factory=list)

    def import_file(self) -> str:
        """A new match. Returns the job's id."""
        path = self.folder / "match.zip"
        write_interchange_zip(path, make_match(seed=1000 + len(self.files), **SMALL))  # type: ignore[arg-type]
        demo = self.installation.bring(self.owner, path)
        self.files.append(demo.sha256)
        return job_of(demo.sha256)

    def analyse_again(self) -> str:
        """The latest of the matches, once more."""
        if not self.files:
            return self.import_file()
        return enqueue_demo(services().jobs, self.files[-1], again=True)

    def simulate(self) -> str:
        """A sample, whose file then goes the way of an upload."""
        return sample_request(ask_sample(services(), self.owner).pk).job_id

    def summarise(self) -> str:
        """A player over all matches."""
        if not self.files:
            return self.import_file()
        return summary_request(ask_summary(services().jobs, self.owner, FIRST_ID).pk).job_id

    def check(self) -> None:
        """Everything is done, once, and nothing else is there."""
        until(self.is_quiet, timeout_s=PATIENCE_S, what=f"all is done: {self.installation.logs()}")
        samples = list(ImportRecord.objects.filter(source="sample").values_list("demo_id", flat=True))
        demos = [*self.files, *samples]
        assert {demo.sha256: demo.state for demo in Demo.objects.all()} == dict.fromkeys(demos, Demo.State.PUBLISHED)
        matches = [match_of(sha256) for sha256 in demos]
        assert Match.objects.count() == Analysis.objects.count() == len(demos)
        assert Notification.objects.filter(kind="match_published").count() == len(demos)
        collect_builds(services(), grace=timedelta(0))
        assert Build.objects.count() == len(demos)
        kept = {info.key for info in self.installation.services.store.list()}
        tables = {
            tables._place(name).key(name, kind)
            for tables in (MatchTables(services().store, match) for match in matches)
            for name, kind in tables.kinds.items()
        }
        assert kept == tables | {demo.object_key for demo in Demo.objects.all()}, "nothing is lost, nothing left"
        assert not PlayerSummary.objects.filter(document=None).exists()
        for sha256 in samples:
            delete_demo(services(), self.owner, sha256)  # the next one is simulated anew
        until(self.has_no_sample, what="the sample is gone")

    def has_no_sample(self) -> bool:
        """Whether the samples are deleted; what was interrupted goes on here."""
        sweep_deletions(services())
        return Demo.objects.count() == len(self.files)

    def is_quiet(self) -> bool:
        """Whether no file and no record waits, and no job is under way."""
        waiting = Demo.objects.exclude(state__in=(Demo.State.PUBLISHED, Demo.State.FAILED)).exists()
        wanting = ImportRecord.objects.filter(demo=None, error="").exists()
        return not waiting and not wanting and not self.installation.services.jobs.list_jobs(state=OPEN).jobs

    def kill_at(self, number: int, chance: random.Random) -> str:
        """Ask for something of a worker that dies at some act of it. Returns what was asked, and where it died."""
        ask, acts = KINDS[number % len(KINDS)]
        die_at = chance.randint(1, acts)
        told = f"kill {number}: {ask.__name__} at act {die_at}"
        victim = self.installation.start_worker("--sample-seed", str(sample_script.GOOD), "--die-at", str(die_at))
        job_id, jobs = ask(self), self.installation.services.jobs
        until(
            lambda: victim.poll() is not None or jobs.job(job_id).is_final,
            timeout_s=PATIENCE_S,
            what=f"{told}: {self.installation.logs()}",
        )
        self.installation.kill(victim)
        return told


OPEN: Final = ("queued", "running", "retrying")
KINDS: Final[tuple[tuple[Callable[[Scene], str], int], ...]] = (
    (Scene.import_file, 260),
    (Scene.analyse_again, 260),
    (Scene.simulate, 120),
    (Scene.summarise, 40),
)
"""What is asked, and about how many acts it takes: some of the deaths come behind all of them."""


def job_of(sha256: str) -> str:
    return Demo.objects.get(pk=sha256).job_id


@pytest.fixture
def scene(installation: Installation, owner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    recording = tmp_path / "scripted.dem"
    write_script(recording, Script(rounds=2, inputs=False))
    orders = sample_script.give_orders(tmp_path / "orders", runs=tmp_path / "runs", recording=recording)
    installation.environment["PYTHONPATH"] = orders
    monkeypatch.setenv("PYTHONPATH", orders)
    install(replace(installation.services, sample=Sample(seed=sample_script.GOOD, module=sample_script.MODULE)))
    yield Scene(installation, owner, tmp_path)
    install(installation.services)


@pytest.mark.slow
def test_workers_killed_at_random_acts_publish_everything_once_and_leave_nothing(scene: Scene) -> None:
    chance = random.Random(SEED or timezone.now().isoformat())  # noqa: S311 -- chooses where to die
    for first in range(0, KILLS, IN_A_ROW):
        told = [scene.kill_at(number, chance) for number in range(first, min(first + IN_A_ROW, KILLS))]
        print(*told, sep="\n", flush=True)  # noqa: T201 -- for who asked for many
        scene.installation.work()
        try:
            scene.check()
        except AssertionError as error:
            raise AssertionError(f"{told}: {error}") from error
        finally:
            scene.installation.rest()
