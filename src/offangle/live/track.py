"""Tracks: what is final of one observer's view of one match, the form in which it is stored and compared.

A track is a function of the state alone and changes only at the boundaries of rounds, so that however posts are
gathered on the way, the rows made of it are the same.
"""

from typing import Literal

import msgspec
from msgspec.structs import replace

from offangle.core.halves import USUAL_MAX_ROUNDS, MatchLength, RoundsSeen, read_length
from offangle.core.sides import Side, Team, other_side
from offangle.live.policies import policy_of
from offangle.live.rounds import decided_rounds
from offangle.live.state import Epoch, Kill, LiveRound, OwnTotals, Session

TrackState = Literal["live", "left", "finished", "aborted"]


class Track(msgspec.Struct, frozen=True):
    """One epoch as one observer saw it, decided rounds only.

    Attributes:
        begin_ns: When the first round seen began.
        end_ns: When the last decided round ended; as `begin_ns` before that.
        opened_number: The round under way; None between matches.
        opened_ns: When it was first seen.
        length: As `match_length` tells it, kept because everything about sides asks for it; None in older documents.
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
    length: MatchLength | None = None

    @property
    def first_number(self) -> int:
        """The first round seen."""
        return self.rounds[0].number if self.rounds else self.opened_number or 1

    @property
    def match_length(self) -> MatchLength:
        """How long the match is and where its halves begin, as far as this observer can tell."""
        return self.length if self.length is not None else self._read_length()

    def _read_length(self) -> MatchLength:
        last = max(self.rounds_completed, self.opened_number or 0, self.first_number)
        seen = RoundsSeen(self.first_number, last, self._net_switches, self._scores())
        return read_length(seen, usual_max_rounds=policy_of(self.mode).regulation_rounds or USUAL_MAX_ROUNDS)

    @property
    def _net_switches(self) -> tuple[int, ...]:
        """Changes of sides without those taken back before a round was played."""
        found = self.side_switches
        return tuple(sorted(after for after in set(found) if found.count(after) % 2))

    def _scores(self) -> dict[int, tuple[int, int]]:
        """The score of the two teams before each round, from the last one back to one whose winner is not known."""
        score = (self.score_t, self.score_ct)
        found = {self.rounds_completed + 1: score}
        is_turned = False
        for round_ in reversed(self.rounds):
            is_turned ^= round_.number in self._net_switches
            if round_.winner is None or round_.number + 1 not in found:
                break
            won_first = (round_.winner == "t") != is_turned
            score = (score[0] - won_first, score[1] - (not won_first))
            found[round_.number] = score
        return found

    def is_overtime(self, number: int) -> bool:
        """Whether a round is beyond regulation."""
        return self.match_length.is_overtime(number)

    def half_of(self, number: int) -> int:
        """The half a round belongs to: 1 and 2, from 3 on in overtime."""
        return self.match_length.half_of(number)

    def team_a_side(self, number: int) -> Side:
        """The side of team `a`, the one that starts as CT, in a round.

        What was seen to change decides; how it stood before this observer came follows from the half.
        """
        first = self.first_number
        side: Side = "ct" if self.match_length.plays_first_sides(first) else "t"
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

    def name_of(self, team: Team) -> str | None:
        """What the server calls a team; names stand beside the sides that the teams play now."""
        is_t = self.team_of(self.rounds_completed + 1, "t") == team
        return self.team_t_name if is_t else self.team_ct_name

    def kills_in(self, number: int) -> list[Kill]:
        """The observer's kills in a round."""
        return [kill for kill in self.kills if kill.round_number == number]


def tracks_of(session: Session, *, is_closed: bool) -> list[Track]:
    """The tracks of a session, one per epoch worth keeping, in order.

    An epoch in which no round was decided is worth keeping only while it goes on.
    """
    return [
        track_of(session, index, is_closed=is_closed)
        for index, epoch in enumerate(session.epochs)
        if decided_rounds(epoch) or (epoch is session.epoch and not is_closed and epoch.current is not None)
    ]


def track_of(session: Session, index: int, *, is_closed: bool) -> Track:
    """The track of one epoch of a session, by its place."""
    epoch = session.epochs[index]
    is_open, decided = epoch is session.epoch and not is_closed, decided_rounds(epoch)
    current = epoch.current if epoch.current is not None and not epoch.current.is_decided else None
    state = _state(session, epoch, is_open=is_open)
    numbers = {round_.number for round_ in decided}
    times = [
        ns for round_ in (*decided, current) if round_ is not None for ns in (round_.begin_ns, round_.end_ns) if ns
    ]
    ends = [round_.end_ns for round_ in decided if round_.end_ns]
    begin_ns = min(times, default=session.first_ns)
    track = Track(
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
        team_t_name=epoch.team_t_name,
        team_ct_name=epoch.team_ct_name,
        own_name=session.own_name,
    )
    return replace(track, length=track.match_length)


def _state(session: Session, epoch: Epoch, *, is_open: bool) -> TrackState:
    if epoch.is_aborted:
        return "aborted"
    if session.is_finished and epoch is session.epoch:
        return "finished"
    return "live" if is_open and not session.is_left else "left"
