"""What a client is told of: who is hidden from it, and which packets it never gets."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from offangle_sim.demo.entities import Entity
from offangle_sim.demo.pov import PovWriter
from offangle_sim.demo.writer import TickView
from offangle_sim.net.network import Network
from offangle_sim.net.packets import Booleans, Floats
from offangle_sim.net.states import EYE_HEIGHT_U, ServerState

LineOfSight: TypeAlias = Callable[[Floats, Floats], Booleans]

LOOK_EVERY_TICKS: Final = 8
"""Sight is looked at anew eight times a second."""
HIDE_AFTER_S: Final = 0.5
"""An enemy out of sight is still sent for this long."""
HEARING_U: Final = 1100.0
"""Steps are heard up to here, so that whoever makes them is sent."""


class Visibility:
    """Whom the server sends to whom.

    An enemy who lives is hidden from a client when nothing has stood open between their heads for `HIDE_AFTER_S` and
    he is too far away to be heard. The dead watch their living team-mates, and are sent what any of these is sent.

    Attributes:
        hidden: (n, n) who is hidden from whom: viewers by players.
    """

    def __init__(self, players: int, line_of_sight: LineOfSight, *, tick_rate: int = 64) -> None:
        """`line_of_sight` says for (m, 3) points and (m, 3) others whether nothing stands between: (m,)."""
        self.hidden: Booleans = np.zeros((players, players), dtype=np.bool_)
        self._sight = line_of_sight
        self._hide_after_ticks = HIDE_AFTER_S * tick_rate
        self._seen_tick = np.full((players, players), -np.inf)
        self._looked_tick: int | None = None

    def update(self, tick: int, state: ServerState, sides: npt.NDArray[np.int_]) -> bool:
        """Look, if it is time to.

        Args:
            tick: Now.
            state: Of the server.
            sides: (n,) a number for each player's side.

        Returns:
            Whether `hidden` may have changed.
        """
        if self._looked_tick is not None and tick - self._looked_tick < LOOK_EVERY_TICKS:
            return False
        self._looked_tick = tick
        alive = np.asarray(state.is_alive, dtype=np.bool_)
        enemies = np.not_equal.outer(sides, sides)
        apart = state.position[:, None] - state.position[None, :]
        near: Booleans = np.einsum("...a,...a->...", apart, apart) <= HEARING_U * HEARING_U
        self._look(tick, state.position, enemies & ~near & alive[:, None] & alive[None, :])
        lost = tick - self._seen_tick > self._hide_after_ticks
        by_own_eyes = np.logical_and.reduce((enemies, ~near, lost, np.broadcast_to(alive, enemies.shape)))
        self.hidden = by_own_eyes.copy()
        self.hidden[~alive] = _by_mates(by_own_eyes, alive, ~enemies)[~alive]
        return True

    def _look(self, tick: int, position: Floats, asked: Booleans) -> None:
        """Note who sees whom; sight goes both ways."""
        left, right = np.nonzero(np.triu(asked))
        if not len(left):
            return
        heads = position + np.array((0.0, 0.0, EYE_HEIGHT_U))
        seen = self._sight(heads[left], heads[right])
        left, right = left[seen], right[seen]
        self._seen_tick[left, right] = self._seen_tick[right, left] = tick


def _by_mates(hidden: Booleans, alive: Booleans, mates: Booleans) -> Booleans:
    """(n, n) who is hidden from all of a viewer's living team-mates, and nobody where there are none."""
    watched = mates & alive[None, :]
    shown_to_mate = watched.astype(np.int64) @ (~hidden).astype(np.int64) > 0
    found: Booleans = ~shown_to_mate & watched.any(axis=1, keepdims=True)
    return found


class PovView:
    """Writes one client's recording without those it was not told of, and without packets that were lost.

    Register this with `DemoWriter.observed_by` in place of the `PovWriter` that it holds. The recorder's tick must end
    after the network's tick began and before it ends.
    """

    def __init__(
        self,
        writer: PovWriter,
        network: Network,
        slot: int,
        visibility: Visibility,
        pawns: Callable[[], Sequence[Entity]],
    ) -> None:
        """Watch over `writer`, which records the client in `slot`; `pawns` are the players' bodies in slots' order."""
        self._writer = writer
        self._network = network
        self._slot = slot
        self._visibility = visibility
        self._pawns = pawns

    def write_tick(self, view: TickView) -> None:
        """Write one tick as the client received it."""
        hidden = self._visibility.hidden[self._network.row(self._slot)].tolist()
        pawns = self._pawns()
        self._writer.hide(pawn for pawn, is_hidden in zip(pawns, hidden, strict=True) if is_hidden)
        self._writer.show(pawn for pawn, is_hidden in zip(pawns, hidden, strict=True) if not is_hidden)
        if not self._network.is_received(self._slot):
            self._writer.lose_packet()
        self._writer.write_tick(view)

    def close(self) -> None:
        """Finish the recording."""
        self._writer.close()
