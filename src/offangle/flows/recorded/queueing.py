"""Which job works on a match file: asked for once, found again, cancelled, retried, and missed by nobody."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.utils import timezone

from offangle.core.errors import BadInputError, NotFoundError, OffangleError
from offangle.db.models import Demo
from offangle.flows.recorded import states
from offangle.flows.recorded.version import PIPELINE_VERSION
from offangle.jobs.client import JobClient
from offangle.jobs.kinds import PRIORITY_NORMAL, JobRequest
from offangle.jobs.views import JobView

logger = logging.getLogger(__name__)

DEMO_KIND: Final = "demo"
DEMO_QUEUE: Final = "demos"
SWEEP_AFTER: Final = timedelta(seconds=30)
"""A younger row may still be between its commit and its enqueue."""


def demo_request(sha256: str, priority: int = PRIORITY_NORMAL) -> JobRequest:
    """The job that takes a stored file through this version of the pipeline."""
    return JobRequest(DEMO_KIND, sha256, PIPELINE_VERSION, queue=DEMO_QUEUE, priority=priority)


def enqueue_demo(jobs: JobClient, sha256: str, priority: int = PRIORITY_NORMAL, *, again: bool = False) -> str:
    """Ask for the job of a stored file and write down its id; a job under way is left alone.

    Args:
        jobs: The engine.
        sha256: The file.
        priority: Smaller runs first.
        again: Also when a job of this version has ended: its history is forgotten and it starts anew.

    Raises:
        TransientError: The ended job is not filed yet.
    """
    request = demo_request(sha256, priority)
    view = jobs.find(request.job_id)
    if view is not None and view.is_final:
        if not again:
            return request.job_id
        jobs.forget(request.job_id)
    # The row first: written after, it could overwrite what a quick job has already said about its end.
    states.queued(sha256, request.job_id)
    jobs.enqueue(request)
    return request.job_id


def is_outdated(sha256: str, job_id: str) -> bool:
    """Whether a job began under another version of the pipeline, so that what its steps left may be of another kind."""
    return job_id != demo_request(sha256).job_id


def enqueue_after_commit(jobs: JobClient, sha256: str, priority: int) -> None:
    """Ask for the job of rows that are now committed; where that fails, the sweep does it."""
    try:
        enqueue_demo(jobs, sha256, priority, again=True)
    except OffangleError:
        logger.warning("the job of %s could not be asked for; the sweep will", sha256, exc_info=True)


def cancel_demo(jobs: JobClient, sha256: str) -> JobView:
    """Stop the job of a file; a finished one stays as it is.

    Raises:
        NotFoundError: There is no such file, or no job for it.
    """
    demo = _demo(sha256)
    view = jobs.cancel(demo.job_id)
    if view.state == "cancelled":
        states.cancelled(sha256)
    return view


def retry_demo(jobs: JobClient, sha256: str) -> JobView:
    """Run the failed or cancelled job of a file again, by today's pipeline.

    Raises:
        NotFoundError: There is no such file.
        BadInputError: Its job has not ended.
        TransientError: The job is just ending; try again in a moment.
    """
    demo = _demo(sha256)
    view = jobs.find(demo.job_id) if demo.job_id else None
    if view is not None and not view.is_final:
        raise BadInputError(f"The job of {demo} is {view.state}", hint="Wait for it or cancel it first.")
    return jobs.job(enqueue_demo(jobs, sha256, again=True))


def sweep_demos(jobs: JobClient) -> Iterable[JobRequest]:
    """Requests for open files whose job was never asked for; also files whose job ended without telling the row."""
    rows = Demo.objects.filter(state__in=states.OPEN, stored_at__lt=timezone.now() - SWEEP_AFTER)
    return [request for demo in rows if (request := _missing_job(jobs, demo)) is not None]


def _missing_job(jobs: JobClient, demo: Demo) -> JobRequest | None:
    """The request that `demo` lacks, or None; the row learns of an end that it missed."""
    view = jobs.find(demo.job_id) if demo.job_id else None
    if view is not None and view.state == "cancelled":
        states.cancelled(demo.sha256)
        return None
    if view is not None and view.state == "dead" and not is_outdated(demo.sha256, demo.job_id):
        states.found_ended(demo.sha256, states.Failure(view.reason, view.hint, view.permanent))
        return None
    if view is not None and not view.is_final:
        return None
    return _fresh_request(jobs, demo)


def _fresh_request(jobs: JobClient, demo: Demo) -> JobRequest:
    """The request of a file without a job, or whose job ended without a match, or died of being an older version's."""
    request = demo_request(demo.sha256)
    if (ended := jobs.find(request.job_id)) is not None and ended.is_final:
        jobs.forget(request.job_id)
    states.queued(demo.sha256, request.job_id)
    return request


def _demo(sha256: str) -> Demo:
    try:
        return Demo.objects.get(sha256=sha256)
    except Demo.DoesNotExist as error:
        raise NotFoundError("no such file", hint="It may have been deleted.") from error
