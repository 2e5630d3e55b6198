"""What is known after the posts so far. Everything is a value: the next state is a new one."""

from typing import Final, Literal

import msgspec

from offangle.core.sides import Side
from offangle.live.observation import OwnPlayer, Scalar

Confidence = Literal["high", "medium", "low", "none"]
SURE: Final[tuple[Confidence, ...]] = ("high", "medium")
"""Confidences at which a kill's weapon is taken as known."""
UNKNOWN_WEAPON = "unknown"


class Kill(msgspec.Struct, frozen=True):
    """A kill of the observer, with exactly one weapon and how sure that is (DEFINITIONS, Weapons)."""

    round_number: int
    weapon: str
    confidence: Confidence
    received_ns: int


class WeaponInterval(msgspec.Struct, frozen=True):
    """A weapon in hand from one post to another."""

    weapon: str
    from_ns: int
    to_ns: int


class LiveRound(msgspec.Struct, frozen=True):
    """One round as the observer saw it.

    Attributes:
        is_side_sure: A post of the round showed which sides the teams play, by the own side or by the score.
        round_kills_before: What the round's own counter of kills told when it was first seen and nobody had been
            killed yet: a client that comes back late is still shown the round before.
    """

    number: int
    winner: Side | None = None
    reason: str = "unknown"
    is_winner_inferred: bool = False
    is_reason_inferred: bool = False
    is_decided: bool = False
    own_side: Side | None = None
    is_side_sure: bool = False
    own_died: bool | None = None
    assists: int = 0
    headshot_kills: int = 0
    equipment_value: int | None = None
    equipment_value_buy_end: int | None = None
    money: int | None = None
    health: int | None = None
    armor: int | None = None
    has_helmet: bool | None = None
    has_defuse_kit: bool | None = None
    was_bomb_planted: bool = False
    bomb_outcome: str | None = None
    begin_ns: int | None = None
    live_ns: int | None = None
    end_ns: int | None = None
    weapons_used: tuple[str, ...] = ()
    intervals: tuple[WeaponInterval, ...] = ()
    grenade_thrown: str | None = None
    grenade_thrown_ns: int | None = None
    seen_winner: Side | None = None
    state_sequence: int | None = None
    round_kills_before: int | None = None


class OwnTotals(msgspec.Struct, frozen=True):
    """The observer's scoreboard line; None until the game sent it."""

    kills: int | None = None
    deaths: int | None = None
    assists: int | None = None
    mvps: int | None = None
    score: int | None = None


class Epoch(msgspec.Struct, frozen=True):
    """The match between two restarts; all but the last of a session are aborted.

    Attributes:
        totals: The observer's line over the whole epoch, also when the game began to count anew on the way.
        totals_before: What the line showed before it was counted anew.
        was_blank: The last scoreboard told was all zeros although it had shown more; it was not believed.
        intermission_after: The last round after which an intermission was seen.
        team_t_name: The team that plays T now; None until the server names it.
        team_ct_name: The team that plays CT now.
    """

    rounds: tuple[LiveRound, ...] = ()
    current: LiveRound | None = None
    kills: tuple[Kill, ...] = ()
    kills_before: int | None = None
    deaths_seen: int | None = None
    assists_seen: int | None = None
    totals: OwnTotals = OwnTotals()
    totals_before: OwnTotals = OwnTotals()
    was_blank: bool = False
    own_side: Side | None = None
    score_t: int = 0
    score_ct: int = 0
    rounds_completed: int = 0
    side_switches: tuple[int, ...] = ()
    intermission_after: int | None = None
    team_t_name: str | None = None
    team_ct_name: str | None = None
    is_aborted: bool = False


class Session(msgspec.Struct, frozen=True):
    """One stay on one server's match: identity is continuity, not map + mode + player."""

    steam_id: int
    map_name: str
    mode: str
    first_sequence: int
    first_ns: int
    last_ns: int
    last_sequence: int
    past_epochs: tuple[Epoch, ...] = ()
    epoch: Epoch | None = None
    is_finished: bool = False
    is_left: bool = False
    own_name: str | None = None

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        """All epochs, the running one last."""
        return (*self.past_epochs, self.epoch) if self.epoch is not None else self.past_epochs


class LastPost(msgspec.Struct, frozen=True):
    """What must be remembered of the post before."""

    received_ns: int
    provider_timestamp: int
    facts: dict[str, Scalar]
    same_second: tuple[str, ...] = ()
    own: OwnPlayer | None = None
    round_number: int | None = None
    round_phase: str | None = None
    bomb: str | None = None


class Counters(msgspec.Struct, frozen=True):
    """Posts by what became of them."""

    accepted: int = 0
    late: int = 0
    repeated: int = 0
    lost: int = 0
    quarantined: int = 0


class LiveState(msgspec.Struct, frozen=True):
    """The fold over one observer's posts; it can be stored as JSON and taken up again anywhere."""

    session: Session | None = None
    last: LastPost | None = None
    counters: Counters = Counters()
