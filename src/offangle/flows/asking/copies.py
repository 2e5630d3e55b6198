"""Copies of what somebody may ask about, kept beside the other objects: making one of 300 matches takes seconds.

A copy is one person's and lies in no process's memory. It is good as long as the matches are the same, and gone after a
day at the latest.
"""

from typing import Final

from offangle.core.errors import NotFoundError
from offangle.db.models import User
from offangle.db.queries.explorer import copy_fingerprint, make_copy
from offangle.storage.objects import ObjectStore

PREFIX: Final = "asking"
"""Where the copies lie; the collection of garbage knows it too, and removes what is older than a day."""


def copy_of(user: User, store: ObjectStore) -> bytes:
    """The rows that `user` may see, as an SQLite file."""
    own = f"{PREFIX}/{user.pk}"
    key = f"{own}/{copy_fingerprint(user)}.sqlite"
    try:
        return store.get_bytes(key)
    except NotFoundError:
        copy = make_copy(user)
        store.delete_prefix(own)
        store.put_bytes(key, copy)
        return copy
