"""What the API answers with about the installation itself."""

from ninja import Schema
from pydantic import Field


class Health(Schema):
    """Whether this installation works."""

    ok: bool
    version: str
    database: bool
    store: bool
    jobs: bool
    workers_alive: int
    problem: str = Field(description="What is wrong; empty when all is well")
