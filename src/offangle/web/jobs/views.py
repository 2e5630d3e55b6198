"""What is being done with the files this person brought, and what went wrong."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import Demo, ImportRecord, User
from offangle.db.queries.access import visible_matches
from offangle.flows.recorded.delete import delete_demo
from offangle.flows.recorded.queueing import cancel_demo, retry_demo
from offangle.flows.samples.sample import cancel_sample, pending_samples, sample_request
from offangle.flows.services import services
from offangle.jobs.views import JobView
from offangle.web.shared.signed_in import signed_in

JOBS_PER_PAGE: Final = 25
REFUSED_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class JobRow:
    """A file and the job that works on it, if there is one."""

    demo: Demo
    job: JobView | None

    @property
    def state(self) -> str:
        """One word for how it stands, from the job while it lives and from the file's row else."""
        if self.job is not None and not self.job.is_final:
            return self.job.state
        is_cancelled = self.job is not None and self.job.state == "cancelled"
        if self.demo.state == Demo.State.FAILED:
            return "cancelled" if is_cancelled else "dead"
        return "done" if self.demo.state == Demo.State.PUBLISHED else "queued"

    @property
    def reason(self) -> str:
        """Why it failed or waits."""
        if self.job is not None and self.state in ("dead", "retrying") and self.job.reason:
            return self.job.reason
        return self.demo.failure

    @property
    def hint(self) -> str:
        """What to do about it."""
        if self.job is not None and self.state in ("dead", "retrying") and self.job.reason:
            return self.job.hint
        return self.demo.failure_hint

    @property
    def percent(self) -> float:
        """How much of the stage is done."""
        return 100 * self.job.fraction if self.job is not None else 0.0

    @property
    def may_retry(self) -> bool:
        """Whether Retry makes sense."""
        return self.state in ("dead", "cancelled")

    @property
    def may_cancel(self) -> bool:
        """Whether there is something to stop."""
        return self.job is not None and not self.job.is_final


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A sample that has no file yet, and the job that simulates it."""

    record: ImportRecord
    job: JobView | None

    @property
    def state(self) -> str:
        """One word for how it stands."""
        return self.job.state if self.job is not None else "queued"

    @property
    def reason(self) -> str:
        """Why it waits."""
        return self.job.reason if self.job is not None else ""

    @property
    def hint(self) -> str:
        """What to do about it."""
        return self.job.hint if self.job is not None else ""

    @property
    def percent(self) -> float:
        """How much of it is done."""
        return 100 * self.job.fraction if self.job is not None else 0.0


@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    """The jobs of this person's files, newest first; all jobs for the instance's owner."""
    user = signed_in(request)
    demos = visible_demos(user).select_related("match").order_by("-stored_at", "pk")
    page = Paginator(demos, JOBS_PER_PAGE).get_page(request.GET.get("page"))
    refused = ImportRecord.objects.exclude(error="").order_by("-received_at")
    context = {
        "page": page,
        "rows": [job_row(demo) for demo in page.object_list],
        "samples": [sample_row(record) for record in pending_samples(user)] if page.number == 1 else [],
        "refused": list((refused if user.is_superuser else refused.filter(user=user))[:REFUSED_SHOWN]),
        "health": services().jobs.healthcheck(),
        "has_matches": visible_matches(user).exists,  # asked only by a page without rows
    }
    return render(request, "offangle/jobs/list.html", context)


def visible_demos(user: User) -> QuerySet[Demo]:
    """The files that `user` brought; all files for the instance's owner."""
    demos = Demo.objects.exclude(state=Demo.State.DELETING)
    if user.is_superuser:
        return demos
    return demos.filter(Exists(ImportRecord.objects.filter(demo=OuterRef("pk"), user=user)))


def job_row(demo: Demo) -> JobRow:
    """The file with its job; a published one's job has nothing more to say."""
    is_open = demo.state != Demo.State.PUBLISHED and demo.job_id
    return JobRow(demo, services().jobs.find(demo.job_id) if is_open else None)


def sample_row(record: ImportRecord) -> SampleRow:
    """The sample with its job."""
    return SampleRow(record, services().jobs.find(sample_request(record.pk).job_id))


def own_demo(request: HttpRequest, sha256: str) -> Demo:
    """The file, if this person brought it.

    Raises:
        NotFoundError: There is none, or it is somebody else's.
    """
    demo = visible_demos(signed_in(request)).filter(pk=sha256).first()
    if demo is None:
        raise NotFoundError("no such job", hint="It may have been deleted, or belongs to somebody else.")
    return demo


@require_POST
def job_retry(request: HttpRequest, sha256: str) -> HttpResponseRedirect:
    """Try again."""
    demo = own_demo(request, sha256)
    try:
        retry_demo(demo.sha256)
    except BadInputError as error:
        messages.error(request, f"{error.message}. {error.hint}")  # somebody pressed Retry before
    else:
        messages.success(request, f"{demo} is queued again.")
    return redirect("job-list")


@require_POST
def job_cancel(request: HttpRequest, sha256: str) -> HttpResponseRedirect:
    """Stop it."""
    demo = own_demo(request, sha256)
    view = cancel_demo(demo.sha256)
    said = "was cancelled." if view.state == "cancelled" else "had already ended."
    messages.success(request, f"{demo} {said}")
    return redirect("job-list")


@require_POST
def sample_cancel(request: HttpRequest, record_id: UUID) -> HttpResponseRedirect:
    """Stop a simulation."""
    if record_id not in {record.pk for record in pending_samples(signed_in(request))}:
        raise NotFoundError("no such job", hint="It may have ended, or belongs to somebody else.")
    view = cancel_sample(str(record_id))
    messages.success(request, f"The sample {'was cancelled' if view.state == 'cancelled' else 'had already come'}.")
    return redirect("job-list")


@require_POST
def job_delete(request: HttpRequest, sha256: str) -> HttpResponseRedirect:
    """Forget a file that came to nothing."""
    demo = own_demo(request, sha256)
    delete_demo(signed_in(request), demo.sha256)
    messages.success(request, f"{demo} was deleted.")
    return redirect("job-list")
