"""Patterns: situations in which a player's rounds differ from comparable ones, false discoveries controlled."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from offangle.analysis.patterns.comparisons import (
    Comparison,
    Stratum,
    compare_matches,
    compare_rates,
    compare_shares,
)
from offangle.analysis.patterns.exact import q_values, rates_p_value
from offangle.analysis.patterns.intervals import rate, wilson, wilson_interval
from offangle.analysis.patterns.rounds import with_previous
from offangle.analysis.patterns.situations import LOWER_IS_BETTER, SHARES, SITUATIONS, Measure, Situation
from offangle.analysis.patterns.tables import KEY, OPENINGS, FindingsTable, shaped
from offangle.analysis.patterns.weapons import is_rated

FALSE_DISCOVERY_RATE: Final = 0.10
"""Of the patterns shown, at most this share is expected to be chance."""

MIN_ROUNDS: Final = 8
"""A situation with fewer rounds is not tested."""

LEAST_EXPOSURE_S: Final = 0.5
"""Time in hand of a weapon that was seen in one post or sample only: between two of them."""

LINK: Final = pl.struct("match_id", "round_number")


def find_patterns(rounds: pl.DataFrame, weapons: pl.DataFrame, *, steam_id: int) -> pl.DataFrame:
    """The patterns of one player that survive the control of false discoveries at 10 %, surest first.

    Args:
        rounds: `pattern_rounds` of any number of matches and players.
        weapons: `pattern_weapons` of the same.
        steam_id: The player.

    Returns:
        `FindingsTable`; each row links to all rounds it rests on.
    """
    tested = examined_patterns(rounds, weapons, steam_id=steam_id)
    return tested.filter(pl.col("q_value") <= FALSE_DISCOVERY_RATE)


def examined_patterns(rounds: pl.DataFrame, weapons: pl.DataFrame, *, steam_id: int) -> pl.DataFrame:
    """Everything that was tested, shown or not, with its q-value; rows as `FindingsTable`, surest first."""
    own = facts(rounds.filter(pl.col("steam_id") == steam_id))
    guns = gun_facts(own, weapons.filter(pl.col("steam_id") == steam_id))
    found = _without_repeats(row for situation in SITUATIONS for row in _tests(situation, own, guns))
    if not found:
        return FindingsTable.create_empty()
    p_values = np.array([row["p_value"] for row in found])
    table = pl.DataFrame(found, infer_schema_length=None).with_columns(q_value=pl.Series(q_values(p_values)))
    table = table.with_columns(**_value_interval(), is_commonplace=pl.lit(value=False))
    order = ("p_value", "situation", "measure", *NAMES)
    return _marked(shaped(FindingsTable, table)).sort(order, nulls_last=True)


NAMES: Final = ("map_name", "side", "buy", "previous_buy", "previous_outcome", "opening", "weapon")
"""The columns that name a situation."""


def facts(rounds: pl.DataFrame) -> pl.DataFrame:
    """One player's rounds in order, with every key and measure of a situation."""
    is_known = pl.col("survived").is_not_null() | (pl.col("deaths") > 0)
    opening = pl.when("opening_kill").then(pl.lit("kill")).when("opening_death").then(pl.lit("death"))
    none = pl.when(pl.col("opening_kill").is_not_null()).then(pl.lit("none"))
    return (
        with_previous(rounds)
        .with_columns(
            died=pl.when(is_known).then(pl.col("deaths") > 0),
            opening_won=pl.when("opening_kill")
            .then(pl.lit(value=True))
            .when("opening_death")
            .then(pl.lit(value=False)),
            opening=pl.coalesce(opening, none).cast(pl.Enum(OPENINGS)),
        )
        .sort("played_order", "match_id", "round_number")
    )


def gun_facts(own: pl.DataFrame, weapons: pl.DataFrame) -> pl.DataFrame:
    """One row per gun and round in hand: the keys of its round, `weapon_kills`, and `exposure`.

    Exposure is the time in hand in seconds where the match knows it, else one per round in hand.
    """
    guns = weapons.filter(is_rated() & pl.col("was_active"))
    is_timed = (pl.col("active_s").count() > 0).over("match_id")
    seconds = pl.col("active_s").fill_null(0.0).clip(lower_bound=LEAST_EXPOSURE_S)
    return (
        guns.with_columns(exposure=pl.when(is_timed).then(seconds).otherwise(1.0), weapon_kills="kills")
        .select(*KEY, "weapon", "exposure", "weapon_kills")
        .join(own.drop("kills"), on=KEY)
        .sort("played_order", "match_id", "round_number", "weapon")
    )


def _tests(situation: Situation, own: pl.DataFrame, guns: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for measure in situation.measures:
        rows = (guns if measure == "weapon_kills" else own).drop_nulls([*situation.keys, *situation.within, measure])
        if situation.every_second:
            rows = rows.filter(pl.col("round_number") % 2 == 0)
        for values, every in _cells(situation, rows):
            if situation.against_matches:
                inside, outcome = every, _against_matches(situation, measure, rows, every, values)
            else:
                inside, strata = _contrasted(situation, measure, rows, every)
                outcome = _within_matches(measure, inside, strata)
            if outcome is not None and _count(inside) >= MIN_ROUNDS:
                yield {"situation": situation.name, "measure": measure, **values, **_evidence(inside), **outcome}


def _without_repeats(tests: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out a test of the same rounds as one before it: somebody with one map has it twice, on it and over all."""
    first: dict[Any, dict[str, Any]] = {}
    for test in tests:
        rounds = tuple((link["match_id"], link["round_number"]) for link in test["links"])
        first.setdefault((test["measure"], test.get("weapon"), rounds), test)
    return list(first.values())


def _cells(situation: Situation, rows: pl.DataFrame) -> Iterator[tuple[dict[str, Any], pl.DataFrame]]:
    """Each combination of the situation's keys that has enough rounds, and its rows."""
    looked_at = rows.filter(*(pl.col(key) == value for key, value in situation.only.items()))
    for values, inside in looked_at.group_by(situation.keys, maintain_order=True):
        if _count(inside) >= MIN_ROUNDS:
            yield dict(zip(situation.keys, values, strict=True)), inside


def _count(rows: pl.DataFrame) -> int:
    return int(rows.select(LINK.n_unique()).item())


def _evidence(inside: pl.DataFrame) -> dict[str, Any]:
    links = inside.select(LINK.unique(maintain_order=True)).to_series().to_list()
    return {"rounds": len(links), "links": links}


def _contrasted(
    situation: Situation, measure: Measure, rows: pl.DataFrame, inside: pl.DataFrame
) -> tuple[pl.DataFrame, list[Stratum]]:
    """The rows of a situation that have something to be compared with, and per group events and exposure, in and out.

    What has nothing beside it says nothing of a difference, so it is in neither figure.
    """
    exposure = pl.col("exposure").sum() if measure == "weapon_kills" else pl.len()
    sums = {"events": pl.col(measure).cast(pl.Int64).sum(), "exposure": exposure, "rows": pl.len()}
    every = rows.group_by(situation.within).agg(**sums)
    here = inside.group_by(situation.within, maintain_order=True).agg(**sums)
    joined = here.join(every, on=situation.within, suffix="_all", maintain_order="left")
    both = joined.filter(pl.col("rows_all") > pl.col("rows"))
    outside = (pl.col("events_all") - pl.col("events"), pl.col("exposure_all") - pl.col("exposure"))
    strata = both.select("events", "exposure", outside[0].alias("events_out"), outside[1].alias("exposure_out")).rows()
    return inside.join(both, on=situation.within, how="semi", maintain_order="left"), strata


def _within_matches(measure: Measure, inside: pl.DataFrame, strata: Sequence[Stratum]) -> dict[str, Any] | None:
    """The figures of one situation; None where there is nothing to compare it with."""
    if measure == "weapon_kills":
        return _against_time(strata)
    comparison = compare_shares(strata) if measure in SHARES else compare_rates(strata)
    return _figures(comparison, int(inside[measure].sum()), inside.height) if comparison is not None else None


def _against_matches(
    situation: Situation, measure: Measure, rows: pl.DataFrame, inside: pl.DataFrame, values: dict[str, Any]
) -> dict[str, Any] | None:
    """The same for whole matches, one value each."""
    matches = rows.group_by("match_id", *situation.keys, maintain_order=True).agg(pl.col(measure).mean())
    here = pl.all_horizontal(pl.col(key) == value for key, value in values.items())
    comparison = compare_matches(matches.filter(here)[measure].to_list(), matches.filter(~here)[measure].to_list())
    return _figures(comparison, int(inside[measure].sum()), inside.height) if comparison is not None else None


def _against_time(strata: Sequence[Stratum]) -> dict[str, Any] | None:
    """A gun's share of the kills against its share of the time, match by match; None where no gun killed."""
    kills = sum(one[0] + one[2] for one in strata)
    if kills == 0:
        return None
    events = sum(one[0] for one in strata)
    expected = sum((one[0] + one[2]) * one[1] / (one[1] + one[3]) for one in strata) / kills
    low, high = wilson_interval(events, kills)
    effect = events / kills - expected
    comparison = Comparison(expected, effect, low - expected, high - expected, rates_p_value(strata))
    return _figures(comparison, events, kills)


def _figures(comparison: Comparison, events: int, trials: int) -> dict[str, Any]:
    """What is told. Where the plain average and the weighed one point apart there is nothing to tell."""
    value = events / trials
    points_apart = (value - comparison.baseline) * comparison.effect <= 0
    return {
        "events": events,
        "trials": trials,
        "value": value,
        "baseline": comparison.baseline,
        "effect": comparison.effect,
        "effect_low": comparison.low,
        "effect_high": comparison.high,
        "p_value": 1.0 if points_apart else comparison.p_value,
    }


def _value_interval() -> dict[str, pl.Expr]:
    """Byar's interval of kills per round, Wilson's of everything else, which are shares."""
    is_count = pl.col("measure") == "kills"
    low, high = wilson(pl.col("events"), pl.col("trials"))
    count_low, count_high = rate(pl.col("events"), pl.col("trials"))
    return {
        "value_low": pl.when(is_count).then(count_low).otherwise(low),
        "value_high": pl.when(is_count).then(count_high).otherwise(high),
    }


def _marked(findings: pl.DataFrame) -> pl.DataFrame:
    """Mark what is true of everyone: less equipment loses, and who kills first wins."""
    is_better = (pl.col("effect") > 0) != pl.col("measure").is_in(LOWER_IS_BETTER)
    is_poor, is_rich = pl.col("buy").is_in(["eco", "semi_eco"]), pl.col("buy") == "full"
    by_buy = (pl.col("situation") == "buy") & ((is_poor & ~is_better) | (is_rich & is_better))
    first, fallen = pl.col("opening") == "kill", pl.col("opening") == "death"
    by_opening = (pl.col("situation") == "opening") & ((first & is_better) | (fallen & ~is_better))
    return findings.with_columns(is_commonplace=(by_buy | by_opening).fill_null(value=False))
