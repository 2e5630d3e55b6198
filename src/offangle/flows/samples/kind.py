"""The kind of job that makes a sample, and what people see of it."""

from collections.abc import Collection
from functools import partial
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from offangle.db.models import Demo, ImportRecord, Match, User
from offangle.flows.kind import Few, Kind, Listing, Page, Queue, Stage, Subject, Work
from offangle.flows.samples.sample import (
    SAMPLE_KIND,
    SAMPLE_QUEUE,
    STAGE,
    accept,
    cancel_sample,
    fail,
    pending_samples,
    retry_sample,
    sample_request,
    simulate,
    sweep_samples,
)
from offangle.flows.services import Services
from offangle.jobs.kinds import Step
from offangle.jobs.views import JobState

STATES: Final[dict[str, JobState]] = {Demo.State.PUBLISHED: "done", Demo.State.FAILED: "dead"}
"""A sample is what its file is: done when its match is there, dead when that came to nothing."""


class SampleSubjects:
    """Samples, to be seen by those who asked for them; all of them by the instance's owner."""

    def listed(self, user: User) -> Listing:
        """Those that wait for their file: with it they are in the list as files."""
        return Few([_subject(record, None) for record in pending_samples(user)])

    def find(self, user: User, ids: Collection[str]) -> dict[str, Subject]:
        """Those of `ids`, which are the records', that this person may see."""
        records = list(_samples_of(user).filter(pk__in=[each for each in ids if _is_id(each)]))
        made = [record.demo_id for record in records if record.demo_id]
        matches = {match.demo_id: match for match in Match.objects.filter(demo__in=made)} if made else {}
        return {str(record.pk): _subject(record, matches.get(record.demo_id)) for record in records}

    def makers(self, user: User, ids: Collection[str]) -> dict[str, str]:
        """The jobs that made files."""
        records = _samples_of(user).filter(demo__in=ids)
        return {str(record.demo_id): sample_request(record.pk).job_id for record in records}


def _samples_of(user: User) -> QuerySet[ImportRecord]:
    records = ImportRecord.objects.filter(source=ImportRecord.Source.SAMPLE).select_related("demo")
    return records if user.is_superuser else records.filter(user=user)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _subject(record: ImportRecord, match: Match | None) -> Subject:
    demo = record.demo
    failed = demo if demo is not None and demo.state == Demo.State.FAILED else None
    return Subject(
        id=str(record.pk),
        title=record.original_name,
        added_at=record.received_at,
        state="dead" if record.error else STATES.get(demo.state, "queued") if demo else "queued",
        job_id=sample_request(record.pk).job_id,
        reason=failed.failure if failed else record.error,
        hint=failed.failure_hint if failed else record.error_hint,
        opens=Page("match", str(match.pk)) if match else None,
        is_simulated=True,
    )


def _work(services: Services) -> Work:
    jobs = services.jobs
    return Work(
        steps=(Step("simulate", partial(simulate, services)), Step("accept", partial(accept, services))),
        cancel=partial(cancel_sample, jobs),
        retry=partial(retry_sample, jobs),
        on_failed=fail,
        sweeps=(partial(sweep_samples, jobs),),
    )


SAMPLE: Final = Kind(
    name=SAMPLE_KIND,
    title="Sample match",
    queue=Queue(SAMPLE_QUEUE, in_all=1),  # the first simulates, those behind it find its match
    stages=(Stage(STAGE, "Simulating", 1.0, steps=("simulate",)), Stage("accepting", "Simulated", 0.0, ("accept",))),
    work=_work,
    subjects=SampleSubjects(),
    waiting="Simulation",
    opening="Open match",
    made="Simulated",
    lead=0.75,
)
