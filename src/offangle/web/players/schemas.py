"""What the API answers with about players."""

from typing import TYPE_CHECKING

from ninja import Schema
from pydantic import Field, create_model

from offangle.web.matches.schemas import MatchSummary, PlayerStats, promoted_fields
from offangle.web.shared.api.values import Number, SteamId

if TYPE_CHECKING:

    class PlayerAverages(Schema):
        """See below; a type checker cannot follow fields that are made."""

        matches: int
        metrics: dict[str, Number]

else:
    PlayerAverages = create_model(
        "PlayerAverages",
        __base__=Schema,
        __doc__="Figures over all matches that you may see: totals added up, every rate taken of the sums.",
        matches=(int, ...),
        **promoted_fields(),
        metrics=(dict[str, Number], Field(description="Every metric by name; null where it has no value")),
    )


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
