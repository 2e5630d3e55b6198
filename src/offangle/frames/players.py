"""The people (and bots) of a match."""

import dataframely as dy

from offangle.frames import columns as col


class PlayersTable(dy.Schema):
    """One row per player who was on a side in any round."""

    steam_id = col.steam_id(primary_key=True)
    name = dy.String()
    team = col.team()
    is_bot = dy.Bool()


class ScoreboardTable(dy.Schema):
    """The source's own scoreboard at the end of the match, to reconcile with; null where it has no such figure."""

    steam_id = col.steam_id(primary_key=True)
    rounds_played = dy.Int32(nullable=True)
    kills = dy.Int32(nullable=True)
    deaths = dy.Int32(nullable=True)
    assists = dy.Int32(nullable=True)
    headshot_kills = dy.Int32(nullable=True)
    damage = dy.Int32(nullable=True, description="Enemy health removed")
    utility_damage = dy.Int32(nullable=True)
    mvps = dy.Int32(nullable=True)
    score = dy.Int32(nullable=True)
