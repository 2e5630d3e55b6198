"""Halves: how long a match is, where its halves begin, and which rounds are overtime, read from the match itself.

One rule for recordings, zips and live matches. A source says what it saw of the match (`RoundsSeen`) and what the
server states of its length (`StatedLength`, as far as it states any); `read_length` answers with the length that
explains it:

    seen = RoundsSeen(first=1, last=26, side_switches=(15,))
    length = read_length(seen)
    length.half_of(16), length.is_overtime(16)  # 2, False: fifteen rounds a half

Sources that hold rounds in a frame call `frames.halves.length_of` and `with_halves` instead.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

USUAL_MAX_ROUNDS: Final = 24
"""Rounds of regulation where nothing tells: MR12."""
USUAL_OVERTIME_ROUNDS: Final = 6
"""Rounds of one overtime where nothing tells: MR3."""
KNOWN_MAX_ROUNDS: Final = (24, 30, 16, 20)
"""Lengths that are played: MR12, MR15, wingman's MR8, MR10; the usual one first."""
PISTOL_MONEY_AT_MOST: Final = 1000
"""Dollars; 800 in competitive modes, 1000 in casual. Who has more at the beginning of a round plays no pistol round."""

SEEN_SWITCH_COST: Final = 16
"""A change of sides that was seen where the length has none: more than any word of the server's."""
MISSED_SWITCH_COST: Final = 10
"""No change of sides where the length has one."""
OVERTIME_COST: Final = 10
"""Overtime without a draw before it."""
STATED_COST: Final = 15
"""A length other than the server states: more than a change that was missed, less than one that was seen."""
MONEY_COST: Final = 2
"""A pistol round in which somebody could afford more, or everybody's start money in the middle of a half."""
UNPROVEN_COST: Final = 1
"""Overtime after a score that nobody knows, or sides that did not change though nobody states so."""
CLINCH_COST: Final = 1
"""Rounds played on after the match was won, as only friends do."""


@dataclass(frozen=True, slots=True)
class MatchLength:
    """How many rounds a match has, and where its halves begin.

    Attributes:
        max_rounds: Rounds of regulation. An odd number has the shorter half first, as casual matches do: 7 of 15.
        overtime_rounds: Rounds of one overtime.
        has_half_time: False where sides never change (`mp_halftime 0`): regulation is one half, and so is an overtime.
    """

    max_rounds: int = USUAL_MAX_ROUNDS
    overtime_rounds: int = USUAL_OVERTIME_ROUNDS
    has_half_time: bool = True

    def is_overtime(self, round_number: int) -> bool:
        """Whether a round is beyond regulation."""
        return round_number > self.max_rounds

    def half_of(self, round_number: int) -> int:
        """The half a round belongs to: 1 and 2, from 3 on in overtime; 0 for a round that is not counted."""
        if round_number < 1:
            return 0
        if round_number <= self.max_rounds:
            return 2 if self.has_half_time and round_number > self.max_rounds // 2 else 1
        return 3 + (round_number - self.max_rounds - 1) // self._overtime_half

    def plays_first_sides(self, round_number: int) -> bool:
        """Whether teams play the sides they began with: in halves 1, 4, 5, 8, …; overtime begins without a change."""
        return not self.has_half_time or self.half_of(round_number) % 4 in {0, 1}

    def side_switches(self, last: int) -> tuple[int, ...]:
        """The rounds, up to `last`, after which sides change."""
        return tuple(takewhile(lambda after: after <= last, self._switches())) if self.has_half_time else ()

    @property
    def _overtime_half(self) -> int:
        return max(self.overtime_rounds // 2 if self.has_half_time else self.overtime_rounds, 1)

    def _switches(self) -> Iterator[int]:
        yield self.max_rounds // 2
        after = self.max_rounds + self._overtime_half
        while True:
            yield after
            after += 2 * self._overtime_half


@dataclass(frozen=True, slots=True)
class StatedLength:
    """What the server states of its length; None where it states nothing."""

    max_rounds: int | None = None
    overtime_rounds: int | None = None
    has_half_time: bool | None = None


NOTHING_STATED: Final = StatedLength()


@dataclass(frozen=True, slots=True)
class RoundsSeen:
    """What was seen of a match.

    Attributes:
        first: The number of the first counted round seen; more than 1 where the match had begun before.
        last: The number of the last one.
        side_switches: Rounds after which the teams changed sides.
        scores: Rounds won by the two teams before a round, by its number, where known.
        start_money: The least and the most money that a player had at the beginning of a round, by its number, where
            known for everybody.
    """

    first: int
    last: int
    side_switches: tuple[int, ...] = ()
    scores: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    start_money: Mapping[int, tuple[int, int]] = field(default_factory=dict)


def read_length(
    seen: RoundsSeen, stated: StatedLength = NOTHING_STATED, *, usual_max_rounds: int = USUAL_MAX_ROUNDS
) -> MatchLength:
    """The length that contradicts least of what was seen and stated; of several the more usual one.

    Args:
        seen: What was seen. Changes of sides weigh most: whoever saw them needs no other evidence.
        stated: The server's own words.
        usual_max_rounds: Rounds of regulation in this mode where nothing else tells.
    """
    return min(_candidates(seen, stated, usual_max_rounds), key=lambda length: _contradictions(length, seen, stated))


def _candidates(seen: RoundsSeen, stated: StatedLength, usual_max_rounds: int) -> list[MatchLength]:
    """Lengths worth asking, the more usual ones first."""
    drawn = [number - 1 for number, (a, b) in sorted(seen.scores.items()) if a == b and number > 1]
    doubled = [2 * after for after in seen.side_switches if after > 0]
    whole = [seen.last + seen.last % 2]
    lengths = [stated.max_rounds, usual_max_rounds, *KNOWN_MAX_ROUNDS, *drawn, *doubled, *whole]
    regulations = dict.fromkeys(length for length in lengths if length)
    usual = dict.fromkeys([stated.overtime_rounds or USUAL_OVERTIME_ROUNDS, USUAL_OVERTIME_ROUNDS])
    pairs = [(regulation, overtime) for overtime in usual for regulation in regulations]
    pairs += [(regulation, 2 * (after - regulation)) for regulation in regulations for after in seen.side_switches]
    return [MatchLength(*pair, has_half_time) for has_half_time in (True, False) for pair in pairs if min(pair) > 0]


def _contradictions(length: MatchLength, seen: RoundsSeen, stated: StatedLength) -> int:
    claims = (
        (stated.max_rounds, length.max_rounds),
        (stated.overtime_rounds, length.overtime_rounds),
        (stated.has_half_time, length.has_half_time),
    )
    other = sum(said is not None and said != claimed for said, claimed in claims)
    return sum(
        (
            STATED_COST * other,
            _switches_cost(length, seen),
            _overtime_cost(length, seen),
            _no_half_time_cost(length, seen, stated),
            MONEY_COST * _wrong_money(length, seen),
            CLINCH_COST * _is_won_before(length, seen),
        )
    )


def _switches_cost(length: MatchLength, seen: RoundsSeen) -> int:
    found = {after for after in seen.side_switches if after >= max(seen.first, 1)}
    claimed = {after for after in length.side_switches(seen.last) if after >= seen.first}
    missed = claimed - found - {seen.last}  # nobody played on to show a change after the last round
    return SEEN_SWITCH_COST * len(found - claimed) + MISSED_SWITCH_COST * len(missed)


def _wrong_money(length: MatchLength, seen: RoundsSeen) -> int:
    """Pistol rounds that were none, and rounds with everybody's start money that would be no pistol round."""
    openings = {1, length.max_rounds // 2 + 1} if length.has_half_time else {1}
    is_pistol = {
        number: least == most <= PISTOL_MONEY_AT_MOST
        for number, (least, most) in seen.start_money.items()
        if number > 0
    }
    return sum(found != (number in openings) for number, found in is_pistol.items())


def _overtime_cost(length: MatchLength, seen: RoundsSeen) -> int:
    if seen.last <= length.max_rounds:
        return 0
    score = seen.scores.get(length.max_rounds + 1)
    if score is None:
        return UNPROVEN_COST
    return 0 if score[0] == score[1] else OVERTIME_COST


def _no_half_time_cost(length: MatchLength, seen: RoundsSeen, stated: StatedLength) -> int:
    """Only who was there when sides should have changed can say that they did not."""
    if length.has_half_time or stated.has_half_time is False:
        return 0
    was_there = seen.first <= length.max_rounds // 2 < seen.last
    return UNPROVEN_COST if was_there else STATED_COST


def _is_won_before(length: MatchLength, seen: RoundsSeen) -> bool:
    most = [max(score) for number, score in seen.scores.items() if number <= length.max_rounds]
    return max(most, default=0) > length.max_rounds / 2
