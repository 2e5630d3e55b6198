"""What a post made happen. Pages and rows follow from these."""

from typing import Literal

import msgspec

from offangle.core.sides import Side
from offangle.live.state import Epoch, Kill, LiveRound, Session


class PostIgnored(msgspec.Struct, frozen=True, tag=True):
    """The post said nothing new: it is older than what is known, or the same again."""

    sequence: int
    why: Literal["late", "repeated"]


class PostLost(msgspec.Struct, frozen=True, tag=True):
    """At least one post between this one and the one before never arrived."""

    sequence: int
    paths: tuple[str, ...]


class Quarantined(msgspec.Struct, frozen=True, tag=True):
    """The client watches somebody else's match or a playback: nothing of it is its own."""

    sequence: int


class SessionStarted(msgspec.Struct, frozen=True, tag=True):
    """A stay on a match began."""

    session: Session


class SessionLeft(msgspec.Struct, frozen=True, tag=True):
    """The client is in the menu; it may come back."""

    session: Session


class SessionResumed(msgspec.Struct, frozen=True, tag=True):
    """The client came back to the same match."""

    session: Session


class SessionFinished(msgspec.Struct, frozen=True, tag=True):
    """The match reached its end; said once, whatever heartbeats follow."""

    session: Session


class SessionClosed(msgspec.Struct, frozen=True, tag=True):
    """Another match began: nothing more can come for this one."""

    session: Session


class EpochAborted(msgspec.Struct, frozen=True, tag=True):
    """The match was restarted; what was played before no longer counts."""

    epoch: Epoch


class RoundBegan(msgspec.Struct, frozen=True, tag=True):
    """Freeze time of a round began."""

    number: int


class RoundWentLive(msgspec.Struct, frozen=True, tag=True):
    """Freeze time ended."""

    number: int


class RoundRestarted(msgspec.Struct, frozen=True, tag=True):
    """The same round began again without having been decided."""

    number: int


class RoundDecided(msgspec.Struct, frozen=True, tag=True):
    """A round has a result."""

    round: LiveRound


class RoundClosed(msgspec.Struct, frozen=True, tag=True):
    """The next round began: the row of this one is final."""

    round: LiveRound


class KillSeen(msgspec.Struct, frozen=True, tag=True):
    """The observer killed somebody."""

    kill: Kill


class Died(msgspec.Struct, frozen=True, tag=True):
    """The observer died."""

    round_number: int


class BombChanged(msgspec.Struct, frozen=True, tag=True):
    """The bomb was planted, defused or exploded; a plant is told to players with a random delay."""

    round_number: int
    bomb: str


class SidesSwitched(msgspec.Struct, frozen=True, tag=True):
    """Half-time: the teams play the other sides now, `own_side` the observer."""

    after_round: int
    own_side: Side | None


Event = (
    PostIgnored
    | PostLost
    | Quarantined
    | SessionStarted
    | SessionLeft
    | SessionResumed
    | SessionFinished
    | SessionClosed
    | EpochAborted
    | RoundBegan
    | RoundWentLive
    | RoundRestarted
    | RoundDecided
    | RoundClosed
    | KillSeen
    | Died
    | BombChanged
    | SidesSwitched
)
