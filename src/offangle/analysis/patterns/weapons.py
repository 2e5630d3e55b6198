"""What each weapon gave: effectiveness and tier, and kills against the time it was in hand."""

from typing import Final

import polars as pl

from offangle.analysis.patterns.intervals import poisson_mean, rate, t_quantile, wilson
from offangle.analysis.patterns.rounds import known_sum, per_thousand, with_all
from offangle.analysis.patterns.tables import KEY, UNKNOWN_WEAPON
from offangle.core.weapons import weapon_class

KILLS_WEIGHT: Final = 0.4
CONSISTENCY_WEIGHT: Final = 0.3
MONEY_WEIGHT: Final = 0.3
"""Shares of kills per round used, consistency and kills per 1000 in the effectiveness score."""

TIERS: Final = ("D", "C", "B", "A", "S")
"""From worst to best."""

TIER_FROM: Final = (("S", 0.75, 0.5), ("A", 0.5, 0.4), ("B", 0.3, 0.3), ("C", 0.2, 0.0))
"""Tier, and the kills per round used and the consistency from which it holds; both must; below all of them is D."""

MIN_ROUNDS_USED: Final = 5
"""With fewer rounds a score says nothing and no tier is named."""

UNRATED_CLASSES: Final = ("melee", "grenade", "gear", "bomb", "world")
"""Carried by everybody in every round: their figures are shown, a tier would compare a knife with a rifle."""

PLACE: Final = ("steam_id", "map_name", "weapon")

FIGURES: Final = (
    "rounds_used", "kills", "rounds_with_kill", "kills_per_round", "kills_per_round_low", "kills_per_round_high",
    "consistency", "consistency_low", "consistency_high", "kills_per_1000", "score", "score_low", "score_high",
    "tier_of_figures", "tier_low", "tier_high", "tier", "more_rounds",
)  # fmt: skip


def weapon_effectiveness(rounds: pl.DataFrame, weapons: pl.DataFrame) -> pl.DataFrame:
    """Figures of each weapon that was in hand, per player and map and over all maps (`all`).

    A tier is a matter of two figures, so its interval goes from the tier of their lower ends to that of their upper
    ends. It is claimed only where those are one.

    Returns:
        steam_id, map_name, weapon, and the columns of `FIGURES`; score and tiers are null with fewer than
        `MIN_ROUNDS_USED` rounds, `more_rounds` says how many are wanting.
    """
    used = rounds_used(rounds, weapons)
    figures = used.group_by(PLACE).agg(**_sums()).with_columns(**_rates()).with_columns(_score())
    errors = _score_error(used, figures)
    scored = figures.join(errors, on=PLACE).with_columns(**_score_interval())
    return _with_tiers(scored).select(*PLACE, *FIGURES).sort(PLACE)


def rounds_used(rounds: pl.DataFrame, weapons: pl.DataFrame) -> pl.DataFrame:
    """One row per player, weapon and round it was in hand, for its map and again for `all` of them.

    Returns:
        The columns of `pattern_weapons`, and map_name, equipment_value ($), has_kill.
    """
    active = weapons.filter(pl.col("was_active") & (pl.col("weapon") != UNKNOWN_WEAPON))
    joined = active.join(rounds.select(*KEY, "map_name", "equipment_value"), on=KEY)
    return with_all(joined.with_columns(has_kill=pl.col("kills") > 0), "map_name")


def is_rated() -> pl.Expr:
    """Whether the weapon of a row is a gun: of a rated class, or one that no list knows yet."""
    classes = pl.col("weapon").map_elements(weapon_class, return_dtype=pl.String)
    return ~classes.is_in(UNRATED_CLASSES) & (pl.col("weapon") != UNKNOWN_WEAPON)


def tier_of(kills_per_round: pl.Expr, consistency: pl.Expr) -> pl.Expr:
    """The tier of two figures; null where they are."""
    tier: pl.Expr = pl.when(kills_per_round.is_not_null()).then(pl.lit(TIERS[0]))
    for name, kills_from, consistency_from in reversed(TIER_FROM):
        reached = (kills_per_round >= kills_from) & (consistency >= consistency_from)
        tier = pl.when(reached).then(pl.lit(name)).otherwise(tier)
    return tier.cast(pl.Enum(TIERS))


def _sums() -> dict[str, pl.Expr]:
    known = pl.col("equipment_value").is_not_null()
    return {
        "rounds_used": pl.len().cast(pl.Int32),
        "kills": pl.col("kills").sum(),
        "rounds_with_kill": pl.col("has_kill").sum().cast(pl.Int32),
        "priced_rounds": known.sum().cast(pl.Int32),
        "priced_kills": pl.col("kills").filter(known).sum(),
        "spent": pl.col("equipment_value").cast(pl.Int64).sum(),
    }


def _rates() -> dict[str, pl.Expr]:
    used = pl.col("rounds_used")
    kills_low, kills_high = rate(pl.col("kills"), used)
    low, high = wilson(pl.col("rounds_with_kill"), used)
    return {
        "kills_per_round": pl.col("kills") / used,
        "kills_per_round_low": kills_low,
        "kills_per_round_high": kills_high,
        "consistency": pl.col("rounds_with_kill") / used,
        "consistency_low": low,
        "consistency_high": high,
        "kills_per_1000": per_thousand(pl.col("priced_kills"), pl.col("spent")),
    }


def _weighted(kills: pl.Expr, consistency: pl.Expr, per_1000: pl.Expr) -> pl.Expr:
    return KILLS_WEIGHT * kills + CONSISTENCY_WEIGHT * consistency + MONEY_WEIGHT * per_1000


def _score() -> pl.Expr:
    figures = _weighted(pl.col("kills_per_round"), pl.col("consistency"), pl.col("kills_per_1000"))
    return pl.when(pl.col("rounds_used") >= MIN_ROUNDS_USED).then(figures).alias("score")


def _score_error(used: pl.DataFrame, figures: pl.DataFrame) -> pl.DataFrame:
    """Standard error of the score by the delta method: how far each round pulls it, squared and summed.

    Kills per 1000 is a ratio of sums; a round pulls it by its kills less what its equipment should have bought.
    """
    kills, known = pl.col("kills"), pl.col("equipment_value").is_not_null()
    owed = pl.col("kills_per_1000") / 1000 * pl.col("equipment_value")
    ratio = (kills - owed) * 1000 * pl.col("rounds_used") / pl.col("spent")
    pull = _weighted(
        kills - pl.col("kills_per_round"),
        pl.col("has_kill").cast(pl.Int8) - pl.col("consistency"),
        pl.when(known).then(ratio).otherwise(0.0),
    )
    shared = figures.select(*PLACE, "rounds_used", "kills_per_round", "consistency", "kills_per_1000", "spent")
    count = pl.len().cast(pl.Float64)
    error = pl.when(count > 1).then((pull.pow(2).sum() / (count * (count - 1))).sqrt())
    return used.join(shared, on=PLACE).group_by(PLACE).agg(score_error=error)


def _score_interval() -> dict[str, pl.Expr]:
    """Student's t on the standard error; where all rounds are alike and there is none, the ends of the parts."""
    kills_low, kills_high = poisson_mean(pl.col("priced_kills").cast(pl.Float64))
    ends = [
        _weighted(pl.col(f"kills_per_round_{end}"), pl.col(f"consistency_{end}"), per_thousand(kills, pl.col("spent")))
        for end, kills in (("low", kills_low), ("high", kills_high))
    ]
    error = pl.col("score_error")
    spread = t_quantile(pl.col("rounds_used") - 1) * error
    is_flat = error < FLAT
    known = pl.col("score").is_not_null()
    low = pl.when(is_flat).then(ends[0]).otherwise((pl.col("score") - spread).clip(lower_bound=0.0))
    high = pl.when(is_flat).then(ends[1]).otherwise(pl.col("score") + spread)
    return {"score_low": pl.when(known).then(low), "score_high": pl.when(known).then(high)}


FLAT: Final = 1e-9
"""A standard error below this comes from rounds that are all alike and says nothing about the next one."""


def _with_tiers(figures: pl.DataFrame) -> pl.DataFrame:
    enough = (pl.col("rounds_used") >= MIN_ROUNDS_USED) & is_rated()
    tiers = [
        pl.when(enough).then(tier_of(pl.col(f"kills_per_round{end}"), pl.col(f"consistency{end}"))).alias(name)
        for name, end in (("tier_of_figures", ""), ("tier_low", "_low"), ("tier_high", "_high"))
    ]
    return figures.with_columns(tiers).with_columns(
        tier=pl.when(pl.col("tier_low") == pl.col("tier_high")).then("tier_low"),
        more_rounds=(MIN_ROUNDS_USED - pl.col("rounds_used")).clip(lower_bound=0),
    )


def weapon_time(rounds: pl.DataFrame, weapons: pl.DataFrame) -> pl.DataFrame:
    """Each weapon's share of the time in hand against its share of the kills, per player and map and over all.

    Only rounds whose times are known enter, with all their kills; `unknown` has kills and no time.

    Returns:
        steam_id, map_name, weapon, rounds_used, active_s, time_share, kills, kill_share, kills_per_minute with its
        interval, and `kill_time_ratio` (kill share / time share; above 1: more kills than its time in hand).
    """
    timed = weapons.filter(pl.col("active_s").count().over(KEY) > 0)
    joined = with_all(timed.join(rounds.select(*KEY, "map_name"), on=KEY), "map_name")
    sums = joined.group_by(PLACE).agg(
        rounds_used=pl.col("was_active").sum().cast(pl.Int32),
        active_s=known_sum("active_s"),
        kills=pl.col("kills").sum(),
    )
    minutes = pl.col("active_s") / 60
    low, high = rate(pl.col("kills"), minutes)
    return (
        sums.with_columns(
            time_share=_share_of("active_s"),
            kill_share=_share_of("kills"),
            kills_per_minute=pl.when(minutes > 0).then(pl.col("kills") / minutes),
            kills_per_minute_low=low,
            kills_per_minute_high=high,
        )
        .with_columns(
            kill_time_ratio=pl.when(pl.col("time_share") > 0).then(pl.col("kill_share") / pl.col("time_share"))
        )
        .sort(PLACE)
    )


def _share_of(column: str) -> pl.Expr:
    total = pl.col(column).sum().over("steam_id", "map_name")
    return pl.when(total > 0).then(pl.col(column) / total)
