"""The analysis equals the plain, slow reading of the definitions on random small matches."""

from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from makers.matches import CTS, TS, a_hit, a_kill, a_match, a_purse, a_round, on_sides
from makers.slow_reference import player_figures, team_buy
from offangle.analysis.run import analyse
from offangle.analysis.tables import DERIVED_TABLES
from offangle.frames.collection import MatchFrames

STEPS = st.sampled_from((0, 0, 1, 5, 63, 319, 320, 321, 900))
"""Ticks between two deaths: crowded around zero and the trade window."""


@st.composite
def a_rounds_kills(draw: st.DrawFn, number: int, players: list[int]) -> list[dict[str, Any]]:
    victims = draw(st.permutations(players))[: draw(st.integers(0, len(players)))]
    at, kills = 200, []
    for victim in victims:
        at += draw(STEPS)
        attacker = draw(st.sampled_from([*players, None]))
        weapon = "world" if attacker is None else draw(st.sampled_from(("ak47", "awp", "inferno", "c4")))
        assister = draw(st.sampled_from([*players, None, None]))
        kills.append(
            a_kill(
                attacker,
                victim,
                at,
                number=number,
                weapon=weapon,
                is_headshot=draw(st.booleans()),
                assister_steam_id=None if assister in {attacker, victim} else assister,
                is_flash_assist=draw(st.booleans()),
            )
        )
    return kills


@st.composite
def a_rounds_hits(
    draw: st.DrawFn, number: int, kills: list[dict[str, Any]], players: list[int]
) -> list[dict[str, Any]]:
    ticks = [kill["tick"] - number * 10_000 for kill in kills] or [300]
    who = st.sampled_from(players)
    hit = st.builds(
        lambda attacker, victim, base, step, damage, weapon: a_hit(
            attacker, victim, base + step, damage, number=number, weapon=weapon
        ),
        st.one_of(who, st.none()),
        who,
        st.sampled_from(ticks),
        st.sampled_from((-1, 0, 1, 320, 321)),
        st.integers(0, 100),
        st.sampled_from(("ak47", "hegrenade", "inferno", "molotov", "flashbang")),
    )
    return draw(st.lists(hit, max_size=12))


@st.composite
def matches(draw: st.DrawFn) -> MatchFrames:
    rounds, kills, damages, present = [], [], [], []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        ts = TS[: draw(st.integers(1, 4))]
        cts = CTS[: draw(st.integers(1, 4))]
        deaths = draw(a_rounds_kills(number, [*ts, *cts]))
        end = draw(st.sampled_from([None, 9000, *[kill["tick"] - number * 10_000 for kill in deaths]]))
        row = a_round(
            number,
            end_tick=None if end is None else number * 10_000 + end,
            winner_side=draw(st.sampled_from(("t", "ct", None))),
        )
        rounds.append(row)
        kills += deaths
        damages += draw(a_rounds_hits(number, deaths, [*ts, *cts]))
        present += on_sides([row], ts, cts)
    return a_match(rounds, kills, damages, present)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(matches())
def test_every_figure_equals_the_slow_reference(frames: MatchFrames) -> None:
    derived = analyse(frames)
    for name, declared in DERIVED_TABLES.items():
        declared.validate(derived[name])
    ours = {row["steam_id"]: row for row in derived["player_stats"].filter(pl.col("side") == "all").to_dicts()}
    expected = player_figures(frames)
    assert set(ours) == set(expected)
    for player, figures in expected.items():
        for name, value in figures.items():
            assert ours[player][name] == pytest.approx(value), (player, name)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(matches())
def test_invariants(frames: MatchFrames) -> None:
    stats = analyse(frames)["player_stats"]
    both = stats.filter(pl.col("side") == "all")
    assert both["kills"].sum() <= both["deaths"].sum()
    assert both["opening_kills"].sum() == both["opening_deaths"].sum() <= frames["rounds"].height
    assert (both["trade_successes"] <= both["trade_attempts"]).all()
    assert (both["trade_attempts"] <= both["trade_opportunities"]).all()
    assert (both["kast_rounds"] <= both["rounds_played"]).all()
    assert (both["survived_rounds"] + both["deaths"] == both["rounds_played"]).all()
    sides = stats.filter(pl.col("side") != "all").group_by("steam_id").agg(pl.col("kills", "deaths", "damage").sum())
    joined = both.join(sides, on="steam_id", suffix="_by_side")
    for name in ("kills", "deaths", "damage"):
        assert joined[name].to_list() == joined[f"{name}_by_side"].to_list()


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.sampled_from((999, 1000, 1001, 3999, 4000, 4001, 4499, 4500, 4501)), min_size=1, max_size=5),
    left=st.sampled_from((0, 399, 400, 401, 5000)),
    half=st.sampled_from((1, 2, 3)),
    previous=st.sampled_from(("t", "ct", None)),
)
def test_team_buys_equal_the_slow_reference(values: list[int], left: int, half: int, previous: str | None) -> None:
    rounds = [a_round(n, half=half, kind="overtime" if half > 2 else "regular") for n in (30, 31)]
    rounds[0]["winner_side"] = previous
    rounds[0]["reason"] = "unknown"
    purses = [
        a_purse(31, player, equipment_value=value, money_left=left)
        for team in (TS, CTS)
        for player, value in zip(team, values, strict=False)
    ]
    table = analyse(a_match(rounds, economy=purses))["round_stats"].filter(pl.col("round_number") == 31)
    for side in ("t", "ct"):
        lost = previous is not None and previous != side
        place = "overtime" if half > 2 else "other"
        expected = team_buy(side, values, [left] * len(values), place=place, lost_before=lost)
        assert table.item(0, f"{side}_buy") == expected
