"""Small matches from a few rows: only what a test says, the rest filled with something legal."""

from typing import Any

import polars as pl

from offangle.frames.collection import MatchFrames, check, conform, empty_table

Row = dict[str, Any]

T1, T2, T3, T4, T5 = 11, 12, 13, 14, 15
CT1, CT2, CT3, CT4, CT5 = 21, 22, 23, 24, 25
TS = (T1, T2, T3, T4, T5)
CTS = (CT1, CT2, CT3, CT4, CT5)
ROUND_TICKS = 10_000
TICK_RATE = 64.0


def a_round(number: int = 1, **values: Any) -> Row:
    """A counted round of ROUND_TICKS that begins at number * ROUND_TICKS, its freeze time over 100 ticks later."""
    start = abs(number) * ROUND_TICKS
    return {
        "round_number": number,
        "kind": "regular" if number > 0 else "knife",
        "half": 1 if number > 0 else 0,
        "start_tick": start,
        "freeze_end_tick": start + 100,
        "end_tick": start + 9000,
        "officially_ended_tick": start + ROUND_TICKS,
        "team_a_side": "ct",
        "winner_side": "ct",
        "reason": "elimination",
    } | values


def a_kill(attacker: int | None, victim: int, at: int, *, number: int = 1, **values: Any) -> Row:
    """A kill `at` ticks after the round's begin."""
    return {
        "round_number": number,
        "tick": abs(number) * ROUND_TICKS + at,
        "attacker_steam_id": attacker,
        "victim_steam_id": victim,
        "attacker_side": side_of(attacker),
        "victim_side": side_of(victim),
        "assister_side": side_of(values.get("assister_steam_id")),
        "weapon": "ak47" if attacker is not None else "world",
        "is_headshot": False,
        "is_flash_assist": False,
    } | values


def a_hit(attacker: int | None, victim: int, at: int, damage: int, *, number: int = 1, **values: Any) -> Row:
    """Damage `at` ticks after the round's begin."""
    return {
        "round_number": number,
        "tick": abs(number) * ROUND_TICKS + at,
        "attacker_steam_id": attacker,
        "victim_steam_id": victim,
        "attacker_side": side_of(attacker),
        "victim_side": side_of(victim),
        "weapon": "ak47",
        "hit_group": "chest",
        "health_damage": damage,
    } | values


def a_purse(number: int, steam_id: int, **values: Any) -> Row:
    """Economy of one player in one round."""
    return {"round_number": number, "steam_id": steam_id, "side": side_of(steam_id)} | values


def a_sample(steam_id: int, at: int, *, number: int = 1, **values: Any) -> Row:
    """A player alive `at` ticks after the round's begin."""
    return {
        "tick": abs(number) * ROUND_TICKS + at,
        "round_number": number,
        "steam_id": steam_id,
        "side": side_of(steam_id),
        "is_alive": True,
    } | values


def side_of(steam_id: int | None) -> str | None:
    """Ids 11-15 play T, 21-25 play CT."""
    return None if steam_id is None else "t" if steam_id in TS else "ct" if steam_id in CTS else None


def on_sides(rounds: list[Row], ts: tuple[int, ...] = TS, cts: tuple[int, ...] = CTS) -> list[Row]:
    """Everyone on their side in every round."""
    return [
        {
            "round_number": row["round_number"],
            "steam_id": player,
            "side": side_of(player),
            "team": "a" if side_of(player) == row["team_a_side"] else "b",
        }
        for row in rounds
        for player in (*ts, *cts)
    ]


def a_match(
    rounds: list[Row] | None = None,
    kills: list[Row] | None = None,
    damages: list[Row] | None = None,
    player_rounds: list[Row] | None = None,
    match: Row | None = None,
    **others: list[Row],
) -> MatchFrames:
    """Checked frames of a match of one round, or of those given."""
    rounds = [a_round()] if rounds is None else rounds
    player_rounds = on_sides(rounds) if player_rounds is None else player_rounds
    known = {row["steam_id"]: row["team"] for row in player_rounds}
    tables: dict[str, list[Row]] = {
        "match": [
            {"map_name": "de_mirage", "tick_rate": TICK_RATE, "source": "demo", "is_simulated": False} | (match or {})
        ],
        "parsers": [{"name": "a test", "version": "1", "role": "all"}],
        "players": [
            {"steam_id": sid, "name": f"p{sid}", "team": team, "is_bot": sid < 0} for sid, team in known.items()
        ],
        "rounds": rounds,
        "player_rounds": player_rounds,
        "kills": kills or [],
        "damages": damages or [],
        **others,
    }
    return check(MatchFrames({name: as_table(name, rows) for name, rows in tables.items()}))


def as_table(name: str, rows: list[Row]) -> pl.DataFrame:
    """Rows in the declared shape of table `name`."""
    return conform(name, pl.DataFrame(rows, infer_schema_length=None)) if rows else empty_table(name)
