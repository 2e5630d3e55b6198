"""A match as one JSON document: what `offangle analyze --json` prints. Fields are only ever added."""

import math
from datetime import datetime
from typing import Any, Final

import polars as pl

from offangle.analysis.metrics.feats import LARGEST
from offangle.analysis.players import BOTH_SIDES
from offangle.analysis.registry import PLAYER_METRICS, PROMOTED
from offangle.analysis.run import Analysis
from offangle.core.scores import final_score
from offangle.core.sides import SIDES, TEAMS
from offangle.frames.collection import MatchFrames

DECIMALS: Final = 4
"""Of rates; more would only show how floating point rounds."""

MULTI_KILL_SIZES: Final = range(2, LARGEST + 1)

ROUND_FIELDS: Final = (
    "kind", "half", "start_tick", "freeze_end_tick", "end_tick", "team_a_side", "winner_side", "winner_team", "reason",
    "score_a_after", "score_b_after", "duration_s", "t_buy", "ct_buy", "t_equipment", "ct_equipment", "t_kills",
    "ct_kills", "t_survivors", "ct_survivors", "plant_site", "exploded", "opening_side", "clutch_opponents",
    "clutch_won",
)  # fmt: skip
ROUND_PLAYERS: Final = ("opening_attacker_steam_id", "opening_victim_steam_id", "clutch_steam_id")

MATCH_FIELDS: Final = (
    "server_name", "game_mode", "build_number", "played_at", "duration_s", "team_a_name", "team_b_name", "is_simulated",
)  # fmt: skip

CHECK_FIELDS: Final = ("name", "label", "ok", "expected", "found", "detail", "explained")


def match_document(frames: MatchFrames, analysis: Analysis) -> dict[str, Any]:
    """The document of one match: `match`, `players`, `rounds`, `checks`, with values that JSON has.

    SteamIDs are text, because a 64-bit number does not survive JavaScript; unknown values are null.
    """
    return {
        "match": _match(frames, analysis["round_stats"]),
        "players": _players(analysis["player_stats"]),
        "rounds": [_round(row) for row in analysis["round_stats"].iter_rows(named=True)],
        "checks": [{name: row[name] for name in CHECK_FIELDS} for row in analysis["checks"].iter_rows(named=True)],
    }


def value(found: Any) -> Any:
    """A cell as JSON has it."""
    if isinstance(found, float):
        return round(found, DECIMALS) if math.isfinite(found) else None
    return found.isoformat() if isinstance(found, datetime) else found


def _match(frames: MatchFrames, rounds: pl.DataFrame) -> dict[str, Any]:
    row = frames["match"].row(0, named=True)
    return {
        "map": row["map_name"],
        "tick_rate": row["tick_rate"],
        "rounds_played": rounds.height,
        "score": final_score({team: row[f"score_{team}"] for team in TEAMS}, rounds["winner_team"].to_list()),
        "source": row["source"],
        **{name: value(row[name]) for name in MATCH_FIELDS},
        "parsers": frames["parsers"].select("name", "version", "role").to_dicts(),
    }


def _players(stats: pl.DataFrame) -> list[dict[str, Any]]:
    """Everybody, by team and then best rating first."""
    by_side = {
        (row["steam_id"], row["side"]): row for row in stats.filter(pl.col("side") != BOTH_SIDES).iter_rows(named=True)
    }
    whole = stats.filter(pl.col("side") == BOTH_SIDES)
    return [_player(row, by_side) for row in whole.iter_rows(named=True)]


def _player(row: dict[str, Any], by_side: dict[tuple[int, str], dict[str, Any]]) -> dict[str, Any]:
    sides = {side: by_side[row["steam_id"], side] for side in SIDES if (row["steam_id"], side) in by_side}
    return {
        "steam_id": str(row["steam_id"]),
        "name": row["name"],
        "team": row["team"],
        "is_bot": row["is_bot"],
        **_promoted(row),
        "multi_kills": {str(size): row[f"multi_{size}k"] for size in MULTI_KILL_SIZES},
        "sides": {side: _promoted(found) for side, found in sides.items()},
        "metrics": {metric.name: value(row[metric.name]) for metric in PLAYER_METRICS},
    }


def _promoted(row: dict[str, Any]) -> dict[str, Any]:
    return {metric.name: value(row[metric.name]) for metric in PROMOTED}


def _round(row: dict[str, Any]) -> dict[str, Any]:
    players = {name: None if row[name] is None else str(row[name]) for name in ROUND_PLAYERS}
    return {"number": row["round_number"], **{name: value(row[name]) for name in ROUND_FIELDS}, **players}
