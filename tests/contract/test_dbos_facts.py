"""What we rely on inside DBOS, and what it does not do for us: facts about the installed version, on both databases.

When one of these fails after an upgrade, read docs/explain/jobs.md: either `jobs/dbos_tables.py` has to change, or DBOS
does by now what we do ourselves, and ours can go.
"""

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

import offangle.jobs
from makers.job_bench import Gate, JobBench, kind_of, nothing, open_bench, quick_config
from makers.waiting import until
from offangle.jobs import dbos_tables
from offangle.jobs.client import WORKFLOW_NAME
from offangle.jobs.config import APPLICATION_NAME, APPLICATION_VERSION
from offangle.jobs.database import DBOS_SCHEMA, open_client, open_engine


@pytest.fixture
def bench(jobs_url: str) -> Iterator[JobBench]:
    with open_bench(quick_config(jobs_url)) as opened:
        yield opened


@pytest.fixture
def engine(bench: JobBench) -> Iterator[sa.Engine]:
    opened = open_engine(bench.engine.config)
    yield opened
    opened.dispose()


@contextlib.contextmanager
def plain_dbos(engine: sa.Engine, executor_id: str, body: Callable[[str], None]) -> Iterator[None]:
    """DBOS as it comes, without anything of ours, running our workflow with `body`; told the subject."""
    config: DBOSConfig = {
        "name": APPLICATION_NAME,
        "system_database_engine": engine,
        "dbos_system_schema": DBOS_SCHEMA,
        "application_version": APPLICATION_VERSION,
        "executor_id": executor_id,
        "serializer": DBOSPortableJSONSerializer(),
        "run_migrations": False,
        "log_level": "ERROR",
    }
    DBOS(config=config)

    @DBOS.workflow(name=WORKFLOW_NAME)
    def run(_kind: str, subject: str) -> None:
        body(subject)

    DBOS.launch()
    try:
        yield
    finally:
        DBOS.destroy(destroy_registry=True)


def row_of(engine: sa.Engine, job_id: str) -> dict[str, Any]:
    """The whole row that DBOS keeps of a workflow."""
    schema = "" if engine.dialect.name == "sqlite" else f"{DBOS_SCHEMA}."
    query = sa.text(f"SELECT * FROM {schema}workflow_status WHERE workflow_uuid = :id")  # noqa: S608 -- a constant
    with engine.connect() as connection:
        return dict(connection.execute(query, {"id": job_id}).one()._mapping)


# ---- what we rely on


def test_this_is_the_version_that_the_facts_were_last_read_against() -> None:
    assert version("dbos").rsplit(".", 1)[0] == dbos_tables.VERIFIED_WITH


def test_nothing_of_dbos_that_is_private_is_touched_outside_of_one_file() -> None:
    source = Path(offangle.jobs.__file__).parents[1]
    private = re.compile(
        r"workflow_status|owner_xid|operation_outputs|recovery_attempts\b(?!=)|\._(?:sys_db|dbos)\._|dbos\._"
    )
    touching = {path.name for path in source.rglob("*.py") if private.search(path.read_text())}
    assert touching == {"dbos_tables.py"}


def test_the_columns_that_we_read_are_there(engine: sa.Engine) -> None:
    schema = None if engine.dialect.name == "sqlite" else DBOS_SCHEMA
    found = {column["name"] for column in sa.inspect(engine).get_columns("workflow_status", schema=schema)}
    assert {column.name for column in dbos_tables.workflows.columns} <= found


def test_a_claim_names_its_worker_and_leaves_a_token_of_its_own(bench: JobBench, engine: sa.Engine) -> None:
    gate = Gate()
    kind = kind_of(gate)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    waiting = row_of(engine, asked.job_id)
    assert (waiting["status"], waiting["owner_xid"]) == ("ENQUEUED", None)
    tokens = set()
    for _ in range(2):
        gate.begun.clear()
        with bench.working(kind) as worker:
            gate.wait()
            held = row_of(engine, asked.job_id)
            assert (held["status"], held["executor_id"]) == (dbos_tables.PENDING, worker.executor_id)
            tokens.add(held["owner_xid"])
        assert row_of(engine, asked.job_id)["owner_xid"] is None, "handed back"
    assert len(tokens - {None}) == 2
    gate.let_go.set()
    with bench.working(kind):
        bench.wait_for(asked.job_id, "done")
        until(lambda: row_of(engine, asked.job_id)["status"] == "SUCCESS")
    assert row_of(engine, asked.job_id)["owner_xid"] is None


def test_a_job_handed_back_waits_where_it_waited_before(bench: JobBench, engine: sa.Engine) -> None:
    asked = bench.client.enqueue(kind_of(nothing, queue="narrow").request("abc", version="1", priority=7))
    before = row_of(engine, asked.job_id)
    client = open_client(engine)
    assert not dbos_tables.hand_back(client, asked.job_id, "ghost"), "nobody has it"
    claim = {"status": "PENDING", "executor_id": "ghost", "owner_xid": "token"}
    with engine.begin() as connection:
        connection.execute(sa.update(dbos_tables.workflows).values(claim))
    assert not dbos_tables.hand_back(client, asked.job_id, "somebody else"), "only the one who has it"
    assert dbos_tables.hand_back(client, asked.job_id, "ghost")
    after = row_of(engine, asked.job_id)
    client.destroy()
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"executor_id", "updated_at"}


# ---- what it does not do, so that we do


def test_dbos_leaves_the_work_of_a_dead_worker_where_it_is(bench: JobBench, engine: sa.Engine) -> None:
    kind = kind_of(nothing)
    lost = bench.client.enqueue(kind.request("lost", version="1"))
    claim = {"status": "PENDING", "executor_id": "dead", "owner_xid": "token"}
    with engine.begin() as connection:
        connection.execute(sa.update(dbos_tables.workflows).values(claim))
    other = bench.client.enqueue(kind.request("other", version="1"))
    ran: list[str] = []
    with plain_dbos(engine, "living", ran.append):
        until(lambda: row_of(engine, other.job_id)["status"] == "SUCCESS")
    assert ran == ["other"]
    assert row_of(engine, lost.job_id)["executor_id"] == "dead"


def test_dbos_would_resume_what_was_cancelled_and_take_what_a_living_worker_holds(
    bench: JobBench, engine: sa.Engine
) -> None:
    """Why the public `resume_workflow` is no hand-over: it does not ask whose the job is."""
    kind = kind_of(nothing)
    cancelled = bench.client.enqueue(kind.request("cancelled", version="1"))
    bench.client.cancel(cancelled.job_id)
    held = bench.client.enqueue(kind.request("held", version="1"))
    claim = {"status": "PENDING", "executor_id": "living", "owner_xid": "token"}
    with engine.begin() as connection:
        mine = dbos_tables.workflows.c.workflow_uuid == held.job_id
        connection.execute(sa.update(dbos_tables.workflows).where(mine).values(claim))
    bench.client._dbos.resume_workflows([cancelled.job_id, held.job_id], queue_name="default")
    assert {row_of(engine, job.job_id)["status"] for job in (cancelled, held)} == {"ENQUEUED"}


def test_dbos_counts_clean_hand_overs_like_deaths(bench: JobBench, engine: sa.Engine) -> None:
    """Why `max_recovery_attempts` is only the last resort, and crashes are counted by us, per step."""
    gate = Gate()
    kind = kind_of(gate)
    asked = bench.client.enqueue(kind.request("abc", version="1"))
    for life in range(1, 4):
        gate.begun.clear()
        with bench.working(kind):
            gate.wait()
            assert row_of(engine, asked.job_id)["recovery_attempts"] == life
    assert bench.client.job(asked.job_id).crashes == 0


def test_dbos_tries_a_step_again_although_its_workflow_was_cancelled_meanwhile(
    bench: JobBench, engine: sa.Engine
) -> None:
    """Why the tries of a step are ours: DBOS sleeps between its own, and neither cancelling nor stopping wakes it."""
    tries: list[bool] = []
    failed = threading.Event()
    asked = bench.client.enqueue(kind_of(nothing).request("abc", version="1"))

    def step() -> None:
        tries.append(row_of(engine, asked.job_id)["status"] == "CANCELLED")
        failed.set()
        raise RuntimeError("not yet")

    retried: Any = {"name": "one", "retries_allowed": True, "max_attempts": 2, "interval_seconds": 1.0}
    with plain_dbos(engine, "living", lambda _subject: DBOS.run_step(retried, step)):
        assert failed.wait(20)
        bench.client.cancel(asked.job_id)
        until(lambda: len(tries) == 2)
    assert tries == [False, True]


def test_dbos_starts_a_scheduled_run_although_the_one_before_is_still_at_it(engine: sa.Engine) -> None:
    """Why periodic tasks are ours: a slow one would pile up runs, each a row, and a killed one would hold the rest."""
    let_go = threading.Event()
    schedule = "every-second"
    with plain_dbos(engine, "living", lambda _subject: None):

        @DBOS.workflow(name="tick")
        def tick(_due: object, _context: object) -> None:
            assert let_go.wait(60)

        DBOS.apply_schedules(
            [{"schedule_name": schedule, "workflow_fn": tick, "schedule": "* * * * * *", "context": None}]
        )
        until(lambda: len(DBOS.list_workflows(name="tick", status=dbos_tables.PENDING)) >= 2)
        DBOS.delete_schedule(schedule)
        let_go.set()
