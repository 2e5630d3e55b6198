"""Tables of patterns against plain slow definitions, and their edges."""

from collections import defaultdict
from math import sqrt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makers.pattern_rows import PLAYER, Row, a_fact, a_use, fact_table, use_table
from offangle.analysis.patterns.economy import economic_states, economic_transitions
from offangle.analysis.patterns.places import death_risk, map_and_side
from offangle.analysis.patterns.reference import patterns_page
from offangle.analysis.patterns.registry import PATTERN_TABLES, columns_of, pattern_table
from offangle.analysis.patterns.weapons import TIER_FROM, tier_of, weapon_effectiveness, weapon_time

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "patterns.md"
NO_WEAPONS = use_table([])


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Rounds of two players in up to three matches, with whatever may be unknown."""
    rows = []
    for match in range(draw(st.integers(1, 3))):
        numbers = draw(st.lists(st.integers(1, 12), unique=True, max_size=10))
        for number in sorted(numbers):
            side = draw(st.sampled_from(["t", "ct", None]))
            winner = draw(st.sampled_from(["t", "ct", None]))
            died = draw(st.sampled_from([True, False, None]))
            rows.append(
                a_fact(
                    number,
                    match_id=f"m{match}",
                    played_order=match,
                    map_name=draw(st.sampled_from(["de_mirage", "de_nuke"])) if match else "de_mirage",
                    half=1 if number <= 6 else 2,
                    steam_id=PLAYER + draw(st.integers(0, 1)),
                    side=side,
                    winner_side=winner,
                    won=None if None in {side, winner} else side == winner,
                    equipment_value=draw(st.sampled_from([None, 0, 999, 1000, 2499, 2500, 3999, 4000, 5200])),
                    kills=draw(st.integers(0, 3)),
                    deaths=int(bool(died)),
                    survived=None if died is None else not died,
                    damage=draw(st.sampled_from([None, 0, 87])),
                )
            )
    return rows


def buy_of(value: int | None) -> str | None:
    if value is None:
        return None
    return "eco" if value < 1000 else "semi_eco" if value < 2500 else "semi_buy" if value < 4000 else "full"


def slow_groups(rows: list[Row], keys: Any) -> dict[Any, list[Row]]:
    groups = defaultdict(list)
    for row in rows:
        for key in keys(row):
            groups[key].append(row)
    return groups


def slow_wins(rows: list[Row]) -> tuple[int, int, float | None]:
    decided = [row for row in rows if row["won"] is not None]
    wins = sum(row["won"] for row in decided)
    return len(decided), wins, wins / len(decided) if decided else None


def sides(row: Row) -> list[str]:
    return ["all"] if row["side"] is None else ["all", row["side"]]


@settings(max_examples=60, deadline=None)
@given(histories())
def test_economic_states_equal_the_slow_definition(rows: list[Row]) -> None:
    if not rows:
        return
    known = [row for row in rows if row["equipment_value"] is not None]
    groups = slow_groups(known, lambda r: [(r["steam_id"], side, buy_of(r["equipment_value"])) for side in sides(r)])
    table = economic_states(fact_table(rows))
    assert table.height == len(groups)
    for found in table.iter_rows(named=True):
        group = groups[found["steam_id"], found["side"], found["buy"]]
        spent, kills = sum(row["equipment_value"] for row in group), sum(row["kills"] for row in group)
        assert (found["decided"], found["wins"], found["win_rate"]) == pytest.approx(slow_wins(group))
        assert (found["rounds"], found["kills"]) == (len(group), kills)
        assert found["investment"] == pytest.approx(spent / len(group))
        assert found["kills_per_1000"] == (pytest.approx(1000 * kills / spent) if spent else None)


@settings(max_examples=60, deadline=None)
@given(histories())
def test_transitions_equal_the_slow_definition(rows: list[Row]) -> None:
    if not rows:
        return
    at = {(r["match_id"], r["steam_id"], r["half"], r["round_number"]): r for r in rows}
    groups = defaultdict(list)
    for row in rows:
        before = at.get((row["match_id"], row["steam_id"], row["half"], row["round_number"] - 1))
        buy = buy_of(row["equipment_value"])
        if before is None or before["won"] is None or before["equipment_value"] is None or buy is None:
            continue
        outcome = "won" if before["won"] else "lost"
        for side in sides(row):
            groups[row["steam_id"], side, buy_of(before["equipment_value"]), outcome, buy].append(row)
    table = economic_transitions(fact_table(rows))
    assert table.height == len(groups)
    for found in table.iter_rows(named=True):
        key = tuple(found[name] for name in ("steam_id", "side", "previous_buy", "previous_outcome", "buy"))
        group = groups[key]
        following = sum(len(others) for other, others in groups.items() if other[:4] == key[:4])
        assert (found["decided"], found["wins"], found["win_rate"]) == pytest.approx(slow_wins(group))
        assert found["share"] == pytest.approx(len(group) / following)


@settings(max_examples=60, deadline=None)
@given(histories())
def test_maps_sides_and_risk_equal_the_slow_definition(rows: list[Row]) -> None:
    if not rows:
        return
    facts = fact_table(rows)
    places = slow_groups(
        rows, lambda r: [(r["steam_id"], place, side) for place in ("all", r["map_name"]) for side in sides(r)]
    )
    table = map_and_side(facts)
    assert table.height == len(places)
    for found in table.iter_rows(named=True):
        group = places[found["steam_id"], found["map_name"], found["side"]]
        deaths, damages = sum(r["deaths"] for r in group), [r["damage"] for r in group if r["damage"] is not None]
        assert (found["decided"], found["wins"], found["win_rate"]) == pytest.approx(slow_wins(group))
        assert found["matches"] == len({r["match_id"] for r in group})
        assert found["kd_ratio"] == (pytest.approx(sum(r["kills"] for r in group) / deaths) if deaths else None)
        assert found["adr"] == (pytest.approx(sum(damages) / len(damages)) if damages else None)
    judged = [row for row in rows if row["survived"] is not None]
    risk = death_risk(facts)
    overall = {row["steam_id"]: row for row in risk.filter(pl.col("situation") == "all").iter_rows(named=True)}
    for player in {row["steam_id"] for row in judged}:
        group = [row for row in judged if row["steam_id"] == player]
        assert (overall[player]["rounds"], overall[player]["deaths"]) == (len(group), sum(r["deaths"] for r in group))
    kills = {
        row["value"]: row["rounds"]
        for row in risk.filter(pl.col("situation") == "own_kill", pl.col("steam_id") == PLAYER).iter_rows(named=True)
    }
    assert kills.get("yes", 0) == sum(row["kills"] > 0 for row in judged if row["steam_id"] == PLAYER)


@st.composite
def armouries(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Rounds of one player with up to three weapons, one of which may be unknown."""
    facts, uses = [], []
    for number in range(1, draw(st.integers(1, 14)) + 1):
        names = draw(st.sets(st.sampled_from(["ak47", "knife", "hegrenade", "unknown"]), min_size=1))
        place = {"match_id": f"m{number % 3}", "steam_id": PLAYER}
        counts = {name: draw(st.integers(0, 3)) for name in sorted(names)}
        for name, kills in counts.items():
            active = name != "unknown" and (kills > 0 or draw(st.booleans()))
            seconds = None if name == "unknown" else float(draw(st.integers(0, 60)))
            uses.append(a_use(number, name, kills=kills, was_active=active, active_s=seconds, **place))
        value = draw(st.sampled_from([None, 800, 5000]))
        facts.append(a_fact(number, equipment_value=value, kills=sum(counts.values()), **place))
    return facts, uses


@settings(max_examples=80, deadline=None)
@given(armouries())
def test_effectiveness_equals_the_slow_definition(armoury: tuple[list[Row], list[Row]]) -> None:
    facts, uses = armoury
    table = weapon_effectiveness(fact_table(facts), use_table(uses)).filter(pl.col("map_name") == "all")
    value_at = {(row["match_id"], row["round_number"]): row["equipment_value"] for row in facts}
    used = [use for use in uses if use["was_active"] and use["weapon"] != "unknown"]
    assert set(table["weapon"]) == {use["weapon"] for use in used}
    for found in table.iter_rows(named=True):
        mine = [use for use in used if use["weapon"] == found["weapon"]]
        priced = [(u["kills"], value_at[u["match_id"], u["round_number"]]) for u in mine]
        priced = [(kills, value) for kills, value in priced if value is not None]
        per_round = sum(use["kills"] for use in mine) / len(mine)
        consistency = sum(use["kills"] > 0 for use in mine) / len(mine)
        per_1000 = 1000 * sum(k for k, _ in priced) / sum(v for _, v in priced) if priced else None
        assert found["rounds_used"] == len(mine)
        assert (found["kills_per_round"], found["consistency"]) == pytest.approx((per_round, consistency))
        assert found["kills_per_1000"] == (pytest.approx(per_1000) if per_1000 is not None else None)
        has_score = len(mine) >= 5 and per_1000 is not None
        assert (found["score"] is not None) == has_score == (found["score_low"] is not None)
        if has_score and per_1000 is not None:
            assert found["score"] == pytest.approx(0.4 * per_round + 0.3 * consistency + 0.3 * per_1000)
            assert found["score_low"] <= found["score"] + 1e-9
            assert found["score"] <= found["score_high"] + 1e-9


@settings(max_examples=40, deadline=None)
@given(armouries())
def test_shares_of_time_and_kills_add_up(armoury: tuple[list[Row], list[Row]]) -> None:
    facts, uses = armoury
    table = weapon_time(fact_table(facts), use_table(uses)).filter(pl.col("map_name") == "all")
    timed = {(use["match_id"], use["round_number"]) for use in uses if use["active_s"] is not None}
    kills = sum(use["kills"] for use in uses if (use["match_id"], use["round_number"]) in timed)
    assert table["kills"].sum() == kills
    if kills:
        assert table["kill_share"].sum() == pytest.approx(1.0)
    if (table["active_s"].sum() or 0) > 0:
        assert table["time_share"].sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "eco"), (999, "eco"), (1000, "semi_eco"), (2499, "semi_eco"), (2500, "semi_buy"), (3999, "semi_buy"),
     (4000, "full")],
)  # fmt: skip
def test_classes_are_half_open(value: int, expected: str) -> None:
    assert economic_states(fact_table([a_fact(equipment_value=value)]))["buy"].unique().to_list() == [expected]


def test_unknown_winners_leave_the_denominator() -> None:
    rows = [a_fact(1), a_fact(2, won=False, winner_side="t"), a_fact(3, won=None, winner_side=None)]
    row = map_and_side(fact_table(rows)).filter(pl.col("map_name") == "all", pl.col("side") == "all").row(0, named=True)
    assert (row["rounds"], row["decided"], row["wins"], row["win_rate"]) == (3, 2, 1, 0.5)
    none = map_and_side(fact_table(rows[2:])).row(0, named=True)
    assert (none["decided"], none["win_rate"], none["win_rate_low"]) == (0, None, None)


@pytest.mark.parametrize(
    ("second", "follows"),
    [({}, True), ({"half": 2}, False), ({"round_number": 3}, False), ({"match_id": "m2"}, False)],
    ids=["next round", "after half-time", "a round missed", "another match"],
)
def test_what_a_round_follows_on(second: dict[str, Any], follows: bool) -> None:  # noqa: FBT001 -- an expectation
    table = economic_transitions(
        fact_table([a_fact(1), a_fact(2, **second) if "round_number" not in second else a_fact(3)])
    )
    assert (table.height > 0) == follows


def some_uses(count: int, kills: list[int], value: int = 5000) -> pl.DataFrame:
    facts = [a_fact(n, equipment_value=value) for n in range(1, count + 1)]
    uses = [a_use(n, kills=kills[n % len(kills)]) for n in range(1, count + 1)]
    return weapon_effectiveness(fact_table(facts), use_table(uses)).filter(pl.col("map_name") == "all")


def test_four_rounds_used_are_too_few_and_five_are_enough() -> None:
    four, five = some_uses(4, [1]).row(0, named=True), some_uses(5, [1]).row(0, named=True)
    assert (four["score"], four["tier_of_figures"], four["more_rounds"]) == (None, None, 1)
    assert (five["tier_of_figures"], five["more_rounds"]) == ("S", 0)
    assert five["score"] == pytest.approx(0.4 + 0.3 + 0.3 * 0.2)


def test_a_tier_is_claimed_only_where_its_interval_lies_in_it() -> None:
    few, many = some_uses(10, [1, 0, 2]).row(0, named=True), some_uses(400, [1, 0, 2, 1]).row(0, named=True)
    assert (few["tier_of_figures"], few["tier"]) == ("S", None)
    assert few["tier_low"] != few["tier_high"]
    assert (many["tier_low"], many["tier_high"], many["tier"]) == ("S", "S", "S")


@pytest.mark.parametrize(
    ("kills", "consistency", "tier"),
    [(0.75, 0.5, "S"), (0.749, 0.5, "A"), (0.75, 0.499, "A"), (0.5, 0.4, "A"), (0.5, 0.399, "B"), (0.499, 0.4, "B"),
     (0.3, 0.3, "B"), (0.3, 0.299, "C"), (0.299, 0.3, "C"), (0.2, 0.0, "C"), (0.199, 0.9, "D"), (2.0, 0.1, "C")],
)  # fmt: skip
def test_tiers_need_both_figures(kills: float, consistency: float, tier: str) -> None:
    assert pl.select(tier_of(pl.lit(kills), pl.lit(consistency))).item() == tier


def test_tiers_fall_in_order() -> None:
    assert [row[1] for row in TIER_FROM] == sorted((row[1] for row in TIER_FROM), reverse=True)


def test_the_interval_of_the_score_is_the_delta_methods() -> None:
    """Against the jackknife, which estimates the same error by leaving out each round once."""
    kills = [0, 2, 1, 0, 1, 3, 0, 1, 1, 0, 2, 1] * 5
    values = [4000, 5200, 900, 4800, 3000, 5200] * 10
    facts = [a_fact(n + 1, equipment_value=value) for n, value in enumerate(values)]
    uses = [a_use(n + 1, kills=count) for n, count in enumerate(kills)]
    row = weapon_effectiveness(fact_table(facts), use_table(uses)).row(0, named=True)

    def score(left_out: int | None) -> float:
        kept = [(k, v) for n, (k, v) in enumerate(zip(kills, values, strict=True)) if n != left_out]
        n, total = len(kept), sum(k for k, _ in kept)
        return 0.4 * total / n + 0.3 * sum(k > 0 for k, _ in kept) / n + 300 * total / sum(v for _, v in kept)

    without = [score(n) for n in range(len(kills))]
    mean = sum(without) / len(without)
    error = sqrt((len(without) - 1) / len(without) * sum((one - mean) ** 2 for one in without))
    assert row["score"] == pytest.approx(score(None))
    assert (row["score_high"] - row["score_low"]) / 2 == pytest.approx(2.001 * error, rel=0.02)


def test_a_weapon_that_never_killed_has_an_interval_above_zero() -> None:
    row = some_uses(10, [0]).row(0, named=True)
    assert (row["score"], row["score_low"]) == (0.0, 0.0)
    assert row["score_high"] > 0.1


def test_a_knife_has_figures_and_no_tier() -> None:
    facts, uses = [a_fact(n) for n in range(1, 10)], [a_use(n, "knife") for n in range(1, 10)]
    row = weapon_effectiveness(fact_table(facts), use_table(uses)).row(0, named=True)
    assert (row["rounds_used"], row["tier_of_figures"]) == (9, None)


def test_rounds_without_known_equipment_leave_kills_per_1000_only() -> None:
    facts = [a_fact(1, equipment_value=None), *(a_fact(n, equipment_value=2000) for n in range(2, 7))]
    uses = [a_use(1, kills=3), *(a_use(n, kills=1) for n in range(2, 7))]
    row = weapon_effectiveness(fact_table(facts), use_table(uses)).row(0, named=True)
    assert row["kills_per_round"] == pytest.approx(8 / 6)
    assert row["kills_per_1000"] == pytest.approx(0.5)


@pytest.mark.parametrize("table", PATTERN_TABLES, ids=lambda table: table.name)
def test_every_table_has_its_declared_columns(table: Any) -> None:
    facts, uses = fact_table([a_fact(1), a_fact(2, kills=1)]), use_table([a_use(1, active_s=3.0), a_use(2, kills=1)])
    found = pattern_table(table.name, facts, uses)
    assert tuple(found.columns) == columns_of(table)
    assert found.height > 0
    assert found.select(table.key).is_duplicated().any() is False
    assert set(table.build(facts, uses).columns) == set(found.columns)
    assert pattern_table(table.name, facts.clear(), uses.clear()).height == 0


def test_the_reference_page_equals_the_registry() -> None:
    refresh = "from offangle.analysis.patterns.reference import patterns_page; print(patterns_page(), end='')"
    assert PAGE.read_text(encoding="utf-8") == patterns_page(), f'refresh it: python -c "{refresh}" > {PAGE.name}'
