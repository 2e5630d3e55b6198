"""What the events of a round say about its sides and its winner, whatever the source says of them.

Sides: only the T side carries and plants the bomb, only the CT side defuses and has kits, and each side has its own
shop. Winner: who defused, whose bomb went off, who was left alive. Sides here are those *recorded* with the players;
the verdict tells whether they are right.
"""

from typing import Final

import polars as pl

from offangle.core.sides import SIDES
from offangle.core.weapons import SHOP_SIDES
from offangle.frames.collection import MatchFrames
from offangle.frames.columns import SIDE

T_DEEDS: Final = ("picked_up", "dropped", "plant_begin", "plant_abort", "planted")
CT_DEEDS: Final = ("defuse_begin", "defuse_abort", "defused")
"""What only one side can do; an explosion is left out, since sources name its planter, its victim or nobody."""

BOMB_REASONS: Final = ("bomb_exploded", "bomb_defused")

SHOP_ITEMS_AT_LEAST: Final = 4
SHOP_MAJORITY: Final = 3
"""Weapons change hands, so that a shop's word counts only from so many items on, and by so many to one. In 835 real
rounds that were recorded rightly there are at worst five items against six, in 27 recorded wrongly 15 against four."""

VERDICTS: Final = ("right", "inverted", "mixed", "unknown")
WINNER_SIGNS: Final = ("defused", "exploded", "left_alive")

_KEY: Final = ["round_number", "steam_id"]


def round_evidence(frames: MatchFrames) -> pl.DataFrame:
    """What the events say of each counted round.

    Returns:
        One row per counted round in order: round_number; deeds_for, deeds_against, shop_for, shop_against (signs for
        and against the recorded sides: plants, defuses and kits; weapons that one side can buy); `sides`, the verdict,
        one of `VERDICTS`; `winner`, the *recorded* side that won by the events (null where they do not tell or
        contradict each other), and `winner_sign`, how they tell, one of `WINNER_SIGNS`.
    """
    rounds = frames.counted("rounds").sort("round_number")
    on_side = _on_side(frames)
    signs = _with_counts(rounds, _deeds(frames, on_side), _shop(frames.counted("economy")))
    judged = _spread(signs.with_columns(sides=_verdict()))
    return _winners(judged, frames, on_side).select(
        "round_number", "deeds_for", "deeds_against", "shop_for", "shop_against", "sides", "winner", "winner_sign"
    )


def _on_side(frames: MatchFrames) -> pl.DataFrame:
    """Everybody seen in a round with the recorded side: round_number, steam_id, side."""
    kills = frames.counted("kills")
    listed = frames.counted("player_rounds").select(*_KEY, "side")
    seen = [
        kills.select("round_number", steam_id=f"{role}_steam_id", side=f"{role}_side")
        for role in ("attacker", "victim")
    ]
    return pl.concat([listed, *seen]).drop_nulls().unique(_KEY, keep="first", maintain_order=True)


def _deeds(frames: MatchFrames, on_side: pl.DataFrame) -> pl.DataFrame:
    """Deeds that fit the doer's recorded side, and those that do not: round_number, deeds_for, deeds_against."""
    bomb = frames.counted("bomb_events").join(on_side, on=_KEY)
    kits = frames.counted("economy").filter("has_defuse_kit")
    event = pl.col("event").cast(pl.String)
    doers = (
        bomb.filter(event.is_in(T_DEEDS)).select("round_number", fits=pl.col("side") == SIDES[0]),
        bomb.filter(event.is_in(CT_DEEDS)).select("round_number", fits=pl.col("side") == SIDES[1]),
        kits.select("round_number", fits=pl.col("side") == SIDES[1]),
    )
    return _for_and_against(pl.concat(doers), "deeds")


def _shop(economy: pl.DataFrame) -> pl.DataFrame:
    """Weapons in the hands of the side that can buy them, and of the other: round_number, shop_for, shop_against."""
    held = pl.concat(
        economy.select("round_number", "side", weapon=f"{slot}_weapon") for slot in ("primary", "secondary")
    )
    sold_to = pl.col("weapon").replace_strict(SHOP_SIDES, default=None, return_dtype=SIDE)
    return _for_and_against(held.select("round_number", fits=sold_to == pl.col("side")), "shop")


def _for_and_against(signs: pl.DataFrame, name: str) -> pl.DataFrame:
    fits = pl.col("fits")
    return signs.group_by("round_number").agg(
        fits.sum().cast(pl.Int32).alias(f"{name}_for"), (~fits).sum().cast(pl.Int32).alias(f"{name}_against")
    )


def _with_counts(rounds: pl.DataFrame, *counts: pl.DataFrame) -> pl.DataFrame:
    for each in counts:
        rounds = rounds.join(each, on="round_number", how="left", maintain_order="left")
    return rounds.with_columns(pl.col("deeds_for", "deeds_against", "shop_for", "shop_against").fill_null(0))


def _verdict() -> pl.Expr:
    """Deeds decide; where there are none a shop's clear majority; a clear majority against the deeds leaves it open."""
    shop_says = [
        (pl.col(ours) >= SHOP_ITEMS_AT_LEAST) & (pl.col(ours) >= SHOP_MAJORITY * pl.col(theirs))
        for ours, theirs in (("shop_for", "shop_against"), ("shop_against", "shop_for"))
    ]
    right, against = pl.col("deeds_for") > 0, pl.col("deeds_against") > 0
    return (
        pl.when((right & against) | (right & shop_says[1]) | (against & shop_says[0]))
        .then(pl.lit("mixed"))
        .when(right | (shop_says[0] & ~against))
        .then(pl.lit("right"))
        .when(against | shop_says[1])
        .then(pl.lit("inverted"))
        .otherwise(pl.lit("unknown"))
    )


def _spread(rounds: pl.DataFrame) -> pl.DataFrame:
    """Rounds that say nothing of their sides follow the others of their stretch without a change, if these agree.

    A source that errs does so for whole stretches; a round without any sign is one in which nobody carried anything.
    """
    side = pl.col("team_a_side")
    stretch = (side != side.shift(1)).fill_null(value=True).cum_sum().alias("stretch")
    told = pl.col("sides").filter(pl.col("sides") != "unknown")
    of_others = pl.when(told.n_unique() == 1).then(told.first()).otherwise(pl.lit("unknown")).over("stretch")
    return rounds.with_columns(stretch).with_columns(
        pl.when(pl.col("sides") == "unknown").then(of_others).otherwise("sides").alias("sides")
    )


def _winners(rounds: pl.DataFrame, frames: MatchFrames, on_side: pl.DataFrame) -> pl.DataFrame:
    """Add `winner` (recorded side) and `winner_sign`."""
    carries = pl.when(pl.col("sides") == "inverted").then(pl.lit(SIDES[1])).otherwise(pl.lit(SIDES[0])).cast(SIDE)
    marked = _with_bomb(rounds.with_columns(carries=carries), frames, on_side)
    marked = marked.join(_left_alive(rounds, frames, on_side), on="round_number", how="left", maintain_order="left")
    # Who is left without carriers has won only if no bomb was ticking, of which not every source tells everything.
    no_bomb = ~pl.col("is_planted") & ~pl.col("reason").cast(pl.String).is_in(BOMB_REASONS)
    is_over = (pl.col("left_alive") == pl.col("carries")) | (no_bomb & pl.lit(frames.has("bomb_events")))
    exploded = pl.coalesce("planter_side", "carries")
    by_sign = (
        pl.when(pl.col("is_defused") & pl.col("is_exploded"))
        .then(None)
        .when("is_defused")
        .then(pl.struct(winner=pl.col("defuser_side"), winner_sign=pl.lit("defused")))
        .when("is_exploded")
        .then(pl.struct(winner=exploded, winner_sign=pl.lit("exploded")))
        .when(is_over & pl.col("left_alive").is_not_null() & (pl.col("sides") != "mixed"))
        .then(pl.struct(winner=pl.col("left_alive"), winner_sign=pl.lit("left_alive")))
    )
    return marked.with_columns(by_sign.alias("by_sign")).unnest("by_sign")


def _with_bomb(rounds: pl.DataFrame, frames: MatchFrames, on_side: pl.DataFrame) -> pl.DataFrame:
    """Add is_planted, is_defused, is_exploded, and the recorded sides of planter and defuser."""
    events = frames.counted("bomb_events").join(on_side, on=_KEY, how="left", maintain_order="left")
    event = pl.col("event").cast(pl.String)
    bomb = events.group_by("round_number").agg(
        is_planted=(event == "planted").any(),
        is_defused=(event == "defused").any(),
        is_exploded=(event == "exploded").any(),
        planter_side=pl.col("side").filter(event == "planted").last(),
        defuser_side=pl.col("side").filter(event == "defused").last(),
    )
    flags = pl.col("is_planted", "is_defused", "is_exploded")
    return rounds.join(bomb, on="round_number", how="left", maintain_order="left").with_columns(
        flags.fill_null(value=False)
    )


def _left_alive(rounds: pl.DataFrame, frames: MatchFrames, on_side: pl.DataFrame) -> pl.DataFrame:
    """Rounds whose decision found one recorded side dead to the last and the other not: round_number, left_alive."""
    ends = rounds.select("round_number", "end_tick")
    deaths = frames.counted("kills").join(ends, on="round_number").filter(pl.col("tick") <= pl.col("end_tick"))
    dead = deaths.select("round_number", steam_id="victim_steam_id", is_dead=True).unique()
    alive = (
        on_side.join(dead, on=_KEY, how="left")
        .group_by("round_number", "side")
        .agg(alive=pl.col("is_dead").is_null().sum())
    )
    sides = alive.group_by("round_number").agg(
        there=pl.len(), alive=(pl.col("alive") > 0).sum(), left_alive=pl.col("side").filter(pl.col("alive") > 0).first()
    )
    return sides.filter((pl.col("there") == len(SIDES)) & (pl.col("alive") == 1)).select("round_number", "left_alive")
