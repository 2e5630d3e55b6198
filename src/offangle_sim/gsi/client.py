"""Live clients: the game of each human player posts while a match is recorded, as Game State Integration does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import numpy as np

from offangle_sim.gsi.board import SIDE_WORDS, Board, Bomb
from offangle_sim.gsi.mailbox import Mailbox
from offangle_sim.gsi.people import People
from offangle_sim.gsi.settings import NS_PER_S, Body, ClientSettings, nanoseconds
from offangle_sim.gsi.sinks import ClosingSink, Sink, epoch_ns
from offangle_sim.gsi.tally import Tally
from offangle_sim.gsi.weapons import Loadout
from offangle_sim.server.events import Event
from offangle_sim.server.server import Server
from offangle_sim.server.setup import TICK_RATE
from offangle_sim.server.state import Player

PROVIDER_NAME: Final = "Counter-Strike: Global Offensive"
APP_ID: Final = 730
LOOK_TICKS: Final = 2
"""Clients look at the match every other tick: far more often than they may post."""
VANISH_S: Final = 3.0
"""After death the own player is shown for so long."""
MENU_BEFORE_S: Final = (35.0, 90.0)
LOADED_BEFORE_S: Final = (2.0, 6.0)
"""Before the match one is in the menu, then the map is there without a player."""
MOST_BEATS_AFTER: Final = 3
"""The final scoreboard stays for a few heartbeats, then comes the menu."""
CHAT_SHARE: Final = 0.6
"""Of the turns away from the game; the others are to the menu."""
DISTRACTED_S: Final = (1.0, 6.0)

Activity = Literal["playing", "textinput", "menu"]


@dataclass(slots=True)
class RoundDice:
    """What chance decides for one client and round."""

    tells_winner: bool = True
    misses_over: bool = False
    bomb_delay_ticks: int = 0


class LiveClients:
    """The clients of one match; bots have none."""

    def __init__(
        self,
        server: Server,
        sinks: Mapping[int, Sink],
        *,
        seed: int,
        start: datetime,
        settings: ClientSettings | None = None,
    ) -> None:
        """Watch a match that has not begun.

        Args:
            server: Of the match.
            sinks: Where the posts of the player in each slot go.
            seed: Of everything that is left to chance.
            start: When the first tick is, with its time zone.
            settings: How clients post.
        """
        self._server = server
        self._start_ns = epoch_ns(start)
        self._sinks = list(sinks.values())
        self._board, self._tally = Board(server), Tally(server)
        self._people = People(server, self._tally, Loadout(seed))
        chosen = settings or ClientSettings()
        self._clients = [
            Client(server, slot, sink, np.random.default_rng([seed, slot]), chosen)
            for slot, sink in sinks.items()
            if not server.player(slot).entry.is_bot
        ]
        for client in self._clients:
            client.open(self._start_ns, self._board)

    def tick_begun(self) -> None:
        """Clients look when it is over."""

    def told(self, event: Event) -> None:
        """What clients will not see from what is there when they look."""
        self._tally.told(event)

    def tick_ended(self) -> None:
        """Clients look at what the tick left, and post if it is time."""
        tick = self._server.tick
        if tick % LOOK_TICKS:
            return
        now_ns = self._start_ns + tick * NS_PER_S // TICK_RATE
        self._board.refresh()
        self._people.refresh()
        for client in self._clients:
            client.look(now_ns, self._board, self._people, self._tally)

    def close(self) -> None:
        """The recording ends: clients see the last scoreboard for a while, then the menu; files are complete."""
        for client in self._clients:
            client.leave(self._board, self._people, self._tally)
        for sink in self._sinks:
            if isinstance(sink, ClosingSink):
                sink.close()


class Client:
    """The game of one player."""

    def __init__(
        self, server: Server, slot: int, sink: Sink, rng: np.random.Generator, settings: ClientSettings
    ) -> None:
        self._server, self._slot, self._rng, self._settings = server, slot, rng, settings
        self._player = server.player(slot)
        entry = self._player.entry
        provider: Body = {
            "name": PROVIDER_NAME,
            "appid": APP_ID,
            "version": server.setup.build_number,
            "steamid": str(entry.steam_id),
        }
        self._mailbox = Mailbox(sink, provider, settings, rng)
        self._menu: Body = {
            "player": {"steamid": str(entry.steam_id), "name": entry.name, "activity": "menu"},
        }
        self._spectates = bool(rng.random() < settings.spectator_share)
        self._mate: Player | None = None
        self._state: Literal["before", "in", "menu", "silent"] = "before"
        self._rounds_seen = 0
        self._dice = RoundDice()
        self._activity: Activity = "playing"
        self._activity_tick = self._next_distraction(0)

    # --- before and after

    def open(self, start_ns: int, board: Board) -> None:
        """In the menu, and then on the map before anybody is seen."""
        rng, mailbox = self._rng, self._mailbox
        loaded_ns = start_ns - nanoseconds(float(rng.uniform(*LOADED_BEFORE_S)))
        now_ns = start_ns - nanoseconds(float(rng.uniform(*MENU_BEFORE_S)))
        mailbox.post(now_ns, self._menu)
        while mailbox.next_beat_ns < loaded_ns - NS_PER_S:
            mailbox.post(mailbox.next_beat_ns, self._menu, is_beat=True)
        mailbox.post(max(loaded_ns, mailbox.free_ns), {"map": board.map})

    def leave(self, board: Board, people: People, tally: Tally) -> None:
        """After the end; a match that was not finished just stops."""
        if board.map_phase != "gameover" or self._state != "in":
            return
        mailbox = self._mailbox
        for _ in range(int(self._rng.integers(1, MOST_BEATS_AFTER + 1))):
            self.look(mailbox.next_beat_ns, board, people, tally)
        mailbox.post(mailbox.free_ns + NS_PER_S, self._menu)

    # --- during

    def look(self, now_ns: int, board: Board, people: People, tally: Tally) -> None:
        """Look at the match, and post if it is time."""
        if not self._player.is_connected:
            self._be_away(now_ns)
            return
        if self._state != "in":
            self._come(now_ns)
        if len(self._server.rounds) != self._rounds_seen:
            self._begin_round()
        if board.is_turning or (
            self._dice.misses_over and board.round_phase == "over" and board.map_phase != "gameover"
        ):
            self._mailbox.beat(now_ns)
            return
        tick = self._server.tick
        shown = self._shown(tick, tally)
        activity = self._turn_to(tick) if shown is self._player else "playing"
        round_key = self._round_key(tick, board)
        key = (board.version, round_key, activity, None if shown is None else people.key(shown))
        self._mailbox.look(now_ns, key, lambda: _body(board.map, round_key, shown, people, activity))

    @staticmethod
    def _is_fleeting(board: Board) -> bool:
        """What is shown now will soon be overtaken by the next round."""
        return board.round_phase == "over" and board.map_phase != "gameover" and not board.may_be_over

    def _be_away(self, now_ns: int) -> None:
        if self._state == "in":
            is_crash = self._rng.random() < self._settings.crash_share
            self._state = "silent" if is_crash else "menu"
            if is_crash:
                self._mailbox.forget()
        if self._state == "menu":
            self._mailbox.look(now_ns, "menu", lambda: self._menu)
        elif self._state == "before":
            self._mailbox.beat(now_ns)

    def _come(self, now_ns: int) -> None:
        if self._state == "silent":
            self._mailbox.post(max(now_ns, self._mailbox.free_ns), self._menu)
        self._state = "in"
        self._mate = None

    def _begin_round(self) -> None:
        rng, settings = self._rng, self._settings
        self._rounds_seen = len(self._server.rounds)
        untold, missed, delay = rng.random(3)
        self._dice = RoundDice(
            tells_winner=bool(untold >= settings.untold_winner_rate),
            misses_over=bool(missed < settings.missed_over_rate),
            bomb_delay_ticks=round(delay * settings.bomb_delay_s * TICK_RATE),
        )

    # --- what is seen

    def _shown(self, tick: int, tally: Tally) -> Player | None:
        """Oneself while alive and a moment longer; then nobody, or a team-mate."""
        player = self._player
        if player.side is None:
            return None
        if player.is_alive:
            self._mate = None
            return player
        died_tick = tally.died_tick.get(player.truth_id)
        if died_tick is not None and tick - died_tick < VANISH_S * TICK_RATE:
            return player
        if not self._spectates:
            return None
        mate = self._mate
        if mate is None or not mate.is_alive or mate.side != player.side:
            self._mate = mate = self._next_mate()
        return mate

    def _next_mate(self) -> Player | None:
        """The next living team-mate by slot."""
        players, side = self._server.players, self._player.side
        after = self._slot if self._mate is None else self._mate.entry.slot
        order = sorted(players, key=lambda slot: (slot <= after, slot))
        return next((players[slot] for slot in order if players[slot].is_alive and players[slot].side == side), None)

    def _round_key(self, tick: int, board: Board) -> tuple[str, str | None, Bomb | None] | None:
        """Phase, winner and bomb as this client shows them."""
        phase, record = board.round_phase, board.record
        if phase is None or record is None:
            return None
        bomb: Bomb | None = board.bomb
        if phase == "freezetime":
            return phase, None, None
        if phase == "over":
            winner = SIDE_WORDS[record.winner] if record.winner and self._dice.tells_winner else None
            return phase, winner, None if bomb == "planted" else bomb
        is_known = bomb != "planted" or tick - board.bomb_seen_tick >= self._dice.bomb_delay_ticks
        return phase, None, bomb if is_known else None

    # --- chat and menu

    def _next_distraction(self, tick: int) -> int:
        return tick + round(float(self._rng.exponential(self._settings.distraction_every_s)) * TICK_RATE)

    def _turn_to(self, tick: int) -> Activity:
        """What the player is at; now and then the chat or the menu for some seconds."""
        if tick < self._activity_tick:
            return self._activity
        rng = self._rng
        if self._activity == "playing":
            self._activity = "textinput" if rng.random() < CHAT_SHARE else "menu"
            self._activity_tick = tick + round(float(rng.uniform(*DISTRACTED_S)) * TICK_RATE)
        else:
            self._activity = "playing"
            self._activity_tick = self._next_distraction(tick)
        return self._activity


def _body(
    match: Body,
    round_key: tuple[str, str | None, Bomb | None] | None,
    shown: Player | None,
    people: People,
    activity: Activity,
) -> Body:
    body: Body = {"map": match}
    if round_key is not None:
        names = ("phase", "win_team", "bomb")
        body["round"] = {name: value for name, value in zip(names, round_key, strict=True) if value is not None}
    if shown is not None:
        block = people.block(shown)
        body["player"] = block if activity == "playing" else {**block, "activity": activity}
    return body
