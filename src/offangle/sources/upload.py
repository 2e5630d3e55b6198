"""Uploads: somebody sends one file, by the pages or the API, and its bytes can be read once."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from offangle.core.errors import NotFoundError
from offangle.sources.source import Description, Finding, Offer, SourceEntry

UPLOAD: Final = SourceEntry("upload", "Upload", "Drop match files on any page.")
API: Final = SourceEntry("api", "API", "Send them to /api/v1/imports with a token.")


class UploadSource:
    """One file in arrival.

    Args:
        name: As the sender calls it.
        pieces: Its bytes.
        size_bytes: As the sender says; None where they do not.
        entry: By which door it comes.
    """

    def __init__(
        self, name: str, pieces: Iterable[bytes], *, size_bytes: int | None = None, entry: SourceEntry = UPLOAD
    ) -> None:
        self.entry = entry
        self._offer = Offer(name, name)
        self._size_bytes = size_bytes
        self._pieces: Iterable[bytes] | None = pieces

    def find(self, cursor: str) -> Finding:  # noqa: ARG002 -- the port's; uploads come in no order
        """The file; nothing once it is read."""
        return Finding((self._offer,) if self._pieces is not None else ())

    def describe(self, offer: Offer) -> Description:
        """Its name, and the size if the sender has said it.

        Raises:
            NotFoundError: It is another file, or read already.
        """
        self._refuse_others(offer)
        return Description(offer.name, size_bytes=self._size_bytes)

    @contextmanager
    def stream(self, offer: Offer) -> Iterator[Iterator[bytes]]:
        """Its bytes, this once.

        Raises:
            NotFoundError: It is another file, or read already.
        """
        pieces = self._refuse_others(offer)
        self._pieces = None
        yield iter(pieces)

    def done(self, offer: Offer) -> None:
        """The sender has its answer; nothing is kept here."""

    def _refuse_others(self, offer: Offer) -> Iterable[bytes]:
        if self._pieces is None or offer != self._offer:
            raise NotFoundError(f"the upload {offer.name} is over", hint="Send the file again.")
        return self._pieces
