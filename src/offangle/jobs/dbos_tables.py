"""All that this room knows of DBOS's inside: four columns that it reads and one method that it calls.

Everything else that is used of DBOS is documented by it. `tests/contract/test_dbos_facts.py` holds this file against
the DBOS that is installed and fails with another minor version until somebody has looked (docs/explain/jobs.md tells
why each of these is needed).

Read, never written, of `workflow_status`:

    workflow_uuid   the id that the job was enqueued under
    status          ENQUEUED or DELAYED waits, PENDING is in a worker's hands, everything else is final
    executor_id     the worker that claimed it last
    owner_xid       the token of that claim, another one for each; NULL once it is nobody's. DBOS records nothing for a
                    run whose token is gone, and neither do we

Called: `SystemDatabase.reenqueue_for_recovery`, DBOS's own recovery of one workflow: back to its queue, its token
cleared, if and only if it is still PENDING in the name of that worker.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from dbos import DBOSClient

from offangle.jobs.database import DBOS_SCHEMA, FINAL_PHASES, jobs

VERIFIED_WITH: Final = "3.4"
"""The version of DBOS, major and minor, that the contract test was last read against."""

WAITING: Final = ("ENQUEUED", "DELAYED")
PENDING: Final = "PENDING"
GIVEN_UP: Final = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
PHASES: Final = {
    "ENQUEUED": "queued", "DELAYED": "queued", "SUCCESS": "done", "ERROR": "dead", GIVEN_UP: "dead",
    "CANCELLED": "cancelled",
}  # fmt: skip
"""Our word for each status but PENDING, of which only we know whether it runs or waits for its next try."""

_FALLBACK_QUEUE: Final = "offangle-lost"  # for a workflow without a queue; ours have one while they can be PENDING

workflows = sa.Table(
    "workflow_status",
    sa.MetaData(),
    sa.Column("workflow_uuid", sa.Text, primary_key=True),
    sa.Column("status", sa.Text),
    sa.Column("executor_id", sa.Text),
    sa.Column("owner_xid", sa.Text),
    schema=DBOS_SCHEMA,
)

_JOINED = jobs.join(workflows, workflows.c.workflow_uuid == jobs.c.job_id)
_HELD = (workflows.c.status == PENDING, workflows.c.owner_xid.is_not(None))


@dataclass(frozen=True, slots=True)
class RunKey:
    """One run of a job: the job, and the token that DBOS gave this run of it."""

    job_id: str
    owner: str


def owned(connection: sa.Connection, executor_id: str, job_id: str | None = None) -> set[RunKey]:
    """The runs that a worker owns: all of them, or that of one job."""
    query = sa.select(workflows.c.workflow_uuid, workflows.c.owner_xid).where(
        *_HELD, workflows.c.executor_id == executor_id
    )
    if job_id is not None:
        query = query.where(workflows.c.workflow_uuid == job_id)
    return {RunKey(job_id, owner) for job_id, owner in connection.execute(query)}


def is_owned(run: RunKey) -> sa.ColumnElement[bool]:
    """Whether the run still owns its job, as a condition of a statement."""
    return sa.exists().where(workflows.c.workflow_uuid == run.job_id, workflows.c.owner_xid == run.owner)


def held_by_others(connection: sa.Connection, living: sa.Select[tuple[str]]) -> list[tuple[str, str]]:
    """Jobs in the hands of workers that are not among the living, each with that worker."""
    query = sa.select(jobs.c.job_id, workflows.c.executor_id).select_from(_JOINED)
    orphaned = query.where(workflows.c.status == PENDING, workflows.c.executor_id.not_in(living))
    return [(job_id, executor_id) for job_id, executor_id in connection.execute(orphaned)]


def has_unrecorded(connection: sa.Connection, executor_id: str) -> bool:
    """Whether a job of the worker has said its last word and DBOS has not yet written down how it ended."""
    query = sa.select(jobs.c.job_id).select_from(_JOINED)
    mine = (workflows.c.status == PENDING, workflows.c.executor_id == executor_id, jobs.c.phase.in_(FINAL_PHASES))
    return connection.execute(query.where(*mine).limit(1)).first() is not None


def disagreements(connection: sa.Connection) -> list[tuple[str, str, str]]:
    """Jobs that we call ended and DBOS does not, or the other way round: id, our phase, DBOS's status.

    A process that dies between its word to DBOS and its word to us leaves one.
    """
    query = sa.select(jobs.c.job_id, jobs.c.phase, workflows.c.status).select_from(_JOINED)
    final = [status for status, phase in PHASES.items() if phase in FINAL_PHASES]
    unnoticed = query.where(jobs.c.phase.not_in(FINAL_PHASES), workflows.c.status.in_(final))
    revived = query.where(jobs.c.phase.in_(FINAL_PHASES), workflows.c.status.in_(WAITING))
    return [(job_id, phase, status) for job_id, phase, status in connection.execute(sa.union_all(unnoticed, revived))]


def hand_back(dbos: DBOSClient, job_id: str, executor_id: str) -> bool:
    """Put a job back into its queue, if this worker still holds it; what its run still says is not recorded."""
    return dbos._sys_db.reenqueue_for_recovery(job_id, [executor_id], _FALLBACK_QUEUE)  # noqa: SLF001 -- see above
