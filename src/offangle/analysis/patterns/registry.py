"""All tables of patterns, and what each of their figures is: the source of the reference page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from offangle.analysis.patterns.economy import economic_states, economic_transitions
from offangle.analysis.patterns.places import death_risk, map_and_side
from offangle.analysis.patterns.weapons import weapon_effectiveness, weapon_time

PatternFunction = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Figure:
    """One column: its name, unit, meaning, what it is divided by, and whether `_low` and `_high` stand beside it."""

    name: str
    definition: str
    unit: str = ""
    denominator: str = ""
    interval: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PatternTable:
    """One table: a function of `pattern_rounds` and `pattern_weapons`, its key, and its figures."""

    name: str
    title: str
    definition: str
    build: PatternFunction
    key: tuple[str, ...]
    figures: tuple[Figure, ...]


ROUNDS: Final = Figure("rounds", "Rounds played in this situation.")
DECIDED: Final = Figure("decided", "Of them, rounds whose winner is known.")
WINS: Final = Figure("wins", "Of those, rounds that the player's side won.")
WIN_RATE: Final = Figure("win_rate", "Share of the decided rounds that were won.", "", "rounds decided", "Wilson")
KILLS: Final = Figure("kills", "Enemies killed.")
KILLS_PER_ROUND: Final = Figure("kills_per_round", "Kills per round.", "per round", "rounds", "Byar (Poisson)")
DEATHS: Final = Figure("deaths", "Own deaths.")
INVESTMENT: Final = Figure("investment", "Mean equipment value at freeze end.", "$", "rounds with known equipment")
ROUNDS_USED: Final = Figure("rounds_used", "Rounds in which the weapon was in hand at least once.")
KILLS_PER_1000: Final = Figure(
    "kills_per_1000", "Kills per 1000 dollars of equipment carried.", "per $1000", "equipment value of the rounds"
)

EFFECTIVENESS: Final = PatternTable(
    "weapon_effectiveness",
    "Weapon effectiveness",
    "What each weapon gave in the rounds in which it was in hand, per map and over all maps.",
    weapon_effectiveness,
    ("steam_id", "map_name", "weapon"),
    (
        ROUNDS_USED,
        KILLS,
        Figure("rounds_with_kill", "Rounds used with at least one kill by the weapon."),
        Figure("kills_per_round", "Kills by the weapon per round used.", "per round", "rounds used", "Byar (Poisson)"),
        Figure("consistency", "Share of the rounds used with at least one kill by it.", "", "rounds used", "Wilson"),
        KILLS_PER_1000,
        Figure(
            "score",
            "0.4 x kills per round used + 0.3 x consistency + 0.3 x kills per 1000; from 5 rounds used on.",
            "",
            "rounds used",
            "delta method, Student's t",
        ),
        Figure("tier_of_figures", "The tier of kills per round used and consistency as they are."),
        Figure("tier_low", "The tier of the lower ends of their intervals."),
        Figure("tier_high", "The tier of the upper ends of their intervals."),
        Figure("tier", "The tier where both ends agree; else none is claimed. Guns only."),
        Figure("more_rounds", "Rounds that are wanting for a score."),
    ),
)

TIME: Final = PatternTable(
    "weapon_time",
    "Weapon and time",
    "Each weapon's share of the live time in hand against its share of the kills.",
    weapon_time,
    ("steam_id", "map_name", "weapon"),
    (
        ROUNDS_USED,
        Figure("active_s", "Time in hand, alive, while the round was live.", "s"),
        Figure("time_share", "Share of the time with any weapon in hand.", "", "time of all weapons"),
        KILLS,
        Figure("kill_share", "Share of the kills.", "", "kills of all weapons"),
        Figure("kills_per_minute", "Kills per minute in hand.", "per min", "time in hand", "Byar (Poisson)"),
        Figure("kill_time_ratio", "Kill share by time share; above 1: more kills than its time.", "", "time share"),
    ),
)

STATES: Final = PatternTable(
    "economic_states",
    "Economic states",
    "What was won and killed with each buy class, per side.",
    economic_states,
    ("steam_id", "side", "buy"),
    (ROUNDS, DECIDED, WINS, WIN_RATE, KILLS, KILLS_PER_ROUND, DEATHS, INVESTMENT, KILLS_PER_1000),
)

TRANSITIONS: Final = PatternTable(
    "economic_transitions",
    "Economic transitions",
    "Which buy class follows on the class and outcome of the round before in the same half, and what it wins.",
    economic_transitions,
    ("steam_id", "side", "previous_buy", "previous_outcome", "buy"),
    (
        ROUNDS,
        Figure("share", "Share of the rounds that follow on that class and outcome.", "", "rounds that follow"),
        DECIDED,
        WINS,
        WIN_RATE,
        KILLS,
        INVESTMENT,
    ),
)

PLACES: Final = PatternTable(
    "map_and_side",
    "Maps and sides",
    "Rounds, kills and deaths per map and side.",
    map_and_side,
    ("steam_id", "map_name", "side"),
    (
        Figure("matches", "Matches with such a round."),
        ROUNDS,
        DECIDED,
        WINS,
        WIN_RATE,
        KILLS,
        DEATHS,
        Figure("kd_ratio", "Kills by deaths.", "", "deaths"),
        KILLS_PER_ROUND,
        Figure("adr", "Damage per round.", "hp per round", "rounds whose damage is known"),
    ),
)

RISK: Final = PatternTable(
    "death_risk",
    "Risk",
    "How often the player dies: over all, by side, buy, map, own kill and opening duel.",
    death_risk,
    ("steam_id", "situation", "value"),
    (
        Figure("rounds", "Rounds in this situation whose survival is known."),
        Figure("deaths", "Of them, rounds in which the player died."),
        Figure("death_rate", "Share of those rounds with a death.", "", "rounds", "Wilson"),
        Figure("share_of_deaths", "Share of all deaths that fell here.", "", "deaths over all values"),
    ),
)

PATTERN_TABLES: Final = (EFFECTIVENESS, TIME, STATES, TRANSITIONS, PLACES, RISK)
PATTERN_TABLES_BY_NAME: Final = {table.name: table for table in PATTERN_TABLES}


def columns_of(table: PatternTable) -> tuple[str, ...]:
    """Every column of `table`: its key, then each figure with its interval."""
    figures = [
        name
        for figure in table.figures
        for name in (figure.name, *((f"{figure.name}_low", f"{figure.name}_high") if figure.interval else ()))
    ]
    return (*table.key, *figures)


def pattern_table(name: str, rounds: pl.DataFrame, weapons: pl.DataFrame) -> pl.DataFrame:
    """The table `name` with its declared columns.

    Raises:
        KeyError: No such table.
    """
    table = PATTERN_TABLES_BY_NAME[name]
    return table.build(rounds, weapons).select(columns_of(table))
