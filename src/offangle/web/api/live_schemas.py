"""What the API answers with about live matches and the clients that tell of them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field

from offangle.core.sides import Side
from offangle.web.api.values import SteamId

LiveStateName = Literal["live", "left", "finished", "aborted"]


class LiveObserverState(Schema):
    """How things stand for one client now."""

    steam_id: SteamId
    match_id: UUID | None = Field(description="Null while no match is followed, or its owner deleted it")
    received_at: datetime = Field(description="When the post arrived that this shows")
    sequence: int = Field(description="Number of that post in the journal")
    state: dict[str, Any] = Field(
        description="status, map, mode, phase, round, round_phase, bomb, own_side, score, sides, own, rounds, alerts"
    )


class LiveEventRow(Schema):
    """Something that just happened."""

    id: int
    kind: str = Field(examples=["round_decided"])
    steam_id: SteamId = Field(description="Whose client told it")
    match_id: UUID | None
    body: dict[str, Any]


class LiveEvents(Schema):
    """What happened since."""

    events: list[LiveEventRow]
    cursor: int = Field(description="Ask with it as `since` for what follows")


class Observer(Schema):
    """A client that observed a match."""

    steam_id: SteamId
    name: str
    state: LiveStateName
    begin_at: datetime
    end_at: datetime
    is_joined: bool = Field(description="It has a match of its own that was joined with this one")
    is_pinned: bool = Field(description="A person said which match it belongs to")


class OtherMatch(Schema):
    """The match to merge into the one addressed."""

    other_match_id: UUID


class OtherObserver(Schema):
    """The observer to split off."""

    steam_id: SteamId


class WeaponUse(Schema):
    """A weapon in a player's hands in a round."""

    weapon: str
    shots: int
    kills: int
    headshot_kills: int
    damage: int


class PlayerRound(Schema):
    """A player in a round: what they had at freeze end and what they did."""

    round_number: int
    steam_id: SteamId
    side: Side
    health: int | None
    armor: int | None
    has_helmet: bool | None
    has_defuse_kit: bool | None
    money: int | None
    equipment_value: int | None
    buy: str | None
    kills: int
    deaths: int
    assists: int
    headshot_kills: int
    damage: int
    survived: bool | None
    weapons: list[WeaponUse]


class MatchChanges(Schema):
    """What to correct; what is absent stays, null takes a correction back with the next analysis."""

    team_a_name: str | None = Field(default=None, max_length=100, pattern=r"^[^\x00]*$")
    team_b_name: str | None = Field(default=None, max_length=100, pattern=r"^[^\x00]*$")
    server_name: str | None = Field(default=None, max_length=200, pattern=r"^[^\x00]*$")
    played_at: AwareDatetime | None = None


class WeaponRow(Schema):
    """A weapon: of the current list, or added when it was first seen."""

    name: str
    display_name: str = Field(description="Empty for a weapon that no list holds")
    weapon_class: str
    price: int | None = Field(description="Dollars")
    kill_reward: int | None = Field(description="Dollars, in competitive play")
    max_speed_u: int | None = Field(description="Running speed with it in hand, units per second")
    clip_size: int | None = Field(description="Cartridges; null where it has no clip")


class GsiTokenRow(Schema):
    """What lets a game client post; its secret is shown only when it is made."""

    id: int
    name: str
    steam_id: SteamId
    prefix: str = Field(description="How the secret begins")
    created_at: datetime
    rotated_at: datetime | None
    last_used_at: datetime | None = Field(description="To about a minute")
    revoked_at: datetime | None


class NewGsiToken(Schema):
    """A token to make."""

    steam_id: SteamId = Field(description="One of your Steam accounts")
    name: str = Field(default="", max_length=100, description="The computer that plays")


class GsiTokenSecret(GsiTokenRow):
    """A token with its secret, this once."""

    secret: str
