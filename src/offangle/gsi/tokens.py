"""The tokens in memory: a post costs no look at the database, and a revoked token is refused within a second."""

import asyncio
import hmac
import logging
import threading
import time
from datetime import UTC, datetime
from typing import Final

from django.db import DatabaseError, connection

from offangle.db.queries.gsi_refusals import note_refusals
from offangle.db.queries.gsi_tokens import (
    LiveToken,
    TokenFingerprint,
    find_live_token,
    hash_gsi_secret,
    live_tokens,
    note_gsi_tokens_used,
    token_fingerprint,
)
from offangle.gsi.refused import RefusedPosts

logger: Final = logging.getLogger(__name__)
LOOK_EVERY_S: Final = 0.4
"""A change is seen after this and one query at the latest: within the second that is promised."""
RELOAD_EVERY_S: Final = 5.0
"""Everything is read anew this often, whatever the fingerprint says."""
STALE_AFTER_S: Final = 5.0
"""Without a look for this long nobody is let in: a token might have been revoked."""
MISS_KEPT_S: Final = 0.5
"""A token that the database did not know is not asked for again this long."""
MISSES_PER_S: Final = 20
"""Questions to the database about unknown tokens; beyond, only the next look helps. Guessing must not cost much."""
NOTE_EVERY_S: Final = 60.0


class TokenCache:
    """Every good token of the installation by the hash of its secret; refreshed by a thread of its own.

    The same thread writes down which posts were refused, for their owners to see.
    """

    def __init__(self) -> None:
        self.refused = RefusedPosts()
        self._by_hash: dict[str, LiveToken] = {}
        self._fingerprint: TokenFingerprint | None = None
        self._looked_s = float("-inf")
        self._loaded_s = float("-inf")
        self._misses: dict[str, float] = {}
        self._miss_budget = float(MISSES_PER_S)
        self._miss_budget_s = 0.0
        self._used: dict[int, float] = {}
        self._noted_s = time.monotonic()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._refresh, name="gsi-tokens", daemon=True)

    @property
    def is_fresh(self) -> bool:
        """Whether the last look is recent enough to rely on."""
        return time.monotonic() - self._looked_s < STALE_AFTER_S

    def start(self) -> None:
        """Load the tokens and keep them fresh."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._thread.join()

    def known(self, secret: str) -> LiveToken | None:
        """The good token with this secret, from memory."""
        digest = hash_gsi_secret(secret)
        token = self._by_hash.get(digest)
        # The dictionary compared hashes, whose order tells nothing about secrets; this look is constant in time.
        if token is None or not hmac.compare_digest(token.secret_hash, digest):
            return None
        self._used[token.token_id] = time.time()
        return token

    async def find(self, secret: str) -> LiveToken | None:
        """Ask the database for a token that memory does not know: it may be a moment old."""
        digest = hash_gsi_secret(secret)
        if not self._may_ask(digest):
            return None
        found = await asyncio.to_thread(_find, digest)
        if found is not None:
            self._misses.pop(digest, None)  # it is none: the next post may come before memory knows the token
        return found

    def _may_ask(self, digest: str) -> bool:
        now_s = time.monotonic()
        if now_s - self._misses.get(digest, float("-inf")) < MISS_KEPT_S:
            return False
        self._miss_budget = min(MISSES_PER_S, self._miss_budget + (now_s - self._miss_budget_s) * MISSES_PER_S)
        self._miss_budget_s = now_s
        if self._miss_budget < 1:
            return False
        self._miss_budget -= 1
        # As the budget bounds how fast this grows, a sweep here and there keeps it small.
        if len(self._misses) > MISSES_PER_S:
            self._misses = {key: at_s for key, at_s in self._misses.items() if now_s - at_s < MISS_KEPT_S}
        self._misses[digest] = now_s
        return True

    def _refresh(self) -> None:
        while True:
            try:
                self._look()
                self._note_used()
                self._write_refused()
            except DatabaseError as error:
                logger.warning("the tokens could not be read: %s", error)
                connection.close()
            if self._stopping.wait(LOOK_EVERY_S):
                break
        self._end()

    def _end(self) -> None:
        """What was refused last is written too, if the database can be reached."""
        try:
            self._write_refused()
        except DatabaseError as error:
            logger.warning("refused posts could not be noted: %s", error)
        connection.close()

    def _write_refused(self) -> None:
        posts = self.refused.take()
        try:
            if posts:
                note_refusals(posts)
        except DatabaseError:
            self.refused.give_back(posts)
            raise

    def _look(self) -> None:
        began_s = time.monotonic()
        fingerprint = token_fingerprint()
        if fingerprint != self._fingerprint or began_s - self._loaded_s >= RELOAD_EVERY_S:
            self._by_hash = {token.secret_hash: token for token in live_tokens()}
            self._fingerprint, self._loaded_s = fingerprint, began_s
        self._looked_s = began_s

    def _note_used(self) -> None:
        if time.monotonic() - self._noted_s < NOTE_EVERY_S:
            return
        used, self._used, self._noted_s = self._used, {}, time.monotonic()
        if used:
            note_gsi_tokens_used(used, datetime.fromtimestamp(max(used.values()), tz=UTC))


def _find(digest: str) -> LiveToken | None:
    try:
        return find_live_token(digest)
    finally:
        connection.close()
