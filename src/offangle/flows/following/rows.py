"""The rows of a live match, made of the tracks of its observers: the same tracks give the same rows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import polars as pl

from makers.observed_patterns import SURE
from offangle.analysis.players import rate_expressions
from offangle.analysis.registry import PROMOTED, TOTALS
from offangle.core.economy import PLAYER_ECO_BELOW, PLAYER_FULL_FROM, PLAYER_SEMI_ECO_BELOW
from offangle.core.sides import TEAMS, Side, other_team
from offangle.core.simulated import is_simulated_player
from offangle.core.weapons import canonical_weapon
from offangle.db.models import (
    Analysis,
    LiveTrack,
    Match,
    PlayerMatchStat,
    PlayerRoundState,
    PlayerWeapon,
    Round,
    SteamAccount,
)
from offangle.db.queries.match_edits import edited_values
from offangle.db.queries.weapons import ensure_weapons
from offangle.flows.recorded.rows import MAX_NAME, Bounds, text
from offangle.live.combined import CombinedMatch, combine
from offangle.live.policies import policy_of
from offangle.live.state import UNKNOWN_WEAPON, Kill, LiveRound
from offangle.live.track import Track

LIVE_VERSION: Final = "live-4"
"""Raise it when the same posts would give other rows."""
LIVE_TICK_RATE: Final = 64.0
"""Posts know no ticks: times of arrival since the match began are written as the ticks of a CS2 server."""
NS_PER_S: Final = 10**9
MAX_WEAPON_NAME: Final = 64

_ROUND_COLUMNS: Final = (
    "kind", "half", "start_tick", "freeze_end_tick", "end_tick", "team_a_side", "winner_side", "winner_team", "reason",
    "duration_s",
)  # fmt: skip
_STATE_COLUMNS: Final = (
    "side", "health", "armor", "has_helmet", "has_defuse_kit", "money", "equipment_value", "buy", "kills", "deaths",
    "assists", "headshot_kills", "survived",
)  # fmt: skip
_STAT_COLUMNS: Final = ("team", "name", "metrics", *(metric.name for metric in PROMOTED))
_WEAPON_COLUMNS: Final = ("kills", "headshot_kills", "was_active", "active_s", "unsure_kills")

_decode_track: Final = msgspec.json.Decoder(Track).decode

StateKey = tuple[int, int, int]
"""Round number, steam_id, received_order."""


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
    bounds = Bounds()
    rounds = _write_rounds(match, combined)
    states = _write_states(match, combined, rounds, bounds)
    _write_weapons(match, combined, states)
    _write_stats(match, combined)
    _write_analysis(match, combined, bounds)
    return combined


def clear_match(match_id: UUID) -> None:
    """Remove what a match's tracks told; they tell it elsewhere now."""
    for model in (PlayerRoundState, PlayerMatchStat, Round, Analysis):
        model._default_manager.filter(match_id=match_id).delete()  # noqa: SLF001 -- Django's documented way to any model's manager


def time_of(ns: int) -> datetime:
    """Nanoseconds since 1970 as a time."""
    return datetime.fromtimestamp(ns / NS_PER_S, UTC)


def player_buy_class(equipment_value: int | None) -> str | None:
    """The buy class of one player, by the bounds that hold for demos too."""
    if equipment_value is None:
        return None
    if equipment_value < PLAYER_ECO_BELOW:
        return "eco"
    if equipment_value < PLAYER_SEMI_ECO_BELOW:
        return "semi_eco"
    return "semi_buy" if equipment_value < PLAYER_FULL_FROM else "full"


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


def _write_rounds(match: Match, combined: CombinedMatch) -> dict[int, Round]:
    rows = [
        Round(
            match=match,
            number=round_.number,
            kind="overtime" if round_.is_overtime else "regular",
            half=round_.half,
            start_tick=_tick(round_.begin_ns or round_.live_ns or round_.end_ns, combined) or 0,
            freeze_end_tick=_tick(round_.live_ns, combined),
            end_tick=_tick(round_.end_ns, combined),
            team_a_side=round_.team_a_side,
            winner_side=round_.winner,
            winner_team=_winner_team(round_.winner, round_.team_a_side),
            reason=round_.reason,
            duration_s=(round_.end_ns - round_.live_ns) / NS_PER_S if round_.live_ns and round_.end_ns else None,
        )
        for round_ in combined.rounds
    ]
    Round.objects.filter(match=match).exclude(number__in=[row.number for row in rows]).delete()
    made = Round.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["match", "number"], update_fields=_ROUND_COLUMNS
    )
    return {row.number: row for row in made}


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


def _write_states(
    match: Match, combined: CombinedMatch, rounds: Mapping[int, Round], bounds: Bounds
) -> dict[StateKey, PlayerRoundState]:
    rows = {
        (round_.number, track.steam_id, round_.state_sequence or 0): PlayerRoundState(
            match=match, round=rounds[round_.number], **_state_values(track, round_, side, bounds)
        )
        for track, round_, side in _own_rounds(combined)
    }
    stale = [
        key
        for key, *which in PlayerRoundState.objects.filter(match=match).values_list(
            "pk", "round__number", "steam_account_id", "received_order"
        )
        if tuple(which) not in rows
    ]
    PlayerRoundState.objects.filter(pk__in=stale).delete()
    PlayerRoundState.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["match", "round", "steam_account", "received_order"],
        update_fields=_STATE_COLUMNS,
    )
    return rows


def _state_values(track: Track, round_: LiveRound, side: Side, bounds: Bounds) -> dict[str, Any]:
    sent = {
        "round_number": round_.number,
        "steam_id": track.steam_id,
        "health": round_.health,
        "armor": round_.armor,
        "money": round_.money,
    }
    value = round_.equipment_value
    class_value = round_.equipment_value_buy_end if round_.equipment_value_buy_end is not None else value
    return {
        "steam_account_id": track.steam_id,
        "received_order": round_.state_sequence or 0,
        "side": side,
        **{name: bounds.held(sent, name) for name in ("health", "armor", "money")},
        "has_helmet": round_.has_helmet,
        "has_defuse_kit": round_.has_defuse_kit,
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


def _write_weapons(match: Match, combined: CombinedMatch, states: Mapping[StateKey, PlayerRoundState]) -> None:
    rows = {
        (state.pk, name): PlayerWeapon(state=state, weapon_id=name, **counts)
        for track, round_, _ in _own_rounds(combined)
        for state in [states[round_.number, track.steam_id, round_.state_sequence or 0]]
        for name, counts in _weapons(round_, track.kills_in(round_.number)).items()
    }
    ensure_weapons({name for _, name in rows})
    there = PlayerWeapon.objects.filter(state__match=match).values_list("pk", "state_id", "weapon_id")
    PlayerWeapon.objects.filter(pk__in=[key for key, *which in there if tuple(which) not in rows]).delete()
    PlayerWeapon.objects.bulk_create(
        rows.values(), update_conflicts=True, unique_fields=["state", "weapon"], update_fields=_WEAPON_COLUMNS
    )


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


def _write_stats(match: Match, combined: CombinedMatch) -> None:
    names = dict(SteamAccount.objects.filter(live_tracks__match=match).values_list("steam_id", "last_name"))
    totals = _stat_totals(combined)
    rates = _with_rates(totals)
    rows = [
        PlayerMatchStat(
            match=match,
            steam_account_id=figures["steam_id"],
            side=figures["side"],
            team=figures["team"],
            name=text(figures["name"] or names.get(figures["steam_id"]) or str(figures["steam_id"]), MAX_NAME),
            metrics=metrics,
            **{metric.name: metrics[metric.name] for metric in PROMOTED},
        )
        for figures, metrics in zip(totals, rates, strict=True)
    ]
    wanted = {(row.steam_account_id, row.side) for row in rows}
    there = PlayerMatchStat.objects.filter(match=match).values_list("pk", "steam_account_id", "side")
    PlayerMatchStat.objects.filter(pk__in=[key for key, *which in there if tuple(which) not in wanted]).delete()
    PlayerMatchStat.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["match", "steam_account", "side"],
        update_fields=_STAT_COLUMNS,
    )


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


def _write_analysis(match: Match, combined: CombinedMatch, bounds: Bounds) -> None:
    checks = [bounds.check(), _score_check(combined)]
    failed = sum(check["ok"] is False for check in checks)
    if match.checks_failed != failed:
        match.checks_failed = failed
        match.save(update_fields=["checks_failed"])
    parsers = [{"name": "gsi", "version": LIVE_VERSION, "role": "live"}]
    values = {"pipeline_version": LIVE_VERSION, "parsers": parsers, "checks": checks}
    Analysis.objects.update_or_create(match=match, defaults=values)


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
