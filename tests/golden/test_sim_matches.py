"""Whole simulated matches: parsers read back exactly what was played, and it was played by the rules.

One test a match, since a match takes longer to play than to look at.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import awpy
import polars as pl
import pytest
from demoparser2 import DemoParser
from hypothesis import given
from hypothesis import strategies as st

from makers.corpus import played
from makers.match_rules import clock_faults, end_faults, is_decided, money_faults
from makers.simulated import a_game
from makers.simulated_orders import DEATHMATCH, INCIDENT_ORDERS, SEEDS, everything, seeded, wingman
from makers.truth_compare import differences
from offangle.core.errors import ParserCrashError
from offangle.frames.collection import MatchFrames
from offangle.parsing.reader import read_match_file
from offangle_sim.match import DEMO_NAME, play_truth, rules_of, write_match
from offangle_sim.order import INCIDENTS, Incident, MatchOrder
from offangle_sim.play.game import LONGEST_OVERTIMES

SAMPLE_RATE_HZ = 16
TIMEOUT_S = 30
TAKEN_OVER = frozenset({"ticks.place", "ticks.ping_ms"})
"""awpy 3.1.1 reads place and ping from the body's own player while a bot is taken over."""


# --- each incident, as the truth shows that it happened


def has_kind(kind: str) -> Callable[[MatchFrames], bool]:
    return lambda truth: kind in truth["rounds"]["kind"].cast(pl.String).to_list()


def ran_before_the_first_round(truth: MatchFrames) -> bool:
    first = truth["rounds"]["start_tick"].min()
    return truth["ticks"].filter(pl.col("tick") < first, pl.col("velocity_x").abs() > 0.0).height > 0


def paused(truth: MatchFrames) -> bool:
    """One freeze time is longer than the others by the timeout."""
    shortest, longest = sorted(set(truth["rounds"]["freeze_end_tick"] - truth["rounds"]["start_tick"]))
    return bool(longest - shortest == TIMEOUT_S * 64)


def restored_as_it_was(truth: MatchFrames) -> bool:
    """The first round that was undone and the one that is played instead begin alike."""
    undone = truth["rounds"].filter(pl.col("kind") == "restored").sort("start_tick").row(0, named=True)
    again = undone["score_a_before"] + undone["score_b_before"] + 1
    money = [
        truth["economy"].filter(pl.col("round_number") == number).select("steam_id", "start_money").sort("steam_id")
        for number in (undone["round_number"], again)
    ]
    return money[0].equals(money[1])


def somebody_came_back_to_life(truth: MatchFrames) -> bool:
    """A player dies and lives again before the round is over; nobody else of his team does."""
    died = truth["kills"].select("round_number", pl.col("tick").alias("death"), steam_id="victim_steam_id")
    alive = truth["ticks"].filter("is_alive").join(died, on=["round_number", "steam_id"])
    return alive.filter(pl.col("tick") > pl.col("death"))["steam_id"].n_unique() == 1


def somebody_was_away(truth: MatchFrames) -> bool:
    there = truth["player_rounds"].group_by("steam_id").agg(pl.col("round_number").sort())
    gaps = [rounds for _, rounds in there.iter_rows() if rounds[-1] - rounds[0] >= len(rounds)]
    return len(gaps) == 1


def gave_up(truth: MatchFrames) -> bool:
    return str(truth["rounds"].sort("start_tick")["reason"][-1]) == "surrender"


def killed_a_mate(truth: MatchFrames) -> bool:
    is_mate = (pl.col("attacker_side") == pl.col("victim_side")) & (
        pl.col("attacker_steam_id") != pl.col("victim_steam_id")
    )
    return truth["kills"].filter(is_mate).height == 1


def killed_late(truth: MatchFrames) -> bool:
    ends = truth["rounds"].select("round_number", "end_tick")
    return truth["kills"].join(ends, on="round_number").filter(pl.col("tick") > pl.col("end_tick")).height > 0


HAPPENED: dict[Incident, Callable[[MatchFrames], bool]] = {
    "overtime": has_kind("overtime"),
    "disconnect": somebody_was_away,
    "restore": restored_as_it_was,
    "takeover": somebody_came_back_to_life,
    "surrender": gave_up,
    "bots": lambda truth: truth["players"]["is_bot"].sum() == 2,
    "knife": has_kind("knife"),
    "warmup": ran_before_the_first_round,
    "timeout": paused,
    "restart": has_kind("aborted"),
    "coach": lambda truth: truth["players"].height == 4,
    "team_kill": killed_a_mate,
    "late_kill": killed_late,
}


@dataclass(frozen=True)
class Match:
    path: Path
    truth: MatchFrames
    read: MatchFrames


def read_back(what: MatchOrder, folder: Path) -> Match:
    match = played(what)
    path = match.demo(folder)
    return Match(path, match.truth, read_match_file(path, "demo", sample_rate_hz=SAMPLE_RATE_HZ))


def assert_all_is_well(what: MatchOrder, match: Match, known_faults: frozenset[str] = frozenset()) -> None:
    """What was read is what was played; awpy and demoparser2 say so by themselves; the rules were kept."""
    wrong = {where: how for where, how in differences(match.read, match.truth).items() if where not in known_faults}
    assert wrong == {}
    assert_demoparser_agrees(match)
    assert_awpy_agrees(match)
    assert money_faults(match.truth) == []
    assert clock_faults(match.truth) == []
    if what.rounds is None and "surrender" not in what.incidents:
        rules = rules_of(what)
        faults = end_faults(
            match.truth,
            rules.max_rounds,
            overtime_rounds=rules.overtime_rounds,
            has_overtime=rules.has_overtime,
        )
        assert faults == []


def assert_demoparser_agrees(match: Match) -> None:
    parser = DemoParser(str(match.path))
    deaths, hits = parser.parse_event("player_death"), parser.parse_event("player_hurt")
    assert deaths["tick"].tolist() == match.truth["kills"]["tick"].to_list()
    assert deaths["weapon"].str.removeprefix("planted_").tolist() == match.truth["kills"]["weapon"].to_list()
    assert hits["dmg_health"].tolist() == match.truth["damages"]["health_damage_raw"].to_list()
    ends = match.truth["rounds"]["end_tick"].drop_nulls().sort().to_list()
    assert parser.parse_event("round_end")["tick"].tolist() == ends


def assert_awpy_agrees(match: Match) -> None:
    demo, truth = awpy.Demo(match.path), match.truth
    for name in ("kills", "damages", "shots"):
        assert getattr(demo, name)["tick"].to_list() == truth[name]["tick"].to_list(), name
    assert demo.grenades.group_by("entity_id", "entity_serial").len().height == truth["grenades"].height


# --- the matches


@pytest.mark.parametrize("incident", INCIDENT_ORDERS)
def test_incidents(incident: Incident, tmp_path: Path) -> None:
    what = INCIDENT_ORDERS[incident]
    match = read_back(what, tmp_path)
    assert HAPPENED[incident](match.truth)
    assert_all_is_well(what, match, TAKEN_OVER if incident == "takeover" else frozenset())


@pytest.mark.slow
def test_incidents_together(tmp_path: Path) -> None:
    what = everything(12)
    assert_all_is_well(what, read_back(what, tmp_path), TAKEN_OVER)


def test_every_incident_is_told_of() -> None:
    assert set(INCIDENT_ORDERS) == set(HAPPENED) == set(INCIDENTS)


@pytest.mark.parametrize("seed", SEEDS)
def test_seeds(seed: int, tmp_path: Path) -> None:
    what = seeded(seed)
    assert_all_is_well(what, read_back(what, tmp_path))


def test_wingman_ends_with_the_round_that_decides_it(tmp_path: Path) -> None:
    what = wingman(5, None, max_rounds=4)
    assert_all_is_well(what, read_back(what, tmp_path))


@given(st.sampled_from((2, 4, 24)), st.booleans(), st.lists(st.sampled_from("ab"), max_size=60))
def test_a_match_ends_when_the_plain_rule_says_so(
    max_rounds: int,
    has_overtime: bool,  # noqa: FBT001 -- hypothesis fills arguments by their place
    winners: list[str],
) -> None:
    game = a_game(max_rounds=max_rounds)
    game.stage.rules = replace(game.stage.rules, has_overtime=has_overtime)
    overtime_rounds = game.stage.rules.overtime_rounds if has_overtime else 0
    score = {"a": 0, "b": 0}
    for winner in winners:
        score[winner] += 1
        game.stage.server.score = {"a": score["a"], "b": score["b"]}
        is_over = is_decided(score, max_rounds, overtime_rounds)
        is_too_long = sum(score.values()) >= max_rounds + LONGEST_OVERTIMES * overtime_rounds > max_rounds
        assert game.is_decided() == (is_over or is_too_long)
        if is_over or is_too_long:
            return


def test_deathmatch_is_refused_by_awpy(tmp_path: Path) -> None:
    match = played(DEATHMATCH)
    assert match.truth["kills"].height > 0
    with pytest.raises(ParserCrashError, match="game mode other than competitive"):
        read_match_file(match.demo(tmp_path), "demo")


def test_the_coach_is_in_the_recording(tmp_path: Path) -> None:
    joined = DemoParser(str(played(INCIDENT_ORDERS["coach"]).demo(tmp_path))).parse_event("player_connect_full")
    assert len(joined) == 5


def test_one_order_gives_the_same_bytes(tmp_path: Path) -> None:
    def digests(folder: Path) -> dict[str, str]:
        write_match(MatchOrder(seed=7, rounds=1, mode="wingman"), folder)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    first = digests(tmp_path / "first")
    assert {Path(name).parts[0] for name in first} >= {DEMO_NAME, "gsi", "pov", "truth"}
    assert digests(tmp_path / "second") == first


def test_playing_without_writing_gives_the_same_truth() -> None:
    what = wingman(7, 1)
    written, played_only = played(what).truth, play_truth(what)
    for name in ("kills", "damages", "rounds", "economy", "shots"):
        assert played_only[name].equals(written[name]), name
