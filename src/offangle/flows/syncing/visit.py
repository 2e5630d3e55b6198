"""A visit to a source: what it has is taken in, file by file, and how the visit went is kept."""

import logging
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

from django.utils import timezone

from offangle.core.errors import LimitExceededError, OffangleError
from offangle.db.models import User
from offangle.db.queries.sources import cursor_of, note_failure, note_success, plan_next
from offangle.flows.recorded.acquire import ImportOutcome, begin_import, import_path, refuse
from offangle.flows.services import Services
from offangle.sources.source import Description, HaltedError, NotYetError, Offer, Source

logger = logging.getLogger(__name__)

FIRST_RETRY_S: Final = 60.0
LONGEST_RETRY_S: Final = 6 * 3600.0
MOST_DOUBLINGS: Final = 16


class Visit:
    """A visit on behalf of a user: `offers` is what the source has, `take` takes one in.

    Args:
        services: Where what it has goes.
        user: Whose matches they are.
        source: Where they come from.
        account: Which of the user's accounts there; empty where the source knows none.
    """

    def __init__(self, services: Services, user: User, source: Source, account: str = "") -> None:
        self._services = services
        self._user = user
        self._source = source
        self._account = account
        self._cursor = cursor_of(user, source.entry.name, account)
        self.offers: tuple[Offer, ...] = ()

    def __enter__(self) -> Self:
        """Ask what there is.

        Raises:
            OffangleError: As `Source.find`; it is kept before it is raised.
        """
        try:
            found = self._source.find(self._cursor)
        except OffangleError as error:
            self._note(error)
            raise
        self.offers, self._cursor = found.offers, found.cursor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            note_success(self._user, self._source.entry.name, self._account, cursor=self._cursor, at=timezone.now())
        elif isinstance(error, OffangleError):
            self._note(error)

    def take(self, offer: Offer) -> ImportOutcome:
        """Take one file in; what is no match file becomes a refusal with its reason.

        Raises:
            LimitExceededError: It says itself, or turns out, to be larger than Offangle takes; the refusal is kept.
            OffangleError: As `Source.describe` and `Source.stream`; or the store does not answer.
        """
        described = self._source.describe(offer)
        self._refuse_announced(described)
        outcome = self._taken(offer, described)
        self._source.done(offer)
        return outcome

    def _taken(self, offer: Offer, described: Description) -> ImportOutcome:
        name = self._source.entry.name
        if described.path is not None:
            return import_path(self._services, self._user, described.path, name)
        with (
            begin_import(self._services, self._user, described.name, name) as session,
            self._source.stream(offer) as pieces,
        ):
            for piece in pieces:
                session.write(piece)
            return session.finish()

    def _refuse_announced(self, described: Description) -> None:
        limit = self._services.limits.upload_bytes
        if described.path is not None or described.size_bytes is None or described.size_bytes <= limit:
            return
        error = LimitExceededError(
            f"the file has {described.size_bytes:,} bytes, more than the {limit:,} accepted",
            hint="Compress it (.zst, .gz) or raise OFFANGLE_MAX_UPLOAD_MB.",
        )
        refuse(self._user, described.name, self._source.entry.name, error)
        raise error

    def _note(self, error: OffangleError) -> None:
        name = self._source.entry.name
        logger.info("%s of %s: %s", name, self._user, error.message)
        state = note_failure(self._user, name, self._account, error=error.message, hint=error.hint)
        if self._source.entry.is_asked:
            wait_s = retry_after_s(error, state.failures)
            plan_next(state, None if wait_s is None else timezone.now() + timedelta(seconds=wait_s))


def retry_after_s(error: OffangleError, failures: int) -> float | None:
    """How long to leave a source alone that failed so many times in a row; None: until somebody changes something."""
    if isinstance(error, HaltedError):
        return None
    if isinstance(error, NotYetError) and error.retry_after_s is not None:
        return error.retry_after_s
    return float(min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(failures - 1, MOST_DOUBLINGS)))
