"""What the job engine promises when workers leave, die or sleep, and what it does by the clock."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from makers.job_bench import Gate, JobBench, kind_of, nothing, open_bench, quick_config
from makers.waiting import until
from offangle.core.errors import TransientError
from offangle.jobs.database import jobs, open_engine, workers, workflows
from offangle.jobs.kinds import JobRequest, Periodic, StepContext
from offangle.jobs.reaper import Heartbeat, Reaper
from offangle.jobs.schedule import Schedule


@pytest.fixture
def bench(jobs_url: str) -> Iterator[JobBench]:
    with open_bench(quick_config(jobs_url)) as opened:
        yield opened


# ---- workers that die


def test_a_stopping_worker_hands_its_job_back_at_once(bench: JobBench) -> None:
    gate = Gate()
    kind = kind_of(gate)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind):
        gate.wait()
    assert gate.told_to_stop.is_set()
    view = bench.client.job(asked.job_id)
    assert (view.state, view.crashes) == ("queued", 0)
    gate.let_go.set()
    with bench.working(kind):
        bench.wait_for(asked.job_id, "done")


def test_a_step_that_never_asks_is_left_behind_and_its_job_handed_back(bench: JobBench) -> None:
    begun, let_go, ended = threading.Event(), threading.Event(), threading.Event()
    calls: list[str] = []

    def stubborn(_subject: str, context: StepContext) -> None:
        calls.append(context.job_id)
        begun.set()
        if len(calls) == 1:
            assert let_go.wait(20)
            ended.set()

    kind = kind_of(stubborn)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind) as worker:
        assert begun.wait(20)
        assert not worker.stop(grace_s=0.05)
    assert bench.client.job(asked.job_id).state == "queued"
    with bench.working(kind):
        bench.wait_for(asked.job_id, "done")
        done = bench.client.job(asked.job_id)
        let_go.set()
        assert ended.wait(20)
    assert bench.client.job(asked.job_id) == done
    assert len(calls) == 2


def test_a_job_that_got_lost_inside_its_worker_is_found(bench: JobBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offangle.jobs.worker.STRANDED_AFTER_S", 0.3)
    gate = Gate()
    kind, lost = kind_of(gate), kind_of(nothing, name="lost", queue="narrow")
    with bench.working(kind, lost) as worker:
        held = bench.client.enqueue(kind.request("abc", version="1"))
        gate.wait()
        asked = bench.client.enqueue(lost.request("abc", version="1", priority=1))
        pretend_crash(bench, asked.job_id, worker.executor_id)
        bench.wait_for(asked.job_id, "done")
        assert bench.client.job(held.job_id).state == "running"
        gate.let_go.set()
        bench.wait_for(held.job_id, "done")


def pretend_crash(bench: JobBench, job_id: str, executor: str) -> None:
    """Put a queued job into the hands of a worker that nobody has ever heard of."""
    engine = open_engine(bench.engine.config)
    taken = {"status": "PENDING", "executor_id": executor, "owner_xid": f"token-{executor}"}
    with engine.begin() as connection:
        connection.execute(sa.update(workflows).where(workflows.c.workflow_uuid == job_id).values(**taken))
    engine.dispose()


def test_a_job_that_keeps_killing_workers_is_dead_with_a_reason(bench: JobBench) -> None:
    told: list[str] = []
    calls: list[str] = []
    kind = kind_of(lambda subject, _: calls.append(subject), on_failed=lambda subject, _: told.append(subject))
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    engine = open_engine(bench.engine.config)
    reaper = Reaper(bench.engine.config, engine, "me")
    with engine.begin() as connection:  # as if the killing step had begun
        connection.execute(sa.update(jobs).values(step_number=1))
    for death in range(bench.engine.config.max_crashes):
        pretend_crash(bench, asked.job_id, f"ghost-{death}")
        assert reaper.reap().handed_back == (asked.job_id,)
    engine.dispose()
    with bench.working(kind):
        view = bench.wait_for(asked.job_id, "dead")
        assert view.error_class == "WorkerDied"
        assert "3 workers died while they ran step one" in view.reason
        assert (calls, told) == ([], ["abc"])
        bench.client.retry(asked.job_id)
        bench.wait_for(asked.job_id, "done")
    assert calls == ["abc"]


def test_a_job_that_kills_even_those_who_bury_it_is_buried_from_outside(bench: JobBench) -> None:
    asked = bench.client.enqueue(kind_of(nothing).request("abc", version="1"))
    engine = open_engine(bench.engine.config)
    reaper = Reaper(bench.engine.config, engine, "me")
    looks = []
    for death in range(bench.engine.config.max_crashes + 2):
        pretend_crash(bench, asked.job_id, f"ghost-{death}")
        looks.append(reaper.reap())
    engine.dispose()
    assert looks[-1].buried == (asked.job_id,)
    view = bench.client.job(asked.job_id)
    assert (view.state, view.error_class) == ("dead", "WorkerDied")


def test_a_living_worker_keeps_its_jobs_and_a_silent_one_loses_them(bench: JobBench) -> None:
    asked = bench.client.enqueue(kind_of(nothing).request("abc", version="1"))
    engine = open_engine(bench.engine.config)
    heartbeat = Heartbeat(bench.engine.config, engine, "slow")
    heartbeat.beat()
    pretend_crash(bench, asked.job_id, "slow")
    reaper = Reaper(bench.engine.config, engine, "me")
    assert reaper.reap().handed_back == ()
    assert until(lambda: reaper.reap().handed_back, what="silence is noticed") == (asked.job_id,)
    assert not heartbeat.beat(), "a worker that overslept knows it"
    engine.dispose()


def test_a_worker_whose_heartbeat_is_late_does_not_bury_itself(bench: JobBench) -> None:
    asked = bench.client.enqueue(kind_of(nothing).request("abc", version="1"))
    engine = open_engine(bench.engine.config)
    pretend_crash(bench, asked.job_id, "me")
    assert Reaper(bench.engine.config, engine, "me").reap().handed_back == ()
    assert Reaper(bench.engine.config, engine, "another").reap().handed_back == (asked.job_id,)
    engine.dispose()


def test_a_worker_that_slept_lets_the_others_speak_before_it_judges_them(bench: JobBench) -> None:
    asked = bench.client.enqueue(kind_of(nothing, queue="narrow").request("abc", version="1"))
    with bench.working(kind_of(nothing)) as worker:
        engine = open_engine(bench.engine.config)
        with worker._heart_lock, engine.begin() as connection:  # as if this worker and "another" had slept for an hour
            connection.execute(sa.update(workers).values(seen_at_ms=workers.c.seen_at_ms - 3_600_000))
            taken = {"status": "PENDING", "executor_id": "another", "owner_xid": "token"}
            connection.execute(sa.update(workflows).where(workflows.c.workflow_uuid == asked.job_id).values(**taken))
        engine.dispose()
        until(lambda: worker._judge_from_s > 0, what="the worker notices that it slept")
        worker._reap()
        assert bench.client.job(asked.job_id).state == "running"
        assert until(lambda: bench.client.job(asked.job_id).state == "queued", what="the silent one is judged")


def test_a_worker_that_was_given_up_cannot_record_anything(bench: JobBench) -> None:
    gate = Gate()
    kind = kind_of(gate)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind):
        gate.wait()
        pretend_crash(bench, asked.job_id, "somebody-else")
        assert gate.told_to_stop.wait(20)
        gate.let_go.set()
        # Nobody has heard of somebody-else: this worker's own reaper fetches the job back and it runs again.
        bench.wait_for(asked.job_id, "done")
    assert bench.client.job(asked.job_id).crashes == 1


def test_queued_jobs_of_a_version_that_nobody_runs_are_adopted(jobs_url: str) -> None:
    kind = kind_of(nothing)
    with open_bench(quick_config(jobs_url, application_version="old")) as bench:
        asked = bench.client.enqueue(kind.request("abc", version="1"))
    with open_bench(quick_config(jobs_url, application_version="new")) as bench, bench.working(kind):
        bench.wait_for(asked.job_id, "done")


# ---- sweeps and periodic tasks


def test_a_sweep_asks_for_what_was_forgotten(bench: JobBench) -> None:
    kind = kind_of(nothing)
    with bench.working(kind, sweeps=[lambda: [kind.request("lost", version="1")]]):
        bench.wait_for("probe:lost:1", "done")


def test_a_sweep_that_fails_is_kept_and_tried_again(bench: JobBench) -> None:
    kind = kind_of(nothing)
    looks: list[int] = []

    def sweep() -> list[JobRequest]:
        looks.append(1)
        if len(looks) == 1:
            raise TransientError("the database is busy")
        return [kind.request("lost", version="1")]

    with bench.working(kind, sweeps=[sweep]):
        bench.wait_for("probe:lost:1", "done")


def test_a_periodic_task_runs_again_and_again_and_survives_errors(bench: JobBench) -> None:
    runs: list[int] = []

    def task() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise RuntimeError("the first time fails")

    with bench.working(kind_of(nothing), periodics=[Periodic("count", 0.05, task)]):
        until(lambda: len(runs) >= 3)


def test_a_periodic_task_runs_in_one_worker_at_a_time(bench: JobBench) -> None:
    engine = open_engine(bench.engine.config)
    config = replace(bench.engine.config, heartbeat_limit_s=600.0)
    for name in ("a", "b"):
        Heartbeat(config, engine, name).beat()
    ours, theirs = Schedule(config, engine, "a"), Schedule(config, engine, "b")
    ran: list[str] = []

    def task_of_a() -> None:
        ran.append("a")
        assert not theirs.run_if_due(Periodic("task", 0.0, lambda: ran.append("b")))

    ours.add(Periodic("task", 0.0, task_of_a))
    assert ours.run_if_due(Periodic("task", 0.0, task_of_a))
    assert theirs.run_if_due(Periodic("task", 3600.0, lambda: ran.append("b")))
    assert not ours.run_if_due(Periodic("task", 0.0, task_of_a)), "not due for an hour"
    engine.dispose()
    assert ran == ["a", "b"]
