"""`/jobs`: what is queued, running, done or dead, and the two buttons."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from django.http import HttpRequest
from ninja import Path, Query, Router

from offangle.core.errors import NotFoundError
from offangle.db.models import ImportRecord, User
from offangle.flows.recorded.queueing import DEMO_KIND, cancel_demo, retry_demo
from offangle.flows.samples.sample import SAMPLE_KIND, cancel_sample, retry_sample
from offangle.flows.services import services
from offangle.jobs.views import JobState, JobView
from offangle.web.jobs.schemas import Job
from offangle.web.shared.api.auth import user_of
from offangle.web.shared.api.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from offangle.web.shared.api.problems import ConflictError

router = Router(tags=["jobs"])
ROUTERS: Final = (("/jobs", router),)

JOB_ID_PATTERN: Final = r"^[A-Za-z0-9._@+:-]{1,400}$"
MAX_SCANS: Final = 10
"""Looks at the queue for one page of one person's jobs; a page cut short by it has a cursor to go on with."""

JobId = Annotated[str, Path(pattern=JOB_ID_PATTERN)]


@router.get("", response=Page[Job], summary="List jobs", operation_id="list_jobs")
def list_jobs(
    request: HttpRequest,
    state: Annotated[JobState | None, Query(description="Only jobs in this state")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Jobs of your imports, newest first (the instance's owner sees all). A page may be shorter than asked for."""
    user = user_of(request)
    own = None if user.is_superuser else _own_subjects(user)
    found: list[JobView] = []
    for _ in range(MAX_SCANS):
        page = services().jobs.list_jobs(state=state, limit=limit - len(found), cursor=cursor)
        found += [view for view in page.jobs if own is None or (view.kind, view.subject) in own]
        cursor = page.cursor
        if cursor is None or len(found) >= limit:
            break
    return {"items": [job_schema(view) for view in found], "next_cursor": cursor}


@router.get("/{job_id}", response=Job, summary="One job", operation_id="get_job")
def get_job(request: HttpRequest, job_id: JobId) -> Job:
    """A job as it stands now."""
    return job_schema(visible_job(user_of(request), job_id))


@router.post("/{job_id}/retry", response=Job, summary="Retry a job", operation_id="retry_job")
def retry_job(request: HttpRequest, job_id: JobId) -> Job:
    """Run a dead or cancelled job again."""
    view = visible_job(user_of(request), job_id)
    if view.state not in {"dead", "cancelled"}:
        raise ConflictError(f"the job is {view.state}", hint="Only a dead or cancelled job can be retried.")
    if view.kind == DEMO_KIND:
        return job_schema(services().jobs.job(retry_demo(view.subject)))
    if view.kind == SAMPLE_KIND:
        return job_schema(retry_sample(view.subject))
    return job_schema(services().jobs.retry(job_id))


@router.post("/{job_id}/cancel", response=Job, summary="Cancel a job", operation_id="cancel_job")
def cancel_job(request: HttpRequest, job_id: JobId) -> Job:
    """Stop a job: a queued one never starts, a running one ends at its next look; a finished one stays as it is."""
    view = visible_job(user_of(request), job_id)
    if view.is_final:
        return job_schema(view)
    if view.kind == DEMO_KIND:
        return job_schema(cancel_demo(view.subject))
    return job_schema(cancel_sample(view.subject) if view.kind == SAMPLE_KIND else services().jobs.cancel(job_id))


def visible_job(user: User, job_id: str) -> JobView:
    """The job if it works on a file that `user` brought, or on their sample; the instance's owner sees all.

    Raises:
        NotFoundError: There is none, or it is not theirs to see.
    """
    view = services().jobs.find(job_id)
    if view is not None and (user.is_superuser or (view.kind, view.subject) in _own_subjects(user)):
        return view
    raise NotFoundError("no such job", hint="The list of jobs names yours.")


def job_schema(view: JobView) -> Job:
    """A job as the API gives it."""
    return Job(
        id=view.job_id,
        kind=view.kind,
        subject=view.subject,
        state=view.state,
        stage=view.stage,
        fraction=view.fraction,
        message=view.message,
        reason=view.reason,
        hint=view.hint,
        attempts=view.attempts,
        enqueued_at=_time(view.enqueued_at_ms),
        started_at=_time(view.started_at_ms),
        finished_at=_time(view.finished_at_ms),
        retry_at=_time(view.retry_at_ms),
    )


def _own_subjects(user: User) -> set[tuple[str, str]]:
    """Kind and subject of the jobs that may be this user's."""
    records = ImportRecord.objects.filter(user=user)
    files = records.filter(demo__isnull=False).values_list("demo_id", flat=True)
    samples = records.filter(source=ImportRecord.Source.SAMPLE).values_list("pk", flat=True)
    return {(DEMO_KIND, str(sha256)) for sha256 in files} | {(SAMPLE_KIND, str(key)) for key in samples}


def _time(ms: int | None) -> Any:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)
