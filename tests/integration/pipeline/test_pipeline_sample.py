"""The sample: simulated in a process of its own, published like an upload, whoever asks and whatever dies."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from makers import sample_script
from makers.corpus import scripted
from makers.house import install, services
from makers.installation import Installation, match_of, write_match
from makers.rows import StepDone
from makers.scripted_match import Script
from makers.waiting import until
from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import Demo, ImportRecord, Match, Notification, Observation, User
from offangle.flows.recorded.delete import delete_match
from offangle.flows.recorded.tables import MatchTables
from offangle.flows.samples import sample
from offangle.flows.samples.sample import (
    ask_sample,
    cancel_sample,
    retry_sample,
    sample_of,
    sample_request,
    sweep_samples,
)
from offangle.flows.services import Sample
from offangle.jobs.client import JobClient

SMALL = Script(rounds=2, inputs=False)


@pytest.fixture(scope="session")
def recording() -> Path:
    return scripted(SMALL).path


class Samples:
    """The installation with a scripted simulator."""

    def __init__(self, installation: Installation, runs: Path) -> None:
        self.installation = installation
        self._runs = runs

    def play(self, seed: int = sample_script.GOOD) -> None:
        """What the simulator does from now on, for workers of this process."""
        chosen = Sample(seed=seed, module=sample_script.MODULE)
        install(replace(self.installation.services, sample=chosen))
        if self.installation.worker is not None:
            self.installation.work()

    @property
    def runs(self) -> list[int]:
        """Process ids of all simulations so far."""
        return [int(line) for line in self._runs.read_text().splitlines()] if self._runs.exists() else []

    def wait_for_file(self, record: ImportRecord) -> Demo:
        def came() -> Demo | None:
            return ImportRecord.objects.get(pk=record.pk).demo

        demo = until(came, timeout_s=60.0, what="the record has its file")
        assert demo is not None
        return demo

    def wait_for_end(self, record: ImportRecord, *states: str) -> None:
        self.installation.wait_for_job(sample_request(record.pk).job_id, *states)


@pytest.fixture
def samples(
    installation: Installation, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Samples]:
    runs = tmp_path / "runs"
    path = sample_script.give_orders(tmp_path / "orders", runs=runs, recording=recording)
    monkeypatch.setenv("PYTHONPATH", path)
    installation.environment["PYTHONPATH"] = path
    found = Samples(installation, runs)
    found.play()
    yield found
    install(installation.services)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:1]


def test_a_sample_goes_the_way_of_an_upload_and_is_marked(samples: Samples, owner: User, friend: User) -> None:
    samples.installation.work()
    record = ask_sample(services(), owner)
    assert (record.demo, record.error, sample.state_of(record)) == (None, "", "queued")
    assert ask_sample(services(), owner) == record
    assert ask_sample(services(), friend) != record
    demo = samples.wait_for_file(record)
    assert samples.installation.wait_for(demo.sha256).state == Demo.State.PUBLISHED
    match = match_of(demo.sha256)
    assert match.is_simulated
    assert str(match).endswith(" (simulated)")
    assert "ticks" in MatchTables(services().store, match)
    assert {each.source for each in ImportRecord.objects.all()} == {"sample"}
    assert ask_sample(services(), owner) == record, "there already"
    assert sample_of(owner) == record
    samples.wait_for_file(ask_sample(services(), friend))
    until(lambda: Observation.objects.count() == 2, what="both own it")
    assert len(samples.runs) == Demo.objects.count() == Match.objects.count() == 1
    until(lambda: Notification.objects.filter(user=owner).exists(), what="the owner is told")

    assert not delete_match(services(), owner, match.pk), "the friend still has it"
    assert sample_of(owner) is None
    again = ask_sample(services(), owner)
    assert samples.wait_for_file(again) == demo
    assert again != record
    assert len(samples.runs) == 1


@pytest.mark.parametrize("point", ["simulate:write", "accept:before", "accept:after"])
def test_a_worker_killed_in_a_step_leaves_one_sample(point: str, samples: Samples, owner: User) -> None:
    victim = samples.installation.start_worker("--sample-seed", str(sample_script.GOOD), "--hold", point)
    record = ask_sample(services(), owner)
    samples.installation.wait_until_held(victim)
    samples.installation.kill(victim)
    samples.installation.work()
    samples.wait_for_end(record, "done")
    demo = samples.wait_for_file(record)
    assert ImportRecord.objects.count() == Demo.objects.count() == 1
    assert len(samples.runs) == (2 if point.startswith("simulate:") else 1)
    assert demo.job_id
    assert [info.key for info in samples.installation.services.store.list("demos")] == [demo.object_key]


def test_a_simulation_dies_with_its_worker_and_another_worker_simulates(samples: Samples, owner: User) -> None:
    victim = samples.installation.start_worker("--sample-seed", str(sample_script.ENDLESS))
    record = ask_sample(services(), owner)
    until(lambda: samples.runs, timeout_s=60.0, what="it simulates")
    samples.installation.kill(victim)
    until(lambda: is_gone(samples.runs[0]), what="the simulation is gone")
    samples.installation.work()
    samples.wait_for_file(record)
    assert len(samples.runs) == 2


def test_while_it_simulates_a_worker_does_its_other_work(samples: Samples, owner: User, tmp_path: Path) -> None:
    samples.play(sample_script.ENDLESS)
    samples.installation.work()
    record = ask_sample(services(), owner)
    until(lambda: samples.runs, what="it simulates")
    demo = samples.installation.bring(owner, write_match(tmp_path / "match.zip"))
    assert samples.installation.wait_for(demo.sha256).state == Demo.State.PUBLISHED
    view = samples.installation.services.jobs.job(sample_request(record.pk).job_id)
    assert (view.state, view.stage) == ("running", sample.STAGE)
    assert 0 < view.fraction < 1

    assert cancel_sample(services().jobs, str(record.pk)).state == "cancelled"
    until(lambda: is_gone(samples.runs[0]), what="the simulation is gone")
    record.refresh_from_db()
    assert (record.error, sample.state_of(record)) == (sample.CANCELLED, "refused")
    assert sample_of(owner) is None

    samples.play()
    retry_sample(services().jobs, str(record.pk))
    samples.wait_for_file(record)


def test_a_simulator_that_dies_says_why_and_can_be_asked_again(samples: Samples, owner: User) -> None:
    samples.play(sample_script.BROKEN)
    samples.installation.work()
    record = ask_sample(services(), owner)
    samples.wait_for_end(record, "dead")
    record.refresh_from_db()
    assert "nobody foresaw this" in record.error
    news = Notification.objects.get(user=owner)
    assert (news.kind, news.subject) == ("import_failed", str(record.pk))
    assert Demo.objects.count() == 0

    samples.play()
    again = ask_sample(services(), owner)
    assert again != record
    with pytest.raises(BadInputError, match="another sample"):
        retry_sample(services().jobs, str(record.pk))
    samples.wait_for_file(again)


def test_a_record_whose_job_was_never_asked_for_is_swept_up(
    samples: Samples, owner: User, friend: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sample, "_enqueue", _nothing)
        record = ask_sample(services(), owner)
    assert list(sweep_samples(services().jobs)) == [], "its job may just be on its way"
    ended = ask_sample(services(), friend)
    samples.installation.services.jobs.cancel(sample_request(ended.pk).job_id)
    ImportRecord.objects.update(received_at=record.received_at - timedelta(minutes=5))
    assert list(sweep_samples(services().jobs)) == [sample_request(record.pk)]
    ended.refresh_from_db()
    assert ended.error == sample.CANCELLED
    samples.installation.work()
    samples.wait_for_file(record)


def test_a_file_that_is_gone_when_it_is_to_be_given_is_simulated_again(samples: Samples, owner: User) -> None:
    record = ask_sample(services(), owner)
    kept = sample.simulate(services(), str(record.pk), StepDone({}))
    assert isinstance(kept, dict)
    samples.installation.services.store.delete(str(kept["key"]))
    sample.accept(services(), str(record.pk), StepDone({"simulate": kept}))
    sample.accept(services(), str(record.pk), StepDone({"simulate": kept}))
    assert len(samples.runs) == 2
    assert samples.installation.services.store.exists(samples.wait_for_file(record).object_key)
    assert Demo.objects.count() == 1


def test_nobody_waits_for_the_sample_of_an_account_that_is_gone(samples: Samples, friend: User) -> None:
    record = ask_sample(services(), friend)
    friend.delete()
    with pytest.raises(NotFoundError):
        sample.simulate(services(), str(record.pk), StepDone({}))
    assert samples.runs == []


def _nothing(_jobs: JobClient, _record: ImportRecord) -> None:
    """A process that dies here."""
