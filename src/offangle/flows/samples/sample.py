"""The sample: a simulated match for those who have none yet, which then goes the ordinary way of an upload.

Who asks gets a record at once, and a job that gives it its file. The first job of an installation simulates, in a
process of its own; jobs of one queue run one at a time, so those of others find the file in the store.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from offangle.core.errors import BadInputError, NotFoundError, OffangleError
from offangle.db.models import Demo, ImportRecord, Notification, User
from offangle.flows.recorded.acquire import attach
from offangle.flows.recorded.notify import MAX_TEXT
from offangle.flows.recorded.queueing import SWEEP_AFTER, enqueue_after_commit
from offangle.flows.services import Sample, Services
from offangle.jobs.client import JobClient
from offangle.jobs.kinds import PRIORITY_INTERACTIVE, JobFailure, JobRequest, JsonValue, StepContext
from offangle.jobs.views import JobView
from offangle.processes.children import ChildCancelledError, ChildLimits, ChildWords, run_child
from offangle.storage.intake import StoredMatchFile
from offangle.storage.objects import ObjectStore

logger = logging.getLogger(__name__)

SAMPLE_KIND: Final = "sample"
SAMPLE_QUEUE: Final = "samples"
STEPS_VERSION: Final = "1"
"""Part of the job's id; raised when its steps change so much that a job under way could not go on."""
STAGE: Final = "simulating"
PLAYED_SHARE: Final = 0.95
"""The part of the simulation that playing is; the rest is putting the file into the store."""

LIMITS: Final = ChildLimits(wall_s=900.0, memory_bytes=1024**3, output_bytes=1024**3)
"""A whole match takes half a minute, 100 MB of memory and 25 MB on the disk; many times that is a fault."""
WORDS: Final = ChildWords(
    work="simulating the sample match",
    worker="the simulator",
    output="the files of the sample match",
    output_hint="Set OFFANGLE_SAMPLE_ROUNDS to fewer rounds, then ask again.",
    hint="Ask for the sample again.",
    error=OffangleError,
)
CANCELLED: Final = "The sample was cancelled."
CANCELLED_HINT: Final = "Ask for it again, in the settings."

PENDING: Final = Q(source=ImportRecord.Source.SAMPLE, demo=None, error="")
"""Records that wait for their file."""


def ask_sample(services: Services, user: User) -> ImportRecord:
    """The user's sample: the one they have or wait for, else one that is asked for now.

    A sample whose match failed or was cancelled is tried again.
    """
    record = sample_of(user)
    if record is None:
        try:
            with transaction.atomic():
                record = ImportRecord.objects.create(
                    user=user, source=ImportRecord.Source.SAMPLE, original_name=_file_name(services.sample)
                )
        except IntegrityError:  # asked twice at once: the other one is as good
            return ImportRecord.objects.get(PENDING, user=user)
    if record.demo is None:
        transaction.on_commit(partial(_enqueue, services.jobs, record), robust=True)
    elif record.demo.state == Demo.State.FAILED:
        transaction.on_commit(
            partial(enqueue_after_commit, services.jobs, record.demo.sha256, PRIORITY_INTERACTIVE), robust=True
        )
    return record


def sample_of(user: User) -> ImportRecord | None:
    """The latest sample that the user has or waits for."""
    samples = ImportRecord.objects.filter(user=user, source=ImportRecord.Source.SAMPLE, error="")
    return samples.exclude(demo__state=Demo.State.DELETING).select_related("demo").order_by("-received_at").first()


def sample_request(record_id: UUID | str) -> JobRequest:
    """The job that gives a record its file."""
    return JobRequest(SAMPLE_KIND, str(record_id), STEPS_VERSION, queue=SAMPLE_QUEUE, priority=PRIORITY_INTERACTIVE)


def state_of(record: ImportRecord) -> str:
    """How an import stands, in one word: its file's, or `refused`, or `queued` while its file is being made."""
    if record.demo is not None:
        return record.demo.state
    return "refused" if record.error else Demo.State.QUEUED


def job_of(record: ImportRecord) -> str:
    """Id of the job that works on an import, or did last: on its file, or to make it; empty where there is none."""
    if record.demo is not None:
        return record.demo.job_id
    return "" if record.error else sample_request(record.pk).job_id


def pending_samples(user: User) -> list[ImportRecord]:
    """The samples that wait for their file: the user's, or everybody's for the instance's owner."""
    records = ImportRecord.objects.filter(PENDING).order_by("-received_at")
    return list(records if user.is_superuser else records.filter(user=user))


def _enqueue(jobs: JobClient, record: ImportRecord) -> None:
    try:
        jobs.enqueue(sample_request(record.pk))
    except OffangleError:
        logger.warning("the job of sample %s could not be asked for; the sweep will", record.pk, exc_info=True)


def _file_name(sample: Sample) -> str:
    """What the file is called; the same name is the same match."""
    return f"simulated-sample-{sample.seed}.dem"


# --- the steps of its job


def simulate(services: Services, record_id: str, context: StepContext) -> JsonValue:
    """Write the match and store it; one that is stored already is taken as it is.

    Raises:
        NotFoundError: Nobody waits for it any more.
        OffangleError: The simulator died or cost too much.
        TransientError: The store does not answer.
    """
    context.progress(STAGE, 0.0)
    return asdict(_file_for(services, _waiting(record_id), context))


def accept(services: Services, record_id: str, context: StepContext) -> JsonValue:
    """Give the record its file, which asks for the file's own job.

    Raises:
        NotFoundError: Nobody waits for it any more.
        TransientError: The file is being deleted right now.
    """
    kept: Any = context.results["simulate"]
    file = StoredMatchFile(**kept)
    if not services.store.exists(file.key):
        # Who else had this sample deleted it meanwhile, and the file with it.
        file = _file_for(services, _waiting(record_id), context)
    with transaction.atomic():
        record = _waiting(record_id, ImportRecord.objects.select_for_update())
        if record.demo_id is None:
            attach(services, record, file)
    return {"sha256": file.sha256}


def _waiting(record_id: str, records: QuerySet[ImportRecord] | None = None) -> ImportRecord:
    rows = ImportRecord.objects.all() if records is None else records
    record = rows.filter(pk=record_id, error="").first()
    if record is None:
        raise NotFoundError("nobody waits for this sample any more")
    return record


def _file_for(services: Services, record: ImportRecord, context: StepContext) -> StoredMatchFile:
    return _stored(services.store, record.original_name) or _written(services, record.original_name, context)


def _stored(store: ObjectStore, name: str) -> StoredMatchFile | None:
    """The file that somebody else's sample came with."""
    demos = Demo.objects.filter(imports__source=ImportRecord.Source.SAMPLE, imports__original_name=name)
    demo = demos.exclude(state=Demo.State.DELETING).first()
    if demo is None or not store.exists(demo.object_key):
        return None
    return StoredMatchFile(
        key=demo.object_key,
        kind="demo",
        sha256=demo.sha256,
        size_bytes=demo.size_bytes,
        stored_size_bytes=demo.stored_bytes,
        original_name=name,
        was_new=False,
    )


def _written(services: Services, name: str, context: StepContext) -> StoredMatchFile:
    """The file, simulated now."""
    sample = services.sample
    with services.work.folder("sample") as folder:
        arguments = [str(folder), str(sample.seed), str(sample.rounds)]
        try:
            result = run_child(
                sample.module,
                arguments,
                folder,
                words=WORDS,
                limits=LIMITS,
                progress=_progress(context),
                is_cancelled=lambda: context.is_cancelled,
            )
        except ChildCancelledError:
            context.check_cancelled()
            raise
        return services.intake.take_file(folder / str(result.told["file"]), name=name).files[0]


def _progress(context: StepContext) -> Callable[[str, float], None]:
    """Hand the simulator's share on; after playing nothing of it takes long."""
    reached = 0.0

    def tell(_stage: str, share: float) -> None:
        nonlocal reached
        reached = max(reached, share * PLAYED_SHARE)
        context.progress(STAGE, reached)

    return tell


# --- when it does not come


def fail(record_id: str, failure: JobFailure) -> None:
    """Keep why there is no sample, and tell who asked for it."""
    record = _close(record_id, failure.message, failure.hint)
    if record is not None:
        text = f"{record.original_name}: {record.error}"[:MAX_TEXT]
        news = Notification(user=record.user, kind=Notification.Kind.IMPORT_FAILED, subject=str(record.pk), text=text)
        Notification.objects.bulk_create([news], ignore_conflicts=True)


def cancel_sample(jobs: JobClient, record_id: str) -> JobView:
    """Stop the job; one that has ended stays as it is.

    Raises:
        NotFoundError: There is no such job.
    """
    view = jobs.cancel(sample_request(record_id).job_id)
    if view.state == "cancelled":
        _close(record_id, CANCELLED, CANCELLED_HINT)
    return view


def retry_sample(jobs: JobClient, record_id: str) -> JobView:
    """Run a job that died or was cancelled again.

    Raises:
        BadInputError: The user has asked for another sample since, or the job has not ended.
        NotFoundError: There is no such job.
    """
    job_id = sample_request(record_id).job_id
    try:
        with transaction.atomic():
            ImportRecord.objects.filter(pk=record_id, demo=None).update(error="", error_hint="")
    except IntegrityError as error:
        raise BadInputError("another sample is on its way", hint="Wait for that one.") from error
    return jobs.retry(job_id)


def _close(record_id: str, reason: str, hint: str) -> ImportRecord | None:
    """Say on a record that waits that its file will not come; None where nothing waits."""
    record = ImportRecord.objects.filter(PENDING, pk=record_id).first()
    if record is not None:
        record.error, record.error_hint = reason.replace("\0", "") or WORDS.work, hint.replace("\0", "")
        record.save(update_fields=["error", "error_hint"])
    return record


def sweep_samples(jobs: JobClient) -> Iterable[JobRequest]:
    """Requests for records whose job was never asked for; also closes those whose job ended without telling them."""
    records = ImportRecord.objects.filter(PENDING, received_at__lt=timezone.now() - SWEEP_AFTER)
    return [request for record in records if (request := _missing_job(jobs, record)) is not None]


def _missing_job(jobs: JobClient, record: ImportRecord) -> JobRequest | None:
    request = sample_request(record.pk)
    view = jobs.find(request.job_id)
    if view is None:
        return request
    if view.state == "cancelled":
        _close(str(record.pk), CANCELLED, CANCELLED_HINT)
    elif view.is_final:
        _close(str(record.pk), view.reason, view.hint)
    return None
