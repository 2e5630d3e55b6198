"""What the API answers with about jobs."""

from datetime import datetime
from typing import Literal

from ninja import Schema
from pydantic import Field

JobStateName = Literal["queued", "running", "retrying", "done", "dead", "cancelled"]


class Job(Schema):
    """A job as it stands now."""

    id: str
    kind: str
    subject: str = Field(
        description="What it works on: the file's SHA-256; of a sample that is simulated the import's id"
    )
    title: str = Field(description="What people call that")
    state: JobStateName
    stage: str = Field(description="What is being done, or was done last")
    stage_label: str = Field(description="The same in words")
    fraction: float = Field(description="How much of the stage is done, 0 to 1")
    message: str
    reason: str = Field(description="Why it is dead or waits; empty otherwise")
    hint: str
    attempts: int = Field(description="Failed tries of the current step")
    enqueued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    retry_at: datetime | None
