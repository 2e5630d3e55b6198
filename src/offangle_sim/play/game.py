"""A whole match: warmup, knife round, halves, overtime, pauses, restored rounds, and its end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from offangle_sim.order import MatchOrder
from offangle_sim.play.incidents import Incidents
from offangle_sim.play.live import Live
from offangle_sim.play.rounds import Rounds
from offangle_sim.play.rules import OVERTIME_MONEY, START_MONEY, LossCount, ticks
from offangle_sim.play.stage import Stage
from offangle_sim.server.server import Server
from offangle_sim.server.setup import TICK_RATE

if TYPE_CHECKING:
    from offangle.core.sides import Side, Team

WARMUP_S: Final = 12.0
TIMEOUT_S: Final = 30.0
CREDITS_S: Final = 6.0
RESTORE_S: Final = 2.0
"""A server pauses after it has loaded a backup."""
ROUNDS_UNDONE: Final = 2
"""How many rounds a restored backup takes back."""
EVEN_CHANCE: Final = 0.5
LONGEST_EXTRA_S: Final = 60.0
"""A round lasts no longer than its clock and a planted bomb."""
LONGEST_OVERTIMES: Final = 4
"""After so many overtimes a match ends in a draw: nobody waits for ever."""

Progress = Callable[[int, int], None]


class Watcher(Protocol):
    """Somebody who looks at the match after every tick."""

    def after_tick(self) -> None:
        """A tick was recorded."""

    def close(self) -> None:
        """The match is over."""


@dataclass(slots=True)
class Script:
    """What out of the ordinary happens when; rounds are counted from 0.

    Attributes:
        timeout_before: A pause in this round's freeze time.
        restore_before: Before this round the match goes back two rounds.
        restart_before: Before this round the match starts again.
        leave_in: In this round somebody leaves, and is back in the next but one.
        takeover_in: From this round on a dead player takes over a bot, once.
        surrender_in: In this round the team that is behind gives up.
        team_kill_in: In this round somebody shoots a team-mate.
    """

    timeout_before: int | None = None
    restore_before: int | None = None
    restart_before: int | None = None
    leave_in: int | None = None
    takeover_in: int | None = None
    surrender_in: int | None = None
    team_kill_in: int | None = None


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a player has between two rounds."""

    money: int
    items: tuple[str, ...]
    armor: int
    has_helmet: bool
    has_kit: bool


@dataclass(frozen=True, slots=True)
class Backup:
    """A match before a round, as the server saves it: losses in a row, and holdings by slot."""

    losses: LossCount
    holdings: dict[int, Holdings]


@dataclass(slots=True)
class Game:
    """Plays one match on a stage."""

    stage: Stage
    live: Live
    rounds: Rounds
    order: MatchOrder
    script: Script
    watchers: list[Watcher] = field(default_factory=list)
    progress: Progress | None = None
    played: int = 0
    is_over: bool = False
    has_begun: bool = False
    incidents: Incidents = field(init=False)
    backups: dict[int, Backup] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.incidents = Incidents(self)

    # --- ticks

    def begin_tick(self) -> Server:
        """The server inside a tick that `end_tick` will end."""
        server = self.stage.server
        if not self.has_begun:
            self.stage.tick = server.begin_tick()
            self.has_begun = True
        return server

    def end_tick(self) -> None:
        """The tick is recorded; the network and the watchers see it."""
        stage = self.stage
        stage.server.end_tick()
        self.has_begun = False
        stage.wire.end_tick(stage.agents, stage.tick)
        for watcher in self.watchers:
            watcher.after_tick()

    def idle(self, seconds: float) -> None:
        """Time passes, nobody moves."""
        for _ in range(ticks(seconds)):
            self.begin_tick()
            self.live.still_tick()
            self.end_tick()

    def roam(self, seconds: float) -> None:
        """Time passes in which people play on."""
        is_last = self.is_over or self.is_decided()
        for _ in range(ticks(seconds)):
            self.begin_tick()
            self.live.tick()
            self.incidents.after_decided_tick(is_last=is_last)
            self.end_tick()

    # --- the match

    def play(self) -> None:
        """From the first player who joins to the scoreboard."""
        self.join()
        incidents = self.order.incidents
        if "warmup" in incidents:
            self._warmup()
        else:
            self.rounds.spawn_all()
            self.idle(0.5)
        if "knife" in incidents:
            self._knife_round()
        self.begin_tick().match_started()
        self._set_money(START_MONEY)
        while not self.is_over:
            self._between_rounds()
            if not self.is_over:
                self._play_round()
        self.begin_tick().match_ended()
        self.idle(CREDITS_S)

    def join(self) -> None:
        """Everybody connects."""
        server = self.begin_tick()
        for slot, player in server.players.items():
            server.player_joined(slot)
            if player.entry.team is None:
                server.coach(slot, "ct")
        self._set_money(START_MONEY)

    def _set_money(self, money: int) -> None:
        for agent in self.stage.agents.values():
            if agent.player.is_connected:
                self.stage.server.set_player_state(agent.slot, money=money)
            else:
                agent.player.money = money

    def _strip_all(self) -> None:
        for agent in self.stage.agents.values():
            if agent.player.is_connected:
                self.stage.server.stripped(agent.slot)

    def _warmup(self) -> None:
        """People shoot each other for practice; the dead stay dead until it is over."""
        server = self.begin_tick()
        server.warmup_started()
        self.rounds.spawn_all()
        for side in self.live.teams:
            self.live.teams[side].begin_round("force")
        self.stage.freeze_end_tick, self.stage.is_peaceful = self.stage.tick, False
        self.live.bombing.begin_round(None)
        self.roam(WARMUP_S)
        self.stage.is_peaceful = True
        server = self.begin_tick()
        self.live.grenades.clear()
        server.warmup_ended()
        self._strip_all()

    def _knife_round(self) -> None:
        """Who wins it chooses the side."""
        self._one_round(kind="knife", pays=False)
        winner = self.stage.server.rounds[-1].winner
        server = self.begin_tick()
        wants_to_attack = self.stage.rng.random() < EVEN_CHANCE
        if (winner == "t") == bool(wants_to_attack):
            self._strip_all()
        else:
            server.sides_switched()

    def _between_rounds(self) -> None:
        """Halves, overtime, and what was ordered."""
        server, rules = self.begin_tick(), self.stage.rules
        counted = sum(record.counts for record in server.rounds)
        script = self.script
        self.incidents.between_rounds()
        if script.restart_before == self.played:
            script.restart_before = None
            server.backup_restored(0)
            self._new_half(START_MONEY)
        elif script.restore_before == self.played and counted >= ROUNDS_UNDONE:
            script.restore_before = None
            self._restore(counted - ROUNDS_UNDONE)
        elif counted and self._is_new_half(counted):
            self._change_half(counted)
        self.stage.passive = self._handicap(rules.max_rounds)

    def _is_new_half(self, counted: int) -> bool:
        last = self.stage.server.rounds[-1]
        if not last.counts:
            return False
        rules = self.stage.rules
        if counted < rules.max_rounds:
            return counted == rules.max_rounds // 2
        return (counted - rules.max_rounds) % (rules.overtime_rounds // 2) == 0

    def _change_half(self, counted: int) -> None:
        server, rules = self.stage.server, self.stage.rules
        past = counted - rules.max_rounds
        if past < 0:
            server.half_time()
            self._new_half(START_MONEY)
        elif past % rules.overtime_rounds == 0:
            server.overtime()
            self._new_half(OVERTIME_MONEY)
        else:
            server.half_time()
            self._new_half(OVERTIME_MONEY)
        self.idle(rules.half_time_s)

    def _new_half(self, money: int) -> None:
        self.rounds.losses.switch()
        self._strip_all()
        self._set_money(money)

    def _restore(self, counted: int) -> None:
        """A backup is loaded: money, gear and losses are what they were before that round."""
        server, backup = self.stage.server, self.backups[counted]
        server.backup_restored(counted)
        self._strip_all()
        self.rounds.losses = replace(backup.losses)
        kept = {slot: held for slot, held in backup.holdings.items() if server.player(slot).is_connected}
        for slot, held in kept.items():
            server.set_player_state(slot, money=held.money)
        self.idle(RESTORE_S)
        self.begin_tick()
        for slot, held in kept.items():
            for name in held.items:
                server.given(slot, name)
            server.set_player_state(slot, armor=held.armor, has_helmet=held.has_helmet, has_kit=held.has_kit)

    def _back_up(self, counted: int) -> None:
        """Keep what everybody has before a round."""
        self.backups[counted] = Backup(
            replace(self.rounds.losses),
            {
                slot: Holdings(
                    player.money,
                    tuple(item.kind.name for item in player.items if item.kind.name != "c4") if player.is_alive else (),
                    player.armor,
                    player.has_helmet,
                    player.has_kit,
                )
                for slot, player in self.stage.server.players.items()
                if player.side is not None
            },
        )

    def _handicap(self, max_rounds: int) -> set[int]:
        """Ordered overtime needs a draw: a team that could win before it holds its fire."""
        if "overtime" not in self.order.incidents:
            return set()
        score = self.stage.server.score
        half = max_rounds // 2
        leading: list[Team] = [team for team in ("a", "b") if score[team] >= half]
        if len(leading) != 1 or sum(score.values()) >= max_rounds:
            return set()
        server = self.stage.server
        return {slot for slot, player in server.players.items() if player.entry.team == leading[0]}

    # --- rounds

    def _play_round(self) -> None:
        rules, server = self.stage.rules, self.stage.server
        counted = sum(record.counts for record in server.rounds)
        past = counted - rules.max_rounds
        is_pistol = past < 0 and counted % (rules.max_rounds // 2) == 0
        is_last = past < 0 and (counted + 1) % (rules.max_rounds // 2) == 0
        self._back_up(counted)
        self._one_round(is_pistol=is_pistol, is_last=is_last)
        self.played += 1
        self.is_over = self.is_over or self.is_decided()
        if self.progress is not None:
            self.progress(self.played, self.order.rounds or rules.max_rounds)

    def _one_round(
        self, *, kind: str = "regular", is_pistol: bool = False, is_last: bool = False, pays: bool = True
    ) -> None:
        stage = self.stage
        self.begin_tick()
        self.rounds.begin(kind=kind, is_pistol=is_pistol, is_last=is_last)
        for _ in self._freeze_ticks():
            self.begin_tick()
            self.rounds.freeze_tick()
            self.end_tick()
        self.begin_tick()
        self.rounds.end_freeze()
        self._play_until_decided(pays=pays)
        stage.passive = set()
        self.roam(stage.rules.post_s)
        stage.is_peaceful = True

    def _freeze_ticks(self) -> Iterator[int]:
        rules, server = self.stage.rules, self.stage.server
        if self.script.timeout_before == self.played:
            self.script.timeout_before = None
            side: Side = "t" if self.stage.rng.random() < EVEN_CHANCE else "ct"
            server.timeout_started(side)
            yield from range(ticks(TIMEOUT_S))
            self.begin_tick().timeout_ended()
        yield from range(ticks(rules.freeze_s))

    def _play_until_decided(self, *, pays: bool) -> None:
        stage = self.stage
        while True:
            self.begin_tick()
            self.incidents.before_tick()
            self.live.tick()
            self.incidents.after_tick()
            outcome = self.rounds.outcome()
            if self.is_over or outcome is not None:
                if outcome is not None and not self.is_over:
                    self.rounds.decide(outcome, pays=pays)
                self.end_tick()
                return
            self.end_tick()
            if stage.since_freeze_s() > stage.rules.round_s + LONGEST_EXTRA_S:
                raise RuntimeError("a round does not end: its rules are broken")

    def is_decided(self) -> bool:
        """Whether the score, or the order, leaves no round to play."""
        order, rules, server = self.order, self.stage.rules, self.stage.server
        counted = sum(record.counts for record in server.rounds)
        if order.rounds is not None and counted >= order.rounds:
            return True
        best, total = max(server.score.values()), sum(server.score.values())
        half = rules.max_rounds // 2
        if total <= rules.max_rounds and (best > half or (total == rules.max_rounds and not rules.has_overtime)):
            return True
        past = total - rules.max_rounds
        if past <= 0:
            return False
        step = rules.overtime_rounds // 2
        if best - (half + (past - 1) // rules.overtime_rounds * step) > step:
            return True
        return past >= LONGEST_OVERTIMES * rules.overtime_rounds

    @property
    def seconds(self) -> float:
        """Length of the match so far."""
        return self.stage.tick / TICK_RATE
