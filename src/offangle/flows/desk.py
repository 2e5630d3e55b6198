"""The jobs desk: what one person may see of jobs, and do to them, of whatever kind they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import overload

from offangle.core.errors import NotAllowedError, NotFoundError
from offangle.db.models import User
from offangle.flows.kind import Few, Kind, Listing, SeenJob, Subject, Work
from offangle.flows.services import Services
from offangle.jobs.client import JobClient
from offangle.jobs.views import MAX_PAGE, JobView


@dataclass(frozen=True, slots=True)
class Desk:
    """Jobs as people see them.

    Args:
        services: Of this process.
        kinds: Every kind there is.
    """

    services: Services
    kinds: Sequence[Kind]

    @property
    def jobs(self) -> JobClient:
        """The engine."""
        return self.services.jobs

    def listed(self, user: User) -> "Listed":
        """What is being worked on for this person, newest first; everything for the instance's owner."""
        return Listed(self, [(kind, self._listing(kind, user)) for kind in self.kinds])

    def _listing(self, kind: Kind, user: User) -> Listing:
        if kind.subjects is not None:
            return kind.subjects.listed(user)
        jobs = self.jobs.list_jobs(kind=kind.name, limit=MAX_PAGE).jobs if user.is_superuser else ()
        return Few([job_alone(kind, view) for view in jobs])

    def seen(self, user: User, views: Sequence[JobView]) -> list[SeenJob]:
        """Those of `views` that work on what this person may see, in the same order."""
        found: dict[str, SeenJob] = {}
        for kind in self.kinds:
            of_kind = [view for view in views if view.kind == kind.name]
            if of_kind:
                found |= self._seen_of(kind, user, of_kind)
        return [found[view.job_id] for view in views if view.job_id in found]

    def _seen_of(self, kind: Kind, user: User, views: Sequence[JobView]) -> dict[str, SeenJob]:
        subjects = self._subjects(kind, user, views)
        makers = self._makers(kind, user, list(subjects))
        return {
            view.job_id: SeenJob(kind, subjects[view.subject], view, *makers.get(view.subject, ()))
            for view in views
            if view.subject in subjects
        }

    def _subjects(self, kind: Kind, user: User, views: Sequence[JobView]) -> dict[str, Subject]:
        if kind.subjects is not None:
            return kind.subjects.find(user, {view.subject for view in views})
        return {view.subject: job_alone(kind, view) for view in views} if user.is_superuser else {}

    def _makers(self, kind: Kind, user: User, ids: Sequence[str]) -> dict[str, tuple[str, Kind]]:
        """The job that made each of these, and its kind."""
        others = [other for other in self.kinds if other is not kind and other.made and other.subjects is not None]
        return {
            subject: (job_id, other)
            for other in others
            if other.subjects is not None
            for subject, job_id in other.subjects.makers(user, ids).items()
        }

    def job(self, user: User, job_id: str) -> SeenJob:
        """A job that this person may see.

        Raises:
            NotFoundError: There is none, or it is not theirs to see.
        """
        view = self.jobs.find(job_id)
        seen = self.seen(user, [view]) if view is not None else []
        if not seen:
            raise no_such_job()
        return seen[0]

    def thing(self, user: User, kind_name: str, key: str) -> SeenJob:
        """A thing that is or was worked on, with its job; see `SeenJob.key`.

        Raises:
            NotFoundError: There is none, or it is not this person's to see.
        """
        kind = next((kind for kind in self.kinds if kind.name == kind_name), None)
        if kind is None:
            raise no_such_job()
        if kind.subjects is None:
            return self.job(user, f"{kind_name}:{key}")
        subject = kind.subjects.find(user, [key]).get(key)
        if subject is None:
            raise no_such_job()
        return self.with_job(kind, subject)

    def with_job(self, kind: Kind, subject: Subject) -> SeenJob:
        """A thing with the job that works on it."""
        return SeenJob(kind, subject, self.jobs.find(subject.job_id) if subject.job_id else None)

    def cancel(self, seen: SeenJob) -> JobView:
        """Stop it; what has ended stays as it is.

        Raises:
            NotAllowedError: It is not this person's to stop.
            NotFoundError: There is no such job.
        """
        _refuse_others(seen)
        if (cancel := self._work(seen).cancel) is not None:
            return cancel(seen.subject.id)
        return self.jobs.cancel(_job_id(seen))

    def retry(self, seen: SeenJob) -> JobView:
        """Try again what died or was cancelled.

        Raises:
            NotAllowedError: It is not this person's to retry.
            BadInputError: It has not ended.
        """
        _refuse_others(seen)
        if (retry := self._work(seen).retry) is not None:
            return retry(seen.subject.id)
        return self.jobs.retry(_job_id(seen))

    def delete(self, user: User, seen: SeenJob) -> None:
        """Forget a thing that came to nothing.

        Raises:
            NotAllowedError: It is not this person's to delete, or nobody's.
        """
        _refuse_others(seen)
        delete = self._work(seen).delete
        if delete is None or not seen.kind.can_be_deleted:
            raise NotAllowedError("this cannot be deleted", hint="It goes away by itself.")
        delete(user, seen.subject.id)

    def _work(self, seen: SeenJob) -> Work:
        return seen.kind.work(self.services)


@dataclass(frozen=True, slots=True)
class Listed(Sequence[SeenJob]):
    """The list of one person, as a paginator takes it."""

    desk: Desk
    listings: Sequence[tuple[Kind, Listing]]

    def __len__(self) -> int:
        return sum(listing.count() for _, listing in self.listings)

    @overload
    def __getitem__(self, wanted: int) -> SeenJob: ...

    @overload
    def __getitem__(self, wanted: slice) -> list[SeenJob]: ...

    def __getitem__(self, wanted: int | slice) -> SeenJob | list[SeenJob]:
        """Some of them, with their jobs."""
        if isinstance(wanted, int):
            return self[wanted : wanted + 1][0]
        newest = [(kind, subject) for kind, listing in self.listings for subject in listing.newest(wanted.stop)]
        newest.sort(key=lambda each: (each[1].added_at, each[1].id), reverse=True)
        return [self.desk.with_job(kind, subject) for kind, subject in newest[wanted]]


def job_alone(kind: Kind, view: JobView) -> Subject:
    """A job that works on nothing that people know."""
    return Subject(
        id=view.subject,
        title=kind.title,
        added_at=datetime.fromtimestamp(view.enqueued_at_ms / 1000, UTC),
        job_id=view.job_id,
    )


def no_such_job() -> NotFoundError:
    """What somebody hears of a job that is not theirs to see, and of one that is none."""
    return NotFoundError("no such job", hint="It may have been deleted, or belongs to somebody else.")


def _refuse_others(seen: SeenJob) -> None:
    if not seen.subject.may_change:
        raise NotAllowedError("only those who asked for a job may change it", hint="Ask its owner.")


def _job_id(seen: SeenJob) -> str:
    if seen.job is None:
        raise no_such_job()
    return seen.job.job_id
