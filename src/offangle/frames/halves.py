"""Halves and kinds of counted rounds: `core.halves` for sources that hold their rounds in a frame."""

from typing import Final

import polars as pl

from offangle.core.halves import NOTHING_STATED, USUAL_MAX_ROUNDS, MatchLength, RoundsSeen, StatedLength, read_length
from offangle.core.terms import ROUND_KINDS

NO_MONEY: Final = pl.DataFrame(schema={"round_number": pl.Int16, "start_money": pl.Int32})


def with_halves(rounds: pl.DataFrame, length: MatchLength) -> pl.DataFrame:
    """Add `half` (1 and 2, from 3 on in overtime, 0 for excluded rounds), and `kind` where it is missing or null.

    Args:
        rounds: round_number; a kind that is there (knife, aborted, ...) stays.
        length: As `length_of` reads it from the same rounds.
    """
    number = pl.col("round_number")
    numbers = rounds["round_number"].unique().to_list()
    half = number.replace_strict({n: length.half_of(n) for n in numbers}, return_dtype=pl.UInt8)
    kind = (
        pl.when(number > length.max_rounds)
        .then(pl.lit("overtime"))
        .when(number > 0)
        .then(pl.lit("regular"))
        .cast(pl.Enum(ROUND_KINDS))
    )
    kept = [pl.col("kind").cast(pl.Enum(ROUND_KINDS))] if "kind" in rounds.columns else []
    return rounds.with_columns(half.alias("half"), pl.coalesce(*kept, kind).alias("kind"))


def length_of(
    rounds: pl.DataFrame,
    *,
    stated: StatedLength = NOTHING_STATED,
    usual_max_rounds: int = USUAL_MAX_ROUNDS,
    start_money: pl.DataFrame = NO_MONEY,
) -> MatchLength:
    """The length of the match. Call it when sides are known and right: they tell more than anything else.

    Args:
        rounds: round_number, team_a_side and, where known, score_a_before and score_b_before.
        stated: What the server states of its length.
        usual_max_rounds: Rounds of regulation in this mode where nothing else tells.
        start_money: round_number and start_money ($), one row per player and round, where the source has it: it tells
            a pistol round where no change of sides was seen. A round with an unknown sum in it tells nothing.
    """
    counted = rounds.filter(pl.col("round_number") > 0).sort("round_number")
    if counted.is_empty():
        return MatchLength(stated.max_rounds or usual_max_rounds)
    seen = RoundsSeen(
        first=int(counted.item(0, "round_number")),
        last=int(counted.item(-1, "round_number")),
        side_switches=_side_switches(counted),
        scores=_scores(counted),
        start_money=_start_money(start_money),
    )
    return read_length(seen, stated, usual_max_rounds=usual_max_rounds)


def _side_switches(counted: pl.DataFrame) -> tuple[int, ...]:
    """Rounds after which team a's side changed, known on both sides of the change."""
    side = pl.col("team_a_side").cast(pl.String)
    changed = counted.filter(side != side.shift(1))
    return tuple(int(number) - 1 for number in changed["round_number"])


def _scores(counted: pl.DataFrame) -> dict[int, tuple[int, int]]:
    columns = ["score_a_before", "score_b_before"]
    if not set(columns) <= set(counted.columns):
        return {}
    known = counted.drop_nulls(columns).select("round_number", *columns)
    return {number: (a, b) for number, a, b in known.rows()}


def _start_money(money: pl.DataFrame) -> dict[int, tuple[int, int]]:
    sums = pl.col("start_money")
    known = money.group_by("round_number").agg(
        sums.min().alias("least"), sums.max().alias("most"), sums.has_nulls().alias("is_unknown")
    )
    return {number: (least, most) for number, least, most, is_unknown in known.rows() if not is_unknown}
