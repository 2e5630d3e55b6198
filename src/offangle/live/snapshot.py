"""How things stand for one observer now, as the live page shows it."""

from typing import Any, Final

from offangle.core.sides import Side, other_side
from offangle.live.observation import MapState, Observation, OwnPlayer
from offangle.live.policies import policy_of
from offangle.live.rounds import decided_rounds
from offangle.live.state import Epoch, LiveRound, LiveState, Session

LOSS_BONUS: Final = (1400, 1900, 2400, 2900, 3400)
"""Dollars for a lost round, by how many were lost in a row before it."""
KILLS_SHOWN: Final = 10


def snapshot(state: LiveState, observation: Observation) -> dict[str, Any]:
    """The state as a plain document, after `observation` was folded in as the last post."""
    session, match = state.session, observation.map
    epoch = session.epoch if session is not None else None
    own_side = epoch.own_side if epoch is not None else None
    return {
        "status": _status(session, observation),
        "map": session.map_name if session is not None else None,
        "mode": session.mode if session is not None else None,
        "phase": match.phase if match is not None else _last_phase(session),
        "round": observation.current_round if match is not None else _last_round(epoch),
        "round_phase": observation.round_phase,
        "bomb": observation.bomb,
        "own_side": own_side,
        "score": _score(epoch, own_side),
        "sides": {side: _side(match, epoch, side) for side in ("t", "ct")},
        "own": _own(observation.own, epoch) if not observation.is_spectating else None,
        "rounds": [_round(round_, epoch) for round_ in (decided_rounds(epoch) if epoch is not None else ())],
        "kills": [
            {"round": kill.round_number, "weapon": kill.weapon, "confidence": kill.confidence}
            for kill in (epoch.kills[-KILLS_SHOWN:] if epoch is not None else ())
        ],
        "has_rounds": policy_of(session.mode).has_rounds if session is not None else False,
        "has_economy": policy_of(session.mode).has_economy if session is not None else False,
        "alerts": _alerts(state, observation),
        "received_ns": str(observation.received_ns),
    }


def _last_phase(session: Session | None) -> str | None:
    """The phase of a match whose client has gone to the menu: over for good, or not told."""
    return "gameover" if session is not None and session.is_finished else None


def _last_round(epoch: Epoch | None) -> int | None:
    """The round that a match stood at when its client went to the menu."""
    if epoch is None:
        return None
    return epoch.current.number if epoch.current is not None else epoch.rounds_completed or None


def _status(session: Session | None, observation: Observation) -> str:
    if observation.is_spectating:
        return "spectating"
    if session is not None and session.is_finished:
        return "finished"
    if session is None or session.is_left:
        return "menu"
    if observation.map is not None and observation.map.phase == "warmup":
        return "warmup"
    return "live"


def _score(epoch: Epoch | None, own_side: Side | None) -> dict[str, int | None]:
    if epoch is None:
        return {"t": None, "ct": None, "own": None, "enemy": None}
    score = {"t": epoch.score_t, "ct": epoch.score_ct}
    own = score[own_side] if own_side is not None else None
    enemy = score[other_side(own_side)] if own_side is not None else None
    return {"t": epoch.score_t, "ct": epoch.score_ct, "own": own, "enemy": enemy}


def _side(match: MapState | None, epoch: Epoch | None, side: Side) -> dict[str, Any]:
    """What any client is told of a side: its name, score, and how much it gets for losing again.

    In the menu the game tells nothing of the match any more: what was told last stays.
    """
    if epoch is None:
        return {"name": None, "score": None, "loss_streak": None, "loss_bonus": None}
    if match is None:
        name = epoch.team_t_name if side == "t" else epoch.team_ct_name
        score = epoch.score_t if side == "t" else epoch.score_ct
        return {"name": name, "score": score, "loss_streak": None, "loss_bonus": None}
    streak = match.loss_streak_t if side == "t" else match.loss_streak_ct
    bonus = LOSS_BONUS[min(max(streak, 0), len(LOSS_BONUS) - 1)] if streak is not None else None
    name = match.team_t_name if side == "t" else match.team_ct_name
    return {"name": name, "score": match.score_of(side), "loss_streak": streak, "loss_bonus": bonus}


def _own(own: OwnPlayer | None, epoch: Epoch | None) -> dict[str, Any] | None:
    if own is None:
        return None
    current = epoch.current if epoch is not None else None
    return {
        "name": own.name,
        "is_alive": None if own.health is None else own.health > 0,
        "health": own.health,
        "armor": own.armor,
        "has_helmet": own.has_helmet,
        "has_defuse_kit": own.has_defuse_kit,
        "money": own.money,
        "equipment_value": own.equipment_value,
        "equipment_value_freeze_end": current.equipment_value if current is not None else None,
        "round_kills": own.round_kills,
        "kills": own.kills,
        "deaths": own.deaths,
        "assists": own.assists,
        "mvps": own.mvps,
        "score": own.score,
        "weapons": [
            {
                "name": weapon.name,
                "is_active": weapon == own.active_weapon,
                "ammo_clip": weapon.ammo_clip,
                "ammo_reserve": weapon.ammo_reserve,
            }
            for weapon in own.weapons
        ],
    }


def _round(round_: LiveRound, epoch: Epoch | None) -> dict[str, Any]:
    side = round_.own_side or (epoch.own_side if epoch is not None else None)
    kills = epoch.kills if epoch is not None else ()
    return {
        "number": round_.number,
        "winner": round_.winner,
        "reason": round_.reason,
        "inferred": round_.is_winner_inferred,
        "own_side": side,
        "own_won": None if round_.winner is None or side is None else round_.winner == side,
        "own_kills": sum(kill.round_number == round_.number for kill in kills),
        "own_died": round_.own_died,
    }


def _alerts(state: LiveState, observation: Observation) -> list[dict[str, Any]]:
    """What keeps the picture from being whole."""
    found: list[dict[str, Any]] = []
    if state.counters.lost:
        found.append({"kind": "posts_lost", "count": state.counters.lost})
    if observation.is_spectating:
        found.append({"kind": "spectating"})
    epoch = state.session.epoch if state.session is not None else None
    unknown = sum(kill.confidence == "none" for kill in epoch.kills) if epoch is not None else 0
    if unknown:
        found.append({"kind": "kills_without_weapon", "count": unknown})
    return found
