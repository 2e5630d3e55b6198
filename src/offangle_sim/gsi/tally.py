"""What game clients know of deaths and fire."""

from typing import Final

from offangle_sim.server import events
from offangle_sim.server.server import Server

FIRE: Final = "inferno"


class Tally:
    """Kills of the round by player, and when each player last died or burned; players by their id in the tables."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.round_kills: dict[int, int] = {}
        self.round_headshots: dict[int, int] = {}
        self.died_tick: dict[int, int] = {}
        self.burned_tick: dict[int, int] = {}

    def told(self, event: events.Event) -> None:
        """Something happened."""
        if isinstance(event, events.Killed):
            self._count(event)
        elif isinstance(event, events.Hurt) and event.weapon == FIRE:
            self.burned_tick[event.victim.truth_id] = self._server.tick
        elif isinstance(event, events.RoundStarted):
            self.round_kills.clear()
            self.round_headshots.clear()

    def _count(self, event: events.Killed) -> None:
        self.died_tick[event.victim.truth_id] = self._server.tick
        attacker = event.attacker
        if attacker is None or attacker.side == event.victim.side:
            return
        who = attacker.truth_id
        self.round_kills[who] = self.round_kills.get(who, 0) + 1
        if event.flags.is_headshot:
            self.round_headshots[who] = self.round_headshots.get(who, 0) + 1
