"""Rounds and players: how much happens, when, and to whom."""

from typing import Final

import polars as pl

from distributions.match import LEAST_ROUNDS, Played
from distributions.measure import Compute, Measure, Values, numbers, share_of, total
from offangle.analysis.players import BOTH_SIDES


def round_column(column: pl.Expr) -> Compute:
    return lambda match: numbers(match.rounds.select(column).to_series())


def rounds_played(match: Played) -> Values:
    return [float(match.rounds.height)]


def score_margin(match: Played) -> Values:
    scores = match.rounds.drop_nulls(["score_a_after", "score_b_after"]).tail(1)
    return numbers(scores.select((pl.col("score_a_after") - pl.col("score_b_after")).abs()).to_series())


def share_of_rounds(condition: pl.Expr) -> Compute:
    """Per match the share of rounds in which `condition` holds."""
    return lambda match: share_of(match.rounds.filter(condition).height, match.rounds.height)


def rounds_that(condition: pl.Expr, among: pl.Expr | None = None) -> Compute:
    """For each round (of those `among`) whether `condition` holds."""

    def compute(match: Played) -> Values:
        rounds = match.rounds if among is None else match.rounds.filter(among)
        return numbers(rounds.select(condition.fill_null(value=False)).to_series())

    return compute


def plant_times(match: Played) -> Values:
    seconds = (pl.col("plant_tick") - pl.col("live_tick")) / match.tick_rate
    return numbers(match.rounds.select(seconds).to_series())


def kill_times(match: Played) -> Values:
    return numbers(match.kills["seconds"])


def first_kill_times(match: Played) -> Values:
    return numbers(match.kills.group_by("round_number", maintain_order=True).agg(pl.col("seconds").min())["seconds"])


def opening_wins(match: Played) -> Values:
    openings = match.analysis["opening_duels"].join(match.rounds, on="round_number")
    return numbers(openings.select(pl.col("attacker_side") == pl.col("winner_side")).to_series())


PLANTED: Final = pl.col("plant_tick").is_not_null()
T_WON: Final = pl.col("winner_side") == "t"
REASONS: Final = (
    ("T by elimination", (pl.col("reason") == "elimination") & T_WON),
    ("CT by elimination", (pl.col("reason") == "elimination") & ~T_WON),
    ("bomb exploded", pl.col("reason") == "bomb_exploded"),
    ("bomb defused", pl.col("reason") == "bomb_defused"),
    ("time expired", pl.col("reason") == "time_expired"),
)
SURVIVORS: Final = {
    "winners": pl.when(T_WON).then("t_survivors").otherwise("ct_survivors"),
    "losers": pl.when(T_WON).then("ct_survivors").otherwise("t_survivors"),
}

ROUNDS: Final = (
    Measure(
        name="kills_per_round",
        label="kills per round",
        group="rounds",
        one="round",
        values=round_column(pl.col("t_kills") + pl.col("ct_kills")),
    ),
    Measure(
        name="round_length_s",
        label="round length",
        group="rounds",
        one="round",
        unit="s",
        values=round_column(pl.col("duration_s")),
    ),
    Measure(name="first_kill_s", label="first kill at", group="rounds", one="round", unit="s", values=first_kill_times),
    Measure(name="kill_s", label="kills at", group="rounds", one="kill", unit="s", values=kill_times),
    Measure(
        name="plant_rate",
        label="rounds with a plant",
        group="rounds",
        one="match",
        values=share_of_rounds(PLANTED),
    ),
    Measure(name="plant_s", label="planted at", group="rounds", one="plant", unit="s", values=plant_times),
    Measure(
        name="plants_defused",
        label="plants defused",
        group="rounds",
        one="plant",
        statistic="share",
        values=rounds_that(pl.col("defuse_tick").is_not_null(), PLANTED),
    ),
    Measure(
        name="t_wins_after_plant",
        label="T wins after a plant",
        group="rounds",
        one="plant",
        statistic="share",
        values=rounds_that(T_WON, PLANTED),
    ),
    Measure(name="t_win_rate", label="T wins", group="rounds", one="match", values=share_of_rounds(T_WON)),
    Measure(
        name="opening_wins",
        label="round won with the first kill",
        group="rounds",
        one="round",
        statistic="share",
        values=opening_wins,
    ),
    *(
        Measure(
            name=f"{who}_alive",
            label=f"{who} alive at the end",
            group="rounds",
            one="round",
            values=round_column(column),
        )
        for who, column in SURVIVORS.items()
    ),
    Measure(name="rounds", label="rounds", group="rounds", one="match", values=rounds_played),
    Measure(name="score_margin", label="score margin", group="rounds", one="match", values=score_margin),
    *(
        Measure(
            name=f"end_{label.replace(' ', '_').lower()}",
            label=label,
            group="how rounds end",
            one="round",
            statistic="share",
            values=rounds_that(condition),
        )
        for label, condition in REASONS
    ),
)


def player_metric(name: str) -> Compute:
    """A metric of the registry, per player and match."""

    def compute(match: Played) -> Values:
        stats = match.analysis["player_stats"]
        whole = stats.filter(pl.col("side") == BOTH_SIDES, pl.col("rounds_played") >= LEAST_ROUNDS)
        return numbers(whole[name])

    return compute


def player_rounds_that(condition: pl.Expr) -> Compute:
    return lambda match: numbers(match.player_rounds.select(condition).to_series())


def deaths_that(column: str) -> Compute:
    """Per match a total of `player_round_stats` by deaths."""
    return lambda match: share_of(total(match.player_rounds[column]), total(match.player_rounds["deaths"]))


def clutches_won(opponents: pl.Expr) -> Compute:
    return lambda match: numbers(match.analysis["clutches"].filter(opponents)["won"])


def clutches_per_round(match: Played) -> Values:
    return share_of(match.analysis["clutches"].height, match.rounds.height)


PLAYER_RATES: Final = (
    ("adr", "ADR", "hp"),
    ("hs_percent", "headshots", "%"),
    ("kast", "KAST", "%"),
    ("kpr", "kills of a player per round", ""),
    ("dpr", "deaths per round", ""),
    ("apr", "assists per round", ""),
    ("survival", "survival", "%"),
    ("udr", "utility damage per round", "hp"),
)
CLUTCH_SIZES: Final = (  # who is left alone against one leaves the other alone: no clutch is a 1v1
    ("1v2", pl.col("opponents") == 2),  # noqa: PLR2004 -- the size is the name
    ("1v3 and more", pl.col("opponents") > 2),  # noqa: PLR2004 -- see above
)
MULTI_KILLS: Final = (
    ("0 kills", pl.col("kills") == 0),
    ("1 kill", pl.col("kills") == 1),
    ("2 kills", pl.col("kills") == 2),  # noqa: PLR2004 -- the size is the name
    ("3 kills and more", pl.col("kills") > 2),  # noqa: PLR2004 -- the rest
)

PLAYERS: Final = (
    *(
        Measure(name=name, label=label, unit=unit, group="players", one="player and match", values=player_metric(name))
        for name, label, unit in PLAYER_RATES
    ),
    *(
        Measure(
            name=f"player_round_{label.replace(' ', '_')}",
            label=f"player's round with {label}",
            group="players",
            one="player and round",
            statistic="share",
            values=player_rounds_that(condition),
        )
        for label, condition in MULTI_KILLS
    ),
    Measure(
        name="traded_deaths",
        label="deaths traded",
        group="players",
        one="match",
        values=deaths_that("traded_deaths"),
    ),
    Measure(
        name="trade_attempts",
        label="trades attempted per death",
        group="players",
        one="match",
        values=deaths_that("trade_attempts"),
    ),
    Measure(name="clutches", label="clutches per round", group="players", one="match", values=clutches_per_round),
    *(
        Measure(
            name=f"clutches_won_{label.replace(' ', '_')}",
            label=f"{label} won",
            group="players",
            one="clutch",
            statistic="share",
            values=clutches_won(condition),
        )
        for label, condition in CLUTCH_SIZES
    ),
)
