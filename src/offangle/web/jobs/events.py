"""Server-sent events: how this person's jobs get on, as it happens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from offangle.db.models import Demo, ImportRecord, Match, User
from offangle.flows.recorded.queueing import DEMO_KIND
from offangle.flows.samples.sample import SAMPLE_KIND, sample_request
from offangle.flows.services import services
from offangle.jobs.views import JobView
from offangle.web.jobs.views import visible_demos
from offangle.web.shared.signed_in import signed_in_later

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
        files, samples = (
            [job for job in jobs if job.kind == DEMO_KIND],
            [job for job in jobs if job.kind == SAMPLE_KIND],
        )
        return [*told_samples(user, samples), *told_files(user, files)]
    finally:
        connection.close()  # this thread lives as long as the stream; it must not hold a connection that long


def told_files(user: User, jobs: list[JobView]) -> list[dict[str, Any]]:
    """The jobs of files."""
    subjects = [job.subject for job in jobs]
    names = {demo.pk: demo.original_name for demo in visible_demos(user).filter(pk__in=subjects)}
    matches = dict(Match.objects.filter(demo__in=subjects).values_list("demo_id", "pk"))
    makers = {record.demo_id: sample_request(record.pk).job_id for record in samples_of(user).filter(demo__in=subjects)}
    return [
        news_of(job, names[job.subject], matches.get(job.subject), makers.get(job.subject, ""))
        for job in jobs
        if job.subject in names
    ]


def told_samples(user: User, jobs: list[JobView]) -> list[dict[str, Any]]:
    """The jobs that simulate; one that has made its file is told of only where the file's own job has ended before."""
    records = {str(record.pk): record for record in samples_of(user).filter(pk__in=[job.subject for job in jobs])}
    told = [
        (record, outcome) for job in jobs if (record := records.get(job.subject)) and (outcome := _end(job, record))
    ]
    made = [record.demo_id for record, _ in told if record.demo_id]
    matches = dict(Match.objects.filter(demo__in=made).values_list("demo_id", "pk"))
    return [news_of(job, record.original_name, matches.get(record.demo_id or "")) for record, job in told]


def samples_of(user: User) -> QuerySet[ImportRecord]:
    """The samples that `user` asked for; everybody's for the instance's owner."""
    records = ImportRecord.objects.filter(source=ImportRecord.Source.SAMPLE).select_related("demo")
    return records if user.is_superuser else records.filter(user=user)


def _end(job: JobView, record: ImportRecord) -> JobView | None:
    """A sample's job as its user sees it: with its file made it is over only when the file's own job is."""
    if job.state != "done":
        return job
    demo = record.demo
    if demo is not None and demo.state == Demo.State.FAILED:
        return replace(job, state="dead", reason=demo.failure, hint=demo.failure_hint)
    return job if demo is not None and demo.state == Demo.State.PUBLISHED else None


def news_of(job: JobView, name: str, match_id: Any, follows: str = "") -> dict[str, Any]:
    """One job; `follows` is the job that made its file."""
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
        "follows": follows,
    }
