"""From the log of what was written to the tables of `frames`: rounds numbered, sides and scores set beside them."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from offangle.core.sides import SIDES, TEAMS, Side, Team, other_team
from offangle.frames.collection import MatchFrames, conform
from offangle_sim.server.server import Server
from offangle_sim.server.setup import TICK_RATE
from offangle_sim.server.state import RoundRecord
from offangle_sim.truth.grids import as_told
from offangle_sim.truth.log import TruthLog

SIDE_NUMBERS: Final[Mapping[Side | None, int]] = {None: 0, "t": 1, "ct": 2}
"""How rows of many ticks keep a side."""
_SIDES_BY_NUMBER: Final = {number: side for side, number in SIDE_NUMBERS.items() if side is not None}
_BY_TICK: Final = ("kills", "damages", "shots", "bullets", "blinds", "bomb_events", "item_events")
_BY_START: Final = ("smokes", "fires")
_FIGURES: Final = ("kills", "deaths", "assists", "headshot_kills", "damage", "utility_damage", "mvps", "score")


def truth_frames(server: Server, log: TruthLog) -> MatchFrames:
    """All tables of a match as `log` kept it."""
    rounds = _rounds(server)
    starts = rounds.select(pl.col("start_tick").alias("tick"), "round_number").sort("tick")
    in_rounds = _player_rounds(server, rounds)
    tables = {
        "match": _match(server),
        "parsers": pl.DataFrame({"name": ["offangle"], "version": ["simulator"], "role": ["wrote the match"]}),
        "players": _players(server, in_rounds),
        "scoreboard": _scoreboard(server, in_rounds),
        "rounds": rounds,
        "player_rounds": in_rounds,
        "economy": _economy(server, log, rounds),
        **{name: _numbered(_table(log.known(name)), starts, "tick") for name in _BY_TICK},
        **{name: _numbered(_table(log.known(name)), starts, "start_tick") for name in _BY_START},
        "grenades": _numbered(_table(log.known("grenades")), starts, "throw_tick").sort("throw_tick", "grenade_id")
        if log.known("grenades")
        else pl.DataFrame(),
        "projectiles": _table(log.known("projectiles")),
        "chat": _table(log.known("chat")),
        "ticks": _ticks(server, log, starts),
        "input_history": _inputs(server, log),
    }
    return MatchFrames({name: conform(name, table) for name, table in tables.items()})


def _labels(server: Server) -> dict[Team, Team]:
    """Each team's name in the tables: `a` is the one that starts the first counted round as CT."""
    first = next((record for record in server.rounds if record.counts and record.end_tick is not None), None)
    swapped = first is not None and first.sides["a"] == "t"
    return {team: other_team(team) if swapped else team for team in TEAMS}


def _table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame()


def _numbered(frame: pl.DataFrame, starts: pl.DataFrame, tick: str) -> pl.DataFrame:
    """Add `round_number`: from a round's start to the next one's; 0 before the first."""
    if not frame.columns:
        return frame
    known = starts.with_columns(pl.col("tick").cast(pl.Int64).alias(tick)).select(tick, "round_number")
    keyed = frame.with_columns(pl.col(tick).cast(pl.Int64)).sort(tick, maintain_order=True)
    return keyed.join_asof(known, on=tick).with_columns(pl.col("round_number").fill_null(0))


def _rounds(server: Server) -> pl.DataFrame:
    counted = excluded = 0
    rows = []
    for record in server.rounds:
        kind = record.kind if record.end_tick is not None or not record.counts else "aborted"
        if kind in {"regular", "overtime"}:
            counted += 1
            number = counted
        else:
            excluded += 1
            number = -excluded
        rows.append(_round_row(record, number, kind, _labels(server)))
    schema = {"start_tick": pl.Int32, "round_number": pl.Int16}
    return conform("rounds", pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame(schema=schema))


def _round_row(record: RoundRecord, number: int, kind: str, labels: Mapping[Team, Team]) -> dict[str, Any]:
    winner_team = next((labels[team] for team, side in record.sides.items() if side == record.winner), None)
    return {
        "round_number": number,
        "kind": kind,
        "half": record.half if number > 0 else 0,
        "start_tick": record.start_tick,
        "freeze_end_tick": record.freeze_end_tick,
        "end_tick": record.end_tick,
        "officially_ended_tick": record.officially_ended_tick,
        "team_a_side": record.sides[labels["a"]],
        "winner_side": record.winner,
        "winner_team": winner_team,
        "reason": record.reason,
        "score_a_before": record.score_before[labels["a"]],
        "score_b_before": record.score_before[labels["b"]],
    }


def _with_numbers(server: Server, rounds: pl.DataFrame) -> list[tuple[int, RoundRecord]]:
    return list(zip(rounds["round_number"].to_list(), server.rounds, strict=True))


def _player_rounds(server: Server, rounds: pl.DataFrame) -> pl.DataFrame:
    labels = _labels(server)
    rows = [
        {
            "round_number": number,
            "steam_id": server.player(slot).truth_id,
            "team": next(labels[team] for team in TEAMS if record.sides[team] == side),
            "side": side,
        }
        for number, record in _with_numbers(server, rounds)
        for slot, side in record.roster.items()
    ]
    return conform("player_rounds", _table(rows)).sort("round_number", "steam_id")


def _economy(server: Server, log: TruthLog, rounds: pl.DataFrame) -> pl.DataFrame:
    rows = [
        {
            **record.economy[slot],
            "round_number": number,
            "steam_id": server.player(slot).truth_id,
            "side": side,
            "ticks": (record.freeze_end_tick, record.end_tick),
        }
        for number, record in _with_numbers(server, rounds)
        for slot, side in record.roster.items()
    ]
    if not rows:
        return pl.DataFrame()
    buy_ticks = int(server.setup.buy_time_s * TICK_RATE)
    bought = [row for row in log.known("item_events") if row["action"] == "purchase"]
    for row in rows:
        freeze_end, end = row.pop("ticks")
        last = min(freeze_end + buy_ticks, end if end is not None else freeze_end + buy_ticks)
        late = sum(
            buy["cost"] for buy in bought if buy["steam_id"] == row["steam_id"] and freeze_end < buy["tick"] <= last
        )
        if row["start_money"] is not None:
            row["money_spent"] = row["start_money"] - row["money_left"] + late
    return _table(rows).sort("round_number", "steam_id")


def _players(server: Server, in_rounds: pl.DataFrame) -> pl.DataFrame:
    labels = _labels(server)
    played = set(in_rounds["steam_id"].to_list())
    rows = [
        {
            "steam_id": player.truth_id,
            "name": player.entry.name,
            "team": labels[player.entry.team or "a"],
            "is_bot": player.entry.is_bot,
        }
        for player in server.players.values()
        if player.truth_id in played
    ]
    return _table(rows)


def _scoreboard(server: Server, in_rounds: pl.DataFrame) -> pl.DataFrame:
    counted = in_rounds.filter(pl.col("round_number") > 0)
    played = dict(counted.group_by("steam_id").len().iter_rows())
    rows = [
        {
            "steam_id": player.truth_id,
            "rounds_played": played.get(player.truth_id, 0),
            **{column: getattr(player.totals, column) for column in _FIGURES},
        }
        for player in server.players.values()
        if player.truth_id in played
    ]
    return _table(rows).sort("steam_id") if rows else pl.DataFrame()


def _ticks(server: Server, log: TruthLog, starts: pl.DataFrame) -> pl.DataFrame:
    names, steam_id = log.names, _steam_id(server)
    side = pl.col("side").replace_strict(_SIDES_BY_NUMBER, default=None, return_dtype=pl.String)
    known = starts.with_columns(pl.col("tick").cast(pl.Int32))
    told = (
        as_told(rows)
        .with_columns(
            steam_id,
            side.cast(pl.Enum(SIDES)),
            names.texts(pl.col("weapon")).alias("weapon"),
            names.texts(pl.col("place")).alias("place"),
        )
        .join_asof(known, on="tick")
        .with_columns(pl.col("round_number").fill_null(0))
        for rows in log.ticks.chunks()
    )
    return pl.concat([conform("ticks", rows.sort("tick", "steam_id")) for rows in told])


def _inputs(server: Server, log: TruthLog) -> pl.DataFrame:
    steam_id = _steam_id(server)
    told = (rows.with_columns(steam_id) for rows in log.inputs.chunks())
    return pl.concat([conform("input_history", rows.sort("tick", "steam_id", "sequence")) for rows in told])


def _steam_id(server: Server) -> pl.Expr:
    ids = {slot: player.truth_id for slot, player in server.players.items()}
    return pl.col("slot").replace_strict(ids, return_dtype=pl.Int64).alias("steam_id")


def _match(server: Server) -> pl.DataFrame:
    setup, score, labels = server.setup, server.score, _labels(server)
    row = {
        "map_name": setup.map_name,
        "tick_rate": float(TICK_RATE),
        "sample_rate_hz": TICK_RATE / setup.ticks_every,
        "duration_s": server.tick / TICK_RATE,
        "source": "simulator",
        "server_name": setup.full_server_name,
        "game_mode": setup.mode,
        "build_number": setup.build_number,
        "team_a_name": server.team_names[labels["a"]],
        "team_b_name": server.team_names[labels["b"]],
        "score_a": score[labels["a"]],
        "score_b": score[labels["b"]],
        "is_simulated": True,
    }
    return pl.DataFrame([row], infer_schema_length=1)
