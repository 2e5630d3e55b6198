"""The rules of a match recomputed from its truth, row by row: money, clocks, and how it ends."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl

from offangle.frames.collection import MatchFrames

TICKS_PER_S: Final = 64
LADDER: Final = (1400, 1900, 2400, 2900, 3400)
PURSE: Final = 16_000
WIN: Final = {"elimination": 3250, "time_expired": 3250, "bomb_exploded": 3500, "bomb_defused": 3500}
SMALL_REWARDS: Final = {"awp": 100, "cz75a": 100, "taser": 100}
LARGE_REWARDS: Final = {"knife": 1500, **dict.fromkeys(("nova", "xm1014", "mag7", "sawedoff"), 900)}
SMG_REWARDS: Final = dict.fromkeys(("mac10", "mp9", "mp7", "mp5sd", "ump45", "bizon"), 600)
KILL_REWARDS: Final = SMALL_REWARDS | LARGE_REWARDS | SMG_REWARDS
ROUND_S: Final = {"competitive": 115, "wingman": 90}

Row = dict[str, Any]
Change = tuple[int, int, int]
"""Tick, player, dollars."""


def money_faults(truth: MatchFrames) -> list[str]:
    """Where somebody begins a round with other money than the rules leave him."""
    return [fault for half in _halves(truth) for fault in _faults_of(truth, half)]


def _halves(truth: MatchFrames) -> Iterator[list[Row]]:
    """Rounds in a row that money and losses are carried over: of one half, with nothing undone in between."""
    part: list[Row] = []
    for record in truth["rounds"].sort("start_tick").iter_rows(named=True):
        follows = (
            part
            and record["half"] == part[-1]["half"]
            and record["score_a_before"] + record["score_b_before"]
            == sum(part[-1][f"score_{team}_before"] for team in "ab") + 1
        )
        if record["round_number"] <= 0 or not follows:
            if part:
                yield part
            part = []
        if record["round_number"] > 0:
            part.append(record)
    if part:
        yield part


def _faults_of(truth: MatchFrames, half: Sequence[Row]) -> Iterator[str]:
    lost = {"t": 1, "ct": 1}
    is_fresh = half[0]["score_a_before"] + half[0]["score_b_before"] in _first_counts(truth)
    before: dict[int, int] = {}
    for record in half:
        number = record["round_number"]
        at_start = _start_money(truth, number)
        if record is half[0] and is_fresh:
            before = dict.fromkeys(at_start, 10_000 if record["half"] > 2 else 800)
        for player in before.keys() & at_start.keys():
            if before[player] != at_start[player]:
                yield f"round {number}: {player} has {at_start[player]} and should have {before[player]}"
        if not is_fresh:  # after a backup nobody knows here how many rounds were lost in a row
            return
        before = _after(truth, record, at_start, lost)


def _first_counts(truth: MatchFrames) -> set[int]:
    """Rounds played before each half, by the scores of the first round of each half."""
    counted = truth["rounds"].filter(pl.col("round_number") > 0)
    played = pl.col("score_a_before") + pl.col("score_b_before")
    return set(counted.group_by("half").agg(played.min().alias("played"))["played"].to_list())


def _start_money(truth: MatchFrames, number: int) -> dict[int, int]:
    return dict(truth["economy"].filter(pl.col("round_number") == number).select("steam_id", "start_money").iter_rows())


def _after(truth: MatchFrames, record: Row, money: dict[int, int], lost: dict[str, int]) -> dict[int, int]:
    """Everybody's money when the next round begins; `lost` counts on."""
    found = dict(money)
    changes = [*_shopping(truth, record), *_fights(truth, record), *_bomb(truth, record), *_result(truth, record, lost)]
    for _, player, dollars in sorted(changes, key=lambda change: change[0]):
        if player in found:
            found[player] = max(0, min(PURSE, found[player] + dollars))
    return found


def _rows(truth: MatchFrames, table: str, number: int) -> list[Row]:
    return truth[table].filter(pl.col("round_number") == number).to_dicts()


def _shopping(truth: MatchFrames, record: Row) -> Iterator[Change]:
    for row in _rows(truth, "item_events", record["round_number"]):
        if row["action"] == "purchase":
            yield row["tick"], row["steam_id"], -row["cost"]


def _fights(truth: MatchFrames, record: Row) -> Iterator[Change]:
    sides = _sides(truth, record)
    for row in _rows(truth, "kills", record["round_number"]):
        attacker, victim = row["attacker_steam_id"], row["victim_steam_id"]
        if attacker is None or attacker == victim:
            continue
        if row["attacker_side"] == row["victim_side"]:
            yield row["tick"], attacker, -300
            continue
        yield row["tick"], attacker, KILL_REWARDS.get(row["weapon"], 300)
        if row["attacker_side"] == "ct":
            yield from ((row["tick"], mate, 50) for mate, side in sides.items() if side == "ct")


def _bomb(truth: MatchFrames, record: Row) -> Iterator[Change]:
    for row in _rows(truth, "bomb_events", record["round_number"]):
        if row["event"] in {"planted", "defused"}:
            yield row["tick"], row["steam_id"], 300


def _result(truth: MatchFrames, record: Row, lost: dict[str, int]) -> Iterator[Change]:
    winner, reason, end = record["winner_side"], record["reason"], record["end_tick"]
    loser = "ct" if winner == "t" else "t"
    if reason == "surrender":
        return
    died = {row["victim_steam_id"] for row in _rows(truth, "kills", record["round_number"]) if row["tick"] <= end}
    is_planted = any(row["event"] == "planted" for row in _rows(truth, "bomb_events", record["round_number"]))
    bonus = LADDER[lost[loser]]
    lost[loser], lost[winner] = min(len(LADDER) - 1, lost[loser] + 1), max(0, lost[winner] - 1)
    for player, side in _sides(truth, record).items():
        if side == winner:
            yield end, player, WIN[reason]
        elif not (side == "t" and reason == "time_expired" and player not in died):
            yield end, player, bonus + (800 if side == "t" and is_planted else 0)


def _sides(truth: MatchFrames, record: Row) -> dict[int, str]:
    rows = truth["player_rounds"].filter(pl.col("round_number") == record["round_number"])
    return dict(rows.select("steam_id", pl.col("side").cast(pl.String)).iter_rows())


def clock_faults(truth: MatchFrames) -> list[str]:
    """Rounds that last too long, bombs that go off too soon, defuses that take the wrong time."""
    mode = str(truth["match"].item(0, "game_mode"))
    return [fault for record in truth["rounds"].to_dicts() for fault in _clock_faults_of(truth, record, ROUND_S[mode])]


def _clock_faults_of(truth: MatchFrames, record: Row, round_s: int) -> Iterator[str]:
    if record["end_tick"] is None:
        return
    name, clock = f"round {record['round_number']}", round_s * TICKS_PER_S
    when: dict[str, list[int]] = defaultdict(list)
    for row in _rows(truth, "bomb_events", record["round_number"]):
        when[row["event"]].append(row["tick"])
    length = record["end_tick"] - record["freeze_end_tick"]
    if record["reason"] == "time_expired" and length != clock:
        yield f"{name}: time is up after {length} ticks"
    if length > clock and not when["planted"]:
        yield f"{name}: goes on for {length} ticks without a plant"
    for exploded in when["exploded"]:
        if exploded - when["planted"][-1] != 40 * TICKS_PER_S:
            yield f"{name}: the bomb goes off after {exploded - when['planted'][-1]} ticks"
    for defused in when["defused"]:
        if defused - when["defuse_begin"][-1] not in {5 * TICKS_PER_S, 10 * TICKS_PER_S}:
            yield f"{name}: defused in {defused - when['defuse_begin'][-1]} ticks"


def end_faults(truth: MatchFrames, max_rounds: int, *, overtime_rounds: int, has_overtime: bool) -> list[str]:
    """A match that was not cut short ends with the round that decides it, and with no other."""
    counted = truth["rounds"].filter(pl.col("round_number") > 0).sort("round_number")
    wins = {"a": 0, "b": 0}
    faults = []
    for number, winner in counted.select("round_number", pl.col("winner_team").cast(pl.String)).iter_rows():
        wins[winner] += 1
        is_over = is_decided(wins, max_rounds, overtime_rounds if has_overtime else 0)
        if is_over != (number == counted.height):
            faults.append(f"{wins['a']}:{wins['b']} after round {number} of {counted.height}")
    return faults


def is_decided(wins: dict[str, int], max_rounds: int, overtime_rounds: int) -> bool:
    """Whether somebody has won more than half of the rounds of regulation, or of the overtime at hand."""
    limit = max_rounds
    while overtime_rounds and sum(wins.values()) > limit:
        limit += overtime_rounds
    best, least = max(wins.values()), min(wins.values())
    return best > limit // 2 or (best == least == limit // 2 and not overtime_rounds)
