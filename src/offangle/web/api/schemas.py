"""What the API answers with, apart from the rows of tables (see `rows`)."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from offangle.core.sides import Side, Team
from offangle.web.api.values import Number, SteamId

JobStateName = Literal["queued", "running", "retrying", "done", "dead", "cancelled"]
ImportState = Literal["refused", "stored", "queued", "processing", "published", "failed", "deleting"]


class MatchSummary(Schema):
    """A match as the list shows it."""

    id: UUID
    map_name: str
    source: str = Field(description="Where the match's data comes from", examples=["demo"])
    game_mode: str = Field(description="Empty where not known")
    server_name: str = Field(description="Empty where not known")
    played_at: datetime | None
    published_at: datetime
    duration_s: Number = Field(description="Seconds")
    tick_rate: float = Field(description="Ticks per second")
    team_a_name: str = Field(description="Empty where not known")
    team_b_name: str = Field(description="Empty where not known")
    score_a: int
    score_b: int
    rounds_played: int
    is_simulated: bool = Field(description="Played by Offangle's simulator; nobody in it is real")
    pipeline_version: str
    checks_failed: int = Field(description="Checks whose figures differ; see `/matches/{id}/checks`")


class Parser(Schema):
    """Who read the file."""

    name: str
    version: str
    role: str


class MatchDetail(MatchSummary):
    """A match with what it was made from."""

    parsers: list[Parser]
    tables: list[str] = Field(description="Names for `/matches/{id}/tables/{name}`")
    file_sha256: str | None = Field(description="Of the unpacked file; null when it is not kept")
    may_delete: bool = Field(description="Whether you may delete it")


class RoundRow(Schema):
    """A counted round."""

    number: int
    kind: str
    half: int
    start_tick: int
    freeze_end_tick: int | None
    end_tick: int | None
    team_a_side: Side | None
    winner_side: Side | None
    winner_team: Team | None
    reason: str
    duration_s: Number = Field(description="Freeze end to decision, seconds")
    t_buy: str | None = Field(description="Buy class of the T side")
    ct_buy: str | None = Field(description="Buy class of the CT side")


class MatchPlayer(Schema):
    """Somebody who took part."""

    steam_id: SteamId
    name: str
    team: Team | None
    is_bot: bool


class PlayerStats(Schema):
    """A player's figures in a match; see the sheet of definitions for each."""

    steam_id: SteamId
    name: str
    team: Team | None
    side: Literal["all", "t", "ct"]
    rounds_played: int
    kills: int
    deaths: int
    assists: int
    flash_assists: int
    headshot_kills: int
    damage: int
    utility_damage: int
    adr: Number
    kast: Number
    rating_1: Number
    rating_2_est: Number
    opening_kills: int
    opening_deaths: int
    trade_kills: int
    traded_deaths: int
    clutches_won: int
    clutches_lost: int
    metrics: dict[str, Number] = Field(description="Every metric by name; null where it has no value here")


class CheckRow(Schema):
    """A figure that was computed in two ways."""

    name: str
    label: str
    ok: bool | None = Field(description="Null: the source has nothing to check against")
    expected: str
    found: str
    detail: str


class MatchChecks(Schema):
    """How a match reconciled, and who read it."""

    pipeline_version: str
    parsers: list[Parser]
    checks: list[CheckRow]


class TableLink(Schema):
    """A stored table."""

    name: str
    kind: Literal["frames", "derived"] = Field(description="As parsed, or computed from that")
    parquet_url: str
    csv_url: str


class PlayerAverages(Schema):
    """Figures over all matches that you may see: totals added up, every rate taken of the sums."""

    matches: int
    rounds_played: int
    kills: int
    deaths: int
    assists: int
    headshot_kills: int
    adr: Number
    kast: Number
    rating_1: Number
    rating_2_est: Number
    metrics: dict[str, Number] = Field(description="Every metric by name; null where it has no value")


class PlayerMatch(Schema):
    """A match of a player."""

    match: MatchSummary
    stats: PlayerStats


class Player(Schema):
    """A player over the matches that you may see."""

    steam_id: SteamId
    name: str
    is_bot: bool
    is_simulated: bool = Field(
        description="Nothing but simulated matches is known; else those are left out of averages"
    )
    averages: PlayerAverages


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


class Job(Schema):
    """A job as it stands now."""

    id: str
    kind: str
    subject: str = Field(
        description="What it works on: the file's SHA-256; of a sample that is simulated the import's id"
    )
    state: JobStateName
    stage: str = Field(description="What is being done, or was done last")
    fraction: float = Field(description="How much of the stage is done, 0 to 1")
    message: str
    reason: str = Field(description="Why it is dead or waits; empty otherwise")
    hint: str
    attempts: int = Field(description="Failed tries of the current step")
    enqueued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    retry_at: datetime | None


class Health(Schema):
    """Whether this installation works."""

    ok: bool
    version: str
    database: bool
    store: bool
    jobs: bool
    workers_alive: int
    problem: str = Field(description="What is wrong; empty when all is well")
