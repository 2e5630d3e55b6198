"""A kind of job of the tests' own: it knows nothing of matches, and no page, API or stream knows of it."""

from collections.abc import Collection
from datetime import UTC, datetime

from offangle.db.models import User
from offangle.flows.kind import Few, Kind, Listing, Page, Queue, Stage, Subject, Work
from offangle.jobs.kinds import JobRequest, JsonValue, Step, StepContext

ADDED_AT = datetime(2026, 5, 17, 18, 30, tzinfo=UTC)


def walk(subject: str, context: StepContext) -> JsonValue:
    """The only step."""
    context.progress("walking", 0.5, f"{subject} is under way")
    return {"walked": subject}


class Errands:
    """One errand per user, called by their name; its id is the user's number."""

    def listed(self, user: User) -> Listing:
        """Their own."""
        return Few(list(self.find(user, [str(user.pk)]).values()))

    def find(self, user: User, ids: Collection[str]) -> dict[str, Subject]:
        """Their own, if it is among these."""
        return {key: self._errand(user) for key in ids if key == str(user.pk)}

    def makers(self, user: User, ids: Collection[str]) -> dict[str, str]:
        """Nothing is made."""
        del user, ids
        return {}

    def _errand(self, user: User) -> Subject:
        key = str(user.pk)
        page = Page("player", "76561198000000001")
        job_id = errand_for(user).job_id
        return Subject(key, f"Errand of {user}", ADDED_AT, job_id=job_id, opens=page)


ERRAND = Kind(
    name="errand",
    title="Errand",
    work=lambda _services: Work(steps=(Step("walk", walk),)),
    queue=Queue("errands", per_worker=2),
    stages=(Stage("walking", "On foot", 1.0, steps=("walk",)),),
    subjects=Errands(),
    waiting="Wanted",
    opening="Meet them",
)

ALONE = Kind(
    name="sweeping",
    title="Sweeping the floor",
    work=lambda _services: Work(steps=(Step("walk", walk),)),
    queue=Queue("errands", per_worker=2),
    stages=(Stage("walking", "Sweeping", 1.0, steps=("walk",)),),
)
"""Works on nothing that people know."""


def errand_for(user: User) -> JobRequest:
    """The job of this user's errand."""
    return ERRAND.request(str(user.pk), version="1")
