"""What the job engine promises, on SQLite and on PostgreSQL alike."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from makers.job_bench import Failing, Gate, JobBench, kind_of, nothing, open_bench, quick_config
from makers.waiting import until
from offangle.core.errors import BadInputError, NotFoundError, ParserCrashError, SettingsError, TransientError
from offangle.jobs.config import QueueConfig
from offangle.jobs.database import jobs, open_engine
from offangle.jobs.kinds import JobFailure, JobKind, JobRequest, JsonValue, Periodic, Step, StepContext

DBOS_ENDED = {"SUCCESS", "ERROR"}


@pytest.fixture
def bench(jobs_url: str) -> Iterator[JobBench]:
    with open_bench(quick_config(jobs_url)) as opened:
        yield opened


# ---- the way of a good job


def test_a_job_runs_its_steps_in_order_and_hands_results_on(bench: JobBench) -> None:
    seen: list[tuple[str, str, dict[str, JsonValue]]] = []

    def one(subject: str, context: StepContext) -> JsonValue:
        seen.append(("one", subject, dict(context.results)))
        return {"match": 7}

    def two(subject: str, context: StepContext) -> JsonValue:
        seen.append(("two", subject, dict(context.results)))
        return None

    kind = kind_of(one, two)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    assert asked.created
    assert asked.job_id == "probe:abc:1"
    assert bench.client.job(asked.job_id).state == "queued"
    with bench.working(kind):
        view = bench.wait_for(asked.job_id, "done")
    assert seen == [("one", "abc", {}), ("two", "abc", {"one": {"match": 7}})]
    assert (view.stage, view.fraction, view.reason, view.executor) == ("two", 1.0, "", None)
    assert view.started_at_ms is not None
    assert view.finished_at_ms is not None
    assert view.enqueued_at_ms <= view.started_at_ms <= view.finished_at_ms


def test_asking_twice_runs_once(bench: JobBench) -> None:
    calls: list[str] = []
    kind = kind_of(lambda subject, _: calls.append(subject))
    request = kind.request("abc", version="1")
    created = [asked.created for asked in bench.client.enqueue_many([request, request])]
    assert [*created, bench.client.enqueue(request).created] == [True, False, False]
    with bench.working(kind):
        bench.wait_for(request.job_id, "done")
        assert not bench.client.enqueue(request).created
        later = bench.client.enqueue(kind.request("last", version="1"))
        bench.wait_for(later.job_id, "done")
    assert calls == ["abc", "last"]


def test_another_version_is_another_job(bench: JobBench) -> None:
    kind = kind_of(nothing)
    assert bench.client.enqueue(kind.request("abc", version="1")).created
    assert bench.client.enqueue(kind.request("abc", version="2")).created


def test_a_forgotten_job_can_be_asked_for_again(bench: JobBench) -> None:
    calls: list[str] = []
    kind = kind_of(lambda subject, _: calls.append(subject))
    request = kind.request("abc", version="1")
    bench.client.enqueue(request)
    with pytest.raises(BadInputError, match="cannot be forgotten"):
        bench.client.forget(request.job_id)
    with bench.working(kind):
        bench.wait_for(request.job_id, "done")
        bench.client.forget(request.job_id)
        assert bench.client.find(request.job_id) is None
        assert bench.client.enqueue(request).created
        bench.wait_for(request.job_id, "done")
    assert calls == ["abc", "abc"]


def test_jobs_that_ended_long_ago_are_forgotten_and_nothing_of_them_is_left(
    bench: JobBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offangle.jobs.client.PRUNE_BATCH", 2)
    kind, failing = kind_of(nothing), kind_of(Failing(BadInputError("no")), name="failing")
    old = [bench.client.enqueue(kind.request(f"old{n}", version="1")).job_id for n in range(3)]
    old.append(bench.client.enqueue(failing.request("old", version="1")).job_id)
    with bench.working(kind, failing):
        for job_id in old:
            bench.wait_for(job_id, "done", "dead")
        until(lambda: {bench.client._dbos.retrieve_workflow(job).get_status().status for job in old} <= DBOS_ENDED)
    waiting = bench.client.enqueue(kind.request("waiting", version="1")).job_id
    engine = open_engine(bench.engine.config)
    with engine.begin() as connection:
        connection.execute(sa.update(jobs).values(enqueued_at_ms=0))
        connection.execute(sa.update(jobs).where(jobs.c.job_id.in_(old[1:])).values(finished_at_ms=1))
    engine.dispose()
    assert bench.client.prune(3600.0) == 3
    assert {view.job_id for view in bench.client.list_jobs().jobs} == {old[0], waiting}
    assert {workflow.workflow_id for workflow in bench.client._dbos.list_workflows()} == {old[0], waiting}
    assert bench.client.prune(3600.0) == 0
    assert bench.client.enqueue(kind.request("old1", version="1")).created


# ---- failures


def test_a_transient_error_is_tried_again_and_the_job_is_seen_to_wait(bench: JobBench) -> None:
    step = Failing(TransientError("the server is busy", hint="Wait."), times=2)
    kind = kind_of(step)
    cursor = bench.client.watch()[1]
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    waits: list[str] = []
    with bench.working(kind):
        while not bench.client.job(asked.job_id).is_final:
            events, cursor = bench.client.watch(cursor)
            waits += [event.job.reason for event in events if event.job.state == "retrying"]
    assert step.attempts == [1, 2, 3]
    assert bench.client.job(asked.job_id).state == "done"
    assert set(waits) == {"the server is busy"}


def test_tries_are_used_up_and_then_the_job_is_dead(bench: JobBench) -> None:
    step = Failing(TransientError("the server is busy"))
    kind = kind_of(step, max_attempts=3)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind):
        view = bench.wait_for(asked.job_id, "dead")
    assert step.attempts == [1, 2, 3]
    assert (view.error_class, view.reason, view.attempts) == ("TransientError", "the server is busy", 3)


def test_a_permanent_error_kills_at_once_and_says_why(bench: JobBench) -> None:
    step = Failing(BadInputError("not a demo", hint="Drop a .dem file."))
    told: list[tuple[str, JobFailure]] = []
    kind = kind_of(nothing, step, on_failed=lambda subject, failure: told.append((subject, failure)))
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind):
        view = bench.wait_for(asked.job_id, "dead")
    assert step.attempts == [1]
    assert (view.error_class, view.reason, view.hint) == ("BadInputError", "not a demo", "Drop a .dem file.")
    assert view.failed_step == "two"
    assert "raise self.error" in view.traceback
    assert [(subject, failure.message) for subject, failure in told] == [("abc", "not a demo")]
    assert bench.client.list_jobs(state="dead").jobs == (view,)


def test_an_unforeseen_exception_is_tried_again_then_kept(bench: JobBench) -> None:
    step = Failing(ZeroDivisionError("division by zero"))
    kind = kind_of(step, max_attempts=2)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind):
        view = bench.wait_for(asked.job_id, "dead")
    assert step.attempts == [1, 2]
    assert view.reason == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("error", "tries", "permanent"),
    [
        (ParserCrashError("crashed"), 1, True),
        (ParserCrashError("killed from outside", permanent=False), 2, False),
        (TransientError("gone for good", permanent=True), 1, True),
        (TransientError("busy"), 2, False),
        (ZeroDivisionError("unforeseen"), 2, False),
    ],
)
def test_the_error_itself_says_whether_it_is_permanent_and_that_is_kept_and_told(
    bench: JobBench, error: Exception, tries: int, *, permanent: bool
) -> None:
    step = Failing(error)
    told: list[bool] = []
    kind = kind_of(step, max_attempts=2, on_failed=lambda _subject, failure: told.append(failure.permanent))
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind):
        view = bench.wait_for(asked.job_id, "dead")
    assert (len(step.attempts), view.permanent, told) == (tries, permanent, [permanent])


def test_a_panic_that_is_no_exception_kills_the_job_not_the_worker(bench: JobBench) -> None:
    class RustPanic(BaseException):
        pass

    kind = kind_of(Failing(RustPanic("index out of bounds")), max_attempts=1)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind):
        assert bench.wait_for(asked.job_id, "dead").error_class == "RustPanic"


def test_a_result_that_is_no_json_is_refused(bench: JobBench) -> None:
    kind = kind_of(lambda _subject, _context: {1, 2})  # type: ignore[arg-type,return-value]  # the fault under test
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind):
        view = bench.wait_for(asked.job_id, "dead")
    assert "JSON" in view.reason


def test_a_callback_that_fails_does_not_hide_the_reason(bench: JobBench) -> None:
    def on_failed(_subject: str, _failure: JobFailure) -> None:
        raise RuntimeError("the callback is broken too")

    kind = kind_of(Failing(BadInputError("not a demo")), on_failed=on_failed)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind):
        assert bench.wait_for(asked.job_id, "dead").reason == "not a demo"


def test_a_kind_nobody_knows_is_dead_with_a_clear_reason(bench: JobBench) -> None:
    asked = bench.client.enqueue(JobRequest("stranger", "abc", "1"))
    with bench.working(kind_of(nothing)):
        view = bench.wait_for(asked.job_id, "dead")
    assert "stranger" in view.reason


# ---- retry


def test_retry_goes_on_from_the_step_that_failed(bench: JobBench) -> None:
    first: list[str] = []
    step = Failing(BadInputError("not yet"), times=1)
    kind = kind_of(lambda subject, _: first.append(subject), step, nothing)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind):
        bench.wait_for(asked.job_id, "dead")
        bench.client.retry(asked.job_id)
        view = bench.wait_for(asked.job_id, "done")
    assert first == ["abc"]
    assert step.attempts == [1, 1]
    assert view.reason == ""


def test_a_job_that_dies_again_keeps_the_new_reason_and_tells_again(bench: JobBench) -> None:
    told: list[str] = []
    kind = kind_of(Failing(BadInputError("no")), on_failed=lambda subject, _: told.append(subject))
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind):
        died_at = bench.wait_for(asked.job_id, "dead").finished_at_ms
        bench.client.retry(asked.job_id)
        until(lambda: bench.client.job(asked.job_id).finished_at_ms not in (None, died_at))
        assert bench.wait_for(asked.job_id, "dead").reason == "no"
    assert told == ["abc", "abc"]


def test_only_dead_and_cancelled_jobs_can_be_retried(bench: JobBench) -> None:
    kind = kind_of(nothing)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with pytest.raises(BadInputError, match="is queued"):
        bench.client.retry(asked.job_id)
    with bench.working(kind):
        bench.wait_for(asked.job_id, "done")
    with pytest.raises(BadInputError, match="is done"):
        bench.client.retry(asked.job_id)
    with pytest.raises(NotFoundError):
        bench.client.retry("probe:nothing:1")


def test_a_job_whose_steps_were_renamed_says_so_and_starts_over(bench: JobBench) -> None:
    old = JobKind("probe", (Step("read", nothing), Step("write", Failing(BadInputError("no")))))
    calls: list[str] = []
    new = JobKind("probe", (Step("fetch", lambda subject, _: calls.append(subject)),))
    asked = bench.client.enqueue(old.request("abc", version="1"))
    with bench.working(old):
        bench.wait_for(asked.job_id, "dead")
    bench.client.retry(asked.job_id)
    with bench.working(new):
        assert bench.wait_for(asked.job_id, "dead").error_class == "StepsChanged"
        bench.client.retry(asked.job_id)
        bench.wait_for(asked.job_id, "done")
    assert calls == ["abc"]


# ---- cancel


def test_a_queued_job_that_is_cancelled_never_runs_until_retried(bench: JobBench) -> None:
    calls: list[str] = []
    kind = kind_of(lambda subject, _: calls.append(subject))
    cancelled = bench.client.enqueue(kind.request("abc", version="1"))
    assert bench.client.cancel(cancelled.job_id).state == "cancelled"
    other = bench.client.enqueue(kind.request("other", version="1"))
    with bench.working(kind):
        bench.wait_for(other.job_id, "done")
        assert calls == ["other"]
        bench.client.retry(cancelled.job_id)
        bench.wait_for(cancelled.job_id, "done")
    assert calls == ["other", "abc"]


def test_a_running_job_notices_that_it_is_cancelled(bench: JobBench) -> None:
    gate = Gate()
    first: list[str] = []
    kind = kind_of(lambda subject, _: first.append(subject), gate)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind):
        gate.wait()
        assert bench.client.cancel(asked.job_id).state == "cancelled"
        assert gate.told_to_stop.wait(20)
        gate.let_go.set()
        bench.client.retry(asked.job_id)
        bench.wait_for(asked.job_id, "done")
    assert first == ["abc"]


def test_a_job_that_waits_for_its_next_try_can_be_cancelled(bench: JobBench) -> None:
    patient = replace(kind_of(nothing).backoff, first_s=600.0, longest_s=600.0)
    kind = kind_of(Failing(TransientError("busy")), backoff=patient)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind) as worker:
        bench.wait_for(asked.job_id, "retrying")
        bench.client.cancel(asked.job_id)
        assert bench.wait_for(asked.job_id, "cancelled").retry_at_ms is None
        until(lambda: not worker._runner.runs.keys(), what="the waiting thread left")


def test_cancelling_a_finished_job_changes_nothing(bench: JobBench) -> None:
    kind = kind_of(nothing)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    with bench.working(kind):
        bench.wait_for(asked.job_id, "done")
    assert bench.client.cancel(asked.job_id).state == "done"


# ---- order and limits


def test_smaller_priorities_run_first(bench: JobBench) -> None:
    order: list[str] = []
    kind = kind_of(lambda subject, _: order.append(subject), queue="narrow")
    wanted = {"background": 1000, "normal": 100, "urgent": 10}
    requests = [kind.request(subject, version="1", priority=priority) for subject, priority in wanted.items()]
    bench.client.enqueue_many(requests)
    with bench.working(kind):
        for request in requests:
            bench.wait_for(request.job_id, "done")
    assert order == ["urgent", "normal", "background"]


def test_a_worker_runs_no_more_of_a_queue_than_it_may_and_other_queues_go_on(jobs_url: str) -> None:
    let_go = threading.Event()
    begun: list[str] = []

    def hold(subject: str, _context: StepContext) -> None:
        begun.append(subject)
        assert let_go.wait(20)

    slow, quick = kind_of(hold, name="slow", queue="pair"), kind_of(nothing, name="quick")
    requests = [slow.request(f"s{n}", version="1") for n in range(3)]
    queues = (QueueConfig("default"), QueueConfig("pair", worker_concurrency=2))
    with open_bench(quick_config(jobs_url, queues=queues)) as bench, bench.working(slow, quick):
        bench.client.enqueue_many(requests)
        until(lambda: len(begun) == 2)
        for n in range(5):  # as long as these take, the third had its chance to start
            bench.wait_for(bench.client.enqueue(quick.request(f"s{n}", version="1")).job_id, "done")
        counts = [len(bench.client.list_jobs(kind="slow", state=state).jobs) for state in ("queued", "running")]
        assert (*counts, len(begun)) == (1, 2, 2)
        let_go.set()
        for request in requests:
            bench.wait_for(request.job_id, "done")


# ---- seen from outside


def test_progress_is_seen_from_another_process(bench: JobBench) -> None:
    gate = Gate()

    def step(subject: str, context: StepContext) -> None:
        context.progress("decode", 0.25, "round 6 of 24")
        gate(subject, context)

    kind = kind_of(step)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    program = (
        "import sys; from offangle.jobs.client import JobClient; from offangle.jobs.config import JobsConfig\n"
        "with JobClient(JobsConfig(sys.argv[1])) as client: view = client.job(sys.argv[2])\n"
        "print((view.stage, view.fraction, view.message))"
    )
    with bench.working(kind):
        gate.wait()
        command = [sys.executable, "-c", program, bench.engine.config.database_url, asked.job_id]
        seen = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        gate.let_go.set()
        bench.wait_for(asked.job_id, "done")
    assert seen.strip() == "('decode', 0.25, 'round 6 of 24')"


def test_progress_is_written_now_and_then_but_a_new_stage_at_once(jobs_url: str) -> None:
    def step(_subject: str, context: StepContext) -> None:
        for part in range(1000):
            context.progress("decode", part / 1000)
        context.progress("check", 0.0)

    kind = kind_of(step)
    with open_bench(quick_config(jobs_url, progress_every_s=3600.0)) as bench:
        before = bench.client.watch()[1]
        asked = bench.client.enqueue(kind.request("abc", version="1"))
        with bench.working(kind):
            assert bench.wait_for(asked.job_id, "done").stage == "check"
        assert bench.client.watch()[1] - before < 20


def test_watchers_see_every_change_once_and_in_order(bench: JobBench) -> None:
    kind = kind_of(nothing)
    assert bench.client.watch()[0] == []
    cursor = bench.client.watch()[1]
    asked = [bench.client.enqueue(kind.request(f"s{n}", version="1")).job_id for n in range(5)]
    events, cursor = bench.client.watch(cursor, limit=3)
    more, cursor = bench.client.watch(cursor)
    assert [event.job.job_id for event in events + more] == asked
    assert {event.job.state for event in events + more} == {"queued"}
    assert bench.client.watch(cursor) == ([], cursor)
    bench.client.cancel(asked[2])
    events, cursor = bench.client.watch(cursor)
    assert [(event.job.job_id, event.job.state) for event in events] == [(asked[2], "cancelled")]


def test_pages_of_jobs_are_complete_and_newest_first(bench: JobBench) -> None:
    kind, other = kind_of(nothing), kind_of(nothing, name="other")
    asked = [bench.client.enqueue(kind.request(f"s{n}", version="1")).job_id for n in range(7)]
    bench.client.enqueue(other.request("abc", version="1"))
    bench.client.cancel(asked[0])
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = bench.client.list_jobs(kind="probe", limit=3, cursor=cursor)
        seen += [view.job_id for view in page.jobs]
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(seen) == sorted(asked)
    times = [bench.client.job(job_id).enqueued_at_ms for job_id in seen]
    assert times == sorted(times, reverse=True)
    assert [view.job_id for view in bench.client.list_jobs(state="cancelled").jobs] == [asked[0]]
    assert len(bench.client.list_jobs(state=("queued", "cancelled")).jobs) == 8


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": 501}, {"cursor": "!"}, {"state": "sleeping"}])
def test_a_wrong_question_is_refused(bench: JobBench, wrong: dict[str, object]) -> None:
    with pytest.raises(BadInputError, match="job list"):
        bench.client.list_jobs(**wrong)  # type: ignore[arg-type]  # wrong on purpose


def test_health_says_whether_somebody_works(bench: JobBench) -> None:
    kind = kind_of(nothing)
    bench.client.enqueue(kind.request("abc", version="1"))
    health = bench.client.healthcheck()
    assert not health.ok
    assert "offangle worker" in health.problem
    assert health.queued == 1
    with bench.working(kind) as worker:
        bench.wait_for("probe:abc:1", "done")
        assert bench.client.healthcheck().ok
        assert [(seen.executor_id, seen.alive) for seen in bench.client.workers()] == [(worker.executor_id, True)]
    assert bench.client.workers() == []


def test_health_says_when_the_database_is_gone(tmp_path: Path) -> None:
    with open_bench(quick_config(f"sqlite:///{tmp_path}/jobs.sqlite")) as bench:
        (tmp_path / "jobs.sqlite").write_bytes(b"this is no database any more" * 100)
        health = bench.client.healthcheck()
    assert not health.ok
    assert "does not answer" in health.problem


def test_everything_that_is_called_is_called_inside_what_the_wiring_puts_around(bench: JobBench) -> None:
    depth = 0
    seen: dict[str, int] = {}
    lock = threading.Lock()

    @contextmanager
    def around() -> Iterator[None]:
        nonlocal depth
        with lock:
            depth += 1
        try:
            yield
        finally:
            with lock:
                depth -= 1

    def note(name: str) -> None:
        seen[name] = depth

    failing = Failing(BadInputError("no"))
    kind = kind_of(lambda _s, _c: note("step"), failing, on_failed=lambda _s, _f: note("on_failed"))
    sweep = [kind.request("abc", version="1")]
    with bench.working(kind, sweeps=[lambda: (note("sweep"), sweep)[1]], around=around):  # type: ignore[func-returns-value]  # only noted
        bench.wait_for("probe:abc:1", "dead")
    assert set(seen) == {"step", "on_failed", "sweep"}
    assert min(seen.values()) > 0
    assert depth == 0


# ---- refused from the start


def test_an_unknown_queue_is_refused(bench: JobBench) -> None:
    with pytest.raises(BadInputError, match="queue 'nowhere'"):
        bench.client.enqueue(JobRequest("probe", "abc", "1", queue="nowhere"))
    with pytest.raises(SettingsError, match="queue 'nowhere'"):
        bench.engine.worker([kind_of(nothing, queue="nowhere")])


def test_one_worker_per_process(bench: JobBench) -> None:
    with bench.working(kind_of(nothing)):
        second = bench.engine.worker([kind_of(nothing)])
        with pytest.raises(SettingsError, match="already runs in this process"):
            second.start()


def test_two_periodic_tasks_of_one_name_are_refused(bench: JobBench) -> None:
    task = Periodic("sweep", 1.0, lambda: None)
    with pytest.raises(SettingsError, match="names of their own"):
        bench.engine.worker([kind_of(nothing)], periodics=[task])


def test_stopping_twice_is_stopping_once(bench: JobBench) -> None:
    with bench.working(kind_of(nothing)) as worker:
        assert worker.stop()
    assert bench.client.workers() == []


def test_queue_limits_are_taken_from_the_settings(jobs_url: str) -> None:
    for limit in (1, 3):
        queues = (QueueConfig("default", worker_concurrency=limit),)
        with open_bench(quick_config(jobs_url, queues=queues)) as bench:
            found = bench.client._dbos.retrieve_queue("default")
            assert found is not None
            assert found._worker_concurrency == limit


def test_the_jobs_of_an_older_version_get_the_columns_that_came_since(bench: JobBench) -> None:
    asked = bench.client.enqueue(kind_of(nothing).request("abc", version="1"))
    engine = open_engine(bench.engine.config)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE offangle_jobs DROP COLUMN permanent"))
    engine.dispose()
    bench.engine.prepare()
    assert bench.client.job(asked.job_id).permanent is False
