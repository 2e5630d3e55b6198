"""The course of a match: warmup, rounds, halves, overtime, timeouts, restored backups, surrender."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from offangle.core.economy import REGULATION_HALVES
from offangle.core.sides import Side, Team, other_side
from offangle.core.weapons import GRENADE_ITEMS, weapon_class
from offangle_sim.demo.recorder_core import SIDE_NUMBERS, Player, RecorderCore

REASON_CODES: Final[Mapping[tuple[str, Side], int]] = {
    ("bomb_exploded", "t"): 1,
    ("bomb_defused", "ct"): 7,
    ("elimination", "ct"): 8,
    ("elimination", "t"): 9,
    ("time_expired", "ct"): 12,
    ("surrender", "ct"): 17,
    ("surrender", "t"): 18,
}
"""The game's number for why a round ended: reason and winner (a surrender is of the other side)."""

FIRST_HALF_PHASE, SIDE_SWITCH_PHASE, HALF_ENDED_PHASE, MATCH_ENDED_PHASE = 2, 3, 4, 5
DEFAULT_MAX_ROUNDS: Final = 24
DEFAULT_OVERTIME_ROUNDS: Final = 6
DEFAULT_BUY_TIME_S: Final = 20.0
_PRIMARY_CLASSES: Final = frozenset({"smg", "heavy", "rifle", "sniper"})


_TOTALS: Final = (
    *("m_iMVPs", "m_iScore"),
    *(
        f"m_pActionTrackingServices.m_matchStats.{name}"
        for name in ("m_iKills", "m_iDeaths", "m_iAssists", "m_iHeadShotKills", "m_iDamage", "m_iUtilityDamage")
    ),
    "m_pActionTrackingServices.m_matchStats.m_iEnemiesFlashed",
)
"""A player's fields that add up over a match."""


@dataclass(slots=True)
class RoundRecord:
    """One round as it went.

    Attributes:
        kind: One of `core.terms.ROUND_KINDS`; a counted one may become `restored` later.
        start_tick: Begin of freeze time.
        sides: Each team's side.
        score_before: Each team's score.
        counter: Rounds that the game had counted before.
        roster: Side of each player at freeze end, by slot.
        totals_before: Each player's scoreboard when the round began, by slot.
    """

    kind: str
    start_tick: int
    sides: dict[Team, Side]
    score_before: dict[Team, int]
    counter: int
    half: int
    freeze_end_tick: int | None = None
    end_tick: int | None = None
    officially_ended_tick: int | None = None
    winner: Side | None = None
    reason: str = "unknown"
    roster: dict[int, Side] = field(default_factory=dict)
    economy: dict[int, dict[str, Any]] = field(default_factory=dict)
    totals_before: dict[int, dict[str, int]] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether statistics rest on this round."""
        return self.kind in {"regular", "overtime"}


class RoundScenes(RecorderCore):
    """What happens to the match as a whole."""

    rounds: list[RoundRecord]
    score: dict[Team, int]
    side_of_team: dict[Team, Side]
    max_rounds: int
    overtime_rounds: int
    buy_time_s: float
    _rounds_counted: int
    _buy_end_tick: int | None

    @property
    def round(self) -> RoundRecord | None:
        """The round being played or just decided; None before the first."""
        return self.rounds[-1] if self.rounds else None

    def warmup_started(self) -> None:
        """Players run about; nothing counts."""
        self.set_rules(m_bWarmupPeriod=True, m_fWarmupPeriodStart=self.writer.game_time_s, m_bHasMatchStarted=False)

    def warmup_ended(self) -> None:
        """The match begins with its next round."""
        self.set_rules(m_bWarmupPeriod=False, m_fWarmupPeriodEnd=self.writer.game_time_s)

    def match_started(self) -> None:
        """The match goes live: announced, counters at zero."""
        self._set_counters(0, {"a": 0, "b": 0})
        self.set_rules(m_bHasMatchStarted=True, m_gamePhase=FIRST_HALF_PHASE, m_fMatchStartTime=self.writer.game_time_s)
        self.writer.event("begin_new_match")
        self.writer.event("round_announce_match_start")

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
        record = RoundRecord(kind, self.tick, sides, score, self._rounds_counted, half)
        record.totals_before = {slot: _totals(player) for slot, player in self.players.items()}
        self.rounds.append(record)
        self.writer.event("round_prestart")
        self.writer.event("round_poststart")
        self.set_rules(
            m_bFreezePeriod=True,
            m_iRoundWinStatus=0,
            m_eRoundWinReason=0,
            m_iRoundEndWinnerTeam=0,
            m_eRoundEndReason=0,
            m_bBombPlanted=False,
            m_bBombDropped=False,
            m_fRoundStartTime=self.writer.game_time_s,
            m_iRoundStartRoundNumber=self._rounds_counted,
            m_nRoundStartCount=self._count("m_nRoundStartCount"),
            m_nOvertimePlaying=max(0, (half - 1) // 2),
        )
        for _, player in self._on_side():
            player.controller.set("m_pInGameMoneyServices.m_iCashSpentThisRound", 0)
        self._buy_end_tick = None

    def freeze_ended(self) -> None:
        """Players may move."""
        current = self._current()
        current.freeze_end_tick = self.tick
        self.set_rules(m_bFreezePeriod=False)
        self.writer.event("round_freeze_end")
        self._buy_end_tick = self.tick + int(self.buy_time_s * self.writer.header.tick_rate)

    def round_decided(self, winner: Side, reason: str) -> None:
        """The round is won; counters and scores go up in this very tick.

        Args:
            winner: The side that won.
            reason: One of `core.terms.END_REASONS`.

        Raises:
            KeyError: That side cannot win for that reason.
        """
        current = self._current()
        code = REASON_CODES[reason, winner]
        current.end_tick, current.winner, current.reason = self.tick, winner, reason
        team = next(team for team, side in current.sides.items() if side == winner)
        if current.counts:
            self._set_counters(self._rounds_counted + 1, {**self.score, team: self.score[team] + 1})
        else:
            self._set_counters(self._rounds_counted + 1, self.score)
        self.set_rules(
            m_iRoundWinStatus=SIDE_NUMBERS[winner],
            m_eRoundWinReason=code,
            m_iRoundEndWinnerTeam=SIDE_NUMBERS[winner],
            m_eRoundEndReason=code,
            m_nRoundEndCount=self._count("m_nRoundEndCount"),
        )

    def round_mvp(self, slot: int) -> None:
        """The star of the round."""
        player = self.player(slot)
        player.controller.add("m_iMVPs", 1)
        self.writer.event("round_mvp", {"userid": slot, "reason": 1})

    def round_ended_officially(self) -> None:
        """The moment after which late kills no longer belong to the round: the tick of the next round's start."""
        if (current := self.round) is not None:
            current.officially_ended_tick = self.tick

    def half_time(self) -> None:
        """The teams change sides, with their names and scores."""
        self.writer.event("announce_phase_end")
        self.set_rules(m_gamePhase=SIDE_SWITCH_PHASE, m_nRoundsPlayedThisPhase=0)
        self.sides_switched()

    def sides_switched(self) -> None:
        """Change sides without more ado, as after a knife round; everybody starts with empty hands."""
        self.side_of_team = {team: other_side(side) for team, side in self.side_of_team.items()}
        for player in self.players.values():
            if player.entry.team is not None and player.side is not None:
                self._set_side(player, self.side_of_team[player.entry.team])
                self.stripped(player.entry.slot)
        self._show_teams()

    def overtime(self) -> None:
        """Overtime follows: the rules say which one."""
        self.set_rules(m_nOvertimePlaying=max(1, (self._half() - 1) // 2), m_gamePhase=FIRST_HALF_PHASE)

    def timeout_started(self, side: Side | None = None) -> None:
        """A team's tactical pause, or a technical one without a side."""
        flag = {"t": "m_bTerroristTimeOutActive", "ct": "m_bCTTimeOutActive", None: "m_bTechnicalTimeOut"}[side]
        self.set_rules(**{flag: True, "m_bMatchWaitingForResume": True})

    def timeout_ended(self) -> None:
        """Play goes on."""
        flags = ("m_bTerroristTimeOutActive", "m_bCTTimeOutActive", "m_bTechnicalTimeOut", "m_bMatchWaitingForResume")
        self.set_rules(**dict.fromkeys(flags, False))

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
                self.player(slot).controller.update(totals)
        self._set_counters(len(stands), first.score_before)

    def surrendered(self, side: Side) -> None:
        """A team gives up: the round goes to the other one, and the match ends."""
        self.round_decided(other_side(side), "surrender")

    def match_ended(self) -> None:
        """The final scoreboard."""
        self.set_rules(m_gamePhase=MATCH_ENDED_PHASE, m_nMatchEndCount=self._count("m_nMatchEndCount"))
        self.writer.end_of_match(
            [(p.entry.slot, p.entry.steam_id, p.entry.name, SIDE_NUMBERS[p.side]) for p in self.players.values()]
        )

    def stripped(self, slot: int) -> None:
        """Everything is taken from a player."""
        raise NotImplementedError

    # --- inside

    def _standing(self, counted: int) -> tuple[list[RoundRecord], list[RoundRecord]]:
        live = [record for record in self.rounds if record.counts]
        return live[:counted], live[counted:]

    def _current(self) -> RoundRecord:
        if not self.rounds:
            raise RuntimeError("no round has started")
        return self.rounds[-1]

    def _count(self, name: str) -> int:
        return (int(self.rules.get(f"m_pGameRules.{name}") or 0) + 1) & 0xFF

    def _half(self) -> int:
        number = sum(record.counts for record in self.rounds) + 1
        if number <= self.max_rounds:
            return 1 if number <= self.max_rounds // 2 else 2
        return 3 + (number - self.max_rounds - 1) // max(self.overtime_rounds // 2, 1)

    def _set_counters(self, counted: int, score: Mapping[Team, int]) -> None:
        self._rounds_counted = counted
        self.score = dict(score)
        self.set_rules(m_totalRoundsPlayed=counted)
        self._show_teams()

    def _show_teams(self) -> None:
        for team, side in self.side_of_team.items():
            fields = {"m_iScore": self.score[team], "m_szClanTeamname": self.team_names[team]}
            self.teams[side].update(fields)

    team_names: dict[Team, str]

    def _set_side(self, player: Player, side: Side | None) -> None:
        player.side = side
        player.controller.set("m_iTeamNum", SIDE_NUMBERS[side])
        player.pawn.set("m_iTeamNum", SIDE_NUMBERS[side])

    # --- money and equipment, read at the moments that the tables name

    def _note_economy(self) -> None:
        """At the end of each tick: what the economy table needs of it."""
        current = self.round
        if current is None:
            return
        if current.start_tick == self.tick:
            for slot, player in self._on_side():
                current.economy[slot] = {"start_money": player.money}
                player.controller.set("m_pInGameMoneyServices.m_iStartAccount", player.money)
        if current.freeze_end_tick == self.tick:
            for slot, player in self._on_side():
                current.roster[slot] = player.side or "t"
                current.economy.setdefault(slot, {"start_money": None}).update(self._equipment(player))
        ends = self._buy_end_tick
        if ends is not None and self.tick in {ends, current.end_tick}:
            for slot, player in self._on_side():
                if slot in current.economy and player.is_alive:
                    current.economy[slot]["equipment_value_buy_end"] = self.equipment_value(player)
            self._buy_end_tick = None

    def _on_side(self) -> list[tuple[int, Player]]:
        return [
            (slot, player) for slot, player in self.players.items() if player.side is not None and player.is_connected
        ]

    def _equipment(self, player: Player) -> dict[str, Any]:
        names = [item.kind.name for item in player.items]
        primary = [name for name in names if weapon_class(name) in _PRIMARY_CLASSES]
        pistols = [name for name in names if weapon_class(name) == "pistol"]
        return {
            "money_left": player.money,
            "equipment_value": self.equipment_value(player),
            "has_armor": player.armor > 0,
            "has_helmet": player.has_helmet,
            "has_defuse_kit": player.has_kit,
            "primary_weapon": primary[0] if primary else None,
            "secondary_weapon": pistols[0] if pistols else None,
            "grenades": [name for name in names if name in GRENADE_ITEMS],
        }


def _totals(player: Player) -> dict[str, int]:
    return {name: int(player.controller.get(name) or 0) for name in _TOTALS}
