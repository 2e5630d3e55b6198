"""The pattern tables from the database: the same rows, and so the same numbers, as from a match's own tables."""

from typing import Any, Final

import polars as pl
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from offangle.analysis.patterns.names import renamed, with_thrown_fire
from offangle.analysis.patterns.tables import (
    RECORDS,
    UNKNOWN_WEAPON,
    PatternRoundsTable,
    PatternWeaponsTable,
    shaped,
)
from offangle.core.economy import REGULATION_HALVES
from offangle.core.sides import SIDES
from offangle.db.models import Match, PlayerRoundState, PlayerWeapon

STATE_FIELDS: Final[dict[str, Any]] = {
    "match_id": pl.String,
    "received_order": pl.Int64,
    "steam_account_id": pl.Int64,
    "match__map_name": pl.String,
    "match__source": pl.String,
    "round__number": pl.Int16,
    "round__kind": pl.String,
    "round__half": pl.UInt8,
    "round__winner_side": pl.Enum(SIDES),
    "round__t_buy": pl.String,
    "round__ct_buy": pl.String,
    "side": pl.Enum(SIDES),
    "money": pl.Int32,
    "equipment_value": pl.Int32,
    "buy": pl.String,
    "kills": pl.Int32,
    "deaths": pl.Int32,
    "assists": pl.Int32,
    "headshot_kills": pl.Int32,
    "damage": pl.Int32,
    "survived": pl.Boolean,
    "opening_kill": pl.Boolean,
    "opening_death": pl.Boolean,
}
"""What is read of a player's state, its round and match, and the type it has in a frame."""

WEAPON_FIELDS: Final[dict[str, Any]] = {
    "state__match_id": pl.String,
    "state__match__source": pl.String,
    "state__round__number": pl.Int16,
    "state__steam_account_id": pl.Int64,
    "state__side": pl.Enum(SIDES),
    "weapon_id": pl.String,
    "was_active": pl.Boolean,
    "active_s": pl.Float64,
    "shots": pl.Int32,
    "kills": pl.Int32,
    "headshot_kills": pl.Int32,
    "unsure_kills": pl.Int32,
}

KEY: Final = ["match_id", "round_number", "steam_id"]
GSI: Final = RECORDS[1]
COUNTS: Final = ("shots", "kills", "headshot_kills", "unsure_kills")


def pattern_frames(matches: QuerySet[Match], *, steam_id: int | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`pattern_rounds` and `pattern_weapons` of `matches`, of every player or of one.

    Args:
        matches: As `visible_matches` gives them: without aborted and superseded ones, which would count twice.
        steam_id: The player; None for everyone.
    """
    chosen = matches.order_by().values("pk")
    states = PlayerRoundState.objects.filter(match__in=chosen, played=True)
    weapons = PlayerWeapon.objects.filter(state__match__in=chosen, state__played=True)
    if steam_id is not None:
        states, weapons = states.filter(steam_account=steam_id), weapons.filter(state__steam_account=steam_id)
    rounds = _rounds(_frame(states, STATE_FIELDS), _order(matches))
    return rounds, _weapons(_frame(weapons, WEAPON_FIELDS))


def _frame(rows: QuerySet[Any], fields: dict[str, Any]) -> pl.DataFrame:
    """The columns of `fields`; ids of matches as text, whichever database wrote them."""
    found = rows.order_by("pk").values_list(*fields)
    named = [(str(match_id), *others) for match_id, *others in found]
    return pl.DataFrame(named, schema=fields, orient="row")


def _order(matches: QuerySet[Match]) -> pl.DataFrame:
    """match_id and played_order: by when it was played, or else published."""
    played = matches.order_by(Coalesce("played_at", "published_at"), "pk").values_list("pk", flat=True)
    ids = [str(match_id) for match_id in played]
    return pl.DataFrame({"match_id": ids}, schema={"match_id": pl.String}).with_row_index("played_order")


def _record(source: str) -> pl.Expr:
    return pl.when(pl.col(source) == GSI).then(pl.lit(GSI)).otherwise(pl.lit(RECORDS[0]))


def _rounds(states: pl.DataFrame, order: pl.DataFrame) -> pl.DataFrame:
    half, is_live = pl.col("round__half"), pl.col("match__source") == GSI
    team_buy = pl.when(pl.col("side") == "t").then("round__t_buy").otherwise("round__ct_buy")
    latest = states.sort("received_order", maintain_order=True).unique(
        ["match_id", "round__number", "steam_account_id"], keep="last", maintain_order=True
    )
    table = latest.join(order, on="match_id").with_columns(
        steam_id="steam_account_id",
        map_name="match__map_name",
        round_number="round__number",
        half=half,
        is_overtime=~half.is_in(REGULATION_HALVES) | (pl.col("round__kind") == "overtime"),
        winner_side="round__winner_side",
        won=pl.col("side") == pl.col("round__winner_side"),
        team_buy=team_buy,
        damage=pl.when(~is_live).then("damage"),
        record=_record("match__source"),
    )
    return shaped(PatternRoundsTable, table).sort("played_order", "round_number", "steam_id")


def _weapons(rows: pl.DataFrame) -> pl.DataFrame:
    is_live = pl.col("state__match__source") == GSI
    # Rows of before it was kept: whatever was fired or killed, and whatever a live client listed, was in hand.
    judged = (pl.col("shots") > 0) | (pl.col("kills") > 0) | (is_live & (pl.col("weapon_id") != UNKNOWN_WEAPON))
    named = rows.select(
        pl.col("active_s", "kills", "unsure_kills"),
        match_id="state__match_id",
        round_number="state__round__number",
        steam_id="state__steam_account_id",
        side="state__side",
        weapon="weapon_id",
        was_active=pl.coalesce("was_active", judged),
        shots=pl.when(~is_live).then("shots"),
        headshot_kills=pl.when(~is_live).then("headshot_kills"),
    )
    sides = named.select(*KEY, "side").unique(KEY)
    told = with_thrown_fire(renamed(named.drop("side")), sides)
    summed = told.group_by(*KEY, "weapon").agg(pl.col("was_active").any(), *_sums("active_s", *COUNTS))
    # A grenade of an earlier moment may hurt without having been in hand; that is no use of it.
    used = summed.filter(pl.col("was_active") | (pl.col("kills") > 0))
    return shaped(PatternWeaponsTable, used).sort(*KEY, "weapon")


def _sums(*names: str) -> list[pl.Expr]:
    """Sums of two names of one weapon; null where neither is known."""
    return [pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name) for name in names]
