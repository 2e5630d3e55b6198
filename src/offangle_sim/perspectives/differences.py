"""Where clients showed something else than the server decided, and why; many frames at once."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from offangle.core.perspectives import DESYNC_CAUSE_U, DESYNC_CLASSES, DESYNC_DISTANCE_U
from offangle_sim.net.packets import Booleans, Floats, Integers
from offangle_sim.net.states import JUMPS, POSITION, between

_AXES: Final = "...a,...a->..."


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some frames of all clients: f frames, n clients, n players.

    Attributes:
        first: The first frame's tick.
        states: (past + f, n, columns) what the server decided, from `past` ticks before the first frame on.
        vitals: (past + f, n, 2) health and life, the same ticks.
        shown: (f, n, n, columns) what each client showed of each player.
        told: (f, n, n, 2) the health and life that each client was told of.
        render: (f, n) the time each client showed.
        ideal_render: (f, n) what it would be with a right clock.
        newest: (f, n) the newest update received.
        ideal_newest: (f, n) what it would be if nothing were late or lost.
        is_lacking: (f, n) others were shown from incomplete updates.
        refused: (f, n, n) the tick of the client's last shot at the player that the server refused, up to the frame.
    """

    first: int
    states: Floats
    vitals: Integers
    shown: Floats
    told: Integers
    render: Floats
    ideal_render: Floats
    newest: Integers
    ideal_newest: Integers
    is_lacking: Booleans
    refused: Integers

    @property
    def frames(self) -> int:
        """How many frames."""
        return len(self.shown)

    @property
    def now(self) -> Floats:
        """(f, n, columns) what the server decided in each frame's tick."""
        return self.states[-self.frames :]

    @property
    def alive(self) -> Booleans:
        """(f, n) who lived on the server."""
        alive: Booleans = self.vitals[-self.frames :, :, 1] != 0
        return alive

    def was_put(self, frame: int, player: int) -> bool:
        """Whether the server put the player elsewhere in the tick of that frame, by its place in the chunk."""
        at = len(self.states) - self.frames + frame
        return bool(self.states[at, player, JUMPS] != self.states[at - 1, player, JUMPS])

    def states_at(self, times: Floats) -> Floats:
        """(f, n) times to (f, n, n, columns) states between ticks."""
        ticks = np.floor(times)
        at = ticks.astype(np.int64) - (self.first - (len(self.states) - self.frames))
        low, high = (self.states[np.clip(at + step, 0, len(self.states) - 1)] for step in (0, 1))
        return between(low, high, (times - ticks)[..., None, None])

    def vitals_at(self, ticks: Integers) -> Integers:
        """(f, n) ticks to (f, n, n, 2) health and life."""
        at = ticks - (self.first - (len(self.vitals) - self.frames))
        return self.vitals[np.clip(at, 0, len(self.vitals) - 1)]


def distance_u(left: Floats, right: Floats) -> Floats:
    """Distances between positions, over the last axis."""
    apart = left - right
    distances: Floats = np.sqrt(np.einsum(_AXES, apart, apart))
    return distances


def divergence_u(chunk: Chunk) -> Floats:
    """(f, n, n) how far each player was shown from where the server had him in the same tick."""
    return distance_u(chunk.shown[..., POSITION], chunk.now[:, None, :, POSITION])


def divergence_deg(chunk: Chunk) -> Floats:
    """(f, n, n) the same as an angle at the viewer's eye; not a number for oneself and where there is no direction.

    Eyes are compared with eyes, so that their height does not matter.
    """
    own = np.arange(chunk.shown.shape[1])
    eye = chunk.shown[:, own, own, None, POSITION]
    shown, real = chunk.shown[..., POSITION] - eye, chunk.now[:, None, :, POSITION] - eye
    across = np.cross(shown, real)
    sine, cosine = np.sqrt(np.einsum(_AXES, across, across)), np.einsum(_AXES, shown, real)
    angles: Floats = np.degrees(np.arctan2(sine, cosine))
    angles[(sine == 0.0) & (cosine == 0.0)] = np.nan
    angles[:, own, own] = np.nan
    return angles


def comparable(chunk: Chunk) -> Booleans:
    """(f, n, n) whose places can be compared: who lives and is shown alive, and was not just put elsewhere.

    Who was (a new round) is not compared until the client shows him there.
    """
    shown, now = chunk.shown[..., JUMPS], chunk.now[:, None, :, JUMPS]
    found: Booleans = chunk.alive[:, None] & (chunk.told[..., 1] != 0) & (shown == now)
    return found


def classes(chunk: Chunk, shown_off_u: Floats, over: Booleans) -> Booleans:
    """(f, classes, n, n) which classes of desync hold, in the order of `DESYNC_CLASSES`.

    A difference is put down to what would heal it: to loss if the client's frame would be right with all updates at
    hand, to the clock if a right clock would mend it; what a frame's ordinary age alone explains is interpolation. A
    cause that by itself moves the player more than the threshold counts beside the others, one that moves him by next
    to nothing (`DESYNC_CAUSE_U`) does not count.

    Args:
        chunk: The frames.
        shown_off_u: (f, n, n) from `divergence_u`.
        over: (f, n, n) who can be compared and is shown too far off.
    """
    ideal = chunk.states_at(chunk.ideal_render)[..., POSITION]
    own = np.eye(chunk.shown.shape[1], dtype=np.bool_)
    by_age, by_clock, by_loss = _causes(chunk, ideal, shown_off_u)
    loss, clock = over & by_loss & ~own, over & by_clock & ~own
    found = {
        "interpolation": over & ~own & (by_age | ~(loss | clock)),
        "loss": loss | _told_late(chunk),
        "prediction": over & own,
        "clock": clock,
        "verdict": _verdicts(chunk) | (own & (chunk.told[..., 1] != 0) & ~chunk.alive[:, None]),
    }
    return np.stack([found[name] for name in DESYNC_CLASSES], axis=1)


def carried_on(found: Booleans, over: Booleans, before: Booleans) -> Booleans:
    """The classes, each also in the frame after it as long as the difference lasts; verdicts end when they end.

    Else a difference that has another cause in each frame would be no desync at all.

    Args:
        found: (f, classes, n, n) from `classes`.
        over: (f, n, n) who can be compared and is shown too far off.
        before: (classes, n, n) what was found in the frame before the first.
    """
    last = np.concatenate((before[None], found[:-1]))
    last[:, DESYNC_CLASSES.index("verdict")] = False
    carried: Booleans = found | (last & over[:, None])
    return carried


def _causes(chunk: Chunk, ideal: Floats, shown_off_u: Floats) -> tuple[Booleans, Booleans, Booleans]:
    """Whether the frame's age, the clock and missing updates each account for a difference: three of (f, n, n)."""
    limit = DESYNC_DISTANCE_U
    shown, now = chunk.shown[..., POSITION], chunk.now[:, None, :, POSITION]
    lacking = chunk.is_lacking[..., None]
    whole = np.where(lacking[..., None], chunk.states_at(chunk.render)[..., POSITION], shown)
    age_u, whole_u = distance_u(ideal, now), distance_u(whole, now)
    is_off = (chunk.render != chunk.ideal_render)[..., None]
    by_clock = is_off & _accounts(distance_u(whole, ideal), healed=(age_u <= limit) & (whole_u > limit))
    by_loss = lacking & _accounts(distance_u(shown, whole), healed=(whole_u <= limit) & (shown_off_u > limit))
    return age_u > limit, by_clock, by_loss


def _accounts(moved_u: Floats, *, healed: Booleans) -> Booleans:
    """Whether a cause that moved players by so much accounts for a difference that its absence would heal, or not."""
    found: Booleans = (moved_u > DESYNC_DISTANCE_U) | (healed & (moved_u > DESYNC_CAUSE_U))
    return found


def _told_late(chunk: Chunk) -> Booleans:
    """(f, n, n) the client holds another health or life than the server, and would not if no update were late."""
    differs = chunk.told != chunk.vitals[-chunk.frames :][:, None]
    unexpected = chunk.told != chunk.vitals_at(chunk.ideal_newest)
    late: Booleans = (differs & unexpected).any(-1)
    return late


def _verdicts(chunk: Chunk) -> Booleans:
    """(f, n, n) a shot was refused and the client does not know it yet."""
    frames = np.arange(chunk.first, chunk.first + chunk.frames)[:, None, None]
    pending: Booleans = (chunk.newest[..., None] < chunk.refused) | (chunk.refused == frames)
    return pending
