"""Server-sent events: how this person's jobs get on, as it happens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from offangle.db.models import Match, User
from offangle.jobs.views import JobView
from offangle.pipeline.services import services
from offangle.web.people import signed_in_later
from offangle.web.views.jobs import visible_demos

LOOK_EVERY_S: Final = 0.3
ALIVE_EVERY_S: Final = 15.0
"""Proxies close a connection that says nothing for long."""
LONGEST_S: Final = 600.0
"""Then the browser comes again, so that a stream never outlives a session by more."""
RECONNECT_MS: Final = 2000
OPEN_STATES: Final = ("queued", "running", "retrying")
MOST_AT_START: Final = 50

Cursor = int | None


@require_GET
async def events(request: HttpRequest) -> StreamingHttpResponse:
    """The stream; a browser that comes back says in `Last-Event-ID` where it was."""
    user = await signed_in_later(request)
    last = request.headers.get("Last-Event-ID", "")
    since = int(last) if last.isdigit() and last.isascii() and len(last) < 19 else None  # noqa: PLR2004 -- what 64 bits hold
    return StreamingHttpResponse(
        stream(user, since),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def stream(user: User, since: Cursor) -> AsyncIterator[str]:
    """Open jobs first, then every change, then, from time to time, a sign of life."""
    yield f"retry: {RECONNECT_MS}\n\n"
    started = said = time.monotonic()
    news, cursor = await sync_to_async(first_look)(user, since)
    while time.monotonic() - started < LONGEST_S:
        for each in news:
            yield message(each, cursor)
            said = time.monotonic()
        if time.monotonic() - said > ALIVE_EVERY_S:
            yield ": still here\n\n"
            said = time.monotonic()
        await asyncio.sleep(LOOK_EVERY_S)
        news, cursor = await sync_to_async(look)(user, cursor)


def message(news: dict[str, Any], cursor: int) -> str:
    """One event in the wire form."""
    return f"id: {cursor}\nevent: job\ndata: {json.dumps(news)}\n\n"


def first_look(user: User, since: Cursor) -> tuple[list[dict[str, Any]], int]:
    """For somebody new the jobs under way; for somebody who comes back what they missed."""
    if since is not None:
        return look(user, since)
    jobs = services().jobs
    _, cursor = jobs.watch()
    under_way = jobs.list_jobs(state=OPEN_STATES, limit=MOST_AT_START).jobs
    return told(user, list(under_way)), cursor


def look(user: User, cursor: int) -> tuple[list[dict[str, Any]], int]:
    """What changed since `cursor`."""
    changes, cursor = services().jobs.watch(cursor)
    return told(user, [event.job for event in changes]), cursor


def told(user: User, jobs: list[JobView]) -> list[dict[str, Any]]:
    """The jobs that are `user`'s to see, as the page needs them."""
    if not jobs:
        return []
    try:
        subjects = [job.subject for job in jobs]
        names = {demo.pk: demo.original_name for demo in visible_demos(user).filter(pk__in=subjects)}
        matches = dict(Match.objects.filter(demo__in=subjects).values_list("demo_id", "pk"))
        return [news_of(job, names[job.subject], matches.get(job.subject)) for job in jobs if job.subject in names]
    finally:
        connection.close()  # this thread lives as long as the stream; it must not hold a connection that long


def news_of(job: JobView, name: str, match_id: Any) -> dict[str, Any]:
    """One job."""
    return {
        "job_id": job.job_id,
        "name": name,
        "state": job.state,
        "stage": job.stage,
        "fraction": round(job.fraction, 3),
        "running_s": 0.0 if job.started_at_ms is None else max(0.0, time.time() - job.started_at_ms / 1000),
        "reason": job.reason,
        "hint": job.hint,
        "match_url": reverse("match", args=[match_id]) if match_id else "",
    }
