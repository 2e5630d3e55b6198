"""Ten real matches beside another analyzer's figures: equal, or different for a reason that is named and counted.

The reasons and their counts stand in docs/explain/definitions-choices.md.
"""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from makers.analyzer_snapshot import Row, Snapshot, read_snapshot
from offangle.analysis.context import Context, prepare
from offangle.analysis.players import BOTH_SIDES
from offangle.analysis.run import Analysis, analyse
from offangle.core.ticks import window_ticks

pytestmark = pytest.mark.shared

MATCHES = range(10)
REPOSITORY = Path(__file__).resolve().parents[2]
CHOICES = REPOSITORY / "docs" / "explain" / "definitions-choices.md"


@cache
def studied(folder: Path, index: int) -> tuple[Snapshot, Context, Analysis]:
    snapshot = read_snapshot(sorted((folder / "analyzer").glob("*.json.xz"))[index])
    return snapshot, prepare(snapshot.frames), analyse(snapshot.frames)


def lines(analysis: Analysis) -> dict[int, Row]:
    both = analysis["player_stats"].filter((pl.col("side") == BOTH_SIDES) & (pl.col("rounds_played") > 0))
    return {row["steam_id"]: row for row in both.to_dicts()}


def pairs(shared_data: Path, index: int) -> list[tuple[Row, Row]]:
    """Our line and theirs of each player who was on a side in any round."""
    snapshot, _, analysis = studied(shared_data, index)
    ours = lines(analysis)
    return [(ours[steam_id], theirs) for steam_id, theirs in snapshot.players.items() if steam_id in ours]


@pytest.mark.parametrize("index", MATCHES)
def test_deaths_and_headshots_are_equal(shared_data: Path, index: int) -> None:
    for ours, theirs in pairs(shared_data, index):
        assert ours["deaths"] == theirs["deathCount"]
        assert ours["headshot_kills"] == theirs["headshotCount"]


@pytest.mark.parametrize("index", MATCHES)
def test_kills_are_equal_but_for_what_csgo_took_off(shared_data: Path, index: int) -> None:
    snapshot, match, _ = studied(shared_data, index)
    for ours, theirs in pairs(shared_data, index):
        fallen = pl.col("attacker_steam_id").is_null() & (pl.col("victim_steam_id") == ours["steam_id"])
        falls = match.kills.filter(fallen & (pl.col("weapon") == "world")).height
        taken_off = ours["team_kills"] + falls if snapshot.is_csgo else 0
        assert theirs["killCount"] == ours["kills"] - taken_off


@pytest.mark.parametrize("index", MATCHES)
def test_assists_are_equal_but_for_those_on_the_wrong_side(shared_data: Path, index: int) -> None:
    _, match, _ = studied(shared_data, index)
    for ours, theirs in pairs(shared_data, index):
        mine = match.kills.filter(pl.col("assister_steam_id") == ours["steam_id"])
        assert theirs["assistCount"] in {ours["assists"], mine.height}
        assert theirs["assistCount"] - ours["assists"] in {0, mine.filter(~pl.col("is_assist")).height}


@pytest.mark.parametrize("index", MATCHES)
def test_adr_is_within_half_a_point_but_for_absence_and_bots(shared_data: Path, index: int) -> None:
    snapshot, match, _ = studied(shared_data, index)
    for ours, theirs in pairs(shared_data, index):
        if ours["rounds_played"] == match.rounds.height and not snapshot.damage_with_bots[ours["steam_id"]]:
            assert ours["adr"] == pytest.approx(theirs["averageDamagePerRound"], abs=0.5)
        without_bots = ours["damage"] - snapshot.damage_with_bots[ours["steam_id"]]
        assert without_bots == theirs["healthDamage"]
        assert without_bots / match.rounds.height == pytest.approx(theirs["averageDamagePerRound"], abs=0.01)


def their_kast_rounds(snapshot: Snapshot, player: int, number: int) -> bool:
    """Their rule, found by reproducing their figure: only a death by an enemy is one, absence is survival."""
    kills = [kill for kill in snapshot.kills if kill["roundNumber"] == number]
    enemy = [kill for kill in kills if kill["killerSide"] != kill["victimSide"] and kill["killerSteamId"]]
    killed = any(kill["killerSteamId"] == player for kill in enemy)
    died = [kill for kill in enemy if kill["victimSteamId"] == player]
    assisted = any(
        kill["assisterSteamId"] == player and kill["killerSteamId"] != kill["victimSteamId"] for kill in kills
    )
    traded = any(kill["isTradeDeath"] for kill in kills if kill["victimSteamId"] == player)
    return killed or assisted or not died or traded


def why_kast_differs(match: Context, row: Row | None, player: int, number: int) -> str:
    """The definition that makes the difference in one round of one player; empty where none does."""
    if row is None or not row["played"]:
        return "absent"
    kills = match.kills.filter(pl.col("round_number") == number)
    own = kills.filter(pl.col("victim_steam_id") == player)
    if own["is_disconnect"].any():
        return "left the server"
    if kills.filter((pl.col("assister_steam_id") == player) & ~pl.col("is_assist")).height:
        return "assist on the wrong side"
    if own.filter(~pl.col("is_enemy_kill")).height:
        return "death by team-mate, bomb, fall or own hand"
    if row["bot_kills"]:
        return "kill while controlling a bot"
    return why_trade_differs(match, own.row(0, named=True)) if own.height else ""


def why_trade_differs(match: Context, death: Row) -> str:
    """Why we and they disagree on whether `death` was avenged."""
    window = window_ticks(5.0, match.frames.tick_rate)
    answers = match.kills.filter(
        (pl.col("round_number") == death["round_number"])
        & (pl.col("victim_steam_id") == death["attacker_steam_id"])
        & (pl.col("kill_id") > death["kill_id"])
        & (pl.col("tick") - death["tick"] <= window)
    )
    for answer in answers.to_dicts():
        if answer["attacker_steam_id"] == death["victim_steam_id"]:
            return "trade: avenged by the dead player"
        if answer["is_team_kill"] or death["is_team_kill"]:
            return "trade: team kill"
        if answer["is_late"] or death["is_late"]:
            return "trade: after the decision"
        if answer["tick"] - death["tick"] == window:
            return "trade: at exactly 5.0 s"
    return ""


@cache
def kast_reasons(folder: Path) -> Counter[str]:
    """Rounds of players in which our KAST differs from theirs, by reason."""
    reasons: Counter[str] = Counter()
    for index in MATCHES:
        snapshot, match, analysis = studied(folder, index)
        rows = {(row["round_number"], row["steam_id"]): row for row in analysis["player_round_stats"].to_dicts()}
        for player in snapshot.players:
            for number in match.rounds["round_number"].to_list():
                row = rows.get((number, player))
                reasons["compared"] += 1
                if their_kast_rounds(snapshot, player, number) != (row is not None and row["had_kast"]):
                    reasons[why_kast_differs(match, row, player, number) or "unexplained"] += 1
    return reasons


@pytest.mark.parametrize("index", MATCHES)
def test_their_rule_for_kast_is_the_one_compared_with(shared_data: Path, index: int) -> None:
    snapshot, match, _ = studied(shared_data, index)
    numbers = match.rounds["round_number"].to_list()
    for player, theirs in snapshot.players.items():
        rounds = sum(their_kast_rounds(snapshot, player, number) for number in numbers)
        assert 100 * rounds / len(numbers) == pytest.approx(theirs["kast"], abs=0.01)


def test_every_difference_in_kast_has_a_reason(shared_data: Path) -> None:
    reasons = kast_reasons(shared_data)
    assert reasons["unexplained"] == 0
    assert reasons["compared"] > 1600


def trade_reasons(shared_data: Path) -> Counter[str]:
    """Deaths on whose being avenged we and they disagree, by reason."""
    reasons: Counter[str] = Counter()
    for index in MATCHES:
        snapshot, match, _ = studied(shared_data, index)
        avenged = set(match.revenges["kill_id"].to_list())
        theirs = sorted(snapshot.kills, key=lambda kill: (kill["roundNumber"], kill["tick"]))
        for death, other in zip(match.kills.to_dicts(), theirs, strict=True):
            reasons["compared"] += 1
            if (death["kill_id"] in avenged) != other["isTradeDeath"]:
                reasons[why_trade_differs(match, death) or "unexplained"] += 1
    return reasons


def test_every_difference_in_trades_has_a_reason(shared_data: Path) -> None:
    assert trade_reasons(shared_data)["unexplained"] == 0


def their_rating_1(theirs: Row, rounds: int, survived: int) -> float:
    sizes = ("one", "two", "three", "four", "five")
    multi = sum((size + 1) ** 2 * theirs[f"{name}KillCount"] for size, name in enumerate(sizes))
    return float(
        (theirs["killCount"] / rounds / 0.679 + 0.7 * survived / rounds / 0.317 + multi / rounds / 1.277) / 2.7
    )


def their_rating_2(theirs: Row) -> float:
    """Their coefficients have four digits, and the result is never negative."""
    kpr, apr = theirs["averageKillPerRound"], theirs["assistCount"] / (theirs["rounds"])
    impact = 2.13 * kpr + 0.42 * apr - 0.41
    value = (
        0.0073 * theirs["kast"]
        + 0.3591 * kpr
        - 0.5329 * theirs["averageDeathPerRound"]
        + 0.2372 * impact
        + 0.0032 * theirs["averageDamagePerRound"]
        + 0.1587
    )
    return max(0.0, float(value))


@pytest.mark.parametrize("index", MATCHES)
def test_ratings_differ_by_their_inputs_and_rounding_alone(shared_data: Path, index: int) -> None:
    _, match, _ = studied(shared_data, index)
    rounds = match.rounds.height
    for _, theirs in pairs(shared_data, index):
        survived = rounds - theirs["deathCount"]
        assert their_rating_1(theirs, rounds, survived) == pytest.approx(theirs["hltvRating"], abs=0.002)
        assert their_rating_2(theirs | {"rounds": rounds}) == pytest.approx(theirs["hltvRating2"], abs=0.002)


@pytest.mark.parametrize("index", MATCHES)
def test_ratings_are_equal_where_the_inputs_are(shared_data: Path, index: int) -> None:
    compared = 0
    for ours, theirs in pairs(shared_data, index):
        same: dict[str, Any] = {
            "killCount": ours["kills"],
            "averageDeathPerRound": ours["dpr"],
            "kast": ours["kast"],
            "assistCount": ours["assists"],
            "averageDamagePerRound": ours["adr"],
        }
        if all(theirs[name] == pytest.approx(value, abs=0.001) for name, value in same.items()):
            compared += 1
            assert ours["rating_1"] == pytest.approx(theirs["hltvRating"], abs=0.01)
            assert max(0.0, ours["rating_2_est"]) == pytest.approx(theirs["hltvRating2"], abs=0.02)
    assert compared


def why_clutch_differs(match: Context, number: int, opponents: int, tick: int) -> str:
    """Why a clutch stands in one list and not in the other."""
    earlier = match.clutches.filter((pl.col("round_number") == number) & (pl.col("tick") < tick))
    kills = match.kills.filter(pl.col("round_number") == number)
    if earlier.height and opponents == 1:
        return "against a clutcher"
    if (match.participants.filter((pl.col("round_number") == number) & (pl.col("steam_id") < 0))).height:
        return "bot in the round"
    if kills.filter(pl.col("tick") == tick).height > 1:
        return "two deaths in one tick"
    return "" if everyone_stayed(match, number) else "left without an event"


def everyone_stayed(match: Context, number: int) -> bool:
    here = set(match.participants.filter(pl.col("round_number") == number)["steam_id"])
    following = set(match.participants.filter(pl.col("round_number") == number + 1)["steam_id"])
    return here <= following


def clutch_reasons(shared_data: Path) -> Counter[str]:
    reasons: Counter[str] = Counter()
    for index in MATCHES:
        snapshot, match, _ = studied(shared_data, index)
        ours = {(row["round_number"], row["steam_id"], row["opponents"]): row for row in match.clutches.to_dicts()}
        theirs = {(row["roundNumber"], row["clutcherSteamId"], row["opponentCount"]): row for row in snapshot.clutches}
        reasons["equal"] += sum(ours[key]["won"] == theirs[key]["hasWon"] for key in ours.keys() & theirs.keys())
        for key in ours.keys() ^ theirs.keys():
            tick = (ours.get(key) or theirs[key])["tick"]
            reasons[why_clutch_differs(match, key[0], key[2], tick) or "unexplained"] += 1
    return reasons


def test_every_difference_in_clutches_has_a_reason(shared_data: Path) -> None:
    reasons = clutch_reasons(shared_data)
    assert reasons["unexplained"] == 0
    assert reasons["equal"] > 150


def test_what_it_counts_as_a_clutch_against_a_clutcher_is_a_last_duel(shared_data: Path) -> None:
    found: Counter[str] = Counter()
    for index in MATCHES:
        snapshot, match, _ = studied(shared_data, index)
        duels = {(row["round_number"], row["steam_id"]): row["won"] for row in match.last_duels.to_dicts()}
        ours = {(row["round_number"], row["steam_id"], row["opponents"]) for row in match.clutches.to_dicts()}
        theirs = {(row["roundNumber"], row["clutcherSteamId"], row["opponentCount"]): row for row in snapshot.clutches}
        for (number, player, opponents), row in theirs.items():
            if (number, player, opponents) in ours or opponents != 1:
                continue
            if why_clutch_differs(match, number, opponents, row["tick"]) != "against a clutcher":
                continue
            if (number, player) in duels:
                assert duels[number, player] == row["hasWon"]
            found["last duel" if (number, player) in duels else stayed_or_not(match, number)] += 1
    assert found == {"last duel": 31, "left without an event": 1}


def stayed_or_not(match: Context, number: int) -> str:
    return "unexplained" if everyone_stayed(match, number) else "left without an event"


def test_the_document_states_the_counts(shared_data: Path) -> None:
    text = CHOICES.read_text(encoding="utf-8")
    for title, reasons in (
        ("KAST", kast_reasons(shared_data)),
        ("Trades", trade_reasons(shared_data)),
        ("Clutches", clutch_reasons(shared_data)),
    ):
        for reason, number in reasons.items():
            if number:
                assert f"| {title} | {reason} | {number} |" in text
