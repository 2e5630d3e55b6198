"""Who plays and who only sits by: coaches have a body on a side, but nobody who plays is in it."""

from dataclasses import dataclass

import polars as pl

from offangle.core.terms import WORLD_WEAPON
from offangle.parsing.demo.awpy_source import AwpyTables
from offangle.parsing.demo.combat import weapon
from offangle.parsing.demo.identity import side, steam_id
from offangle.parsing.demo.teams import rosters, side_of, sides_in


@dataclass(frozen=True, slots=True)
class People:
    """Who is there.

    Attributes:
        roster: round_number, steam_id, side: who was on a side at each round's freeze end.
        coaches: steam_id of those who sit by.
    """

    roster: pl.DataFrame
    coaches: frozenset[int]

    def without_coaches(self, frame: pl.DataFrame, player: str = "steam_id") -> pl.DataFrame:
        """The rows about anybody else."""
        is_coach = pl.col(player).is_in(list(self.coaches)).fill_null(value=False)
        return frame.filter(~is_coach) if self.coaches else frame


def people_of(rounds: pl.DataFrame, states: pl.DataFrame, state: pl.DataFrame, tables: AwpyTables) -> People:
    """Players by round, without coaches: the controller is on no side, or the body never lived while a round was live.

    Whoever shot, was shot at or killed with a weapon is a player for all that.

    Args:
        rounds: round_number, live_tick, freeze_end_tick and over_tick.
        states: tick, steam_id, side and health, as sampled and at every live_tick.
        state: demoparser2's, with the team of the body and of its controller.
        tables: The events.
    """
    seen = pl.concat([states.select("tick", "steam_id", "side"), sides_in(state)])
    bodies = rosters(rounds, seen)
    acted = _who_acted(tables)
    watching = pl.concat([_on_no_side(state), _left_out(bodies, rounds, state, tables)])
    present = rosters(rounds, seen.join(watching, on=["tick", "steam_id"], how="anti"))
    lifeless = _never_alive(present, rounds, states) - acted
    roster = present.filter(~pl.col("steam_id").is_in(list(lifeless)))
    coaches = set(bodies["steam_id"]) - set(roster["steam_id"]) - acted
    return People(roster, frozenset(coaches))


def _on_no_side(state: pl.DataFrame) -> pl.DataFrame:
    """tick, steam_id where the controller is known and on no side, whatever the body is on."""
    on_none = pl.col("controller_team").is_not_null() & side_of(pl.col("controller_team")).is_null()
    return state.filter(on_none).select("tick", pl.col("steamid").cast(pl.Int64, strict=False).alias("steam_id"))


def _left_out(bodies: pl.DataFrame, rounds: pl.DataFrame, state: pl.DataFrame, tables: AwpyTables) -> pl.DataFrame:
    """tick, steam_id of people whom demoparser2 leaves out and awpy ends on no side: their controllers never had one.

    demoparser2 lists nobody whose controller watched from the beginning.
    """
    roster = tables.datasets["players"]
    watched = roster.filter(side("side").is_null(), pl.col("steamid") != 0)["steamid"].cast(pl.Int64, strict=False)
    listed = state.select("tick", pl.col("steamid").cast(pl.Int64, strict=False).alias("steam_id")).unique()
    there = bodies.filter(pl.col("steam_id").is_in(watched.to_list())).join(
        rounds.select("round_number", tick="live_tick"), on="round_number"
    )
    known = there.join(listed.select("tick").unique(), on="tick", how="semi")
    return known.join(listed, on=["tick", "steam_id"], how="anti").select("tick", "steam_id")


def _never_alive(roster: pl.DataFrame, rounds: pl.DataFrame, states: pl.DataFrame) -> set[int]:
    """Players of the roster whose bodies were seen in live rounds, and never alive."""
    live = rounds.filter(pl.col("freeze_end_tick").is_not_null()).select("freeze_end_tick", "over_tick")
    dead = _dead_at_freeze_end(roster, live, states)
    seen = (
        states.filter(pl.col("steam_id").is_in(list(dead)), pl.col("health").is_not_null())
        .select("tick", "steam_id", "health")
        .sort("tick")
        .join_asof(live.sort("freeze_end_tick"), left_on="tick", right_on="freeze_end_tick", coalesce=False)
        .filter(pl.col("tick") <= pl.col("over_tick"))
    )
    lives = seen.group_by("steam_id").agg((pl.col("health") > 0).any().alias("lived"))
    return set(lives.filter(~pl.col("lived"))["steam_id"])


def _dead_at_freeze_end(roster: pl.DataFrame, live: pl.DataFrame, states: pl.DataFrame) -> set[int]:
    """A first, cheap look: who was never alive when a round went live."""
    at_freeze_end = states.join(live.select(tick="freeze_end_tick"), on="tick", how="semi")
    alive = at_freeze_end.filter(pl.col("health") > 0)["steam_id"].unique()
    return set(roster["steam_id"]) - set(alive)


def _who_acted(tables: AwpyTables) -> set[int]:
    """Who fired, was hurt or killed by a weapon, or did that to somebody."""
    shots = tables.datasets["shots"].select(steam_id().alias("steam_id"))
    fights = [
        tables.datasets[name].filter(weapon("weapon") != WORLD_WEAPON).select(steam_id(f"{role}_").alias("steam_id"))
        for name in ("kills", "damages")
        for role in ("attacker", "victim")
    ]
    return set(pl.concat([shots, *fights]).drop_nulls()["steam_id"])
