"""Rounds of a recording: which count, which do not, and how they are numbered.

awpy lists the rounds that the game counted up, but whenever the counter goes back (a restored backup, a restart) it
forgets every round before that moment, also those whose score still stands. So every freeze time begins a round here,
and the ends that awpy forgot come from demoparser2. Which rounds stand is then told by the game's own counter and by
the score: rounds played past the point to which both were set back never happened. A counter that begins again while
the score stands (some servers count each half by itself) takes nothing back.
"""

from typing import Final

import polars as pl

from offangle.core.halves import USUAL_MAX_ROUNDS, StatedLength
from offangle.core.terms import END_REASONS, ROUND_KINDS, WORLD_WEAPON
from offangle.core.weapons import weapon_class
from offangle.frames.columns import SIDE
from offangle.parsing.demo.awpy_source import AwpyTables
from offangle.parsing.demo.identity import side

LONGEST: Final = 1000
"""Rounds; who states more states no length."""

MAX_ROUND_NUMBER: Final = 10_000
"""Nobody plays more; a counter that shows more shows something else."""

SETTLE_TICKS: Final = 64
"""A team's score is read this long after a round's end: the game writes them a few ticks late."""

_USUAL_MAX_ROUNDS: Final = {("0", "0"): 15, ("0", "2"): 16}
"""Rounds of regulation by game_type and game_mode where they are not the usual: casual and wingman."""
_YES: Final = frozenset({"1", "true"})
_NO: Final = frozenset({"0", "false"})
_REASON_BY_CODE: Final = {
    1: "bomb_exploded",
    7: "bomb_defused",
    8: "elimination",
    9: "elimination",
    10: "draw",
    11: "hostages_rescued",
    12: "time_expired",
    13: "hostages_not_rescued",
    17: "surrender",
    18: "surrender",
}
"""The game's own numbers for the end of a round; with the winner's side each is unambiguous."""

_REASON_BY_WORD: Final = {
    "bomb_exploded": "bomb_exploded",
    "bomb_defused": "bomb_defused",
    "t_killed": "elimination",
    "ct_killed": "elimination",
    "time_ran_out": "time_expired",
    "hostages_rescued": "hostages_rescued",
    "hostages_not_rescued": "hostages_not_rescued",
    "t_surrender": "surrender",
    "ct_surrender": "surrender",
    "draw": "draw",
}
"""The same as demoparser2 words them."""


def stated_length(convars: dict[str, str]) -> StatedLength:
    """What the server's console variables say of the length."""
    half_time = convars.get("mp_halftime", "").lower()
    return StatedLength(
        _positive(convars.get("mp_maxrounds")),
        _positive(convars.get("mp_overtime_maxrounds")),
        True if half_time in _YES else False if half_time in _NO else None,
    )


def usual_max_rounds(convars: dict[str, str]) -> int:
    """Rounds of regulation in the mode where the server does not state them."""
    return _USUAL_MAX_ROUNDS.get((convars.get("game_type", ""), convars.get("game_mode", "")), USUAL_MAX_ROUNDS)


def _positive(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and 0 < int(text) <= LONGEST else None


def list_rounds(tables: AwpyTables, last_tick: int) -> pl.DataFrame:
    """All rounds in order of time, counted up or not.

    Columns: start_tick, freeze_end_tick, end_tick, officially_ended_tick, winner_side, reason, is_complete;
    live_tick, when counters and sides are read, settle_tick, when the round's result has been written, and over_tick,
    the last one of the round: the scoreboard counts what happens up to it.
    """
    complete = _in_order(_complete_rounds(tables.datasets["rounds"]))
    rounds = pl.concat([complete, _unfinished_rounds(tables, complete)], how="vertical").sort("start_tick")
    next_start = pl.col("start_tick").shift(-1)
    rounds = rounds.with_columns(pl.coalesce("officially_ended_tick", next_start).alias("officially_ended_tick"))
    latest = pl.min_horizontal(pl.col("officially_ended_tick") - 1, pl.lit(last_tick, pl.Int32))
    return rounds.with_columns(
        pl.coalesce("freeze_end_tick", "start_tick").alias("live_tick"),
        pl.min_horizontal(pl.col("end_tick") + SETTLE_TICKS, latest).cast(pl.Int32).alias("settle_tick"),
        latest.cast(pl.Int32).alias("over_tick"),
    )


def lacks_ends(rounds: pl.DataFrame) -> bool:
    """Whether awpy knows no end of some round: forgotten, aborted, or cut off by the end of the recording."""
    return not bool(rounds["is_complete"].all())


def with_ends(rounds: pl.DataFrame, round_ends: pl.DataFrame | None) -> pl.DataFrame:
    """Complete rounds without an end from demoparser2's `round_end` events: tick, winner (T or CT), reason (a word)."""
    if round_ends is None:
        return rounds
    decided = (
        round_ends.with_columns(pl.col("winner", "reason").cast(pl.String))  # a column of gaps only has no text type
        .filter(pl.col("winner").is_in(["T", "CT"]))
        .select(
            pl.col("tick").cast(pl.Int32).alias("late_end"),
            pl.col("winner").str.to_lowercase().cast(SIDE).alias("late_winner"),
            pl.col("reason")
            .replace_strict(_REASON_BY_WORD, default="unknown", return_dtype=pl.String)
            .cast(pl.Enum(END_REASONS))
            .alias("late_reason"),
        )
        .sort("late_end")
    )
    matched = rounds.sort("live_tick").join_asof(decided, left_on="live_tick", right_on="late_end", strategy="forward")
    inside = pl.col("late_end") < pl.col("officially_ended_tick").fill_null(pl.col("late_end") + 1)
    found = ~pl.col("is_complete") & inside.fill_null(value=False)
    return matched.with_columns(
        pl.when(found).then("late_end").otherwise("end_tick").alias("end_tick"),
        pl.when(found).then("late_winner").otherwise("winner_side").alias("winner_side"),
        pl.when(found).then("late_reason").otherwise("reason").alias("reason"),
        (pl.col("is_complete") | found).alias("is_complete"),
    ).drop("late_end", "late_winner", "late_reason")


def with_melee_only(rounds: pl.DataFrame, kills: pl.DataFrame) -> pl.DataFrame:
    """Add `is_melee_only`: somebody was killed, and nobody but by a blade. `kills` has tick and weapon."""
    blades = pl.col("weapon").map_elements(lambda name: weapon_class(name) == "melee", return_dtype=pl.Boolean)
    by_round = (
        kills.filter(pl.col("weapon") != WORLD_WEAPON)
        .select("tick", blades.alias("is_blade"))
        .sort("tick")
        .join_asof(
            rounds.select("start_tick").sort("start_tick"), left_on="tick", right_on="start_tick", coalesce=False
        )
        .group_by("start_tick")
        .agg(pl.col("is_blade").all().alias("is_melee_only"))
        .drop_nulls("start_tick")
    )
    joined = rounds.join(by_round, on="start_tick", how="left", maintain_order="left")
    return joined.with_columns(pl.col("is_melee_only").fill_null(value=False))


def _in_order(rounds: pl.DataFrame) -> pl.DataFrame:
    """Without ticks that contradict each other: a damaged recording's clock may run backwards."""
    freeze_end = pl.when(pl.col("freeze_end_tick") >= pl.col("start_tick")).then("freeze_end_tick")
    live = pl.coalesce(freeze_end, "start_tick")
    end = pl.when(pl.col("end_tick") >= live).then("end_tick")
    return rounds.with_columns(freeze_end.alias("freeze_end_tick"), end.alias("end_tick")).with_columns(
        pl.col("end_tick").is_not_null().alias("is_complete")
    )


def _complete_rounds(awpy_rounds: pl.DataFrame) -> pl.DataFrame:
    return awpy_rounds.select(
        pl.coalesce("start_tick", "freeze_end_tick", "end_tick").alias("start_tick"),
        "freeze_end_tick",
        "end_tick",
        pl.col("official_end_tick").alias("officially_ended_tick"),
        side("winner_side").alias("winner_side"),
        pl.col("reason")
        .replace_strict(_REASON_BY_CODE, default="unknown", return_dtype=pl.String)
        .cast(pl.Enum(END_REASONS)),
        pl.lit(value=True).alias("is_complete"),
    )


def _unfinished_rounds(tables: AwpyTables, complete: pl.DataFrame) -> pl.DataFrame:
    """Freeze times that led to no counted end: the match was restarted, or the recording stops."""
    freeze_ends = _event_ticks(tables, "round_freeze_end")
    begun = complete.select("start_tick", "end_tick").sort("start_tick")
    loose = (
        pl.DataFrame({"freeze_end_tick": freeze_ends})
        .sort("freeze_end_tick")
        .join_asof(begun, left_on="freeze_end_tick", right_on="start_tick")
        .filter(pl.col("end_tick").is_null() | (pl.col("freeze_end_tick") > pl.col("end_tick")))
        .select("freeze_end_tick")
    )
    starts = pl.DataFrame({"prestart": _event_ticks(tables, "round_prestart")}).sort("prestart")
    return loose.join_asof(starts, left_on="freeze_end_tick", right_on="prestart").select(
        pl.coalesce("prestart", "freeze_end_tick").alias("start_tick"),
        "freeze_end_tick",
        pl.lit(None, pl.Int32).alias("end_tick"),
        pl.lit(None, pl.Int32).alias("officially_ended_tick"),
        pl.lit(None, SIDE).alias("winner_side"),
        pl.lit("unknown", pl.Enum(END_REASONS)).alias("reason"),
        pl.lit(value=False).alias("is_complete"),
    )


def _event_ticks(tables: AwpyTables, name: str) -> pl.Series:
    event = tables.event(name)
    return pl.Series(name, [], pl.Int32) if event is None else event["tick"].cast(pl.Int32)


def state_ticks(rounds: pl.DataFrame) -> list[int]:
    """Where counter, scores and scoreboard are needed: freeze ends, decisions and a moment after, ends of rounds."""
    wanted = [rounds[name].rename("tick") for name in ("live_tick", "settle_tick", "over_tick")]
    return pl.concat(wanted).drop_nulls().unique().to_list()


def with_counters(rounds: pl.DataFrame, state: pl.DataFrame) -> pl.DataFrame:
    """Add what the game's counters said: rounds_before, is_warmup, t_before, ct_before, t_after, ct_after; or null."""
    counters = state.group_by("tick").agg(
        pl.max("total_rounds_played").alias("rounds_before"),
        pl.col("is_warmup_period").any().alias("is_warmup"),
        pl.col("team_rounds_total").filter(pl.col("team_num") == 2).max().alias("t"),  # noqa: PLR2004 -- the game's number
        pl.col("team_rounds_total").filter(pl.col("team_num") == 3).max().alias("ct"),  # noqa: PLR2004 -- the game's number
    )
    before = counters.rename({"t": "t_before", "ct": "ct_before"})
    after = counters.select("tick", pl.col("t").alias("t_after"), pl.col("ct").alias("ct_after"))
    return (
        rounds.join(before, left_on="live_tick", right_on="tick", how="left")
        .join(after, left_on="settle_tick", right_on="tick", how="left")
        .sort("start_tick")
        .with_columns(pl.col("is_warmup").fill_null(value=False))
    )


def with_purses(rounds: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """Add `is_broke`: nobody on a side had any money when the round went live. `states` has tick, side and money."""
    purses = (
        states.filter(pl.col("side").is_not_null())
        .group_by(pl.col("tick").alias("live_tick"))
        .agg((pl.col("money").is_not_null().any() & (pl.col("money") == 0).all()).alias("is_broke"))
    )
    joined = rounds.join(purses, on="live_tick", how="left", maintain_order="left")
    return joined.with_columns(pl.col("is_broke").fill_null(value=False))


def number_rounds(rounds: pl.DataFrame) -> pl.DataFrame:
    """Add round_number, and kind: null for a round that counts, else why it does not."""
    judged = rounds.with_columns(_excluded_kind().cast(pl.Enum(ROUND_KINDS)).alias("kind"))
    counts = pl.col("kind").is_null()
    stated = _stated_number(judged.filter(counts))
    number = counts.cast(pl.Int32).cum_sum() if stated is None else stated
    round_number = pl.when(counts).then(number).otherwise(-(~counts).cast(pl.Int32).cum_sum())
    return judged.with_columns(round_number.cast(pl.Int16).alias("round_number"))


def _stated_number(counted: pl.DataFrame) -> pl.Expr | None:
    """The game's own number of a round, if it never repeats: it knows of rounds before the recording.

    The counter leaves a round out where it began again, the score a round that nobody won; so the larger of the two.
    """
    stated = pl.max_horizontal("rounds_before", _score_before())
    known = counted.select(stated.alias("stated"))["stated"]
    if known.null_count() or not (known.diff().drop_nulls() > 0).all():
        return None
    return stated + 1 if known.is_between(0, MAX_ROUND_NUMBER).all() else None


def _score_before() -> pl.Expr:
    """Rounds won by both teams before; null where a score is unknown or cannot be one."""
    known = pl.all_horizontal(pl.col("t_before", "ct_before") >= 0)
    return pl.when(known).then(pl.col("t_before") + pl.col("ct_before"))


def _excluded_kind() -> pl.Expr:
    """Why a round does not count; null when it does."""
    counter, score = pl.col("rounds_before"), _score_before()
    counter_later, score_later = _least_later(counter), _least_later(score)
    counter_falls = (counter_later <= counter).fill_null(value=False)
    score_stands = score_later > score
    set_back = counter_falls & ~score_stands.fill_null(value=False)
    in_the_end = pl.col("t_after") + pl.col("ct_after") > score
    is_scored = pl.coalesce(score_stands, counter_later > counter, in_the_end).fill_null(value=True)
    is_knife = pl.col("is_melee_only") & pl.col("is_broke") & ~is_scored
    return (
        pl.when("is_warmup")
        .then(pl.lit("warmup"))
        .when(is_knife)
        .then(pl.lit("knife"))
        .when(~pl.col("is_complete"))
        .then(pl.lit("aborted"))
        .when(set_back & (counter_later == 0))
        .then(pl.lit("aborted"))
        .when(set_back)
        .then(pl.lit("restored"))
    )


def _least_later(counter: pl.Expr) -> pl.Expr:
    """The least that a counter shows at a later complete round; null after the last one."""
    later = pl.when("is_complete").then(counter).shift(-1).reverse().cum_min().reverse()
    return later.fill_null(strategy="backward")


def round_of(frame: pl.DataFrame, rounds: pl.DataFrame) -> pl.DataFrame:
    """Add `round_number` by `tick`: from a round's start to the next one's; 0 before the first."""
    starts = rounds.select(pl.col("start_tick").alias("tick"), "round_number").sort("tick")
    numbered = frame.sort("tick", maintain_order=True).join_asof(starts, on="tick")
    return numbered.with_columns(pl.col("round_number").fill_null(0))
