"""Sessions as one plain document: what `offangle gsi reduce --json` prints."""

from collections.abc import Iterable
from typing import Any

from offangle.core.halves import MatchLength
from offangle.live.events import Event, SessionClosed
from offangle.live.rounds import decided_rounds
from offangle.live.state import Epoch, LiveRound, LiveState, Session
from offangle.live.track import track_of


def sessions_of(events: Iterable[Event], state: LiveState) -> list[Session]:
    """All sessions in order: those closed on the way, then the one still open."""
    closed = [event.session for event in events if isinstance(event, SessionClosed)]
    return [*closed, state.session] if state.session is not None else closed


def matches_document(sessions: Iterable[Session]) -> list[dict[str, Any]]:
    """One entry per epoch in which something was played, aborted ones included and marked."""
    return [
        _match(session, index, epoch)
        for session in sessions
        for index, epoch in enumerate(session.epochs)
        if epoch.rounds or epoch.kills or (epoch.current is not None and not epoch.is_aborted)
    ]


def _match(session: Session, index: int, epoch: Epoch) -> dict[str, Any]:
    length = track_of(session, index, is_closed=False).match_length
    own, enemy = (epoch.score_t, epoch.score_ct) if epoch.own_side == "t" else (epoch.score_ct, epoch.score_t)
    known = epoch.own_side is not None
    return {
        "map": session.map_name,
        "mode": session.mode,
        "aborted": epoch.is_aborted,
        "finished": session.is_finished and epoch is session.epochs[-1],
        "rounds": [_round(round_, epoch, length) for round_ in decided_rounds(epoch)],
        "kills": [
            {"round": kill.round_number, "weapon": kill.weapon, "confidence": kill.confidence} for kill in epoch.kills
        ],
        "own": {
            "kills": epoch.totals.kills if epoch.totals.kills is not None else len(epoch.kills),
            "deaths": epoch.totals.deaths,
            "assists": epoch.totals.assists,
            "mvps": epoch.totals.mvps,
            "score": epoch.totals.score,
        },
        "score": {"own": own if known else None, "enemy": enemy if known else None},
        "side_switches_after": list(epoch.side_switches),
    }


def _round(round_: LiveRound, epoch: Epoch, length: MatchLength) -> dict[str, Any]:
    side = round_.own_side or epoch.own_side
    return {
        "number": round_.number,
        "half": length.half_of(round_.number),
        "overtime": length.is_overtime(round_.number),
        "winner": round_.winner,
        "reason": round_.reason,
        "inferred": round_.is_winner_inferred,
        "reason_inferred": round_.is_reason_inferred,
        "own_side": side,
        "own_won": None if round_.winner is None or side is None else round_.winner == side,
        "own_kills": sum(kill.round_number == round_.number for kill in epoch.kills),
        "own_died": round_.own_died,
        "equipment_value": round_.equipment_value,
        "weapons_used": list(round_.weapons_used),
    }
