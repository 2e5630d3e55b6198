"""What the API answers with about the tokens of game clients."""

from datetime import datetime

from ninja import Schema
from pydantic import Field

from offangle.web.shared.api.values import SteamId


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


class GsiRefusalRow(Schema):
    """The last post of a token that was not taken; of a Steam account, where it came with no token of yours."""

    token_id: int | None = Field(description="Your token, revoked ones too; null where none came with the post")
    steam_id: SteamId | None = Field(description="Whose client it said it was; null where that could not be read")
    cause: str = Field(description="One word, as `/metrics` counts it, or token_revoked, token_rotated")
    detail: str = Field(description="What is wrong and what to do")
    at: datetime


class NewGsiToken(Schema):
    """A token to make."""

    steam_id: SteamId = Field(description="One of your Steam accounts")
    name: str = Field(default="", max_length=100, description="The computer that plays")


class GsiTokenSecret(GsiTokenRow):
    """A token with its secret, this once."""

    secret: str
