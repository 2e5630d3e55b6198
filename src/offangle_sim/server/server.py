"""The server of a match: told by those who play what they do, it keeps the state and tells those who write it down."""

from offangle_sim.server.events import Sink
from offangle_sim.server.players import Players


class Server(Players):
    """One match.

    Between `begin_tick` and `end_tick` say what happens; every method changes the state as the game would and tells
    the sinks. Without sinks nothing is written at all. Team `a` starts as CT.
    """

    def tells(self, sink: Sink) -> None:
        """Let somebody write the match down; before the first tick."""
        self.sinks.append(sink)

    def begin_tick(self) -> int:
        """Start the next tick; its number comes back."""
        self.tick += 1
        for sink in self.sinks:
            sink.tick_begun()
        return self.tick

    def end_tick(self) -> None:
        """Everything of this tick was said."""
        for grenade in self._burst:
            if grenade in self.grenades:
                self._gone(grenade)
        self._burst.clear()
        tick = self.tick
        for player in self.players.values():
            if player.commands and player.commanded_tick == tick - 1:
                # a client that stops sending says so once: readers keep the last command
                self.user_command(player.entry.slot, ())
                player.commanded_tick = 0
            if player.flash_s and player.flash_ends_tick <= tick:
                player.flash_s = 0.0
                player.revision += 1
        self._note_economy()
        for sink in self.sinks:
            sink.tick_ended()
        self.commands.clear()
