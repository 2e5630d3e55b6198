"""A demo of a match that was followed live: the demo's figures count, and how far the live ones were off is kept.

The live match stays with its own figures, names the demo's match as the one that tells it better, and is listed no
more; if the demo is deleted it comes back.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

from django.db.models import Q, Sum

from offangle.db.models import (
    Analysis,
    LiveTrack,
    Match,
    Observation,
    PlayerMatchStat,
    PlayerWeapon,
    Round,
)
from offangle.db.queries.live_events import lock_live_rows

TIME_SLACK: Final = timedelta(minutes=15)
"""A demo's time of play may be that of the file or of the warmup."""
ROUNDS_WITH_TIME: Final = 2
"""Common rounds that must be won by the same sides where the time of play fits, if the live match has so many."""
ROUNDS_WITHOUT_TIME: Final = 8
"""And where the demo does not say when it was played: by chance one in 256."""
COMPARED: Final = ("rounds_played", "kills", "deaths", "assists", "headshot_kills")


class RoundResult(NamedTuple):
    """How a round ended, as one source tells it."""

    winner: str | None
    reason: str
    team_a_side: str | None


def link_live_matches(match: Match) -> list[Match]:
    """Link the live matches that `match`, just written from a demo, was; inside that transaction.

    Returns:
        The live matches that this demo replaces.
    """
    lock_live_rows()
    results = _results(match)
    found = [live for live in _candidates(match) if _is_same(live, match, _results(live), results)]
    for live in found:
        live.superseded_by = match
        live.save(update_fields=["superseded_by"])
        _let_observers_see(live, match)
    difference = _difference(found, match, results) if found else None
    Analysis.objects.filter(match=match).update(live_difference=difference)
    return found


def _candidates(match: Match) -> list[Match]:
    """Live matches on the map with an observer among the players, not restarted, not another demo's."""
    players = match.player_stats.filter(side="all").values("steam_account")
    rows = Match.objects.filter(source="gsi", map_name=match.map_name, tracks__steam_account__in=players)
    free = Q(superseded_by=None) | Q(superseded_by=match)
    return list(rows.filter(free).exclude(live_state="aborted").distinct().order_by("played_at", "pk"))


def _is_same(live: Match, match: Match, seen: Mapping[int, RoundResult], recorded: Mapping[int, RoundResult]) -> bool:
    observers = set(live.tracks.values_list("steam_account_id", flat=True))
    players = set(match.player_stats.filter(side="all").values_list("steam_account_id", flat=True))
    if not observers <= players or not _is_same_time(live, match):
        return False
    winners = [(seen[number].winner, recorded[number].winner) for number in seen.keys() & recorded.keys()]
    told = [(mine, theirs) for mine, theirs in winners if mine is not None and theirs is not None]
    wanted = ROUNDS_WITH_TIME if match.played_at is not None else ROUNDS_WITHOUT_TIME
    return len(told) >= wanted and all(mine == theirs for mine, theirs in told) and len(seen) <= len(recorded)


def _is_same_time(live: Match, match: Match) -> bool:
    if live.played_at is None or match.played_at is None:
        return True
    live_end = live.played_at + timedelta(seconds=live.duration_s or 0.0)
    demo_end = match.played_at + timedelta(seconds=match.duration_s or 0.0)
    return live.played_at <= demo_end + TIME_SLACK and match.played_at <= live_end + TIME_SLACK


def _results(match: Match) -> dict[int, RoundResult]:
    rows = Round.objects.filter(match=match).values_list("number", "winner_side", "reason", "team_a_side")
    return {number: RoundResult(winner, reason, side) for number, winner, reason, side in rows}


def _let_observers_see(live: Match, match: Match) -> None:
    users = (
        LiveTrack.objects.filter(match=live, steam_account__user__isnull=False)
        .values_list("steam_account__user_id", flat=True)
        .distinct()
    )
    links = [Observation(match=match, user_id=user_id, kind=Observation.Kind.GSI) for user_id in users]
    Observation.objects.bulk_create(links, ignore_conflicts=True)


def _difference(found: Iterable[Match], match: Match, recorded: Mapping[int, RoundResult]) -> dict[str, Any]:
    """Per figure what clients told and what the demo tells."""
    return {"matches": [_match_difference(live, match, recorded) for live in found]}


def _match_difference(live: Match, match: Match, recorded: Mapping[int, RoundResult]) -> dict[str, Any]:
    seen = _results(live)
    common = sorted(seen.keys() & recorded.keys())
    is_turned = any(
        None not in (seen[number].team_a_side, recorded[number].team_a_side)
        and seen[number].team_a_side != recorded[number].team_a_side
        for number in common[:1]
    )
    score = [live.score_b, live.score_a] if is_turned else [live.score_a, live.score_b]
    return {
        "match_id": str(live.pk),
        "score": {"live": score, "demo": [match.score_a, match.score_b]},
        "rounds": {
            "live": len(seen),
            "demo": len(recorded),
            "missed": sorted(recorded.keys() - seen.keys()),
            "winner_unknown": [number for number in common if seen[number].winner is None],
            "reason_differs": [number for number in common if seen[number].reason != recorded[number].reason],
        },
        "players": [_player_difference(live, match, steam_id) for steam_id in _observers(live)],
    }


def _observers(live: Match) -> list[int]:
    return sorted(set(live.tracks.values_list("steam_account_id", flat=True)))


def _player_difference(live: Match, match: Match, steam_id: int) -> dict[str, Any]:
    told, recorded = _figures(live, steam_id), _figures(match, steam_id)
    by_weapon, truly = _kills_by_weapon(live, steam_id), _kills_by_weapon(match, steam_id)
    return {
        "steam_id": str(steam_id),
        "figures": {
            name: {"live": told.get(name), "demo": recorded.get(name), "difference": _less(told, recorded, name)}
            for name in COMPARED
        },
        "kills_by_weapon": {
            name: {"live": by_weapon.get(name, 0), "demo": truly.get(name, 0)}
            for name in sorted(by_weapon.keys() | truly.keys())
        },
    }


def _figures(match: Match, steam_id: int) -> dict[str, int]:
    rows = PlayerMatchStat.objects.filter(match=match, steam_account=steam_id, side="all")
    return next(iter(rows.values(*COMPARED)), {})


def _less(told: Mapping[str, int], recorded: Mapping[str, int], name: str) -> int | None:
    return told[name] - recorded[name] if name in told and name in recorded else None


def _kills_by_weapon(match: Match, steam_id: int) -> dict[str, int]:
    rows = PlayerWeapon.objects.filter(state__match=match, state__steam_account=steam_id, kills__gt=0)
    return dict(rows.values_list("weapon_id").annotate(total=Sum("kills")).values_list("weapon_id", "total"))
