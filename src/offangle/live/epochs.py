"""Epochs: a match from one (re)start to the next, through half-times and overtime."""

from msgspec.structs import replace

from offangle.live.events import EpochAborted, Event, RoundRestarted
from offangle.live.half_time import are_sides_told, kept_switches, switch_sides, turned
from offangle.live.kills import late_kills
from offangle.live.observation import MapState, Observation
from offangle.live.own import follow_own, follow_round, late_assists, late_death
from offangle.live.policies import ModePolicy
from offangle.live.rounds import close_round, decide_rounds, open_round
from offangle.live.scoreboard import believed
from offangle.live.state import Epoch, LastPost, OwnTotals


def begin_epoch(observation: Observation, match: MapState) -> Epoch:
    """An epoch that starts with what the match shows now; what was played before is not this observer's to tell."""
    return Epoch(
        own_side=observation.own.side if observation.own is not None else None,
        score_t=match.score_t,
        score_ct=match.score_ct,
        rounds_completed=match.rounds_completed,
        team_t_name=match.team_t_name,
        team_ct_name=match.team_ct_name,
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
    own_side = observation.own.side if observation.own is not None else None
    switches = kept_switches(epoch, match, own_side)
    begun = begin_epoch(observation, match)
    following = replace(
        begun,
        rounds=kept,
        kills=tuple(kill for kill in epoch.kills if kill.round_number <= match.rounds_completed) if kept else (),
        own_side=own_side or turned(epoch.own_side, len(epoch.side_switches) - len(switches)),
        side_switches=switches,
        team_t_name=begun.team_t_name or epoch.team_t_name,
        team_ct_name=begun.team_ct_name or epoch.team_ct_name,
    )
    return aborted, following, [EpochAborted(aborted)]


def step_epoch(
    epoch: Epoch, observation: Observation, before: LastPost | None, policy: ModePolicy
) -> tuple[Epoch, list[Event]]:
    """Fold one post of a match in progress into its epoch."""
    told = are_sides_told(epoch, observation)
    switches = len(epoch.side_switches)
    epoch, switched = switch_sides(epoch, observation, policy)
    epoch, restarted = _restart_round(epoch, observation, before)
    epoch, observation = believed(epoch, observation)
    events: list[Event] = switched + restarted
    if epoch.current is not None and observation.current_round > epoch.current.number:
        for late in (late_kills, late_death, late_assists):
            epoch, found = late(epoch, observation)
            events += found
    switched_after = next(iter(epoch.side_switches[switches:]), None)
    epoch, decided = decide_rounds(epoch, observation, policy, switched_after=switched_after)
    epoch, opened = open_round(epoch, observation)
    epoch, followed = follow_round(epoch, observation, are_sides_told=told)
    epoch, own = follow_own(epoch, observation, before)
    return epoch, events + decided + opened + followed + own


def _restart_round(epoch: Epoch, observation: Observation, before: LastPost | None) -> tuple[Epoch, list[Event]]:
    """Back in freeze time with the same round undecided: it begins again, and what happened in it did not."""
    current = epoch.current
    went_live = current is not None and current.live_ns is not None and before is not None
    if current is None or not went_live or observation.round_phase != "freezetime" or current.is_decided:
        return epoch, []
    if observation.current_round != current.number:
        return epoch, []
    kept = tuple(kill for kill in epoch.kills if kill.round_number != current.number)
    # The match counters may go back with the round or keep what was dropped here: they are read anew.
    anew = replace(epoch, kills_before=None, deaths_seen=None, assists_seen=None, totals=OwnTotals())
    return replace(anew, current=None, kills=kept), [RoundRestarted(current.number)]
