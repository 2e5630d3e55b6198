"""Clutches: the last one alive on a side against one or more; last duels: one alive on either side."""

import polars as pl

from offangle.core.sides import SIDES, Side


def clutches(
    kills: pl.DataFrame, participants: pl.DataFrame, departures: pl.DataFrame, rounds: pl.DataFrame
) -> pl.DataFrame:
    """One row per clutch: fixed at the tick at which a player becomes the last one alive against X >= 1 enemies.

    All deaths of one tick are taken together. Only the first tick of a round that leaves somebody alone opens a clutch,
    because whoever is left alone later stands against a clutcher; two left alone in the same tick both have one.
    A tick at or after the decision opens none.

    Returns:
        round_number, tick, steam_id, side, team, opponents, won (null when the winner is unknown), survived, kills (by
        the clutcher, after the opening).
    """
    participants = _who_was_there(participants, departures, rounds)
    removals = _removals(kills, participants, departures)
    opened = _left_alone(removals, participants, rounds)
    fixed = _name_the_last(opened, removals, participants)
    return fixed.join(_after(fixed, kills), on=["round_number", "steam_id"], how="left").select(
        "round_number",
        "tick",
        "steam_id",
        "side",
        "team",
        "opponents",
        "won",
        survived=pl.col("deaths_after").fill_null(0) == 0,
        kills=pl.col("kills_after").fill_null(0),
    )


def last_duels(
    kills: pl.DataFrame, participants: pl.DataFrame, departures: pl.DataFrame, rounds: pl.DataFrame
) -> pl.DataFrame:
    """Two rows per round that comes down to one player on either side before its decision, whoever was alone first.

    A round that begins one against one has none: it did not come down to it. What a clutcher brings down to a last duel
    is both.

    Returns:
        round_number, tick, steam_id, side, team, won (null when the winner is unknown).
    """
    participants = _who_was_there(participants, departures, rounds)
    removals = _removals(kills, participants, departures)
    before = _before_the_decision(removals, participants, rounds)
    down = before.filter(pl.col("t_alive") == 1, pl.col("ct_alive") == 1)
    first = down.filter(pl.col("tick") == pl.col("tick").min().over("round_number"))
    opened = pl.concat([_seen_by(first, side, other) for side, other in (SIDES, SIDES[::-1])])
    return _name_the_last(opened, removals, participants).select(
        "round_number", "tick", "steam_id", "side", "team", "won"
    )


def _who_was_there(participants: pl.DataFrame, departures: pl.DataFrame, rounds: pl.DataFrame) -> pl.DataFrame:
    """Without those gone before the round went live: they leave nobody alone, who stays begins the round so."""
    live = rounds.select("round_number", live_tick=pl.coalesce("freeze_end_tick", "start_tick"))
    gone = departures.join(live, on="round_number").filter(pl.col("tick") < pl.col("live_tick"))
    return participants.join(gone, on=["round_number", "steam_id"], how="anti")


def _removals(kills: pl.DataFrame, participants: pl.DataFrame, departures: pl.DataFrame) -> pl.DataFrame:
    """Bodies leaving the round: first own deaths, deaths while controlling a bot, departures of the living.

    Returns:
        round_number, tick, steam_id, side, own_body.
    """
    deaths = kills.select(
        "round_number", "tick", steam_id="victim_steam_id", side="victim_side", own_body="is_own_body"
    )
    own = deaths.filter("own_body").unique(["round_number", "steam_id"], keep="first", maintain_order=True)
    left = departures.join(own, on=["round_number", "steam_id"], how="anti").join(
        participants.select("round_number", "steam_id", "side"), on=["round_number", "steam_id"]
    )
    gone = left.select("round_number", "tick", "steam_id", "side", own_body=pl.lit(value=True))
    return pl.concat([own, deaths.filter(~pl.col("own_body")), gone])


def _left_alone(removals: pl.DataFrame, participants: pl.DataFrame, rounds: pl.DataFrame) -> pl.DataFrame:
    """Rounds, ticks and sides at which a side is left with one player: round_number, tick, side, opponents, won."""
    before = _before_the_decision(removals, participants, rounds)
    per_side = [
        _seen_by(
            before.filter(pl.col(f"{side}_alive") == 1, pl.col(f"{side}_before") > 1, pl.col(f"{other}_alive") >= 1),
            side,
            other,
        )
        for side, other in (SIDES, SIDES[::-1])
    ]
    opened = pl.concat(per_side)
    return opened.filter(pl.col("tick") == pl.col("tick").min().over("round_number"))


def _seen_by(alive: pl.DataFrame, side: Side, other: Side) -> pl.DataFrame:
    """The same moments as one side sees them: round_number, tick, side, opponents, won."""
    return alive.select(
        "round_number",
        "tick",
        pl.lit(side).cast(alive.schema["winner_side"]).alias("side"),
        opponents=f"{other}_alive",
        won=pl.col("winner_side") == side,
    )


def _before_the_decision(removals: pl.DataFrame, participants: pl.DataFrame, rounds: pl.DataFrame) -> pl.DataFrame:
    """How many are alive after each removal that comes before the round is decided, with who won it."""
    decided = rounds.select("round_number", "decision_tick", "winner_side", "team_a_side")
    alive = _alive_over_time(removals, participants).join(decided, on="round_number")
    return alive.filter(pl.col("tick") < pl.col("decision_tick"))


def _alive_over_time(removals: pl.DataFrame, participants: pl.DataFrame) -> pl.DataFrame:
    """Per round and tick of a removal: how many of each side are alive after it, and were before it.

    A side has as many bodies as players at freeze end: who joins later takes the seat of somebody who left.
    """
    on_side = (
        participants.filter("played")
        .group_by("round_number")
        .agg((pl.col("side") == side).sum().cast(pl.Int32).alias(f"{side}_roster") for side in SIDES)
    )
    gone = (
        removals.group_by("round_number", "tick")
        .agg((pl.col("side") == side).sum().cast(pl.Int32).alias(f"{side}_gone") for side in SIDES)
        .sort("round_number", "tick")
        .join(on_side, on="round_number", maintain_order="left")
    )
    alive = gone.with_columns(
        (pl.col(f"{side}_roster") - pl.col(f"{side}_gone").cum_sum().over("round_number")).alias(f"{side}_alive")
        for side in SIDES
    )
    return alive.with_columns(
        (pl.col(f"{side}_alive") + pl.col(f"{side}_gone")).alias(f"{side}_before") for side in SIDES
    )


def _name_the_last(opened: pl.DataFrame, removals: pl.DataFrame, participants: pl.DataFrame) -> pl.DataFrame:
    """Who of the side still stands; a human before a bot, whose body may have been taken over and lost."""
    left = removals.filter("own_body").select("round_number", "steam_id", gone_tick="tick")
    standing = (
        opened.join(participants.select("round_number", "side", "steam_id", "team"), on=["round_number", "side"])
        .join(left, on=["round_number", "steam_id"], how="left")
        .filter((pl.col("gone_tick") > pl.col("tick")).fill_null(value=True))
    )
    return standing.sort("round_number", "tick", "steam_id", descending=[False, False, True]).unique(
        ["round_number", "side"], keep="first", maintain_order=True
    )


def _after(fixed: pl.DataFrame, kills: pl.DataFrame) -> pl.DataFrame:
    """What the clutcher did after the opening: round_number, steam_id, kills_after, deaths_after."""
    start = fixed.select("round_number", "steam_id", opened_at="tick")
    later = kills.join(start, on="round_number").filter(pl.col("tick") > pl.col("opened_at"))
    killed = pl.col("counts_for_attacker") & (pl.col("attacker_steam_id") == pl.col("steam_id"))
    died = pl.col("victim_steam_id") == pl.col("steam_id")
    return later.group_by("round_number", "steam_id").agg(kills_after=killed.sum(), deaths_after=died.sum())


def clutches_per_round(found: pl.DataFrame) -> pl.DataFrame:
    """Per round and clutcher: `clutch_opponents`, `clutch_won`."""
    return found.select("round_number", "steam_id", clutch_opponents="opponents", clutch_won="won")


def last_duels_per_round(found: pl.DataFrame) -> pl.DataFrame:
    """Per round and player of a last duel: `last_duel_won`."""
    return found.select("round_number", "steam_id", last_duel_won="won")
