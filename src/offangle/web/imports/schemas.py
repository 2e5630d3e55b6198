"""What the API answers with about imports."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

ImportState = Literal["refused", "stored", "queued", "processing", "published", "failed", "deleting"]


class Refused(Schema):
    """A file of an upload that was not taken."""

    name: str
    reason: str
    hint: str


class ImportedFile(Schema):
    """One match file of an upload and where it stands."""

    import_id: UUID = Field(description="Ask `/imports/{id}` with it")
    name: str
    state: ImportState
    is_duplicate: bool = Field(description="The same bytes were here before")
    sha256: str | None = Field(description="Of the unpacked file; null when it was refused, or is simulated first")
    job_id: str | None
    job_url: str | None = Field(description="Where to watch it; null until it is queued")
    match_id: UUID | None = Field(description="The match, once published")
    match_url: str | None
    error: str = Field(description="Why it was refused or failed; empty otherwise")
    hint: str
    received_at: datetime


class Upload(Schema):
    """What became of an upload."""

    files: list[ImportedFile] = Field(description="A match file each, in the order of the archive")
    refused: list[Refused] = Field(description="Members of an archive that could not be taken")
