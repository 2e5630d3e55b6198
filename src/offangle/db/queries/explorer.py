"""What the SQL explorer can be asked about: a copy of the rows that one person may see, as an SQLite database."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Exists, F, Max, OuterRef, QuerySet, Sum

from offangle.analysis.registry import PROMOTED
from offangle.db.models import (
    Match,
    Observation,
    PlayerMatchStat,
    PlayerRoundState,
    PlayerWeapon,
    Round,
    User,
    Weapon,
)
from offangle.db.queries.access import visible_matches
from offangle.db.queries.simulated import told_apart

MOST_MATCHES: Final = 300
"""The latest; more would make every first query of a minute slow."""
READ_AT_ONCE: Final = 5000


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the copy: its name, SQLite type, where its value comes from, and what it means."""

    name: str
    type: str
    source: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the copy."""

    name: str
    meaning: str
    columns: tuple[Column, ...]

    @property
    def definition(self) -> str:
        """The statement that makes it."""
        columns = ", ".join(f"{column.name} {column.type}" for column in self.columns)
        return f"CREATE TABLE {self.name} ({columns})"


def _columns(type_: str, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name, type_, name) for name in names)


MATCH: Final = Column("match_id", "TEXT", "match_id", "matches.match_id")
PLAYER: Final = Column("steam_id", "INTEGER", "steam_account_id", "SteamID64; bots are negative")
SIDE: Final = Column("side", "TEXT", "side", "t or ct")

MATCHES: Final = Table(
    "matches",
    "One row per match.",
    (
        Column("match_id", "TEXT", "pk"),
        Column("map", "TEXT", "map_name", "as de_mirage"),
        Column("source", "TEXT", "source", "demo, gsi, …"),
        Column(
            "is_simulated", "INTEGER", "is_simulated", "1: by Offangle's simulator; only while there is nothing else"
        ),
        Column(
            "is_mine",
            "INTEGER",
            "is_mine",
            "1: a Steam account of yours played in it; while you have linked none, you brought it",
        ),
        Column("live_state", "TEXT", "live_state", "live, left, finished; null: a recording"),
        Column("played_at", "TEXT", "played_at", "UTC"),
        Column("duration_s", "REAL", "duration_s"),
        Column("team_a", "TEXT", "team_a_name"),
        Column("team_b", "TEXT", "team_b_name"),
        *_columns("INTEGER", "score_a", "score_b", "rounds_played"),
    ),
)
ROUNDS: Final = Table(
    "rounds",
    "One row per counted round.",
    (
        MATCH,
        Column("round_number", "INTEGER", "number"),
        *_columns("TEXT", "kind"),
        *_columns("INTEGER", "half"),
        Column("team_a_side", "TEXT", "team_a_side", "t or ct"),
        Column("winner_side", "TEXT", "winner_side", "t or ct"),
        Column("winner_team", "TEXT", "winner_team", "a or b"),
        *_columns("TEXT", "reason"),
        *_columns("REAL", "duration_s"),
        Column("t_buy", "TEXT", "t_buy", "the team's buy class"),
        Column("ct_buy", "TEXT", "ct_buy"),
    ),
)
STATS: Final = Table(
    "player_match_stats",
    "One row per player, match and side; side all: both.",
    (
        MATCH,
        PLAYER,
        *_columns("TEXT", "name"),
        Column("side", "TEXT", "side", "all, t or ct"),
        Column("team", "TEXT", "team", "a or b"),
        *(
            Column(metric.name, "INTEGER" if metric.is_whole else "REAL", metric.name, metric.definition)
            for metric in PROMOTED
        ),
    ),
)
STATES: Final = Table(
    "player_round_states",
    "One row per player and round: what they had at freeze end, and did.",
    (
        Column("state_id", "INTEGER", "pk"),
        MATCH,
        Column("round_number", "INTEGER", "round__number"),
        PLAYER,
        SIDE,
        Column("won", "INTEGER", "round__winner_side", "1: the player's side won; null: not known"),
        *_columns("INTEGER", "health", "armor", "has_helmet", "has_defuse_kit", "money", "equipment_value"),
        Column("buy", "TEXT", "buy", "eco, semi_eco, semi_buy, full"),
        *_columns("INTEGER", "kills", "deaths", "assists", "headshot_kills", "damage", "survived"),
    ),
)
WEAPONS_USED: Final = Table(
    "player_weapons",
    "One row per player, round and weapon.",
    (
        Column("state_id", "INTEGER", "state_id", "player_round_states.state_id"),
        Column("match_id", "TEXT", "state__match_id", "matches.match_id"),
        Column("round_number", "INTEGER", "state__round__number"),
        Column("steam_id", "INTEGER", "state__steam_account_id"),
        Column("weapon", "TEXT", "weapon_id", "weapons.weapon"),
        *_columns("INTEGER", "shots", "kills", "headshot_kills", "damage"),
    ),
)
WEAPONS: Final = Table(
    "weapons",
    "Every weapon there is.",
    (
        Column("weapon", "TEXT", "name"),
        Column("title", "TEXT", "display_name"),
        Column("class", "TEXT", "weapon_class"),
        Column("price", "INTEGER", "price", "$"),
        Column("kill_reward", "INTEGER", "kill_reward", "$"),
    ),
)
TABLES: Final = (MATCHES, ROUNDS, STATS, STATES, WEAPONS_USED, WEAPONS)
LIVE_SOURCE: Final = "gsi"
ORIGINS: Final = {
    STATES.name: "match__source",
    WEAPONS_USED.name: "state__match__source",
}
"""Where each table's rows say what their match is known from."""
NOT_TOLD: Final = frozenset({"damage", "shots"})
"""Counts of a round that a game client is not told: null in the copy, where a nought would be a lie."""
INDEXES: Final = (
    "CREATE INDEX rounds_key ON rounds (match_id, round_number)",
    "CREATE INDEX stats_key ON player_match_stats (steam_id, match_id)",
    "CREATE INDEX states_key ON player_round_states (match_id, round_number)",
    "CREATE INDEX weapons_key ON player_weapons (state_id)",
)


def copy_fingerprint(user: User) -> str:
    """Changes when a match is published anew, deleted, or plays another round, with one's accounts, and the tables."""
    counted = (
        visible_matches(user)
        .order_by()
        .aggregate(latest=Max("published_at"), analysed=Max("analysis__computed_at"), rounds=Sum("rounds_played"))
    )
    ids = visible_matches(user).order_by("pk").values_list("pk", "score_a", "score_b", "live_state")
    own = user.steam_accounts.order_by("pk").values_list("pk", flat=True)
    told = [[table.definition for table in TABLES], list(counted.values()), list(ids), list(own)]
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()


def make_copy(user: User) -> bytes:
    """Copy the rows of the latest matches that `user` may see; simulated ones only where there are no others."""
    latest = told_apart(visible_matches(user)).order_by(F("played_at").desc(nulls_last=True), "-published_at")
    chosen = list(latest.values_list("pk", flat=True)[:MOST_MATCHES])
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        for table, rows in _rows(user, chosen):
            copy.execute(table.definition)
            places = ", ".join("?" * len(table.columns))
            copy.executemany(f"INSERT INTO {table.name} VALUES ({places})", _values(table, rows))  # noqa: S608 -- names of our own
        for index in INDEXES:
            copy.execute(index)
        return copy.serialize()


def _rows(user: User, chosen: list[Any]) -> Iterator[tuple[Table, QuerySet[Any]]]:
    yield MATCHES, Match.objects.filter(pk__in=chosen).annotate(is_mine=_is_mine(user))
    yield ROUNDS, Round.objects.filter(match__in=chosen)
    yield STATS, PlayerMatchStat.objects.filter(match__in=chosen)
    yield STATES, PlayerRoundState.objects.filter(match__in=chosen)
    yield WEAPONS_USED, PlayerWeapon.objects.filter(state__match__in=chosen)
    yield WEAPONS, Weapon.objects.all()


def _is_mine(user: User) -> Exists:
    """Whether a match is one of the user's own, and not only one that they may see."""
    own = list(user.steam_accounts.values_list("pk", flat=True))
    if own:
        return Exists(PlayerMatchStat.objects.filter(match=OuterRef("pk"), steam_account__in=own))
    return Exists(Observation.objects.filter(match=OuterRef("pk"), user=user))


def _values(table: Table, rows: QuerySet[Any]) -> Iterator[tuple[Any, ...]]:
    sources = [column.source for column in table.columns]
    origin = ORIGINS.get(table.name)
    asked = [*sources, origin] if origin else sources
    for row in rows.order_by("pk").values_list(*asked).iterator(chunk_size=READ_AT_ONCE):
        found = dict(zip(sources, row, strict=False))
        if table is STATES:
            winner = found["round__winner_side"]
            found["round__winner_side"] = None if winner is None else int(winner == found["side"])
        if origin and row[-1] == LIVE_SOURCE:
            found |= dict.fromkeys(found.keys() & NOT_TOLD)
        yield tuple(_plain(value) for value in found.values())


def _plain(value: Any) -> Any:
    """A value as SQLite keeps it."""
    if value is None or isinstance(value, int | float | str):
        return value
    return value.strftime("%Y-%m-%d %H:%M:%S") if hasattr(value, "strftime") else str(value)
