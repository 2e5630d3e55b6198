"""The committer's way to the journal: a connection of its thread's own, impatient, opened anew after a failure."""

from collections.abc import Sequence
from typing import Final

from django.db import DatabaseError, IntegrityError, connection

from offangle.db.queries.journal import JournalEntry, append_many, limit_waits

PATIENCE_S: Final = 3.0
"""Another writer may hold the database this long; a client gives up after five seconds."""


class JournalWriter:
    """Appends to the journal; all calls come from one thread."""

    def append(self, entries: Sequence[JournalEntry]) -> None:
        """Store all entries in one transaction; when this returns they are on the disk.

        Raises:
            django.db.IntegrityError: A token no longer exists; nothing was stored.
            django.db.DatabaseError: Nothing was stored.
        """
        try:
            if connection.connection is None:
                limit_waits(PATIENCE_S)
            append_many(entries)
        except IntegrityError:
            raise
        except DatabaseError:
            connection.close()
            raise

    def close(self) -> None:
        """Give the connection back."""
        connection.close()
