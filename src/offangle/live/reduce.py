"""The reducer: (state, observation) -> state and events. Live state is a fold over the journal.

It is pure: the same posts give the same state wherever and however often they are folded, so a restart rebuilds it and
a mended rule is applied to old matches by folding again.
"""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from offangle.live.epochs import begin_epoch, is_restart, restart_epoch, step_epoch
from offangle.live.events import (
    Event,
    PostIgnored,
    PostLost,
    Quarantined,
    SessionClosed,
    SessionFinished,
    SessionLeft,
    SessionResumed,
    SessionStarted,
)
from offangle.live.observation import MapState, Observation
from offangle.live.ordering import fingerprints_of_second, lost_paths, why_ignored
from offangle.live.policies import policy_of
from offangle.live.rounds import close_round, decided_rounds, told_wins
from offangle.live.scoreboard import is_blank
from offangle.live.state import Counters, Epoch, LastPost, LiveState, Session

SESSION_GAP_NS: Final = 1_800 * 10**9
"""After half an hour of silence the same map is another match."""

LATCHED_PHASES: Final = frozenset({"gameover", "intermission"})


def reduce(state: LiveState, observation: Observation) -> tuple[LiveState, list[Event]]:
    """Fold one post into the state."""
    why = why_ignored(state.last, observation)
    if why is not None:
        return replace(state, counters=_counted(state.counters, why)), [PostIgnored(observation.sequence, why)]
    lost = lost_paths(state.last, observation)
    events: list[Event] = [PostLost(observation.sequence, lost)] if lost else []
    counters = _counted(state.counters, "accepted")
    if lost:
        counters = _counted(counters, "lost")
    if observation.is_spectating:
        counters = _counted(counters, "quarantined")
        events.append(Quarantined(observation.sequence))
        session = state.session
    else:
        session, happened = _follow_session(state.session, observation, state.last)
        events += happened
    return LiveState(session=session, last=_remember(state.last, observation), counters=counters), events


def reduce_all(observations: Iterable[Observation], state: LiveState | None = None) -> tuple[LiveState, list[Event]]:
    """Fold many posts; the events of all of them, in order."""
    state = state if state is not None else LiveState()
    events: list[Event] = []
    for observation in observations:
        state, happened = reduce(state, observation)
        events += happened
    return state, events


def _counted(counters: Counters, name: str) -> Counters:
    return replace(counters, **{name: getattr(counters, name) + 1})


def _remember(last: LastPost | None, observation: Observation) -> LastPost:
    return LastPost(
        received_ns=observation.received_ns,
        provider_timestamp=observation.provider_timestamp or (last.provider_timestamp if last is not None else 0),
        facts=observation.facts,
        same_second=fingerprints_of_second(last, observation),
        own=None if observation.is_spectating else observation.own,
        round_number=observation.current_round if observation.map is not None else None,
        round_phase=observation.round_phase,
        bomb=observation.bomb,
    )


def _follow_session(
    session: Session | None, observation: Observation, before: LastPost | None
) -> tuple[Session | None, list[Event]]:
    match = observation.map
    if match is None:
        return _leave(session)
    events: list[Event] = []
    if session is not None and not _continues(session, observation, match):
        closed = _close(session)
        events.append(SessionClosed(closed))
        session = None
    if session is None:
        session = _start(observation, match)
        events.append(SessionStarted(session))
    elif session.is_left:
        session = replace(session, is_left=False)
        events.append(SessionResumed(session))
    own_name = observation.own.name if observation.own is not None and observation.own.name else session.own_name
    session = replace(session, last_ns=observation.received_ns, last_sequence=observation.sequence, own_name=own_name)
    if session.is_finished:
        return session, events
    session, happened = _play(session, observation, match, before)
    return session, events + happened


def _leave(session: Session | None) -> tuple[Session | None, list[Event]]:
    if session is None or session.is_left:
        return session, []
    left = replace(session, is_left=True)
    return left, [SessionLeft(left)]


def _start(observation: Observation, match: MapState) -> Session:
    return Session(
        steam_id=observation.steam_id,
        map_name=match.name,
        mode=match.mode,
        first_sequence=observation.sequence,
        first_ns=observation.received_ns,
        last_ns=observation.received_ns,
        last_sequence=observation.sequence,
    )


def _close(session: Session) -> Session:
    if session.epoch is None:
        return session
    epoch, _ = close_round(session.epoch)
    return replace(session, epoch=epoch)


def _continues(session: Session, observation: Observation, match: MapState) -> bool:
    """Whether the post belongs to the match being followed (trap 7)."""
    if (match.name, match.mode) != (session.map_name, session.mode):
        return False
    if session.is_finished:
        return match.phase in LATCHED_PHASES and _same_score(session, match)
    was_away = session.is_left or observation.received_ns - session.last_ns > SESSION_GAP_NS
    if not was_away or session.epoch is None:
        return not was_away or observation.received_ns - session.last_ns <= SESSION_GAP_NS
    within_gap = observation.received_ns - session.last_ns <= SESSION_GAP_NS
    return within_gap and not is_restart(session.epoch, match) and not _is_other_line(session.epoch, observation, match)


def _same_score(session: Session, match: MapState) -> bool:
    epoch = session.epoch
    if epoch is None:
        return False
    scores = sorted((match.score_t, match.score_ct))
    return scores == sorted((epoch.score_t, epoch.score_ct)) and match.rounds_completed == epoch.rounds_completed


def _is_other_line(epoch: Epoch, observation: Observation, match: MapState) -> bool:
    """A scoreboard that went back while the client was away is another match's; a team kill alone is one step.

    Unless it is all zeros, as a client may be shown on its way back, and the match tells the rounds that are known.
    """
    own = observation.own
    if own is None or own.deaths is None or epoch.deaths_seen is None or own.deaths >= epoch.deaths_seen:
        return False
    return not (is_blank(epoch, own) and _tells_same_rounds(epoch, match))


def _tells_same_rounds(epoch: Epoch, match: MapState) -> bool:
    known = {round_.number: round_.winner for round_ in decided_rounds(epoch) if round_.winner is not None}
    told = {number: winner for number, (winner, _) in told_wins(match).items() if number in known}
    if told:
        return all(known[number] == winner for number, winner in told.items())
    # Nothing fell (that would be a restart), so the score is the same or one round on.
    return match.rounds_completed - epoch.rounds_completed <= 1


def _play(
    session: Session, observation: Observation, match: MapState, before: LastPost | None
) -> tuple[Session, list[Event]]:
    policy = policy_of(session.mode)
    events: list[Event] = []
    epoch = session.epoch
    if epoch is not None and is_restart(epoch, match):
        aborted, epoch, events = restart_epoch(epoch, observation, match)
        session = replace(session, past_epochs=(*session.past_epochs, aborted))
        before = None
    if match.phase == "warmup" or not policy.has_rounds:
        return replace(session, epoch=epoch), events
    if epoch is None:
        epoch = begin_epoch(observation, match)
    epoch, happened = step_epoch(epoch, observation, before, policy)
    session = replace(session, epoch=epoch)
    if match.phase != "gameover":
        return session, events + happened
    session = replace(_close(session), is_finished=True)
    return session, [*events, *happened, SessionFinished(session)]
