"""The port of sources: find what there is, describe it, stream its bytes, hear that it is done.

A source knows its vendor's words and nothing of accounts, rows and jobs. Whoever visits it keeps its state, hands it
the cursor and stores what it streams.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from offangle.core.errors import OffangleError, TransientError


class NotYetError(TransientError):
    """What is asked for is not there yet, or the source does not answer now.

    Attributes:
        retry_after_s: When to ask again, where the source says so.
    """

    def __init__(self, message: str, *, hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class HaltedError(OffangleError):
    """The source refuses this account: asking again before somebody has changed something makes it worse."""


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """What there is to know of a source before it is visited.

    Attributes:
        name: As it is kept with every import; lower-case, at most 16 characters.
        label: For people.
        how: What they do so that matches come this way, in a sentence.
        is_asked: Whether Offangle asks it by itself, now and then; False where somebody brings what it has.
    """

    name: str
    label: str
    how: str
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A match file that a source has or will have.

    Attributes:
        key: Names it within the source, and is the same whenever it is found.
        name: What people may know it by before it is described.
    """

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a source has.

    Attributes:
        offers: The oldest first, where the source knows.
        cursor: Where the next search goes on once all of these are done; empty where a source has no order.
    """

    offers: tuple[Offer, ...]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """What a source says of a file before any of it is read; none of it is to be trusted.

    Attributes:
        name: The file's name.
        size_bytes: As it will arrive, packed or not; None where that is not known.
        path: Where it lies on this machine, which saves a copy; None where it has to be streamed.
        played_at: When the match was played, and `played_at_basis` how the source knows.
        expires_at: When the source forgets it.
    """

    name: str
    size_bytes: int | None = None
    path: Path | None = None
    played_at: datetime | None = None
    played_at_basis: str = ""
    expires_at: datetime | None = None


class Source(Protocol):
    """One place that match files come from, for one account."""

    @property
    def entry(self) -> SourceEntry:
        """The registry's entry."""

    def find(self, cursor: str) -> Finding:
        """What there is after `cursor`; everything after an empty one.

        Raises:
            BadInputError: What somebody has set makes no sense: an account, an address, a folder.
            NotYetError: The source does not answer now.
            HaltedError: It refuses the account.
        """

    def describe(self, offer: Offer) -> Description:
        """What is known of a file.

        Raises:
            NotFoundError: It is gone for good.
            NotYetError: It is not there yet.
            HaltedError: The source refuses the account.
        """

    def stream(self, offer: Offer) -> AbstractContextManager[Iterator[bytes]]:
        """The file's bytes in order, in pieces of any size; leaving the context lets go of it.

        Raises:
            NotFoundError: It is gone for good.
            NotYetError: It is not there yet, or the source stopped in the middle.
            BadInputError: Whoever sends it broke off.
            HaltedError: The source refuses the account.
        """

    def done(self, offer: Offer) -> None:
        """Hear that the file is taken or refused for good, and will not be asked for again."""
