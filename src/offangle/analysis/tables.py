"""The derived tables: columns, types, units and keys, declared like the tables they are made from."""

import types
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import dataframely as dy

from offangle.analysis.metrics.metric import Metric
from offangle.analysis.players import SIDE_OR_ALL
from offangle.analysis.registry import PLAYER_METRICS
from offangle.core.terms import BOMB_SITES, END_REASONS, PLAYER_BUYS, ROUND_KINDS, TEAM_BUYS
from offangle.frames import columns as col


def count() -> dy.Int32:
    """A number of events, never unknown."""
    return dy.Int32(min=0)


def metric_column(metric: Metric) -> dy.Column:
    """The column of a metric."""
    described: dict[str, Any] = {"nullable": True, "description": metric.definition, "metadata": col.unit(metric.unit)}
    return dy.Int32(**described) if metric.is_whole else dy.Float64(**described)


def player_columns() -> dict[str, dy.Column]:
    """Who, on which side, and every metric of the registry in its order."""
    identity: dict[str, dy.Column] = {
        "steam_id": col.steam_id(primary_key=True),
        "side": dy.Enum(SIDE_OR_ALL, primary_key=True, description="`all`: both sides together"),
        "name": dy.String(nullable=True),
        "team": col.team(),
        "is_bot": col.flag(),
        "mvps": dy.Int32(nullable=True, description="As the source states them; on `all` rows only"),
    }
    return identity | {metric.name: metric_column(metric) for metric in PLAYER_METRICS}


PlayerStatsTable: type[dy.Schema] = types.new_class(
    "PlayerStatsTable", (dy.Schema,), exec_body=lambda body: body.update(player_columns())
)
"""One row per player and side, and one per player over both."""


class RoundStatsTable(dy.Schema):
    """One row per counted round."""

    round_number = col.round_number(primary_key=True)
    kind = dy.Enum(ROUND_KINDS)
    half = dy.UInt8()
    start_tick = col.tick()
    freeze_end_tick = col.tick(nullable=True)
    end_tick = col.tick(nullable=True)
    officially_ended_tick = col.tick(nullable=True)
    team_a_side = col.side()
    winner_side = col.side()
    winner_team = col.team()
    reason = dy.Enum(END_REASONS)
    score_a_before = dy.Int16(nullable=True, min=0)
    score_b_before = dy.Int16(nullable=True, min=0)
    score_a_after = dy.Int16(nullable=True, min=0, description="Null where the winner is unknown")
    score_b_after = dy.Int16(nullable=True, min=0)
    duration_s = dy.Float64(nullable=True, min=0.0, metadata=col.unit("s"), description="Freeze end to decision")
    t_buy = dy.Enum(TEAM_BUYS, nullable=True)
    ct_buy = dy.Enum(TEAM_BUYS, nullable=True)
    t_equipment = col.dollars()
    ct_equipment = col.dollars()
    t_start_money = col.dollars()
    ct_start_money = col.dollars()
    t_money_spent = dy.Int32(nullable=True, metadata=col.unit("$"))
    ct_money_spent = dy.Int32(nullable=True, metadata=col.unit("$"))
    t_money_left = col.dollars()
    ct_money_left = col.dollars()
    t_players = dy.Int32(min=0, description="On the side at freeze end")
    ct_players = dy.Int32(min=0)
    t_kills = dy.Int32(min=0)
    ct_kills = dy.Int32(min=0)
    t_survivors = dy.Int32(min=0)
    ct_survivors = dy.Int32(min=0)
    plant_tick = col.tick(nullable=True)
    plant_site = dy.Enum(BOMB_SITES, nullable=True)
    planter_steam_id = col.steam_id(nullable=True)
    defuse_tick = col.tick(nullable=True)
    defuser_steam_id = col.steam_id(nullable=True)
    exploded = dy.Bool()
    opening_tick = col.tick(nullable=True)
    opening_attacker_steam_id = col.steam_id(nullable=True)
    opening_victim_steam_id = col.steam_id(nullable=True)
    opening_side = col.side()
    clutch_steam_id = col.steam_id(nullable=True)
    clutch_opponents = dy.Int32(nullable=True, min=1)
    clutch_won = col.flag()


class PlayerRoundStatsTable(dy.Schema):
    """One row per counted round and player who was on a side at freeze end or took part later."""

    round_number = col.round_number(primary_key=True)
    steam_id = col.steam_id(primary_key=True)
    team = col.team()
    side = col.side()
    played = dy.Bool(description="On a side at freeze end: what denominators count")
    kills = count()
    deaths = count()
    assists = count()
    flash_assists = count()
    headshot_kills = count()
    damage = dy.Int32(min=0, metadata=col.unit("hp"))
    utility_damage = dy.Int32(min=0, metadata=col.unit("hp"))
    survived = dy.Bool()
    had_kast = dy.Bool()
    opening_kill = dy.Bool()
    opening_death = dy.Bool()
    trade_kills = count()
    traded_deaths = count()
    trade_opportunities = count()
    trade_attempts = count()
    trade_successes = count()
    clutch_opponents = dy.Int32(nullable=True, min=1)
    clutch_won = col.flag()
    last_duel_won = dy.Bool(nullable=True, description="Of a last duel; null: no such duel, or the winner is unknown")
    enemies_flashed = dy.Int32(nullable=True, min=0)
    blind_time_enemy_s = dy.Float64(nullable=True, min=0.0, metadata=col.unit("s"))
    blind_time_team_s = dy.Float64(nullable=True, min=0.0, metadata=col.unit("s"))
    team_kills = count()
    team_damage = dy.Int32(min=0, metadata=col.unit("hp"))
    bot_kills = count()
    bot_deaths = count()
    equipment_value = col.dollars()
    start_money = col.dollars()
    money_spent = dy.Int32(nullable=True, metadata=col.unit("$"))
    money_left = col.dollars()
    buy = dy.Enum(PLAYER_BUYS, nullable=True)
    won = dy.Bool(nullable=True, description="The player's own side won; null where the winner is unknown")


class ClutchesTable(dy.Schema):
    """One row per clutch."""

    round_number = col.round_number(primary_key=True)
    steam_id = col.steam_id(primary_key=True)
    tick = col.tick(description="The player was left alone")
    side = col.side()
    team = col.team()
    opponents = dy.Int32(min=1)
    won = col.flag()
    survived = dy.Bool()
    kills = dy.Int32(min=0, description="By the clutcher, after being left alone")


class TradesTable(dy.Schema):
    """One row per trade opportunity: a team-mate's death and a player who could avenge it."""

    round_number = col.round_number()
    kill_id = dy.UInt32(primary_key=True, description="The death, counted over the match in order of time from 0")
    trader_steam_id = col.steam_id(primary_key=True)
    tick = col.tick(description="The team-mate died")
    victim_steam_id = col.steam_id()
    killer_steam_id = col.steam_id()
    trader_side = col.side()
    attempted = dy.Bool(description="Hurt the killer within the window")
    succeeded = dy.Bool(description="Killed the killer within the window")
    trade_tick = col.tick(nullable=True)


class OpeningDuelsTable(dy.Schema):
    """One row per counted round with a kill: its first."""

    round_number = col.round_number(primary_key=True)
    tick = col.tick()
    attacker_steam_id = col.steam_id()
    victim_steam_id = col.steam_id()
    attacker_side = col.side()
    victim_side = col.side()
    weapon = dy.String()
    is_headshot = dy.Bool()


class DuelMatrixTable(dy.Schema):
    """One row per pair of enemies with at least one kill."""

    attacker_steam_id = col.steam_id(primary_key=True)
    victim_steam_id = col.steam_id(primary_key=True)
    kills = dy.Int32(min=1)
    headshot_kills = dy.Int32(min=0)


class ChecksTable(dy.Schema):
    """One row per thing reconciled."""

    name = dy.String(primary_key=True)
    label = dy.String()
    ok = dy.Bool(nullable=True, description="Null: could not be checked")
    expected = dy.String()
    found = dy.String()
    detail = dy.String(description="What differs, by name; empty when nothing does")
    explained = dy.Bool(description="The two differ, and the detail says why they should")


DERIVED_TABLES: Final[Mapping[str, type[dy.Schema]]] = MappingProxyType(
    {
        "player_stats": PlayerStatsTable,
        "round_stats": RoundStatsTable,
        "player_round_stats": PlayerRoundStatsTable,
        "clutches": ClutchesTable,
        "trades": TradesTable,
        "opening_duels": OpeningDuelsTable,
        "duel_matrix": DuelMatrixTable,
        "checks": ChecksTable,
    }
)
