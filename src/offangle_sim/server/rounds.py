"""The course of a match: warmup, rounds, halves, overtime, timeouts, restored backups, surrender."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from offangle.core.economy import REGULATION_HALVES
from offangle.core.sides import Side, Team, other_side
from offangle.core.weapons import GRENADE_ITEMS, weapon_class
from offangle_sim.server.core import ServerCore
from offangle_sim.server.events import (
    FreezeEnded,
    MatchEnded,
    MatchStarted,
    PhaseEnded,
    RoundDecided,
    RoundStarted,
    StarNamed,
)
from offangle_sim.server.setup import TICK_RATE
from offangle_sim.server.state import Player, RoundRecord, Totals

WINNERS: Final[Mapping[str, frozenset[Side]]] = {
    "bomb_exploded": frozenset({"t"}),
    "bomb_defused": frozenset({"ct"}),
    "elimination": frozenset({"t", "ct"}),
    "time_expired": frozenset({"ct"}),
    "surrender": frozenset({"t", "ct"}),
}
"""Who can win a round for which reason."""
_PRIMARY_CLASSES: Final = frozenset({"smg", "heavy", "rifle", "sniper"})


class Rounds(ServerCore):
    """What happens to the match as a whole."""

    def warmup_started(self) -> None:
        """Players run about; nothing counts."""
        self.course.is_warmup, self.course.has_started = True, False
        self.course.warmup_start_s = self.game_time_s

    def warmup_ended(self) -> None:
        """The match begins with its next round."""
        self.course.is_warmup, self.course.warmup_end_s = False, self.game_time_s

    def match_started(self) -> None:
        """The match goes live: announced, counters and scoreboard at zero."""
        self._set_counters(0, {"a": 0, "b": 0})
        for player in self.players.values():
            player.totals = Totals()
            player.revision += 1
        self.course.has_started, self.course.phase = True, "first_half"
        self.course.match_start_s = self.game_time_s
        self.tell(MatchStarted())

    def round_started(self, *, kind: str = "regular") -> None:
        """A round's freeze time begins. Counted rounds past regulation become `overtime` by themselves.

        Args:
            kind: `regular`, `knife` or `warmup`.
        """
        half = self._half() if kind == "regular" else 0
        if half > len(REGULATION_HALVES):
            kind = "overtime"
        previous = self.round
        if previous is not None and previous.officially_ended_tick is None:
            previous.officially_ended_tick = self.tick
            if previous.end_tick is None and previous.counts:
                previous.kind = "aborted"
        score, sides = dict(self.score), dict(self.side_of_team)
        record = RoundRecord(kind, self.tick, sides, score, self.course.counted, half)
        record.totals_before = {slot: replace(player.totals) for slot, player in self.players.items()}
        self.rounds.append(record)
        self._begin_course(half)
        for _, player in self._on_side():
            player.cash_spent_this_round = 0
            player.revision += 1
        self._buy_end_tick = None
        self.tell(RoundStarted(record))

    def freeze_ended(self) -> None:
        """Players may move."""
        current = self._current()
        current.freeze_end_tick = self.tick
        self.course.is_freeze = False
        self.tell(FreezeEnded(current))
        self._buy_end_tick = self.tick + int(self.setup.buy_time_s * TICK_RATE)

    def round_decided(self, winner: Side, reason: str) -> None:
        """The round is won; counters and scores go up in this very tick.

        Args:
            winner: The side that won.
            reason: One of `core.terms.END_REASONS`.

        Raises:
            KeyError: That side cannot win for that reason.
        """
        current, course = self._current(), self.course
        if winner not in WINNERS[reason]:
            raise KeyError(f"{winner} cannot win by {reason}")
        current.end_tick, current.winner, current.reason = self.tick, winner, reason
        team = next(team for team, side in current.sides.items() if side == winner)
        won = {**self.score, team: self.score[team] + 1} if current.counts else self.score
        self._set_counters(course.counted + 1, won)
        course.round_winner, course.round_reason = winner, reason
        course.rounds_ended += 1
        self.tell(RoundDecided(current))

    def round_mvp(self, slot: int) -> None:
        """The star of the round."""
        player = self.player(slot)
        player.totals.mvps += 1
        player.revision += 1
        self.tell(StarNamed(player))

    def round_ended_officially(self) -> None:
        """The moment after which late kills no longer belong to the round: the tick of the next round's start."""
        if (current := self.round) is not None:
            current.officially_ended_tick = self.tick

    def half_time(self) -> None:
        """The teams change sides, with their names and scores."""
        self.tell(PhaseEnded())
        self.course.phase, self.course.phase_rounds = "side_switch", 0
        self.sides_switched()

    def sides_switched(self) -> None:
        """Change sides without more ado, as after a knife round; everybody starts with empty hands."""
        self.side_of_team = {team: other_side(side) for team, side in self.side_of_team.items()}
        for player in self.players.values():
            if player.entry.team is not None and player.side is not None:
                self._set_side(player, self.side_of_team[player.entry.team])
                self.stripped(player.entry.slot)

    def overtime(self) -> None:
        """Overtime follows: the rules say which one."""
        self.course.overtime, self.course.phase = max(1, (self._half() - 1) // 2), "first_half"

    def timeout_started(self, side: Side | None = None) -> None:
        """A team's tactical pause, or a technical one without a side."""
        self.course.pauses |= {side}

    def timeout_ended(self) -> None:
        """Play goes on."""
        self.course.pauses = frozenset()

    def backup_restored(self, rounds_counted: int) -> None:
        """The match goes back to after so many counted rounds; scores, sides and scoreboard are as they were then.

        Args:
            rounds_counted: Counted rounds that stand.
        """
        stands, undone = self._standing(rounds_counted)
        for record in undone:
            record.kind = "aborted" if rounds_counted == 0 or record.end_tick is None else "restored"
            record.half = 0
        first = undone[0] if undone else None
        if first is None:
            self._set_counters(len(stands), self.score)
            return
        if first.sides != self.side_of_team:
            self.sides_switched()
        for slot, totals in first.totals_before.items():
            if self.player(slot).is_connected:
                self.player(slot).totals = replace(totals)
                self.player(slot).revision += 1
        self._set_counters(len(stands), first.score_before)

    def surrendered(self, side: Side) -> None:
        """A team gives up: the round goes to the other one, and the match ends."""
        self.round_decided(other_side(side), "surrender")

    def match_ended(self) -> None:
        """The final scoreboard."""
        self.course.phase = "match_ended"
        self.course.matches_ended += 1
        self.tell(MatchEnded())

    # --- inside

    def _begin_course(self, half: int) -> None:
        course = self.course
        course.is_freeze, course.round_winner, course.round_reason = True, None, ""
        course.is_bomb_planted = course.is_bomb_dropped = False
        course.round_start_s, course.round_start_number = self.game_time_s, course.counted
        course.rounds_started += 1
        course.overtime = max(0, (half - 1) // 2)

    def _standing(self, counted: int) -> tuple[list[RoundRecord], list[RoundRecord]]:
        live = [record for record in self.rounds if record.counts]
        return live[:counted], live[counted:]

    def _current(self) -> RoundRecord:
        if not self.rounds:
            raise RuntimeError("no round has started")
        return self.rounds[-1]

    def _half(self) -> int:
        number = sum(record.counts for record in self.rounds) + 1
        if number <= self.max_rounds:
            return 1 if number <= self.max_rounds // 2 else 2
        return 3 + (number - self.max_rounds - 1) // max(self.overtime_rounds // 2, 1)

    def _set_counters(self, counted: int, score: Mapping[Team, int]) -> None:
        self.course.counted = counted
        self.score = dict(score)

    def _set_side(self, player: Player, side: Side | None) -> None:
        player.side = side
        player.revision += 1

    # --- money and equipment, read at the moments that the tables name

    def _note_economy(self) -> None:
        """At the end of each tick: what the economy table needs of it."""
        current = self.round
        if current is None:
            return
        if current.start_tick == self.tick:
            for slot, player in self._on_side():
                current.economy[slot] = {"start_money": player.money}
                player.start_money = player.money
                player.revision += 1
        if current.freeze_end_tick == self.tick:
            for slot, player in self._on_side():
                current.roster[slot] = player.side or "t"
                current.economy.setdefault(slot, {"start_money": None}).update(_equipment(player))
        ends = self._buy_end_tick
        if ends is not None and self.tick in {ends, current.end_tick}:
            for slot, player in self._on_side():
                if slot in current.economy and player.is_alive:
                    current.economy[slot]["equipment_value_buy_end"] = player.equipment_value
            self._buy_end_tick = None


def _equipment(player: Player) -> dict[str, Any]:
    names = [item.kind.name for item in player.items]
    primary = [name for name in names if weapon_class(name) in _PRIMARY_CLASSES]
    pistols = [name for name in names if weapon_class(name) == "pistol"]
    return {
        "money_left": player.money,
        "equipment_value": player.equipment_value,
        "has_armor": player.armor > 0,
        "has_helmet": player.has_helmet,
        "has_defuse_kit": player.has_kit,
        "primary_weapon": primary[0] if primary else None,
        "secondary_weapon": pistols[0] if pistols else None,
        "grenades": [name for name in names if name in GRENADE_ITEMS],
    }
