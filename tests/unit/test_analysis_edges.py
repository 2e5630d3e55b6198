"""Edges of the definitions, one case a row: a window off by one tick slips past random matches."""

from typing import Any

import polars as pl
import pytest

from makers.matches import (
    CT1,
    CT2,
    CT3,
    CTS,
    T1,
    T2,
    T3,
    TS,
    a_hit,
    a_kill,
    a_match,
    a_purse,
    a_round,
    on_sides,
)
from offangle.analysis.run import Analysis, analyse
from offangle.core.ticks import window_ticks
from offangle.frames.collection import MatchFrames

WINDOW = 320  # 5.0 s at 64 ticks/s
DECISION = 9000
Row = dict[str, Any]


def player(analysis: Analysis, steam_id: int, side: str = "all") -> Row:
    rows = analysis["player_stats"].filter((pl.col("steam_id") == steam_id) & (pl.col("side") == side))
    assert rows.height == 1
    return rows.row(0, named=True)


def round_one(analysis: Analysis) -> Row:
    return analysis["round_stats"].row(0, named=True)


@pytest.mark.parametrize(
    ("seconds", "tick_rate", "ticks"),
    [(5.0, 64.0, 320), (5.0, 128.0, 640), (5.0, 32.0, 160), (0.1, 30.0, 3), (4.99, 64.0, 319), (0.0, 64.0, 0)],
)
def test_a_window_in_whole_ticks(seconds: float, tick_rate: float, ticks: int) -> None:
    assert window_ticks(seconds, tick_rate) == ticks
    assert ticks / tick_rate <= seconds + 1e-9


@pytest.mark.parametrize(
    ("name", "kills", "traded", "trade_kills"),
    [
        ("exactly 5.0 s", [a_kill(CT1, T1, 500), a_kill(T2, CT1, 500 + WINDOW)], 1, 1),
        ("one tick later", [a_kill(CT1, T1, 500), a_kill(T2, CT1, 501 + WINDOW)], 0, 0),
        ("same tick, after", [a_kill(CT1, T1, 500), a_kill(T2, CT1, 500)], 1, 1),
        ("same tick, before", [a_kill(T2, CT1, 500), a_kill(CT1, T1, 500)], 0, 0),
        ("the dead avenges itself", [a_kill(CT1, T1, 500), a_kill(T1, CT1, 600, weapon="inferno")], 0, 0),
        ("killer falls", [a_kill(CT1, T1, 500), a_kill(None, CT1, 600)], 0, 0),
        ("killer dies to its own team", [a_kill(CT1, T1, 500), a_kill(CT2, CT1, 600)], 0, 0),
        ("team kill avenged by the team", [a_kill(T2, T1, 500), a_kill(T3, T2, 600)], 0, 0),
        ("team kill, then the enemy", [a_kill(T2, T1, 500), a_kill(CT1, T2, 600)], 0, 0),
        ("another enemy dies", [a_kill(CT1, T1, 500), a_kill(T2, CT2, 600)], 0, 0),
        ("after the decision", [a_kill(CT1, T1, DECISION - 10), a_kill(T2, CT1, DECISION + 1)], 0, 0),
        ("at the decision", [a_kill(CT1, T1, DECISION - 10), a_kill(T2, CT1, DECISION)], 1, 1),
        ("death after the decision", [a_kill(CT1, T1, DECISION + 1), a_kill(T2, CT1, DECISION + 2)], 0, 0),
    ],
)
def test_trades(name: str, kills: list[Row], traded: int, trade_kills: int) -> None:
    analysis = analyse(a_match(kills=kills))
    assert player(analysis, T1)["traded_deaths"] == traded, name
    assert player(analysis, T2)["trade_kills"] == trade_kills, name


def test_one_kill_may_avenge_two_team_mates() -> None:
    kills = [a_kill(CT1, T1, 500), a_kill(CT1, T2, 600), a_kill(T3, CT1, 700)]
    stats = player(analyse(a_match(kills=kills)), T3)
    assert (stats["trade_kills"], stats["trade_successes"], stats["trade_opportunities"]) == (1, 2, 2)


def test_opportunity_attempt_and_success_are_told_apart() -> None:
    kills = [a_kill(CT1, T1, 500), a_kill(T2, CT1, 500 + WINDOW)]
    hits = [a_hit(T3, CT1, 500 + WINDOW, 5), a_hit(T3, CT1, 400, 5)]
    analysis = analyse(a_match(kills=kills, damages=hits))
    chances = {who: player(analysis, who) for who in TS}
    assert [chances[who]["trade_opportunities"] for who in TS] == [0, 1, 1, 1, 1]
    assert [chances[who]["trade_attempts"] for who in TS] == [0, 1, 1, 0, 0]
    assert [chances[who]["trade_successes"] for who in TS] == [0, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "death_at", "hit_at", "attempts"),
    [
        ("in the tick of the death", 500, 500, 1),
        ("before it", 500, 499, 0),
        ("at exactly 5.0 s", 500, 500 + WINDOW, 1),
        ("one tick later", 500, 501 + WINDOW, 0),
        ("at the decision", DECISION - 10, DECISION, 1),
        ("after the decision", DECISION - 10, DECISION + 1, 0),
    ],
)
def test_trade_attempts(name: str, death_at: int, hit_at: int, attempts: int) -> None:
    frames = a_match(kills=[a_kill(CT1, T1, death_at)], damages=[a_hit(T3, CT1, hit_at, 5)])
    assert player(analyse(frames), T3)["trade_attempts"] == attempts, name


def test_a_hit_without_damage_is_no_attempt() -> None:
    frames = a_match(kills=[a_kill(CT1, T1, 500)], damages=[a_hit(T3, CT1, 510, 0)])
    assert player(analyse(frames), T3)["trade_attempts"] == 0


def test_no_opportunity_against_a_killer_who_is_dead() -> None:
    kills = [a_kill(T2, CT1, 400), a_kill(CT1, T1, 500, weapon="inferno")]
    assert analyse(a_match(kills=kills))["trades"].filter(pl.col("killer_steam_id") == CT1).is_empty()


@pytest.mark.parametrize(
    ("name", "kill", "counts"),
    [
        ("an enemy", a_kill(T1, CT1, 500), (1, 1)),
        ("a team-mate", a_kill(T1, T2, 500), (0, 1)),
        ("oneself", a_kill(T1, T1, 500, weapon="hegrenade"), (0, 1)),
        ("the bomb, as its planter's", a_kill(T1, CT1, 500, weapon="c4"), (0, 1)),
        ("the bomb, as nobody's", a_kill(None, CT1, 500, weapon="c4"), (0, 1)),
        ("a fall", a_kill(None, CT1, 500), (0, 1)),
        ("after the decision", a_kill(T1, CT1, DECISION + 50), (1, 1)),
        ("in an excluded round", a_kill(T1, CT1, 500, number=-1), (0, 0)),
        ("under control of a bot", a_kill(T1, CT1, 500, is_attacker_controlling_bot=True), (0, 1)),
        ("of a bot under control", a_kill(T1, CT1, 500, is_victim_controlling_bot=True), (1, 0)),
        ("side not told", a_kill(T1, CT1, 500, attacker_side=None, victim_side=None), (1, 1)),
    ],
)
def test_what_is_a_kill_and_a_death(name: str, kill: Row, counts: tuple[int, int]) -> None:
    rounds = [a_round(-1), a_round(1)]
    analysis = analyse(a_match(rounds, [kill], player_rounds=on_sides(rounds)))
    victim = player(analysis, kill["victim_steam_id"])
    assert (player(analysis, T1)["kills"], victim["deaths"]) == counts, name


def test_figures_under_control_of_a_bot_are_listed_apart() -> None:
    kills = [
        a_kill(T1, CT1, 500, is_attacker_controlling_bot=True, is_headshot=True),
        a_kill(CT2, T1, 600, is_victim_controlling_bot=True),
    ]
    stats = player(analyse(a_match(kills=kills)), T1)
    assert (stats["kills"], stats["headshot_kills"], stats["bot_kills"]) == (0, 0, 1)
    assert (stats["deaths"], stats["bot_deaths"], stats["survived_rounds"]) == (0, 1, 1)


@pytest.mark.parametrize(
    ("name", "values", "assists"),
    [
        ("a team-mate of the killer", {"assister_steam_id": T2}, (1, 0)),
        ("by flash, counted apart too", {"assister_steam_id": T2, "is_flash_assist": True}, (1, 1)),
        ("of the victim's side", {"assister_steam_id": CT2}, (0, 0)),
    ],
)
def test_assists(name: str, values: Row, assists: tuple[int, int]) -> None:
    analysis = analyse(a_match(kills=[a_kill(T1, CT1, 500, **values)]))
    stats = player(analysis, values["assister_steam_id"])
    assert (stats["assists"], stats["flash_assists"]) == assists, name


def test_an_assist_to_a_team_kill_does_not_count() -> None:
    analysis = analyse(a_match(kills=[a_kill(T1, T3, 500, assister_steam_id=T2)]))
    assert player(analysis, T2)["assists"] == 0


@pytest.mark.parametrize(
    ("name", "kills", "expected"),
    [
        ("left alone against two", [a_kill(CT1, T1, 1), a_kill(CT1, T2, 2)], [(T3, 3)]),
        (
            "a 1v1 against a clutcher",
            [a_kill(CT1, T1, 1), a_kill(CT1, T2, 2), a_kill(T3, CT1, 3), a_kill(T3, CT2, 4)],
            [(T3, 3)],
        ),
        (
            "both in one tick",
            [a_kill(CT1, T1, 1), a_kill(T1, CT1, 1), a_kill(CT2, T2, 2), a_kill(T2, CT2, 2)],
            [(T3, 1), (CT3, 1)],
        ),
        ("alone at the decision", [a_kill(CT1, T1, 1), a_kill(None, T2, DECISION, weapon="c4")], []),
        ("alone after the decision", [a_kill(CT1, T1, 1), a_kill(CT1, T2, DECISION + 1)], []),
        ("two in one tick leave nobody", [a_kill(CT1, T1, 1), a_kill(CT1, T2, 2), a_kill(CT1, T3, 2)], []),
        (
            "the last mate and the last enemies in one tick",
            [a_kill(CT1, T1, 1), a_kill(T2, CT1, 1), a_kill(CT2, T2, 2), a_kill(T3, CT2, 2), a_kill(T3, CT3, 2)],
            [],
        ),
        ("a team kill leaves alone too", [a_kill(T2, T1, 1), a_kill(T3, T2, 2)], [(T3, 3)]),
    ],
)
def test_clutches_three_against_three(name: str, kills: list[Row], expected: list[tuple[int, int]]) -> None:
    frames = a_match(kills=kills, player_rounds=on_sides([a_round()], TS[:3], CTS[:3]))
    rows = analyse(frames)["clutches"].sort("side").select("steam_id", "opponents").rows()
    assert rows == expected, name


@pytest.mark.parametrize(
    ("name", "kills", "expected"),
    [
        ("never one on either side", [a_kill(CT1, T1, 1), a_kill(CT1, T2, 2)], []),
        (
            "the clutcher and the last of his enemies",
            [a_kill(CT1, T1, 1), a_kill(CT1, T2, 2), a_kill(T3, CT1, 3), a_kill(T3, CT2, 4)],
            [T3, CT3],
        ),
        (
            "both left alone in one tick",
            [a_kill(CT1, T1, 1), a_kill(T1, CT1, 1), a_kill(CT2, T2, 2), a_kill(T2, CT2, 2)],
            [T3, CT3],
        ),
        (
            "both fall in the tick that would have left them alone",
            [a_kill(CT1, T1, 1), a_kill(CT1, T2, 2), a_kill(T3, CT1, 3), a_kill(T3, CT2, 4), a_kill(CT3, T3, 4)],
            [],
        ),
        (
            "down to it at the decision",
            [a_kill(CT1, T1, 1), a_kill(CT1, T2, 2), a_kill(T3, CT1, 3), a_kill(None, CT2, DECISION, weapon="c4")],
            [],
        ),
    ],
)
def test_last_duels_three_against_three(name: str, kills: list[Row], expected: list[int]) -> None:
    frames = a_match(kills=kills, player_rounds=on_sides([a_round()], TS[:3], CTS[:3]))
    found = analyse(frames)["player_round_stats"].filter(pl.col("last_duel_won").is_not_null())
    assert sorted(found["steam_id"].to_list()) == sorted(expected), name
    assert found["won"].to_list() == found["last_duel_won"].to_list()


def test_a_round_that_begins_one_against_one_did_not_come_down_to_it() -> None:
    frames = a_match(kills=[a_kill(CT1, T1, 1)], player_rounds=on_sides([a_round()], (T1,), (CT1,)))
    assert analyse(frames)["player_round_stats"]["last_duel_won"].null_count() == 2


@pytest.mark.parametrize(("winner", "t_won", "ct_won"), [("t", 1, 0), ("ct", 0, 1), (None, 0, 0)])
def test_a_last_duel_is_won_by_one_and_lost_by_the_other(winner: str | None, t_won: int, ct_won: int) -> None:
    rounds = [a_round(winner_side=winner)]
    kills = [a_kill(CT1, T1, 1), a_kill(T2, CT1, 2), a_kill(T2, CT2, 3)]
    analysis = analyse(a_match(rounds, kills, player_rounds=on_sides(rounds, TS[:2], CTS[:3])))
    one, two = player(analysis, T2), player(analysis, CT3)
    assert (one["last_duels_won"], one["last_duels_lost"]) == (t_won, ct_won)
    assert (two["last_duels_won"], two["last_duels_lost"]) == (ct_won, t_won)
    assert one["last_duel_success"] == (None if winner is None else 100.0 * t_won)
    # It is no second clutch, and the clutch of the first is what it was.
    assert (two["clutches_won"], two["clutches_lost"], one["clutches_1v3"]) == (0, 0, 1)


def test_whoever_begins_a_round_alone_was_not_left_alone() -> None:
    frames = a_match(kills=[a_kill(CT1, T2, 1)], player_rounds=on_sides([a_round()], (T1,), CTS[:2]))
    assert analyse(frames)["clutches"].is_empty()


@pytest.mark.parametrize(("winner", "won", "lost"), [("t", 1, 0), ("ct", 0, 1), (None, 0, 0)])
def test_a_clutch_is_won_with_the_round(winner: str | None, won: int, lost: int) -> None:
    rounds = [a_round(winner_side=winner)]
    kills = [a_kill(CT1, T1, 1), a_kill(T2, CT1, 2)]
    frames = a_match(rounds, kills, player_rounds=on_sides(rounds, TS[:2], CTS[:3]))
    analysis = analyse(frames)
    stats = player(analysis, T2)
    assert (stats["clutches_won"], stats["clutches_lost"], stats["clutches_1v3"]) == (won, lost, 1)
    assert stats["clutch_success"] == (None if winner is None else 100.0 * won)
    assert stats["round_win_percent"] == (None if winner is None else 100.0 * won)
    clutch = analysis["clutches"].row(0, named=True)
    assert (clutch["kills"], clutch["survived"]) == (1, True)


@pytest.mark.parametrize(
    ("name", "kills", "opening"),
    [
        ("the first kill", [a_kill(T1, CT1, 5), a_kill(T2, CT2, 6)], (T1, CT1)),
        ("after a team kill", [a_kill(T1, T2, 5), a_kill(CT1, T1, 6)], (CT1, T1)),
        ("after a fall", [a_kill(None, T2, 5), a_kill(CT1, T1, 6)], (CT1, T1)),
        ("after a suicide", [a_kill(T2, T2, 5, weapon="hegrenade"), a_kill(CT1, T1, 6)], (CT1, T1)),
        ("only after the decision", [a_kill(T1, CT1, DECISION + 1)], (None, None)),
        ("none", [], (None, None)),
    ],
)
def test_opening_duels(name: str, kills: list[Row], opening: tuple[int | None, int | None]) -> None:
    row = round_one(analyse(a_match(kills=kills)))
    assert (row["opening_attacker_steam_id"], row["opening_victim_steam_id"]) == opening, name


@pytest.mark.parametrize(
    ("name", "kills", "kast", "survived"),
    [
        ("survives", [], 100.0, 1),
        ("dies", [a_kill(CT1, T1, 5)], 0.0, 0),
        ("dies traded", [a_kill(CT1, T1, 5), a_kill(T2, CT1, 6)], 100.0, 0),
        ("kills and dies", [a_kill(T1, CT2, 4), a_kill(CT1, T1, 5)], 100.0, 0),
        ("assists and dies", [a_kill(T2, CT2, 4, assister_steam_id=T1), a_kill(CT1, T1, 5)], 100.0, 0),
        ("suicide", [a_kill(T1, T1, 5, weapon="hegrenade")], 0.0, 0),
        ("falls", [a_kill(None, T1, 5)], 0.0, 0),
        ("dies by the bomb after the decision", [a_kill(None, T1, DECISION + 1, weapon="c4")], 0.0, 0),
        ("only a team kill", [a_kill(T1, T2, 4), a_kill(CT1, T1, 5)], 0.0, 0),
    ],
)
def test_kast_and_survival(name: str, kills: list[Row], kast: float, survived: int) -> None:
    stats = player(analyse(a_match(kills=kills)), T1)
    assert (stats["kast"], stats["survived_rounds"]) == (kast, survived), name


def test_an_absent_player_neither_plays_nor_survives() -> None:
    rounds = [a_round(1), a_round(2)]
    present = on_sides(rounds[:1]) + on_sides(rounds[1:], TS[1:], CTS)
    analysis = analyse(a_match(rounds, [a_kill(CT1, T1, 5)], player_rounds=present))
    stats = player(analysis, T1)
    assert (stats["rounds_played"], stats["survived_rounds"], stats["kast"]) == (1, 0, 0.0)


def test_leaving_the_server_is_neither_death_nor_survival() -> None:
    rounds = [a_round(1), a_round(2)]
    leaves = a_kill(T1, T1, 500, weapon="world")
    gone = on_sides(rounds[:1]) + on_sides(rounds[1:], TS[1:], CTS)
    stats = player(analyse(a_match(rounds, [leaves], player_rounds=gone)), T1)
    assert (stats["deaths"], stats["survived_rounds"], stats["kast"]) == (0, 0, 0.0)
    stayed = player(analyse(a_match(rounds, [leaves], player_rounds=on_sides(rounds))), T1)
    assert stayed["deaths"] == 1


def sampled(players: tuple[int, ...], ticks: range) -> list[Row]:
    return [
        {"tick": 10_000 + at, "round_number": 1, "steam_id": who, "is_alive": True} for at in ticks for who in players
    ]


@pytest.mark.parametrize(
    ("name", "last", "everyone", "survived"),
    [
        ("seen to the end", 9000, 9000, 1),
        ("gone in the middle", 4000, 9000, 0),
        ("2.0 s before the end", 9000 - 128, 9000, 1),
        ("a tick more", 9000 - 129, 9000, 0),
        ("gone after the decision", 9300, 9900, 1),
        ("nobody is sampled longer", 4000, 4000, 1),
    ],
)
def test_whoever_has_no_samples_to_the_end_has_left(name: str, last: int, everyone: int, survived: int) -> None:
    others = (*TS[1:], *CTS)
    rows = sampled(others, range(100, everyone, 50)) + sampled((*others,), range(everyone, everyone + 1))
    rows += sampled((T1,), range(100, last, 50)) + sampled((T1,), range(last, last + 1))
    analysis = analyse(a_match(ticks=rows))
    assert player(analysis, T1)["survived_rounds"] == survived, name
    assert player(analysis, T1)["deaths"] == 0
    assert player(analysis, T2)["survived_rounds"] == 1


@pytest.mark.parametrize(
    ("name", "gone", "last", "traders"),
    [
        ("a mate who stays", T3, 9000, [T2, T3]),
        ("a mate who left before the death", T3, 4000, [T2]),
        ("a mate who left in its tick", T3, 5000, [T2, T3]),
        ("a mate who leaves later", T3, 6000, [T2, T3]),
        ("the killer left before it, a fire burns on", CT1, 4000, []),
    ],
)
def test_whoever_has_left_trades_nobody(name: str, gone: int, last: int, traders: list[int]) -> None:
    here = (*TS[:3], *CTS[:2])
    rows = sampled(tuple(set(here) - {gone}), range(100, 9001, 100)) + sampled((gone,), range(100, last + 1, 100))
    frames = a_match(kills=[a_kill(CT1, T1, 5000)], player_rounds=on_sides([a_round()], TS[:3], CTS[:2]), ticks=rows)
    assert analyse(frames)["trades"]["trader_steam_id"].to_list() == traders, name


def test_a_departure_can_leave_somebody_alone() -> None:
    rows = sampled((T2, CT1), range(100, 9001, 100)) + sampled((T1,), range(100, 4000, 100))
    present = on_sides([a_round()], TS[:2], CTS[:1])
    found = analyse(a_match(player_rounds=present, ticks=rows))["clutches"].select("steam_id", "opponents").rows()
    assert found == [(T2, 1)]


@pytest.mark.parametrize(
    ("name", "hit", "damage", "utility"),
    [
        ("an enemy", a_hit(T1, CT1, 5, 40), 40, 0),
        ("a team-mate", a_hit(T1, T2, 5, 40), 0, 0),
        ("oneself", a_hit(T1, T1, 5, 40), 0, 0),
        ("fire", a_hit(T1, CT1, 5, 8, weapon="inferno"), 8, 8),
        ("an incendiary before it burns", a_hit(T1, CT1, 5, 2, weapon="incgrenade"), 2, 2),
        ("a molotov before it burns", a_hit(T1, CT1, 5, 2, weapon="molotov"), 2, 2),
        ("a thrown HE", a_hit(T1, CT1, 5, 50, weapon="hegrenade"), 50, 50),
        ("the weight of a smoke", a_hit(T1, CT1, 5, 1, weapon="smokegrenade"), 1, 0),
        ("after the decision", a_hit(T1, CT1, DECISION + 5, 30), 30, 0),
        ("the bomb", a_hit(T1, CT1, 5, 90, weapon="c4"), 0, 0),
        ("outside any round", a_hit(T1, CT1, 5, 30, number=0), 0, 0),
    ],
)
def test_damage(name: str, hit: Row, damage: int, utility: int) -> None:
    stats = player(analyse(a_match(damages=[hit])), T1)
    assert (stats["adr"], stats["udr"]) == (damage, utility), name


@pytest.mark.parametrize("kills", [1, 2, 3, 4, 5])
def test_multi_kills_are_exact(kills: int) -> None:
    rows = [a_kill(T1, victim, 500 + victim) for victim in CTS[:kills]]
    stats = player(analyse(a_match(kills=rows)), T1)
    assert [stats[f"multi_{size}k"] for size in range(1, 6)] == [int(size == kills) for size in range(1, 6)]


def test_more_than_five_kills_count_as_five() -> None:
    rows = [a_kill(T1, victim, 500 + victim, victim_side="ct") for victim in (*CTS, 77)]
    assert player(analyse(a_match(kills=rows)), T1)["multi_5k"] == 1


def test_ratings_of_a_known_line() -> None:
    rows = [a_kill(T1, CT1, 500), a_kill(T1, CT2, 600)]
    stats = player(analyse(a_match(kills=rows, damages=[a_hit(T1, CT1, 500, 100)])), T1)
    assert stats["impact"] == pytest.approx(3.85)
    assert stats["rating_1"] == pytest.approx((2 / 0.679 + 0.7 / 0.317 + 4 / 1.277) / 2.7)
    expected = 0.738764 + 2 * 0.35912389 + 0.2372603 * 3.85 + 0.32397 + 0.15872723
    assert stats["rating_2_est"] == pytest.approx(expected)


@pytest.mark.parametrize(("duration_s", "counts"), [(1.09, 0), (1.1, 1), (1.11, 1)])
def test_an_enemy_counts_as_flashed_from_1_1_s(duration_s: float, counts: int) -> None:
    blind = {"round_number": 1, "tick": 10_500, "attacker_steam_id": T1, "duration_s": duration_s}
    rows = [blind | {"victim_steam_id": victim} for victim in (CT1, T2, T1)]
    stats = player(analyse(a_match(blinds=rows)), T1)
    assert stats["enemies_flashed"] == counts
    assert stats["blind_time_enemy_s"] == pytest.approx(duration_s)
    assert stats["blind_time_team_s"] == pytest.approx(duration_s)


def test_what_the_source_does_not_tell_is_unknown_not_zero() -> None:
    stats = player(analyse(a_match()), T1)
    assert stats["enemies_flashed"] is None
    assert stats["blind_time_enemy_s"] is None
    assert stats["mvps"] is None


def test_sides_are_told_apart() -> None:
    rounds = [a_round(1), a_round(2, half=2, team_a_side="t")]
    swapped = [row | {"side": "ct" if row["side"] == "t" else "t"} for row in on_sides([rounds[1]])]
    second = a_kill(T1, CT1, 500, number=2, attacker_side="ct", victim_side="t")
    present = on_sides(rounds[:1]) + [row | {"team": "b" if row["steam_id"] in TS else "a"} for row in swapped]
    analysis = analyse(a_match(rounds, [a_kill(T1, CT1, 500), second], player_rounds=present))
    assert [player(analysis, T1, side)["kills"] for side in ("all", "t", "ct")] == [2, 1, 1]
    assert [player(analysis, T1, side)["rounds_played"] for side in ("all", "t", "ct")] == [2, 1, 1]


def empty_match() -> MatchFrames:
    return a_match(rounds=[a_round(-1)], player_rounds=[])


def test_a_match_without_a_counted_round_gives_empty_tables_and_checks() -> None:
    analysis = analyse(empty_match())
    assert {name: table.height for name, table in analysis.tables.items() if name != "checks"} == dict.fromkeys(
        ("player_stats", "round_stats", "player_round_stats", "clutches", "trades", "opening_duels", "duel_matrix"), 0
    )
    checks = {row["name"]: row for row in analysis["checks"].to_dicts()}
    assert checks["round_numbers"]["found"] == "no completed round"
    assert checks["excluded_rounds"]["found"] == "1 knife"


def purses(number: int, value: int, *, left: int | None = 5000, players: tuple[int, ...] = (*TS, *CTS)) -> list[Row]:
    return [a_purse(number, who, equipment_value=value, money_left=left) for who in players]


@pytest.mark.parametrize(
    ("name", "value", "left", "lost", "t_buy", "ct_buy"),
    [
        ("below the eco bound", 999, 5000, False, "eco", "eco"),
        ("at the eco bound", 1000, 5000, False, "semi", "semi"),
        ("T below full", 3999, 5000, False, "semi", "semi"),
        ("T full", 4000, 5000, False, "full", "semi"),
        ("CT below full", 4499, 5000, False, "full", "semi"),
        ("CT full", 4500, 5000, False, "full", "full"),
        ("force at 400 left", 2500, 400, True, "force", "semi"),
        ("no force at 401 left", 2500, 401, True, "semi", "semi"),
        ("no force without a loss", 2500, 400, False, "semi", "force"),
        ("broke with rifles is full", 4500, 0, True, "full", "full"),
        ("broke and poor is eco", 999, 0, True, "eco", "eco"),
        ("money left unknown", 2500, None, True, "semi", "semi"),
    ],
)
def test_team_buys(name: str, value: int, left: int | None, lost: bool, t_buy: str, ct_buy: str) -> None:  # noqa: FBT001 -- a column of the table
    rounds = [a_round(2, winner_side="ct" if lost else "t"), a_round(3)]
    table = analyse(a_match(rounds, economy=purses(3, value, left=left)))["round_stats"]
    row = table.row(1, named=True)
    assert (row["t_buy"], row["ct_buy"]) == (t_buy, ct_buy), name


def test_pistols_halves_and_overtime() -> None:
    rounds = [
        a_round(1),
        a_round(2, winner_side="ct"),
        a_round(3, half=2, winner_side="ct"),
        a_round(4, half=2),
        a_round(5, half=3, kind="overtime"),
    ]
    economy = [purse for number in range(1, 6) for purse in purses(number, 2500, left=0)]
    table = analyse(a_match(rounds, economy=economy))["round_stats"]
    assert table["t_buy"].to_list() == ["pistol", "force", "pistol", "force", "overtime"]
    assert table["ct_buy"].to_list() == ["pistol", "semi", "pistol", "semi", "overtime"]


def test_a_recording_that_begins_late_claims_no_pistol_round() -> None:
    rounds = [a_round(5), a_round(6)]
    table = analyse(a_match(rounds, economy=purses(5, 850) + purses(6, 5000)))["round_stats"]
    assert table["t_buy"].to_list() == ["eco", "full"]


def test_money_left_follows_from_start_and_spending() -> None:
    rows = [a_purse(3, who, equipment_value=2500, start_money=2400, money_spent=2000) for who in (*TS, *CTS)]
    table = analyse(a_match([a_round(2), a_round(3)], economy=rows))["round_stats"]
    assert table.item(1, "t_buy") == "force"
    assert table.item(1, "t_money_left") == 5 * 400


def test_the_class_is_that_at_the_end_of_buy_time_and_the_value_that_at_freeze_end() -> None:
    rows = [a_purse(3, T1, equipment_value=900, equipment_value_buy_end=4100)]
    analysis = analyse(a_match([a_round(2), a_round(3)], economy=rows))
    row = analysis["player_round_stats"].filter((pl.col("round_number") == 3) & (pl.col("steam_id") == T1))
    assert (row.item(0, "equipment_value"), row.item(0, "buy")) == (900, "full")
    assert (analysis["round_stats"].item(1, "t_equipment"), analysis["round_stats"].item(1, "t_buy")) == (900, "full")


@pytest.mark.parametrize(
    ("value", "buy"),
    [
        (0, "eco"),
        (999, "eco"),
        (1000, "semi_eco"),
        (2499, "semi_eco"),
        (2500, "semi_buy"),
        (3999, "semi_buy"),
        (4000, "full"),
        (None, None),
    ],
)
def test_player_buys_have_no_gaps(value: int | None, buy: str | None) -> None:
    rows = [a_purse(1, T1, equipment_value=value)]
    table = analyse(a_match(economy=rows))["player_round_stats"].filter(pl.col("steam_id") == T1)
    assert table.item(0, "buy") == buy


@pytest.mark.parametrize(
    ("name", "values", "winner"),
    [
        ("side alone", {"winner_side": "t", "winner_team": None}, ("t", "b")),
        ("team alone", {"winner_side": None, "winner_team": "a"}, ("ct", "a")),
        ("other team alone", {"winner_side": None, "winner_team": "b"}, ("t", "b")),
        ("team without its side", {"winner_side": None, "winner_team": "a", "team_a_side": None}, (None, "a")),
        ("neither", {"winner_side": None, "winner_team": None}, (None, None)),
    ],
)
def test_side_and_team_of_the_winner_complete_each_other(name: str, values: Row, winner: tuple[str, str]) -> None:
    row = round_one(analyse(a_match([a_round(1, **values)], player_rounds=on_sides([a_round(1)]))))
    assert (row["winner_side"], row["winner_team"]) == winner, name


def test_scores_are_counted_where_the_source_has_none() -> None:
    rounds = [a_round(1), a_round(2, winner_side="t"), a_round(3, winner_side=None), a_round(4)]
    table = analyse(a_match(rounds))["round_stats"]
    assert table["score_a_after"].to_list() == [1, 1, None, None]
    assert table["score_b_after"].to_list() == [0, 1, None, None]
    late = analyse(a_match([a_round(7)]))["round_stats"]
    assert late["score_a_after"].to_list() == [None]


def test_the_round_table_tells_time_bomb_and_score() -> None:
    rounds = [a_round(1, winner_side="t", reason="bomb_exploded", score_a_before=3, score_b_before=4)]
    bomb = {"round_number": 1, "tick": 12_000, "event": "planted", "steam_id": T1, "site": "b"}
    row = round_one(analyse(a_match(rounds, bomb_events=[bomb])))
    assert row["duration_s"] == pytest.approx(8900 / 64)
    assert (row["plant_tick"], row["plant_site"], row["planter_steam_id"]) == (12_000, "b", T1)
    assert (row["exploded"], row["defuser_steam_id"]) == (True, None)
    assert (row["winner_team"], row["score_a_after"], row["score_b_after"]) == ("b", 3, 5)
    assert (row["t_players"], row["ct_survivors"]) == (5, 5)
