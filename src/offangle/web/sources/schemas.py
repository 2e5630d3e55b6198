"""What the API answers with about sources."""

from datetime import datetime

from ninja import Schema
from pydantic import Field


class SourceRow(Schema):
    """One place that matches come from, for one of your accounts there."""

    source: str
    label: str
    how: str = Field(description="What to do so that matches come this way")
    account: str = Field(description="Of yours at the source; empty where it knows none")
    last_seen_at: datetime | None = Field(description="When it last did what it was asked")
    error: str = Field(description="What went wrong last; empty: nothing")
    hint: str
    failures: int = Field(description="Visits in a row that went wrong")
    next_try_at: datetime | None
    is_halted: bool = Field(description="Nobody asks it until you have changed something")
