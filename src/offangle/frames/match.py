"""The match itself: exactly one row."""

from typing import Final

import dataframely as dy

from offangle.core.terms import SOURCES
from offangle.frames import columns as col

FINAL_SCORE: Final = "As the source states it, not as counted; see `corrections` where it counts wrong winners"


class MatchTable(dy.Schema):
    """One row: what was played where, and the final score as the source itself gives it."""

    map_name = dy.String(min_length=1, max_length=64, regex=r"^[\w.\-]+$")
    tick_rate = dy.Float64(min_exclusive=0.0, metadata=col.unit("tick/s"))
    sample_rate_hz = dy.Float64(
        nullable=True,
        min_exclusive=0.0,
        metadata=col.unit("Hz"),
        description="Rate of `ticks` rows per player; null without",
    )
    duration_s = dy.Float64(nullable=True, min=0.0, metadata=col.unit("s"))
    source = dy.Enum(SOURCES)
    server_name = dy.String(nullable=True)
    game_mode = dy.String(nullable=True, description="competitive, premier, wingman, deathmatch, ... or null")
    build_number = dy.Int32(nullable=True, description="The game's build that recorded the demo")
    played_at = dy.Datetime(nullable=True, time_zone="UTC", time_unit="us")
    team_a_name = dy.String(nullable=True)
    team_b_name = dy.String(nullable=True)
    score_a = dy.Int16(nullable=True, min=0, description=FINAL_SCORE)
    score_b = dy.Int16(nullable=True, min=0, description=FINAL_SCORE)
    is_simulated = dy.Bool(description="True for matches that Offangle's own simulator wrote")
