"""The recording's own totals: the scoreboard and the final score."""

from typing import Final

import polars as pl

from offangle.core.sides import other_side
from offangle.frames.collection import shape

_NAMES: Final = {
    "kills_total": "kills",
    "deaths_total": "deaths",
    "assists_total": "assists",
    "headshot_kills_total": "headshot_kills",
    "damage_total": "damage",
    "utility_damage_total": "utility_damage",
    "mvps": "mvps",
    "score": "score",
}
_DETAIL: Final = ("damage", "utility_damage", "headshot_kills")


def scoreboard(state: pl.DataFrame, over_tick: int | None) -> pl.DataFrame | None:
    """The scoreboard table as of `over_tick`, the end of the last counted round; None when the recording keeps none.

    Who left before is there with the figures that were last seen.
    Servers that do not track a figure leave it at zero for everyone. Kills without any damage show that the detailed
    figures were not tracked; they are null then, not zero.
    """
    if over_tick is None or state.is_empty():
        return None
    last = (
        state.filter(pl.col("tick") <= over_tick, pl.col("steamid") > 0)
        .sort("tick")
        .group_by("steamid", maintain_order=True)
        .agg(pl.col(a).drop_nulls().last().alias(b) for a, b in _NAMES.items())
        .with_columns(pl.col("steamid").cast(pl.Int64).alias("steam_id"))
        .drop("steamid")
    )
    sums = {name: last[name].sum() or 0 for name in _NAMES.values()}
    if not sums["kills"] and not sums["deaths"]:
        return None
    untracked = [name for name in ("mvps", "score") if not sums[name]] + ([] if sums["damage"] else list(_DETAIL))
    return shape("scoreboard", last.drop(untracked).sort("steam_id"))


def final_score(rounds: pl.DataFrame) -> tuple[int | None, int | None]:
    """Score of team a and b after the last counted round as the game's teams hold it; None where nobody says."""
    decided = rounds.filter(pl.col("round_number") > 0, pl.col("end_tick").is_not_null())
    if decided.is_empty():
        return None, None
    last = decided.sort("start_tick").row(-1, named=True)
    side_a = last["team_a_side"]
    return last[f"{side_a}_after"], last[f"{other_side(side_a)}_after"]
