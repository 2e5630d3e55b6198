"""How simulated game clients post, and how often they show what real ones show only sometimes."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Body: TypeAlias = dict[str, Any]
"""A block of a post, or a whole one."""

NS_PER_S: Final = 10**9


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Of all clients of a match; the first four as in the configuration file that Offangle makes for the game.

    Attributes:
        throttle_s: Between an answer and the next post.
        buffer_s: For how long changes are collected.
        heartbeat_s: Between posts when nothing changes.
        timeout_s: Until a post is given up.
        loss_rate: Share of posts that are not answered with success.
        slow_rate: Share of posts that arrive up to 3 s late.
        untold_winner_rate: Share of decided rounds without `win_team`.
        missed_over_rate: Share of decided rounds that a client shows only when the next one has begun; never of rounds
            that may be the last.
        bomb_delay_s: Up to this long after the plant a player's client still says nothing of it.
        spectator_share: Share of clients that turn into a team-mate after death; the others have no player then.
        crash_share: Share of those who leave whose game just falls silent; the others are seen in the menu.
        distraction_every_s: Mean time between a player's turns to chat or menu.
        token: What authenticates the posts.
    """

    throttle_s: float = 0.1
    buffer_s: float = 0.1
    heartbeat_s: float = 30.0
    timeout_s: float = 5.0
    loss_rate: float = 0.00005
    slow_rate: float = 0.004
    untold_winner_rate: float = 0.03
    missed_over_rate: float = 0.02
    bomb_delay_s: float = 1.5
    spectator_share: float = 0.5
    crash_share: float = 0.5
    distraction_every_s: float = 300.0
    token: str = "offangle-simulator"  # noqa: S105 -- of clients that nobody plays


def nanoseconds(seconds: float) -> int:
    """A time in whole nanoseconds."""
    return round(seconds * NS_PER_S)
