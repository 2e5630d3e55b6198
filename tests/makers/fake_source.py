"""A source of the tests' own, which behaves as its port says and does what it is told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from offangle.core.errors import NotFoundError, OffangleError
from offangle.sources.source import Description, Finding, NotYetError, Offer, SourceEntry

FAKE = SourceEntry("fake", "Fake service", "Do nothing: it is asked by itself.", is_asked=True)
PLAYED_AT = datetime(2026, 5, 17, 18, 30, tzinfo=UTC)


@dataclass
class FakeSource:
    """Files in the order in which they were put here; the cursor is how many of them were found.

    Attributes:
        files: Content by name.
        fails: Raised by the next search, once.
        cuts_after: Stop streaming after so many bytes, once.
        finished: Names of the files that are done.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    fails: OffangleError | None = None
    cuts_after: int | None = None
    finished: list[str] = field(default_factory=list)
    entry: SourceEntry = FAKE

    def find(self, cursor: str) -> Finding:
        """Files after the cursor."""
        if self.fails is not None:
            error, self.fails = self.fails, None
            raise error
        names = list(self.files)[int(cursor or 0) :]
        return Finding(tuple(Offer(f"fake/{name}", name) for name in names), cursor=str(len(self.files)))

    def describe(self, offer: Offer) -> Description:
        """Name and size."""
        size = len(self._content(offer))
        return Description(offer.name, size_bytes=size, played_at=PLAYED_AT, played_at_basis="the fake says so")

    @contextmanager
    def stream(self, offer: Offer) -> Iterator[Iterator[bytes]]:
        """The content, in pieces of 1000 bytes."""
        content = self._content(offer)
        yield self._pieces(content)

    def _pieces(self, content: bytes) -> Iterator[bytes]:
        for begin in range(0, len(content), 1000):
            if self.cuts_after is not None and begin >= self.cuts_after:
                self.cuts_after = None
                raise NotYetError("the fake stopped in the middle", retry_after_s=90.0)
            yield content[begin : begin + 1000]

    def done(self, offer: Offer) -> None:
        """Remember it."""
        self.finished.append(offer.name)

    def _content(self, offer: Offer) -> bytes:
        if offer.name not in self.files:
            raise NotFoundError(f"{offer.name} has expired")
        return self.files[offer.name]
