"""What the API answers with about live matches and the clients that tell of them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from offangle.web.shared.api.values import SteamId

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
