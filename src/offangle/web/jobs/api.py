"""`/jobs`: what is queued, running, done or dead, and the two buttons."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from django.http import HttpRequest
from ninja import Path, Query, Router

from offangle.flows.desk import no_such_job
from offangle.flows.kind import SeenJob
from offangle.jobs.views import JobState, JobView
from offangle.web.jobs.schemas import Job
from offangle.web.shared.api.auth import user_of
from offangle.web.shared.api.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from offangle.web.shared.api.problems import ConflictError
from offangle.web.shared.house import desk_of

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
    user, desk = user_of(request), desk_of(request)
    found: list[SeenJob] = []
    for _ in range(MAX_SCANS):
        page = desk.jobs.list_jobs(state=state, limit=limit - len(found), cursor=cursor)
        found += desk.seen(user, page.jobs)
        cursor = page.cursor
        if cursor is None or len(found) >= limit:
            break
    return {"items": [_of_seen(seen) for seen in found], "next_cursor": cursor}


@router.get("/{job_id}", response=Job, summary="One job", operation_id="get_job")
def get_job(request: HttpRequest, job_id: JobId) -> Job:
    """A job as it stands now."""
    return _of_seen(desk_of(request).job(user_of(request), job_id))


@router.post("/{job_id}/retry", response=Job, summary="Retry a job", operation_id="retry_job")
def retry_job(request: HttpRequest, job_id: JobId) -> Job:
    """Run a dead or cancelled job again."""
    desk = desk_of(request)
    seen = desk.job(user_of(request), job_id)
    state = seen.job.state if seen.job is not None else seen.state
    if state not in {"dead", "cancelled"}:
        raise ConflictError(f"the job is {state}", hint="Only a dead or cancelled job can be retried.")
    return job_schema(desk.retry(seen), seen)


@router.post("/{job_id}/cancel", response=Job, summary="Cancel a job", operation_id="cancel_job")
def cancel_job(request: HttpRequest, job_id: JobId) -> Job:
    """Stop a job: a queued one never starts, a running one ends at its next look; a finished one stays as it is."""
    desk = desk_of(request)
    seen = desk.job(user_of(request), job_id)
    if seen.job is None or seen.job.is_final:
        return _of_seen(seen)
    return job_schema(desk.cancel(seen), seen)


def _of_seen(seen: SeenJob) -> Job:
    if seen.job is None:
        raise no_such_job()
    return job_schema(seen.job, seen)


def job_schema(view: JobView, seen: SeenJob) -> Job:
    """A job as the API gives it."""
    return Job(
        id=view.job_id,
        kind=view.kind,
        subject=view.subject,
        title=seen.subject.title,
        state=view.state,
        stage=view.stage,
        stage_label=seen.kind.stage_label(view.stage) if view.stage else "",
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


def _time(ms: int | None) -> Any:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)
