"""Epochs: a match from one (re)start to the next, through half-times and overtime."""

from msgspec.structs import replace

from offangle.core.sides import other_side
from offangle.live.events import EpochAborted, Event, RoundRestarted, SidesSwitched
from offangle.live.kills import late_kills
from offangle.live.observation import MapState, Observation
from offangle.live.own import follow_own, follow_round, late_assists, late_death
from offangle.live.policies import ModePolicy
from offangle.live.rounds import close_round, decide_rounds, open_round
from offangle.live.state import Epoch, LastPost


def begin_epoch(observation: Observation, match: MapState) -> Epoch:
    """An epoch that starts with what the match shows now; what was played before is not this observer's to tell."""
    return Epoch(
        own_side=observation.own.side if observation.own is not None else None,
        score_t=match.score_t,
        score_ct=match.score_ct,
        rounds_completed=match.rounds_completed,
    )


def is_restart(epoch: Epoch, match: MapState) -> bool:
    """Score or round falling while the match goes on is a restart (trap 5)."""
    score_fell = match.score_t + match.score_ct < epoch.score_t + epoch.score_ct
    return match.rounds_completed < epoch.rounds_completed or score_fell


def restart_epoch(epoch: Epoch, observation: Observation, match: MapState) -> tuple[Epoch, Epoch, list[Event]]:
    """The aborted epoch and the one that follows; a restore keeps the rounds up to the one restored."""
    closed, _ = close_round(epoch)
    aborted = replace(closed, is_aborted=True)
    kept = tuple(round_ for round_ in epoch.rounds if round_.number <= match.rounds_completed)
    following = replace(
        begin_epoch(observation, match),
        rounds=kept,
        kills=tuple(kill for kill in epoch.kills if kill.round_number <= match.rounds_completed) if kept else (),
        own_side=observation.own.side if observation.own is not None and observation.own.side else epoch.own_side,
    )
    return aborted, following, [EpochAborted(aborted)]


def step_epoch(
    epoch: Epoch, observation: Observation, before: LastPost | None, policy: ModePolicy
) -> tuple[Epoch, list[Event]]:
    """Fold one post of a match in progress into its epoch."""
    epoch, switched = _switch_sides(epoch, observation)
    epoch, restarted = _restart_round(epoch, observation, before)
    events: list[Event] = switched + restarted
    if epoch.current is not None and observation.current_round > epoch.current.number:
        for late in (late_kills, late_death, late_assists):
            epoch, found = late(epoch, observation)
            events += found
    epoch, decided = decide_rounds(epoch, observation, policy, switched=bool(switched))
    epoch, opened = open_round(epoch, observation)
    epoch, followed = follow_round(epoch, observation)
    epoch, own = follow_own(epoch, observation, before)
    return epoch, events + decided + opened + followed + own


def _switch_sides(epoch: Epoch, observation: Observation) -> tuple[Epoch, list[Event]]:
    """Half-time: teams and scores swap (trap 8). A player who only changes teams takes no score along."""
    match = observation.map
    if match is None:
        return epoch, []
    own_side = observation.own.side if observation.own is not None else None
    if epoch.own_side is None:
        return replace(epoch, own_side=own_side), []
    moved = own_side is not None and own_side != epoch.own_side
    swapped_fits = match.score_t >= epoch.score_ct and match.score_ct >= epoch.score_t
    straight_fits = match.score_t >= epoch.score_t and match.score_ct >= epoch.score_ct
    if not (moved and swapped_fits) and not (own_side is None and swapped_fits and not straight_fits):
        return (replace(epoch, own_side=own_side), []) if moved else (epoch, [])
    side = other_side(epoch.own_side)
    switched = replace(
        epoch,
        own_side=side,
        score_t=epoch.score_ct,
        score_ct=epoch.score_t,
        side_switches=(*epoch.side_switches, epoch.rounds_completed),
    )
    return switched, [SidesSwitched(epoch.rounds_completed, side)]


def _restart_round(epoch: Epoch, observation: Observation, before: LastPost | None) -> tuple[Epoch, list[Event]]:
    """Back in freeze time with the same round undecided: it begins again, and what happened in it did not."""
    current = epoch.current
    went_live = current is not None and current.live_ns is not None and before is not None
    if current is None or not went_live or observation.round_phase != "freezetime" or current.is_decided:
        return epoch, []
    if observation.current_round != current.number:
        return epoch, []
    kept = tuple(kill for kill in epoch.kills if kill.round_number != current.number)
    # The match counter may go back with the round or keep what was dropped here: it is read anew.
    return replace(epoch, current=None, kills=kept, kills_before=None), [RoundRestarted(current.number)]
