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


class NewGsiToken(Schema):
    """A token to make."""

    steam_id: SteamId = Field(description="One of your Steam accounts")
    name: str = Field(default="", max_length=100, description="The computer that plays")


class GsiTokenSecret(GsiTokenRow):
    """A token with its secret, this once."""

    secret: str
