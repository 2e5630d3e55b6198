"""The rows of a match, whoever tells of it: a recording and live posts are written by one hand.

A flow says what the rows hold (`MatchRows`); here they become rows that the database takes, and replace those there.
What is told again keeps its key.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Model

from offangle.analysis.registry import PROMOTED
from offangle.db.models import Analysis, Match, PlayerMatchStat, PlayerRoundState, PlayerWeapon, Round
from offangle.db.models.players import ARMOR_MAX, HEALTH_MAX, MONEY_MAX
from offangle.db.queries.weapons import ensure_weapons

ROUND_COLUMNS: Final = (
    "kind", "half", "start_tick", "freeze_end_tick", "end_tick", "team_a_side", "winner_side", "winner_team", "reason",
    "duration_s", "t_buy", "ct_buy",
)  # fmt: skip
STATE_COLUMNS: Final = (
    "side", "health", "armor", "has_helmet", "has_defuse_kit", "money", "equipment_value", "buy", "kills", "deaths",
    "assists", "headshot_kills", "damage", "survived", "played", "opening_kill", "opening_death",
)  # fmt: skip
WEAPON_COLUMNS: Final = (
    "shots", "kills", "headshot_kills", "damage", "was_active", "active_s", "unsure_kills",
)  # fmt: skip
STAT_COLUMNS: Final = ("team", "name", "metrics", *(metric.name for metric in PROMOTED))
BOUNDS: Final = {"health": HEALTH_MAX, "armor": ARMOR_MAX, "money": MONEY_MAX}

MAX_NAME: Final = 128
MAX_WEAPON_NAME: Final = 64
LISTED_AT_MOST: Final = 20
BATCH: Final = 500

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MatchRows:
    """What the rows of a match hold. A column that is left out keeps the model's default: nobody could tell it.

    Attributes:
        rounds: `number` and `ROUND_COLUMNS`.
        states: `round_number`, `steam_id`, `received_order` (0 where left out) and `STATE_COLUMNS`.
        weapons: The key of a state, `weapon` and `WEAPON_COLUMNS`; those whose player has no state are left out.
        stats: `steam_id`, `side`, `team`, `name` and `metrics`, every metric by name.
        parsers: Who read the match.
        checks: What was checked, without the bounds of states, which are checked here.
        pipeline_version: Of whoever made the rows.
    """

    rounds: Collection[Row]
    states: Collection[Row]
    weapons: Collection[Row]
    stats: Collection[Row]
    parsers: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    pipeline_version: str


@dataclass(slots=True)
class Bounds:
    """Values outside the game's bounds: stored as not known, and said so in a check of their own."""

    outside: list[str] = field(default_factory=list)

    def held(self, row: Row, name: str) -> Any:
        """The value of `name` in `row` if the database takes it, else None."""
        value = row[name]
        if value is None or 0 <= value <= BOUNDS[name]:
            return value
        self.outside.append(f"round {row['round_number']}: {row['steam_id']} has {name} {value}")
        return None

    def check(self) -> dict[str, Any]:
        """The entry for the match's checks."""
        more = len(self.outside) - LISTED_AT_MOST
        return {
            "name": "state_bounds",
            "label": "Health, armor and money within the game's bounds",
            "ok": not self.outside,
            "expected": ", ".join(f"{name} 0 to {top}" for name, top in BOUNDS.items()),
            "found": f"{len(self.outside)} outside, stored as not known",
            "detail": "; ".join(self.outside[:LISTED_AT_MOST]) + (f"; and {more} more" if more > 0 else ""),
        }


def text(value: str | None, longest: int) -> str:
    """A word from a recording as a column takes it: PostgreSQL knows no NUL, and columns end somewhere."""
    return (value or "").replace("\0", "")[:longest]


def number(value: Any) -> Any:
    """A figure as SQL and JSON take it: NaN and infinities are not known."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_rows(match: Match, rows: MatchRows) -> None:
    """Replace the rows of a match; to be called inside a transaction that locked it. Accounts must be there.

    Args:
        match: The match, already written.
        rows: All that there is to tell of it.
    """
    bounds = Bounds()
    ensure_weapons(sorted({row["weapon"] for row in rows.weapons}))
    rounds = _write_rounds(match, rows.rounds)
    states = _write_states(match, rounds, rows.states, bounds)
    _write_weapons(match, states, rows.weapons)
    _write_stats(match, rows.stats)
    _write_analysis(match, rows, bounds)


def _write_rounds(match: Match, rows: Iterable[Row]) -> dict[int, Round]:
    made = {row["number"]: Round(match=match, number=row["number"], **_values(row, ROUND_COLUMNS)) for row in rows}
    there = dict(Round.objects.filter(match=match).values_list("number", "pk"))
    _replace(Round, made, there, ["match", "number"], ROUND_COLUMNS)
    return made


StateKey = tuple[int, int, int]
"""Round number, SteamID, received_order."""


def _key(row: Row) -> StateKey:
    return (row["round_number"], row["steam_id"], row.get("received_order", 0))


def _write_states(
    match: Match, rounds: Mapping[int, Round], rows: Iterable[Row], bounds: Bounds
) -> dict[StateKey, PlayerRoundState]:
    made = {_key(row): _state(match, rounds[row["round_number"]], row, bounds) for row in rows}
    found = PlayerRoundState.objects.filter(match=match)
    there = {tuple(key): pk for pk, *key in found.values_list("pk", "round__number", "steam_account", "received_order")}
    unique = ["match", "round", "steam_account", "received_order"]
    _replace(PlayerRoundState, made, there, unique, STATE_COLUMNS)
    return made


def _state(match: Match, round_: Round, row: Row, bounds: Bounds) -> PlayerRoundState:
    held = {name: bounds.held(row, name) for name in BOUNDS}
    return PlayerRoundState(
        match=match,
        round=round_,
        steam_account_id=row["steam_id"],
        received_order=row.get("received_order", 0),
        **_values(row, STATE_COLUMNS) | held,
    )


def _write_weapons(match: Match, states: Mapping[StateKey, PlayerRoundState], rows: Iterable[Row]) -> None:
    made = {
        (state.pk, row["weapon"]): PlayerWeapon(state=state, weapon_id=row["weapon"], **_values(row, WEAPON_COLUMNS))
        for row in rows
        if (state := states.get(_key(row))) is not None
    }
    found = PlayerWeapon.objects.filter(state__match=match).values_list("pk", "state", "weapon")
    _replace(PlayerWeapon, made, {tuple(key): pk for pk, *key in found}, ["state", "weapon"], WEAPON_COLUMNS)


def _write_stats(match: Match, rows: Iterable[Row]) -> None:
    made = {(row["steam_id"], row["side"]): _stat(match, row) for row in rows}
    found = PlayerMatchStat.objects.filter(match=match).values_list("pk", "steam_account", "side")
    there = {tuple(key): pk for pk, *key in found}
    _replace(PlayerMatchStat, made, there, ["match", "steam_account", "side"], STAT_COLUMNS)


def _stat(match: Match, row: Row) -> PlayerMatchStat:
    metrics = {name: number(value) for name, value in row["metrics"].items()}
    return PlayerMatchStat(
        match=match,
        steam_account_id=row["steam_id"],
        side=row["side"],
        team=row["team"],
        name=text(row["name"], MAX_NAME),
        metrics=metrics,
        **{metric.name: metrics[metric.name] for metric in PROMOTED},
    )


def _values(row: Row, names: Iterable[str]) -> dict[str, Any]:
    return {name: number(row[name]) for name in names if name in row}


def _replace(
    model: type[Model], made: Mapping[Any, Any], there: Mapping[Any, Any], unique: list[str], columns: Iterable[str]
) -> None:
    """Delete the rows there whose key was not made again, and write the others; each gets its key."""
    rows: Any = model._default_manager  # noqa: SLF001 -- Django's documented way to any model's manager
    rows.filter(pk__in=[pk for key, pk in there.items() if key not in made]).delete()
    rows.bulk_create(
        made.values(), batch_size=BATCH, update_conflicts=True, unique_fields=unique, update_fields=list(columns)
    )


def _write_analysis(match: Match, rows: MatchRows, bounds: Bounds) -> None:
    checks = [*rows.checks, bounds.check()]
    failed = sum(check["ok"] is False for check in checks)
    if match.checks_failed != failed:
        match.checks_failed = failed
        match.save(update_fields=["checks_failed"])
    values = {"pipeline_version": rows.pipeline_version, "parsers": rows.parsers, "checks": checks}
    Analysis.objects.update_or_create(match=match, defaults=values)
