"""Forget posts whose matches ended long ago; the matches stay.

Following needs no old posts: the follower's state lies beside its cursor and is written with it. Old posts serve one
thing only, to be folded anew by mended rules (`rebuild`), and for that only whole: half of a stay on a server would
come out as another match. So a stay is forgotten from its first post to its last, and where a process died in the midst
of that, `whole_from` is where the next whole one begins. A match whose posts are gone keeps the rows it has.
"""

import threading
from datetime import timedelta
from typing import Final

import msgspec
from django.utils import timezone

from offangle.db.models import LiveObserver, LiveTrack
from offangle.db.queries.journal import delete_before, first_since
from offangle.live.state import LiveState

POSTS_AT_ONCE: Final = 500
"""Deleted in one transaction: game clients wait for the same lock."""
PAUSE_S: Final = 0.02
"""Between two such transactions, so that whoever waits comes first; SQLite keeps no queue."""
NS_PER_S: Final = 10**9

_decode_state: Final = msgspec.json.Decoder(LiveState).decode


def prune_posts(kept_for: timedelta) -> int:
    """Delete posts that arrived longer ago than `kept_for` and belong to stays that are over. Returns how many.

    Args:
        kept_for: More than the half hour of silence after which a client's next post begins another match.
    """
    since_ns = int((timezone.now() - kept_for).timestamp() * NS_PER_S)
    return sum(_prune_observer(observer, since_ns) for observer in LiveObserver.objects.order_by("pk"))


def whole_from(observer: LiveObserver) -> int:
    """The first post of the journal from which an observer's stays are there whole; after the last when none is."""
    first = first_since(observer.pk, 0)
    if first is None:
        return observer.cursor + 1
    stays = _stays(observer)
    if not any(start < first for start in stays):
        return first
    return min((start for start in stays if start >= first), default=observer.cursor + 1)


def _prune_observer(observer: LiveObserver, since_ns: int) -> int:
    keep_from = _keep_from(observer, since_ns)
    pause, pruned = threading.Event(), 0
    while deleted := delete_before(observer.pk, keep_from, POSTS_AT_ONCE):
        pruned += deleted
        pause.wait(PAUSE_S)
    return pruned


def _keep_from(observer: LiveObserver, since_ns: int) -> int:
    """The first post of an observer that has to stay: never one that is not folded in yet."""
    unfolded = observer.cursor + 1
    young = first_since(observer.pk, since_ns)
    if young is None:  # silent for so long that whatever comes begins anew
        return unfolded
    begun = [start for start in _stays(observer) if start <= young]
    return min(max(begun, default=young), unfolded)


def _stays(observer: LiveObserver) -> set[int]:
    """The first posts of all stays on a server that are known of an observer."""
    known = LiveTrack.objects.filter(steam_account=observer.pk).values_list("session_sequence", flat=True)
    session = _decode_state(bytes(observer.state)).session
    return set(known) | ({session.first_sequence} if session is not None else set())
