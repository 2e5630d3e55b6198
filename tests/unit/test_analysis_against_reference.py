"""The analysis equals the plain, slow reading of the definitions on random small matches."""

from dataclasses import astuple
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from makers.definitions_figures import player_figures, round_rows
from makers.definitions_reference import Chance, chances, clutches, last_duels, views
from makers.matches import CTS, TS, a_hit, a_kill, a_match, a_purse, a_round, on_sides
from offangle.analysis.context import prepare
from offangle.analysis.run import analyse
from offangle.analysis.tables import DERIVED_TABLES
from offangle.frames.collection import MatchFrames

STEPS = st.sampled_from((0, 0, 1, 5, 63, 319, 320, 321, 900))
"""Ticks between two deaths: crowded around zero and the trade window."""


@st.composite
def a_rounds_kills(
    draw: st.DrawFn, number: int, players: list[int], bot_control: st.SearchStrategy[bool | None]
) -> list[dict[str, Any]]:
    victims = draw(st.permutations(players))[: draw(st.integers(0, len(players)))]
    at, kills = 200, []
    for victim in victims:
        at += draw(STEPS)
        attacker = draw(st.sampled_from([*players, None]))
        weapon = "world" if attacker is None else draw(st.sampled_from(("ak47", "awp", "inferno", "c4", "world")))
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
                is_attacker_controlling_bot=draw(bot_control),
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
def a_rounds_samples(draw: st.DrawFn, number: int, players: list[int]) -> list[dict[str, Any]]:
    """Where everybody was last seen; most to the end."""
    last = st.sampled_from((9000, 9000, 9000, 8872, 8871, 600))
    return [
        {"tick": number * 10_000 + tick, "round_number": number, "steam_id": player, "is_alive": True}
        for player in players
        for tick in {100, draw(last)}
    ]


@st.composite
def matches(draw: st.DrawFn, *, is_odd: bool = True) -> MatchFrames:
    """Up to three rounds; an odd match has players who leave and who control bots.

    In an ordinary one the same play every round: whoever dies by himself and is gone in the next has left.
    """
    per_side = st.tuples(st.integers(1, 4), st.integers(1, 4))
    all_along = draw(per_side)
    bot_control = st.sampled_from((None, False, False, True)) if is_odd else st.just(value=False)
    rounds, kills, damages, present, samples = [], [], [], [], []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        t_count, ct_count = draw(per_side) if is_odd else all_along
        ts, cts = TS[:t_count], CTS[:ct_count]
        deaths = draw(a_rounds_kills(number, [*ts, *cts], bot_control))
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
        samples += draw(a_rounds_samples(number, [*ts, *cts]))
    if is_odd and draw(st.booleans()):
        return a_match(rounds, kills, damages, present, ticks=samples)
    return a_match(rounds, kills, damages, present)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(matches())
def test_every_figure_equals_the_slow_reference(frames: MatchFrames) -> None:
    derived = analyse(frames)
    for name, declared in DERIVED_TABLES.items():
        declared.validate(derived[name])
    ours = {(row["steam_id"], row["side"]): row for row in derived["player_stats"].to_dicts()}
    expected = player_figures(frames)
    assert set(ours) == set(expected)
    for key, figures in expected.items():
        for name, value in figures.items():
            assert ours[key][name] == pytest.approx(value), (key, name)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(matches())
def test_every_round_equals_the_slow_reference(frames: MatchFrames) -> None:
    derived = analyse(frames)
    for ours, expected in zip(derived["round_stats"].to_dicts(), round_rows(frames), strict=True):
        for name in set(expected) - {"number"}:
            assert ours[name] == pytest.approx(expected[name]), (expected["number"], name)
    trades = derived["trades"].select(
        "round_number", "tick", "victim_steam_id", "killer_steam_id", "trader_steam_id", "attempted", "succeeded"
    )
    found = views(frames)
    assert sorted(Chance(*row) for row in trades.iter_rows()) == sorted(c for view in found for c in chances(view))
    alone = derived["clutches"].select("round_number", "tick", "steam_id", "side", "opponents", "won")
    assert set(alone.iter_rows()) == {astuple(clutch) for view in found for clutch in clutches(view)}
    down = prepare(frames).last_duels.select("round_number", "tick", "steam_id", "side", "won")
    assert set(down.iter_rows()) == {astuple(duel) for view in found for duel in last_duels(view)}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(matches(is_odd=False))
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
    assert both["last_duels_won"].sum() == both["last_duels_lost"].sum() <= frames["rounds"].height
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
    frames = a_match(rounds, economy=purses)
    table = analyse(frames)["round_stats"].filter(pl.col("round_number") == 31)
    expected = round_rows(frames)[1]
    assert (table.item(0, "t_buy"), table.item(0, "ct_buy")) == (expected["t_buy"], expected["ct_buy"])
