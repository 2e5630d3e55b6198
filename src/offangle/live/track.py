"""Tracks: what is final of one observer's view of one match, the form in which it is stored and compared.

A track is a function of the state alone and changes only at the boundaries of rounds, so that however posts are
gathered on the way, the rows made of it are the same.
"""

from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from offangle.core.sides import Side, Team, other_side
from offangle.live.policies import policy_of
from offangle.live.state import Epoch, Kill, LiveRound, OwnTotals, Session

TrackState = Literal["live", "left", "finished", "aborted"]
OVERTIME_HALF_ROUNDS: Final = 3
REGULATION_HALVES: Final = 2


class Track(msgspec.Struct, frozen=True):
    """One epoch as one observer saw it, decided rounds only.

    Attributes:
        begin_ns: When the first round seen began.
        end_ns: When the last decided round ended; as `begin_ns` before that.
        opened_number: The round under way; None between matches.
        opened_ns: When it was first seen.
        totals: The scoreboard's line once the match is over or left; empty while it goes on.
    """

    steam_id: int
    session_sequence: int
    epoch_index: int
    map_name: str
    mode: str
    state: TrackState
    begin_ns: int
    end_ns: int
    rounds: tuple[LiveRound, ...] = ()
    kills: tuple[Kill, ...] = ()
    opened_number: int | None = None
    opened_ns: int | None = None
    own_side: Side | None = None
    score_t: int = 0
    score_ct: int = 0
    rounds_completed: int = 0
    side_switches: tuple[int, ...] = ()
    totals: OwnTotals = OwnTotals()
    team_t_name: str | None = None
    team_ct_name: str | None = None
    own_name: str | None = None

    @property
    def regulation_rounds(self) -> int | None:
        """Rounds of the two regular halves: by the mode, else read from the first change of sides."""
        known = policy_of(self.mode).regulation_rounds
        if known is None and self.side_switches and self.rounds and self.rounds[0].number == 1:
            return REGULATION_HALVES * self.side_switches[0]
        return known

    def is_overtime(self, number: int) -> bool:
        """Whether a round is beyond regulation."""
        return self.regulation_rounds is not None and number > self.regulation_rounds

    def half_of(self, number: int) -> int:
        """The half a round belongs to: 1 and 2, from 3 on in overtime."""
        regulation = self.regulation_rounds
        if regulation is None:
            return 1 + sum(after < number for after in self.side_switches)
        if number > regulation:
            return REGULATION_HALVES + 1 + (number - regulation - 1) // OVERTIME_HALF_ROUNDS
        # An odd number of rounds has the shorter half first, as casual matches do: 7 of 15.
        return 1 if number <= regulation // REGULATION_HALVES else REGULATION_HALVES

    def team_a_side(self, number: int) -> Side:
        """The side of team `a`, the one that starts as CT, in a round.

        What was seen to change decides; how it stood before this observer came follows from the half.
        """
        first = self.rounds[0].number if self.rounds else self.opened_number or 1
        side: Side = "ct" if _is_first_side(self.half_of(first)) else "t"
        switched = sum(first <= after < number for after in self.side_switches)
        return other_side(side) if switched % 2 else side

    def team_of(self, number: int, side: Side) -> Team:
        """Which team plays `side` in a round."""
        return "a" if side == self.team_a_side(number) else "b"

    @property
    def score(self) -> dict[Team, int]:
        """Rounds won by each team."""
        is_a_ct = self.team_a_side(self.rounds_completed + 1) == "ct"
        a, b = (self.score_ct, self.score_t) if is_a_ct else (self.score_t, self.score_ct)
        return {"a": a, "b": b}

    def kills_in(self, number: int) -> list[Kill]:
        """The observer's kills in a round."""
        return [kill for kill in self.kills if kill.round_number == number]


def _is_first_side(half: int) -> bool:
    """Whether teams play the sides they began with: in halves 1, 4, 5, 8, 9, …; overtime goes on without a change."""
    return half % 4 in {0, 1}


def tracks_of(session: Session, *, is_closed: bool) -> list[Track]:
    """The tracks of a session, one per epoch worth keeping, in order.

    An epoch in which no round was decided is worth keeping only while it goes on.
    """
    found = []
    for index, epoch in enumerate(session.epochs):
        is_open = epoch is session.epoch and not is_closed
        decided = _decided(epoch)
        if decided or (is_open and epoch.current is not None):
            found.append(_track(session, epoch, index, decided, is_open=is_open))
    return found


def _decided(epoch: Epoch) -> tuple[LiveRound, ...]:
    current = epoch.current
    return (*epoch.rounds, current) if current is not None and current.is_decided else epoch.rounds


def _track(session: Session, epoch: Epoch, index: int, decided: tuple[LiveRound, ...], *, is_open: bool) -> Track:
    current = epoch.current if epoch.current is not None and not epoch.current.is_decided else None
    state = _state(session, epoch, is_open=is_open)
    numbers = {round_.number for round_ in decided}
    times = [
        ns for round_ in (*decided, current) if round_ is not None for ns in (round_.begin_ns, round_.end_ns) if ns
    ]
    ends = [round_.end_ns for round_ in decided if round_.end_ns]
    begin_ns = min(times, default=session.first_ns)
    return Track(
        steam_id=session.steam_id,
        session_sequence=session.first_sequence,
        epoch_index=index,
        map_name=session.map_name,
        mode=session.mode,
        state=state,
        begin_ns=begin_ns,
        end_ns=max([begin_ns, *ends]),
        rounds=tuple(replace(round_, own_side=round_.own_side or epoch.own_side) for round_ in decided),
        kills=tuple(kill for kill in epoch.kills if kill.round_number in numbers),
        opened_number=current.number if current is not None and is_open else None,
        opened_ns=current.begin_ns if current is not None and is_open else None,
        own_side=epoch.own_side,
        score_t=epoch.score_t,
        score_ct=epoch.score_ct,
        rounds_completed=epoch.rounds_completed,
        side_switches=epoch.side_switches,
        totals=epoch.totals if state != "live" else OwnTotals(),
        team_t_name=session.team_t_name,
        team_ct_name=session.team_ct_name,
        own_name=session.own_name,
    )


def _state(session: Session, epoch: Epoch, *, is_open: bool) -> TrackState:
    if epoch.is_aborted:
        return "aborted"
    if session.is_finished and epoch is session.epoch:
        return "finished"
    return "live" if is_open and not session.is_left else "left"
