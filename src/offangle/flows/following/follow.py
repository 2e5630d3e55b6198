"""From the journal to rows: each observer's new posts are folded in, and what became final is written.

One transaction writes the rows, the reducer's state and the cursor together, and only if the cursor is still the one
that the fold began with: however often a process dies or two of them race, every post counts once. Folding the journal
from the start gives the same rows, so a mended rule is applied to old matches by `rebuild`.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from django.db import close_old_connections, connection, transaction
from django.db.utils import Error as DatabaseError
from django.db.utils import OperationalError
from django.utils import timezone

from offangle.core.errors import BadInputError
from offangle.db.models import LiveObserver, LiveSnapshot, LiveTrack, Match, SteamAccount
from offangle.db.queries.journal import JournalPost, newest_id, observers_after, read_after
from offangle.db.queries.live_events import KEPT_FOR, SNAPSHOT, NewEvent, append, lock_live_rows, prune_events
from offangle.flows.following.forget import whole_from
from offangle.flows.following.merge import home_match_id, link_observer, make_match, settle, write_matches
from offangle.live.events import EpochAborted, Event, SessionClosed
from offangle.live.news import news_of
from offangle.live.observation import Observation
from offangle.live.reduce import reduce
from offangle.live.snapshot import snapshot
from offangle.live.state import LiveState, Session
from offangle.live.track import Track, tracks_of

logger: Final = logging.getLogger(__name__)

POLL_S: Final = 0.1
"""How soon a post is seen; one look costs one query on the journal's key."""
MOST_POSTS: Final = 250
"""Folded in between two writes: enough to catch up quickly, few enough not to hold news back."""
PRUNE_EVERY_S: Final = 60.0
SILENT_AFTER: Final = timedelta(minutes=30)
"""A client that said nothing for so long has left, whatever it said last; the reducer takes what follows as new."""
NS_PER_S: Final = 10**9

ReadPost = Callable[[JournalPost], Observation]
"""What a post says; raises BadInputError for what is none. Given by the wiring, for only `gsi` knows the wire form."""

_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_decode_state: Final = msgspec.json.Decoder(LiveState).decode


@dataclass(slots=True)
class Fold:
    """Posts folded in but not yet written."""

    state: LiveState
    cursor: int
    closed: list[Session] = field(default_factory=list)
    told: list[tuple[JournalPost, Event]] = field(default_factory=list)
    last: Observation | None = None
    unread: int = 0

    def take(self, post: JournalPost, state: LiveState, events: Sequence[Event], last: Observation) -> None:
        """Note one post and what it made happen."""
        self.state, self.cursor, self.last = state, post.id, last
        self.closed += [event.session for event in events if isinstance(event, SessionClosed)]
        self.told += [(post, event) for event in events]


def follow_observer(steam_id: int, read: ReadPost, *, most_posts: int = MOST_POSTS) -> int:
    """Fold in an observer's next posts and write what they changed.

    Returns:
        How many posts were taken; 0 when there are none, or when another process took them.
    """
    observer = LiveObserver.objects.filter(pk=steam_id).first()
    state = _decode_state(bytes(observer.state)) if observer is not None else LiveState()
    cursor = observer.cursor if observer is not None else 0
    posts = read_after(steam_id, cursor, most_posts)
    if not posts:
        return 0
    fold = fold_posts(state, cursor, posts, read)
    return sum(post.id <= fold.cursor for post in posts) if _write(steam_id, cursor, fold) else 0


def fold_posts(state: LiveState, cursor: int, posts: Sequence[JournalPost], read: ReadPost) -> Fold:
    """Fold posts up to the first that begins another match, which is left for the next time: a fold is of one match."""
    fold = Fold(state, cursor)
    for post in posts:
        try:
            observation = read(post)
            state, events = reduce(fold.state, observation)
        except Exception:
            # A post that cannot be folded must not hold up all that follow it; it stays in the journal.
            logger.exception("post %d of %d cannot be folded in", post.id, post.steam_id)
            fold.cursor, fold.unread = post.id, fold.unread + 1
            continue
        begins_anew = any(isinstance(event, SessionClosed | EpochAborted) for event in events)
        if begins_anew and fold.last is not None:
            break
        fold.take(post, state, events, observation)
    return fold


def rebuild(steam_id: int) -> None:
    """Forget what was folded of an observer's posts: the follower folds its journal anew, with today's rules.

    Matches whose posts are no longer there, or not all of them, stay as they are.
    """
    with transaction.atomic():
        lock_live_rows()
        for observer in LiveObserver.objects.select_for_update().filter(pk=steam_id):
            observer.state, observer.cursor, observer.projected = _encode(LiveState()), whole_from(observer) - 1, ""
            observer.save(update_fields=["state", "cursor", "projected", "updated_at"])


def _write(steam_id: int, cursor: int, fold: Fold) -> bool:
    """Write everything that a fold changed, or nothing when somebody else was quicker."""
    with transaction.atomic():
        observer = _claim(steam_id, cursor)
        if observer is None:
            return False
        tracks = _tracks(fold)
        digest = hashlib.sha256(_encode(tracks)).hexdigest()
        if digest != observer.projected:
            lock_live_rows()
            _write_tracks(steam_id, {session.first_sequence for session in _sessions(fold)}, tracks)
        match_id = _current_match(fold.state.session)
        _tell(steam_id, match_id, fold)
        observer.state, observer.cursor, observer.projected = _encode(fold.state), fold.cursor, digest
        observer.posts_unread += fold.unread
        observer.last_post_ns = fold.last.received_ns if fold.last is not None else observer.last_post_ns
        observer.save()
    return True


def _claim(steam_id: int, cursor: int) -> LiveObserver | None:
    """The observer's row, locked, if it still stands at `cursor`."""
    SteamAccount.objects.bulk_create([SteamAccount(steam_id=steam_id)], ignore_conflicts=True)
    fresh = LiveObserver(steam_account_id=steam_id, state=_encode(LiveState()), updated_at=timezone.now())
    LiveObserver.objects.bulk_create([fresh], ignore_conflicts=True)
    observer = LiveObserver.objects.select_for_update().get(pk=steam_id)
    return observer if observer.cursor == cursor else None


def _sessions(fold: Fold) -> list[Session]:
    return [*fold.closed, *([fold.state.session] if fold.state.session is not None else [])]


def _tracks(fold: Fold) -> list[Track]:
    still_open = fold.state.session
    return [track for session in _sessions(fold) for track in tracks_of(session, is_closed=session is not still_open)]


def _write_tracks(steam_id: int, sessions: set[int], tracks: Sequence[Track]) -> None:
    """Bring the tracks of the sessions at hand up to date, settle them, and make their matches' rows anew."""
    rows = {
        (row.session_sequence, row.epoch_index): row
        for row in LiveTrack.objects.filter(steam_account=steam_id, session_sequence__in=sessions).select_related(
            "steam_account"
        )
    }
    affected: set[UUID] = set()
    for track in tracks:
        row = rows.pop((track.session_sequence, track.epoch_index), None)
        affected |= _write_track(track, row)
    for row in rows.values():
        affected |= {row.match_id} if row.match_id is not None else set()
        row.delete()
    write_matches(affected)


def _write_track(track: Track, row: LiveTrack | None) -> set[UUID]:
    document = _encode(track)
    if row is None:
        row = _new_track(track, document)
    elif bytes(row.document) == document:
        return set()
    else:
        row.document, row.state, row.begin_ns, row.end_ns = document, track.state, track.begin_ns, track.end_ns
        row.save(update_fields=["document", "state", "begin_ns", "end_ns"])
    changed = settle(row)
    return changed | ({row.match_id} if row.match_id is not None else set())


def _new_track(track: Track, document: bytes) -> LiveTrack:
    home = home_match_id(track)
    if not Match.objects.filter(pk=home).exists():
        make_match(home, track)
    row = LiveTrack.objects.create(
        steam_account_id=track.steam_id,
        session_sequence=track.session_sequence,
        epoch_index=track.epoch_index,
        match_id=home,
        home_match_id=home,
        map_name=track.map_name[:64],
        mode=track.mode[:32],
        state=track.state,
        begin_ns=track.begin_ns,
        end_ns=track.end_ns,
        document=document,
    )
    _name_account(track)
    link_observer(row)
    return row


def _name_account(track: Track) -> None:
    """Call an account that nobody has named yet as the game does."""
    if track.own_name:
        SteamAccount.objects.filter(pk=track.steam_id, last_name="").update(last_name=track.own_name)


def _current_match(session: Session | None) -> UUID | None:
    if session is None or session.epoch is None:
        return None
    track = LiveTrack.objects.filter(
        steam_account=session.steam_id,
        session_sequence=session.first_sequence,
        epoch_index=len(session.past_epochs),
    )
    return track.values_list("match_id", flat=True).first()


def _tell(steam_id: int, match_id: UUID | None, fold: Fold) -> None:
    """Replace the observer's snapshot and append what happened, unless it happened long ago."""
    if fold.last is None:
        return
    values = {
        "match_id": match_id,
        "sequence": fold.cursor,
        "received_ns": fold.last.received_ns,
        "document": snapshot(fold.state, fold.last),
    }
    LiveSnapshot.objects.update_or_create(pk=steam_id, defaults=values)
    now = timezone.now()
    oldest_ns = (now - KEPT_FOR).timestamp() * NS_PER_S
    news = [
        NewEvent(steam_id, match_id, kind, post.id, body)
        for post, event in fold.told
        if post.received_ns >= oldest_ns and (found := news_of(event)) is not None
        for kind, body in [found]
    ]
    if fold.last.received_ns >= oldest_ns:
        lock_live_rows()
        append([*news, NewEvent(steam_id, match_id, SNAPSHOT, fold.cursor, {})], now)


class LiveFollower:
    """Follows every observer, in a thread of its own.

    Any number of them may run: a post that two of them fold counts once.

    Args:
        read: Reads a post.
        poll_s: Seconds between two looks at the journal.
    """

    def __init__(self, read: ReadPost, *, poll_s: float = POLL_S) -> None:
        self._read = read
        self._poll_s = poll_s
        self._seen = 0
        self._behind: set[int] = set()
        self._prune_at_s = 0.0
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in the background."""
        self._thread = threading.Thread(target=self._run, name="live-follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the write at hand."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> int:
        """Take all that is new; returns how many posts that was.

        Raises:
            DatabaseError, BadInputError: Of the first observer that could not be followed; the others were.
        """
        newest = newest_id()
        if newest > self._seen:
            self._behind |= {news.steam_id for news in observers_after(self._seen)}
            self._seen = newest
        taken, troubles = 0, []
        for steam_id in sorted(self._behind):
            try:
                count = follow_observer(steam_id, self._read)
            except OperationalError:  # the database is away or busy: for everybody
                raise
            except (DatabaseError, BadInputError) as error:
                # One observer's trouble must not keep the others waiting; it stays behind and is tried again.
                troubles.append(error)
                continue
            taken += count
            if count == 0:
                self._behind.discard(steam_id)
        if troubles:
            raise troubles[0]
        return taken

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                taken = self.look()
                self._tidy()
            except (DatabaseError, BadInputError):
                # The database may be away or busy for a while; what is behind stays behind and is taken up again.
                logger.exception("following goes on")
                connection.close()
                taken = 0
            if not taken:
                self._wake.wait(self._poll_s)
                self._wake.clear()
        close_old_connections()
        connection.close()

    def _tidy(self) -> None:
        if time.monotonic() >= self._prune_at_s:
            self._prune_at_s = time.monotonic() + PRUNE_EVERY_S
            prune_events()
            leave_silent()


def leave_silent(silent_after: timedelta = SILENT_AFTER) -> int:
    """Say of matches whose observers have all been silent that they were left; returns of how many."""
    before_ns = int((timezone.now() - silent_after).timestamp() * NS_PER_S)
    speaking = LiveObserver.objects.filter(last_post_ns__gte=before_ns).values("pk")
    spoken_of = LiveTrack.objects.filter(steam_account__in=speaking, match__isnull=False).values("match")
    silent = Match.objects.filter(live_state="live").exclude(pk__in=spoken_of)
    return silent.update(live_state="left")
