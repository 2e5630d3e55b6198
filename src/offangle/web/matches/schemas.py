"""What the API answers with about matches, apart from the rows of tables (see `rows`)."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field, create_model

from offangle.analysis.registry import PROMOTED
from offangle.core.sides import Side, Team
from offangle.web.shared.api.values import Number, SteamId


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


class WhoseStats(Schema):
    """Whose figures, on which side."""

    steam_id: SteamId
    name: str
    team: Team | None
    side: Literal["all", "t", "ct"]


def promoted_fields() -> dict[str, Any]:
    """A field for each promoted metric, as `create_model` takes it."""
    return {
        metric.name: (int | None if metric.is_whole else Number, Field(description=metric.definition))
        for metric in PROMOTED
    }


if TYPE_CHECKING:

    class PlayerStats(WhoseStats):
        """See below; a type checker cannot follow fields that are made."""

        metrics: dict[str, Number]

else:
    PlayerStats = create_model(
        "PlayerStats",
        __base__=WhoseStats,
        __doc__="A player's figures in a match; see the sheet of definitions for each.",
        **promoted_fields(),
        metrics=(dict[str, Number], Field(description="Every metric by name; null where it has no value here")),
    )


class CheckRow(Schema):
    """A figure that was computed in two ways."""

    name: str
    label: str
    ok: bool | None = Field(description="Null: the source has nothing to check against")
    explained: bool = Field(description="The two differ, and the detail says why they should")
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
