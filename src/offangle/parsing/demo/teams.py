"""Teams over a match: who plays with whom, on which side in which round, and under what name."""

from typing import Final

import polars as pl

from offangle.core.halves import MatchLength
from offangle.core.sides import SIDES, Side, Team, other_side
from offangle.frames.columns import SIDE, TEAM

_SIDE_NUMBERS: Final = {2: "t", 3: "ct"}


def side_of(team_number: pl.Expr) -> pl.Expr:
    """`t`, `ct` or null from the game's number of a team."""
    return team_number.replace_strict(_SIDE_NUMBERS, default=None, return_dtype=pl.String).cast(SIDE)


def sides_in(state: pl.DataFrame) -> pl.DataFrame:
    """tick, steam_id, side by demoparser2, which also knows players whom a player's own recording hides."""
    return state.select(
        "tick",
        pl.col("steamid").cast(pl.Int64).alias("steam_id"),
        side_of(pl.col("team_num")).alias("side"),
    ).filter(pl.col("steam_id") > 0)


def rosters(rounds: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """Who was on a side at each round's freeze end: round_number, steam_id, side.

    `states` has tick, steam_id and side at least at every round's `live_tick`; the first row of a player counts.
    """
    return (
        rounds.select("round_number", pl.col("live_tick").alias("tick"))
        .join(states.select("tick", "steam_id", "side"), on="tick")
        .filter(pl.col("side").is_not_null(), pl.col("steam_id").is_not_null())
        .unique(["round_number", "steam_id"], keep="first", maintain_order=True)
        .select("round_number", "steam_id", "side")
    )


def team_a_sides(rounds: pl.DataFrame, roster: pl.DataFrame) -> pl.DataFrame:
    """The side of team `a` in each round: round_number, team_a_side.

    Team `a` starts as CT in the first counted round. Afterwards the players tell: each votes for the side that the own
    team plays, and newcomers join the team of their side. Nobody known keeps the previous sides.
    """
    order = rounds.sort("start_tick")["round_number"].to_list()
    anchor = next((at for at, number in enumerate(order) if number > 0), 0)
    sides_of: dict[int, dict[int, Side]] = {number: {} for number in order}
    for number, steam_id, player_side in roster.select("round_number", "steam_id", "side").iter_rows():
        sides_of[number][steam_id] = player_side
    teams: dict[int, Team] = {}
    found: dict[int, Side] = {}
    for walk in (order[anchor:], order[:anchor][::-1]):
        previous: Side = "ct"
        for number in walk:
            previous = _vote(sides_of[number], teams, previous)
            found[number] = previous
            for steam_id, player_side in sides_of[number].items():
                teams.setdefault(steam_id, "a" if player_side == previous else "b")
    return pl.DataFrame(
        {"round_number": list(found), "team_a_side": list(found.values())},
        schema={"round_number": pl.Int16, "team_a_side": SIDE},
    )


def as_they_began(rounds: pl.DataFrame, length: MatchLength) -> pl.DataFrame:
    """The rounds with team `a` as the one that began the match as CT, also where the recording began later."""
    first = rounds.filter(pl.col("round_number") > 0)["round_number"].min()
    if not isinstance(first, int) or length.plays_first_sides(first):
        return rounds
    turned = {side: other_side(side) for side in SIDES}
    return rounds.with_columns(pl.col("team_a_side").cast(pl.String).replace(turned).cast(SIDE))


def _vote(players: dict[int, Side], teams: dict[int, Team], previous: Side) -> Side:
    ballots = [
        player_side if teams[steam_id] == "a" else other_side(player_side)
        for steam_id, player_side in players.items()
        if steam_id in teams
    ]
    ct = ballots.count("ct")
    t = len(ballots) - ct
    return previous if ct == t else "ct" if ct > t else "t"


def player_rounds(roster: pl.DataFrame, sides: pl.DataFrame) -> pl.DataFrame:
    """round_number, steam_id, team, side."""
    team = pl.when(pl.col("side") == pl.col("team_a_side")).then(pl.lit("a")).otherwise(pl.lit("b")).cast(TEAM)
    return roster.join(sides, on="round_number").select("round_number", "steam_id", team.alias("team"), "side")


def players(names: pl.DataFrame, in_rounds: pl.DataFrame) -> pl.DataFrame:
    """One row per player who was on a side: steam_id, name, team (of most of the player's counted rounds), is_bot.

    `names` has steam_id, name and last_side; with no round at all, `last_side` tells who played.
    """
    counted = in_rounds.filter(pl.col("round_number") > 0) if in_rounds["round_number"].max() else in_rounds
    voters = counted if counted.height else in_rounds
    majority = (
        voters.group_by("steam_id", "team")
        .len()
        .sort("len", "team", descending=[True, False])
        .unique("steam_id", keep="first", maintain_order=True)
        .select("steam_id", "team")
    )
    known = names.unique("steam_id", keep="last", maintain_order=True).join(majority, on="steam_id", how="left")
    played = pl.col("steam_id").is_in(in_rounds["steam_id"].unique().to_list())
    if in_rounds.is_empty():
        played = pl.col("last_side").is_not_null()
    return known.filter(played).select(
        "steam_id", pl.col("name").fill_null(""), "team", (pl.col("steam_id") < 0).alias("is_bot")
    )


def team_names(state: pl.DataFrame, rounds: pl.DataFrame) -> dict[Team, str | None]:
    """The clan name of each team, as last seen at a counted round's freeze end."""
    named = (
        rounds.filter(pl.col("round_number") > 0)
        .select(pl.col("live_tick").alias("tick"), "team_a_side")
        .join(state.select("tick", "team_num", "team_clan_name"), on="tick")
        .with_columns(
            side_of(pl.col("team_num")).cast(pl.String).alias("side"),
            pl.col("team_clan_name").str.strip_chars(),
        )
        .filter(pl.col("side").is_not_null(), pl.col("team_clan_name").str.len_chars() > 0)
        .sort("tick")
    )
    is_a = pl.col("side") == pl.col("team_a_side").cast(pl.String)
    return {"a": _last_name(named.filter(is_a)), "b": _last_name(named.filter(~is_a))}


def _last_name(named: pl.DataFrame) -> str | None:
    return str(named["team_clan_name"].last()) if named.height else None


def with_scores(rounds: pl.DataFrame) -> pl.DataFrame:
    """Add winner_team, score_a_before and score_b_before to rounds that know team_a_side.

    The scores are the game's own where it stated them, and the rounds won so far where it did not.
    """
    a_is_t = pl.col("team_a_side") == "t"
    won_by_a = pl.col("winner_side").cast(pl.String) == pl.col("team_a_side").cast(pl.String)
    winner = pl.when(won_by_a).then(pl.lit("a")).when(~won_by_a).then(pl.lit("b")).cast(TEAM)
    counted = pl.col("round_number") > 0
    wins = [
        (counted & (pl.col("winner_team") == team))
        .fill_null(value=False)
        .cast(pl.Int16)
        .cum_sum()
        .shift(1, fill_value=0)
        for team in ("a", "b")
    ]
    stated_a = pl.when(a_is_t).then("t_before").otherwise("ct_before")
    stated_b = pl.when(a_is_t).then("ct_before").otherwise("t_before")
    return (
        rounds.sort("start_tick")
        .with_columns(winner.alias("winner_team"))
        .with_columns(
            pl.coalesce(stated_a, wins[0]).alias("score_a_before"),
            pl.coalesce(stated_b, wins[1]).alias("score_b_before"),
        )
    )
