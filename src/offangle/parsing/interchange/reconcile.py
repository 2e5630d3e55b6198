"""Sides and winners of rounds, held against the events and against each other.

Exporters have inverted the sides of whole stretches of rounds, and with them winners and scores, while kills, plants
and deaths were right. Where the events of a round agree with each other against the source, the events are taken, and
every value that changed is told in `corrections`. Where they do not agree, the source's words stay and Checks say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from offangle.core.sides import SIDES, TEAMS

CLOCK_AT_LEAST_S: Final = 60.0
"""Seconds; no server can set a shorter round (`mp_roundtime` is at least a minute)."""

HOSTAGE_MAPS: Final = "cs_"
FALLBACK_REASON: Final = "time_ran_out"
"""What exporters also write for every reason they do not know: surrender, hostages, draw."""

REASON_SIDES: Final = {"t_win": "t", "ct_win": "ct", "target_bombed": "t", "bomb_defused": "ct", FALLBACK_REASON: "ct"}
"""The side that wins by a reason, a clock that really ran out on a bomb map among them."""

_CHECKED: Final = ("team_a_side", "winner_team", "winner_side")


@dataclass(frozen=True, slots=True)
class Scores:
    """Final rounds won by the two teams."""

    a: int
    b: int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What is taken for true.

    Attributes:
        rounds: The rounds with sides, winners and scores as taken.
        scores: The final score as taken.
        corrections: Rows of the table `corrections` without their numbers, one per value that differs.
    """

    rounds: pl.DataFrame
    scores: Scores
    corrections: pl.DataFrame

    @property
    def has_other_sides(self) -> bool:
        """Whether anybody's side differs from the source's."""
        return (self.corrections.get_column("column") == "team_a_side").any()


def reconcile(rounds: pl.DataFrame, evidence: pl.DataFrame, scores: Scores) -> Reconciled:
    """Take the events where they agree with each other against the source.

    Args:
        rounds: As the source states them, in order: round_number, team_a_side, winner_team, winner_side,
            score_a_before, score_b_before, and `reason_side`, the side that the end's reason stands for (null: it tells
            nothing).
        evidence: As `analysis.evidence.round_evidence` gives it, for the sides as stated.
        scores: The final score as the source states it.
    """
    judged = rounds.join(
        evidence.select("round_number", "sides", "winner"), on="round_number", how="left", maintain_order="left"
    )
    stated = {f"stated_{column}": column for column in (*_CHECKED, "score_a_before", "score_b_before")}
    kept = judged.with_columns(pl.col(column).alias(name) for name, column in stated.items())
    taken = _with_scores(_with_winners(_with_sides(kept.with_columns(scored=_scored(scores)))))
    final = Scores(*(getattr(scores, team) + int(taken.get_column(f"shift_{team}").sum()) for team in TEAMS))
    parts = [_changed(taken), _changed_scores(taken), _changed_final(scores, final)]
    return Reconciled(taken.select(rounds.columns), final, pl.concat(parts))


def with_reason_sides(rounds: pl.DataFrame, plants: pl.DataFrame, *, tick_rate: float, map_name: str) -> pl.DataFrame:
    """Add `clock_ran_out` (what a `time_ran_out` needs in order to be true) and `reason_side`.

    Args:
        rounds: round_number, freeze_end_tick, end_tick, and `end_reason` in the format's words.
        plants: The bomb's events: round_number, event.
        tick_rate: Ticks per second.
        map_name: The map; the clock ends a round for the other side where there are hostages.
    """
    planted = plants.filter(pl.col("event").cast(pl.String) == "planted").get_column("round_number").unique()
    lasted_s = (pl.col("end_tick") - pl.col("freeze_end_tick")) / tick_rate
    has_run = (lasted_s >= CLOCK_AT_LEAST_S) & ~pl.col("round_number").is_in(planted.implode())
    is_fallback = pl.col("end_reason") == FALLBACK_REASON
    by_reason = pl.col("end_reason").replace_strict(REASON_SIDES, default=None, return_dtype=pl.String)
    by_clock = pl.lit(SIDES[0] if map_name.startswith(HOSTAGE_MAPS) else SIDES[1])
    return rounds.with_columns(
        clock_ran_out=is_fallback & has_run,
        reason_side=pl.when(~is_fallback).then(by_reason).when(has_run).then(by_clock),
    )


def end_reason(map_name: str) -> pl.Expr:
    """Why a round ended, from `reason`, `end_reason`, `clock_ran_out` and the winner's side as taken.

    The fallback is believed where the clock had run out and its side has won.
    """
    has_hostages = map_name.startswith(HOSTAGE_MAPS)
    winner, word = (SIDES[0], "hostages_not_rescued") if has_hostages else (SIDES[1], "time_expired")
    is_true = pl.col("clock_ran_out") & (pl.col("winner_side") == winner).fill_null(value=False)
    return (
        pl.when(pl.col("end_reason") != FALLBACK_REASON)
        .then(pl.col("reason"))
        .otherwise(pl.when(is_true).then(pl.lit(word)).otherwise(pl.lit("unknown")))
    )


def _with_sides(rounds: pl.DataFrame) -> pl.DataFrame:
    is_inverted = (pl.col("sides") == "inverted").fill_null(value=False)
    side = pl.col("team_a_side")
    return rounds.with_columns(pl.when(is_inverted).then(_other(side, SIDES)).otherwise(side).alias("team_a_side"))


def _with_winners(rounds: pl.DataFrame) -> pl.DataFrame:
    """The winner by the events; else as stated, if that agrees; else by the end's reason; else by the score."""
    stated_side, stated_team = pl.col("winner_side"), pl.col("winner_team")
    agreed = stated_side == _side_of(stated_team, pl.col("team_a_side"))
    agreed_before = stated_side == _side_of(stated_team, pl.col("stated_team_a_side"))
    by_events = _team_on(pl.col("winner"), pl.col("stated_team_a_side"))
    # Where a file names wrong winners, a winner against the end's own reason is one more of them.
    is_doubtful = (by_events != stated_team).any() & (pl.col("reason_side") != stated_side).fill_null(value=False)
    team = pl.coalesce(
        by_events,
        pl.when(agreed & ~is_doubtful).then(stated_team),
        _team_on(pl.col("reason_side"), pl.col("team_a_side")),
        # The game names a side; the exporter found the team by its own wrong sides, and the score by that team.
        pl.when(agreed_before).then(_team_on(stated_side, pl.col("team_a_side"))),
        "scored",
    )
    return rounds.with_columns(
        winner_team=team,
        winner_side=_side_of(team, pl.col("team_a_side")),
        contradicts_itself=~agreed & ~agreed_before,
    )


def _scored(scores: Scores) -> pl.Expr:
    """The team that the running score gives the round to; null where it tells nothing."""
    number = pl.col("round_number")
    gains = {
        team: pl.when(number.shift(-1) == number + 1)
        .then(pl.col(f"score_{team}_before").shift(-1))
        .when(number == number.max())
        .then(pl.lit(getattr(scores, team)))
        - pl.col(f"score_{team}_before")
        for team in TEAMS
    }
    return (
        pl.when((gains["a"] == 1) & (gains["b"] == 0))
        .then(pl.lit("a"))
        .when((gains["a"] == 0) & (gains["b"] == 1))
        .then(pl.lit("b"))
    )


def _with_scores(rounds: pl.DataFrame) -> pl.DataFrame:
    """Scores that follow a winner who was replaced follow the new one."""
    stated = pl.col("stated_winner_team")
    is_replaced = (pl.col("winner_team") != stated) & (pl.col("scored") == stated)
    shifts = [
        pl.when(is_replaced.fill_null(value=False))
        .then(pl.when(pl.col("winner_team") == team).then(1).otherwise(-1))
        .otherwise(0)
        .alias(f"shift_{team}")
        for team in TEAMS
    ]
    return rounds.with_columns(shifts).with_columns(
        pl.col(f"score_{team}_before") + pl.col(f"shift_{team}").cum_sum().shift(fill_value=0) for team in TEAMS
    )


def _changed(rounds: pl.DataFrame) -> pl.DataFrame:
    """One correction per round and column of `_CHECKED` that differs."""
    reason = pl.when("contradicts_itself").then(pl.lit("self_contradiction")).otherwise(pl.lit("events"))
    parts = [
        rounds.filter(pl.col(column).ne_missing(pl.col(f"stated_{column}"))).select(
            reason=reason,
            table=pl.lit("rounds"),
            column=pl.lit(column),
            round_number=pl.col("round_number"),
            rows=pl.lit(1, pl.Int64),
            stated=pl.col(f"stated_{column}"),
            taken=pl.col(column),
        )
        for column in _CHECKED
    ]
    return pl.concat(parts).sort("round_number", maintain_order=True)


def _changed_scores(rounds: pl.DataFrame) -> pl.DataFrame:
    columns = [f"score_{team}_before" for team in TEAMS]
    changed = rounds.select((pl.col(column) != pl.col(f"stated_{column}")).sum() for column in columns).row(
        0, named=True
    )
    rows = [("events", "rounds", column, 0, number, None, None) for column, number in changed.items() if number]
    return _corrections(rows)


def _changed_final(stated: Scores, taken: Scores) -> pl.DataFrame:
    pairs = {f"score_{team}": (getattr(stated, team), getattr(taken, team)) for team in TEAMS}
    rows = [
        ("events", "match", column, 0, 1, str(before), str(after))
        for column, (before, after) in pairs.items()
        if before != after
    ]
    return _corrections(rows)


def _corrections(rows: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    schema = {
        "reason": pl.String,
        "table": pl.String,
        "column": pl.String,
        "round_number": pl.Int64,
        "rows": pl.Int64,
        "stated": pl.String,
        "taken": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _other(value: pl.Expr, pair: tuple[str, str]) -> pl.Expr:
    return pl.when(value == pair[0]).then(pl.lit(pair[1])).when(value == pair[1]).then(pl.lit(pair[0]))


def _team_on(side: pl.Expr, team_a_side: pl.Expr) -> pl.Expr:
    """The team that plays `side`; null where that is unknown."""
    return (
        pl.when(side.cast(pl.String) == team_a_side)
        .then(pl.lit(TEAMS[0]))
        .when(side.is_not_null())
        .then(pl.lit(TEAMS[1]))
    )


def _side_of(team: pl.Expr, team_a_side: pl.Expr) -> pl.Expr:
    """The side that `team` plays; null where that is unknown."""
    return pl.when(team == TEAMS[0]).then(team_a_side).when(team == TEAMS[1]).then(_other(team_a_side, SIDES))
