"""One match, real or simulated, in the shape that the measures of `distributions.metrics` start from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from offangle.analysis.context import Context, prepare
from offangle.analysis.run import Analysis, analyse
from offangle.core.weapons import weapon_class
from offangle.frames.collection import MatchFrames

Floats: TypeAlias = npt.NDArray[np.float64]
Booleans: TypeAlias = npt.NDArray[np.bool_]
LineOfSight: TypeAlias = Callable[[Floats, Floats], Booleans]
"""(n, 3) eyes and (n, 3) points in units, to whether nothing of the map stands between."""

GUNS: Final = ("pistol", "smg", "heavy", "rifle", "sniper")
LEAST_ROUNDS: Final = 10
"""A player's rates over fewer rounds than this say little; who comes late or leaves early is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """A match and what is asked of it more than once; it equals itself only, so that answers can be kept by it.

    Attributes:
        frames: The tables as they were read or simulated.
        context: Marked kills and damages, as analysis starts from them.
        analysis: The derived tables.
        line_of_sight: Through the map's geometry; None where there is none for the map.
        rounds: `round_stats` of the rounds whose end is known, with `live_tick`, the end of freeze time.
        player_rounds: `player_round_stats` of those who were there at freeze end.
        kills: Enemy kills, with `weapon_class`, `distance_u` (null without positions) and `seconds` after freeze end.
        hits: Damage to enemies by guns, with `weapon_class`.
        shots: Shots of guns from freeze end to decision, with `weapon_class`, in order of player and time.
    """

    frames: MatchFrames
    context: Context
    analysis: Analysis
    line_of_sight: LineOfSight | None
    rounds: pl.DataFrame
    player_rounds: pl.DataFrame
    kills: pl.DataFrame
    hits: pl.DataFrame
    shots: pl.DataFrame

    @property
    def tick_rate(self) -> float:
        """Ticks per second."""
        return self.frames.tick_rate

    def in_play(self, table: pl.DataFrame, tick: str = "tick") -> pl.DataFrame:
        """The rows between freeze end and decision, with `seconds` after freeze end."""
        return in_play(table, self.rounds, self.tick_rate, tick)


def played(frames: MatchFrames, line_of_sight: LineOfSight | None = None) -> Played:
    """Analyse a match and mark what the measures ask for."""
    context, analysis = prepare(frames), analyse(frames)
    rounds = analysis["round_stats"].with_columns(live_tick=pl.coalesce("freeze_end_tick", "start_tick"))
    rounds = rounds.filter(pl.col("end_tick").is_not_null())
    enemy_kills = context.kills.filter("counts_for_attacker")
    hits = _classed(context.damages.filter("is_enemy")).filter(pl.col("weapon_class").is_in(GUNS))
    shots = in_play(_classed(frames.counted("shots")), rounds, frames.tick_rate)
    return Played(
        frames=frames,
        context=context,
        analysis=analysis,
        line_of_sight=line_of_sight,
        rounds=rounds,
        player_rounds=analysis["player_round_stats"].filter("played"),
        kills=_classed(in_play(enemy_kills, rounds, frames.tick_rate)).with_columns(distance_u=_distance_u()),
        hits=hits,
        shots=shots.filter(pl.col("weapon_class").is_in(GUNS)).sort("steam_id", "tick"),
    )


def in_play(table: pl.DataFrame, rounds: pl.DataFrame, tick_rate: float, tick: str = "tick") -> pl.DataFrame:
    """The rows of `table` between freeze end and decision, with `seconds` after freeze end."""
    spans = rounds.select("round_number", "live_tick", decided_tick="end_tick")
    inside = table.join(spans, on="round_number", maintain_order="left")
    inside = inside.filter(pl.col(tick) >= pl.col("live_tick"), pl.col(tick) <= pl.col("decided_tick"))
    return inside.with_columns(seconds=(pl.col(tick) - pl.col("live_tick")) / tick_rate).drop(
        "live_tick", "decided_tick"
    )


def _classed(table: pl.DataFrame) -> pl.DataFrame:
    """Add `weapon_class`."""
    classes = {name: weapon_class(name) for name in table["weapon"].unique().to_list()}
    return table.with_columns(weapon_class=pl.col("weapon").replace_strict(classes, return_dtype=pl.String))


def _distance_u() -> pl.Expr:
    """Between attacker and victim, in space."""
    squares = [(pl.col(f"attacker_{axis}") - pl.col(f"victim_{axis}")).cast(pl.Float64) ** 2 for axis in "xyz"]
    return (squares[0] + squares[1] + squares[2]).sqrt()
