"""What was ordered to happen in a match: somebody leaves, takes over a bot, gives up, shoots whom he should not."""

import math
from typing import TYPE_CHECKING, Final

from offangle_sim.play.agent import Agent, angles_to
from offangle_sim.play.harm import harm
from offangle_sim.play.rules import ticks

if TYPE_CHECKING:
    from offangle.core.sides import Team
    from offangle_sim.play.game import Game

LEAVES_AFTER_S: Final = 12.0
GIVES_UP_AFTER_S: Final = 15.0
TEAM_KILL_AFTER_S: Final = 8.0
"""Since freeze end; by then people have left their spawns."""
TAKEOVER_AFTER_S: Final = 3.0
"""So long a dead player watches before he takes over a bot."""
LATE_KILL_AFTER_S: Final = 2.0
"""After the decision; whoever was about to die has died by then."""
ROUNDS_AWAY: Final = 2
GIVE_IN_BEFORE_S: Final = 1.0
"""So long before the clock runs out a team that must not win gives in."""
DEADLY: Final = (120, 0)
"""Damage to health and armor of a shot into the head at close range."""


class Incidents:
    """Lets happen what a match was ordered to contain."""

    def __init__(self, game: "Game") -> None:
        self._game = game
        self._stage = game.stage
        self._left: Agent | None = None
        self._wants_late_kill = "late_kill" in game.order.incidents

    def before_tick(self) -> None:
        """Who leaves or takes over a bot does so before anything else happens in the tick."""
        game, script, since_s = self._game, self._game.script, self._game.rounds.seconds_played
        if script.leave_in is not None and game.played >= script.leave_in and since_s > LEAVES_AFTER_S:
            self._leave()
        if script.takeover_in is not None and game.played >= script.takeover_in:
            self._take_over()

    def after_tick(self) -> None:
        """Everything else happens at the end of a tick of an open round."""
        game, script, since_s = self._game, self._game.script, self._game.rounds.seconds_played
        if script.surrender_in is not None and game.played >= script.surrender_in and since_s > GIVES_UP_AFTER_S:
            self._surrender()
        if script.team_kill_in is not None and game.played >= script.team_kill_in and since_s > TEAM_KILL_AFTER_S:
            self._team_kill()
        if self._stage.passive and self._stage.time_left_s() < GIVE_IN_BEFORE_S and not game.live.bombing.is_planted:
            self._give_in()

    def after_decided_tick(self, *, is_last: bool) -> None:
        """The round is decided, and people play on.

        Args:
            is_last: No round follows.
        """
        stage = self._stage
        current = stage.server.round
        if not self._wants_late_kill or stage.decided_tick is None or current is None or not current.counts:
            return
        if stage.server.last_kill_tick > stage.decided_tick:
            self._wants_late_kill = False
        elif stage.tick >= stage.decided_tick + ticks(LATE_KILL_AFTER_S):
            self._late_kill(among_mates=is_last)

    def between_rounds(self) -> None:
        """Who left comes back; he plays from the next spawn on."""
        left, script = self._left, self._game.script
        if left is None or script.leave_in is None or self._game.played < script.leave_in + ROUNDS_AWAY:
            return
        server = self._stage.server
        server.player_reconnected(left.slot)
        server.set_player_state(left.slot, money=left.player.money)
        self._left, script.leave_in = None, None

    # --- who comes and goes

    def _leave(self) -> None:
        stage = self._stage
        if self._left is not None:
            return
        candidates = [agent for agent in stage.living() if not agent.player.entry.is_bot and self._is_free(agent)]
        if candidates:
            leaver = candidates[int(stage.rng.integers(len(candidates)))]
            self._left = leaver
            leaver.target = None
            stage.server.player_left(leaver.slot)

    def _is_free(self, agent: Agent) -> bool:
        """Whether nothing in the world is still his: no bomb, no job, nothing that flies or burns."""
        stage, grenades = self._stage, self._game.live.grenades
        owners = {thrown.thrower for thrown in grenades.flying}
        owners |= {cloud.thrower for cloud in (*stage.smokes, *stage.fires)}
        has_bomb = agent.slot in {stage.bomb.carrier, stage.bomb.planter}
        return not agent.job and not has_bomb and agent.slot not in owners

    def _take_over(self) -> None:
        stage = self._stage
        for bot in stage.living():
            if not bot.player.entry.is_bot or bot.job:
                continue
            dead = [agent for agent in stage.on_side(bot.side) if self._may_take_over(agent)]
            if dead:
                human = dead[0]
                stage.server.bot_takeover(human.slot, bot.slot)
                swap_bodies(human, bot)
                if stage.bomb.carrier == bot.slot:
                    stage.bomb.carrier = human.slot
                self._game.script.takeover_in = None
                return

    def _may_take_over(self, agent: Agent) -> bool:
        watched_ticks = self._stage.tick - agent.died_tick
        is_person = agent.player.is_connected and not agent.player.entry.is_bot
        return is_person and not agent.is_alive and watched_ticks > ticks(TAKEOVER_AFTER_S)

    # --- who gives up

    def _surrender(self) -> None:
        game, stage, server = self._game, self._stage, self._stage.server
        if stage.decided_tick is not None:
            return
        behind: Team = "a" if server.score["a"] <= server.score["b"] else "b"
        game.rounds.stop_jobs()
        server.surrendered(server.side_of_team[behind])
        stage.decided_tick = stage.tick
        game.is_over, game.script.surrender_in = True, None

    def _give_in(self) -> None:
        """A team that must not win leaves the round to the other one."""
        stage = self._stage
        for agent in stage.living():
            if agent.slot in stage.passive and agent.side == "ct":
                harm(stage, agent, None, "world", DEADLY)

    # --- who shoots whom he should not

    def _team_kill(self) -> None:
        if self._shoot_somebody(among_mates=True):
            self._game.script.team_kill_in = None

    def _late_kill(self, *, among_mates: bool) -> None:
        if self._shoot_somebody(among_mates=False) or (among_mates and self._shoot_somebody(among_mates=True)):
            self._wants_late_kill = False

    def _shoot_somebody(self, *, among_mates: bool) -> bool:
        """The nearest two of one side, or of both, meet; whether anybody was there to be shot comes back."""
        stage = self._stage
        pairs = [
            (math.dist(shooter.position, other.position), shooter, other)
            for shooter in stage.living()
            for other in stage.living()
            if shooter is not other and (shooter.side == other.side) == among_mates and self._is_ready(shooter)
        ]
        if not pairs:
            return False
        _, shooter, victim = min(pairs, key=lambda pair: pair[0])
        shooter.pitch, shooter.yaw = angles_to(shooter.eye, victim.eye)
        stage.server.move_player(shooter.slot, shooter.position, (0.0, 0.0, 0.0), shooter.pitch, shooter.yaw)
        stage.server.shot(shooter.slot)
        shooter.last_shot_tick = stage.tick
        harm(stage, victim, shooter, shooter.weapon, DEADLY, hit_group="head")
        return True

    def _is_ready(self, agent: Agent) -> bool:
        is_busy = bool(agent.job or agent.reloading) or agent.last_shot_tick == self._stage.tick
        return agent.gun is not None and agent.clip > 0 and not is_busy


_OF_THE_BODY: Final = (
    *("x", "y", "z", "vx", "vy", "vz", "pitch", "yaw", "wish_x", "wish_y", "is_ducking", "is_on_ground"),
    *("goal", "path", "path_at", "watch", "holds", "pace", "moved_tick", "moved_from", "idle_yaw"),
    *("seen", "target", "reacts_tick", "heard", "heard_tick", "blind_until_tick", "flashed_by", "hurt_by"),
    *("ready_tick", "reload_ends_tick", "reloading", "fired_mrad", "spray", "burst_left", "last_shot_tick"),
    *("tag", "falls_from_z", "died_tick", "strafe", "strafe_until_tick", "drift", "next_throw_tick"),
)
"""What of an agent belongs to the body that he moves; his skill and his habits stay his."""


def swap_bodies(human: Agent, bot: Agent) -> None:
    """The human goes on where the bot stood; the bot lies where the human died."""
    for name in _OF_THE_BODY:
        mine, its = getattr(human, name), getattr(bot, name)
        setattr(human, name, its)
        setattr(bot, name, mine)
