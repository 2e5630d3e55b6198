"""What the API answers with about players."""

from ninja import Schema
from pydantic import Field

from offangle.web.matches.schemas import MatchSummary, PlayerStats
from offangle.web.shared.api.values import Number, SteamId


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
