"""Take a match file in: stored first, then a row, then a job. A file that was answered for is never lost.

The order is what makes it safe. Killed before the object is whole: nothing was promised. Between object and row: the
same, and the orphan is swept later. Between row and job: the sweep finds a row without a job.
"""

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from django.db import transaction

from offangle.core.errors import BadInputError, LimitExceededError, TransientError
from offangle.db.models import Demo, ImportRecord, Match, Observation, User
from offangle.flows.recorded import states
from offangle.flows.recorded.queueing import enqueue_after_commit
from offangle.flows.recorded.version import PIPELINE_VERSION
from offangle.flows.services import Services
from offangle.jobs.kinds import PRIORITY_INTERACTIVE
from offangle.storage.intake import IntakeResult, StoredMatchFile
from offangle.storage.unpacking import shown_name

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What became of one upload: a record per match file in it, accepted or refused."""

    records: tuple[ImportRecord, ...]

    @property
    def accepted(self) -> tuple[ImportRecord, ...]:
        """Records with a demo."""
        return tuple(record for record in self.records if not record.error)

    @property
    def refused(self) -> tuple[ImportRecord, ...]:
        """Records with an error and a hint."""
        return tuple(record for record in self.records if record.error)


class ImportSession:
    """An upload in arrival: `write` each piece, then `finish`; leaving the context aborts what was not finished."""

    def __init__(self, services: Services, user: User, name: str, source: str) -> None:
        self._services = services
        self._user = user
        self._name = name
        self._source = source
        self._session = services.intake.session(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    @property
    def received_bytes(self) -> int:
        """How much has arrived."""
        return self._session.received_bytes

    def write(self, chunk: bytes) -> None:
        """Append the next piece to a spool file.

        Raises:
            LimitExceededError: The upload is larger than Offangle takes; the refusal is kept and the session over.
        """
        try:
            self._session.write(chunk)
        except LimitExceededError as error:
            refuse(self._user, self._name, self._source, error)
            raise

    def finish(self) -> ImportOutcome:
        """Unpack, check, store and queue what arrived; takes seconds.

        Raises:
            TransientError: The store does not answer, or the same file is being deleted right now.
        """
        try:
            result = self._session.finish()
        except BadInputError as error:
            return ImportOutcome((refuse(self._user, self._name, self._source, error),))
        return _record(self._services, self._user, self._source, result)

    def abort(self) -> None:
        """Forget the upload; harmless after `finish`."""
        self._session.abort()


def begin_import(services: Services, user: User, name: str, source: str) -> ImportSession:
    """Begin an upload that arrives piece by piece.

    Args:
        services: Where it goes.
        user: Who brings it.
        name: The file's name as the sender says.
        source: As the registry of sources names it.
    """
    return ImportSession(services, user, name, source)


def import_path(services: Services, user: User, path: Path, source: str) -> ImportOutcome:
    """Take the file at `path`.

    Raises:
        TransientError: The store does not answer, or the same file is being deleted right now.
        OSError: The file cannot be read.
    """
    try:
        result = services.intake.take_file(path)
    except BadInputError as error:
        return ImportOutcome((refuse(user, path.name, source, error),))
    return _record(services, user, source, result)


def _record(services: Services, user: User, source: str, result: IntakeResult) -> ImportOutcome:
    accepted = [_accept(services, user, source, file) for file in result.files]
    refused = [refuse(user, member.name, source, member.error) for member in result.rejected]
    return ImportOutcome((*accepted, *refused))


def refuse(user: User, name: str, source: str, error: BadInputError) -> ImportRecord:
    """Keep that a file was not taken, and why."""
    logger.info("refused %s: %s", shown_name(name), error.message)
    return ImportRecord.objects.create(
        user=user, source=source, original_name=shown_name(name), error=error.message, error_hint=error.hint
    )


def _accept(services: Services, user: User, source: str, file: StoredMatchFile) -> ImportRecord:
    record = ImportRecord(user=user, source=source, original_name=file.original_name)
    attach(services, record, file)
    return record


def attach(services: Services, record: ImportRecord, file: StoredMatchFile) -> None:
    """Give a record its stored file, and whoever brought it the match; the same bytes are one demo.

    Raises:
        TransientError: The same file is being deleted right now.
    """
    with transaction.atomic():
        demo, is_new = _demo_row(file)
        if not services.store.exists(file.key):
            # Asked under the row's lock: a deletion that overtook the upload removed the object while holding it.
            raise TransientError(f"{file.original_name} is being deleted right now", hint="Send it again.")
        record.demo, record.is_duplicate = demo, not is_new
        record.save()
        _link_to_match(record.user, demo)
        if _needs_job(demo):
            transaction.on_commit(
                partial(enqueue_after_commit, services.jobs, demo.sha256, PRIORITY_INTERACTIVE), robust=True
            )


def _demo_row(file: StoredMatchFile) -> tuple[Demo, bool]:
    """The locked row of the file's bytes, and whether it was not there or was on its way out."""
    values = {
        "kind": file.kind,
        "object_key": file.key,
        "size_bytes": file.size_bytes,
        "stored_bytes": file.stored_size_bytes,
        "original_name": file.original_name,
    }
    Demo.objects.bulk_create([Demo(sha256=file.sha256, **values)], ignore_conflicts=True)
    demo = Demo.objects.select_for_update().get(sha256=file.sha256)
    is_new = not demo.imports.exists()
    if states.brought_again(demo.sha256):  # the deletion looks at the state again under this lock
        demo.refresh_from_db()
        is_new = True
    return demo, is_new


def _link_to_match(user: User, demo: Demo) -> None:
    match = Match.objects.filter(demo=demo).first()
    if match is not None:
        Observation.objects.bulk_create(
            [Observation(match=match, user=user, kind=Observation.Kind.DEMO)], ignore_conflicts=True
        )


def _needs_job(demo: Demo) -> bool:
    """A new file, and one that an older pipeline could not read; a published or pending one needs nothing."""
    outdated = demo.state == Demo.State.FAILED and (
        demo.pipeline_version != PIPELINE_VERSION or not demo.failure_is_permanent
    )
    return demo.state == Demo.State.STORED or outdated
