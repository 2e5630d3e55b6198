"""The stream of this person's jobs: how they get on, as it happens."""

import time
from typing import Any, Final
from weakref import WeakKeyDictionary, ref

from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from offangle.db.models import User
from offangle.flows.desk import Desk
from offangle.flows.kind import Page, SeenJob
from offangle.jobs.client import JobClient
from offangle.web.shared.house import desk_of
from offangle.web.shared.signed_in import signed_in_later
from offangle.web.shared.sse import Event, Found, Pulse, Stream, signed_in_viewer, stream_response

LOOK_EVERY_S: Final = 0.3
RECONNECT_MS: Final = 2000
OPEN_STATES: Final = ("queued", "running", "retrying")
MOST_AT_START: Final = 50


_pulses: Final[WeakKeyDictionary[JobClient, Pulse]] = WeakKeyDictionary()


def _pulse_of(jobs: JobClient) -> Pulse:
    asked = ref(jobs)

    def newest() -> int:
        living = asked()
        return 0 if living is None else living.watch()[1]

    return _pulses.setdefault(jobs, Pulse(newest, LOOK_EVERY_S))


@require_GET
async def events(request: HttpRequest) -> StreamingHttpResponse:
    """Open jobs first, then every change."""
    await signed_in_later(request)
    desk = desk_of(request)

    def look(user: User, cursor: int | None) -> Found:
        return first_look(desk, user) if cursor is None else later_look(desk, user, cursor)

    return stream_response(request, Stream(_pulse_of(desk.jobs), signed_in_viewer(request), look, RECONNECT_MS))


def first_look(desk: Desk, user: User) -> Found:
    """The jobs under way."""
    _, cursor = desk.jobs.watch()  # asked first: what happens meanwhile is told twice rather than never
    under_way = desk.jobs.list_jobs(state=OPEN_STATES, limit=MOST_AT_START).jobs
    return told(desk.seen(user, under_way)), cursor


def later_look(desk: Desk, user: User, cursor: int) -> Found:
    """What changed since `cursor`."""
    changes, cursor = desk.jobs.watch(cursor)
    return told(desk.seen(user, [change.job for change in changes])), cursor


def told(jobs: list[SeenJob]) -> list[Event]:
    """The jobs that have something to say, one event each: of things that somebody brought or asked for.

    What nobody waits for, such as figures worked out anew, stands in the list of jobs and in no corner of every page.
    """
    return [Event("job", news_of(seen)) for seen in jobs if seen.is_settled and seen.kind.subjects is not None]


def news_of(seen: SeenJob) -> dict[str, Any]:
    """One job as the page needs it; `follows` is the job that made its file."""
    job = seen.job
    started_ms = job.started_at_ms if job is not None else None
    return {
        "job_id": job.job_id if job is not None else "",
        "name": seen.subject.title,
        "state": seen.state,
        "stage": seen.stage,
        "share": round(seen.share, 4),
        "running_s": 0.0 if started_ms is None else max(0.0, time.time() - started_ms / 1000),
        "timed_share": round(seen.timed_share, 4),
        "waiting": seen.waiting,
        "reason": seen.reason,
        "hint": seen.hint,
        "url": address(seen.subject.opens),
        "opening": seen.kind.opening,
        "follows": seen.follows,
    }


def address(page: Page | None) -> str:
    """Where a page is; empty for none."""
    return reverse(page.name, args=[page.argument]) if page is not None else ""
