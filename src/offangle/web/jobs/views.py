"""What is being done with what this person brought, and what went wrong."""

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from offangle.core.errors import BadInputError
from offangle.db.models import ImportRecord
from offangle.db.queries.access import visible_matches
from offangle.flows.kind import SeenJob
from offangle.web.jobs.events import address
from offangle.web.shared.house import desk_of
from offangle.web.shared.signed_in import signed_in

JOBS_PER_PAGE: Final = 25
REFUSED_SHOWN: Final = 10


@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    """What is or was worked on for this person, newest first; everything for the instance's owner."""
    user, desk = signed_in(request), desk_of(request)
    page = Paginator(desk.listed(user), JOBS_PER_PAGE).get_page(request.GET.get("page"))
    refused = ImportRecord.objects.exclude(error="").order_by("-received_at")
    context = {
        "page": page,
        "rows": [(seen, address(seen.subject.opens)) for seen in page.object_list],
        "refused": list((refused if user.is_superuser else refused.filter(user=user))[:REFUSED_SHOWN]),
        "health": desk.jobs.healthcheck(),
        "has_matches": visible_matches(user).exists,  # asked only by a page without rows
    }
    return render(request, "offangle/jobs/list.html", context)


def _own(request: HttpRequest, kind: str, key: str) -> SeenJob:
    return desk_of(request).thing(signed_in(request), kind, key)


@require_POST
def job_retry(request: HttpRequest, kind: str, key: str) -> HttpResponseRedirect:
    """Try again."""
    seen = _own(request, kind, key)
    try:
        desk_of(request).retry(seen)
    except BadInputError as error:
        messages.error(request, f"{error.message}. {error.hint}")  # somebody pressed Retry before
    else:
        messages.success(request, f"{seen.subject.title} is queued again.")
    return redirect("job-list")


@require_POST
def job_cancel(request: HttpRequest, kind: str, key: str) -> HttpResponseRedirect:
    """Stop it."""
    seen = _own(request, kind, key)
    view = desk_of(request).cancel(seen)
    said = "was cancelled." if seen.may_cancel and view.state == "cancelled" else "had already ended."
    messages.success(request, f"{seen.subject.title} {said}")
    return redirect("job-list")


@require_POST
def job_delete(request: HttpRequest, kind: str, key: str) -> HttpResponseRedirect:
    """Forget what came to nothing."""
    seen = _own(request, kind, key)
    desk_of(request).delete(signed_in(request), seen)
    messages.success(request, f"{seen.subject.title} was deleted.")
    return redirect("job-list")
