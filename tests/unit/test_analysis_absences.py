"""Who is there and who is not: leaving is no death, and who comes back dead was not there."""

from typing import Any

import pytest

from makers.matches import CT1, CTS, T1, T2, TS, a_kill, a_match, a_round, a_sample, on_sides
from offangle.analysis.run import Analysis, analyse
from offangle.frames.collection import MatchFrames

FREEZE_END, DECISION = 100, 9000
EVERYBODY = (*TS, *CTS)


def row(analysis: Analysis, steam_id: int, number: int = 1) -> dict[str, Any]:
    rows = analysis["player_round_stats"].rows(named=True)
    return next(found for found in rows if (found["round_number"], found["steam_id"]) == (number, steam_id))


@pytest.mark.parametrize(
    ("told", "is_there_next", "deaths"),
    [(True, True, 0), (True, False, 0), (False, False, 1), (False, True, 1), (None, False, 0), (None, True, 1)],
)
def test_a_death_by_leaving_is_none(told: bool | None, is_there_next: bool, deaths: int) -> None:  # noqa: FBT001 -- columns
    rounds = [a_round(1), a_round(2)]
    here = on_sides(rounds[:1]) + on_sides(rounds[1:], TS if is_there_next else TS[1:])
    leaves = a_kill(T1, T1, 500, weapon="world", is_victim_leaving=told)
    found = row(analyse(a_match(rounds, [leaves], player_rounds=here)), T1)
    assert (found["deaths"], found["survived"]) == (deaths, False)


def test_leaving_is_told_without_an_attacker_too() -> None:
    leaves = a_kill(None, T1, 500, weapon="world", is_victim_leaving=True)
    assert row(analyse(a_match(kills=[leaves])), T1)["deaths"] == 0


def sampled(*of_t1: tuple[int, bool]) -> MatchFrames:
    """Everybody alive to the end, but T1 as told: ticks after the round's begin, and whether alive."""
    samples = [a_sample(who, at) for who in EVERYBODY if who != T1 for at in (FREEZE_END, 4000, DECISION)]
    samples += [a_sample(T1, at, is_alive=is_alive) for at, is_alive in of_t1]
    return a_match(kills=[a_kill(CT1, T2, 6000)], ticks=samples)


@pytest.mark.parametrize(
    ("samples", "survived", "opportunities"),
    [
        (((FREEZE_END, True), (4000, True), (DECISION, True)), True, 1),
        (((FREEZE_END, True), (4000, True), (8000, False), (DECISION, False)), False, 0),
        (((FREEZE_END, True), (4000, True), (DECISION, False)), False, 0),
        (((FREEZE_END, True), (7000, True), (DECISION, False)), False, 1),
        (((FREEZE_END, False), (4000, False), (DECISION, False)), False, 0),
        (((FREEZE_END, True), (4000, True), (DECISION + 1, False)), False, 0),
    ],
    ids=["there", "back in the round", "back at its end", "left later", "never alive", "back after the decision"],
)
def test_who_is_dead_though_nobody_killed_him_was_not_there(
    samples: tuple[tuple[int, bool], ...],
    survived: bool,  # noqa: FBT001 -- a column
    opportunities: int,
) -> None:
    found = row(analyse(sampled(*samples)), T1)
    assert (found["survived"], found["trade_opportunities"], found["played"]) == (survived, opportunities, True)
    assert found["had_kast"] == survived


def test_who_is_dead_because_somebody_killed_him_has_not_left() -> None:
    samples = [a_sample(T1, FREEZE_END), a_sample(T1, 4000, is_alive=False), a_sample(CT1, DECISION)]
    checks = analyse(a_match(kills=[a_kill(CT1, T1, 4000)], ticks=samples))["checks"].rows(named=True)
    assert next(check["found"] for check in checks if check["name"] == "departures") == "0"


def test_who_is_not_there_when_a_round_begins_leaves_nobody_alone() -> None:
    few = on_sides([a_round()], (T1, T2), CTS)
    samples = [a_sample(who, at) for who in (T2, *CTS) for at in (FREEZE_END, DECISION)]
    samples += [a_sample(T1, at, is_alive=False) for at in (50, FREEZE_END, DECISION)]
    assert analyse(a_match(player_rounds=few, ticks=samples))["clutches"].is_empty()
    assert analyse(a_match(kills=[a_kill(CT1, T1, 500)], player_rounds=few))["clutches"]["steam_id"].to_list() == [T2]


def test_a_bot_that_lies_dead_while_a_person_moves_its_body_has_not_left() -> None:
    bot = -5
    present = [*on_sides([a_round()]), {"round_number": 1, "steam_id": bot, "side": "t", "team": "b"}]
    samples = [a_sample(who, at) for who in EVERYBODY for at in (FREEZE_END, DECISION)]
    samples += [a_sample(bot, FREEZE_END, side="t"), a_sample(bot, DECISION, side="t", is_alive=False)]
    assert row(analyse(a_match(player_rounds=present, ticks=samples)), bot)["survived"]
