"""A whole match: warmup, knife round, halves, overtime, pauses, restored rounds, and its end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from offangle.core.sides import Side, Team
from offangle.sim.demo.match_recorder import MatchRecorder
from offangle.sim.order import MatchOrder
from offangle.sim.play.agent import Agent
from offangle.sim.play.harm import harm
from offangle.sim.play.live import Live
from offangle.sim.play.rounds import Rounds
from offangle.sim.play.rules import OVERTIME_MONEY, START_MONEY, TICK_RATE, ticks
from offangle.sim.play.stage import Stage

WARMUP_S: Final = 12.0
TIMEOUT_S: Final = 30.0
CREDITS_S: Final = 6.0
BOT_TAKEOVER_S: Final = 3.0
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
    coach_slot: int | None = None


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
    left_slot: int | None = None
    played: int = 0
    is_over: bool = False
    has_begun: bool = False

    # --- ticks

    def begin_tick(self) -> MatchRecorder:
        """The recorder inside a tick that `end_tick` will end."""
        recorder = self.stage.recorder
        if not self.has_begun:
            self.stage.tick = recorder.begin_tick()
            self.has_begun = True
        return recorder

    def end_tick(self) -> None:
        """The tick is recorded; the network and the watchers see it."""
        stage = self.stage
        stage.recorder.end_tick()
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
        for _ in range(ticks(seconds)):
            self.begin_tick()
            self.live.tick()
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
        recorder = self.begin_tick()
        for slot, player in recorder.players.items():
            recorder.player_joined(slot)
            if player.entry.team is None:
                recorder.coach(slot, "ct")
        self._set_money(START_MONEY)

    def _set_money(self, money: int) -> None:
        for agent in self.stage.agents.values():
            self.stage.recorder.set_player_state(agent.slot, money=money)

    def _warmup(self) -> None:
        """People shoot each other for practice; the dead stay dead until it is over."""
        recorder = self.begin_tick()
        recorder.warmup_started()
        self.rounds.spawn_all()
        for side in self.live.teams:
            self.live.teams[side].begin_round("force")
        self.stage.freeze_end_tick, self.stage.is_peaceful = self.stage.tick, False
        self.live.bombing.begin_round(None)
        self.roam(WARMUP_S)
        self.stage.is_peaceful = True
        recorder = self.begin_tick()
        self.live.grenades.clear()
        recorder.warmup_ended()
        for agent in self.stage.agents.values():
            recorder.stripped(agent.slot)

    def _knife_round(self) -> None:
        """Who wins it chooses the side."""
        self._one_round(kind="knife", pays=False)
        winner = self.stage.recorder.rounds[-1].winner
        recorder = self.begin_tick()
        wants = self.stage.rng.random() < 0.5
        if (winner == "t") == bool(wants):
            recorder.sides_switched()
        else:
            for agent in self.stage.agents.values():
                recorder.stripped(agent.slot)

    def _between_rounds(self) -> None:
        """Halves, overtime, and what was ordered."""
        recorder, rules = self.begin_tick(), self.stage.rules
        counted = sum(record.counts for record in recorder.rounds)
        script = self.script
        if script.restart_before == self.played:
            script.restart_before = None
            recorder.backup_restored(0)
            self._new_half(START_MONEY)
        elif script.restore_before == self.played and counted >= 3:
            script.restore_before = None
            self._restore(counted - 2)
        elif counted and self._is_new_half(counted):
            self._change_half(counted)
        self.stage.passive = self._handicap(rules.max_rounds)

    def _is_new_half(self, counted: int) -> bool:
        last = self.stage.recorder.rounds[-1]
        if not last.counts:
            return False
        rules = self.stage.rules
        if counted < rules.max_rounds:
            return counted == rules.max_rounds // 2
        return (counted - rules.max_rounds) % (rules.overtime_rounds // 2) == 0

    def _change_half(self, counted: int) -> None:
        recorder, rules = self.stage.recorder, self.stage.rules
        past = counted - rules.max_rounds
        if past < 0:
            recorder.half_time()
            self._new_half(START_MONEY)
        elif past % rules.overtime_rounds == 0:
            recorder.overtime()
            self._new_half(OVERTIME_MONEY)
        else:
            recorder.half_time()
            self._new_half(OVERTIME_MONEY)
        self.idle(rules.half_time_s)

    def _new_half(self, money: int) -> None:
        self.rounds.losses.switch()
        for agent in self.stage.agents.values():
            self.stage.recorder.stripped(agent.slot)
        self._set_money(money)

    def _restore(self, counted: int) -> None:
        """A backup is loaded; money and gear come with it, here as after a loss of everything but the money."""
        recorder = self.stage.recorder
        recorder.backup_restored(counted)
        for agent in self.stage.agents.values():
            recorder.stripped(agent.slot)
            recorder.set_player_state(agent.slot, money=max(2000, agent.player.money))

    def _handicap(self, max_rounds: int) -> set[int]:
        """Ordered overtime needs a draw: a team that could win before it holds its fire."""
        if "overtime" not in self.order.incidents:
            return set()
        score = self.stage.recorder.score
        half = max_rounds // 2
        leading: list[Team] = [team for team in ("a", "b") if score[team] >= half]
        if len(leading) != 1 or sum(score.values()) >= max_rounds:
            return set()
        recorder = self.stage.recorder
        return {slot for slot, player in recorder.players.items() if player.entry.team == leading[0]}

    # --- rounds

    def _play_round(self) -> None:
        rules, recorder = self.stage.rules, self.stage.recorder
        counted = sum(record.counts for record in recorder.rounds)
        past = counted - rules.max_rounds
        is_pistol = past < 0 and counted % (rules.max_rounds // 2) == 0
        is_last = past < 0 and (counted + 1) % (rules.max_rounds // 2) == 0
        self._one_round(is_pistol=is_pistol, is_last=is_last)
        self.played += 1
        self.is_over = self.is_over or self._is_won()
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
        rules, recorder = self.stage.rules, self.stage.recorder
        if self.script.timeout_before == self.played:
            self.script.timeout_before = None
            side: Side = "t" if self.stage.rng.random() < 0.5 else "ct"
            recorder.timeout_started(side)
            yield from range(ticks(TIMEOUT_S))
            self.begin_tick().timeout_ended()
        yield from range(ticks(rules.freeze_s))

    def _play_until_decided(self, *, pays: bool) -> None:
        stage = self.stage
        while True:
            self.begin_tick()
            self.live.tick()
            self._incidents()
            outcome = self.rounds.outcome()
            if self.is_over or outcome is not None:
                if outcome is not None and not self.is_over:
                    self.rounds.decide(outcome, pays=pays)
                self.end_tick()
                return
            self.end_tick()
            if stage.since_freeze_s() > stage.rules.round_s + 60.0:
                raise RuntimeError("a round does not end: its rules are broken")

    def _is_won(self) -> bool:
        order, rules, recorder = self.order, self.stage.rules, self.stage.recorder
        counted = sum(record.counts for record in recorder.rounds)
        if order.rounds is not None and counted >= order.rounds:
            return True
        best, total = max(recorder.score.values()), sum(recorder.score.values())
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

    # --- what was ordered

    def _incidents(self) -> None:
        script, since = self.script, self.rounds.seconds_played
        if script.leave_in == self.played and since > 12.0:
            self._leave()
        if self.left_slot is not None and script.leave_in is not None and self.played >= script.leave_in + 2:
            self.stage.recorder.player_reconnected(self.left_slot)
            self.left_slot, script.leave_in = None, None
        if script.takeover_in is not None and self.played >= script.takeover_in:
            self._take_over()
        if script.surrender_in is not None and self.played >= script.surrender_in and since > 15.0:
            self._surrender()
        if script.team_kill_in is not None and self.played >= script.team_kill_in and since > 8.0:
            self._team_kill()

    def _leave(self) -> None:
        if self.left_slot is not None:
            return
        candidates = [agent for agent in self.stage.living() if not agent.player.entry.is_bot and not agent.job]
        candidates = [agent for agent in candidates if agent.slot != self.stage.bomb.carrier]
        if candidates:
            leaver = candidates[int(self.stage.rng.integers(len(candidates)))]
            self.left_slot = leaver.slot
            leaver.target = None
            self.stage.recorder.player_left(leaver.slot)

    def _take_over(self) -> None:
        stage = self.stage
        for bot in stage.living():
            if not bot.player.entry.is_bot or bot.job or bot.slot == stage.bomb.carrier:
                continue
            dead = [
                agent
                for agent in stage.on_side(bot.side)
                if not agent.is_alive and not agent.player.entry.is_bot and agent.player.is_connected
            ]
            if dead:
                stage.recorder.bot_takeover(dead[0].slot, bot.slot)
                _swap(dead[0], bot)
                self.script.takeover_in = None
                return

    def _surrender(self) -> None:
        recorder = self.stage.recorder
        if self.stage.decided_tick is not None:
            return
        behind: Team = "a" if recorder.score["a"] <= recorder.score["b"] else "b"
        recorder.surrendered(recorder.side_of_team[behind])
        self.stage.decided_tick = self.stage.tick
        self.is_over, self.script.surrender_in = True, None

    def _team_kill(self) -> None:
        for agent in self.stage.living():
            mates = [mate for mate in self.stage.alive(agent.side) if mate is not agent]
            if mates and agent.gun is not None and agent.clip and agent.last_shot_tick != self.stage.tick:
                self.stage.recorder.shot(agent.slot)
                agent.last_shot_tick = self.stage.tick
                harm(self.stage, mates[0], agent, agent.weapon, (120, 0), hit_group="head")
                self.script.team_kill_in = None
                return

    @property
    def seconds(self) -> float:
        """Length of the match so far."""
        return self.stage.tick / TICK_RATE


_BODY: Final = (
    *("x", "y", "z", "vx", "vy", "vz", "pitch", "yaw", "is_ducking", "is_on_ground", "goal", "path", "path_at"),
    *("watch", "pace", "seen", "hurt_by", "tag", "reloading", "reload_ends_tick", "ready_tick"),
)
"""What of an agent belongs to the body that he moves."""


def _swap(human: Agent, bot: Agent) -> None:
    """The human goes on where the bot stood."""
    for name in _BODY:
        mine, its = getattr(human, name), getattr(bot, name)
        setattr(human, name, its)
        setattr(bot, name, mine)
