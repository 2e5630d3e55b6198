"""Who else looks at a match after every tick: players' own recordings, perspectives, padding; and live clients."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from offangle_sim.demo.client_view import PovView, Visibility
from offangle_sim.demo.entities import Entity
from offangle_sim.demo.pov import PovWriter
from offangle_sim.demo.recorder import Recorder
from offangle_sim.gsi.client import LiveClients
from offangle_sim.gsi.settings import ClientSettings
from offangle_sim.gsi.sinks import JsonlSink
from offangle_sim.net.links import NETWORKS
from offangle_sim.net.network import Network
from offangle_sim.order import LOCAL_NETWORK, MatchOrder
from offangle_sim.perspectives.log import PerspectiveLog
from offangle_sim.play.game import Game, Watcher
from offangle_sim.play.rules import ticks
from offangle_sim.play.wires import Wires

GSI_FOLDER: Final = "gsi"
POV_FOLDER: Final = "pov"
PERSPECTIVES_FOLDER: Final = "perspectives"
FIRST_START: Final = datetime(2026, 1, 1, 18, 0, tzinfo=UTC)
"""When a match with seed 0 begins; each further seed a day later, since a match is told by its time too."""
ROUND_TICKS: Final = ticks(105.0)
"""About what a round takes from freeze time to freeze time: padding is spread by it."""
CREDITS_TICKS: Final = ticks(5.0)
"""What padding is left is written while the final scoreboard is shown."""
LOSSLESS: Final = frozenset({LOCAL_NETWORK, "perfect", "good"})
"""Networks over which no post of a game client is lost."""
_SIDE_NUMBERS: Final = {"t": 0, "ct": 1}


def watchers_of(order: MatchOrder, game: Game, recorder: Recorder | None, folder: Path) -> list[Watcher]:
    """Everybody that the order wants; before the first tick. Without a recording nobody adds to one."""
    found: list[Watcher] = []
    wire = game.stage.wire
    if isinstance(wire, Wires):
        if recorder is not None and "pov" in order.parts and order.povs:
            found.append(Povs(order, game, recorder, wire, folder / POV_FOLDER))
        if "displayed" in order.parts:
            found.append(Perspectives(order, game, wire.network, folder / PERSPECTIVES_FOLDER))
    if recorder is not None and order.pad_to_bytes:
        found.append(Padder(order, game, recorder))
    return found


def start_of(order: MatchOrder) -> datetime:
    """When the match begins, by the clocks of those who play it."""
    return FIRST_START + timedelta(days=order.seed % 3650)


def live_clients(order: MatchOrder, game: Game, match_folder: Path) -> LiveClients:
    """The game of everybody who is no bot, which posts into a file of its own."""
    folder = match_folder / GSI_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    people = [agent.player.entry for agent in game.stage.agents.values() if not agent.player.entry.is_bot]
    sinks = {entry.slot: JsonlSink(folder / f"{entry.steam_id}.jsonl") for entry in people}
    settings = ClientSettings(loss_rate=0.0) if order.network in LOSSLESS else ClientSettings()
    return LiveClients(game.stage.server, sinks, seed=order.seed, start=start_of(order), settings=settings)


class Povs:
    """Players' own recordings: what reached their clients."""

    def __init__(self, order: MatchOrder, game: Game, recorder: Recorder, wires: Wires, folder: Path) -> None:
        self._game, self._cast, self._wires = game, recorder.cast, wires
        network = self._network = wires.network
        self._visibility = Visibility(len(network.slots), game.stage.world.line_of_sight)
        folder.mkdir(parents=True, exist_ok=True)
        server = game.stage.server
        people = [slot for slot in network.slots if not server.player(slot).entry.is_bot]
        for slot in people[: order.povs]:
            writer = PovWriter(folder / f"{server.player(slot).entry.steam_id}.dem", recorder.writer, slot)
            recorder.writer.observed_by(PovView(writer, network, slot, self._visibility, self._pawns))

    def after_tick(self) -> None:
        """Who sees whom is looked at anew from time to time."""
        stage = self._game.stage
        sides = np.array([_SIDE_NUMBERS.get(stage.agents[slot].player.side or "", 2) for slot in self._network.slots])
        if self._wires.state is not None:
            self._visibility.update(stage.tick, self._wires.state, sides)

    def close(self) -> None:
        """The recordings are closed with the server's."""

    def _pawns(self) -> Sequence[Entity]:
        return [self._cast.pawn(self._game.stage.server.player(slot)) for slot in self._network.slots]


class Perspectives:
    """What every client showed at every frame, and where that was not what the server decided."""

    def __init__(self, order: MatchOrder, game: Game, network: Network, folder: Path) -> None:
        self._game = game
        steam_ids = {slot: agent.player.truth_id for slot, agent in game.stage.agents.items()}
        self._log = PerspectiveLog(
            network,
            folder,
            steam_ids,
            server=NETWORKS[order.network].server,
            line_of_sight=game.stage.world.line_of_sight,
        )

    def after_tick(self) -> None:
        """One frame of every client."""
        rounds = self._game.stage.server.rounds
        if not rounds or rounds[-1].counts:
            number = sum(record.counts for record in rounds)
        else:
            number = -sum(not record.counts for record in rounds)
        self._log.record(number)

    def close(self) -> None:
        """Write what is left."""
        self._log.close()


class Padder:
    """Brings a recording to about the size that was ordered, evenly."""

    def __init__(self, order: MatchOrder, game: Game, recorder: Recorder) -> None:
        self._target = order.pad_to_bytes
        self._game, self._recorder = game, recorder
        self._expected = (order.rounds or game.stage.rules.max_rounds) * ROUND_TICKS

    def after_tick(self) -> None:
        """How much the next tick is padded."""
        recorder, tick = self._recorder, self._game.stage.tick
        left_ticks = CREDITS_TICKS if self._game.is_over else max(CREDITS_TICKS, self._expected - tick)
        recorder.padding_bytes = max(0, self._target - recorder.writer.size_bytes) // left_ticks

    def close(self) -> None:
        """Nothing is left to do."""
