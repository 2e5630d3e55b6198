"""What one post of a game client says, in Offangle's own words; the wire form stays in `gsi`."""

from typing import Literal

import msgspec

from offangle.core.sides import Side

RoundPhase = Literal["freezetime", "live", "over"]
MapPhase = Literal["warmup", "live", "intermission", "gameover"]
BombState = Literal["planted", "exploded", "defused"]
Scalar = str | int | float | bool


class HeldWeapon(msgspec.Struct, frozen=True):
    """A weapon in the observer's inventory. A paintkit is not identity and is left out."""

    name: str
    kind: str | None = None
    state: str = "holstered"
    ammo_clip: int | None = None
    ammo_reserve: int | None = None


class OwnPlayer(msgspec.Struct, frozen=True):
    """The observer's own player. A figure that was not sent is None: absent is not zero."""

    name: str | None = None
    side: Side | None = None
    activity: str | None = None
    health: int | None = None
    armor: int | None = None
    has_helmet: bool | None = None
    has_defuse_kit: bool | None = None
    money: int | None = None
    equipment_value: int | None = None
    round_kills: int | None = None
    round_headshot_kills: int | None = None
    kills: int | None = None
    deaths: int | None = None
    assists: int | None = None
    mvps: int | None = None
    score: int | None = None
    weapons: tuple[HeldWeapon, ...] = ()

    @property
    def active_weapon(self) -> HeldWeapon | None:
        """The weapon in hand; one that reloads is in hand too."""
        return next((weapon for weapon in self.weapons if weapon.state in {"active", "reloading"}), None)


class MapState(msgspec.Struct, frozen=True):
    """The match as every client sees it."""

    name: str
    mode: str
    phase: str
    rounds_completed: int
    score_t: int
    score_ct: int
    team_t_name: str | None = None
    team_ct_name: str | None = None
    round_wins: dict[int, str] = {}
    loss_streak_t: int | None = None
    loss_streak_ct: int | None = None

    def score_of(self, side: Side) -> int:
        """Rounds won by the team that plays `side` now."""
        return self.score_t if side == "t" else self.score_ct


class Observation(msgspec.Struct, frozen=True):
    """One post, in the order of its arrival.

    `provider_timestamp` is the client's clock in whole seconds, 0 where it tells none.
    `facts` are the post's own figures by path and `claims` what it says the post before it contained; together they
    tell whether a post was lost in between.
    """

    sequence: int
    received_ns: int
    provider_timestamp: int
    steam_id: int
    map: MapState | None = None
    round_phase: RoundPhase | None = None
    round_winner: Side | None = None
    bomb: BombState | None = None
    own: OwnPlayer | None = None
    watched_steam_id: int | None = None
    is_spectating: bool = False
    has_claims: bool = False
    claims: dict[str, Scalar] = {}
    facts: dict[str, Scalar] = {}

    @property
    def is_round_decided(self) -> bool:
        """Whether the round that `rounds_completed` counts last is still the one being shown."""
        after_round = self.map is not None and self.map.phase in {"gameover", "intermission"}
        return self.round_phase == "over" or after_round

    @property
    def current_round(self) -> int:
        """The number of the round this post is about: the counter already includes a decided round (trap 1)."""
        if self.map is None:
            return 0
        return self.map.rounds_completed if self.is_round_decided else self.map.rounds_completed + 1
