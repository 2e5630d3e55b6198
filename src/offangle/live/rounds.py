"""Rounds of one epoch: which are decided, who won, and why as far as a client can tell."""

from typing import Final

from msgspec.structs import replace

from offangle.core.sides import Side, other_side
from offangle.live.events import Event, RoundBegan, RoundClosed, RoundDecided
from offangle.live.observation import MapState, Observation
from offangle.live.policies import ModePolicy
from offangle.live.state import Epoch, LiveRound

CLOCK_TOLERANCE_S: Final = 1.5
MOST_MISSED: Final = 60
"""Rounds that one post may complete. Of those before nothing is known, not even that this observer was there."""
NS_PER_S: Final = 10**9

WIN_WORDS: Final[dict[str, tuple[Side, str]]] = {
    "ct_win_elimination": ("ct", "elimination"),
    "ct_win_time": ("ct", "time_expired"),
    "ct_win_defuse": ("ct", "bomb_defused"),
    "ct_win_rescue": ("ct", "hostages_rescued"),
    "t_win_elimination": ("t", "elimination"),
    "t_win_bomb": ("t", "bomb_exploded"),
    "t_win_time": ("t", "hostages_not_rescued"),
}


def decide_rounds(
    epoch: Epoch, observation: Observation, policy: ModePolicy, *, switched_after: int | None
) -> tuple[Epoch, list[Event]]:
    """Give a result to every round that the match's counter has completed since, and close those that are over.

    Args:
        epoch: The epoch, its score and own side as after any change of sides that the post tells of.
        observation: The post.
        policy: What the mode has.
        switched_after: The round after which the post shows the sides changed.
    """
    match = observation.map
    if match is None or match.rounds_completed <= epoch.rounds_completed:
        return _note_winner(epoch, observation), []
    first = max(epoch.rounds_completed, match.rounds_completed - MOST_MISSED) + 1
    numbers = range(first, match.rounds_completed + 1)
    winners = _winners(epoch, observation, match, switched_after)
    events: list[Event] = []
    for number in numbers:
        if epoch.current is not None and epoch.current.number < number:
            # Nothing of this round was told until its end, and the one before is still being shown.
            epoch, closed = close_round(epoch)
            events += closed
        side = _side_in(number, epoch, switched_after)
        decided = _with_result(epoch.current or LiveRound(number, own_side=side), number, observation, winners, policy)
        events.append(RoundDecided(decided))
        epoch = replace(epoch, current=decided)
        if number < observation.current_round:
            epoch, closed = close_round(epoch)
            events += closed
    scores = {"score_t": match.score_t, "score_ct": match.score_ct}
    return replace(epoch, rounds_completed=match.rounds_completed, **scores), events


def close_round(epoch: Epoch) -> tuple[Epoch, list[Event]]:
    """The current round is final; one without a result is dropped, it was never played to its end."""
    current = epoch.current
    if current is None:
        return epoch, []
    if not current.is_decided:
        return replace(epoch, current=None), []
    side = current.own_side or epoch.own_side
    final = replace(current, own_side=side)
    return replace(epoch, rounds=(*epoch.rounds, final), current=None), [RoundClosed(final)]


def decided_rounds(epoch: Epoch) -> tuple[LiveRound, ...]:
    """Every round that has a result, the one still being shown included."""
    current = epoch.current
    return (*epoch.rounds, current) if current is not None and current.is_decided else epoch.rounds


def open_round(epoch: Epoch, observation: Observation) -> tuple[Epoch, list[Event]]:
    """Make the round that the post is about the current one."""
    number = observation.current_round
    if epoch.current is not None and epoch.current.number == number:
        return epoch, []
    epoch, events = close_round(epoch)
    if number <= epoch.rounds_completed:
        return epoch, events  # decided before this observer came
    began = LiveRound(number, own_side=epoch.own_side, begin_ns=observation.received_ns)
    return replace(epoch, current=began), [*events, RoundBegan(number)]


def _note_winner(epoch: Epoch, observation: Observation) -> Epoch:
    """Keep a winner that is told before the counter moves; it is this round's only and is never carried on."""
    if epoch.current is None or observation.round_phase != "over" or observation.round_winner is None:
        return epoch
    return replace(epoch, current=replace(epoch.current, seen_winner=observation.round_winner))


def _side_in(number: int, epoch: Epoch, switched_after: int | None) -> Side | None:
    """The observer's side in a round of which only the end is told."""
    is_before = switched_after is not None and number <= switched_after
    return other_side(epoch.own_side) if epoch.own_side is not None and is_before else epoch.own_side


def _winners(
    epoch: Epoch, observation: Observation, match: MapState, switched_after: int | None
) -> dict[int, tuple[Side | None, str | None, bool]]:
    """Winner, reason if told, and whether the winner is inferred, per completed round."""
    first, last = epoch.rounds_completed + 1, match.rounds_completed
    by_score = _winner_by_score(epoch, match, switched_after)
    told = told_wins(match)
    winners: dict[int, tuple[Side | None, str | None, bool]] = {}
    for number in range(first, last + 1):
        if number in told and by_score in {None, told[number][0]}:
            winners[number] = (*told[number], False)
        else:
            winners[number] = (by_score, None, by_score is not None)
    seen = epoch.current.seen_winner if epoch.current is not None and epoch.current.number == first == last else None
    observed = observation.round_winner if observation.is_round_decided else seen
    if observed is not None and winners[last][2] | (winners[last][0] is None):
        winners[last] = (observed, None, False)
    return winners


def _winner_by_score(epoch: Epoch, match: MapState, switched_after: int | None) -> Side | None:
    """The side whose score rose, when only one rose; sides are those of the rounds played, before any switch."""
    gained_t, gained_ct = match.score_t - epoch.score_t, match.score_ct - epoch.score_ct
    if (gained_t > 0) == (gained_ct > 0):
        return None
    winner: Side = "t" if gained_t > 0 else "ct"
    if switched_after is None or switched_after <= epoch.rounds_completed:
        return winner
    # The scores already changed sides with their teams. What was played before that was won on the other side; where
    # some rounds came before and some after, nobody can tell.
    return other_side(winner) if switched_after >= match.rounds_completed else None


def told_wins(match: MapState) -> dict[int, tuple[Side, str]]:
    """The game's own list, where it can be trusted: in overtime its keys start again, and then the score decides."""
    if not match.round_wins or max(match.round_wins) != match.rounds_completed:
        return {}
    return {number: WIN_WORDS[word] for number, word in match.round_wins.items() if word in WIN_WORDS}


def _with_result(
    current: LiveRound,
    number: int,
    observation: Observation,
    winners: dict[int, tuple[Side | None, str | None, bool]],
    policy: ModePolicy,
) -> LiveRound:
    winner, told_reason, is_inferred = winners[number]
    shown = number == observation.current_round
    if shown and observation.bomb is not None:
        outcome = observation.bomb if observation.bomb != "planted" else current.bomb_outcome
        current = replace(current, was_bomb_planted=True, bomb_outcome=outcome)
    end_ns = observation.received_ns if shown else current.end_ns
    if shown and observation.bomb is None:
        # The end itself was seen and the bomb had no part in it, planted or not.
        current = replace(current, bomb_outcome="none")
    reason, is_reason_inferred = (told_reason, False) if told_reason else _reason(current, winner, end_ns, policy)
    return replace(
        current,
        winner=winner,
        reason=reason,
        is_winner_inferred=is_inferred,
        is_reason_inferred=is_reason_inferred,
        is_decided=True,
        end_ns=end_ns,
        seen_winner=None,
        state_sequence=current.state_sequence or observation.sequence,
    )


def _reason(round_: LiveRound, winner: Side | None, end_ns: int | None, policy: ModePolicy) -> tuple[str, bool]:
    """Why the round ended, and whether that is a conclusion rather than something the client said."""
    if winner is None:
        return "unknown", True
    if winner == "t":
        if round_.bomb_outcome == "exploded":
            return "bomb_exploded", False
        no_bomb = not round_.was_bomb_planted or round_.bomb_outcome == "none"
        return ("elimination" if no_bomb else "unknown"), True
    if round_.was_bomb_planted:  # after a plant only a defuse wins the round for CT
        return "bomb_defused", round_.bomb_outcome != "defused"
    return _reason_without_plant(round_, end_ns, policy)


def _reason_without_plant(round_: LiveRound, end_ns: int | None, policy: ModePolicy) -> tuple[str, bool]:
    """CT won and the bomb was not down: the clock tells whether time ran out."""
    if policy.round_time_s is None or round_.live_ns is None or end_ns is None:
        return "unknown", True
    lasted_s = (end_ns - round_.live_ns) / NS_PER_S
    return ("time_expired" if lasted_s >= policy.round_time_s - CLOCK_TOLERANCE_S else "elimination"), True
