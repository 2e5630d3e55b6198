"""Workers die, freeze and leave; the job is done once all the same. Real processes, both databases."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from makers.job_bench import JobBench, open_bench
from makers.job_victim import STEP_NAMES, Trace, victim_config
from makers.waiting import until
from offangle.jobs.kinds import JobRequest

TESTS = Path(__file__).resolve().parents[1]
TAKEOVER_LIMIT_S = 30.0
POINTS = [f"{step}:{moment}" for step in STEP_NAMES for moment in ("before", "after")]
JOB = JobRequest("victim", "match", "1")
KILLS = int(os.environ.get("OFFANGLE_TEST_KILLS", "6"))
KILLED_AFTER_S = 1.5
"""A worker of the random kills lives up to this long once it is at work; a job of theirs takes about a second."""


@dataclass
class Scene:
    """A jobs database, a folder of traces, and the worker processes of one test."""

    bench: JobBench
    trace: Trace
    default_timing: bool
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self, name: str, *options: str) -> "subprocess.Popen[bytes]":
        """Start a worker process."""
        url = self.bench.engine.config.database_url
        command = [sys.executable, "-m", "makers.job_victim", url, str(self.trace.folder), "--name", name, *options]
        if self.default_timing:
            command.append("--default-timing")
        with (self.trace.folder / f"log-{name}").open("ab") as log:
            path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
            process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stderr=log, stdout=log)
        self.processes.append(process)
        return process

    def let_begin(self, name: str) -> None:
        """Let a worker that was started with --wait begin, and return when the others can see it."""
        before = len(self.bench.client.workers())
        (self.trace.folder / f"begin-{name}").touch()
        until(lambda: len(self.bench.client.workers()) > before, what=f"{name} shows up")

    def wait_until_held(self, name: str) -> None:
        """Wait until a worker stands still where it was told to."""
        until((self.trace.folder / f"held-{name}").exists, what=f"{name} holds: {self.log(name)}")

    def release(self) -> None:
        """Let the held go on."""
        (self.trace.folder / "release").touch()

    def log(self, name: str) -> str:
        """What a worker wrote."""
        return (self.trace.folder / f"log-{name}").read_text(errors="replace")[-2000:]

    def end(self) -> None:
        """Kill what still runs."""
        for process in self.processes:
            process.kill()
            process.wait()


@contextlib.contextmanager
def set_scene(url: str, folder: Path, *, default_timing: bool = False, patience: int = 0) -> Iterator[Scene]:
    with open_bench(victim_config(url, default_timing=default_timing, patience=patience)) as bench:
        scene = Scene(bench, Trace(folder), default_timing)
        try:
            yield scene
        finally:
            scene.end()


def take_over(scene: Scene, point: str) -> float:
    """Kill a worker at a point of its job, with another beside it; the seconds until the job was done."""
    victim = scene.start("victim", "--hold", point)
    scene.start("heir", "--wait")
    scene.bench.client.enqueue(JOB)
    scene.wait_until_held("victim")
    scene.let_begin("heir")
    victim.send_signal(signal.SIGKILL)
    killed_at_s = time.monotonic()
    scene.bench.wait_for(JOB.job_id, "done", timeout_s=TAKEOVER_LIMIT_S)
    return time.monotonic() - killed_at_s


def assert_done_once(scene: Scene, interrupted: str) -> None:
    begun = [step for _, step, _ in scene.trace.begun()]
    assert {step: begun.count(step) for step in STEP_NAMES} == {
        step: 2 if step == interrupted else 1 for step in STEP_NAMES
    }, "only the interrupted step is run again"
    assert set(scene.trace.effects()) == {("match", step) for step in STEP_NAMES}


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_in_any_step_is_replaced_and_the_work_done_once(
    jobs_url: str, tmp_path: Path, point: str
) -> None:
    with set_scene(jobs_url, tmp_path) as scene:
        take_over(scene, point)
        step, moment = point.split(":")
        assert_done_once(scene, step)
        assert scene.trace.effects()["match", step] == (2 if moment == "after" else 1)
        assert scene.bench.client.job(JOB.job_id).crashes == (1 if step == "three" else 0)


@pytest.mark.slow
def test_the_settings_people_get_take_over_within_thirty_seconds(jobs_url: str, tmp_path: Path) -> None:
    with set_scene(jobs_url, tmp_path, default_timing=True) as scene:
        assert take_over(scene, "two:after") < TAKEOVER_LIMIT_S
        assert_done_once(scene, "two")


def test_a_frozen_worker_that_wakes_up_late_changes_nothing(jobs_url: str, tmp_path: Path) -> None:
    with set_scene(jobs_url, tmp_path) as scene:
        frozen = scene.start("frozen", "--hold", "two:after")
        scene.start("heir", "--wait")
        scene.bench.client.enqueue(JOB)
        scene.wait_until_held("frozen")
        scene.let_begin("heir")
        frozen.send_signal(signal.SIGSTOP)
        scene.bench.wait_for(JOB.job_id, "done", timeout_s=TAKEOVER_LIMIT_S)
        done = scene.bench.client.job(JOB.job_id)
        scene.release()  # the frozen step will end as if nothing had happened, and try to record it
        frozen.send_signal(signal.SIGCONT)
        until(lambda: len(scene.bench.client.workers()) == 2, what="the frozen worker is back")
        frozen.send_signal(signal.SIGTERM)
        assert frozen.wait(30) == 0, scene.log("frozen")
        assert scene.bench.client.job(JOB.job_id) == done
        assert_done_once(scene, "two")


def test_a_worker_asked_to_leave_hands_its_job_over_at_once(jobs_url: str, tmp_path: Path) -> None:
    with set_scene(jobs_url, tmp_path) as scene:
        leaving = scene.start("leaving", "--hold", "two:before")
        scene.start("heir", "--wait")
        scene.bench.client.enqueue(JOB)
        scene.wait_until_held("leaving")
        scene.let_begin("heir")
        leaving.send_signal(signal.SIGTERM)
        assert leaving.wait(30) == 0, scene.log("leaving")
        view = scene.bench.wait_for(JOB.job_id, "done")
        assert view.crashes == 0
        assert_done_once(scene, "two")


def test_a_job_that_kills_every_worker_is_dead_in_the_end(jobs_url: str, tmp_path: Path) -> None:
    with set_scene(jobs_url, tmp_path) as scene:
        scene.bench.client.enqueue(JOB)
        for life in range(scene.bench.engine.config.max_crashes):
            assert scene.start(f"life-{life}", "--suicide", "two").wait(30) == -signal.SIGKILL
        survivor = scene.start("survivor", "--suicide", "two")
        view = scene.bench.wait_for(JOB.job_id, "dead", timeout_s=TAKEOVER_LIMIT_S)
        assert survivor.poll() is None
        assert (view.error_class, view.failed_step) == ("WorkerDied", "two")
        assert [step for _, step, _ in scene.trace.begun()] == ["one", "two", "two", "two"]


def test_a_global_limit_holds_across_workers(jobs_url: str, tmp_path: Path) -> None:
    with set_scene(jobs_url, tmp_path) as scene:
        scene.start("holder", "--hold", "one:before")
        scene.start("other", "--wait")
        alone = [JobRequest("alone", f"match-{n}", "1", queue="single") for n in range(2)]
        scene.bench.client.enqueue(alone[0])
        scene.wait_until_held("holder")
        scene.let_begin("other")
        scene.bench.client.enqueue(alone[1])
        # The holder takes one of these at most before it holds again; the other worker does the rest.
        free = [JobRequest("victim", f"free-{n}", "1") for n in range(4)]
        scene.bench.client.enqueue_many(free)
        until(lambda: sum(scene.bench.client.job(job.job_id).state == "done" for job in free) >= 3)
        assert [subject for subject, _, _ in scene.trace.begun() if subject.startswith("match")] == ["match-0"]
        scene.release()
        for request in [*alone, *free]:
            scene.bench.wait_for(request.job_id, "done")


PACED = ("--pace", "0.3", "--patience", "1000")
QUEUE_OF = {"victim": "default", "alone": "single", "hopeless": "default"}
STEPS_OF = {"victim": STEP_NAMES, "alone": STEP_NAMES, "hopeless": ("one", "on_failed")}


def test_workers_killed_at_random_moments_lose_nothing_and_do_nothing_twice(jobs_url: str, tmp_path: Path) -> None:
    """Two workers, now and then one is killed, while jobs of three kinds are asked for and some of them cancelled."""
    chance = random.Random(KILLS)  # noqa: S311 -- the same kills each time, as far as clocks allow
    with set_scene(jobs_url, tmp_path, patience=1000) as scene:
        asked, cancelled = kill_at_random(scene, chance)
        for request in asked:
            view = scene.bench.wait_for(request.job_id, "done", "dead", "cancelled", timeout_s=300.0)
            assert_ended_well(scene, request, view.state, cancelled)
        effects = scene.trace.effects()
        ended = [request for request in asked if request.job_id not in cancelled]
        wanted = {(request.subject, step) for request in ended for step in STEPS_OF[request.kind]}
        assert wanted <= set(effects)
        again = sum(effects.values()) - len(effects)
        sys.stdout.write(f"{KILLS} kills, {len(asked)} jobs, {len(cancelled)} cancelled, {again} effects met again\n")


def kill_at_random(scene: Scene, chance: random.Random) -> tuple[list[JobRequest], set[str]]:
    """Ask for jobs, cancel some and kill workers; the jobs, and the ids of those that somebody cancelled."""
    crew = {name: scene.start(name, *PACED) for name in ("first", "second")}
    asked: list[JobRequest] = []
    cancelled: set[str] = set()
    for kill in range(KILLS):
        fresh = [JobRequest(kind, f"match-{kind}-{kill}", "1", queue=queue) for kind, queue in QUEUE_OF.items()]
        scene.bench.client.enqueue_many(fresh)
        asked += fresh
        if chance.random() < 0.3:
            cancelled.add(scene.bench.client.cancel(chance.choice(asked).job_id).job_id)
        name = chance.choice(sorted(crew))
        until(partial(is_at_work, scene, crew[name].pid), timeout_s=120.0, what=f"{name} is at work")
        time.sleep(chance.uniform(0.0, KILLED_AFTER_S))  # the moment is what is tried
        crew[name].send_signal(signal.SIGKILL)
        crew[name].wait()
        crew[name] = scene.start(name, *PACED)
    return asked, cancelled


def is_at_work(scene: Scene, pid: int) -> bool:
    return any(worker.pid == pid for worker in scene.bench.client.workers())


def assert_ended_well(scene: Scene, request: JobRequest, state: str, cancelled: set[str]) -> None:
    """The job is where it should be, DBOS says the same, and its finished steps were not begun again."""
    usual = "dead" if request.kind == "hopeless" else "done"
    assert state == usual or (state == "cancelled" and request.job_id in cancelled), request.job_id
    status = {"dead": "ERROR", "done": "SUCCESS", "cancelled": "CANCELLED"}[state]
    client = scene.bench.client._dbos
    until(lambda: [each.status for each in client.list_workflows(workflow_ids=[request.job_id])] == [status])
    begun = [step for subject, step, _ in scene.trace.begun() if subject == request.subject]
    assert begun == sorted(begun, key=STEP_NAMES.index), "no step begins again once a later one has begun"
