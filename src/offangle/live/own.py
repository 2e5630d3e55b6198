"""The observer's own player inside the current round: money, weapons, kills, death."""

from typing import Final

from msgspec.structs import replace

from offangle.live.events import BombChanged, Died, Event, RoundWentLive
from offangle.live.kills import (
    MOST_NEW_KILLS,
    anchor_kills,
    attribute,
    count_by_match,
    count_new_kills,
    kills_before_round,
    record_kills,
    thrown_grenade,
)
from offangle.live.observation import Observation, OwnPlayer
from offangle.live.state import UNKNOWN_WEAPON, Epoch, LastPost, LiveRound, OwnTotals, WeaponInterval

BUY_TIME_S: Final = 20.0
NS_PER_S: Final = 10**9


def follow_round(epoch: Epoch, observation: Observation, *, are_sides_told: bool) -> tuple[Epoch, list[Event]]:
    """What everyone sees of the current round: which sides the teams play, when it went live, and the bomb."""
    current = epoch.current
    if current is None:
        return epoch, []
    events: list[Event] = []
    current = replace(current, is_side_sure=current.is_side_sure or are_sides_told)
    if observation.round_phase != "freezetime" and current.state_sequence is None:
        current = replace(current, state_sequence=observation.sequence)
    if observation.round_phase == "live" and current.live_ns is None:
        current = replace(current, live_ns=observation.received_ns)
        events.append(RoundWentLive(current.number))
    if observation.bomb is not None and observation.round_phase != "freezetime":
        is_new = not current.was_bomb_planted or observation.bomb not in {"planted", current.bomb_outcome}
        outcome = current.bomb_outcome if observation.bomb == "planted" else observation.bomb
        current = replace(current, was_bomb_planted=True, bomb_outcome=outcome)
        if is_new:
            events.append(BombChanged(current.number, observation.bomb))
    return replace(epoch, current=current), events


def follow_own(epoch: Epoch, observation: Observation, before: LastPost | None) -> tuple[Epoch, list[Event]]:
    """Bring the observer's own figures up to the post."""
    own = observation.own
    if own is None:
        return epoch, []
    epoch = replace(anchor_kills(epoch, own), totals=_merged(epoch.totals, epoch.totals_before, own))
    epoch, killed = _follow_kills(epoch, observation, own, before)
    epoch, died = _follow_death(epoch, observation, own)
    epoch = _follow_assists(epoch, observation, own)
    if epoch.current is not None:
        current = _equipment(epoch.current, observation, own)
        epoch = replace(epoch, current=_weapons(current, observation, own, before))
    return epoch, killed + died


def late_death(epoch: Epoch, observation: Observation) -> tuple[Epoch, list[Event]]:
    """A death that the match counter tells of only when the next round has begun."""
    own, current = observation.own, epoch.current
    if own is None or own.deaths is None or epoch.deaths_seen is None or current is None:
        return epoch, []
    new = own.deaths - epoch.deaths_seen - (1 if own.health == 0 else 0)
    if new < 1:
        return epoch, []
    # Who was already known to be dead was counted late, or died again after taking over a bot: not in the next round.
    events: list[Event] = [] if current.own_died else [Died(current.number)]
    return replace(epoch, current=replace(current, own_died=True), deaths_seen=epoch.deaths_seen + new), events


def late_assists(epoch: Epoch, observation: Observation) -> tuple[Epoch, list[Event]]:
    """Assists that the match counter tells of only when the next round has begun."""
    own, current = observation.own, epoch.current
    if own is None or own.assists is None or epoch.assists_seen is None or current is None:
        return epoch, []
    new = _new_assists(epoch.assists_seen, own.assists)
    current = replace(current, assists=current.assists + new)
    return replace(epoch, current=current, assists_seen=own.assists), []


def _follow_assists(epoch: Epoch, observation: Observation, own: OwnPlayer) -> Epoch:
    """Assists of this round; in freeze time nobody is killed, so there they are the round's before."""
    if own.assists is None:
        return epoch
    new = 0 if epoch.assists_seen is None else _new_assists(epoch.assists_seen, own.assists)
    epoch = replace(epoch, assists_seen=own.assists)
    if not new or epoch.current is None:
        return epoch
    if observation.round_phase != "freezetime":
        return replace(epoch, current=replace(epoch.current, assists=epoch.current.assists + new))
    if not epoch.rounds:
        return epoch
    last = replace(epoch.rounds[-1], assists=epoch.rounds[-1].assists + new)
    return replace(epoch, rounds=(*epoch.rounds[:-1], last))


def _new_assists(seen: int, told: int) -> int:
    """Assists since; none where the counter fell or rose by more than can have happened."""
    return told - seen if 0 < told - seen <= MOST_NEW_KILLS else 0


def _merged(totals: OwnTotals, before: OwnTotals, own: OwnPlayer) -> OwnTotals:
    sent = {name: value for name in OwnTotals.__struct_fields__ if (value := getattr(own, name)) is not None}
    return replace(totals, **{name: value + (getattr(before, name) or 0) for name, value in sent.items()})


def _follow_kills(
    epoch: Epoch, observation: Observation, own: OwnPlayer, before: LastPost | None
) -> tuple[Epoch, list[Event]]:
    current = epoch.current
    if current is None:
        return epoch, []
    if observation.round_phase == "freezetime":
        # Nobody is killed in freeze time: the match counter tells of the round before.
        number = epoch.rounds[-1].number if epoch.rounds else current.number
        late = max(0, count_by_match(epoch, own))
        return record_kills(epoch, number, [(UNKNOWN_WEAPON, "none")] * late, observation.received_ns)
    current = replace(current, round_kills_before=kills_before_round(epoch, own, current))
    epoch = replace(epoch, current=current)
    weapons = attribute(count_new_kills(epoch, own, current), own, before, current, observation.received_ns)
    return record_kills(epoch, current.number, weapons, observation.received_ns)


def _follow_death(epoch: Epoch, observation: Observation, own: OwnPlayer) -> tuple[Epoch, list[Event]]:
    current = epoch.current
    if current is None:
        return replace(epoch, deaths_seen=own.deaths if own.deaths is not None else epoch.deaths_seen), []
    rose = own.deaths is not None and epoch.deaths_seen is not None and own.deaths > epoch.deaths_seen
    # Who comes back into a round under way waits dead for the next one: that is no death unless the counter rises.
    fell = own.health == 0 and (current.own_died is not None or epoch.deaths_seen is None)
    is_dead = observation.round_phase != "freezetime" and (fell or rose)
    died = is_dead or bool(current.own_died)
    events: list[Event] = [Died(current.number)] if is_dead and not current.own_died else []
    known = bool(own.health) or current.own_died is not None
    current = replace(current, own_died=died if known or died else None)
    return replace(
        epoch, current=current, deaths_seen=own.deaths if own.deaths is not None else epoch.deaths_seen
    ), events


def _equipment(current: LiveRound, observation: Observation, own: OwnPlayer) -> LiveRound:
    """Equipment at freeze end is the last payload of freeze time; a death payload keeps a stale value (trap 10)."""
    current = replace(current, own_side=own.side or current.own_side)
    if observation.round_phase != "freezetime":
        told = 0 if current.round_kills_before else own.round_headshot_kills or 0
        current = replace(current, headshot_kills=max(current.headshot_kills, told))
    if observation.round_phase == "freezetime":
        return replace(
            current,
            equipment_value=own.equipment_value,
            equipment_value_buy_end=own.equipment_value,
            money=own.money,
            health=own.health,
            armor=own.armor,
            has_helmet=own.has_helmet,
            has_defuse_kit=own.has_defuse_kit,
        )
    if observation.round_phase == "live" and own.health and current.live_ns is not None:
        lived_s = (observation.received_ns - current.live_ns) / NS_PER_S
        if lived_s <= BUY_TIME_S and own.equipment_value is not None:
            return replace(current, equipment_value_buy_end=own.equipment_value)
    return current


def _weapons(current: LiveRound, observation: Observation, own: OwnPlayer, before: LastPost | None) -> LiveRound:
    same_round = before is not None and before.round_number == current.number
    previous = before.own if same_round and before is not None else None
    thrown = thrown_grenade(own, previous)
    if thrown is not None:
        current = replace(current, grenade_thrown=thrown, grenade_thrown_ns=observation.received_ns)
    if observation.round_phase != "live":
        return current
    if before is not None and previous is not None and before.round_phase == "live":
        current = _extend_interval(current, previous, before.received_ns, observation.received_ns)
    active = own.active_weapon
    if active is None or not own.health or active.name in current.weapons_used:
        return current
    return replace(current, weapons_used=(*current.weapons_used, active.name))


def _extend_interval(current: LiveRound, previous: OwnPlayer, from_ns: int, to_ns: int) -> LiveRound:
    held = previous.active_weapon
    if held is None or not previous.health:
        return current
    last = current.intervals[-1] if current.intervals else None
    if last is not None and last.weapon == held.name and last.to_ns == from_ns:
        return replace(current, intervals=(*current.intervals[:-1], replace(last, to_ns=to_ns)))
    return replace(current, intervals=(*current.intervals, WeaponInterval(held.name, from_ns, to_ns)))
