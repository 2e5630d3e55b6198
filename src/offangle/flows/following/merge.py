"""One match, many observers: tracks that agree share a match, and every join can be taken back.

All functions that write expect a transaction that holds the lock of live rows; `merge` and `split` open their own.
The match that began first is kept. The others stay as rows without figures that name it, and come back when split off.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from offangle.core.errors import BadInputError
from offangle.db.models import LiveMove, LiveTrack, Match, Observation, User
from offangle.db.queries.live_events import lock_live_rows
from offangle.flows.following.rows import LIVE_TICK_RATE, LIVE_VERSION, clear_match, read_track, time_of, write_match
from offangle.flows.recorded.identity import MATCH_NAMESPACE
from offangle.live.agreement import CLOCK_SKEW_NS, compare
from offangle.live.combined import track_order
from offangle.live.track import Track

LONGEST_ROUND_NS: Final = 600 * 10**9
"""A track's last decided round may lie this far back while the next one is played (a pause included)."""

_RETIRED: Final = {
    "game_mode": "",
    "played_at": None,
    "duration_s": None,
    "team_a_name": "",
    "team_b_name": "",
    "score_a": 0,
    "score_b": 0,
    "rounds_played": 0,
    "checks_failed": 0,
    "live_state": "left",
}
"""What is left of a match whose tracks are another's now, whatever it held before."""


def home_match_id(track: Track) -> UUID:
    """The id of the match that a track has for itself: the same however often the journal is folded."""
    return uuid5(MATCH_NAMESPACE, f"gsi:{track.steam_id}:{track.session_sequence}:{track.epoch_index}")


def settle(row: LiveTrack) -> set[UUID]:
    """Join a track with matches that agree with it, or part it from one that contradicts it.

    Returns:
        Matches whose tracks changed.
    """
    if row.is_pinned or row.match_id is None:
        return set()
    track = read_track(row)
    mates = _tracks_in(row.match_id, besides=row)
    strangers = [mate for mate in mates if compare(track, read_track(mate)) == "different"]
    if strangers:
        return _part(row, strangers)
    for match_id in _candidates(row, track):
        others = _tracks_in(match_id)
        verdicts = {compare(track, read_track(other)) for other in others}
        if "different" not in verdicts and "same" in verdicts:
            return _join([row, *mates], others)
    return set()


def merge(kept_id: UUID, other_id: UUID, user: User | None = None) -> list[LiveMove]:
    """Say that two live matches are one: the tracks of `other_id` go to `kept_id` and stay there.

    Raises:
        BadInputError: They are the same, on different maps, or one has no live observers.
    """
    with transaction.atomic():
        lock_live_rows()
        kept, others = _tracks_in(kept_id), _tracks_in(other_id)
        if kept_id == other_id or not kept or not others:
            raise BadInputError("two different live matches are needed", hint="A demo's match cannot be merged.")
        if {row.map_name for row in kept} != {row.map_name for row in others}:
            raise BadInputError("the matches were played on different maps", hint="Only one match has both observers.")
        moves = [_move(row, kept_id, LiveMove.Why.MERGED, user, pin=True) for row in others]
        LiveTrack.objects.filter(pk__in=[row.pk for row in kept]).update(is_pinned=True)
        write_matches({kept_id, other_id})
        return moves


def split(match_id: UUID, steam_id: int, user: User | None = None) -> list[LiveMove]:
    """Take an observer out of a match, back to where its track was before it was joined; it stays apart.

    Raises:
        BadInputError: It is not an observer of the match, or the only one.
    """
    with transaction.atomic():
        lock_live_rows()
        rows = _tracks_in(match_id)
        leaving = [row for row in rows if row.steam_account_id == steam_id]
        if not leaving or len(leaving) == len(rows):
            raise BadInputError(
                "this observer is not one of several of the match", hint="A match keeps at least one observer."
            )
        if any(row.home_match_id == match_id for row in leaving):
            # The match is this observer's own: it is the others who go.
            leaving = [row for row in rows if row.steam_account_id != steam_id]
        moves = [_move(row, _before(row), LiveMove.Why.SPLIT, user, pin=True) for row in leaving]
        LiveTrack.objects.filter(match_id=match_id).update(is_pinned=True)
        write_matches({match_id, *(move.to_match_id for move in moves)})
        return moves


def write_matches(match_ids: Iterable[UUID]) -> None:
    """Make the rows of matches anew; those that have no tracks any more say where they went."""
    for match_id in sorted(match_ids):
        if write_match(match_id) is None:
            _retire(match_id)
        else:
            Match.objects.filter(pk=match_id, superseded_by__source="gsi").update(superseded_by=None)
    _point_homes(match_ids)
    _link_observers(match_ids)


def _retire(match_id: UUID) -> None:
    clear_match(match_id)
    if LiveTrack.objects.filter(home_match_id=match_id, match__isnull=False).exists():
        Match.objects.filter(pk=match_id).update(**_RETIRED)
    else:
        Match.objects.filter(pk=match_id, source="gsi").delete()


def _point_homes(match_ids: Iterable[UUID]) -> None:
    """Let the matches that tracks had before name the one in which they are now."""
    for row in LiveTrack.objects.filter(match_id__in=match_ids).exclude(home_match_id=F("match_id")):
        retired = Match.objects.filter(pk=row.home_match_id).exclude(tracks__isnull=False)
        retired.update(superseded_by=row.match_id)


def _link_observers(match_ids: Iterable[UUID]) -> None:
    """Each observer's user sees the match their track is in, and no other one by it."""
    for match_id in match_ids:
        rows = LiveTrack.objects.filter(match_id=match_id, steam_account__user__isnull=False)
        users = set(rows.values_list("steam_account__user_id", flat=True))
        # Who deleted their link to a match has no business in it again: links are made when a track comes, in `_move`
        # and for a new track, and here only those are removed whose track went elsewhere.
        homes = LiveTrack.objects.filter(home_match_id=match_id).values("steam_account__user_id")
        Observation.objects.filter(match_id=match_id, kind=Observation.Kind.GSI).exclude(
            Q(user_id__in=users) | Q(user_id__in=homes)
        ).delete()


def link_observer(row: LiveTrack) -> None:
    """Let the track's user see its match."""
    user_id = row.steam_account.user_id
    if user_id is not None and row.match_id is not None:
        link = Observation(match_id=row.match_id, user_id=user_id, kind=Observation.Kind.GSI)
        Observation.objects.bulk_create([link], ignore_conflicts=True)


def _tracks_in(match_id: UUID, besides: LiveTrack | None = None) -> list[LiveTrack]:
    rows = LiveTrack.objects.filter(match_id=match_id).select_related("steam_account").order_by("begin_ns", "pk")
    return [row for row in rows if besides is None or row.pk != besides.pk]


def _candidates(row: LiveTrack, track: Track) -> list[UUID]:
    """Matches at the same time on the same map, the one that began first first."""
    last_ns = max(track.end_ns, track.opened_ns or 0)
    others = LiveTrack.objects.exclude(match_id=row.match_id) if row.match_id is not None else LiveTrack.objects.all()
    near = (
        others.filter(map_name=row.map_name, mode=row.mode, match__isnull=False)
        .filter(begin_ns__lte=last_ns + CLOCK_SKEW_NS)
        .filter(end_ns__gte=row.begin_ns - CLOCK_SKEW_NS - LONGEST_ROUND_NS)
        .order_by("begin_ns", "pk")
        .values_list("match_id", flat=True)
    )
    return list(dict.fromkeys(found for found in near if found is not None))


def _join(mine: list[LiveTrack], theirs: list[LiveTrack]) -> set[UUID]:
    """Put the later match's tracks into the earlier one, unless a person has placed them."""
    first, second = sorted((mine, theirs), key=lambda rows: min(track_order(read_track(row)) for row in rows))
    if any(row.is_pinned for row in second):
        return set()
    kept, left = first[0].match_id, second[0].match_id
    if kept is None or left is None:
        return set()
    for row in second:
        _move(row, kept, LiveMove.Why.AGREED)
    return {kept, left}


def _part(row: LiveTrack, strangers: list[LiveTrack]) -> set[UUID]:
    """Send home whoever joined, when two tracks of a match contradict each other."""
    match_id = row.match_id
    leaving = [row] if row.home_match_id != match_id else strangers
    leaving = [each for each in leaving if not each.is_pinned and each.home_match_id != match_id]
    affected = {each.home_match_id for each in leaving}
    for each in leaving:
        _move(each, each.home_match_id, LiveMove.Why.CONTRADICTED)
    return affected | ({match_id} if leaving and match_id is not None else set())


def _before(row: LiveTrack) -> UUID:
    """Where the track was before it came to its match; the move that brought it is marked as taken back."""
    came = row.moves.filter(to_match_id=row.match_id or row.home_match_id, undone_at=None).order_by("-pk").first()
    if came is None:
        return row.home_match_id
    came.undone_at = timezone.now()
    came.save(update_fields=["undone_at"])
    return came.from_match_id


def _move(row: LiveTrack, to_match_id: UUID, why: str, user: User | None = None, *, pin: bool = False) -> LiveMove:
    move = LiveMove.objects.create(
        track=row,
        from_match_id=row.match_id or row.home_match_id,
        to_match_id=to_match_id,
        why=why,
        was_pinned=row.is_pinned,
        user=user,
    )
    _ensure_match(row, to_match_id)
    row.match_id = to_match_id
    row.is_pinned = row.is_pinned or pin
    row.save(update_fields=["match", "is_pinned"])
    link_observer(row)
    return move


def _ensure_match(row: LiveTrack, match_id: UUID) -> None:
    """A row for a match that was retired or never had one; its figures follow."""
    if not Match.objects.filter(pk=match_id).exists():
        make_match(match_id, read_track(row))


def make_match(match_id: UUID, track: Track) -> None:
    """The bare row of a match, before its figures are written."""
    began = time_of(track.begin_ns)
    Match.objects.create(
        pk=match_id,
        source="gsi",
        map_name=track.map_name[:64],
        published_at=began,
        tick_rate=LIVE_TICK_RATE,
        pipeline_version=LIVE_VERSION,
        live_state=track.state,
    )
