"""What the job engine promises when workers leave, die or sleep, and what it does by the clock."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from makers.job_bench import Gate, JobBench, kind_of, nothing, open_bench, quick_config
from makers.waiting import until
from offangle.core.errors import TransientError
from offangle.jobs.database import jobs, open_engine, workers
from offangle.jobs.dbos_tables import workflows
from offangle.jobs.kinds import JobRequest, Periodic, StepContext
from offangle.jobs.notes import Notes
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
        pretend_claim(bench, asked.job_id, worker.executor_id)
        bench.wait_for(asked.job_id, "done")
        assert bench.client.job(held.job_id).state == "running"
        gate.let_go.set()
        bench.wait_for(held.job_id, "done")


def pretend_claim(bench: JobBench, job_id: str, executor: str) -> None:
    """Put a job into the hands of a worker that has not begun it yet."""
    engine = open_engine(bench.engine.config)
    taken = {"status": "PENDING", "executor_id": executor, "owner_xid": f"token-{executor}"}
    with engine.begin() as connection:
        connection.execute(sa.update(workflows).where(workflows.c.workflow_uuid == job_id).values(**taken))
    engine.dispose()


def pretend_run(bench: JobBench, job_id: str, executor: str, *, step: int = 1) -> None:
    """Let a worker begin a step of a queued job, and say nothing more."""
    pretend_claim(bench, job_id, executor)
    engine = open_engine(bench.engine.config)
    notes = Notes(engine, executor)
    key = notes.own(job_id)
    assert key is not None
    notes.started(key)
    notes.step_begun(key, step, "one")
    engine.dispose()


def test_a_job_that_keeps_killing_workers_is_dead_with_a_reason(bench: JobBench) -> None:
    told: list[str] = []
    calls: list[str] = []
    kind = kind_of(lambda subject, _: calls.append(subject), on_failed=lambda subject, _: told.append(subject))
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    engine = open_engine(bench.engine.config)
    reaper = Reaper(bench.engine.config, engine, "me")
    for death in range(bench.engine.config.max_crashes):
        pretend_run(bench, asked.job_id, f"ghost-{death}")
        assert bench.client.job(asked.job_id).state == "running"
        assert reaper.reap() == [asked.job_id]
        assert bench.client.job(asked.job_id).state == "queued"
    engine.dispose()
    with bench.working(kind):
        view = bench.wait_for(asked.job_id, "dead")
        assert view.error_class == "WorkerDied"
        assert "3 workers died while they ran step one" in view.reason
        assert (calls, told) == ([], ["abc"])
        bench.client.retry(asked.job_id)
        bench.wait_for(asked.job_id, "done")
    assert calls == ["abc"]


def test_a_job_that_kills_even_those_who_bury_it_is_given_up_and_everybody_learns_of_it(bench: JobBench) -> None:
    calls: list[str] = []
    kind = kind_of(lambda subject, _: calls.append(subject))
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    cursor = bench.client.watch()[1]
    engine = open_engine(bench.engine.config)
    with engine.begin() as connection:  # as if it had been taken from its queue again and again
        sql = "UPDATE {}workflow_status SET recovery_attempts = :times"
        schema = "" if engine.dialect.name == "sqlite" else "dbos."
        connection.execute(sa.text(sql.format(schema)), {"times": bench.engine.config.max_dispatches + 1})
    engine.dispose()
    with bench.working(kind):
        view = bench.wait_for(asked.job_id, "dead")
        assert (view.error_class, view.reason) == ("WorkerDied", "Every worker that took this job died.")
        assert view.finished_at_ms is not None
        assert [event.job.state for event in bench.client.watch(cursor)[0]] == ["dead"]
        assert calls == []
        bench.client.retry(asked.job_id)
        bench.wait_for(asked.job_id, "done")


@pytest.mark.parametrize("phase", ["queued", "running", "retrying"])
def test_what_a_process_that_died_left_half_said_is_settled(bench: JobBench, phase: str) -> None:
    kind = kind_of(nothing)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    bench.client._dbos.cancel_workflow(asked.job_id)  # and dies before it writes the job's row
    engine = open_engine(bench.engine.config)
    with engine.begin() as connection:
        connection.execute(sa.update(jobs).values(phase=phase))
    reaper = Reaper(bench.engine.config, engine, "me")
    cursor = bench.client.watch()[1]
    assert reaper.settle() == [], "somebody may be just about to say the rest"
    assert until(reaper.settle, what="nobody says the rest") == [asked.job_id]
    assert [event.job.state for event in bench.client.watch(cursor)[0]] == ["cancelled"]
    bench.client._dbos.rewind_workflow(asked.job_id, start_step=1, queue_name="default")
    assert until(reaper.settle, what="nobody says the rest") == [asked.job_id]
    assert (bench.client.job(asked.job_id).state, reaper.settle()) == ("queued", [])
    engine.dispose()


def test_a_living_worker_keeps_its_jobs_and_a_silent_one_loses_them(bench: JobBench) -> None:
    asked = bench.client.enqueue(kind_of(nothing).request("abc", version="1"))
    engine = open_engine(bench.engine.config)
    heartbeat = Heartbeat(bench.engine.config, engine, "slow")
    heartbeat.beat()
    pretend_run(bench, asked.job_id, "slow")
    reaper = Reaper(bench.engine.config, engine, "me")
    assert reaper.reap() == []
    assert until(reaper.reap, what="silence is noticed") == [asked.job_id]
    assert not heartbeat.beat(), "a worker that overslept knows it"
    engine.dispose()


def test_a_worker_whose_heartbeat_is_late_does_not_bury_itself(bench: JobBench) -> None:
    asked = bench.client.enqueue(kind_of(nothing).request("abc", version="1"))
    engine = open_engine(bench.engine.config)
    pretend_run(bench, asked.job_id, "me")
    assert Reaper(bench.engine.config, engine, "me").reap() == []
    assert Reaper(bench.engine.config, engine, "another").reap() == [asked.job_id]
    engine.dispose()


def test_a_worker_that_slept_lets_the_others_speak_before_it_judges_them(bench: JobBench) -> None:
    asked = bench.client.enqueue(kind_of(nothing, queue="narrow").request("abc", version="1"))
    with bench.working(kind_of(nothing)) as worker:
        engine = open_engine(bench.engine.config)
        with worker._heart_lock, engine.begin() as connection:  # as if this worker and "another" had slept for an hour
            connection.execute(sa.update(workers).values(seen_at_ms=workers.c.seen_at_ms - 3_600_000))
            taken = {"status": "PENDING", "executor_id": "another", "owner_xid": "token"}
            connection.execute(sa.update(workflows).where(workflows.c.workflow_uuid == asked.job_id).values(**taken))
            connection.execute(sa.update(jobs).values(phase="running", executor="another"))
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
        pretend_claim(bench, asked.job_id, "somebody-else")
        assert gate.told_to_stop.wait(20)
        gate.let_go.set()
        # Nobody has heard of somebody-else: this worker's own reaper fetches the job back and it runs again.
        bench.wait_for(asked.job_id, "done")
    assert bench.client.job(asked.job_id).crashes == 1


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
