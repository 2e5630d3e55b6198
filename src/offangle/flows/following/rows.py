"""The rows of a live match, made of the tracks of its observers: the same tracks give the same rows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import polars as pl

from offangle.analysis.players import rate_expressions
from offangle.analysis.registry import TOTALS
from offangle.core.economy import player_buy_class
from offangle.core.sides import TEAMS, Side, other_team
from offangle.core.simulated import is_simulated_player
from offangle.core.weapons import canonical_weapon
from offangle.db.models import (
    Analysis,
    LiveTrack,
    Match,
    PlayerMatchStat,
    PlayerRoundState,
    Round,
    SteamAccount,
)
from offangle.db.queries.match_edits import edited_values
from offangle.flows.rows import MAX_WEAPON_NAME, MatchRows, text, write_rows
from offangle.live.combined import CombinedMatch, combine
from offangle.live.policies import policy_of
from offangle.live.state import SURE, UNKNOWN_WEAPON, Kill, LiveRound
from offangle.live.track import Track

LIVE_VERSION: Final = "live-4"
"""Raise it when the same posts would give other rows."""
LIVE_TICK_RATE: Final = 64.0
"""Posts know no ticks: times of arrival since the match began are written as the ticks of a CS2 server."""
NS_PER_S: Final = 10**9

_decode_track: Final = msgspec.json.Decoder(Track).decode


def read_track(row: LiveTrack) -> Track:
    """The track that a row holds."""
    return _decode_track(bytes(row.document))


def write_match(match_id: UUID) -> CombinedMatch | None:
    """Make the rows of a match anew from its tracks; only what differs from the rows there changes.

    To be called inside a transaction that holds the lock of live rows.

    Returns:
        What was written, or None when the match has no tracks.
    """
    tracks = [read_track(row) for row in LiveTrack.objects.filter(match_id=match_id)]
    if not tracks:
        return None
    combined = combine(tracks)
    match = _write_match(match_id, combined)
    rows = MatchRows(
        rounds=_round_rows(combined),
        states=[_state_row(*each) for each in _own_rounds(combined)],
        weapons=[row for each in _own_rounds(combined) for row in _weapon_rows(*each)],
        stats=_stat_rows(match, combined),
        parsers=[{"name": "gsi", "version": LIVE_VERSION, "role": "live"}],
        checks=[_score_check(combined)],
        pipeline_version=LIVE_VERSION,
    )
    write_rows(match, rows)
    return combined


def clear_match(match_id: UUID) -> None:
    """Remove what a match's tracks told; they tell it elsewhere now."""
    for model in (PlayerRoundState, PlayerMatchStat, Round, Analysis):
        model._default_manager.filter(match_id=match_id).delete()  # noqa: SLF001 -- Django's documented way to any model's manager


def time_of(ns: int) -> datetime:
    """Nanoseconds since 1970 as a time."""
    return datetime.fromtimestamp(ns / NS_PER_S, UTC)


def _write_match(match_id: UUID, combined: CombinedMatch) -> Match:
    primary, score = combined.primary, combined.score
    values = {
        "source": "gsi",
        "map_name": text(primary.map_name, 64),
        "game_mode": text(primary.mode, 32),
        "played_at": time_of(combined.begin_ns),
        "published_at": time_of(combined.begin_ns),
        "duration_s": (combined.end_ns - combined.begin_ns) / NS_PER_S,
        "tick_rate": LIVE_TICK_RATE,
        "team_a_name": text(combined.team_names["a"], 100),
        "team_b_name": text(combined.team_names["b"], 100),
        "score_a": score["a"],
        "score_b": score["b"],
        "rounds_played": len(combined.rounds),
        "is_simulated": all(is_simulated_player(track.steam_id) for track in combined.tracks),
        "pipeline_version": LIVE_VERSION,
        "live_state": combined.state,
        **edited_values(match_id),
    }
    match, _ = Match.objects.update_or_create(pk=match_id, defaults=values)
    return match


def _tick(ns: int | None, combined: CombinedMatch) -> int | None:
    return None if ns is None else max(0, round((ns - combined.begin_ns) * LIVE_TICK_RATE / NS_PER_S))


def _round_rows(combined: CombinedMatch) -> list[dict[str, Any]]:
    return [
        {
            "number": round_.number,
            "kind": "overtime" if round_.is_overtime else "regular",
            "half": round_.half,
            "start_tick": _tick(round_.begin_ns or round_.live_ns or round_.end_ns, combined) or 0,
            "freeze_end_tick": _tick(round_.live_ns, combined),
            "end_tick": _tick(round_.end_ns, combined),
            "team_a_side": round_.team_a_side,
            "winner_side": round_.winner,
            "winner_team": _winner_team(round_.winner, round_.team_a_side),
            "reason": round_.reason,
            "duration_s": (round_.end_ns - round_.live_ns) / NS_PER_S if round_.live_ns and round_.end_ns else None,
        }
        for round_ in combined.rounds
    ]


def _winner_team(winner: Side | None, team_a_side: Side) -> str | None:
    if winner is None:
        return None
    return TEAMS[0] if winner == team_a_side else other_team(TEAMS[0])


def _own_rounds(combined: CombinedMatch) -> Iterator[tuple[Track, LiveRound, Side]]:
    """Each observer's rounds with the side they played; of two tracks of one observer the later tells of a round."""
    latest = {(track.steam_id, round_.number): track for track in combined.tracks for round_ in track.rounds}
    for track in combined.tracks:
        for round_ in track.rounds:
            side = round_.own_side or track.own_side
            if side is not None and latest[track.steam_id, round_.number] is track:
                yield track, round_, side


def _state_key(track: Track, round_: LiveRound) -> dict[str, int]:
    return {
        "round_number": round_.number,
        "steam_id": track.steam_id,
        "received_order": round_.state_sequence or 0,
    }


def _state_row(track: Track, round_: LiveRound, side: Side) -> dict[str, Any]:
    value = round_.equipment_value
    class_value = round_.equipment_value_buy_end if round_.equipment_value_buy_end is not None else value
    return {
        **_state_key(track, round_),
        "side": side,
        **{name: getattr(round_, name) for name in ("health", "armor", "money", "has_helmet", "has_defuse_kit")},
        "equipment_value": value if value is None or value >= 0 else None,
        "buy": player_buy_class(class_value) if policy_of(track.mode).has_economy else None,
        "kills": len(track.kills_in(round_.number)),
        "deaths": int(bool(round_.own_died)),
        "assists": round_.assists,
        "headshot_kills": _headshots(round_, track.kills_in(round_.number)),
        "survived": None if round_.own_died is None else not round_.own_died,
    }


def _headshots(round_: LiveRound, kills: Sequence[Kill]) -> int:
    return min(round_.headshot_kills, len(kills))


def _weapon_rows(track: Track, round_: LiveRound, _side: Side) -> list[dict[str, Any]]:
    found = _weapons(round_, track.kills_in(round_.number))
    return [{**_state_key(track, round_), "weapon": name, **counts} for name, counts in found.items()]


def _weapons(round_: LiveRound, kills: Sequence[Kill]) -> dict[str, dict[str, Any]]:
    """Weapons in hand in the round and those that killed; kills of `unknown` are kept under that name."""
    counts = Counter(_weapon_name(kill.weapon) for kill in kills)
    held = {*round_.weapons_used, *(one.weapon for one in round_.intervals)}
    names = sorted({_weapon_name(name) for name in held} | counts.keys())
    # Which of several weapons hit the head is not told.
    headshots = _headshots(round_, kills) if len(counts) == 1 else 0
    unsure = Counter(_weapon_name(kill.weapon) for kill in kills if kill.confidence not in SURE)
    return {
        name: {
            "kills": counts[name],
            "headshot_kills": headshots if counts[name] == len(kills) > 0 else 0,
            "unsure_kills": unsure[name],
            **_in_hand(name, round_),
        }
        for name in names
    }


def _in_hand(name: str, round_: LiveRound) -> dict[str, Any]:
    """Whether and how long; a weapon that killed was in hand, `unknown` is none."""
    if name == UNKNOWN_WEAPON:
        return {"was_active": False, "active_s": None}
    held_ns = sum(one.to_ns - one.from_ns for one in round_.intervals if _weapon_name(one.weapon) == name)
    return {"was_active": True, "active_s": held_ns / NS_PER_S}


def _weapon_name(name: str) -> str:
    return text(canonical_weapon(name), MAX_WEAPON_NAME) or "unknown"


def _stat_rows(match: Match, combined: CombinedMatch) -> list[dict[str, Any]]:
    names = dict(SteamAccount.objects.filter(live_tracks__match=match).values_list("steam_id", "last_name"))
    totals = _stat_totals(combined)
    return [
        {
            **{name: figures[name] for name in ("steam_id", "side", "team")},
            "name": figures["name"] or names.get(figures["steam_id"]) or str(figures["steam_id"]),
            "metrics": metrics,
        }
        for figures, metrics in zip(totals, _with_rates(totals), strict=True)
    ]


def _stat_totals(combined: CombinedMatch) -> list[dict[str, Any]]:
    """Per observer and side, and over both: what can be added up."""
    figures: dict[tuple[int, str], dict[str, Any]] = {}
    for track, round_, side in _own_rounds(combined):
        for each in ("all", side):
            row = figures.setdefault((track.steam_id, each), _no_totals(track, each))
            row["team"] = combined.team_of(track, round_.number, side)
            row["name"] = track.own_name or row["name"]
            for name, value in _round_totals(track, round_, side).items():
                row[name] += value
    return [figures[key] for key in sorted(figures)]


def _no_totals(track: Track, side: str) -> dict[str, Any]:
    counted = ("rounds_played", "rounds_decided", "rounds_won", "kills", "deaths", "assists", "headshot_kills")
    return {
        "steam_id": track.steam_id,
        "side": side,
        "name": track.own_name,
        **dict.fromkeys(counted, 0),
        "survived_rounds": 0,
    }


def _round_totals(track: Track, round_: LiveRound, side: Side) -> dict[str, int]:
    kills = track.kills_in(round_.number)
    return {
        "rounds_played": 1,
        "rounds_decided": int(round_.winner is not None),
        "rounds_won": int(round_.winner == side),
        "kills": len(kills),
        "deaths": int(bool(round_.own_died)),
        "assists": round_.assists,
        "headshot_kills": _headshots(round_, kills),
        "survived_rounds": int(round_.own_died is False),
    }


def _with_rates(totals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The metrics that follow from these totals; null for all that a client is not told."""
    if not totals:
        return []
    schema = {metric.name: pl.Int64 for metric in TOTALS}
    table = pl.DataFrame([{name: row.get(name) for name in schema} for row in totals], schema=schema)
    return table.with_columns(rate_expressions()).to_dicts()


def _score_check(combined: CombinedMatch) -> dict[str, Any]:
    """Rounds won as counted against the score as told; an observer who came late cannot know all rounds."""
    won = Counter(_winner_team(round_.winner, round_.team_a_side) for round_ in combined.rounds)
    is_whole = [round_.number for round_ in combined.rounds] == list(range(1, sum(combined.score.values()) + 1))
    ok = all(won[team] == combined.score[team] for team in TEAMS) if is_whole and not won[None] else None
    return {
        "name": "live_score",
        "label": "Rounds won add up to the score",
        "ok": ok,
        "expected": f"{combined.score['a']}:{combined.score['b']}",
        "found": f"{won['a']}:{won['b']}",
        "detail": "" if ok is not None else "not every round of the match was seen",
    }
