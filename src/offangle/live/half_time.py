"""Changes of sides: what tells half-time from a player who only changes teams, and after which round it was."""

from typing import Final

from msgspec.structs import replace

from offangle.core.halves import MatchLength
from offangle.core.sides import Side, other_side
from offangle.live.events import Event, SidesSwitched
from offangle.live.observation import MapState, Observation
from offangle.live.policies import ModePolicy
from offangle.live.state import Epoch

INTERMISSION: Final = "intermission"


def switch_sides(epoch: Epoch, observation: Observation, policy: ModePolicy) -> tuple[Epoch, list[Event]]:
    """Half-time: teams, their scores and their names swap (trap 8). A player who changes teams takes none along."""
    match = observation.map
    if match is None:
        return epoch, []
    if match.phase == INTERMISSION:
        epoch = replace(epoch, intermission_after=match.rounds_completed)
    own_side = observation.own.side if observation.own is not None else None
    events: list[Event] = []
    if _have_changed(epoch, observation, match, policy):
        after = _changed_after(epoch, observation, match, policy)
        epoch = _swapped(epoch, after)
        events = [SidesSwitched(after, own_side or epoch.own_side)]
    return _named(replace(epoch, own_side=own_side or epoch.own_side), match), events


def are_sides_told(epoch: Epoch, observation: Observation) -> bool:
    """Whether a post shows which sides the teams play; while the score is even only the own side or names do."""
    match, own = observation.map, observation.own
    if own is not None and own.side is not None:
        return True
    return match is not None and (_by_score(epoch, match) is not None or _by_names(epoch, match) is not None)


def kept_switches(epoch: Epoch, match: MapState, own_side: Side | None) -> tuple[int, ...]:
    """The changes of sides that still hold when a match goes back to an earlier round.

    Going back to the very round after which the sides changed may be to before the change or to after it: the own side
    tells which, else it is taken to be after, where the next round begins.
    """
    kept = tuple(after for after in epoch.side_switches if after <= match.rounds_completed)
    expected = turned(epoch.own_side, len(epoch.side_switches) - len(kept))
    is_before = own_side is not None and expected is not None and own_side != expected
    return kept[:-1] if kept and kept[-1] == match.rounds_completed and is_before else kept


def turned(side: Side | None, times: int) -> Side | None:
    """The side after so many changes."""
    return other_side(side) if side is not None and times % 2 else side


def _swapped(epoch: Epoch, after: int) -> Epoch:
    return replace(
        epoch,
        own_side=turned(epoch.own_side, 1),
        score_t=epoch.score_ct,
        score_ct=epoch.score_t,
        team_t_name=epoch.team_ct_name,
        team_ct_name=epoch.team_t_name,
        side_switches=(*epoch.side_switches, after),
    )


def _named(epoch: Epoch, match: MapState) -> Epoch:
    """Teams are named whenever the server names them: after the knife round, or when both are complete."""
    return replace(
        epoch,
        team_t_name=match.team_t_name or epoch.team_t_name,
        team_ct_name=match.team_ct_name or epoch.team_ct_name,
    )


def _have_changed(epoch: Epoch, observation: Observation, match: MapState, policy: ModePolicy) -> bool:
    if match.rounds_completed == 0:
        return False  # teams that choose their sides before the first round have not changed them
    by_score = _by_score(epoch, match)
    if by_score is not None:
        return by_score
    by_names = _by_names(epoch, match)
    if by_names is not None:
        return by_names
    own_side = observation.own.side if observation.own is not None else None
    moved = own_side is not None and epoch.own_side is not None and own_side != epoch.own_side
    return moved and bool(_due(epoch, observation, match, policy))


def _by_score(epoch: Epoch, match: MapState) -> bool | None:
    """Whether the scores have changed places; None where they could have or not."""
    straight = match.score_t >= epoch.score_t and match.score_ct >= epoch.score_ct
    swapped = match.score_t >= epoch.score_ct and match.score_ct >= epoch.score_t
    return None if straight == swapped else swapped


def _by_names(epoch: Epoch, match: MapState) -> bool | None:
    """Whether the names have changed places; None where the teams have no names, one name, or others."""
    before, now = (epoch.team_t_name, epoch.team_ct_name), (match.team_t_name, match.team_ct_name)
    if None in before or before[0] == before[1] or set(before) != set(now):
        return None
    return before != now


def _window(epoch: Epoch, observation: Observation, match: MapState) -> tuple[int, int]:
    """The first and the last round after which the sides can have changed since the post before."""
    current = epoch.current
    seen = current.number if current is not None and current.is_side_sure else 0
    is_after_round = observation.round_phase == "over" and match.phase not in {INTERMISSION, "gameover"}
    is_played_since = is_after_round and match.rounds_completed > epoch.rounds_completed
    last = match.rounds_completed - 1 if is_played_since else match.rounds_completed
    return min(max(seen, epoch.rounds_completed), last), last


def _due(epoch: Epoch, observation: Observation, match: MapState, policy: ModePolicy) -> list[int]:
    """Rounds since the post before after which a half ends, the likeliest first: an intermission was seen, or usual."""
    first, last = _window(epoch, observation, match)
    seen = epoch.intermission_after
    intermission = [] if seen is None or _begins_overtime(epoch, seen, policy) else [seen]
    usual = MatchLength(policy.regulation_rounds).side_switches(last) if policy.regulation_rounds is not None else ()
    return [after for after in (*intermission, *usual) if first <= after <= last]


def _begins_overtime(epoch: Epoch, after: int, policy: ModePolicy) -> bool:
    """Whether regulation ends after a round: then there is an intermission, and the sides stay."""
    if epoch.side_switches:
        return after == 2 * epoch.side_switches[0]
    return after == policy.regulation_rounds


def _changed_after(epoch: Epoch, observation: Observation, match: MapState, policy: ModePolicy) -> int:
    due = _due(epoch, observation, match, policy)
    return due[0] if due else _window(epoch, observation, match)[0]
