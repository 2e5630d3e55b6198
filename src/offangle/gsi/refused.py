"""Refused posts between the door, which must not wait, and the database, where their owner is looked for."""

import re
import time
from typing import Final

from offangle.db.queries.gsi_refusals import RefusedPost
from offangle.db.queries.gsi_tokens import SECRET_START, hash_gsi_secret
from offangle.gsi.refusals import (
    NO_PROVIDER,
    NOT_CS2,
    NOT_JSON,
    NOT_STORED,
    OTHER_ACCOUNT,
    OVERLOADED,
    STRAY_TOKEN,
    TOKEN_MISSING,
    TOKEN_UNKNOWN,
    Refusal,
)

TOLD: Final = frozenset(
    refusal.cause
    for refusal in (
        NOT_JSON,
        NOT_CS2,
        NO_PROVIDER,
        STRAY_TOKEN,
        TOKEN_MISSING,
        TOKEN_UNKNOWN,
        OTHER_ACCOUNT,
        OVERLOADED,
        NOT_STORED,
    )
)
"""Causes that an owner can be told of: a token or an account leads to one."""
MOST_KEPT: Final = 256
"""Refusals of different tokens and accounts between two writes; more come only from somebody who guesses."""
_SECRET: Final = re.compile(rb"%b[A-Za-z0-9_-]{20,64}" % SECRET_START.encode())


class RefusedPosts:
    """The last refusal of each token and account since it was asked for. `note` belongs to the event loop's thread."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str | None, int | None], RefusedPost] = {}

    def note(self, refusal: Refusal, *, secret: str | None, steam_id: int | None = None) -> None:
        """Remember a refused post; its secret is not kept."""
        if refusal.cause not in TOLD or (secret is None and steam_id is None):
            return
        secret_hash = hash_gsi_secret(secret) if secret is not None else None
        key = (secret_hash, steam_id)
        if key in self._kept or len(self._kept) < MOST_KEPT:
            self._kept[key] = RefusedPost(refusal.cause, secret_hash, steam_id, time.time())

    def take(self) -> list[RefusedPost]:
        """What was noted since the last call; the caller writes it down."""
        kept, self._kept = self._kept, {}
        return list(kept.values())

    def give_back(self, posts: list[RefusedPost]) -> None:
        """What could not be written is kept for the next time, unless something newer is known."""
        older = {(post.secret_hash, post.steam_id): post for post in posts}
        self._kept = dict(list((older | self._kept).items())[:MOST_KEPT])


def secret_in(raw: bytes) -> str | None:
    """A token's secret somewhere in a body that cannot be read."""
    found = _SECRET.search(raw)
    return found[0].decode() if found is not None else None
